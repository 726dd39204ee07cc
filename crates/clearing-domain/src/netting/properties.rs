//! Properties of every queue: the algorithms on thousands of random queues, compared with slower
//! definitions.

use proptest::prelude::*;

use super::tests::any_queue;
use super::*;

/// Whether no participant is short after the marked payments, and the sum of money is unchanged.
fn covered(balances: &[Position], queue: &[Obligation], settles: &[bool]) -> bool {
    let after = balances_after(balances, queue, settles);
    let sum = |balances: &[Position]| balances.iter().copied().sum::<Position>();
    after.iter().all(|balance| *balance >= Position::ZERO) && sum(&after) == sum(balances)
}

fn value(queue: &[Obligation], settles: &[bool]) -> Position {
    queue
        .iter()
        .zip(settles)
        .filter(|(_, settled)| **settled)
        .map(|(one, _)| one.amount.position())
        .sum()
}

fn contains(larger: &[bool], smaller: &[bool]) -> bool {
    larger.iter().zip(smaller).all(|(larger, smaller)| *larger || !*smaller)
}

/// Whether every settled payment has all earlier ones of its debtor settled, too.
fn keeps_order(queue: &[Obligation], settles: &[bool]) -> bool {
    let mut blocked = std::collections::BTreeSet::new();
    queue.iter().zip(settles).all(|(payment, settled)| {
        if !settled {
            blocked.insert(payment.debtor);
        }
        !settled || !blocked.contains(&payment.debtor)
    })
}

/// Partial netting with the deficient participants treated in the order of `choices`.
fn partial_net_in_any_order(
    balances: &[Position],
    queue: &[Obligation],
    choices: &[usize],
) -> Vec<bool> {
    let mut settles = vec![true; queue.len()];
    for step in 0.. {
        let after = balances_after(balances, queue, &settles);
        let short: Vec<usize> =
            (0..balances.len()).filter(|who| after[*who] < Position::ZERO).collect();
        if short.is_empty() {
            break;
        }
        let who = short[choices[step % choices.len()] % short.len()];
        let last = (0..queue.len())
            .rev()
            .find(|index| settles[*index] && queue[*index].debtor == who)
            .unwrap();
        settles[last] = false;
    }
    settles
}

/// Bilateral offsetting that tries any pair and any two lengths up to the look-ahead, over and
/// over.
fn bilateral_by_trying(
    balances: &[Position],
    queue: &[Obligation],
    look_ahead: usize,
) -> Vec<bool> {
    let mut settles = vec![false; queue.len()];
    'again: loop {
        let balances = balances_after(balances, queue, &settles);
        for (one, other) in
            (0..balances.len()).flat_map(|one| (0..one).map(move |other| (one, other)))
        {
            for lengths in (0..=look_ahead).flat_map(|a| (0..=look_ahead).map(move |b| [a, b])) {
                let mut trial = settles.clone();
                for (debtor, creditor, length) in
                    [(one, other, lengths[0]), (other, one, lengths[1])]
                {
                    let waiting = (0..queue.len())
                        .filter(|index| !settles[*index] && queue[*index].debtor == debtor);
                    let first =
                        waiting.take(length).take_while(|index| queue[*index].creditor == creditor);
                    first.for_each(|index| trial[index] = true);
                }
                let moved: Vec<bool> =
                    trial.iter().zip(&settles).map(|(new, old)| *new && !*old).collect();
                if moved.contains(&true) && covered(&balances, queue, &moved) {
                    settles = trial;
                    continue 'again;
                }
            }
        }
        return settles;
    }
}

/// Balances and payments as large as ledgers let them come together.
fn any_large_queue() -> impl Strategy<Value = (Vec<Position>, Vec<Obligation>)> {
    const PARTICIPANTS: usize = 4;
    let most = Amount::SUM_MAX.fen() / 12;
    let balance =
        prop_oneof![Just(0), Just(Amount::SUM_MAX.fen()), 0..=most].prop_map(Position::from_fen);
    let fen = prop_oneof![Just(1), Just(most), 1..=most];
    let payment =
        (0..PARTICIPANTS, 1..PARTICIPANTS, fen).prop_map(|(debtor, other, fen)| Obligation {
            debtor,
            creditor: (debtor + other) % PARTICIPANTS,
            amount: Amount::from_sum(Position::from_fen(fen)).unwrap(),
        });
    (prop::collection::vec(balance, PARTICIPANTS), prop::collection::vec(payment, 0..=12))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_largest_sums_overflow_in_no_algorithm((balances, queue) in any_large_queue(), room in 0..2_i64) {
        let mut limits = Limits::default();
        limits.set_bilateral(0, 1, Position::from_fen(room * Amount::SUM_MAX.fen()));
        limits.set_receiving(2, Position::from_fen(-room * Amount::SUM_MAX.fen()));
        for algorithm in Algorithm::ALL {
            let resolution = algorithm.run(&balances, &queue).unwrap();
            prop_assert_eq!(resolution.settles.len(), queue.len());
            prop_assert!(algorithm.run_within(&balances, &limits, &queue).is_ok());
        }
        let paid = pro_rata(&balances, &queue);
        prop_assert!(paid.moves.iter().copied().sum::<Position>().is_zero());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn partial_net_does_not_depend_on_who_is_treated_first(
        (balances, queue) in any_queue(5, 25),
        choices in prop::collection::vec(0..60_usize, 8),
    ) {
        prop_assert_eq!(partial_net(&balances, &queue), partial_net_in_any_order(&balances, &queue, &choices));
    }

    #[test]
    fn what_keeps_queue_order_is_part_of_partial_net((balances, queue) in any_queue(5, 40), look_ahead in 1..5_usize) {
        let most = partial_net(&balances, &queue);
        let fifo = gross_fifo(&balances, &queue);
        let offset = bilateral_offset(&balances, &queue, look_ahead);
        for settles in [&most, &fifo, &offset, &all_or_nothing(&balances, &queue)] {
            prop_assert!(keeps_order(&queue, settles) && contains(&most, settles));
        }
        prop_assert!(contains(&offset, &fifo));
        prop_assert_eq!(bilateral_then_multilateral(&balances, &queue, look_ahead), most);
    }

    #[test]
    fn more_liquidity_settles_no_less_in_queue_order(
        (balances, queue) in any_queue(5, 40),
        gifts in prop::collection::vec(0..10_i64, 5),
    ) {
        let gifts = gifts.into_iter().map(Position::from_fen);
        let richer: Vec<_> = balances.iter().zip(gifts).map(|(balance, gift)| *balance + gift).collect();
        for algorithm in [Algorithm::GrossFifo, Algorithm::PartialNet, Algorithm::BilateralOffset { look_ahead: 3 }] {
            let [less, more] = [&balances, &richer].map(|balances| algorithm.run(balances, &queue).unwrap().settles);
            prop_assert!(contains(&more, &less), "{algorithm}");
        }
    }

    #[test]
    fn nobody_ends_short_and_no_money_is_made((balances, queue) in any_queue(6, 20)) {
        for algorithm in Algorithm::ALL {
            let resolution = algorithm.run(&balances, &queue).unwrap();
            let total: Position = balances.iter().copied().sum();
            let mut balances = balances.clone();
            match resolution.detail {
                Detail::Cleared(_) => continue,
                Detail::Contributions(contributions) => {
                    for (balance, contribution) in balances.iter_mut().zip(contributions) {
                        *balance -= contribution;
                    }
                }
                Detail::None | Detail::Rounds(_) => {}
            }
            prop_assert_eq!(resolution.settles.len(), queue.len());
            prop_assert_eq!(balances.iter().copied().sum::<Position>(), total);
            prop_assert!(covered(&balances, &queue, &resolution.settles), "{algorithm}");
        }
    }

    #[test]
    fn optimal_settles_at_least_what_any_other_settles((balances, queue) in any_queue(4, 10)) {
        let best = value(&queue, &optimal(&balances, &queue).unwrap());
        for set in 0..1_u32 << queue.len() {
            let settles: Vec<bool> = (0..queue.len()).map(|index| set >> index & 1 == 1).collect();
            prop_assert!(!covered(&balances, &queue, &settles) || value(&queue, &settles) <= best);
        }
    }

    #[test]
    fn bilateral_offset_does_not_depend_on_the_order_of_pairs(
        (balances, queue) in any_queue(4, 14),
        look_ahead in 1..4_usize,
    ) {
        let settles = bilateral_offset(&balances, &queue, look_ahead);
        prop_assert_eq!(settles, bilateral_by_trying(&balances, &queue, look_ahead));
    }

    #[test]
    fn unwinding_removes_whole_participants((balances, queue) in any_queue(6, 20)) {
        let unwinding = unwind(&balances, &queue);
        let removed = unwinding.rounds.concat();
        let gone = |payment: &Obligation| removed.contains(&payment.debtor) || removed.contains(&payment.creditor);
        for (payment, settled) in queue.iter().zip(&unwinding.settles) {
            prop_assert_eq!(*settled, !gone(payment));
        }
        let all = value(&queue, &vec![true; queue.len()]);
        prop_assert_eq!(unwinding.destroyed, all - value(&queue, &unwinding.settles));
        prop_assert!(contains(&unwinding.settles, &all_or_nothing(&balances, &queue)));
    }
}
