//! The payment codes that wallets of this operator have made.

use rustc_hash::FxHashMap;

use crate::Reason;
use crate::money::{Amount, PaymentCode, Timestamp};
use crate::slots::{SlotIndex, Slots};

use super::rows::PaymentCodeRow;
use super::slot::{CodeSlot, WalletSlot};

/// How long a payment code is valid, in milliseconds of business time.
pub const VALID_MS: i64 = 60_000;
/// The most payment codes of one wallet that are valid at a time.
pub const CODES_MAX: usize = 60;

/// Every payment code in the order they were made.
#[derive(Debug, Default)]
pub struct PaymentCodes {
    list: Slots<CodeSlot, Made>,
    index: SlotIndex<CodeSlot>,
    /// The last code of each wallet that has made one.
    last: FxHashMap<WalletSlot, CodeSlot>,
}

/// A code, and the one that its wallet has made before it.
#[derive(Debug)]
struct Made {
    row: PaymentCodeRow,
    previous: Option<CodeSlot>,
}

impl PaymentCodeRow {
    /// The last moment at which it can be charged.
    pub fn valid_until(&self) -> Timestamp {
        self.at.plus_ms(VALID_MS)
    }

    /// Whether a charge at a time may use it.
    pub fn check(&self, amount: Amount, at: Timestamp) -> Result<(), Reason> {
        if at > self.valid_until() {
            return Err(Reason::CodeExpired);
        }
        let bound_otherwise = self.amount.is_some_and(|bound| bound != amount);
        if bound_otherwise { Err(Reason::CodeAmount) } else { Ok(()) }
    }
}

impl PaymentCodes {
    /// Every row in order.
    pub fn rows(&self) -> impl Iterator<Item = &PaymentCodeRow> {
        self.list.iter().map(|made| &made.row)
    }

    /// The row of a code.
    pub fn find(&self, code: PaymentCode) -> Option<&PaymentCodeRow> {
        let slot = self.index.find(&code, |slot| self.list[slot].row.code == code)?;
        Some(&self.list[slot].row)
    }

    /// How many codes of a wallet are valid, counted up to the most that may be.
    pub fn valid(&self, wallet: WalletSlot, now: Timestamp) -> usize {
        let last = self.last.get(&wallet).copied();
        let before = |slot: &CodeSlot| self.list[*slot].previous;
        let made = std::iter::successors(last, before).take(CODES_MAX);
        made.take_while(|slot| now <= self.list[*slot].row.valid_until()).count()
    }

    /// A code was made.
    pub fn record(&mut self, wallet: WalletSlot, row: PaymentCodeRow) {
        let slot = self.list.next_slot();
        self.index.insert(&row.code, slot);
        let previous = self.last.insert(wallet, slot);
        self.list.push(Made { row, previous });
    }
}
