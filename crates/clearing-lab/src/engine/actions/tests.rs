use std::collections::BTreeMap;

use clearing_domain::Reason;
use clearing_domain::operator::PaymentState;

use super::super::tests::finished;
use crate::engine::FinishedRun;
use crate::experiment::Experiment;

/// Ten payers of a bill each, which the office publishes in the morning.
const BILLS: &str = "
name = 'bills'
[cluster]
operator_count = 3
[[wallet]]
name = 'office'
kind = 'government'
operator = 'BOC'
[[wallet]]
name = 'payer'
kind = 'personal'
class = 3
count = 10
opening = '100'
[[series]]
name = 'tax'
from = 'payer'
to = 'office'
amount = '10.00'
bills = 'tax'
front_end = 'Messenger'
[[action]]
kind = 'publish-bills'
at = '08:00'
series = 'tax'
[[action]]
kind = 'bind-front-end'
at = '08:00'
wallet = 'payer'
front_end = 'Messenger'
region = 'Shenzhen'
";

fn run(more: &str, sets: &[&str]) -> FinishedRun {
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    let experiment = Experiment::from_text(&format!("{BILLS}{more}"), &sets, None).unwrap();
    finished(&experiment).unwrap()
}

/// How many payments of the first series completed, and how many were submitted.
fn paid(run: &FinishedRun) -> [usize; 2] {
    let payments: Vec<_> = run.script.series[0]
        .iter()
        .filter_map(|one| run.ledgers.operators[one.payer.operator].payment(one.id))
        .collect();
    let completed = payments.iter().filter(|one| one.state == PaymentState::Completed);
    [completed.count(), payments.len()]
}

#[test]
fn bills_are_published_paid_given_back_and_exchanged() {
    let more = "
        [[action]]
        kind = 'refund'
        at = '18:00'
        series = 'tax'
        every = 5
        [[action]]
        kind = 'exchange-back'
        at = '19:00'
        wallet = 'office'
    ";
    let run = run(more, &[]);
    assert_eq!(paid(&run), [10, 10]);
    let record = &run.script.actions;
    let of = |place: usize| (record[place].done, record[place].value.to_string());
    assert_eq!(of(0), (10, "100.00".to_owned()));
    assert_eq!((record[1].done, record[1].refused.len()), (10, 0));
    assert_eq!(of(2), (2, "20.00".to_owned()));
    assert_eq!(of(3), (1, "80.00".to_owned()), "what is left after the refunds");
    let office = run.script.wallets[0][0];
    let ledger = &run.ledgers.operators[office.operator];
    assert!(ledger.wallet(office.number).unwrap().balance.fen() == 0);
}

#[test]
fn a_front_end_shows_only_wallets_that_are_bound_to_it() {
    let withheld = |sets: &[&str]| {
        let run = run("", sets);
        (paid(&run), run.script.withheld[0], run.script.actions[1].refused.clone())
    };
    let refused = |reason| BTreeMap::from([(reason, 10)]);
    assert_eq!(
        withheld(&["action.2.at=11:00"]).1 + withheld(&["action.2.at=11:00"]).0[0] as u64,
        10
    );
    for (set, reason) in [
        ("action.2.mismatch=phone", Reason::PhoneMismatch),
        ("action.2.mismatch=identity", Reason::IdentityMismatch),
        ("wallet.2.class=4", Reason::ClassTooWeak),
    ] {
        assert_eq!(withheld(&[set]), ([0, 0], 10, refused(reason)), "{set}");
    }
    let spring = ["action.2.region=Guangzhou", "cluster.start=2022-03-31"];
    assert_eq!(withheld(&spring).2, refused(Reason::RegionNotInPilot));
    assert_eq!(withheld(&["action.2.region=Guangzhou", "cluster.start=2022-04-01"]).0, [10, 10]);
}

#[test]
fn a_bill_that_was_taken_back_is_not_paid() {
    let more = "
        [[action]]
        kind = 'cancel-bills'
        at = '08:30'
        series = 'tax'
        every = 4
    ";
    let run = run(more, &[]);
    assert_eq!(paid(&run), [8, 10]);
    // What is paid already cannot be taken back.
    let late = self::run(more, &["action.3.at=17:30"]);
    assert_eq!(late.script.actions[2].refused, BTreeMap::from([(Reason::BillPaid, 2)]));
}
