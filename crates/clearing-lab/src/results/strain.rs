//! How hard a run was on each operator: what a stress test sets beside the same figures of a run
//! in which nothing went wrong.

use clearing_domain::Reason;
use clearing_domain::central_bank::{CentralBankLedger, TransferState};
use clearing_domain::indicators::{Flows, Record, lower_bound_liquidity, upper_bound_liquidity};
use clearing_domain::operator::{OperatorLedger, PaymentState};
use serde::{Deserialize, Serialize};

use crate::engine::Ledgers;
use crate::experiment::Experiment;

use super::credit::{least_settlement_balances, least_settlement_positions};
use super::indicators::{Records, fen};
use super::labels::Labels;
use super::measures::records;
use super::need::operator_deficiencies;

/// How hard a run was; money in fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strain {
    /// The most that settlement accounts and credit lines together lacked at a cut-off; `None`
    /// where there are none.
    pub deficiency_fen: Option<i64>,
    /// Each operator, in the order of the configuration.
    pub operators: Vec<OperatorStrain>,
}

/// How hard a run was on an operator; money in fen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorStrain {
    /// Its code, or what a file of payments calls it.
    pub code: String,
    /// Its lowest settlement position.
    pub least_position_fen: i64,
    /// The least that its settlement account held.
    pub least_balance_fen: i64,
    /// The upper bound of the liquidity that its flow needs.
    pub upper_bound_fen: i64,
    /// The lower bound of the liquidity that its flow needs.
    pub lower_bound_fen: i64,
    /// The most that it lacked at a cut-off.
    pub deficiency_fen: i64,
    /// The value of its payments that were refused for want of cover or headroom under its cap.
    pub uncovered_fen: i64,
    /// The value of its payments that waited for cover.
    pub waited_fen: i64,
    /// The payments of its wallets that were rejected or returned.
    pub refused: i64,
    /// Their value.
    pub refused_fen: i64,
    /// What it owes of obligations that never settled.
    pub unsettled_fen: i64,
}

impl OperatorStrain {
    /// Whether it had less than it had to pay at any time: at a cut-off, for a payment that was
    /// refused, or for one that had to wait.
    pub fn is_short(&self) -> bool {
        self.deficiency_fen > 0 || self.uncovered_fen > 0 || self.waited_fen > 0
    }
}

impl Strain {
    /// Reads it off the ledgers of a run.
    pub fn of(experiment: &Experiment, ledgers: &Ledgers) -> Self {
        Self::of_records(experiment, ledgers, &records(experiment, ledgers))
    }

    /// The same where the obligations have been drawn.
    pub(super) fn of_records(
        experiment: &Experiment,
        ledgers: &Ledgers,
        records: &Records,
    ) -> Self {
        let ledger = &ledgers.central_bank;
        let labels = Labels::new(&experiment.cluster);
        let by_number = of_accounts(ledger, records);
        let deficiencies = operator_deficiencies(ledger);
        let of_operator = |operator: &OperatorLedger| {
            let code = operator.settings().code;
            let place = ledger.accounts().iter().position(|account| account.code == code);
            let place = place.unwrap_or_default();
            let lacks = deficiencies.values().map(|lacks| lacks[place]);
            let (refused, refused_fen) = refused(operator);
            OperatorStrain {
                code: labels.of(code.as_str()).to_owned(),
                deficiency_fen: fen(lacks.max().unwrap_or_default()),
                refused,
                refused_fen,
                ..by_number[place].clone()
            }
        };
        let together = deficiencies.values().map(|lacks| lacks.iter().sum::<i128>());
        Self {
            deficiency_fen: together.max().map(fen),
            operators: ledgers.operators.iter().map(of_operator).collect(),
        }
    }
}

/// What the ledger of the central bank says of each operator, by its number there.
fn of_accounts(ledger: &CentralBankLedger, records: &Records) -> Vec<OperatorStrain> {
    let flows = Flows::of(records.operators, &records.records);
    let (lower, upper) =
        (lower_bound_liquidity(&flows), upper_bound_liquidity(records.operators, &records.records));
    let (positions, balances) =
        (least_settlement_positions(ledger), least_settlement_balances(ledger));
    let mut unsettled = vec![0_i128; records.operators];
    let mut add = |record: &Record, sign: i128| {
        unsettled[record.sender] += sign * i128::from(record.value.fen());
    };
    let open = records.records.iter().filter(|one| one.settled.is_none());
    open.chain(&records.waiting).for_each(|one| add(one, 1));
    records.paid_in_part.iter().for_each(|one| add(one, -1));
    let mut of_accounts: Vec<_> = (0..records.operators)
        .map(|place| OperatorStrain {
            least_position_fen: fen(positions[place]),
            least_balance_fen: fen(balances[place]),
            upper_bound_fen: fen(upper[place]),
            lower_bound_fen: fen(lower[place]),
            unsettled_fen: fen(unsettled[place]),
            ..OperatorStrain::default()
        })
        .collect();
    for transfer in ledger.transfers() {
        let one = &mut of_accounts[usize::from(transfer.payer_operator)];
        let refused = transfer.state == TransferState::Refused;
        let for_money = [Reason::CoverInsufficient, Reason::NetDebitCap].map(Some);
        if refused && for_money.contains(&transfer.reason) {
            one.uncovered_fen += transfer.amount.fen();
        }
        // What settles in the tick that queued it has not waited.
        if transfer.queued().is_some_and(|entry| Some(entry.at) != transfer.finished_at()) {
            one.waited_fen += transfer.amount.fen();
        }
    }
    of_accounts
}

/// How many payments of an operator's wallets were refused, and their value.
fn refused(operator: &OperatorLedger) -> (i64, i64) {
    let refused = operator
        .payments()
        .iter()
        .filter(|payment| matches!(payment.state, PaymentState::Rejected | PaymentState::Returned));
    refused.fold((0, 0), |(count, sum), payment| (count + 1, sum + payment.amount.fen()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::run;

    /// The golden net (A pays B 60 and D 55, C pays A 35, B pays C 20, D pays B 35 and C 25) where
    /// A has 30.
    fn strain(sets: &[&str]) -> Strain {
        let text = include_str!("../../../../experiments/golden-net.toml").replace("cap = ", "# ");
        let text = match sets {
            [set] if set.contains("gross") => text.replace("shortfall = ", "# "),
            _ => text,
        };
        let sets = ["cluster.operators.A.reserves=30"].iter().chain(sets);
        let sets: Vec<_> = sets.map(|set| set.parse().unwrap()).collect();
        let experiment = Experiment::from_text(&text, &sets, None).unwrap();
        Strain::of(&experiment, &run(&experiment).unwrap())
    }

    #[test]
    fn positions_fall_when_payments_clear_and_money_when_a_cycle_settles() {
        let net = strain(&["cluster.operators.A.reserves=100"]);
        let of =
            |of: fn(&OperatorStrain) -> i64| -> Vec<i64> { net.operators.iter().map(of).collect() };
        // A owes 60 and 115 before C pays it 35; D owes 5 in the end, having received 55 first.
        assert_eq!(of(|one| one.least_position_fen), [-1_500, 100_000, 96_500, 99_500]);
        assert_eq!(of(|one| one.least_balance_fen), [2_000, 100_000, 100_000, 99_500]);
        assert_eq!(of(|one| one.upper_bound_fen), [11_500, 0, 3_500, 500]);
        assert_eq!(of(|one| one.lower_bound_fen), [8_000, 0, 0, 500]);
        assert_eq!(net.deficiency_fen, Some(0));
        assert!(net.operators.iter().all(|one| !one.is_short()));
    }

    #[test]
    fn whoever_lacks_money_is_short_in_every_mode() {
        let short = |sets: &[&str]| {
            let strain = strain(sets);
            let short = strain.operators.iter().filter(|one| one.is_short());
            let codes: Vec<_> = short.map(|one| one.code.clone()).collect();
            let a = strain.operators[0].clone();
            (codes.join(" "), strain.deficiency_fen, a)
        };
        let (codes, deficiency, a) = short(&["cluster.shortfall=partial-net"]);
        assert_eq!((codes.as_str(), deficiency, a.deficiency_fen), ("A", Some(5_000), 5_000));
        let (codes, deficiency, a) = short(&["cluster.settlement=gross"]);
        assert_eq!((codes.as_str(), deficiency), ("A", None));
        assert_eq!((a.uncovered_fen, a.refused, a.refused_fen), (11_500, 2, 11_500));
        let (codes, deficiency, a) = short(&["cluster.settlement=gross-queue"]);
        assert_eq!((codes.as_str(), deficiency, a.waited_fen), ("A", None, 11_500));
    }
}
