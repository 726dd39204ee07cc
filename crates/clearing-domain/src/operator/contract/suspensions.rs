//! Supervisors suspend merchants, each by its own word: that of one ends no suspension by another.

use std::collections::BTreeMap;

use crate::Reason;
use crate::link::RosterEntry;
use crate::money::{OperatorCode, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::error::OperatorError;
use super::contracts::Contracts;
use super::error::ContractValue;
use super::rows::SuspensionRow;
use super::steps::of_wallet;

/// The most merchants of which one operator has said anything.
pub(super) const MERCHANTS_MAX: usize = 10_000;
/// How many words of one operator on one merchant are kept before it says no more: each is a row for
/// ever. The last suspension can be ended all the same, once.
pub(super) const WORDS_MAX: u32 = 1_000;

/// The last word of an operator on a merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) suspended: bool,
    pub(super) sequence: u64,
    /// How many there were.
    pub(super) words: u32,
}

/// What operators say of merchants.
#[derive(Debug, Default)]
pub(super) struct Suspensions {
    of_merchants: BTreeMap<WalletNumber, BTreeMap<OperatorCode, Word>>,
    /// Of how many merchants each operator has said anything.
    merchants: BTreeMap<OperatorCode, usize>,
}

impl Suspensions {
    pub(super) fn is_suspended(&self, merchant: WalletNumber) -> bool {
        let words = self.of_merchants.get(&merchant);
        words.is_some_and(|words| words.values().any(|word| word.suspended))
    }

    pub(super) fn word(&self, merchant: WalletNumber, by: OperatorCode) -> Option<Word> {
        self.of_merchants.get(&merchant)?.get(&by).copied()
    }

    fn merchants_of(&self, by: OperatorCode) -> usize {
        self.merchants.get(&by).copied().unwrap_or_default()
    }

    pub(super) fn take(&mut self, row: &SuspensionRow) {
        let SuspensionRow { merchant, suspended, by, sequence, .. } = *row;
        let words = self.of_merchants.entry(merchant).or_default();
        let before = words.get(&by).map(|word| word.words);
        let word =
            Word { suspended, sequence, words: before.unwrap_or_default().saturating_add(1) };
        words.insert(by, word);
        if before.is_none() {
            *self.merchants.entry(by).or_default() += 1;
        }
    }
}

impl Contracts {
    /// Whether a merchant is suspended by anybody.
    pub fn is_suspended(&self, merchant: WalletNumber) -> bool {
        self.suspended.is_suspended(merchant)
    }
}

impl OperatorLedger {
    /// A supervisor suspends a merchant at this operator, or lets it go on: its contracts of this
    /// operator's payers release nothing meanwhile. A repeat changes nothing. Answers which word of
    /// this operator on the merchant holds now, 0 when there was none.
    pub fn suspend_merchant(
        &mut self,
        merchant: WalletNumber,
        suspended: bool,
        now: Timestamp,
    ) -> Result<u64, OperatorError> {
        self.check_is_paid(merchant)?;
        let by = self.settings.code;
        let last = self.contracts.suspended.word(merchant, by);
        if last.is_some_and(|word| word.suspended) == suspended {
            return Ok(last.map_or(0, |word| word.sequence));
        }
        let sequence = self.chain.row + 1;
        let row = SuspensionRow { row: 0, merchant, suspended, by, sequence, at: now };
        self.note_suspension(row)?;
        Ok(sequence)
    }

    /// The same by the operator of the merchant, with which of its words it is. One that comes after a
    /// later one is refused.
    pub fn suspend_merchant_of(
        &mut self,
        merchant: WalletNumber,
        suspended: bool,
        (by, sequence): (OperatorCode, u64),
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        self.check_is_paid(merchant)?;
        if !self.may_suspend(merchant, by) {
            return Err(of_wallet("merchant_wallet", merchant, Reason::WalletPrefixUnknown));
        }
        let last = self.contracts.suspended.word(merchant, by);
        let before = last.map_or(0, |word| word.sequence);
        let said = last.is_some_and(|word| word.suspended);
        if sequence == before && suspended == said {
            return Ok(());
        }
        if sequence <= before || i64::try_from(sequence).is_err() {
            return Err(OperatorError::Contract {
                field: "sequence",
                value: ContractValue::Count(sequence),
                reason: Reason::TransitionInvalid,
            });
        }
        self.note_suspension(SuspensionRow { row: 0, merchant, suspended, by, sequence, at: now })
    }

    fn note_suspension(&mut self, row: SuspensionRow) -> Result<(), OperatorError> {
        if !self.has_room_for(&row) {
            let merchant = row.merchant;
            return Err(of_wallet("merchant_wallet", merchant, Reason::TooManySuspensions));
        }
        self.append(row, Known::Nothing);
        Ok(())
    }

    /// Whether one more word of an operator on a merchant is kept.
    pub(super) fn has_room_for(&self, row: &SuspensionRow) -> bool {
        let SuspensionRow { merchant, suspended, by, .. } = *row;
        match self.contracts.suspended.word(merchant, by) {
            None => self.contracts.suspended.merchants_of(by) < MERCHANTS_MAX,
            Some(word) => word.words < WORDS_MAX || word.suspended && !suspended,
        }
    }

    /// Whether an operator has a word on a merchant: this one, and that of the merchant.
    pub(super) fn may_suspend(&self, merchant: WalletNumber, by: OperatorCode) -> bool {
        let is_its_own =
            |entry: &RosterEntry| (entry.code, entry.prefix) == (by, merchant.prefix());
        by == self.settings.code || self.roster.iter().any(is_its_own)
    }
}

#[cfg(test)]
mod tests;
