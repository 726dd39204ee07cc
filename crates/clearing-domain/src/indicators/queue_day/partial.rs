//! Queues in strict order, with partial netting of what waits.
//!
//! Partial netting starts from everything queued and, while somebody is short, drops from the end of
//! that participant's queue. Running sums per sender and per pair find in O(N log Q) how much has to
//! go at once, so that a long queue is not walked payment by payment, and most arrivals are told
//! apart without a search: whatever newly settles must hold the payment that arrived or the head of
//! a participant that was paid, or it would have settled before.

use super::super::Record;
use super::Queues;
use super::fifo::Fifo;

/// Balances and queues in strict order, and the sums over them.
pub(super) struct Partial<'a> {
    fifo: Fifo<'a>,
    /// By sender, the sums of the first so many payments that arrived.
    sums: Vec<Vec<i128>>,
    /// By sender and receiver, the places in the sender's queue and the sums up to and with them.
    pairs: Vec<Vec<Vec<(usize, i128)>>>,
    /// By receiver, all that is queued for it.
    incoming: Vec<i128>,
}

impl<'a> Partial<'a> {
    pub(super) fn new(opening: &[i128], records: &'a [Record]) -> Self {
        let participants = opening.len();
        Self {
            fifo: Fifo::new(opening, records),
            sums: vec![vec![0]; participants],
            pairs: vec![vec![Vec::new(); participants]; participants],
            incoming: vec![0; participants],
        }
    }

    fn push(&mut self, place: usize) {
        let Record { sender, receiver, value, .. } = self.fifo.records[place];
        let fen = i128::from(value.fen());
        let last = |sums: &[i128]| sums.last().copied().unwrap_or_default();
        let sum = last(&self.sums[sender]) + fen;
        self.sums[sender].push(sum);
        let pair = &mut self.pairs[sender][receiver];
        pair.push((self.fifo.arrived[sender].len(), pair.last().map_or(0, |(_, sum)| *sum) + fen));
        self.incoming[receiver] += fen;
        self.fifo.arrived[sender].push(place);
    }

    /// What the payments of a sender between two places of its queue come to.
    fn sum(&self, sender: usize, from: usize, to: usize) -> i128 {
        self.sums[sender][to] - self.sums[sender][from]
    }

    /// The same for those to one receiver.
    fn pair_sum(&self, sender: usize, receiver: usize, from: usize, to: usize) -> i128 {
        let pair = &self.pairs[sender][receiver];
        let before = |end: usize| match pair.partition_point(|(place, _)| *place < end) {
            0 => 0,
            count => pair[count - 1].1,
        };
        before(to) - before(from)
    }

    /// What a participant holds when everything queued settles.
    fn after_all(&self, who: usize) -> i128 {
        let (from, to) = (self.fifo.heads[who], self.fifo.arrived[who].len());
        self.fifo.balances[who] + self.incoming[who] - self.sum(who, from, to)
    }

    /// Whether the head of a queue could settle if everything to its owner did.
    fn head_may_settle(&self, who: usize) -> bool {
        let fen = |place: usize| i128::from(self.fifo.records[place].value.fen());
        self.fifo.head(who).is_some_and(|head| self.fifo.balances[who] + self.incoming[who] >= fen(head))
    }

    /// How far each queue settles together; `None` when nothing does. With `whole` the queue of that
    /// participant is known to settle to its end or nothing at all.
    fn largest_set(&self, whole: Option<usize>) -> Option<Vec<usize>> {
        let participants = self.fifo.heads.len();
        let mut ends: Vec<_> = self.fifo.arrived.iter().map(Vec::len).collect();
        let mut after: Vec<_> = (0..participants).map(|who| self.after_all(who)).collect();
        while let Some(who) = (0..participants).find(|who| after[*who] < 0) {
            if whole == Some(who) {
                return None;
            }
            let (head, end) = (self.fifo.heads[who], ends[who]);
            let keeps = self.sums[who][end] + after[who];
            let kept = self.sums[who].partition_point(|sum| *sum <= keeps).clamp(head + 1, end) - 1;
            for (receiver, after) in after.iter_mut().enumerate() {
                *after -= self.pair_sum(who, receiver, kept, end);
            }
            after[who] += self.sum(who, kept, end);
            ends[who] = kept;
        }
        (ends != self.fifo.heads).then_some(ends)
    }

    /// Settles the queues up to these ends together.
    fn settle_together(&mut self, ends: &[usize], settle: &mut dyn FnMut(usize)) {
        for (who, end) in ends.iter().enumerate() {
            for at in self.fifo.heads[who]..*end {
                let place = self.fifo.arrived[who][at];
                self.fifo.pay(place);
                self.incoming[self.fifo.records[place].receiver] -= i128::from(self.fifo.records[place].value.fen());
                settle(place);
            }
            self.fifo.heads[who] = *end;
        }
        assert!(self.fifo.balances.iter().all(|balance| *balance >= 0), "netting left a participant short");
    }
}

impl Queues for Partial<'_> {
    fn arrive(&mut self, place: usize, settle: &mut dyn FnMut(usize)) {
        let sender = self.fifo.records[place].sender;
        self.push(place);
        let mut paid = Vec::new();
        if self.fifo.head(sender) == Some(place) {
            let Self { fifo, incoming, .. } = self;
            let records = fifo.records;
            fifo.release(sender, &mut |settled| {
                incoming[records[settled].receiver] -= i128::from(records[settled].value.fen());
                paid.push(records[settled].receiver);
                settle(settled);
            });
        }
        let waits = self.fifo.arrived[sender].len() > self.fifo.heads[sender];
        let arrival_may_settle = waits && self.after_all(sender) >= 0;
        let whole = paid.is_empty().then_some(sender);
        if arrival_may_settle || paid.iter().any(|who| self.head_may_settle(*who)) {
            // What is left after the largest set cannot move, alone or together.
            if let Some(ends) = self.largest_set(whole) {
                self.settle_together(&ends, settle);
            }
        }
    }
}
