//! Sums as they were stored before they were bounded: cut off at the largest amount, and subtracted
//! from later.
//!
//! A stored sum that differs from the rows is a forgery or the work of an earlier version. It is
//! the latter when counting the rows as that did comes to the same; then the rows are right.

use crate::money::Amount;
use crate::seal::Chain;

use super::account::AccountRow;
use super::ledger::CentralBankLedger;
use super::operation::OperationKind;

impl CentralBankLedger {
    /// Puts the sums that the rows come to where an earlier version cut them off; gives the
    /// operators that had such.
    ///
    /// A file whose last batch covers what is beside its rows is of a version that cuts nothing
    /// off: what differs there is a forgery, also when it is the largest amount.
    pub(super) fn mend_cut_off(&self, stored: &mut [AccountRow], chain: Chain) -> Vec<u16> {
        if chain.beside.is_some() {
            return Vec::new();
        }
        let accounts = (0..).zip(stored);
        let mended = accounts.filter_map(|(operator, stored)| {
            let whole = self.with_whole_sums(operator, *stored);
            let differs = whole != *stored;
            *stored = whole;
            differs.then_some(operator)
        });
        mended.collect()
    }

    fn with_whole_sums(&self, operator: u16, stored: AccountRow) -> AccountRow {
        let counted = self.accounts[usize::from(operator)].row();
        let mut whole = stored;
        if stored.outstanding != counted.outstanding
            && stored.outstanding == self.outstanding_cut_off(operator)
        {
            whole.outstanding = counted.outstanding;
        }
        if stored.withdrawing != counted.withdrawing
            && stored.withdrawing == self.withdrawing_cut_off(operator)
        {
            whole.withdrawing = counted.withdrawing;
        }
        if stored.cap == Some(Amount::MAX) && counted.cap > stored.cap {
            whole.cap = counted.cap;
        }
        whole
    }

    fn outstanding_cut_off(&self, operator: u16) -> Amount {
        let own = self.transfers.iter().filter(|transfer| transfer.payer_operator == operator);
        let own = own.filter(|transfer| !transfer.initial_state.is_final());
        let mut changes: Vec<_> = own
            .flat_map(|transfer| {
                let ended = (transfer.outcome_row != 0).then_some((
                    transfer.outcome_row,
                    false,
                    transfer.amount,
                ));
                [(transfer.row, true, transfer.amount)].into_iter().chain(ended)
            })
            .collect();
        changes.sort_unstable_by_key(|(row, ..)| *row);
        cut_off(changes.into_iter().map(|(_, adds, amount)| (adds, amount)))
    }

    fn withdrawing_cut_off(&self, operator: u16) -> Amount {
        let own = self.operations.iter().filter(|operation| operation.operator == operator);
        let change = |operation: &super::operation::Operation| {
            let adds = operation.kind == OperationKind::WithdrawRequest;
            let ends =
                matches!(operation.kind, OperationKind::Withdraw | OperationKind::WithdrawDecline);
            Amount::from_sum(operation.sum).filter(|_| adds || ends).map(|amount| (adds, amount))
        };
        cut_off(own.filter_map(change))
    }
}

/// Adds and subtracts as it was done before sums were bounded.
fn cut_off(changes: impl Iterator<Item = (bool, Amount)>) -> Amount {
    changes.fold(Amount::ZERO, |sum, (adds, amount)| match adds {
        true => sum.checked_add(amount).map_or(Amount::MAX, |sum| sum.min(Amount::MAX)),
        false => sum.checked_sub(amount).unwrap_or_default(),
    })
}
