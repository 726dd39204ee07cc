use clearing_domain::central_bank::{Action, CycleState};
use clearing_domain::money::{OperatorNumber, Position, Timestamp};
use clearing_domain::operator::PaymentState;

use super::FaultRecord;
use crate::engine::{Ledgers, run, small};
use crate::experiment::Experiment;
use crate::results::Outcome;

/// A day of 6000 payments in the deposit regime with faults, which are the items of a TOML list.
fn faulty(faults: &str, sets: &[&str]) -> Experiment {
    let list = format!("fault=[{faults}]");
    let fixed =
        ["cluster.regime=deposit", "cluster.reserves=100000000", "cluster.operator_count=4", &list];
    small(1, &[&fixed, sets].concat())
}

fn outcome(faults: &str, sets: &[&str]) -> Ledgers {
    run(&faulty(faults, sets)).unwrap()
}

fn digest(ledgers: &Ledgers) -> String {
    Outcome::of_ledgers(ledgers).digest()
}

/// How many payments of an operator were submitted from one hour to another.
fn submitted(ledgers: &Ledgers, place: usize, hours: std::ops::Range<i64>) -> usize {
    let hour = |at: Timestamp| at.ms_of_day() / 3_600_000;
    ledgers.operators[place]
        .payments()
        .iter()
        .filter(|payment| hours.contains(&hour(payment.submitted_at)))
        .count()
}

fn refused(ledgers: &Ledgers, reason: &str) -> usize {
    let payments = ledgers.operators.iter().flat_map(|operator| operator.payments());
    payments.filter(|payment| payment.reason.is_some_and(|found| found.name() == reason)).count()
}

fn only(ledgers: &Ledgers) -> &FaultRecord {
    assert_eq!(ledgers.faults.len(), 1);
    &ledgers.faults[0]
}

/// The number of ABC in the roster of the central bank, which is in the order of codes.
const ABC: OperatorNumber = OperatorNumber::new(0);
const OUTAGE: &str = "{kind='outage', operator='ABC', at='10:00', until='14:00'}";

#[test]
fn an_operator_that_is_away_neither_pays_nor_is_paid_and_comes_back() {
    let (without, with) = (outcome("", &[]), outcome(OUTAGE, &[]));
    let record = only(&with);
    assert_eq!(submitted(&with, 1, 10..14), 0);
    assert_eq!(record.withheld, submitted(&without, 1, 10..14) as u64);
    assert_eq!(submitted(&with, 1, 14..24), submitted(&without, 1, 14..24));
    assert!(record.withheld > 100 && record.withheld_value > Position::ZERO, "{record:?}");
    assert!(refused(&with, "OPERATOR_INACTIVE") > 50);
    assert_eq!(refused(&without, "OPERATOR_INACTIVE"), 0);
    let late = with
        .central_bank
        .transfers()
        .iter()
        .filter(|transfer| transfer.admitted_at > record.until.unwrap());
    assert!(
        late.filter(|transfer| transfer.payee_operator == ABC && transfer.reason.is_none()).count()
            > 50
    );
    assert_ne!(digest(&with), digest(&without));
    assert_eq!(digest(&with), digest(&outcome(OUTAGE, &[])));
}

#[test]
fn the_central_bank_records_both_ends_in_business_time() {
    let ledgers = outcome(OUTAGE, &[]);
    let standing = |action| matches!(action, Action::Suspend | Action::Resume);
    let operations =
        ledgers.central_bank.operations().iter().filter(|operation| standing(operation.action));
    let found: Vec<_> =
        operations.map(|operation| (operation.action, operation.operator, operation.at)).collect();
    let record = only(&ledgers);
    let expected = [
        (Action::Suspend, Some(ABC), record.at),
        (Action::Resume, Some(ABC), record.until.unwrap()),
    ];
    assert_eq!(found, expected);
    assert_eq!(record.at.to_string(), "2022-08-24T10:00:00.000+08:00");
}

#[test]
fn a_failure_is_an_outage_that_does_not_end() {
    let failure = outcome("{kind='failure', operator='ABC', at='10:00'}", &[]);
    let end = only(&failure).until.map(|until| until.to_string());
    assert_eq!(
        (submitted(&failure, 1, 10..24), end.as_deref()),
        (0, Some("2022-08-25T00:00:00.000+08:00"))
    );
    let outage = outcome("{kind='outage', operator='ABC', at='10:00', until='2 00:00'}", &[]);
    assert_eq!(digest(&failure), digest(&outage));
}

#[test]
fn an_operator_that_is_cut_off_goes_on_by_itself() {
    let (without, with) = (outcome("", &[]), outcome(&OUTAGE.replace("outage", "cut"), &[]));
    assert_eq!(submitted(&with, 1, 0..24), submitted(&without, 1, 0..24));
    assert_eq!(only(&with).withheld, 0);
    let own = |ledgers: &Ledgers| {
        let during = ledgers.operators[1].payments().iter().filter(|payment| {
            (10..14).contains(&(payment.submitted_at.ms_of_day() / 3_600_000))
                && payment.reason.is_none()
        });
        let prefix = ledgers.operators[1].settings().prefix;
        let (own, foreign): (Vec<_>, Vec<_>) =
            during.partition(|payment| payment.payee.prefix() == prefix);
        (own.len(), foreign.len())
    };
    let ((own_with, foreign_with), (own_without, foreign_without)) = (own(&with), own(&without));
    assert!(own_with > 30 && own_with.abs_diff(own_without) < 5, "{own_with} {own_without}");
    assert!(foreign_with == 0 && foreign_without > 50, "{foreign_with} {foreign_without}");
}

#[test]
fn a_slow_operator_submits_later_and_not_at_all_after_the_end() {
    let slow =
        |more: &str| outcome(&format!("{{kind='slow', operator='ABC', at='10:00', {more}}}"), &[]);
    let (without, with) = (outcome("", &[]), slow("until='11:00', delay_ticks=120"));
    assert_eq!(submitted(&with, 1, 10..11), 0);
    let [tenth, twelfth] = [submitted(&without, 1, 10..11), submitted(&without, 1, 12..13)];
    assert_eq!(submitted(&with, 1, 12..13), tenth + twelfth);
    assert_eq!((only(&with).delayed, only(&with).withheld), (tenth as u64, 0));
    let endless = slow("delay_ticks=840");
    assert_eq!((submitted(&endless, 1, 10..24), only(&endless).delayed), (0, 0));
    assert_eq!(only(&endless).withheld, submitted(&without, 1, 10..24) as u64);
    let away = format!(
        "{}, {{kind='slow', operator='ABC', at='09:00', until='10:00', delay_ticks=90}}",
        OUTAGE
    );
    let both = outcome(&away, &[]);
    assert_eq!(both.faults[1].withheld, 0);
    let reached = both.faults[1].delayed;
    assert_eq!(both.faults[0].withheld + reached, submitted(&without, 1, 9..14) as u64);
}

#[test]
fn a_share_of_the_reserves_is_lost_once() {
    let ledgers = outcome("{kind='liquidity-loss', operator='ABC', at='00:00', share=0.25}", &[]);
    assert_eq!(only(&ledgers).lost, Position::from_fen(2_500_000_000));
    let operation = ledgers
        .central_bank
        .operations()
        .iter()
        .filter(|operation| operation.action.sum() < Position::ZERO);
    let found: Vec<_> =
        operation.map(|operation| (operation.operator, operation.action.sum().fen())).collect();
    assert_eq!(found, [(Some(ABC), -2_500_000_000)]);
    let earmarked = outcome(
        "{kind='liquidity-loss', operator='ABC', at='00:00', share=0.25}",
        &["cluster.earmarked=90000000"],
    );
    assert_eq!(only(&earmarked).lost, Position::from_fen(1_000_000_000));
    let reserves: Position =
        ledgers.central_bank.accounts().iter().map(|account| account.reserves).sum();
    assert_eq!(reserves.fen(), 37_500_000_000);
}

#[test]
fn whoever_has_the_largest_position_at_the_moment_is_hit() {
    let golden = |faults: &str| {
        let text = include_str!("../../../../../experiments/golden-net.toml");
        let set = format!("fault=[{faults}]").parse().unwrap();
        run(&Experiment::from_text(text, &[set], None).unwrap()).unwrap()
    };
    let hit = |operator: &str, at: &str| {
        let ledgers = golden(&format!("{{kind='crash', operator='{operator}', at='{at}'}}"));
        assert_eq!(digest(&ledgers), digest(&golden("")));
        only(&ledgers).hit.to_string()
    };
    // A pays B 60 and D 55, C pays A 35, B pays C 20, D pays B 35 and C 25.
    assert_eq!(hit("largest-net-debtor", "09:02"), "A");
    assert_eq!(hit("largest-net-debtor", "08:00"), "A");
    assert_eq!([hit("largest-sender", "08:00"), hit("largest-sender", "23:00")], ["A", "A"]);
    assert_eq!(hit("central-bank", "09:02"), "central-bank");
}

#[test]
fn two_faults_of_one_operator_end_with_the_last() {
    let cut = "{kind='cut', operator='ABC', at='12:00', until='16:00'}";
    let ledgers = outcome(&format!("{OUTAGE}, {cut}"), &[]);
    let resumed =
        |operation: &&clearing_domain::central_bank::Operation| operation.action == Action::Resume;
    let resumed: Vec<_> = ledgers.central_bank.operations().iter().filter(resumed).collect();
    assert_eq!(resumed.len(), 1);
    assert_eq!(Some(resumed[0].at), ledgers.faults[1].until);
    assert!(submitted(&ledgers, 1, 14..16) > 0);
}

#[test]
fn faults_work_under_every_settlement() {
    for settlement in ["gross", "gross-queue", "hybrid"] {
        let faults = format!("{OUTAGE}, {{kind='cut', operator='BOC', at='09:30', until='15:00'}}");
        let ledgers = outcome(&faults, &[&format!("cluster.settlement={settlement}")]);
        assert!(refused(&ledgers, "OPERATOR_INACTIVE") > 50, "{settlement}");
        let left = ledgers.operators.iter().flat_map(|operator| operator.payments());
        assert_eq!(
            left.filter(|payment| payment.state == PaymentState::InTransit).count(),
            0,
            "{settlement}"
        );
    }
}

/// Two operators with 100 yuan each, one of which pays 250 net: its cycle of the morning is not
/// covered.
fn short(faults: &str) -> Ledgers {
    let text = format!(
        "name = 'short'
        fault = [{faults}]
        [cluster]
        regime = 'deposit'
        operator_count = 2
        reserves = 100
        shortfall = 'unwind'
        funding_minutes = 60
        [workload]
        payments = [{{ time = '09:00', from = 'ICBC', to = 'ABC', value = '250' }},
            {{ time = '12:10', from = 'ABC', to = 'ICBC', value = '90' }}]"
    );
    run(&Experiment::from_text(&text, &[], None).unwrap()).unwrap()
}

#[test]
fn money_brought_in_while_a_cycle_is_frozen_settles_it() {
    let closed = |faults: &str| {
        let ledgers = short(faults);
        let cycle =
            ledgers.central_bank.cycles().iter().find(|cycle| cycle.payments > 0).unwrap().clone();
        let minutes = cycle.closed_at.unwrap().ms_of_day() / 60_000;
        (cycle.state, minutes, ledgers.faults.iter().map(|fault| fault.brought.fen()).sum::<i64>())
    };
    let funding = |operator: &str, at: &str, amount: &str| {
        format!("{{kind='funding', operator='{operator}', at='{at}', amount={amount}}}")
    };
    assert_eq!(closed(""), (CycleState::Unwound, 13 * 60, 0));
    assert_eq!(
        closed(&funding("ICBC", "12:30", "150")),
        (CycleState::Settled, 12 * 60 + 30, 15_000)
    );
    assert_eq!(closed(&funding("ICBC", "12:30", "149.99")), (CycleState::Unwound, 13 * 60, 14_999));
    // What came in for it after the cut-off is of the next cycle and does not help.
    let debtor = funding("largest-shortfall", "12:15", "'shortfall'");
    assert_eq!(closed(&debtor), (CycleState::Settled, 12 * 60 + 15, 15_000));
    assert_eq!(closed(&funding("ICBC", "13:30", "'shortfall'")), (CycleState::Unwound, 13 * 60, 0));
}

#[test]
fn the_last_cycle_of_a_run_waits_for_money_beyond_it() {
    let text = "
        name = 'late'
        [cluster]
        regime = 'deposit'
        operator_count = 2
        reserves = 100
        shortfall = 'partial-net'
        funding_minutes = 90
        [workload]
        payments = [{ time = '23:00', from = 'ICBC', to = 'ABC', value = '250' }]";
    let ledgers = run(&Experiment::from_text(text, &[], None).unwrap()).unwrap();
    let last = ledgers.central_bank.cycles().last().unwrap();
    assert_eq!(
        (last.state, last.closed_at.unwrap().to_string().as_str()),
        (CycleState::Carried, "2022-08-25T01:30:00.000+08:00")
    );
    assert_eq!(ledgers.central_bank.frozen_cycle(), None);
}
