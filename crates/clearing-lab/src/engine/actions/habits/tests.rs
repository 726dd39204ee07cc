use std::collections::{BTreeMap, BTreeSet};

use clearing_domain::money::{Amount, PaymentId, Timestamp, WalletNumber};
use clearing_domain::operator::{OperatorLedger, PaymentState};

use crate::engine::{FinishedRun, finished};
use crate::experiment::{Experiment, RunInfo};
use crate::results::{Outcome, Results};

/// Of 200 persons ten a day pay a shop on all days but the sixth; 60 red packets are claimed on the
/// second day, of which 50 may be spent on the third and fourth.
const TOWN: &str = "
name = 'town'
days = 8
[cluster]
operator_count = 3
tick_seconds = 3600
[[wallet]]
name = 'city'
kind = 'government'
operator = 'BOC'
opening = '10000'
[[wallet]]
name = 'person'
kind = 'personal'
class = 2
count = 200
opening = '2000'
[[wallet]]
name = 'shop'
kind = 'merchant'
count = 5
[[series]]
name = 'packets'
from = 'person'
to = 'shop'
days = [3, 4]
count = 100
amount = '20.00'
campaign = 'gift'
[[series]]
name = 'own'
from = 'person'
to = 'shop'
count = 10
days = [1, 2, 3, 4, 5, 7, 8]
amount = '1.00'
amount_max = '9.00'
[[campaign]]
name = 'gift'
sponsor = 'city'
kind = 'red-packet'
face = '15.00'
winners = 60
draw = false
register = ['1 08:00', '2 08:00']
claim_until = '2 20:00'
valid = ['2 08:00', '5 20:00']
[[action]]
kind = 'create-campaign'
at = '1 07:00'
campaign = 'gift'
[[action]]
kind = 'register'
at = '1 12:00'
campaign = 'gift'
wallet = 'person'
[[action]]
kind = 'claim'
at = '2 09:00'
campaign = 'gift'
wallet = 'person'
";

const DAYS: [u32; 7] = [1, 2, 3, 4, 5, 7, 8];

fn run(sets: &[&str]) -> FinishedRun {
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    finished(&Experiment::from_text(TOWN, &sets, None).unwrap()).unwrap()
}

fn digest(run: &FinishedRun) -> String {
    Outcome::of_ledgers(&run.ledgers).digest()
}

/// What is known of a payment.
type Paid = (WalletNumber, WalletNumber, Amount, Timestamp);

/// The payments of a series that were made.
fn made(run: &FinishedRun, series: usize) -> BTreeMap<PaymentId, Paid> {
    let submitted = run.script.series[series].iter().filter_map(|one| {
        let payment = run.ledgers.operators[one.payer.operator].payment(one.id)?;
        assert_eq!(payment.state, PaymentState::Completed);
        Some((one.id, (one.payer.number, payment.payee, payment.amount, payment.submitted_at)))
    });
    submitted.collect()
}

/// Who paid in a series on each day, counted from 1.
fn payers(run: &FinishedRun, series: usize) -> BTreeMap<u32, BTreeSet<WalletNumber>> {
    let mut payers: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let first = run.ledgers.central_bank.settings().lockstep.unwrap().start.date().days();
    for (payer, _, _, at) in made(run, series).values() {
        let day = u32::try_from(at.date().days() - first).unwrap() + 1;
        assert!(payers.entry(day).or_default().insert(*payer), "{payer} pays twice on day {day}");
    }
    payers
}

fn claimants(run: &FinishedRun) -> BTreeSet<WalletNumber> {
    let of = |ledger: &OperatorLedger| {
        let grants = ledger.grants().list().iter();
        grants.map(|grant| ledger.wallets()[grant.wallet].number).collect::<Vec<_>>()
    };
    run.ledgers.operators.iter().flat_map(of).collect()
}

#[test]
fn without_stickiness_a_campaign_leaves_no_trace() {
    let with = run(&[]);
    assert_eq!(digest(&with), digest(&run(&["series.2.sticky=0"])));
    let without = run(&["campaign.1.held=false"]);
    assert_eq!(made(&with, 1).len(), 70, "ten on each of seven days");
    assert_eq!(made(&with, 1), made(&without, 1));
    assert_eq!(claimants(&with).len(), 60);
    let packets = made(&with, 0).len();
    assert!((1..=60).contains(&packets), "{packets}");
    assert_eq!(made(&without, 0).len(), 0, "nobody spends of a campaign that is not held");
    assert_eq!(without.script.withheld[0], 200);
    assert_eq!(without.script.actions[1].done, 0, "nobody registers for it");
}

#[test]
fn with_all_stickiness_each_wallet_that_took_part_goes_on() {
    let run = run(&["series.2.sticky=1"]);
    let (claimants, payers) = (claimants(&run), payers(&run, 1));
    assert_eq!(claimants.len(), 60);
    for day in DAYS {
        let goes_on = claimants.is_subset(&payers[&day]);
        // They claim in the course of the second day.
        assert_eq!(goes_on, day > 2, "day {day}");
    }
    for days in DAYS.windows(2) {
        assert!(payers[&days[0]].is_subset(&payers[&days[1]]), "who pays goes on, {days:?}");
    }
}

#[test]
fn a_habit_adds_payments_and_changes_none() {
    let all = ["false", "true"].map(|held| {
        ["0", "0.3", "0.7", "1"].map(|sticky| {
            let sets = [format!("campaign.1.held={held}"), format!("series.2.sticky={sticky}")];
            made(&run(&[&sets[0], &sets[1]]), 1)
        })
    });
    let contains = |more: &BTreeMap<_, Paid>, less: &BTreeMap<_, Paid>| {
        less.iter().all(|(id, paid)| more.get(id) == Some(paid))
    };
    let [without, with] = &all;
    for (place, (without, with)) in without.iter().zip(with).enumerate() {
        assert!(contains(with, without), "with the campaign there is more of the same");
        assert_eq!(with.len() > without.len(), place > 0, "{} {}", with.len(), without.len());
    }
    for runs in &all {
        for pair in runs.windows(2) {
            assert!(contains(&pair[1], &pair[0]) && pair[1].len() > pair[0].len());
        }
    }
}

#[test]
fn who_has_just_paid_pays_again_as_likely_as_the_series_says() {
    let run = run(&["series.2.sticky=0.4"]);
    let (own, gift) = (payers(&run, 1), payers(&run, 0));
    let claimants = claimants(&run);
    let own_by_itself = payers(&self::run(&["series.2.sticky=0"]), 1);
    let [mut kept, mut lost] = [0, 0];
    for days in DAYS.windows(2) {
        let [before, day] = [days[0], days[1]];
        let mut habit = own[&before].clone();
        if before == 2 {
            habit.extend(&claimants);
        }
        for spent in before..day {
            habit.extend(gift.get(&spent).into_iter().flatten());
        }
        for payer in own[&day].difference(&own_by_itself[&day]) {
            assert!(habit.contains(payer), "{payer} has no habit on day {day}");
        }
        let tempted = habit.difference(&own_by_itself[&day]);
        let paid = tempted.clone().filter(|payer| own[&day].contains(payer)).count();
        [kept, lost] = [kept + paid, lost + tempted.count() - paid];
    }
    let share =
        f64::from(u32::try_from(kept).unwrap()) / f64::from(u32::try_from(kept + lost).unwrap());
    assert!(kept + lost > 200, "{kept} and {lost}");
    assert!((0.3..0.5).contains(&share), "{kept} of {} go on", kept + lost);
}

#[test]
fn a_run_with_habits_is_the_same_every_time_and_another_with_another_seed() {
    let of_seed = |seed: &str| digest(&run(&["series.2.sticky=0.5", seed]));
    assert_eq!(of_seed("seed=3"), of_seed("seed=3"));
    assert_ne!(of_seed("seed=3"), of_seed("seed=4"));
}

#[test]
fn the_figures_of_days_add_up_to_those_of_the_run() {
    let sets = ["series.2.sticky=0.5".parse().unwrap()];
    let experiment = Experiment::from_text(TOWN, &sets, None).unwrap();
    let run = finished(&experiment).unwrap();
    let results = Results {
        experiment: &experiment,
        identity: &experiment.identify(RunInfo::default()),
        ledgers: &run.ledgers,
        references: &run.references,
        script: &run.script,
        elapsed: run.elapsed,
    };
    let figure = |name: &str| results.figures(&[experiment.figure(name).unwrap()])[0];
    for what in ["payments", "completed", "value"] {
        let of = |days: &str| figure(&format!("series.own.{days}{what}"));
        assert_eq!(of("1-4.") + of("5-6.") + of("7-8."), of(""), "{what}");
        assert!(of("5-6.") > 0, "{what}");
        let all = |days: &str| figure(&format!("days.{days}.{what}"));
        let packets = |days: &str| figure(&format!("series.packets.{days}.{what}"));
        assert_eq!(all("3-4"), of("3-4.") + packets("3-4"), "{what}");
        assert_eq!(all("7-8"), of("7-8."), "{what}");
    }
    assert_eq!(figure("series.own.payments"), i64::try_from(made(&run, 1).len()).unwrap());
}
