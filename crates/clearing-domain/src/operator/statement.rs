//! The statement of a wallet: its entries, newest first, with the balance after each.

use crate::money::PaymentId;
use crate::money::{Position, Timestamp, WalletNumber};

use super::ledger::{OperatorLedger, next_slot};
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

/// An entry as kept in memory: a link to the wallet's previous entry and to the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryLink {
    previous: u32,
    kind: EntryKind,
    source: u32,
}

impl OperatorLedger {
    /// Adds an entry to a wallet's statement; `source` is the slot of the payment, transfer or event.
    pub(super) fn enter(&mut self, wallet: u32, kind: EntryKind, source: u32) {
        let slot = next_slot(&self.entries);
        let wallet = &mut self.wallets[wallet as usize];
        self.entries.push(EntryLink { previous: wallet.last_entry, kind, source });
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
        let source = link.source as usize;
        let (change, at, payment, counterparty) = match link.kind {
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
        Entry { kind: link.kind, change, balance_after: Position::ZERO, at, payment, counterparty }
    }
}
