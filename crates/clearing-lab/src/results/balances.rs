//! The settlement account of each operator over the time of a run.

use std::collections::BTreeMap;

use clearing_domain::Regime;
use clearing_domain::central_bank::CentralBankLedger;
use clearing_domain::money::{Position, Timestamp};

use super::credit::settlement_changes;
use super::row::{Operator, row};

row! {
    /// What was on the settlement account of an operator from a time on.
    BalanceRow<'a> in "balances" {
        operator: Operator<'a>,
        at: Timestamp,
        balance_fen: Position,
        floor_fen: Position,
    }
}

/// A row for each time at which an account changed, in order; what moved at one time is taken together.
pub(super) fn balances(ledger: &CentralBankLedger) -> impl Iterator<Item = BalanceRow<'_>> {
    let accounts = ledger.accounts();
    let mut changes: BTreeMap<(i64, usize), Position> = BTreeMap::new();
    for change in settlement_changes(ledger) {
        *changes.entry((change.at, change.who)).or_default() += change.sum;
    }
    let mut sums = vec![Position::ZERO; accounts.len()];
    let with_credit = ledger.settings().regime == Regime::Deposit;
    changes.into_iter().map(move |((at, who), sum)| {
        sums[who] += sum;
        let account = &accounts[who];
        let credit = if with_credit { account.credit.position() } else { Position::ZERO };
        BalanceRow {
            operator: Operator(account.code.as_str()),
            at: Timestamp::from_ms(at),
            balance_fen: sums[who],
            floor_fen: -credit,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{run, short_of_cover};

    #[test]
    fn the_last_balance_of_each_operator_is_that_of_its_account() {
        let ledger = run(&short_of_cover()).unwrap().central_bank;
        let rows: Vec<_> = balances(&ledger).collect();
        for account in ledger.accounts().iter() {
            let own = rows.iter().filter(|row| row.operator.0 == account.code.as_str());
            let last = own.clone().next_back().unwrap();
            assert_eq!(last.balance_fen, account.reserves, "{}", account.code);
            assert_eq!(last.floor_fen, -account.credit.position());
            let times: Vec<_> = own.map(|row| row.at).collect();
            assert!(times.is_sorted_by(|one, other| one < other), "{times:?}");
        }
    }
}
