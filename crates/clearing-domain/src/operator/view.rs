//! What is looked up across the parts of the ledger: repeats, lists of one wallet, statements.

use crate::money::{Position, RequestId, RequestKey, WalletNumber};

use super::ledger::OperatorLedger;
use super::payment::Payment;
use super::requests::RequestRef;
use super::slot::{EventSlot, PaymentSlot, WalletSlot};
use super::statement::{Entry, EntryKind, EntryLink, EntryPlace, EntrySource};

impl OperatorLedger {
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
            EntrySource::ReceivedOnUs(slot) => self.wallets.slot_of(self.payments[slot].payee),
            EntrySource::Received(slot) => self.inbound[slot].wallet,
            EntrySource::ExchangedOut(slot) | EntrySource::ExchangedBack(slot) => {
                Some(self.events[slot].wallet)
            }
        }
    }

    /// What an entry says, but for the balance after it.
    fn entry(&self, link: EntryLink) -> Entry {
        match link.source() {
            EntrySource::Sent(slot) => {
                let payment = &self.payments[slot];
                Entry {
                    kind: EntryKind::PaymentSent,
                    change: -payment.amount.position(),
                    balance_after: Position::ZERO,
                    at: payment.submitted_at,
                    payment: Some(payment.id),
                    counterparty: Some(payment.payee),
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
                }
            }
            EntrySource::Returned(slot) => {
                let payment = &self.payments[slot];
                Entry {
                    kind: EntryKind::PaymentReturned,
                    change: payment.amount.position(),
                    balance_after: Position::ZERO,
                    at: payment.finished_at().unwrap_or(payment.submitted_at),
                    payment: Some(payment.id),
                    counterparty: Some(payment.payee),
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
                    counterparty: inbound.delivered.map(|delivered| delivered.payer),
                }
            }
            EntrySource::ExchangedOut(slot) => self.exchange(slot, EntryKind::ExchangedOut),
            EntrySource::ExchangedBack(slot) => self.exchange(slot, EntryKind::ExchangedBack),
        }
    }

    fn exchange(&self, slot: EventSlot, kind: EntryKind) -> Entry {
        let event = &self.events[slot];
        Entry {
            kind,
            change: event.change.moves(),
            balance_after: Position::ZERO,
            at: event.at,
            payment: None,
            counterparty: None,
        }
    }
}
