use clearing_domain::Regime;
use clearing_domain::money::{Amount, Position};
use clearing_domain::operator::PaymentState;

use super::ticks::in_tick;
use super::{Engine, EngineError, FinishedRun, InProcess, Ledgers, drive};
use crate::experiment::{Experiment, ListedConfig, WorkloadConfig};
use crate::payment_list::{ListedPayment, Terms};
use crate::workload::Workload;

/// Runs a future that never waits, as those of the engine in this process.
pub(crate) fn finished(experiment: &Experiment) -> Result<FinishedRun, EngineError> {
    let workload = Workload::new(experiment).unwrap();
    let engine = InProcess::new(&experiment.cluster)?;
    let future = drive(experiment, &workload, engine, |_| ());
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub(crate) fn run(experiment: &Experiment) -> Result<Ledgers, EngineError> {
    finished(experiment).map(|run| run.ledgers)
}

/// Runs the first ticks of the first day in this process.
pub(crate) fn run_until(experiment: &Experiment, last: u64) -> Ledgers {
    let workload = Workload::new(experiment).unwrap();
    let (schedule, lockstep) = (workload.day(0), &experiment.cluster.lockstep);
    let future = async {
        let mut engine = InProcess::new(&experiment.cluster).unwrap();
        engine.open_wallets(workload.wallets()).await.unwrap();
        for tick in 1..=last {
            engine.run_tick(tick, &in_tick(&schedule.lists, lockstep, tick)).await.unwrap();
        }
        engine.finish().await.unwrap()
    };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The golden net settled gross from a queue on two days. D has the 5 that A pays it, too little
/// for either of its payments, which wait.
pub(crate) fn short_of_cover() -> Experiment {
    let sets = ["cluster.settlement=gross-queue", "cluster.operators.D.reserves=0", "days=2"];
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    let text = include_str!("../../../../experiments/golden-net.toml");
    let text = text.replace("shortfall = ", "# ").replace("value = \"55\"", "value = \"5\"");
    Experiment::from_text(&text, &sets, None).unwrap()
}

pub(crate) fn golden() -> Experiment {
    Experiment::from_text(include_str!("../../../../experiments/golden-net.toml"), &[], None)
        .unwrap()
}

pub(crate) fn small(seed: u64, sets: &[&str]) -> Experiment {
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    let text = "name = \"small\"\n[workload]\nwallets = 2000\npayments_per_day = 6000";
    Experiment::from_text(text, &sets, Some(seed)).unwrap()
}

#[test]
fn the_golden_net_comes_out_as_published() {
    let ledgers = run(&golden()).unwrap();
    let cycle = &ledgers.central_bank.cycles()[0];
    let fen = |sums: [i64; 4]| sums.map(|yuan| Position::from_fen(yuan * 100)).to_vec();
    assert_eq!(
        cycle.positions.iter().map(|position| position.net).collect::<Vec<_>>(),
        fen([-80, 75, 10, -5])
    );
    assert_eq!(cycle.gross, Position::from_fen(23_000));
    let balances =
        ledgers.central_bank.accounts().iter().map(|account| account.reserves).collect::<Vec<_>>();
    assert_eq!(balances, fen([920, 1075, 1010, 995]));
}

#[test]
fn a_short_operator_stops_the_whole_cycle_or_a_part_of_it() {
    let balances = |shortfall: &str| {
        let sets = [&format!("cluster.shortfall={shortfall}"), "cluster.operators.A.reserves=30"];
        let mut experiment = golden();
        let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
        experiment = Experiment::from_text(&experiment.to_toml(None), &sets, None).unwrap();
        let ledgers = run(&experiment).unwrap();
        ledgers
            .central_bank
            .accounts()
            .iter()
            .map(|account| account.reserves.fen() / 100)
            .collect::<Vec<_>>()
    };
    assert_eq!(balances("all-or-nothing"), [30, 1000, 1000, 1000]);
    // A's last payment, the 55 to D, waits; its 60 are covered by 30 and the 35 from C.
    assert_eq!(balances("partial-net"), [5, 1075, 1010, 940]);
}

#[test]
fn a_generated_day_ends_with_everything_final_and_few_refusals() {
    let ledgers = run(&small(1, &[])).unwrap();
    let payments: Vec<_> =
        ledgers.operators.iter().flat_map(|operator| operator.payments()).collect();
    assert_eq!(payments.len(), 6000);
    assert!(payments.iter().all(|payment| payment.state != PaymentState::InTransit));
    let completed =
        payments.iter().filter(|payment| payment.state == PaymentState::Completed).count();
    assert!(completed > 5_900, "{completed}");
    assert_eq!(ledgers.central_bank.cycles().len(), 4);
    let unsettled = ledgers
        .central_bank
        .accounts()
        .iter()
        .filter(|account| !account.unsettled.is_zero())
        .count();
    assert_eq!(unsettled, 0);
}

#[test]
fn balances_carry_over_days_and_gross_settlement_has_no_cycles() {
    let experiment =
        small(1, &["days=3", "cluster.settlement=gross", "workload.payments_per_day=500"]);
    let ledgers = run(&experiment).unwrap();
    let payments: usize = ledgers.operators.iter().map(|operator| operator.payments().len()).sum();
    assert_eq!((payments, ledgers.central_bank.cycles().len()), (1500, 0));
    assert_eq!(ledgers.operators[0].tick().tick_ended, 3 * 1440);
}

#[test]
fn payments_of_an_operator_outside_the_roster_are_refused() {
    let mut experiment = golden();
    experiment.cluster = experiment.cluster.with_operators(2).unwrap();
    assert!(Workload::new(&experiment).unwrap_err().to_string().starts_with("operator "));
}

#[test]
fn a_run_whose_payments_cannot_be_summed_up_is_refused() {
    let mut experiment = golden();
    experiment.cluster.regime = Regime::Deposit;
    experiment
        .cluster
        .operators
        .iter_mut()
        .for_each(|operator| operator.deposits = Amount::SUM_MAX);
    let codes: Vec<_> = experiment.cluster.operators.iter().map(|operator| operator.code).collect();
    let payment = |number: usize| ListedPayment {
        reference: number.to_string(),
        terms: Terms {
            at: experiment.cluster.lockstep.start.plus_ms(1),
            amount: Amount::MAX,
            ..Terms::default()
        },
        from: codes[number % 2],
        to: codes[2],
        payer: number.to_string(),
        payee: String::new(),
    };
    let payments = (0..1_001).map(payment).collect();
    experiment.workload = WorkloadConfig::Listed(ListedConfig { payments, file: None });
    let refused = run(&experiment).unwrap_err().to_string();
    assert_eq!(
        refused,
        "the payments up to day 1 are worth 10010000000000000.00 yuan, more than the largest sum of \
         10000000000000000.00"
    );
    experiment.cluster.operators.iter_mut().for_each(|operator| operator.credit = Amount::SUM_MAX);
    let refused = Workload::new(&experiment).unwrap_err().to_string();
    assert!(
        refused.starts_with("reserves and credit lines are ")
            && refused.contains("the largest sum"),
        "{refused}"
    );
}
