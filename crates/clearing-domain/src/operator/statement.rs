//! The statement of a wallet: its entries, newest first, with the balance after each.

use crate::money::{PaymentId, Position, Timestamp, WalletNumber};
use crate::slots::Slot;

use super::ledger::OperatorLedger;
use super::slot::{EntrySlot, EventSlot, InboundSlot, PaymentSlot, WalletSlot};

/// What moved the balance of a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A payment left the wallet.
    PaymentSent,
    /// A payment came from a wallet of the same operator.
    PaymentReceivedOnUs,
    /// A payment came from a wallet of another operator.
    PaymentReceived,
    /// A payment came back.
    PaymentReturned,
    /// Bank money was exchanged into the wallet.
    ExchangedOut,
    /// The wallet was exchanged back into bank money.
    ExchangedBack,
}

/// An entry of a wallet's statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What happened.
    pub kind: EntryKind,
    /// By how much the balance changed.
    pub change: Position,
    /// The balance after it.
    pub balance_after: Position,
    /// When.
    pub at: Timestamp,
    /// The payment, where there is one.
    pub payment: Option<PaymentId>,
    /// The wallet on the other side, where there is one.
    pub counterparty: Option<WalletNumber>,
}

/// Where an entry stands in its statement: its slot, and the balance after it, which follows from
/// the newer ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryPlace {
    /// The slot of the entry.
    pub slot: EntrySlot,
    /// The balance after it.
    pub balance: Position,
}

impl std::fmt::Display for EntryPlace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.slot.number(), self.balance.fen())
    }
}

/// The record that an entry follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntrySource {
    Sent(PaymentSlot),
    ReceivedOnUs(PaymentSlot),
    Received(InboundSlot),
    Returned(PaymentSlot),
    ExchangedOut(EventSlot),
    ExchangedBack(EventSlot),
}

impl EntrySource {
    /// The number of the kind, and that of the record.
    fn numbers(self) -> (u32, u32) {
        match self {
            Self::Sent(slot) => (0, slot.number()),
            Self::ReceivedOnUs(slot) => (1, slot.number()),
            Self::Received(slot) => (2, slot.number()),
            Self::Returned(slot) => (3, slot.number()),
            Self::ExchangedOut(slot) => (4, slot.number()),
            Self::ExchangedBack(slot) => (5, slot.number()),
        }
    }

    fn from_numbers(kind: u32, record: u32) -> Self {
        match kind {
            0 => Self::Sent(PaymentSlot::from_number(record)),
            1 => Self::ReceivedOnUs(PaymentSlot::from_number(record)),
            2 => Self::Received(InboundSlot::from_number(record)),
            3 => Self::Returned(PaymentSlot::from_number(record)),
            4 => Self::ExchangedOut(EventSlot::from_number(record)),
            _ => Self::ExchangedBack(EventSlot::from_number(record)),
        }
    }
}

/// An entry as kept in memory, in eight bytes: a link to the wallet's previous entry, and the
/// record with the kind in the three highest bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryLink {
    previous: Option<EntrySlot>,
    record: u32,
}

const RECORD_BITS: u32 = 29;

impl EntryLink {
    fn new(previous: Option<EntrySlot>, source: EntrySource) -> Self {
        let (kind, record) = source.numbers();
        assert!(record < 1 << RECORD_BITS, "a ledger holds at most 536,870,911 records of a kind");
        Self { previous, record: kind << RECORD_BITS | record }
    }

    fn source(self) -> EntrySource {
        EntrySource::from_numbers(
            self.record >> RECORD_BITS,
            self.record & ((1 << RECORD_BITS) - 1),
        )
    }
}

impl OperatorLedger {
    /// Adds an entry to a wallet's statement.
    pub(super) fn enter(&mut self, wallet: WalletSlot, source: EntrySource) {
        let wallet = &mut self.wallets[wallet];
        let entry = self.entries.push(EntryLink::new(wallet.last_entry, source));
        wallet.last_entry = Some(entry);
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
        let wallet = self.slot_of(wallet)?;
        let found = &self.wallets[wallet];
        let mut next = match from {
            Some(place) => {
                let link = *self.entries.get(place.slot)?;
                (self.wallet_of(link) == Some(wallet)).then_some(place)
            }
            None => {
                let balance = found.balance.position();
                found.last_entry.map(|slot| EntryPlace { slot, balance })
            }
        };
        if from.is_some() && next.is_none() {
            return None;
        }
        Some(std::iter::from_fn(move || {
            let place = next?;
            let link = self.entries[place.slot];
            let entry = Entry { balance_after: place.balance, ..self.entry(link) };
            let balance = place.balance - entry.change;
            next = link.previous.map(|slot| EntryPlace { slot, balance });
            Some((place, entry))
        }))
    }

    /// The slot of the wallet that an entry belongs to.
    fn wallet_of(&self, link: EntryLink) -> Option<WalletSlot> {
        match link.source() {
            EntrySource::Sent(slot) | EntrySource::Returned(slot) => {
                Some(self.payments[slot].payer)
            }
            EntrySource::ReceivedOnUs(slot) => self.slot_of(self.payments[slot].payee),
            EntrySource::Received(slot) => self.inbound[slot].wallet,
            EntrySource::ExchangedOut(slot) | EntrySource::ExchangedBack(slot) => {
                Some(self.events[slot].wallet)
            }
        }
    }

    /// What an entry says, but for the balance after it.
    fn entry(&self, link: EntryLink) -> Entry {
        let entry = |kind, change, at| Entry {
            kind,
            change,
            balance_after: Position::ZERO,
            at,
            payment: None,
            counterparty: None,
        };
        match link.source() {
            EntrySource::Sent(slot) => {
                let payment = &self.payments[slot];
                let change = -payment.amount.position();
                Entry {
                    payment: Some(payment.id),
                    counterparty: Some(payment.payee),
                    ..entry(EntryKind::PaymentSent, change, payment.submitted_at)
                }
            }
            EntrySource::ReceivedOnUs(slot) => {
                let payment = &self.payments[slot];
                let change = payment.amount.position();
                Entry {
                    payment: Some(payment.id),
                    counterparty: Some(self.payer_of(payment)),
                    ..entry(EntryKind::PaymentReceivedOnUs, change, payment.submitted_at)
                }
            }
            EntrySource::Returned(slot) => {
                let payment = &self.payments[slot];
                let change = payment.amount.position();
                Entry {
                    payment: Some(payment.id),
                    counterparty: Some(payment.payee),
                    ..entry(EntryKind::PaymentReturned, change, payment.finished_at)
                }
            }
            EntrySource::Received(slot) => {
                let inbound = &self.inbound[slot];
                let change = inbound.amount.position();
                Entry {
                    payment: Some(inbound.id),
                    counterparty: inbound.payer,
                    ..entry(EntryKind::PaymentReceived, change, inbound.decided_at)
                }
            }
            EntrySource::ExchangedOut(slot) => {
                let event = &self.events[slot];
                entry(EntryKind::ExchangedOut, event.amount.position(), event.at)
            }
            EntrySource::ExchangedBack(slot) => {
                let event = &self.events[slot];
                entry(EntryKind::ExchangedBack, -event.amount.position(), event.at)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_its_source() {
        let last = (1 << RECORD_BITS) - 1;
        for kind in 0..6 {
            let source = EntrySource::from_numbers(kind, last);
            assert_eq!(source.numbers(), (kind, last));
            assert_eq!(EntryLink::new(None, source).source(), source);
        }
        assert_eq!(size_of::<EntryLink>(), 8);
    }
}
