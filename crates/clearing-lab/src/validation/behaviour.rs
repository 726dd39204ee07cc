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
    let equal = least.abs().max(1.0) * 1e-9;
    (0..costs.len()).filter(|place| costs[*place] <= least + equal).collect()
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
    for (a, row) in A.iter().zip(&game) {
        println!("A opens with {a}; costs of A and B with {B:?} of B: {row:?}");
    }
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
    println!("credit and delay of A and B in fen and hours, early and late: {game:?}");
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

/// How many levels of liquidity operators choose from, in tenths of the span between the bounds.
const LEVELS: usize = 11;
/// The prices of a yuan of liquidity over that of an hour of delay, as powers of two.
const PRICES: std::ops::RangeInclusive<i32> = -5..=7;

/// What every operator opens with and what its payments wait for, when ICBC opens with one level
/// and all others with another.
fn liquidity_and_wait(own: usize, others: usize) -> Vec<(f64, f64)> {
    let text = include_str!("../../../../experiments/treasury-liquidity-demand.toml");
    let rule = |operator, level: usize| {
        let share = level as f64 / 10.0;
        format!("{{operator='{operator}',policy='opening',share='{share}',of='bounds'}}")
    };
    // The later rule of an operator replaces what the one for all says.
    let rules = format!("treasury=[{},{}]", rule("*", others), rule("ICBC", own));
    let operators = summary(text, &[&rules]).treasury.into_iter();
    operators.map(|one| (one.liquidity_fen_days as f64, one.delay_fen_hours.unwrap())).collect()
}

/// The cheapest level at a price, the lowest of equals.
fn cheapest(costs: &[(f64, f64)], power: i32) -> usize {
    let costs: Vec<_> =
        costs.iter().map(|(liquidity, wait)| liquidity * 2_f64.powi(power) + wait).collect();
    least(&costs)[0]
}

/// A curve over the prices is flat at both ends, never rises, and falls by more than half of its
/// height within five doublings of the price.
#[track_caller]
fn is_s_shaped(curve: &[usize]) {
    let falls: Vec<_> =
        curve.windows(2).map(|pair| pair[0].cast_signed() - pair[1].cast_signed()).collect();
    assert!(falls.iter().all(|fall| *fall >= 0), "{curve:?} rises");
    assert_eq!((curve[0], curve[curve.len() - 1]), (LEVELS - 1, 0), "{curve:?}");
    let of = |part: &[isize]| part.iter().sum::<isize>();
    assert_eq!((of(&falls[..2]), of(&falls[falls.len() - 1..])), (0, 0), "{curve:?} is not flat");
    let steepest = falls.windows(5).map(of).max().unwrap();
    assert!(2 * steepest > of(&falls), "{curve:?} has no steep part");
}

#[test]
fn the_demand_for_liquidity_falls_with_its_price_in_an_s() {
    // By the level of the others, then by the own.
    let game: Vec<Vec<_>> = (0..LEVELS)
        .map(|others| (0..LEVELS).map(|own| liquidity_and_wait(own, others)).collect())
        .collect();
    let of_icbc = |others: usize| game[others].iter().map(|all| all[0]).collect::<Vec<_>>();
    let answer = |others: usize, power| cheapest(&of_icbc(others), power);
    // Where ICBC answers a level of the others with the same.
    let stable = |power| (0..LEVELS).find(|others| answer(*others, power) == *others);
    let equilibrium: Vec<_> = PRICES.map(|power| stable(power).expect("a fixed point")).collect();
    // What costs all of them the least, if they choose one level together.
    let together: Vec<_> = (0..LEVELS)
        .map(|level| {
            let add = |sum: (f64, f64), one: &(f64, f64)| (sum.0 + one.0, sum.1 + one.1);
            game[level][level].iter().fold((0.0, 0.0), add)
        })
        .collect();
    let optimum: Vec<_> = PRICES.map(|power| cheapest(&together, power)).collect();
    let answers: Vec<_> =
        PRICES.map(|power| (answer(0, power), answer(LEVELS - 1, power))).collect();
    println!("prices, as powers of two: {PRICES:?}\nequilibrium: {equilibrium:?}");
    println!("optimum together: {optimum:?}\nanswers to none and to all: {answers:?}");
    is_s_shaped(&equilibrium);
    is_s_shaped(&optimum);
    // Who is paid by others with much liquidity needs less of its own.
    assert!(answers.iter().all(|(to_none, to_all)| to_none >= to_all), "{answers:?}");
    let less = answers.iter().filter(|(to_none, to_all)| to_none > to_all).count();
    assert!(less >= 3, "{answers:?}");
}
