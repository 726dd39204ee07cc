//! How far the payments of each pair of participants reach within the limits, found without a visit
//! to every payment.
//!
//! The queue is added up once, and the sums of each pair are kept at regular steps. The payment
//! with which a pair exceeds its limit is found by a search in those sums, so that no payment of a
//! queue that limits hold back has to be collected, sorted or removed.

use crate::money::Position;
use crate::netting::{Limits, Obligation};

/// The least number of payments between two rows of sums.
const STEP_MIN: usize = if cfg!(test) { 4 } else { 256 };
/// The approximate number of rows of sums.
const STEPS_MAX: usize = 512;
/// The largest cost of the searches of one pass, in walks of the queue.
const PASSES_WORTH: usize = 16;

/// A set of payments that shrinks: for each pair of participants, its first payments up to an end.
pub(super) struct Reach<'a> {
    balances: &'a [Position],
    queue: &'a [Obligation],
    participants: usize,
    /// Whether the payments behind a left-out one in the queue of its debtor are left out, too.
    keeps_order: bool,
    step: usize,
    /// The sums of the payments before every step by debtor and creditor; the last row has those of
    /// the whole queue.
    rows: Vec<Vec<i128>>,
    pair_limits: Vec<Option<i128>>,
    receiver_limits: Vec<Option<i128>>,
    /// The place in the queue from which payments are left out, by debtor and creditor.
    ends: Vec<usize>,
    /// The sums of the set by debtor and creditor.
    sums: Vec<i128>,
}

impl<'a> Reach<'a> {
    /// The whole queue; `None` for a short queue among so many participants that a table of all
    /// pairs would cost more than the queue itself.
    pub(super) fn of(
        balances: &'a [Position],
        limits: &Limits,
        queue: &'a [Obligation],
        keeps_order: bool,
    ) -> Option<Self> {
        let participants = balances.len();
        let cells = participants * participants;
        let step =
            if cfg!(test) { STEP_MIN } else { STEP_MIN.max(cells).max(queue.len() / STEPS_MAX) };
        // Each pair may search a step in each pass; among many participants that is more than to
        // walk the queue.
        if cells > queue.len() || (!cfg!(test) && cells * step > PASSES_WORTH * queue.len()) {
            return None;
        }
        let rows = rows(participants, queue, step);
        let (mut pair_limits, mut receiver_limits) = (vec![None; cells], vec![None; participants]);
        for ((payer, payee), left) in
            limits.bilateral.iter().filter(|((payer, payee), _)| payer != payee)
        {
            if *payer < participants && *payee < participants {
                pair_limits[payer * participants + payee] = Some(i128::from(left.fen()));
            }
        }
        for (who, left) in limits.receiving.iter().filter(|(who, _)| **who < participants) {
            receiver_limits[*who] = Some(i128::from(left.fen()));
        }
        let (ends, sums) = (vec![queue.len(); cells], rows.last().cloned().unwrap_or_default());
        Some(Self {
            balances,
            queue,
            participants,
            keeps_order,
            step,
            rows,
            pair_limits,
            receiver_limits,
            ends,
            sums,
        })
    }

    fn sent(&self, who: usize) -> i128 {
        self.sums[who * self.participants..][..self.participants].iter().sum()
    }

    fn received(&self, who: usize) -> i128 {
        self.sums.iter().skip(who).step_by(self.participants).sum()
    }

    /// Whether every participant covers all its payments without its receipts.
    pub(super) fn is_ample(&self) -> bool {
        let covers =
            |(who, balance): (usize, &Position)| self.sent(who) <= i128::from(balance.fen()).max(0);
        self.balances.iter().enumerate().all(covers)
    }

    /// Whether a participant that pays would be short once the set has settled.
    pub(super) fn leaves_short(&self) -> bool {
        self.balances.iter().enumerate().any(|(who, balance)| {
            let sent = self.sent(who);
            sent > 0 && i128::from(balance.fen()) + self.received(who) < sent
        })
    }

    /// Marks the payments of the set.
    pub(super) fn settles(&self) -> Vec<bool> {
        if self.sums.iter().all(|sum| *sum == 0) {
            return vec![false; self.queue.len()];
        }
        let mut places = 0..;
        let mut is_within =
            |payment: &Obligation| places.next() < Some(self.ends[self.cell(payment)]);
        self.queue.iter().map(&mut is_within).collect()
    }

    /// Leaves out once the payments that exceed the limits: for each limit the last payments, as
    /// many as are needed when nothing else changes. Returns whether there were any.
    pub(super) fn keep_within_limits(&mut self) -> bool {
        // All limits are compared with the sums at the start of the round; the ends change only
        // after all of them. So the result does not depend on the order of the limits.
        let mut ends = self.ends.clone();
        for cell in (0..ends.len()).filter(|cell| self.sums[*cell] > 0) {
            // What the set pays in the other direction makes room under the limit of the pair.
            let back =
                self.sums[cell % self.participants * self.participants + cell / self.participants];
            if let Some(most) = self.pair_limits[cell]
                .map(|left| left + back)
                .filter(|most| self.sums[cell] > *most)
            {
                ends[cell] = ends[cell].min(self.first_beyond(cell, most));
            }
        }
        for who in 0..self.participants {
            let Some(most) = self.receiver_limits[who].map(|left| left + self.sent(who)) else {
                continue;
            };
            // A limit that is passed already leaves room for nothing; it cannot call back what
            // settled before.
            if self.received(who) > most.max(0) {
                self.leave_out_received(who, most, &mut ends);
            }
        }
        self.shrink_to(ends)
    }

    /// Leaves out the payments to a participant from the one on with which it exceeds its limit.
    fn leave_out_received(&self, who: usize, most: i128, ends: &mut [usize]) {
        let from = self.first_received_beyond(who, most);
        for cell in (who..self.sums.len()).step_by(self.participants) {
            if self.sums[cell] > 0 && from < self.ends[cell] {
                ends[cell] = ends[cell].min(self.first_beyond(cell, self.sum_before(cell, from)));
            }
        }
    }

    fn shrink_to(&mut self, mut ends: Vec<usize>) -> bool {
        let mut shrinks = false;
        for debtor in 0..self.participants {
            let cells = debtor * self.participants..(debtor + 1) * self.participants;
            let lane = &mut ends[cells.clone()];
            if *lane == self.ends[cells.clone()] {
                continue;
            }
            shrinks = true;
            if self.keeps_order {
                // The first payment that a debtor must hold back holds back all behind it, to
                // whomever they go.
                lane.fill(lane.iter().copied().min().unwrap_or(0));
                self.add_up_lane(debtor, lane[0]);
            } else {
                for cell in cells.filter(|cell| ends[*cell] < self.ends[*cell]) {
                    self.sums[cell] = self.sum_before(cell, ends[cell]);
                }
            }
        }
        self.ends = ends;
        shrinks
    }

    /// Sets the sums of a debtor to those of its payments before a place.
    fn add_up_lane(&mut self, debtor: usize, end: usize) {
        let row = end / self.step;
        let cells = debtor * self.participants..(debtor + 1) * self.participants;
        self.sums[cells.clone()].copy_from_slice(&self.rows[row][cells]);
        for payment in
            self.queue[row * self.step..end].iter().filter(|payment| payment.debtor == debtor)
        {
            let cell = self.cell(payment);
            self.sums[cell] += i128::from(payment.amount.fen());
        }
    }

    fn cell(&self, payment: &Obligation) -> usize {
        payment.debtor * self.participants + payment.creditor
    }

    /// The sum of the payments of a pair before a place.
    fn sum_before(&self, cell: usize, end: usize) -> i128 {
        let row = end / self.step;
        let rest =
            self.queue[row * self.step..end].iter().filter(|payment| self.cell(payment) == cell);
        self.rows[row][cell] + rest.map(|payment| i128::from(payment.amount.fen())).sum::<i128>()
    }

    /// The first payment of a pair with which the sum of the pair exceeds `most`.
    fn first_beyond(&self, cell: usize, most: i128) -> usize {
        let most = most.max(0);
        self.first(most, |row| row[cell], |_, payment| self.cell(payment) == cell)
    }

    /// The first payment of the set with which a participant receives more than `most`.
    fn first_received_beyond(&self, who: usize, most: i128) -> usize {
        let cells = || (who..self.sums.len()).step_by(self.participants);
        let received = |row: &[i128]| cells().map(|cell| row[cell].min(self.sums[cell])).sum();
        let is_of_set = |place, payment: &Obligation| {
            payment.creditor == who && place < self.ends[self.cell(payment)]
        };
        self.first(most.max(0), received, is_of_set)
    }

    /// The first payment with which the sum of some payments exceeds `most`; the end of the queue
    /// when there is none.
    fn first(
        &self,
        most: i128,
        sum: impl Fn(&[i128]) -> i128,
        is_one: impl Fn(usize, &Obligation) -> bool,
    ) -> usize {
        // Sums never fall along the rows, so the last row within the limit is found by bisection
        // and only one step of payments is walked.
        let row = self.rows.partition_point(|row| sum(row) <= most).saturating_sub(1);
        let mut sum = sum(&self.rows[row]);
        for (place, payment) in self.queue.iter().enumerate().skip(row * self.step) {
            if is_one(place, payment) {
                sum += i128::from(payment.amount.fen());
                if sum > most {
                    return place;
                }
            }
        }
        self.queue.len()
    }
}

/// The sums of the payments before every step, and at the end those of the whole queue.
fn rows(participants: usize, queue: &[Obligation], step: usize) -> Vec<Vec<i128>> {
    let mut sums = vec![0; participants * participants];
    let mut rows = Vec::with_capacity(queue.len() / step + 2);
    for part in queue.chunks(step) {
        rows.push(sums.clone());
        for Obligation { debtor, creditor, amount } in part {
            sums[debtor * participants + creditor] += i128::from(amount.fen());
        }
    }
    rows.push(sums);
    rows
}
