//! Reading the operator's ledger: its parts, repeats, lists of one wallet, statements.

use crate::link::RosterEntry;
use crate::money::{Amount, PaymentId, Position, RequestId, RequestKey, Timestamp, WalletNumber};
use crate::seal::Chain;
use crate::slots::Slots;

use super::OperatorLedger;
use super::accounts::OperatorAccounts;
use super::bank_account::UsedAccount;
use super::event::WalletEvent;
use super::facts::WalletChange;
use super::families::SubWallet;
use super::funding::Funding;
use super::inbound::Inbound;
use super::interest::InterestRow;
use super::limits::Limits;
use super::link::{LinkPhase, LinkState};
use super::payment::Payment;
use super::requests::RequestRef;
use super::settings::OperatorSettings;
use super::slot::{EventSlot, FundingSlot, InboundSlot, PaymentSlot, WalletSlot};
use super::statement::{Entry, EntryKind, EntryLink, EntryPlace, EntrySource};
use super::tick::TickState;
use super::wallet::Wallet;

impl OperatorLedger {
    /// The state of the hash chain.
    pub fn chain(&self) -> Chain {
        self.chain
    }

    /// The settings the ledger works under.
    pub fn settings(&self) -> &OperatorSettings {
        &self.settings
    }

    /// The balances of the accounts.
    pub fn accounts(&self) -> &OperatorAccounts {
        &self.accounts
    }

    /// The wallets in the order they were opened.
    pub fn wallets(&self) -> &Slots<WalletSlot, Wallet> {
        self.wallets.list()
    }

    /// The payments in the order they were submitted.
    pub fn payments(&self) -> &Slots<PaymentSlot, Payment> {
        self.payments.list()
    }

    /// The transfers into wallets in the order they were decided.
    pub fn inbound(&self) -> &Slots<InboundSlot, Inbound> {
        self.inbound.list()
    }

    /// The discounts that campaigns were asked for, in the order they were decided.
    pub fn fundings(&self) -> &Slots<FundingSlot, Funding> {
        self.fundings.list()
    }

    /// The discount of a payment of another operator, when a campaign of this one was asked for it.
    pub fn funding(&self, id: PaymentId) -> Option<&Funding> {
        self.fundings.find(id).map(|slot| &self.fundings[slot])
    }

    /// The wallet events in order.
    pub fn events(&self) -> &Slots<EventSlot, WalletEvent> {
        &self.events
    }

    /// The wallet of a number.
    pub fn wallet(&self, number: WalletNumber) -> Option<&Wallet> {
        self.wallets.slot_of(number).map(|slot| &self.wallets[slot])
    }

    /// The payment of an id, when a wallet of this operator is its payer.
    pub fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payments.find(id).map(|slot| &self.payments[slot])
    }

    /// The transfer of an id, when this operator is the payee's.
    pub fn transfer(&self, id: PaymentId) -> Option<&Inbound> {
        self.inbound.find(id).map(|slot| &self.inbound[slot])
    }

    /// The number of the wallet that a payment debits.
    pub fn payer_of(&self, payment: &Payment) -> WalletNumber {
        self.wallets[payment.payer].number
    }

    /// When a wallet was opened.
    pub fn opened_at(&self, wallet: &Wallet) -> Timestamp {
        self.events[wallet.opened].at
    }

    /// The limits of a wallet: those of its class, and the caps of its own that a sub-wallet has.
    pub fn limits_of(&self, wallet: &Wallet) -> Limits {
        let limits = self.settings.limits.limits(wallet.kind(), wallet.class);
        let Some(own) = self.sub_wallet(wallet) else { return limits };
        let limits = limits.within(own.single, own.daily);
        match self.wallets.slot_of(wallet.number).and_then(|slot| self.cards.find(slot)) {
            Some(card) => limits.holding(card.row.float_max),
            None => limits,
        }
    }

    /// What the parent of a wallet allows it, if it is a sub-wallet.
    pub fn sub_wallet(&self, wallet: &Wallet) -> Option<&SubWallet> {
        if self.families.is_empty() {
            return None;
        }
        self.wallets.slot_of(wallet.number).and_then(|slot| self.families.sub_wallet(slot))
    }

    /// The sub-wallets of a wallet in the order they were opened, from a place in that order on.
    pub fn sub_wallets_of(
        &self,
        parent: WalletNumber,
        from: usize,
    ) -> impl Iterator<Item = (&Wallet, &SubWallet)> {
        let parent = self.wallets.slot_of(parent);
        let slots = parent.map_or(&[][..], |slot| self.families.sub_wallets_of(slot));
        slots
            .iter()
            .skip(from)
            .filter_map(|slot| Some((&self.wallets[*slot], self.families.sub_wallet(*slot)?)))
    }

    /// What the ledger keeps of its link.
    pub fn link(&self) -> &LinkState {
        &self.link
    }

    /// How far the link has come.
    pub fn link_phase(&self) -> LinkPhase {
        self.session.phase()
    }

    /// The operators known, by prefix.
    pub fn roster(&self) -> &[RosterEntry] {
        &self.roster
    }

    /// Where the operator stands in the ticks.
    pub fn tick(&self) -> TickState {
        self.tick
    }

    /// Closed wallets whose aliases the directory has not given up yet.
    pub fn giving_up(&self) -> impl Iterator<Item = WalletNumber> + '_ {
        self.wallets.giving_up().iter().copied()
    }

    /// What an earlier request of the same name and wallet made; opening a wallet names none.
    pub(super) fn earlier(
        &self,
        key: &RequestKey,
        wallet: Option<WalletNumber>,
        request_id: &RequestId,
    ) -> Option<RequestRef> {
        self.requests.find(key, |earlier| match earlier {
            RequestRef::Payment(slot) => {
                let payment = &self.payments[slot];
                payment.request_id == *request_id && Some(self.payer_of(payment)) == wallet
            }
            RequestRef::Event(slot) => {
                let event = &self.events[slot];
                let scope = (!event.change.opens()).then(|| self.wallets[event.wallet].number);
                event.request_id.as_ref() == Some(request_id) && scope == wallet
            }
        })
    }

    /// Whether a request of that name of a wallet has left a record.
    pub(super) fn is_known(&self, wallet: WalletNumber, request_id: &RequestId) -> bool {
        self.earlier(&RequestKey::new(wallet, request_id), Some(wallet), request_id).is_some()
    }

    /// The payments of a wallet with their slots, oldest first, from a slot on that is one of
    /// them; `None` when it is not.
    pub fn payments_of(
        &self,
        payer: WalletNumber,
        from: Option<PaymentSlot>,
    ) -> Option<impl Iterator<Item = (PaymentSlot, &Payment)> + '_> {
        self.payments.of_wallet(self.wallets.slot_of(payer)?, from)
    }

    /// The entries of a wallet, newest first.
    pub fn entries(&self, wallet: WalletNumber) -> impl Iterator<Item = Entry> + '_ {
        self.entries_from(wallet, None).into_iter().flatten().map(|(_, entry)| entry)
    }

    /// The entries of a wallet with their places, newest first, from a place on that is one of
    /// them; `None` when it is not.
    pub fn entries_from(
        &self,
        wallet: WalletNumber,
        from: Option<EntryPlace>,
    ) -> Option<impl Iterator<Item = (EntryPlace, Entry)> + '_> {
        let slot = self.wallets.slot_of(wallet)?;
        let entries = self.wallets.entries();
        if let Some(place) = from
            && entries.get(place.slot).is_none_or(|link| self.wallet_of(*link) != Some(slot))
        {
            return None;
        }
        let wallet = &self.wallets[slot];
        let balance = wallet.balance.position();
        let newest = wallet.last_entry.map(|slot| EntryPlace { slot, balance });
        let mut next = from.or(newest);
        Some(std::iter::from_fn(move || {
            let place = next?;
            let link = entries[place.slot];
            let entry = Entry { balance_after: place.balance, ..self.entry(link) };
            let balance = place.balance - entry.change;
            next = link.previous().map(|slot| EntryPlace { slot, balance });
            Some((place, entry))
        }))
    }

    /// The slot of the wallet that an entry belongs to.
    fn wallet_of(&self, link: EntryLink) -> Option<WalletSlot> {
        match link.source() {
            EntrySource::Sent(slot) | EntrySource::Returned(slot) => {
                Some(self.payments[slot].payer)
            }
            EntrySource::Sponsored(slot) | EntrySource::SponsorshipReturned(slot) => {
                self.own_campaign(self.payments[slot].details()).map(|(campaign, _)| campaign)
            }
            EntrySource::Funded(slot) | EntrySource::FundingReturned(slot) => {
                self.fundings[slot].wallet
            }
            EntrySource::ReceivedOnUs(slot) => self.wallets.slot_of(self.payments[slot].payee),
            EntrySource::Received(slot) => self.inbound[slot].wallet,
            EntrySource::Event(slot) => Some(self.events[slot].wallet),
            EntrySource::EventOfSubWallet(slot) => self.parent_of(self.events[slot].wallet),
            EntrySource::Interest(slot) => self.wallets.slot_of(self.interest.list()[slot].wallet),
        }
    }

    /// What an entry says, but for the balance after it.
    fn entry(&self, link: EntryLink) -> Entry {
        match link.source() {
            EntrySource::Sent(slot) => {
                let payment = &self.payments[slot];
                Entry {
                    kind: EntryKind::PaymentSent,
                    change: -payment.payers_part().position(),
                    balance_after: Position::ZERO,
                    at: payment.submitted_at,
                    payment: Some(payment.id),
                    counterparty: Some(payment.payee),
                    bank_account: None,
                }
            }
            EntrySource::ReceivedOnUs(slot) => {
                let payment = &self.payments[slot];
                Entry {
                    kind: EntryKind::PaymentReceivedOnUs,
                    change: payment.amount.position(),
                    balance_after: Position::ZERO,
                    at: payment.submitted_at,
                    payment: Some(payment.id),
                    counterparty: Some(self.payer_of(payment)),
                    bank_account: None,
                }
            }
            EntrySource::Returned(slot) => {
                let payment = &self.payments[slot];
                Entry {
                    kind: EntryKind::PaymentReturned,
                    change: payment.payers_part().position(),
                    balance_after: Position::ZERO,
                    at: payment.finished_at().unwrap_or(payment.submitted_at),
                    payment: Some(payment.id),
                    counterparty: Some(payment.payee),
                    bank_account: None,
                }
            }
            EntrySource::Received(slot) => {
                let inbound = &self.inbound[slot];
                Entry {
                    kind: EntryKind::PaymentReceived,
                    change: inbound.amount().position(),
                    balance_after: Position::ZERO,
                    at: inbound.decided_at,
                    payment: Some(inbound.id),
                    counterparty: inbound.delivered.as_ref().map(|delivered| delivered.payer),
                    bank_account: None,
                }
            }
            EntrySource::Event(slot) => {
                let event = &self.events[slot];
                let parent = self.parent_of(event.wallet);
                let other = parent.filter(|_| event.change.is_within_family());
                self.entry_of_event(event, event.change.moves(), other)
            }
            EntrySource::EventOfSubWallet(slot) => {
                let event = &self.events[slot];
                self.entry_of_event(event, -event.change.moves(), Some(event.wallet))
            }
            EntrySource::Sponsored(slot) => self.sponsored(slot, EntryKind::VoucherPaid),
            EntrySource::SponsorshipReturned(slot) => {
                self.sponsored(slot, EntryKind::VoucherReturned)
            }
            EntrySource::Interest(slot) => interest_entry(&self.interest.list()[slot]),
            EntrySource::Funded(slot) => self.funded(slot, EntryKind::VoucherPaid),
            EntrySource::FundingReturned(slot) => self.funded(slot, EntryKind::VoucherReturned),
        }
    }

    /// A part of a payment that a campaign of the payer's operator pays.
    fn sponsored(&self, slot: PaymentSlot, kind: EntryKind) -> Entry {
        let payment = &self.payments[slot];
        let part = self.own_campaign(payment.details()).map_or(Amount::ZERO, |(_, part)| part);
        let returned_at = payment.finished_at().filter(|_| kind == EntryKind::VoucherReturned);
        let at = returned_at.unwrap_or(payment.submitted_at);
        voucher_entry(kind, part, at, payment.id, payment.payee)
    }

    /// A part of a payment that a campaign pays of a payer of another operator.
    fn funded(&self, slot: FundingSlot, kind: EntryKind) -> Entry {
        let funding = &self.fundings[slot];
        let row = funding.as_row();
        let returned_at = funding.finished_at().filter(|_| kind == EntryKind::VoucherReturned);
        let at = returned_at.unwrap_or(row.decided_at);
        voucher_entry(kind, row.discount, at, row.id, row.payee)
    }

    fn entry_of_event(
        &self,
        event: &WalletEvent,
        change: Position,
        other: Option<WalletSlot>,
    ) -> Entry {
        let is_swept = matches!(event.change, WalletChange::Swept { .. });
        let kind = match (event.change.is_within_family(), change >= Position::ZERO) {
            (false, true) => EntryKind::ExchangedOut,
            (false, false) if is_swept => EntryKind::Swept,
            (false, false) => EntryKind::ExchangedBack,
            (true, true) => EntryKind::MovedIn,
            (true, false) => EntryKind::MovedOut,
        };
        Entry {
            kind,
            change,
            balance_after: Position::ZERO,
            at: event.at,
            payment: None,
            counterparty: other.map(|other| self.wallets[other].number),
            bank_account: event.change.through().map(UsedAccount::digits),
        }
    }

    /// The parent of a wallet, if it is a sub-wallet.
    pub(super) fn parent_of(&self, wallet: WalletSlot) -> Option<WalletSlot> {
        self.families.sub_wallet(wallet).map(|sub_wallet| sub_wallet.parent)
    }
}

/// The entry of a credit of interest.
fn interest_entry(row: &InterestRow) -> Entry {
    Entry {
        kind: EntryKind::InterestCredited,
        change: row.amount.position(),
        balance_after: Position::ZERO,
        at: row.at,
        payment: None,
        counterparty: None,
        bank_account: None,
    }
}

/// An entry of the wallet of a campaign; the other side is whom it paid.
fn voucher_entry(
    kind: EntryKind,
    part: Amount,
    at: Timestamp,
    id: PaymentId,
    payee: WalletNumber,
) -> Entry {
    let is_back = kind == EntryKind::VoucherReturned;
    Entry {
        kind,
        change: if is_back { part.position() } else { -part.position() },
        balance_after: Position::ZERO,
        at,
        payment: Some(id),
        counterparty: Some(payee),
        bank_account: None,
    }
}
