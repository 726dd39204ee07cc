use clearing_domain::money::WalletKind;
use clearing_domain::operator::TickItem;

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
