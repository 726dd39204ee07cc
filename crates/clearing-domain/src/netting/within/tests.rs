use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::money::Amount;

/// The marked payments that exceed a limit, by the definition: for each limit the last payments, as
/// many as are needed when nothing else changes.
fn beyond(limits: &Limits, queue: &[Obligation], settles: &[bool]) -> Vec<usize> {
    let mut pairs: BTreeMap<(usize, usize), Position> = BTreeMap::new();
    let mut received: BTreeMap<usize, Position> = BTreeMap::new();
    for (Obligation { debtor, creditor, amount }, _) in
        queue.iter().zip(settles).filter(|(_, settled)| **settled)
    {
        *pairs.entry((*debtor, *creditor)).or_default() += *amount;
        *pairs.entry((*creditor, *debtor)).or_default() -= *amount;
        *received.entry(*creditor).or_default() += *amount;
        *received.entry(*debtor).or_default() -= *amount;
    }
    let over = |left: Option<&Position>, net: &Position| *net > *left.unwrap_or(net);
    pairs.retain(|pair, net| over(limits.bilateral.get(pair), net));
    received.retain(|who, net| over(limits.receiving.get(who), net));
    let mut beyond = Vec::new();
    for (index, Obligation { debtor, creditor, amount }) in queue.iter().enumerate().rev() {
        if !settles[index] {
            continue;
        }
        let pair = (*debtor, *creditor);
        let by_pair = pairs.get(&pair).is_some_and(|net| over(limits.bilateral.get(&pair), net));
        let by_receiver =
            received.get(creditor).is_some_and(|net| over(limits.receiving.get(creditor), net));
        if by_pair || by_receiver {
            pairs.entry(pair).and_modify(|net| *net -= *amount);
            received.entry(*creditor).and_modify(|net| *net -= *amount);
            beyond.push(index);
        }
    }
    beyond
}

/// The definition, word for word: the algorithm is run again until nothing goes beyond a limit.
pub(super) fn by_running_again(
    algorithm: Algorithm,
    balances: &[Position],
    limits: &Limits,
    queue: &[Obligation],
) -> Resolution {
    let mut offered: Vec<usize> = (0..queue.len()).collect();
    loop {
        let batch: Vec<Obligation> = offered.iter().map(|index| queue[*index]).collect();
        let resolution = algorithm.run(balances, &batch).unwrap();
        let beyond = beyond(limits, &batch, &resolution.settles);
        if beyond.is_empty() {
            let mut settles = vec![false; queue.len()];
            offered
                .iter()
                .zip(&resolution.settles)
                .for_each(|(index, settled)| settles[*index] = *settled);
            return Resolution { settles, detail: resolution.detail };
        }
        let keeps_order = !matches!(algorithm, Algorithm::GrossBypass | Algorithm::Optimal);
        let follows = |place: usize| {
            beyond
                .iter()
                .any(|first| *first <= place && batch[*first].debtor == batch[place].debtor)
        };
        let left_out = |place: usize| {
            let alone = if keeps_order { follows(place) } else { beyond.contains(&place) };
            alone || algorithm == Algorithm::AllOrNothing
        };
        let mut places = 0..;
        offered.retain(|_| places.next().is_some_and(|place| !left_out(place)));
    }
}

/// Participants of whom some are poor, some rich and some below zero, and a queue between them.
fn any_queue(payments_max: usize) -> impl Strategy<Value = (Vec<Position>, Vec<Obligation>)> {
    (2..=6_usize).prop_flat_map(move |participants| {
        let balance = prop_oneof![4 => 0..40_i64, 2 => 200..2_000_i64, 1 => -10..0_i64];
        let balances = prop::collection::vec(balance.prop_map(Position::from_fen), participants);
        let payment =
            (0..participants, 1..participants, 1..30_i64).prop_map(move |(debtor, other, fen)| {
                let creditor = (debtor + other) % participants;
                Obligation { debtor, creditor, amount: Amount::from_fen(fen).unwrap() }
            });
        (balances, prop::collection::vec(payment, 0..=payments_max))
    })
}

/// Limits on many pairs and some receivers, or on one kind alone; some are passed already.
fn any_limits() -> impl Strategy<Value = Limits> {
    let bilateral = prop::collection::vec((0..6_usize, 0..6_usize, -10..60_i64), 0..24);
    let receiving = prop::collection::vec((0..6_usize, -10..60_i64), 0..6);
    (bilateral, receiving, 0..3_u8).prop_map(|(bilateral, receiving, kind)| {
        let mut limits = Limits::default();
        for (payer, payee, fen) in bilateral.into_iter().filter(|_| kind != 1) {
            limits.set_bilateral(payer, payee, Position::from_fen(fen));
        }
        for (who, fen) in receiving.into_iter().filter(|_| kind != 2) {
            limits.set_receiving(who, Position::from_fen(fen));
        }
        limits
    })
}

fn look_ahead() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![1, 2, 3, 10])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn it_settles_what_running_again_settles(
        (balances, queue) in any_queue(60),
        limits in any_limits(),
        look_ahead in look_ahead(),
    ) {
        for algorithm in &Algorithm::ALL[..6] {
            let algorithm = algorithm.looking_ahead(look_ahead);
            let found = algorithm.run_within(&balances, &limits, &queue).unwrap();
            prop_assert_eq!(found, by_running_again(algorithm, &balances, &limits, &queue), "{}", algorithm);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn so_do_those_that_keep_no_queue_order((balances, queue) in any_queue(9), limits in any_limits()) {
        let balances: Vec<_> = balances.into_iter().map(|balance| balance.max(Position::ZERO)).collect();
        for algorithm in &Algorithm::ALL[6..] {
            let found = algorithm.run_within(&balances, &limits, &queue).unwrap();
            prop_assert_eq!(found, by_running_again(*algorithm, &balances, &limits, &queue), "{}", algorithm);
        }
    }
}
