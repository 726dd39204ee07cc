//! The rows of the central bank's ledger: every fact that it holds.

use crate::row::rows;

use super::advice::AdviceRow;
use super::alias::AliasRow;
use super::cycle::{CycleRow, PositionRow};
use super::merchants::MerchantRow;
use super::operation::Operation;
use super::transfer::{TransferEvent, TransferRow};

rows! {
    /// A row of the central bank's ledger.
    pub enum CentralBankRow,
    /// Rows of the central bank's ledger by their kinds.
    pub struct CentralBankRows {
        /// Instructions as they were taken.
        transfers: Transfer(TransferRow),
        /// What moved transfers on.
        events: Event(TransferEvent),
        /// What was done with operators and with the settlement mode.
        operations: Operation(Operation),
        /// What operators learnt of their accounts.
        advices: Advice(AdviceRow),
        /// The positions of a cycle, ahead of its closing.
        positions: Position(PositionRow),
        /// Closed cycles.
        cycles: Cycle(CycleRow),
        /// Links and unlinks of aliases.
        aliases: Alias(AliasRow),
        /// Traits of merchants.
        merchants: Merchant(MerchantRow),
    }
}
