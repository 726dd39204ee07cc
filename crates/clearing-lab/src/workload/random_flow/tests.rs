use std::f64::consts::PI;

use clearing_domain::money::DAY_MS;

use crate::experiment::Experiment;
use crate::workload::Workload;

fn experiment(sets: &[&str]) -> Experiment {
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    let text = "name = \"flow\"\n[cluster]\ncap = \"unlimited\"\n[workload.random_flow]\n";
    Experiment::from_text(text, &sets, Some(1)).unwrap()
}

/// The sum of net debits over gross value, when every day is cut into so many equal cycles.
fn netting_ratio(experiment: &Experiment, cycles_per_day: i64) -> f64 {
    let workload = Workload::new(experiment).unwrap();
    let operators = experiment.cluster.operators.len();
    let (mut net, mut gross) = (0, 0);
    for day in 0..experiment.days {
        let mut positions = vec![vec![0; operators]; cycles_per_day as usize];
        let schedule = workload.day(day);
        for (from, item) in schedule
            .lists
            .iter()
            .enumerate()
            .flat_map(|(from, list)| list.iter().map(move |item| (from, item)))
        {
            let to = experiment
                .cluster
                .operators
                .iter()
                .position(|one| one.prefix == item.payee.prefix())
                .unwrap();
            let cycle = &mut positions[(item.at.ms_of_day() * cycles_per_day / DAY_MS) as usize];
            cycle[from] -= item.amount.fen();
            cycle[to] += item.amount.fen();
            gross += item.amount.fen();
        }
        net += positions.iter().flatten().map(|position| 0.max(-position)).sum::<i64>();
    }
    net as f64 / gross as f64
}

/// The law for exponential values, whose coefficient of variation is 1.
fn law(payments_per_pair: f64, operators: f64) -> f64 {
    libm::sqrt(2.0 / (payments_per_pair * PI * (operators - 1.0)))
}

#[test]
fn the_netting_ratio_of_two_hundred_cycles_is_that_of_the_law() {
    // 24 cycles a day with 100 payments per pair each.
    let experiment = experiment(&["days=9", "workload.random_flow.payments_per_pair=2400"]);
    let (found, expected) = (netting_ratio(&experiment, 24), law(100.0, 10.0));
    assert!((found / expected - 1.0).abs() < 0.05, "{found} where the law says {expected}");
}

#[test]
fn the_netting_ratio_falls_with_the_square_root_of_the_cycle_length() {
    let experiment = experiment(&["days=20", "workload.random_flow.payments_per_pair=480"]);
    let points = [1, 2, 4, 8, 24].map(|cycles| {
        let ratio = netting_ratio(&experiment, cycles);
        (libm::log(24.0 / cycles as f64), libm::log(ratio))
    });
    let mean = |value: &dyn Fn(&(f64, f64)) -> f64| {
        points.iter().map(value).sum::<f64>() / points.len() as f64
    };
    let (x_mean, y_mean) = (mean(&|point| point.0), mean(&|point| point.1));
    let covariance = mean(&|point| (point.0 - x_mean) * (point.1 - y_mean));
    let slope = covariance / mean(&|point| (point.0 - x_mean) * (point.0 - x_mean));
    assert!((slope + 0.5).abs() < 0.05, "the slope is {slope}");
}

#[test]
fn a_pair_pays_the_same_however_many_operators_there_are() {
    let paid = |count: &str| {
        let workload = Workload::new(&experiment(&[count])).unwrap();
        let items = workload.day(0).lists[0].clone();
        let to = workload.wallets()[1][0].number;
        items
            .into_iter()
            .filter(|item| item.payee == to)
            .map(|item| (item.at, item.amount))
            .collect::<Vec<_>>()
    };
    let of_two = paid("cluster.operator_count=2");
    assert!((70..130).contains(&of_two.len()), "{}", of_two.len());
    assert_eq!(of_two, paid("cluster.operator_count=50"));
}

#[test]
fn no_payments_per_pair_are_no_payments() {
    let workload =
        Workload::new(&experiment(&["workload.random_flow.payments_per_pair=0"])).unwrap();
    assert_eq!((workload.day(0).payments(), workload.payments(3)), (0, 0));
}
