//! The statement of a wallet: its entries, newest first, with the balance after each.

use crate::money::{PaymentId, Position, Timestamp, WalletNumber};
use crate::slots::Slot;

use super::bank_account::LastDigits;
use super::slot::{EntrySlot, EventSlot, FundingSlot, InboundSlot, InterestSlot, PaymentSlot};

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
    /// Money came from the parent, or from a sub-wallet.
    MovedIn,
    /// Money went to the parent, or to a sub-wallet.
    MovedOut,
    /// A campaign paid its part of a payment.
    VoucherPaid,
    /// A part that a campaign paid came back.
    VoucherReturned,
    /// Money went to the account of the treasury.
    Swept,
    /// Interest was credited.
    InterestCredited,
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
    /// The last digits of the bank account of an exchange.
    pub bank_account: Option<LastDigits>,
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
pub enum EntrySource {
    /// A payment that left the wallet.
    Sent(PaymentSlot),
    /// A payment from a wallet of the same operator.
    ReceivedOnUs(PaymentSlot),
    /// A transfer from a wallet of another operator.
    Received(InboundSlot),
    /// A payment that came back.
    Returned(PaymentSlot),
    /// An event of the wallet.
    Event(EventSlot),
    /// An event of a sub-wallet that moved money of the wallet, its parent.
    EventOfSubWallet(EventSlot),
    /// A part of a payment of a wallet of the same operator.
    Sponsored(PaymentSlot),
    /// Such a part that came back.
    SponsorshipReturned(PaymentSlot),
    /// A part of a payment of a wallet of another operator.
    Funded(FundingSlot),
    /// Such a part that came back.
    FundingReturned(FundingSlot),
    /// A credit of interest.
    Interest(InterestSlot),
}

impl EntrySource {
    /// The number of the kind, and that of the record.
    fn numbers(self) -> (u32, u32) {
        match self {
            Self::Sent(slot) => (0, slot.number()),
            Self::ReceivedOnUs(slot) => (1, slot.number()),
            Self::Received(slot) => (2, slot.number()),
            Self::Returned(slot) => (3, slot.number()),
            Self::Event(slot) => (4, slot.number()),
            Self::EventOfSubWallet(slot) => (5, slot.number()),
            Self::Sponsored(slot) => (6, slot.number()),
            Self::SponsorshipReturned(slot) => (7, slot.number()),
            Self::Funded(slot) => (8, slot.number()),
            Self::FundingReturned(slot) => (9, slot.number()),
            Self::Interest(slot) => (10, slot.number()),
        }
    }

    fn from_numbers(kind: u32, record: u32) -> Self {
        match kind {
            0 => Self::Sent(PaymentSlot::from_number(record)),
            1 => Self::ReceivedOnUs(PaymentSlot::from_number(record)),
            2 => Self::Received(InboundSlot::from_number(record)),
            3 => Self::Returned(PaymentSlot::from_number(record)),
            4 => Self::Event(EventSlot::from_number(record)),
            5 => Self::EventOfSubWallet(EventSlot::from_number(record)),
            6 => Self::Sponsored(PaymentSlot::from_number(record)),
            7 => Self::SponsorshipReturned(PaymentSlot::from_number(record)),
            8 => Self::Funded(FundingSlot::from_number(record)),
            9 => Self::FundingReturned(FundingSlot::from_number(record)),
            _ => Self::Interest(InterestSlot::from_number(record)),
        }
    }
}

/// An entry as kept in memory, in eight bytes: a link to the wallet's previous entry, and the
/// record with the kind in the four highest bits.
#[derive(Clone, Copy, Debug)]
pub struct EntryLink {
    previous: Option<EntrySlot>,
    record: u32,
}

const RECORD_BITS: u32 = 28;

impl EntryLink {
    /// An entry after another one of the same wallet.
    ///
    /// # Panics
    ///
    /// When there are more records of a kind than 28 bits can number.
    pub fn new(previous: Option<EntrySlot>, source: EntrySource) -> Self {
        let (kind, record) = source.numbers();
        assert!(record < 1 << RECORD_BITS, "a ledger holds at most 268,435,455 records of a kind");
        Self { previous, record: kind << RECORD_BITS | record }
    }

    /// The entry before it.
    pub fn previous(self) -> Option<EntrySlot> {
        self.previous
    }

    /// What it follows from.
    pub fn source(self) -> EntrySource {
        EntrySource::from_numbers(
            self.record >> RECORD_BITS,
            self.record & ((1 << RECORD_BITS) - 1),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_its_source() {
        let last = (1 << RECORD_BITS) - 1;
        for kind in 0..11 {
            let source = EntrySource::from_numbers(kind, last);
            assert_eq!(source.numbers(), (kind, last));
            assert_eq!(EntryLink::new(None, source).source(), source);
        }
        assert_eq!(size_of::<EntryLink>(), 8);
    }
}
