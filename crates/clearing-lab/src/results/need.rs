//! How much liquidity the design that was run asked for: what was owed between settlements, what
//! the cut-offs asked for, what they lacked, and what would have sufficed.

use std::collections::BTreeMap;

use clearing_domain::central_bank::{
    Action, CentralBankLedger, Cycle, CyclePosition, CycleState, Leg, Transfer, TransferState,
};
use clearing_domain::indicators::{Settling, settlement_asset_deficiency, sufficient_liquidity};
use clearing_domain::money::{CycleId, OperatorNumber, Timestamp};
use clearing_domain::{Reason, Regime};

use super::tables::all_cycles;

/// What an operator needed; in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OperatorNeed {
    /// The most it owed between settlements, payment by payment.
    pub(super) most_owed: i128,
    /// The most that a cut-off asked it for.
    pub(super) largest_asked: i128,
    /// The cover with which it would have been short of nothing.
    pub(super) sufficient: i128,
}

/// What all operators needed; in fen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Need {
    /// By the operators' numbers at the central bank.
    pub(super) operators: Vec<OperatorNeed>,
    /// What each cut-off asked of all operators together.
    pub(super) cut_offs: Vec<i128>,
}

impl Need {
    /// Reads it off the cycles opened and the payments submitted since a time.
    pub(super) fn of(ledger: &CentralBankLedger, from: Timestamp) -> Self {
        let sufficient = sufficient_liquidity(ledger.accounts().len(), &settlings(ledger, from));
        let mut operators: Vec<_> = sufficient
            .into_iter()
            .map(|sufficient| OperatorNeed { sufficient, ..OperatorNeed::default() })
            .collect();
        let mut cut_offs = Vec::new();
        for cycle in all_cycles(ledger).filter(|cycle| cycle.opened_at >= from) {
            // A cycle that is still open has asked nobody for anything.
            let has_closed = cycle.state != CycleState::Open;
            for (need, position) in operators.iter_mut().zip(&cycle.positions) {
                need.most_owed = need.most_owed.max(i128::from(position.peak_net_debit.fen()));
                if has_closed {
                    need.largest_asked = need.largest_asked.max(i128::from(asked(position)));
                }
            }
            if has_closed {
                cut_offs
                    .push(cycle.positions.iter().map(|position| i128::from(asked(position))).sum());
            }
        }
        Self { operators, cut_offs }
    }

    /// A figure of all operators together.
    pub(super) fn sum(&self, of: impl Fn(&OperatorNeed) -> i128) -> i128 {
        self.operators.iter().map(of).sum()
    }

    /// The most that a cut-off asked of all operators together.
    pub(super) fn largest_asked(&self) -> i128 {
        self.cut_offs.iter().copied().max().unwrap_or_default()
    }

    /// What a cut-off asked of all operators together, on average; `None` without cut-offs.
    pub(super) fn mean_asked(&self) -> Option<f64> {
        let cut_offs = self.cut_offs.len() as f64;
        (cut_offs > 0.0).then(|| self.cut_offs.iter().sum::<i128>() as f64 / cut_offs)
    }
}

/// What a cut-off asks an operator for: its net debit, with what was carried into the cycle.
pub(super) fn asked(position: &CyclePosition) -> i64 {
    (position.net + position.brought).debit().fen()
}

/// What the settlement accounts and credit lines lacked when each cycle closed, before the central
/// bank lent anything.
pub(super) fn deficiencies(ledger: &CentralBankLedger) -> BTreeMap<CycleId, i128> {
    operator_deficiencies(ledger).into_iter().map(|(id, lacks)| (id, lacks.iter().sum())).collect()
}

/// The same of each operator, by its number.
pub(super) fn operator_deficiencies(ledger: &CentralBankLedger) -> BTreeMap<CycleId, Vec<i128>> {
    let mut lent: BTreeMap<(Timestamp, OperatorNumber), i128> = BTreeMap::new();
    for row in ledger.operations() {
        if let (Action::Lend { amount }, Some(operator)) = (row.action, row.operator) {
            *lent.entry((row.at, operator)).or_default() += i128::from(amount.fen());
        }
    }
    let regime = ledger.settings().regime;
    let of_cycle = |cycle: &Cycle| {
        let closed = cycle.state != CycleState::Frozen;
        let mut lacks = Vec::new();
        for ((number, account), position) in ledger.accounts().numbered().zip(&cycle.positions) {
            // The balance before a cut-off is not kept; it follows from the one after and what
            // moved.
            let before = if closed {
                position.balance_after - position.settled
            } else {
                account.settlement_asset(regime)
            };
            // Credit lent at the cut-off is in the balance after it, but was not there before.
            let lent = cycle.closed_at.and_then(|at| lent.get(&(at, number)).copied());
            let lent = lent.unwrap_or_default();
            let net = i128::from((position.net + position.brought).fen());
            let balance = i128::from(before.fen()) - if closed { lent } else { 0 };
            let credit =
                if regime == Regime::Deposit { i128::from(account.credit.fen()) } else { 0 };
            lacks.push(settlement_asset_deficiency(&[net], &[balance], &[credit]));
        }
        (cycle.id, lacks)
    };
    all_cycles(ledger).filter(|cycle| cycle.state != CycleState::Open).map(of_cycle).collect()
}

/// The payments of the design at the times at which nothing short would have settled them.
fn settlings(ledger: &CentralBankLedger, from: Timestamp) -> Vec<Settling> {
    let settling = |transfer: &Transfer| {
        let (at, netted) = settles_at(ledger, transfer)?;
        let of_leg = move |leg: Leg| Settling {
            sender: usize::from(leg.debtor),
            receiver: usize::from(leg.creditor),
            value: leg.amount,
            at: at.ms(),
            netted,
        };
        Some(transfer.legs().map(of_leg))
    };
    ledger
        .transfers()
        .iter()
        // By submission and not by settlement: what was paid on a day left out may settle later.
        .filter(|transfer| transfer.submitted_at >= from)
        .filter_map(settling)
        .flatten()
        .collect()
}

/// When a transfer would have settled with enough cover, and whether that is in a cycle. What was
/// refused for want of cover counts; what other rules refused does not, and what is in a cycle that
/// has not closed has not been asked for.
fn settles_at(ledger: &CentralBankLedger, transfer: &Transfer) -> Option<(Timestamp, bool)> {
    if let (TransferState::Cleared, Some(id)) = (transfer.state, transfer.cycle) {
        let closed = ledger.cycles().get(id.index()).or(ledger.frozen_cycle())?;
        return closed.closed_at.filter(|_| closed.id == id).map(|at| (at, true));
    }
    match (transfer.queued(), transfer.state) {
        (Some(entry), _) => Some((entry.at, false)),
        (None, TransferState::Cleared) => transfer.finished_at().map(|at| (at, false)),
        (None, TransferState::Refused) if transfer.reason == Some(Reason::CoverInsufficient) => {
            transfer.finished_at().map(|at| (at, false))
        }
        (
            None,
            TransferState::Refused
            | TransferState::Admitted
            | TransferState::Delivered
            | TransferState::Funding
            | TransferState::Queued,
        ) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{golden, run};
    use crate::experiment::Experiment;

    /// The golden net: A pays B 60 and D 55, C pays A 35, D pays B 35 and C 25, B pays C 20, all
    /// before 09:06; with a payment of 50 from B to A at 15:00.
    fn day(sets: &[&str]) -> Need {
        let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
        let more = "  { time = \"15:00\", from = \"B\", to = \"A\", value = \"50\" },\n]";
        let text = include_str!("../../../../experiments/golden-net.toml")
            .replace("\n]\n", &format!("\n{more}\n"));
        let experiment = Experiment::from_text(&text.replace("cap = ", "# "), &sets, None).unwrap();
        let ledgers = run(&experiment).unwrap();
        Need::of(&ledgers.central_bank, experiment.cluster.lockstep.start.date().start())
    }

    fn needs(need: &Need, of: fn(&OperatorNeed) -> i128) -> Vec<i128> {
        need.operators.iter().map(of).collect()
    }

    #[test]
    fn more_cut_offs_ask_for_less_at_a_time_and_may_need_more_in_all() {
        let once = day(&["cluster.cycles_per_day=1"]);
        // Over the day A nets to -30, B to +25, C to +10, D to -5.
        assert_eq!(needs(&once, |one| one.sufficient), [3000, 0, 0, 500]);
        assert_eq!(
            (once.cut_offs.clone(), once.largest_asked(), once.mean_asked()),
            (vec![3500], 3500, Some(3500.0))
        );
        let twice = day(&["cluster.cycles_per_day=2"]);
        // At noon A nets to -80 and D to -5; in the afternoon B pays A 50 out of the 75 it got.
        assert_eq!(needs(&twice, |one| one.sufficient), [8000, 0, 0, 500]);
        assert_eq!(needs(&twice, |one| one.largest_asked), [8000, 5000, 0, 500]);
        assert_eq!((twice.cut_offs.clone(), twice.mean_asked()), (vec![8500, 5000], Some(6750.0)));
        // What was owed on the way is the same however it is cut: A owed 115 before C paid it 35.
        assert_eq!(needs(&once, |one| one.most_owed)[0], 11_500);
        assert_eq!(needs(&twice, |one| one.most_owed)[0], 11_500);
    }

    #[test]
    fn what_is_carried_is_asked_for_again_and_does_not_change_what_would_have_sufficed() {
        let sets = [
            "cluster.cycles_per_day=2",
            "cluster.operators.A.reserves=30",
            "cluster.shortfall=partial-net",
        ];
        let short = day(&sets);
        assert_eq!(needs(&short, |one| one.sufficient), [8000, 0, 0, 500]);
        // A's payment of 55 to D was carried: it nets to -55 and +50, and D to +55.
        assert_eq!(short.cut_offs, [8500, 5500]);
    }

    #[test]
    fn gross_settlement_counts_what_it_refused_for_want_of_cover() {
        let sets = ["cluster.settlement=gross", "cluster.operators.A.reserves=70"];
        let gross = day(&sets);
        // A would have paid 60 and 55 before it got anything; only the first went through.
        assert_eq!(needs(&gross, |one| one.sufficient)[0], 11_500);
        assert_eq!(
            (gross.cut_offs.len(), gross.mean_asked(), gross.sum(|one| one.most_owed)),
            (0, None, 0)
        );
    }

    #[test]
    fn the_deficiency_is_what_a_cut_off_lacked_whoever_lent_it() {
        let lack = |shortfall: &str| {
            let sets = ["cluster.operators.A.reserves=30", shortfall];
            let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
            let text =
                include_str!("../../../../experiments/golden-net.toml").replace("cap = ", "# ");
            let ledgers = run(&Experiment::from_text(&text, &sets, None).unwrap()).unwrap();
            deficiencies(&ledgers.central_bank)
        };
        // A owes 80 and has 30.
        assert_eq!(lack("cluster.shortfall=unwind"), [(CycleId::FIRST, 5000)].into());
        assert_eq!(lack("cluster.shortfall=central-bank-credit"), [(CycleId::FIRST, 5000)].into());
        assert_eq!(
            deficiencies(&run(&golden()).unwrap().central_bank),
            [(CycleId::FIRST, 0)].into()
        );
    }
}
