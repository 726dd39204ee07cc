//! Sub-wallets: opened under a wallet, loaded from it and pooled back into it.

use std::collections::BTreeSet;

use crate::Reason;
use crate::money::{Amount, Power, RequestId, RequestKey, Timestamp, WalletKind, WalletNumber};

use super::OperatorLedger;
use super::apply::Known;
use super::content::ContentMark;
use super::error::OperatorError;
use super::exchange::{check_power, of_its_own};
use super::facts::{SubWalletUse, WalletChange};
use super::families::{ALLOWED_PAYEES_MAX, SUB_WALLETS_MAX, SubWallet};
use super::requests::RequestRef;
use super::rows::{PayeeRow, SubWalletRow};
use super::slot::WalletSlot;
use super::wallet::WalletStatus;

/// A request for a new sub-wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubWalletOrder {
    /// The client's name for the request; without one a repeat opens another sub-wallet.
    pub request_id: Option<RequestId>,
    /// The wallet that it will belong to; its holder, kind and class are those of the sub-wallet.
    pub parent: WalletNumber,
    /// What it is for.
    pub used_for: SubWalletUse,
    /// The most of one payment; `None` for what the class allows.
    pub single: Option<Amount>,
    /// The most paid out on one natural day; `None` for what the class allows.
    pub daily: Option<Amount>,
    /// The wallets that it may pay; `None` for any.
    pub payees: Option<BTreeSet<WalletNumber>>,
    /// The merchant's platform that it is pushed to.
    pub platform: Option<Box<str>>,
    /// The mark of all that the client sent, under a request id.
    pub content: Option<ContentMark>,
}

/// Which way money moves between a sub-wallet and its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FamilyMove {
    /// From the parent into the sub-wallet.
    Load(Amount),
    /// From the sub-wallet into the parent.
    Pool(Amount),
    /// All that the sub-wallet holds, into the parent.
    PoolAll,
}

impl FamilyMove {
    /// Whether an event is what this request made.
    fn made(self, change: WalletChange) -> bool {
        match (self, change) {
            (Self::Load(asked), WalletChange::Loaded { amount })
            | (Self::Pool(asked), WalletChange::Pooled { amount }) => asked == amount,
            // What the sub-wallet held then says nothing of what it holds at a repeat.
            (Self::PoolAll, WalletChange::PooledAll { .. }) => true,
            (Self::Load(_) | Self::Pool(_) | Self::PoolAll, _) => false,
        }
    }
}

impl OperatorLedger {
    /// Opens a sub-wallet and answers with its number; a repeat answers with the number given
    /// before.
    pub fn open_sub_wallet(
        &mut self,
        order: SubWalletOrder,
        now: Timestamp,
    ) -> Result<WalletNumber, OperatorError> {
        if let Some(request_id) = &order.request_id
            && let Some(earlier) =
                self.earlier(&RequestKey::without_wallet(request_id), None, request_id)
        {
            return self.sub_wallet_opened_before(earlier, &order, request_id);
        }
        let parent = self.known(order.parent)?;
        self.check_parent(parent, order.used_for)?;
        let count = self.families.sub_wallets_of(parent).len();
        if count >= SUB_WALLETS_MAX {
            return Err(OperatorError::TooManySubWallets(count));
        }
        let payees = order.payees.iter().flatten().copied().collect();
        check_payee_count(&payees)?;
        let (class, holder) = (self.wallets[parent].class, self.wallets[parent].holder.clone());
        let change = WalletChange::Opened { class, content: order.content, account: None };
        let kind = kind_of(order.used_for, order.parent.kind());
        let wallet = self.append_opening(kind, change, holder, order.request_id, now)?;
        let row = SubWalletRow {
            row: 0,
            wallet,
            parent: order.parent,
            used_for: order.used_for,
            single: order.single,
            daily: order.daily,
            restricted: order.payees.is_some(),
            platform: order.platform,
        };
        self.append(row, Known::Nothing);
        self.append_payees(wallet, &payees, true, now);
        Ok(wallet)
    }

    fn sub_wallet_opened_before(
        &self,
        earlier: RequestRef,
        order: &SubWalletOrder,
        request_id: &RequestId,
    ) -> Result<WalletNumber, OperatorError> {
        if let RequestRef::Event(slot) = earlier {
            let event = &self.events[slot];
            // The class may be another by now, because an upgrade of the parent passes to it.
            let same_content = matches!(
                event.change,
                WalletChange::Opened { content, .. } if content == order.content
            );
            if let Some(opened) = self.families.sub_wallet(event.wallet)
                && same_content
                && self.wallets[opened.parent].number == order.parent
                && opened.has_terms_of(order)
            {
                return Ok(self.wallets[event.wallet].number);
            }
        }
        Err(OperatorError::RequestIdReused(request_id.clone()))
    }

    /// Whether a wallet may have sub-wallets of a use now.
    fn check_parent(
        &self,
        parent: WalletSlot,
        used_for: SubWalletUse,
    ) -> Result<(), OperatorError> {
        let wallet = &self.wallets[parent];
        check_power(wallet.number, Power::HoldSubWallets)?;
        if used_for == SubWalletUse::Campaign {
            check_power(wallet.number, Power::SponsorCampaigns)?;
        }
        let refuse = |reason| OperatorError::Wallet { wallet: wallet.number, reason };
        if self.families.sub_wallet(parent).is_some() {
            return Err(refuse(Reason::IsSubWallet));
        }
        wallet.check_pays().map_err(refuse)
    }

    /// Moves money of a wallet into one of its sub-wallets. A repeat changes nothing.
    pub fn load_sub_wallet(
        &mut self,
        sub_wallet: WalletNumber,
        amount: Amount,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        self.order_move(sub_wallet, FamilyMove::Load(amount), request_id, now)
    }

    /// Moves money of a sub-wallet back into its parent; without an amount, all that it holds. A
    /// repeat changes nothing.
    pub fn pool_sub_wallet(
        &mut self,
        sub_wallet: WalletNumber,
        amount: Option<Amount>,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let order = amount.map_or(FamilyMove::PoolAll, FamilyMove::Pool);
        self.order_move(sub_wallet, order, request_id, now)
    }

    /// Moves money as the holder orders it. What a campaign has set aside for others is not the
    /// sponsor's to take back by such an order.
    fn order_move(
        &mut self,
        sub_wallet: WalletNumber,
        order: FamilyMove,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        if self.is_repeat(sub_wallet, &request_id, |change| order.made(change))? {
            return Ok(());
        }
        let (_, found) = self.sub_wallet_of(sub_wallet)?;
        let refused = match found.used_for {
            SubWalletUse::Ordinary => None,
            SubWalletUse::Campaign => Some(Reason::CampaignWallet),
            SubWalletUse::Card => match order {
                FamilyMove::Load(_) => self.card(sub_wallet)?.check_active().err(),
                // The card may have signed for it: it gives back by a voucher to its parent.
                FamilyMove::Pool(_) | FamilyMove::PoolAll => Some(Reason::HardWallet),
            },
        };
        if let Some(reason) = refused {
            return Err(OperatorError::Wallet { wallet: sub_wallet, reason });
        }
        self.move_in_family(sub_wallet, order, Some(request_id), now).map(|_| ())
    }

    /// Moves money between a sub-wallet and its parent, whatever the sub-wallet is for, and answers
    /// how much. Holder and operator stay the same, so that no limit of payments is consumed.
    pub(super) fn move_in_family(
        &mut self,
        sub_wallet: WalletNumber,
        order: FamilyMove,
        request_id: Option<RequestId>,
        now: Timestamp,
    ) -> Result<Amount, OperatorError> {
        let (slot, found) = self.sub_wallet_of(sub_wallet)?;
        let (from, to) = match order {
            FamilyMove::Load(_) => (found.parent, slot),
            FamilyMove::Pool(_) | FamilyMove::PoolAll => (slot, found.parent),
        };
        let (amount, change) = match order {
            FamilyMove::Load(amount) => (amount, WalletChange::Loaded { amount }),
            FamilyMove::Pool(amount) => (amount, WalletChange::Pooled { amount }),
            FamilyMove::PoolAll => {
                let amount = self.wallets[slot].balance;
                (amount, WalletChange::PooledAll { amount })
            }
        };
        self.check_gives(from, amount)?;
        self.check_takes(to, amount.single()?)?;
        self.append_event(sub_wallet, change, request_id, now);
        Ok(amount)
    }

    /// Whether a wallet can give an amount of its own, which grants are not.
    pub(super) fn check_gives(
        &self,
        from: WalletSlot,
        amount: Amount,
    ) -> Result<(), OperatorError> {
        let (wallet, available) = (self.wallets[from].number, self.own_funds(from));
        let refuse = |reason| OperatorError::Wallet { wallet, reason };
        self.wallets[from].check_pays().map_err(refuse)?;
        if available == Amount::ZERO {
            return Err(refuse(Reason::InsufficientFunds));
        }
        if available < amount {
            return Err(OperatorError::InsufficientFunds { wallet, available, requested: amount });
        }
        Ok(())
    }

    pub(super) fn check_takes(&self, to: WalletSlot, amount: Amount) -> Result<(), OperatorError> {
        let wallet = &self.wallets[to];
        let refuse =
            |reason| OperatorError::Wallet { wallet: wallet.number, reason: of_its_own(reason) };
        let (held, limits) = (self.inbound.room_in(to), self.limits_of(wallet));
        wallet.check_receives(amount, held, &limits).map_err(refuse)
    }

    /// Lets a restricted sub-wallet pay some wallets, and others no longer. What is so already
    /// changes nothing; a payee in both lists is refused.
    pub fn allow_payees(
        &mut self,
        sub_wallet: WalletNumber,
        allowed: &BTreeSet<WalletNumber>,
        removed: &BTreeSet<WalletNumber>,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let (_, found) = self.sub_wallet_of(sub_wallet)?;
        let refuse = |reason| OperatorError::Wallet { wallet: sub_wallet, reason };
        let present = found.payees.as_ref().ok_or_else(|| refuse(Reason::NotRestricted))?;
        if let Some(payee) = allowed.intersection(removed).next() {
            return Err(OperatorError::PayeeInBothLists(*payee));
        }
        let after = present.difference(removed).chain(allowed).copied().collect();
        check_payee_count(&after)?;
        let removed = present.intersection(removed).copied().collect();
        let added = allowed.difference(present).copied().collect();
        self.append_payees(sub_wallet, &removed, false, now);
        self.append_payees(sub_wallet, &added, true, now);
        Ok(())
    }

    fn append_payees(
        &mut self,
        wallet: WalletNumber,
        payees: &BTreeSet<WalletNumber>,
        allowed: bool,
        at: Timestamp,
    ) {
        for payee in payees {
            let row = PayeeRow { row: 0, wallet, payee: *payee, allowed, at };
            self.append(row, Known::Nothing);
        }
    }

    /// The slot of a sub-wallet that is not closed, and what its parent allows it.
    fn sub_wallet_of(
        &self,
        wallet: WalletNumber,
    ) -> Result<(WalletSlot, &SubWallet), OperatorError> {
        let slot = self.known(wallet)?;
        let found = self.families.sub_wallet(slot);
        let reason = Reason::NotSubWallet;
        found.map(|found| (slot, found)).ok_or(OperatorError::Wallet { wallet, reason })
    }

    /// A wallet, and its sub-wallets that are not closed.
    pub(super) fn open_family_of(
        &self,
        parent: WalletSlot,
    ) -> impl Iterator<Item = WalletSlot> + '_ {
        let sub_wallets = self.families.sub_wallets_of(parent).iter().copied();
        let open = |slot: &WalletSlot| self.wallets[*slot].status != WalletStatus::Closed;
        std::iter::once(parent).chain(sub_wallets.filter(open))
    }

    /// Whether a wallet and the one that it belongs to may pay: who freezes a parent freezes all that
    /// its holder has in sub-wallets.
    pub(super) fn check_may_pay(&self, slot: WalletSlot) -> Result<(), Reason> {
        self.wallets[slot].check_pays()?;
        if self.is_frozen_by_parent(slot) { Err(Reason::WalletFrozen) } else { Ok(()) }
    }

    /// Whether the wallet that a sub-wallet belongs to is frozen.
    pub(super) fn is_frozen_by_parent(&self, slot: WalletSlot) -> bool {
        let parent = self.parent_of(slot);
        parent.is_some_and(|parent| self.wallets[parent].status == WalletStatus::Frozen)
    }

    /// Whether a wallet has sub-wallets that are not closed.
    pub(super) fn has_open_sub_wallets(&self, parent: WalletSlot) -> bool {
        self.open_family_of(parent).nth(1).is_some()
    }
}

impl SubWallet {
    /// Whether a request asks for what this one was opened with; its payees may have changed since.
    fn has_terms_of(&self, order: &SubWalletOrder) -> bool {
        self.used_for == order.used_for
            && self.single == order.single
            && self.daily == order.daily
            && self.payees.is_some() == order.payees.is_some()
            && self.platform == order.platform
    }
}

/// The kind of a sub-wallet: that of its parent, or that of cards.
pub(super) fn kind_of(used_for: SubWalletUse, parent: WalletKind) -> WalletKind {
    match used_for {
        SubWalletUse::Ordinary | SubWalletUse::Campaign => parent,
        SubWalletUse::Card => WalletKind::Hard,
    }
}

fn check_payee_count(payees: &BTreeSet<WalletNumber>) -> Result<(), OperatorError> {
    let count = payees.len();
    if count <= ALLOWED_PAYEES_MAX { Ok(()) } else { Err(OperatorError::TooManyPayees(count)) }
}

#[cfg(test)]
mod tests;
