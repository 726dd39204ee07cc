//! Wallets and their holders.

use crate::Reason;
use crate::money::{Amount, BusinessDate, Total, WalletKind, WalletNumber};

use super::error::OperatorError;
use super::identity::IdentityHash;
use super::limits::{Limits, WalletClass};
use super::slot::{EntrySlot, EventSlot};

/// Whether a wallet may pay and receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalletStatus {
    /// Pays and receives.
    Normal,
    /// Receives only.
    ReceiveOnly,
    /// Neither pays nor receives.
    Frozen,
    /// Closed for good.
    Closed,
}

/// What the operator knows of the holder. Of the phone and of the identity document only hashes are
/// kept, of the rest only that it was shown, so that class 4 stays anonymous.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// The hash of the phone number under the operator's key.
    pub phone_hash: Option<[u8; 16]>,
    /// An identity document was shown.
    pub identity: bool,
    /// The hash of that document under the key of the cluster; none in experiments, whose wallets
    /// have no persons.
    pub identity_hash: Option<IdentityHash>,
    /// An own bank account was named.
    pub bank_account: bool,
    /// The holder came in person.
    pub face_to_face: bool,
    /// The registered name, of legal entities and merchants.
    pub name: Option<HolderName>,
}

/// A registered name. Few wallets have one, so those without it pay for no more than a pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderName(Box<Box<str>>);

impl HolderName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Box<str>>> From<T> for HolderName {
    fn from(name: T) -> Self {
        Self(Box::new(name.into()))
    }
}

impl Holder {
    /// A holder who has shown everything, as the drivers of experiments open wallets.
    pub fn verified(name: Option<&str>) -> Self {
        Self {
            phone_hash: Some([0; 16]),
            identity: true,
            identity_hash: None,
            bank_account: true,
            face_to_face: true,
            name: name.map(Into::into),
        }
    }

    /// Checks what a kind and class of wallet needs.
    ///
    /// Personal and hard wallets need more identification the lower the class number; wallets of
    /// legal entities and merchants need a name and are of class 1.
    pub fn check(&self, kind: WalletKind, class: WalletClass) -> Result<(), OperatorError> {
        let needs_account = class.needs_bank_account(kind);
        let class = class.get();
        let needed = match kind {
            WalletKind::Personal | WalletKind::Hard => vec![
                ("phone_number", self.phone_hash.is_some()),
                ("identity_document", class > 3 || self.identity),
                ("bank_account", !needs_account || self.bank_account),
                ("face_to_face", class > 1 || self.face_to_face),
            ],
            WalletKind::Corporate
            | WalletKind::Merchant
            | WalletKind::Government
            | WalletKind::Operator => {
                if class != 1 {
                    return Err(OperatorError::WalletClass {
                        class,
                        reason: Reason::WalletClassInvalid,
                    });
                }
                vec![("name", self.name.is_some())]
            }
        };
        let missing: Vec<_> =
            needed.into_iter().filter(|(_, shown)| !shown).map(|(field, _)| field).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(OperatorError::HolderDataMissing { class, missing })
        }
    }

    /// Whether another holder is this one at an earlier time, with at most the evidence shown
    /// since.
    pub fn has_shown(&self, earlier: &Self) -> bool {
        let same = (&self.phone_hash, &self.name) == (&earlier.phone_hash, &earlier.name);
        let document =
            earlier.identity_hash.is_none() || self.identity_hash == earlier.identity_hash;
        same && document && self.evidence() & earlier.evidence() == earlier.evidence()
    }

    /// Adds what the holder shows beside what was shown before; another identity document is not
    /// one of the same holder.
    pub fn show(&mut self, more: &Self) -> Result<(), Reason> {
        if self.identity_hash.is_some() && more.identity && more.identity_hash != self.identity_hash
        {
            return Err(Reason::IdentityMismatch);
        }
        self.identity |= more.identity;
        self.identity_hash = self.identity_hash.or(more.identity_hash);
        self.bank_account |= more.bank_account;
        self.face_to_face |= more.face_to_face;
        Ok(())
    }

    /// The documents as bits, for storage: identity 1, bank account 2, face to face 4.
    pub fn evidence(&self) -> u8 {
        u8::from(self.identity)
            | u8::from(self.bank_account) << 1
            | u8::from(self.face_to_face) << 2
    }

    /// Reads the bits of [`Holder::evidence`].
    pub fn with_evidence(mut self, bits: u8) -> Self {
        self.identity = bits & 1 != 0;
        self.bank_account = bits & 2 != 0;
        self.face_to_face = bits & 4 != 0;
        self
    }
}

/// One wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Its number.
    pub number: WalletNumber,
    /// Its class.
    pub class: WalletClass,
    /// Whether it may pay and receive.
    pub status: WalletStatus,
    /// What it holds.
    pub balance: Amount,
    /// What was debited and is not yet reported cleared.
    pub in_transit: Amount,
    /// The day that `daily_used` counts.
    pub day: BusinessDate,
    /// Paid out on `day`.
    pub daily_used: Amount,
    /// Paid out in the year of `day`.
    pub annual_used: Amount,
    /// What is known of the holder.
    pub holder: Holder,
    /// The event of its opening.
    pub(super) opened: EventSlot,
    /// The newest entry of its statement.
    pub(super) last_entry: Option<EntrySlot>,
}

impl Wallet {
    /// The balance that interest is counted on: those of class 4 earn none.
    pub fn earning(&self) -> Amount {
        if self.class.get() <= 3 { self.balance } else { Amount::ZERO }
    }

    /// Who holds it.
    pub fn kind(&self) -> WalletKind {
        self.number.kind()
    }

    /// What was paid out on a day and in its year; of a day that is over, what was paid on the last
    /// one, as days do not come again.
    pub fn used(&self, date: BusinessDate) -> (Amount, Amount) {
        if date <= self.day {
            (self.daily_used, self.annual_used)
        } else if date.year() == self.day.year() {
            (Amount::ZERO, self.annual_used)
        } else {
            (Amount::ZERO, Amount::ZERO)
        }
    }

    /// Whether it may pay now.
    pub fn check_pays(&self) -> Result<(), Reason> {
        match self.status {
            WalletStatus::Normal => Ok(()),
            WalletStatus::ReceiveOnly => Err(Reason::WalletReceiveOnly),
            WalletStatus::Frozen => Err(Reason::WalletFrozen),
            WalletStatus::Closed => Err(Reason::WalletClosed),
        }
    }

    /// Whether it may receive an amount now, beside the room that is held in it for others.
    pub fn check_receives(
        &self,
        amount: Amount,
        held: Amount,
        limits: &Limits,
    ) -> Result<(), Reason> {
        match self.status {
            WalletStatus::Normal | WalletStatus::ReceiveOnly => {
                self.check_room(amount, held, limits)
            }
            WalletStatus::Frozen => Err(Reason::PayeeFrozen),
            WalletStatus::Closed => Err(Reason::PayeeClosed),
        }
    }

    /// Whether it may take back what it has paid: a return is stopped by no limit and no freeze.
    pub fn check_takes_back(&self, amount: Amount, held: Amount) -> Result<(), Reason> {
        match self.status {
            WalletStatus::Normal | WalletStatus::ReceiveOnly | WalletStatus::Frozen => {
                self.check_room(amount, held, &Limits::default())
            }
            WalletStatus::Closed => Err(Reason::PayeeClosed),
        }
    }

    /// Whether there is room for an amount within the limits, and within the largest amount even if
    /// all that is in transit comes back.
    fn check_room(&self, amount: Amount, held: Amount, limits: &Limits) -> Result<(), Reason> {
        let balance = self.balance.checked_add(held).ok_or(Reason::BalanceCap)?;
        limits.check_credit(amount, balance)?;
        let most = Total::from(balance) + self.in_transit + amount;
        if most > Amount::MAX.into() { Err(Reason::BalanceCap) } else { Ok(()) }
    }

    /// Whether what was paid out in a year stays a sum that ledgers keep; what a day adds up to is
    /// a part of it.
    pub fn check_used(amount: Amount, annual: Amount) -> Result<(), Reason> {
        if (Total::from(annual) + amount).is_bounded() { Ok(()) } else { Err(Reason::SumTooLarge) }
    }

    /// Counts a payment against the limits of its day.
    pub fn consume_limits(&mut self, amount: Amount, date: BusinessDate) {
        // A file that was forged may count more than fits; no payment passes such a count.
        let more = |used: Amount| {
            (Total::from(used) + amount).position().and_then(Amount::from_sum).unwrap_or(used)
        };
        let (daily, annual) = self.used(date);
        self.day = self.day.max(date);
        self.daily_used = more(daily);
        self.annual_used = more(annual);
    }

    /// Gives a returned payment back to the limits of the day it was submitted on.
    pub fn restore_limits(&mut self, amount: Amount, date: BusinessDate) {
        if date == self.day {
            self.daily_used = self.daily_used.checked_sub(amount).unwrap_or_default();
        }
        if date.year() == self.day.year() {
            self.annual_used = self.annual_used.checked_sub(amount).unwrap_or_default();
        }
    }
}
