//! The statement of a wallet: its entries, newest first, with the balance after each.

use crate::money::PaymentId;
use crate::money::{Position, Timestamp, WalletNumber};

use super::ledger::OperatorLedger;

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

impl EntryKind {
    /// Every kind, at the index that is its number.
    const ALL: [Self; 6] = [
        Self::PaymentSent,
        Self::PaymentReceivedOnUs,
        Self::PaymentReceived,
        Self::PaymentReturned,
        Self::ExchangedOut,
        Self::ExchangedBack,
    ];
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
    pub slot: u32,
    /// The balance after it.
    pub balance: Position,
}

impl std::fmt::Display for EntryPlace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.slot, self.balance.fen())
    }
}

/// An entry as kept in memory, in eight bytes: a link to the wallet's previous entry, and the
/// record with the kind in the three highest bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryLink {
    previous: u32,
    record: u32,
}

const RECORD_BITS: u32 = 29;

impl EntryLink {
    fn new(previous: u32, kind: EntryKind, source: u32) -> Self {
        assert!(source < 1 << RECORD_BITS, "a ledger holds at most 536,870,911 records of a kind");
        Self { previous, record: (kind as u32) << RECORD_BITS | source }
    }

    fn kind(self) -> EntryKind {
        EntryKind::ALL[(self.record >> RECORD_BITS) as usize]
    }

    fn source(self) -> usize {
        (self.record & ((1 << RECORD_BITS) - 1)) as usize
    }
}

impl OperatorLedger {
    /// Adds an entry to a wallet's statement; `source` is the slot of the payment, transfer or
    /// event.
    pub(super) fn enter(&mut self, wallet: u32, kind: EntryKind, source: u32) {
        let slot = self.entries.next_slot();
        let wallet = &mut self.wallets[wallet as usize];
        self.entries.push(EntryLink::new(wallet.last_entry, kind, source));
        wallet.last_entry = slot;
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
        let found = self.wallet(wallet)?;
        let newest = EntryPlace { slot: found.last_entry, balance: found.balance.position() };
        let mut next = match from {
            Some(place) => {
                let link = *self.entries.get(place.slot as usize)?;
                (self.wallet_of(link) == self.slot_of(wallet)).then_some(place)?
            }
            None => newest,
        };
        Some(std::iter::from_fn(move || {
            let place = next;
            let link = *self.entries.get(place.slot as usize)?;
            let entry = Entry { balance_after: place.balance, ..self.entry(link) };
            next = EntryPlace { slot: link.previous, balance: place.balance - entry.change };
            Some((place, entry))
        }))
    }

    /// The slot of the wallet that an entry belongs to.
    fn wallet_of(&self, link: EntryLink) -> u32 {
        let source = link.source();
        match link.kind() {
            EntryKind::PaymentSent | EntryKind::PaymentReturned => self.payments[source].payer,
            EntryKind::PaymentReceivedOnUs => self.slot_of(self.payments[source].payee),
            EntryKind::PaymentReceived => self.inbound[source].wallet,
            EntryKind::ExchangedOut | EntryKind::ExchangedBack => self.events[source].wallet,
        }
    }

    fn entry(&self, link: EntryLink) -> Entry {
        let source = link.source();
        let (change, at, payment, counterparty) = match link.kind() {
            EntryKind::PaymentSent => {
                let payment = &self.payments[source];
                (
                    -payment.amount.position(),
                    payment.submitted_at,
                    Some(payment.id),
                    Some(payment.payee),
                )
            }
            EntryKind::PaymentReceivedOnUs => {
                let payment = &self.payments[source];
                (
                    payment.amount.position(),
                    payment.submitted_at,
                    Some(payment.id),
                    Some(self.payer_of(payment)),
                )
            }
            EntryKind::PaymentReturned => {
                let payment = &self.payments[source];
                (
                    payment.amount.position(),
                    payment.finished_at,
                    Some(payment.id),
                    Some(payment.payee),
                )
            }
            EntryKind::PaymentReceived => {
                let inbound = &self.inbound[source];
                (inbound.amount.position(), inbound.decided_at, Some(inbound.id), inbound.payer)
            }
            EntryKind::ExchangedOut => {
                (self.events[source].amount.position(), self.events[source].at, None, None)
            }
            EntryKind::ExchangedBack => {
                (-self.events[source].amount.position(), self.events[source].at, None, None)
            }
        };
        Entry {
            kind: link.kind(),
            change,
            balance_after: Position::ZERO,
            at,
            payment,
            counterparty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::wallet::NONE;
    use super::*;

    #[test]
    fn a_link_keeps_its_kind_and_record() {
        for (index, kind) in EntryKind::ALL.into_iter().enumerate() {
            let link = EntryLink::new(NONE, kind, (1 << RECORD_BITS) - 1);
            assert_eq!(
                (link.previous, link.kind(), link.source()),
                (NONE, kind, (1 << RECORD_BITS) - 1)
            );
            assert_eq!(kind as usize, index);
        }
    }
}
