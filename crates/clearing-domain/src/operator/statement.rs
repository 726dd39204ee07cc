//! The statement of a wallet: its entries, newest first, with the balance after each.

use crate::money::PaymentId;
use crate::money::{Position, Timestamp, WalletNumber};

use super::ledger::OperatorLedger;
use super::wallet::NONE;

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

/// An entry as kept in memory, in eight bytes: a link to the wallet's previous entry, and the record
/// with the kind in the three highest bits.
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
    /// Adds an entry to a wallet's statement; `source` is the slot of the payment, transfer or event.
    pub(super) fn enter(&mut self, wallet: u32, kind: EntryKind, source: u32) {
        let slot = self.entries.next_slot();
        let wallet = &mut self.wallets[wallet as usize];
        self.entries.push(EntryLink::new(wallet.last_entry, kind, source));
        wallet.last_entry = slot;
    }

    /// The entries of a wallet, newest first.
    pub fn entries(&self, wallet: WalletNumber) -> impl Iterator<Item = Entry> + '_ {
        let found = self.wallet(wallet);
        let mut next = found.map_or(NONE, |wallet| wallet.last_entry);
        let mut balance = found.map_or(Position::ZERO, |wallet| wallet.balance.position());
        std::iter::from_fn(move || {
            let link = *self.entries.get(next as usize)?;
            let mut entry = self.entry(link);
            entry.balance_after = balance;
            balance -= entry.change;
            next = link.previous;
            Some(entry)
        })
    }

    fn entry(&self, link: EntryLink) -> Entry {
        let source = link.source();
        let (change, at, payment, counterparty) = match link.kind() {
            EntryKind::PaymentSent => {
                let payment = &self.payments[source];
                (-payment.amount.position(), payment.submitted_at, Some(payment.id), Some(payment.payee))
            }
            EntryKind::PaymentReceivedOnUs => {
                let payment = &self.payments[source];
                (payment.amount.position(), payment.submitted_at, Some(payment.id), Some(self.payer_of(payment)))
            }
            EntryKind::PaymentReturned => {
                let payment = &self.payments[source];
                (payment.amount.position(), payment.finished_at, Some(payment.id), Some(payment.payee))
            }
            EntryKind::PaymentReceived => {
                let inbound = &self.inbound[source];
                (inbound.amount.position(), inbound.decided_at, Some(inbound.id), inbound.payer)
            }
            EntryKind::ExchangedOut => (self.events[source].amount.position(), self.events[source].at, None, None),
            EntryKind::ExchangedBack => (-self.events[source].amount.position(), self.events[source].at, None, None),
        };
        Entry { kind: link.kind(), change, balance_after: Position::ZERO, at, payment, counterparty }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_its_kind_and_record() {
        for (index, kind) in EntryKind::ALL.into_iter().enumerate() {
            let link = EntryLink::new(NONE, kind, (1 << RECORD_BITS) - 1);
            assert_eq!((link.previous, link.kind(), link.source()), (NONE, kind, (1 << RECORD_BITS) - 1));
            assert_eq!(kind as usize, index);
        }
    }
}
