//! Opening wallets and changing their class and status.

use crate::Reason;
use crate::money::{
    Amount, OperatorCode, Power, RequestId, RequestKey, Timestamp, WalletKind, WalletNumber,
};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::bank_account::BankAccount;
use super::super::content::ContentMark;
use super::super::error::OperatorError;
use super::super::facts::WalletChange;
use super::super::identity::IdentityHash;
use super::super::limits::WalletClass;
use super::super::participants::ParticipantRow;
use super::super::requests::RequestRef;
use super::super::rows::WalletEventRow;
use super::super::slot::{EventSlot, WalletSlot};
use super::super::wallet::{Holder, WalletStatus};
use super::check_power;

/// A request for a new wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletOrder {
    /// The client's name for the request; without one a repeat opens another wallet.
    pub request_id: Option<RequestId>,
    /// Who will hold it.
    pub kind: WalletKind,
    /// The class asked for.
    pub class: u8,
    /// What the holder has shown.
    pub holder: Holder,
    /// Exchanged out into the wallet at once; zero for none.
    pub opening: Amount,
    /// The mark of all that the client sent, under a request id.
    pub content: Option<ContentMark>,
}

impl OperatorLedger {
    /// Opens a wallet and answers with its number; a repeat answers with the number given before.
    pub fn open_wallet(
        &mut self,
        order: WalletOrder,
        now: Timestamp,
    ) -> Result<WalletNumber, OperatorError> {
        self.open_wallet_from(order, None, now)
    }

    /// The same, linked to a bank account at once.
    pub fn open_wallet_from(
        &mut self,
        order: WalletOrder,
        account: Option<BankAccount>,
        now: Timestamp,
    ) -> Result<WalletNumber, OperatorError> {
        self.open_wallet_for(order, account, None, now)
    }

    /// The same, for a customer of a bank that takes part through this operator.
    pub fn open_wallet_for(
        &mut self,
        order: WalletOrder,
        account: Option<BankAccount>,
        participant: Option<OperatorCode>,
        now: Timestamp,
    ) -> Result<WalletNumber, OperatorError> {
        if let Some(request_id) = &order.request_id
            && let Some(earlier) =
                self.earlier(&RequestKey::without_wallet(request_id), None, request_id)
        {
            return self.opened_before(earlier, &order, (account, participant), request_id);
        }
        participant.map_or(Ok(()), |participant| self.check_listed(participant))?;
        let refuse = |reason| OperatorError::Opening { class: order.class, reason };
        let unknown =
            OperatorError::WalletClass { class: order.class, reason: Reason::WalletClassInvalid };
        let class = WalletClass::new(order.class).ok_or(unknown)?;
        order.holder.check(order.kind, class)?;
        let limits = self.settings.limits.limits(order.kind, class);
        limits.check_credit(order.opening, Amount::ZERO).map_err(refuse)?;
        let personal = order.kind == WalletKind::Personal;
        let identity = order.holder.identity_hash.filter(|_| personal);
        self.check_only_wallet(identity, class, None).map_err(refuse)?;
        self.check_can_fund(order.opening)?;
        let WalletOrder { request_id, kind, holder, content, .. } = order;
        let change = WalletChange::Opened { class, content, account };
        let number = self.append_opening(kind, change, holder, request_id, now)?;
        if let Some(participant) = participant {
            let row = ParticipantRow { row: 0, wallet: number, participant, at: now };
            self.append(row, Known::Nothing);
        }
        if let Some((identity, slot)) = identity.zip(self.wallets.slot_of(number)) {
            self.note_person(identity, slot);
        }
        if order.opening > Amount::ZERO {
            let through = account.map(|account| account.used(true));
            self.fund(number, order.opening, through, None, now)?;
        }
        Ok(number)
    }

    /// Whether a person may have a personal wallet of a class: of classes 1 and 2 one alone. Sub-
    /// and hard wallets do not count, nor do wallets whose holder showed no document of a person.
    fn check_only_wallet(
        &self,
        identity: Option<IdentityHash>,
        class: WalletClass,
        own: Option<WalletSlot>,
    ) -> Result<(), Reason> {
        let Some(identity) = identity.filter(|_| class <= WalletClass::ONE_PER_HOLDER) else {
            return Ok(());
        };
        let counts = |slot: WalletSlot| {
            let wallet = &self.wallets[slot];
            wallet.holder.identity_hash == Some(identity)
                && wallet.class <= WalletClass::ONE_PER_HOLDER
                && wallet.status != WalletStatus::Closed
                && Some(slot) != own
        };
        let other = self.identified.find(&identity, counts);
        other.map_or(Ok(()), |_| Err(Reason::HolderHasWallet))
    }

    /// Notes the wallet of a person, if it is of a class of which a person has one. It takes the
    /// place of an earlier one, which is closed, so that each person has one entry, however many
    /// wallets come and go.
    pub(in super::super) fn note_person(&mut self, identity: IdentityHash, slot: WalletSlot) {
        if self.wallets[slot].class > WalletClass::ONE_PER_HOLDER {
            return;
        }
        let is_its = |slot: WalletSlot| self.wallets[slot].holder.identity_hash == Some(identity);
        match self.identified.find(&identity, is_its) {
            Some(earlier) => self.identified.replace(&identity, earlier, slot),
            None => self.identified.insert(&identity, slot),
        }
    }

    /// Opens the next wallet of a kind.
    pub(in super::super) fn append_opening(
        &mut self,
        kind: WalletKind,
        change: WalletChange,
        holder: Holder,
        request_id: Option<RequestId>,
        at: Timestamp,
    ) -> Result<WalletNumber, OperatorError> {
        let serial = self.wallets.next_serial(kind);
        let full = OperatorError::NumbersUsedUp(kind);
        let wallet = WalletNumber::new(self.settings.prefix, kind, serial).ok_or(full)?;
        let slot = self.wallets.list().next_slot();
        self.append(WalletEventRow { row: 0, wallet, change, request_id, at }, Known::Nothing);
        self.wallets.set_holder(slot, holder);
        self.changes.wallets.push(slot);
        Ok(wallet)
    }

    fn opened_before(
        &self,
        earlier: RequestRef,
        order: &WalletOrder,
        (account, participant): (Option<BankAccount>, Option<OperatorCode>),
        request_id: &RequestId,
    ) -> Result<WalletNumber, OperatorError> {
        if let RequestRef::Event(slot) = earlier {
            let event = &self.events[slot];
            let wallet = &self.wallets[event.wallet];
            let class = WalletClass::new(order.class);
            let content = order.content;
            let change = class.map(|class| WalletChange::Opened { class, content, account });
            let same = wallet.kind() == order.kind
                && Some(event.change) == change
                && self.opening_of(slot) == order.opening
                && self.participant_at(event.wallet) == participant
                && self.families.sub_wallet(event.wallet).is_none();
            if same && wallet.holder.has_shown(&order.holder) {
                return Ok(wallet.number);
            }
        }
        Err(OperatorError::RequestIdReused(request_id.clone()))
    }

    /// What was exchanged out into a wallet as it was opened: the event after its opening, which
    /// has no request.
    fn opening_of(&self, opened: EventSlot) -> Amount {
        let wallet = self.events[opened].wallet;
        let next = self.events.iter_from(opened).nth(1).filter(|next| next.wallet == wallet);
        match next.filter(|next| next.request_id.is_none()).map(|next| next.change) {
            Some(WalletChange::ExchangedOut { amount, .. }) => amount,
            _ => Amount::ZERO,
        }
    }

    /// Checks that a wallet exists and is not closed.
    pub fn check_open(&self, wallet: WalletNumber) -> Result<(), OperatorError> {
        self.known(wallet).map(|_| ())
    }

    /// Checks that a wallet is that of a merchant and not closed.
    pub fn check_merchant(&self, wallet: WalletNumber) -> Result<(), OperatorError> {
        self.known(wallet)?;
        check_power(wallet, Power::CarryTraits)
    }

    /// Freezes a wallet, or makes it receive-only. Asking for the present status changes nothing.
    pub fn freeze(
        &mut self,
        wallet: WalletNumber,
        receive_only: bool,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let (status, change) = if receive_only {
            (WalletStatus::ReceiveOnly, WalletChange::MadeReceiveOnly)
        } else {
            (WalletStatus::Frozen, WalletChange::Frozen)
        };
        self.change_status(wallet, status, change, now)
    }

    /// Makes a frozen or receive-only wallet normal again, and decides on the vouchers of cards that
    /// have waited for it.
    pub fn unfreeze(&mut self, wallet: WalletNumber, now: Timestamp) -> Result<(), OperatorError> {
        self.change_status(wallet, WalletStatus::Normal, WalletChange::Unfrozen, now)?;
        if let Some(slot) = self.wallets.slot_of(wallet) {
            self.decide_waiting(slot, now);
        }
        Ok(())
    }

    /// Closes a wallet that holds nothing and has nothing in transit. Grants in it go back to their
    /// campaigns at once; while they are on their way the wallet is busy.
    pub fn close_wallet(
        &mut self,
        wallet: WalletNumber,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let slot = self.wallets.slot_of(wallet).ok_or(OperatorError::WalletUnknown(wallet))?;
        if self.campaigns.find(wallet).is_some() {
            // What it owes comes first: `close_campaign` closes it.
            return Err(OperatorError::Wallet { wallet, reason: Reason::CampaignWallet });
        }
        if let Some(card) = self.cards.find(slot)
            && self.wallets[slot].status != WalletStatus::Closed
        {
            let card_refuses = |reason| OperatorError::Card { card: wallet, reason };
            card.check_closes(now).map_err(card_refuses)?;
        }
        // Only a wallet that is empty otherwise: another one could not be closed afterwards.
        let is_closable = self.own_funds(slot) == Amount::ZERO
            && self.contracts.locked_in(slot) == Amount::ZERO
            && self.wallets[slot].status != WalletStatus::Frozen
            && self.inbound.room_in(slot) == Amount::ZERO
            && !self.has_obligations(slot)
            && !self.has_open_sub_wallets(slot);
        if is_closable {
            self.reclaim_all(slot, now);
        }
        let found = &self.wallets[slot];
        let busy = found.in_transit > Amount::ZERO
            || self.inbound.room_in(slot) > Amount::ZERO
            || self.awaits_campaigns(slot);
        let refused = match found.status {
            WalletStatus::Closed => return Ok(()),
            WalletStatus::Normal | WalletStatus::ReceiveOnly if self.has_obligations(slot) => {
                Some(Reason::ObligationsOpen)
            }
            WalletStatus::Frozen => Some(Reason::WalletFrozen),
            WalletStatus::Normal | WalletStatus::ReceiveOnly if busy => Some(Reason::WalletBusy),
            WalletStatus::Normal | WalletStatus::ReceiveOnly if found.balance > Amount::ZERO => {
                Some(Reason::WalletNotEmpty)
            }
            WalletStatus::Normal | WalletStatus::ReceiveOnly => {
                self.has_open_sub_wallets(slot).then_some(Reason::SubWalletsOpen)
            }
        };
        match refused {
            Some(reason) => Err(OperatorError::Wallet { wallet, reason }),
            None => {
                self.pay_last_interest(slot, now);
                self.change_status(wallet, WalletStatus::Closed, WalletChange::Closed, now)
            }
        }
    }

    /// The directory has given up the aliases of a closed wallet. A repeat changes nothing.
    pub fn aliases_given_up(&mut self, wallet: WalletNumber, now: Timestamp) {
        if self.wallets.giving_up().contains(&wallet) {
            self.append_event(wallet, WalletChange::AliasesGivenUp, None, now);
        }
    }

    fn change_status(
        &mut self,
        wallet: WalletNumber,
        status: WalletStatus,
        change: WalletChange,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let slot = self.known(wallet)?;
        if self.wallets[slot].status != status {
            self.append_event(wallet, change, None, now);
        }
        Ok(())
    }

    /// Raises the class of a personal wallet: a lower number, with what that class needs.
    pub fn upgrade(
        &mut self,
        wallet: WalletNumber,
        class: u8,
        shown: &Holder,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let slot = self.known_alone(wallet)?;
        let refuse = |reason| OperatorError::WalletClass { class, reason };
        let new_class = WalletClass::new(class).ok_or(refuse(Reason::WalletClassInvalid))?;
        let found = &self.wallets[slot];
        // Before a repeat is answered: with another document it is not the same request.
        let mut holder = found.holder.clone();
        holder.show(shown).map_err(refuse)?;
        if new_class == found.class {
            return Ok(());
        }
        if new_class > found.class {
            return Err(refuse(Reason::TransitionInvalid));
        }
        holder.check(found.kind(), new_class)?;
        let needs_account = new_class.needs_bank_account(found.kind());
        if needs_account && !shown.bank_account && self.bank_accounts.all_unlinked(slot) {
            return Err(OperatorError::HolderDataMissing { class, missing: vec!["bank_account"] });
        }
        let identity = holder.identity_hash.filter(|_| found.kind() == WalletKind::Personal);
        self.check_only_wallet(identity, new_class, Some(slot)).map_err(refuse)?;
        // Sub-wallets are of the class of their parent.
        let family: Vec<_> = self.open_family_of(slot).collect();
        for slot in family {
            let number = self.wallets[slot].number;
            self.append_event(number, WalletChange::Upgraded { class: new_class }, None, now);
            self.wallets.change_holder(slot, holder.clone());
            self.changes.wallets.push(slot);
        }
        if let Some(identity) = identity {
            self.note_person(identity, slot);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
