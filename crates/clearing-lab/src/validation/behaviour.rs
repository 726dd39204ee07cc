//! The published results on behaviour of docs/validation.md against runs with treasurers.

use crate::engine::finished;
use crate::experiment::{Experiment, RunInfo};
use crate::results::{Results, Summary};

fn summary(text: &str, sets: &[&str]) -> Summary {
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    let experiment = Experiment::from_text(text, &sets, None).unwrap();
    let run = finished(&experiment).unwrap();
    let results = Results {
        experiment: &experiment,
        identity: &experiment.identify(RunInfo::here("0.0.0", None, "in-process")),
        ledgers: &run.ledgers,
        references: &run.references,
        script: &run.script,
        elapsed: run.elapsed,
    };
    results.summary()
}

/// What an operator pays in yuan for the liquidity it brought, a yuan at a price, and for each yuan
/// and hour that its payments waited.
fn cost(summary: &Summary, place: usize, liquidity: f64, delay: f64) -> f64 {
    let treasury = &summary.treasury[place];
    let waited = treasury.delay_fen_hours.unwrap();
    (treasury.liquidity_fen_days as f64 * liquidity + waited * delay) / 100.0
}

/// The places of the least in a list, within a rounding error.
fn least(costs: &[f64]) -> Vec<usize> {
    let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
    (0..costs.len()).filter(|place| costs[*place] < least + 1e-9).collect()
}

#[test]
fn the_two_banks_choose_the_published_optimum() {
    let text = include_str!("../../../../experiments/treasury-two-banks.toml");
    const A: [u32; 5] = [0, 50, 100, 150, 200];
    const B: [u32; 6] = [0, 50, 100, 150, 200, 250];
    // Their prices: 0.1 for liquidity, 0.2 for a period of delay.
    let costs = |a: u32, b: u32| {
        let opens = [format!("treasury.1.amount={a}"), format!("treasury.2.amount={b}")];
        let summary = summary(text, &opens.each_ref().map(String::as_str));
        [0, 1].map(|place| cost(&summary, place, 0.1, 0.2))
    };
    let game = A.map(|a| B.map(|b| costs(a, b)));
    let best_of_a = |b: usize| least(&game.map(|row| row[b][0]));
    let best_of_b = |a: usize| least(&game[a].map(|cell| cell[1]));
    let pairs = (0..A.len()).flat_map(|a| (0..B.len()).map(move |b| (a, b)));
    let stable = pairs.filter(|(a, b)| best_of_a(*b).contains(a) && best_of_b(*a).contains(b));
    let stable: Vec<_> = stable.map(|(a, b)| (A[a], B[b])).collect();
    // One equilibrium, with costs of 0 and 0.02 of their unit.
    assert_eq!(stable, [(0, 200)], "{game:?}");
    let [cost_of_a, cost_of_b] = game[0][4];
    assert!(cost_of_a.abs() < 1e-9 && (cost_of_b - 20.0).abs() < 1e-9, "{game:?}");
}

#[test]
fn credit_that_is_dear_makes_waiting_an_answer_to_waiting() {
    let text = include_str!("../../../../experiments/treasury-early-or-late.toml");
    const EARLY: usize = 0;
    const LATE: usize = 1;
    let of = |place: usize, choice: usize| {
        let from = if choice == EARLY { "00:00" } else { "15:00" };
        format!("treasury.{}.throughput={{'{from}'=100}}", place + 1)
    };
    // Of each bank: the hours of credit and of delay, in fen.
    let outcome = |a: usize, b: usize| {
        let choices = [of(0, a), of(1, b)];
        let summary = summary(text, &choices.each_ref().map(String::as_str));
        [0, 1].map(|place| {
            let credit = summary.indicators.operators[place].credit_fen_hours.unwrap();
            (credit, summary.treasury[place].delay_fen_hours.unwrap())
        })
    };
    let game = [EARLY, LATE].map(|a| [EARLY, LATE].map(|b| outcome(a, b)));
    // What the first bank pays under a price of credit, where an hour of delay costs 1.
    let pays = |price: f64, own: usize, other: usize| {
        let (credit, delay) = game[own][other][0];
        credit * price + delay
    };
    assert!(pays(1.0, EARLY, EARLY).abs() < 1e-9, "both early need no credit: {game:?}");
    assert!(game[EARLY][LATE][0].0 > 0.0 && game[EARLY][LATE][0].1.abs() < 1e-9, "{game:?}");
    let answer = |price, other| {
        if pays(price, EARLY, other) < pays(price, LATE, other) { EARLY } else { LATE }
    };
    // Cheap credit: early whatever the other does. Dear credit: as the other does, so that both
    // early and both late are equilibria.
    assert_eq!([EARLY, LATE].map(|other| answer(0.5, other)), [EARLY, EARLY], "{game:?}");
    assert_eq!([EARLY, LATE].map(|other| answer(2.0, other)), [EARLY, LATE], "{game:?}");
}

/// The levels of liquidity that operators choose from.
fn levels() -> Vec<f64> {
    (0..=10).map(|tenth| f64::from(tenth) / 10.0).collect()
}

/// What a bank opens with and what its payments wait for, when it opens with one level and all
/// others with another.
fn liquidity_and_wait(own: f64, others: f64, seed: u64) -> (f64, f64) {
    let text = include_str!("../../../../experiments/treasury-liquidity-demand.toml");
    let rule = |operator, share: f64| {
        format!("{{operator='{operator}',policy='opening',share='{share}',of='bounds'}}")
    };
    // The later rule of an operator replaces what the one for all says.
    let rules = format!("treasury=[{},{}]", rule("*", others), rule("ICBC", own));
    let summary = summary(text, &[&format!("seed={seed}"), &rules]);
    let bank = &summary.treasury[0];
    (bank.liquidity_fen_days as f64, bank.delay_fen_hours.unwrap())
}

#[test]
fn explore() {
    let levels = levels();
    let begun = std::time::Instant::now();
    let game: Vec<Vec<_>> = levels
        .iter()
        .map(|others| levels.iter().map(|own| liquidity_and_wait(*own, *others, 11)).collect())
        .collect();
    println!("{:?}", begun.elapsed());
    for power in -12..=16 {
        let answers: Vec<_> = game
            .iter()
            .map(|row| {
                let costs: Vec<_> = row
                    .iter()
                    .map(|(liquidity, waited)| liquidity * 2_f64.powi(power) + waited)
                    .collect();
                levels[least(&costs)[0]]
            })
            .collect();
        println!("{power}: {answers:?}");
    }
}

#[test]
fn the_demand_for_liquidity_falls_with_its_price_in_an_s() {
    let text = include_str!("../../../../experiments/treasury-liquidity-demand.toml");
    let levels: Vec<f64> = (0..=10).map(|tenth| f64::from(tenth) / 10.0).collect();
    let sums = levels.iter().map(|level| {
        let summary = summary(text, &[&format!("treasury.1.share='{level}'")]);
        let liquidity: i64 = summary.treasury.iter().map(|one| one.liquidity_fen_days).sum();
        let waited: f64 = summary.treasury.iter().filter_map(|one| one.delay_fen_hours).sum();
        (liquidity as f64, waited)
    });
    let sums: Vec<_> = sums.collect();
    // The level with the least cost, by powers of two of the price of liquidity over that of an
    // hour of delay.
    let demand = |power: i32| {
        let costs: Vec<_> =
            sums.iter().map(|(liquidity, waited)| liquidity * 2_f64.powi(power) + waited).collect();
        levels[least(&costs)[0]]
    };
    let curve: Vec<_> = (-12..=16).map(demand).collect();
    println!("{curve:?}");
    let falls: Vec<_> = curve.windows(2).map(|pair| pair[0] - pair[1]).collect();
    assert!(falls.iter().all(|fall| *fall >= 0.0), "{curve:?} from {sums:?}");
    assert!(curve[0] >= 0.9 && curve[28] <= 0.1, "{curve:?} from {sums:?}");
    // Flat over four doublings at both ends, and more than half of the fall within five of them.
    let of = |part: &[f64]| part.iter().sum::<f64>();
    let steepest = falls.windows(5).map(of).fold(0.0, f64::max);
    let ends = [of(&falls[..4]), of(&falls[24..])];
    assert!(ends.iter().all(|fall| *fall < 1e-9) && steepest > 0.5, "{curve:?} from {sums:?}");
}
