use clearing_domain::money::WalletKind;
use clearing_domain::operator::TickItem;
use clearing_domain::region::Region;

use super::{DaySchedule, Workload};
use crate::experiment::Experiment;

fn experiment(seed: u64, more: &str) -> Experiment {
    let text =
        format!("name = \"test\"\n[workload]\nwallets = 20000\npayments_per_day = 60000\n{more}");
    Experiment::from_text(&text, &[], Some(seed)).unwrap()
}

fn day(experiment: &Experiment) -> (Workload, DaySchedule) {
    let workload = Workload::new(experiment).unwrap();
    let day = workload.day(0);
    (workload, day)
}

#[test]
fn the_mean_ticket_is_that_of_2022() {
    for seed in 1..=3 {
        let (_, day) = day(&experiment(seed, ""));
        assert_eq!(day.payments(), 60_000);
        let fen: i64 = day.lists.iter().flatten().map(|item| item.amount.fen()).sum();
        let mean = fen as f64 / 100.0 / day.payments() as f64;
        assert!((mean - 314.0).abs() < 0.15 * 314.0, "seed {seed}: mean ticket {mean:.2}");
    }
}

/// The share of the bills that people of class 4 pay which are of exactly what their class allows.
fn bills_on_the_limit(more: &str) -> f64 {
    let (workload, day) = day(&experiment(1, more));
    let classes: std::collections::HashMap<_, _> =
        workload.wallets().iter().flatten().map(|plan| (plan.number, plan.class)).collect();
    let bills = day.lists.iter().flatten().filter(|item| {
        let to = matches!(item.payee.kind(), WalletKind::Corporate | WalletKind::Government);
        to && item.payer.kind() == WalletKind::Personal && classes[&item.payer] == 4
    });
    let amounts: Vec<_> = bills.map(|item| item.amount.fen()).collect();
    assert!(amounts.len() > 500 && amounts.iter().all(|fen| *fen <= 200_000), "{}", amounts.len());
    amounts.iter().filter(|fen| **fen == 200_000).count() as f64 / amounts.len() as f64
}

#[test]
fn amounts_above_a_limit_are_cut_to_it_or_drawn_again() {
    // A bill is above 2,000 yuan with the probability that a normal number is above (ln 2000 - 6) /
    // 1.3 = 1.23.
    let cut = bills_on_the_limit("");
    assert!((cut - 0.109).abs() < 0.03, "{cut}");
    assert_eq!(bills_on_the_limit("over_limit = \"redraw\""), 0.0);
    let list = |more| day(&experiment(1, more)).1;
    let (cut, redrawn) = (list(""), list("over_limit = \"redraw\""));
    // Only what was cut is another amount.
    let pairs = cut.lists.iter().flatten().zip(redrawn.lists.iter().flatten());
    let moved: Vec<_> = pairs.filter(|(one, other)| one.amount != other.amount).collect();
    assert!(
        !moved.is_empty()
            && moved
                .iter()
                .all(|(one, other)| one.amount > other.amount && one.payer == other.payer)
    );
}

/// What a payment between companies is worth on a day, in yuan: the mean over seeds and its standard
/// deviation from seed to seed.
fn corporate_mean(more: &str) -> (f64, f64) {
    let of_seed = |seed| {
        let text = format!(
            "name = \"test\"\n[workload]\nwallets = 2000\npayments_per_day = 10000\n{more}\n\
             [workload.flows.corporate]\nshare = 0.01"
        );
        let (_, day) = day(&Experiment::from_text(&text, &[], Some(seed)).unwrap());
        let corporate = day.lists.iter().flatten().filter(|item| {
            [item.payer, item.payee].iter().all(|one| one.kind() == WalletKind::Corporate)
        });
        let amounts: Vec<_> = corporate.map(|item| item.amount.fen() as f64 / 100.0).collect();
        assert!(amounts.len() > 90, "{}", amounts.len());
        amounts.iter().sum::<f64>() / amounts.len() as f64
    };
    let values: Vec<f64> = (1..=SEEDS).map(of_seed).collect();
    let mean = values.iter().sum::<f64>() / SEEDS as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (SEEDS - 1) as f64).sqrt())
}

const SEEDS: u64 = 60;

#[test]
fn strata_leave_the_mean_of_corporate_payments_and_take_the_spread_between_seeds() {
    let (mean, spread) = corporate_mean("");
    let (stratified, less) = corporate_mean("stratified_corporate = true");
    // A lognormal cut at 5,000,000 yuan: E min(X, c) with mu 10.3 and sigma 1.9.
    let normal = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
    let (mu, sigma, cut) = (10.3_f64, 1.9_f64, 5_000_000_f64);
    let z = (cut.ln() - mu) / sigma;
    let expected = (mu + sigma * sigma / 2.0).exp() * normal(z - sigma) + cut * normal(-z);
    let errors =
        |found: f64, spread: f64| (found - expected).abs() / (spread / (SEEDS as f64).sqrt());
    assert!(errors(mean, spread) < 3.0, "{mean} is not near {expected}");
    assert!(errors(stratified, less) < 3.0, "{stratified} is not near {expected}");
    assert!(less * 3.0 < spread, "the spread falls from {spread} to {less} alone");
}

#[test]
fn strata_change_nothing_but_amounts_between_companies() {
    let lists = |more| day(&experiment(1, more)).1.lists;
    let (plain, stratified) = (lists(""), lists("stratified_corporate = true"));
    let pairs: Vec<_> = plain.iter().flatten().zip(stratified.iter().flatten()).collect();
    let others = pairs.iter().filter(|(one, other)| one != other);
    assert!(others.clone().count() > 20);
    for (one, other) in others {
        let kinds = [one.payer.kind(), one.payee.kind()];
        assert_eq!(
            (one.at, one.payer, one.payee, kinds),
            (other.at, other.payer, other.payee, [WalletKind::Corporate; 2])
        );
    }
}

#[test]
fn the_on_us_share_follows_weights_and_bias() {
    let share = |bias: &str| {
        let (_, day) = day(&experiment(1, bias));
        let items = day.lists.iter().flatten();
        let on_us = items.filter(|item| item.payer.prefix() == item.payee.prefix()).count();
        on_us as f64 / day.payments() as f64
    };
    // The weights sum the squares of the shares to 0.149; merchants and others are drawn alike.
    assert!((share("on_us_bias = 0.0") - 0.149).abs() < 0.01);
    assert!((share("") - (0.2 + 0.8 * 0.149)).abs() < 0.01);
    assert!((share("on_us_bias = 1.0") - 1.0).abs() < f64::EPSILON);
}

#[test]
fn evening_and_night_carry_their_share_of_the_consumer_payments() {
    let (_, day) = day(&experiment(1, "[workload.flows.transit]\nshare = 0.0"));
    let hour = |item: &&TickItem| item.at.ms_of_day() / 3_600_000;
    let to = |kind| day.lists.iter().flatten().filter(move |item| item.payee.kind() == kind);
    let consumer = to(WalletKind::Merchant);
    let late = to(WalletKind::Merchant).filter(|item| !(6..18).contains(&hour(item))).count();
    let share = late as f64 / consumer.count() as f64;
    assert!((share - 0.363).abs() < 0.01, "{share}");
    assert!(to(WalletKind::Government).count() > 1000);
    assert!(to(WalletKind::Government).all(|item| (9..17).contains(&hour(&item))));
}

#[test]
fn the_same_seed_gives_the_same_list_and_another_seed_another() {
    let list = |seed| day(&experiment(seed, "")).1;
    assert_eq!(list(7), list(7));
    assert_ne!(list(7), list(8));
}

#[test]
fn a_changed_flow_leaves_the_draws_of_the_others_alone() {
    let payees = |more: &str| {
        let (_, day) = day(&experiment(1, more));
        let items =
            day.lists.iter().flatten().filter(|item| item.payee.kind() == WalletKind::Government);
        let mut payees: Vec<_> = items.map(|item| (item.at, item.payer, item.payee)).collect();
        payees.sort_unstable();
        payees
    };
    assert_eq!(payees(""), payees("[workload.flows.person]\nmu = 3.0"));
}

#[test]
fn payments_have_distinct_ids_and_known_wallets() {
    let experiment = experiment(1, "");
    let (workload, day) = day(&experiment);
    let mut ids: Vec<_> = day
        .lists
        .iter()
        .flatten()
        .chain(workload.day(1).lists.iter().flatten())
        .map(|item| item.id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 120_000);
    let mut numbers: Vec<_> = workload.wallets().iter().flatten().map(|plan| plan.number).collect();
    numbers.sort_unstable();
    assert!(day.lists.iter().flatten().all(|item| item.payer != item.payee
        && numbers.binary_search(&item.payer).is_ok()
        && numbers.binary_search(&item.payee).is_ok()));
}

#[test]
fn salaries_come_in_batches_of_one_employer_and_time() {
    let (_, day) = day(&experiment(1, "payroll_batch = 60"));
    let salaries = day.lists.iter().flatten();
    let salaries = salaries.filter(|item| {
        item.payer.kind() == WalletKind::Corporate && item.payee.kind() == WalletKind::Personal
    });
    let mut batches: Vec<_> = salaries.map(|item| (item.payer, item.at)).collect();
    assert_eq!(batches.len(), 180);
    batches.sort_unstable();
    assert_eq!(
        batches.chunk_by(|left, right| left == right).map(<[_]>::len).collect::<Vec<_>>(),
        [60, 60, 60]
    );
}

#[test]
fn wallets_that_open_with_more_than_the_stock_are_refused() {
    let text = "name = \"t\"\n[cluster]\nstock = 1000\n[workload]\nwallets = 100";
    let experiment = Experiment::from_text(text, &[], None).unwrap();
    let error = Workload::new(&experiment).unwrap_err().to_string();
    assert!(
        error.starts_with("the wallets of ICBC open with ")
            && error.ends_with("but its stock are 1000.00"),
        "{error}"
    );
}

/// A workload of two regions and an operator that join it.
const GROWING: &str = "
name = 'growing'
days = 40
[cluster]
start = '2022-03-20'
[workload]
wallets = 2000
growth = { 2022-03-20 = 100, 2022-04-01 = 220 }
opens = { ABC = '2022-03-25' }
regions = [{ name = 'Shenzhen', weight = 3 }, { name = 'Xiamen' }]
";

fn growing(more: &str) -> Workload {
    let experiment = Experiment::from_text(&format!("{GROWING}{more}"), &[], Some(5)).unwrap();
    Workload::new(&experiment).unwrap()
}

#[test]
fn a_workload_grows_by_its_dates() {
    let workload = growing("");
    let payments = |day| workload.day(day).payments() as u64;
    assert_eq!([payments(0), payments(1), payments(6), payments(30)], [100, 110, 160, 220]);
    assert_eq!(workload.payments(40), (0..40).map(payments).sum::<u64>());
    // A flow with three payments in a thousand has some in eight thousand, though none on most days.
    let kinds = (0..40).flat_map(|day| workload.day(day).lists.into_iter().flatten());
    let salaries = kinds.filter(|item| {
        item.payer.kind() == WalletKind::Corporate && item.payee.kind() == WalletKind::Personal
    });
    assert!((5..60).contains(&salaries.count()));
}

#[test]
fn nobody_pays_or_is_paid_before_the_operator_and_the_region_take_part() {
    let workload = growing("");
    let homes = workload.homes();
    let abc = workload.wallets()[1][0].number.prefix();
    let sides = |day: u32| {
        let items = workload.day(day).lists.into_iter().flatten();
        items.flat_map(|item| [item.payer, item.payee]).collect::<Vec<_>>()
    };
    let has_abc = |day| sides(day).iter().any(|number| number.prefix() == abc);
    assert_eq!([has_abc(4), has_abc(5)], [false, true], "from 25 March on");
    let in_xiamen = |day| {
        let homes = sides(day).into_iter().map(|number| homes.of(number).unwrap());
        homes.filter(|region| *region == Region::Xiamen).count()
    };
    assert_eq!(in_xiamen(11), 0, "31 March");
    let share = in_xiamen(20) as f64 / sides(20).len() as f64;
    assert!((share - 0.25).abs() < 0.1, "{share}");
}

#[test]
fn what_is_paid_to_merchants_stays_in_the_region() {
    let workload = growing("");
    let homes = workload.homes();
    let items = workload.day(30).lists.into_iter().flatten();
    let apart = |kind: WalletKind| {
        let to = items.clone().filter(|item| item.payee.kind() == kind);
        to.filter(|item| homes.of(item.payer) != homes.of(item.payee)).count()
    };
    assert_eq!(apart(WalletKind::Merchant), 0);
    assert!(apart(WalletKind::Personal) > 0, "gifts go everywhere");
}

#[test]
fn wallets_live_where_they_do_whatever_others_there_are() {
    let homes = growing("").homes();
    let more = growing("payroll_batch = 3").homes();
    let wallets = growing("").wallets().concat();
    assert!(wallets.iter().all(|plan| homes.of(plan.number) == more.of(plan.number)));
    let plain = Workload::new(&experiment(1, "")).unwrap();
    assert!(plain.homes().of(wallets[0].number).is_none(), "nowhere in particular");
}
