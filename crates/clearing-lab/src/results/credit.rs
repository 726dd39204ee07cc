//! The intraday credit of a run: reserve accounts below zero, and what that costs; and the least
//! that accounts held.

use std::collections::BTreeMap;

use clearing_config::ClusterConfig;
use clearing_domain::Regime;
use clearing_domain::central_bank::{Action, CentralBankLedger, TransferState};
use clearing_domain::indicators::{
    AccountChange, CreditUse, credit_cost, credit_use, least_balances, overdraft_cost,
};
use clearing_domain::money::{HOUR_MS, Position, Timestamp};
use rust_decimal::Decimal;

use super::indicators::float;

/// The credit that operators used, and its price.
pub(super) struct Credit {
    /// By the operators' numbers at the central bank.
    pub(super) used: Vec<CreditUse>,
    /// What a million costs in an hour.
    price: Decimal,
    /// Overdrafts at the closes of days, by the operators' numbers: the sum over the nights.
    overdrafts: Vec<i128>,
    /// What they cost, in percent a year.
    rate: Decimal,
}

impl Credit {
    /// Reads it off the reserve accounts from one time to another.
    pub(super) fn of(
        ledger: &CentralBankLedger,
        config: &ClusterConfig,
        from: Timestamp,
        until: Timestamp,
    ) -> Self {
        let changes = within_days(ledger, reserve_changes(ledger));
        let used = credit_use(ledger.accounts().len(), &changes, from.ms(), until.ms());
        let mut overdrafts = vec![0; ledger.accounts().len()];
        for overdraft in
            ledger.overdrafts().filter(|overdraft| overdraft.at > from && overdraft.at <= until)
        {
            overdrafts[usize::from(overdraft.operator)] += i128::from(overdraft.sum.fen());
        }
        Self { used, price: config.credit_price, overdrafts, rate: config.overdraft_rate }
    }

    /// What the overdrafts of an operator cost, in fen.
    pub(super) fn overdraft_cost_fen(&self, operator: usize) -> Option<f64> {
        float(Some(overdraft_cost(self.overdrafts[operator], self.rate)))
    }

    /// What all overdrafts cost, in fen.
    pub(super) fn overdrafts_cost_fen(&self) -> Option<f64> {
        float(Some(overdraft_cost(self.overdrafts.iter().sum(), self.rate)))
    }

    /// Value times time in fen hours.
    pub(super) fn fen_hours(used: &CreditUse) -> Option<f64> {
        float(
            Decimal::try_from_i128_with_scale(used.value_time, 0)
                .ok()
                .map(|sum| sum / Decimal::from(HOUR_MS)),
        )
    }

    /// What it costs, in fen.
    pub(super) fn cost_fen(&self, used: &CreditUse) -> Option<f64> {
        float(Some(credit_cost(used.value_time, HOUR_MS, self.price)))
    }

    /// All operators together.
    pub(super) fn total(&self) -> CreditUse {
        self.used.iter().fold(CreditUse::default(), |sum, used| CreditUse {
            peak: sum.peak + used.peak,
            value_time: sum.value_time + used.value_time,
        })
    }
}

/// The least that the settlement account of each operator held, by its number; what moved at one
/// time is taken together.
pub(super) fn least_settlement_balances(ledger: &CentralBankLedger) -> Vec<i128> {
    least_balances(ledger.accounts().len(), &settlement_changes(ledger))
}

/// Everything that moved the settlement accounts, by the operators' numbers.
pub(super) fn settlement_changes(ledger: &CentralBankLedger) -> Vec<AccountChange> {
    if ledger.settings().regime == Regime::Cash {
        brought_in(ledger).chain(settled_changes(ledger)).collect()
    } else {
        reserve_changes(ledger)
    }
}

/// The lowest settlement position of each operator, by its number: what would be on its settlement
/// account if all that is cleared settled at once, without what the central bank lent. What moved
/// at one time is taken together.
pub(super) fn least_settlement_positions(ledger: &CentralBankLedger) -> Vec<i128> {
    least_balances(ledger.accounts().len(), &position_changes(ledger))
}

fn position_changes(ledger: &CentralBankLedger) -> Vec<AccountChange> {
    let mut changes: Vec<_> = brought_in(ledger).collect();
    for transfer in ledger.transfers() {
        let cleared = transfer.state == TransferState::Cleared;
        let Some(at) = transfer.finished_at().filter(|_| cleared) else { continue };
        for leg in transfer.legs() {
            let sum = leg.amount.position();
            changes.push(change(usize::from(leg.debtor), at, -sum));
            changes.push(change(usize::from(leg.creditor), at, sum));
        }
    }
    // What became a claim is money that will not come by settlement, or need not be paid by it.
    for cycle in ledger.cycles() {
        let at = cycle.closed_at.unwrap_or_default();
        let claimed = cycle.positions.iter().enumerate();
        changes.extend(claimed.map(|(who, position)| change(who, at, -position.claimed)));
    }
    changes
}

/// Everything that came to settlement accounts from outside settlement, or left them to there.
#[expect(clippy::wildcard_enum_match_arm, reason = "of the many actions a few move money")]
fn brought_in(ledger: &CentralBankLedger) -> impl Iterator<Item = AccountChange> {
    let in_cash = ledger.settings().regime == Regime::Cash;
    ledger.operations().iter().filter_map(move |operation| {
        let sum = match operation.action {
            Action::Issue { amount } if in_cash => amount.position(),
            Action::Withdraw { amount } if in_cash => -amount.position(),
            Action::Fund { sum } if !in_cash => sum,
            Action::Withdraw { amount } if !in_cash => amount.position(),
            Action::Issue { amount } if !in_cash => -amount.position(),
            _ => return None,
        };
        Some(change(operation.operator?.place(), operation.at, sum))
    })
}

fn change(who: usize, at: Timestamp, sum: Position) -> AccountChange {
    AccountChange { who, at: at.ms(), sum }
}

/// The changes without what lasted beyond the close of a day: that is an overdraft and no intraday
/// credit, so hours of credit stop there.
fn within_days(ledger: &CentralBankLedger, mut changes: Vec<AccountChange>) -> Vec<AccountChange> {
    let mut taken_out: BTreeMap<usize, Position> = BTreeMap::new();
    for overdraft in ledger.overdrafts() {
        let (who, at) = (usize::from(overdraft.operator), overdraft.at.ms());
        // Overdrafts ascend in time, so what was taken out for earlier nights is already among the
        // changes.
        let until_then = changes.iter().filter(|change| change.who == who && change.at <= at);
        let balance: Position = until_then.map(|change| change.sum).sum();
        let before = taken_out.entry(who).or_default();
        // What was taken out before is part of the balance found.
        let below = (balance - *before).debit().position();
        changes.push(change(who, overdraft.at, below - *before));
        *before = below;
    }
    changes
}

/// Everything that moved the reserve accounts.
#[expect(clippy::wildcard_enum_match_arm, reason = "of the many actions a few move money")]
fn reserve_changes(ledger: &CentralBankLedger) -> Vec<AccountChange> {
    let operations = ledger.operations().iter().filter_map(|operation| {
        let sum = match operation.action {
            Action::Fund { sum } => sum,
            Action::Withdraw { amount } | Action::Lend { amount } => amount.position(),
            Action::Issue { amount } | Action::Repay { amount } => -amount.position(),
            _ => return None,
        };
        Some(change(operation.operator?.place(), operation.at, sum))
    });
    let mut changes: Vec<_> = operations.collect();
    if ledger.settings().regime == Regime::Deposit {
        changes.extend(settled_changes(ledger));
    }
    changes
}

/// Everything that settlement moved.
fn settled_changes(ledger: &CentralBankLedger) -> Vec<AccountChange> {
    let mut changes = Vec::new();
    let cleared =
        ledger.transfers().iter().filter(|transfer| transfer.state == TransferState::Cleared);
    for transfer in cleared.filter(|transfer| transfer.cycle.is_none()) {
        let Some(at) = transfer.finished_at() else { continue };
        for leg in transfer.legs() {
            let sum = leg.amount.position();
            changes.push(change(usize::from(leg.debtor), at, -sum));
            changes.push(change(usize::from(leg.creditor), at, sum));
        }
    }
    for cycle in ledger.cycles() {
        let settled = cycle.positions.iter().enumerate();
        let at = cycle.closed_at.unwrap_or_default();
        changes.extend(settled.map(|(who, position)| change(who, at, position.settled)));
    }
    changes
}

#[cfg(test)]
mod tests {
    use clearing_domain::money::DAY_MS;

    use super::*;
    use crate::engine::run;
    use crate::experiment::Experiment;

    #[test]
    fn the_settlement_position_ends_where_account_and_open_obligations_are() {
        let text = include_str!("../../../../experiments/golden-net.toml").replace("cap = ", "# ");
        let rules = [
            "all-or-nothing",
            "partial-net",
            "unwind",
            "pro-rata",
            "loss-sharing",
            "central-bank-credit",
        ];
        let rules = rules.map(|rule| format!("cluster.shortfall={rule}"));
        let modes = ["gross", "gross-queue"].map(|mode| format!("cluster.settlement={mode}"));
        for rule in rules.iter().chain(&modes) {
            let text = if rule.contains("shortfall") {
                text.clone()
            } else {
                text.replace("shortfall = ", "# ")
            };
            let sets = ["cluster.operators.A.reserves=30", rule].map(|set| set.parse().unwrap());
            let ledger = run(&Experiment::from_text(&text, &sets, None).unwrap());
            let ledger = ledger.unwrap().central_bank;
            let mut ends = vec![Position::ZERO; ledger.accounts().len()];
            for change in position_changes(&ledger) {
                ends[change.who] += change.sum;
            }
            let account = |account: &clearing_domain::central_bank::OperatorAccount| {
                account.reserves + account.unsettled - account.lending.open()
            };
            assert_eq!(ends, ledger.accounts().iter().map(account).collect::<Vec<_>>(), "{rule}");
        }
    }

    #[test]
    fn hours_of_credit_stop_at_the_close_of_the_day() {
        // A owes 80 net at noon and has 30; nothing comes in on that day or on the next.
        let sets = [
            "cluster.cycles_per_day=2",
            "days=2",
            "cluster.operators.A.reserves=30",
            "cluster.credit=100",
        ];
        let sets = sets.map(|set| set.parse().unwrap());
        let text = include_str!("../../../../experiments/golden-net.toml").replace("cap = ", "# ");
        let experiment = Experiment::from_text(&text, &sets, None).unwrap();
        let ledger = run(&experiment).unwrap().central_bank;
        let from = experiment.cluster.lockstep.start.date().start();
        let of_a = Credit::of(&ledger, &experiment.cluster, from, from.plus_ms(2 * DAY_MS)).used[0];
        assert_eq!((of_a.peak, of_a.value_time), (5000, 5000 * 12 * i128::from(HOUR_MS)));
        assert_eq!(ledger.accounts()[0].lending.overdraft.fen(), 5000);
        assert_eq!(least_settlement_balances(&ledger), [-5000, 100_000, 100_000, 99_500]);
    }
}
