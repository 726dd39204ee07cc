//! Settlement within limits: what a participant may hold, may receive, and may pay another net.

use std::collections::BTreeMap;

use crate::money::Position;

use super::{Algorithm, Obligation, Resolution, TooManyPayments, queues};

/// The least and most that each participant may hold, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// A payment must leave its sender at least this.
    pub minimum: Vec<Position>,
    /// A payment may bring its receiver up to this.
    pub maximum: Vec<Position>,
}

/// Marks what is released when every payment must leave its sender at or above its minimum and its
/// receiver at or below its maximum (CHIPS balanced release).
///
/// Participants are visited in the order of their codes until nothing moves; a visit goes once through
/// the queue, oldest first, and skips what may not be released. A release can open the way for another
/// by making room at the receiver. Not monotone in liquidity. Takes O(passes × Q).
pub fn balanced_release(balances: &[Position], holdings: &Holdings, queue: &[Obligation]) -> Vec<bool> {
    let queues = queues(balances.len(), queue);
    let mut balances = balances.to_vec();
    let mut settles = vec![false; queue.len()];
    let mut moved = true;
    while moved {
        moved = false;
        for index in queues.iter().flatten().copied() {
            let Obligation { debtor, creditor, amount } = queue[index];
            let (sent, received) = (balances[debtor] - amount.position(), balances[creditor] + amount.position());
            if settles[index] || sent < holdings.minimum[debtor] || received > holdings.maximum[creditor] {
                continue;
            }
            (balances[debtor], balances[creditor]) = (sent, received);
            settles[index] = true;
            moved = true;
        }
    }
    settles
}

/// What limits leave for payments that settle together; no entry means no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    bilateral: BTreeMap<(usize, usize), Position>,
    receiving: BTreeMap<usize, Position>,
}

impl Limits {
    /// Sets how much more one participant may pay another, net of what that pays it.
    pub fn set_bilateral(&mut self, payer: usize, payee: usize, left: Position) {
        self.bilateral.insert((payer, payee), left);
    }

    /// Sets how much more a participant may receive, net of what it sends.
    pub fn set_receiving(&mut self, who: usize, left: Position) {
        self.receiving.insert(who, left);
    }

    /// The marked payments that go beyond a limit: of each limit the last ones, as many as it takes when
    /// nothing else changes.
    fn beyond(&self, queue: &[Obligation], settles: &[bool]) -> Vec<usize> {
        let mut pairs: BTreeMap<(usize, usize), Position> = BTreeMap::new();
        let mut received: BTreeMap<usize, Position> = BTreeMap::new();
        for (Obligation { debtor, creditor, amount }, _) in queue.iter().zip(settles).filter(|(_, settled)| **settled) {
            *pairs.entry((*debtor, *creditor)).or_default() += *amount;
            *pairs.entry((*creditor, *debtor)).or_default() -= *amount;
            *received.entry(*creditor).or_default() += *amount;
            *received.entry(*debtor).or_default() -= *amount;
        }
        let over = |left: Option<&Position>, net: &Position| *net > *left.unwrap_or(net);
        pairs.retain(|pair, net| over(self.bilateral.get(pair), net));
        received.retain(|who, net| over(self.receiving.get(who), net));
        let mut beyond = Vec::new();
        for (index, Obligation { debtor, creditor, amount }) in queue.iter().enumerate().rev() {
            if !settles[index] {
                continue;
            }
            let pair = (*debtor, *creditor);
            let by_pair = pairs.get(&pair).is_some_and(|net| over(self.bilateral.get(&pair), net));
            let by_receiver = received.get(creditor).is_some_and(|net| over(self.receiving.get(creditor), net));
            if by_pair || by_receiver {
                pairs.entry(pair).and_modify(|net| *net -= *amount);
                received.entry(*creditor).and_modify(|net| *net -= *amount);
                beyond.push(index);
            }
        }
        beyond
    }
}

impl Algorithm {
    /// Decides which payments of a queue settle within limits: those that the algorithm settles, and while
    /// they go beyond a limit, those it settles without the last ones that do (and, where it keeps queue
    /// order, without what lies behind those).
    ///
    /// Under bilateral limits that is still the largest set in queue order for `partial_net` and
    /// `gross_fifo`: what goes beyond a limit even when the other side pays all it can is in no set. A
    /// receiver's limit can be kept by holding back one sender or another; here it is the last in the
    /// queue. `all_or_nothing` settles nothing when the batch goes beyond a limit.
    pub fn run_within(
        self,
        balances: &[Position],
        limits: &Limits,
        queue: &[Obligation],
    ) -> Result<Resolution, TooManyPayments> {
        let mut offered: Vec<usize> = (0..queue.len()).collect();
        loop {
            let batch: Vec<Obligation> = offered.iter().map(|index| queue[*index]).collect();
            let resolution = self.run(balances, &batch)?;
            let beyond = limits.beyond(&batch, &resolution.settles);
            if beyond.is_empty() {
                let mut settles = vec![false; queue.len()];
                offered.iter().zip(&resolution.settles).for_each(|(index, settled)| settles[*index] = *settled);
                return Ok(Resolution { settles, detail: resolution.detail });
            }
            let left_out = |place: usize| match self {
                Self::AllOrNothing => true,
                Self::GrossBypass | Self::Optimal => beyond.contains(&place),
                Self::GrossFifo
                | Self::PartialNet
                | Self::BilateralOffset { .. }
                | Self::BilateralThenMultilateral { .. }
                | Self::Unwind
                | Self::LossSharing
                | Self::EisenbergNoe => {
                    beyond.iter().any(|first| *first <= place && batch[*first].debtor == batch[place].debtor)
                }
            };
            let mut places = 0..;
            offered.retain(|_| places.next().is_some_and(|place| !left_out(place)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::balances_after;
    use super::super::tests::{any_queue, owes, yuan};
    use super::*;

    #[test]
    fn a_release_waits_for_room_at_the_receiver() {
        let holdings = Holdings { minimum: yuan(&[2, 0]), maximum: yuan(&[20, 8]) };
        let released = |payments: &str| balanced_release(&yuan(&[10, 5]), &holdings, &owes(payments));
        assert_eq!(released("A B 3; A B 4"), [true, false]);
        assert_eq!(released("A B 3; A B 4; B A 4"), [true, true, true]);
        assert_eq!(released("A B 3; B A 3; A B 6"), [true, true, false]);
    }

    #[test]
    fn the_sender_keeps_its_minimum() {
        let holdings = Holdings { minimum: yuan(&[2, 0]), maximum: yuan(&[99, 99]) };
        assert_eq!(balanced_release(&yuan(&[10, 0]), &holdings, &owes("A B 9; A B 8")), [false, true]);
    }

    fn within(algorithm: Algorithm, limits: &Limits, payments: &str) -> Vec<bool> {
        algorithm.run_within(&yuan(&[100, 100, 0]), limits, &owes(payments)).unwrap().settles
    }

    fn may_pay(yuan: i64) -> Limits {
        let mut limits = Limits::default();
        limits.set_bilateral(0, 1, Position::from_fen(yuan * 100));
        limits
    }

    #[test]
    fn a_bilateral_limit_is_on_the_net() {
        let settled = |payments: &str| within(Algorithm::GrossFifo, &may_pay(5), payments);
        assert_eq!(settled("A B 5; A B 1; A C 1"), [true, false, false]);
        assert_eq!(settled("A B 5; A B 1; B A 1"), [true, true, true]);
        let settled = |payments: &str| within(Algorithm::GrossBypass, &may_pay(5), payments);
        assert_eq!(settled("A B 5; A B 1; A C 1"), [true, false, true]);
        let settled = |payments: &str| within(Algorithm::AllOrNothing, &may_pay(5), payments);
        assert_eq!(settled("A C 1; A B 6"), [false, false]);
        assert_eq!(settled("A C 1; A B 6; B A 1"), [true, true, true]);
    }

    #[test]
    fn a_receiver_takes_no_more_than_its_limit_net_of_what_it_sends() {
        let mut limits = Limits::default();
        limits.set_receiving(2, Position::from_fen(500));
        let settled = |payments: &str| within(Algorithm::PartialNet, &limits, payments);
        assert_eq!(settled("A C 3; B C 3; A B 1; B A 1"), [true, false, true, false]);
        assert_eq!(settled("A C 3; B C 3; C A 1"), [true, true, true]);
    }

    /// The largest set that keeps queue order, that everyone covers and that keeps a bilateral limit.
    fn best_by_trying(balances: &[Position], limits: &Limits, queue: &[Obligation]) -> Vec<bool> {
        let lanes = queues(balances.len(), queue);
        let mut best = vec![false; queue.len()];
        let mut lengths = vec![0; lanes.len()];
        loop {
            let mut settles = vec![false; queue.len()];
            lanes.iter().zip(&lengths).for_each(|(lane, length)| {
                lane[..*length].iter().for_each(|index| settles[*index] = true);
            });
            let covered = balances_after(balances, queue, &settles).iter().all(|balance| *balance >= Position::ZERO);
            let more = settles.iter().filter(|settled| **settled).count() > best.iter().filter(|one| **one).count();
            if covered && more && limits.beyond(queue, &settles).is_empty() {
                best = settles;
            }
            let Some(who) = (0..lanes.len()).find(|who| lengths[*who] < lanes[*who].len()) else { return best };
            lengths[..who].fill(0);
            lengths[who] += 1;
        }
    }

    proptest! {
        #[test]
        fn without_limits_nothing_changes((balances, queue) in any_queue(5, 24)) {
            for algorithm in Algorithm::ALL {
                let within = algorithm.run_within(&balances, &Limits::default(), &queue);
                prop_assert_eq!(within, algorithm.run(&balances, &queue));
            }
        }

        #[test]
        fn partial_net_within_bilateral_limits_is_the_largest_set(
            (balances, queue) in any_queue(4, 9),
            limited in prop::collection::vec((0..4_usize, 0..4_usize, 0..25_i64), 0..4),
        ) {
            let mut limits = Limits::default();
            for (payer, payee, fen) in limited {
                limits.set_bilateral(payer, payee, Position::from_fen(fen));
            }
            let found = Algorithm::PartialNet.run_within(&balances, &limits, &queue).unwrap().settles;
            prop_assert_eq!(found, best_by_trying(&balances, &limits, &queue));
        }

        #[test]
        fn limits_and_covers_hold_whatever_the_algorithm(
            (balances, queue) in any_queue(5, 24),
            bilateral in prop::collection::vec((0..5_usize, 0..5_usize, 0..25_i64), 0..6),
            receiving in prop::collection::vec((0..5_usize, 0..25_i64), 0..3),
        ) {
            let mut limits = Limits::default();
            bilateral.iter().for_each(|(one, other, fen)| limits.set_bilateral(*one, *other, Position::from_fen(*fen)));
            receiving.iter().for_each(|(who, fen)| limits.set_receiving(*who, Position::from_fen(*fen)));
            for algorithm in &Algorithm::ALL[..6] {
                let settles = algorithm.run_within(&balances, &limits, &queue).unwrap().settles;
                prop_assert!(limits.beyond(&queue, &settles).is_empty(), "{}", algorithm);
                let after = balances_after(&balances, &queue, &settles);
                prop_assert!(after.iter().all(|balance| *balance >= Position::ZERO), "{}", algorithm);
            }
        }
    }
}
