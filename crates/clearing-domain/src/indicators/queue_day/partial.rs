//! Queues in strict order, with partial netting of the waiting payments.
//!
//! Partial netting starts from all queued payments and, while a participant is short, drops
//! payments from the end of its queue. Running sums per sender and per pair find in O(N log Q) how
//! many to drop at once, so that a long queue is not walked payment by payment. Most arrivals need
//! no search: a set that newly settles must contain the payment that arrived or the head of a
//! participant that was paid, or it would have settled before; and while the proof of the last
//! search holds, nothing settles.

use super::super::Record;
use super::Queues;
use super::fifo::Fifo;
use super::proof::Proof;

/// Balances and queues in strict order, and the sums over them.
pub(super) struct Partial<'a> {
    fifo: Fifo<'a>,
    /// By sender, the running sums of the payments that arrived.
    sums: Vec<Vec<i128>>,
    /// By sender and receiver, the places in the sender's queue and the running sums up to them.
    pairs: Vec<Vec<Vec<(usize, i128)>>>,
    /// By receiver, the sum that is queued for it.
    incoming: Vec<i128>,
    proof: Proof,
    /// The drops of searches that left no proof, since the last search that left one.
    unproved: usize,
    /// The drops of all searches, which bound their time.
    #[cfg(test)]
    pub(super) drops: std::cell::Cell<usize>,
}

/// The result of a search.
enum Search {
    /// The set that settles together, as the end of its part of each queue, and the proof for the
    /// rest.
    Settles(Vec<usize>, Proof),
    /// Nothing settles, with the proof.
    Nothing(Proof),
    /// The payment that arrived is dropped, after this number of drops; the others wait as before.
    ArrivalDropped(Proof, usize),
}

impl<'a> Partial<'a> {
    pub(super) fn new(opening: &[i128], records: &'a [Record]) -> Self {
        let participants = opening.len();
        Self {
            fifo: Fifo::new(opening, records),
            sums: vec![vec![0]; participants],
            pairs: vec![vec![Vec::new(); participants]; participants],
            incoming: vec![0; participants],
            proof: Proof::none(participants),
            unproved: 0,
            #[cfg(test)]
            drops: std::cell::Cell::default(),
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

    /// The sum of the payments of a sender between two places of its queue.
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

    /// The balance of a participant when all queued payments settle.
    fn after_all(&self, who: usize) -> i128 {
        let (from, to) = (self.fifo.heads[who], self.fifo.arrived[who].len());
        self.fifo.balances[who] + self.incoming[who] - self.sum(who, from, to)
    }

    /// Whether the head of a queue could settle if all payments to its owner settled.
    fn head_may_settle(&self, who: usize) -> bool {
        let fen = |place: usize| i128::from(self.fifo.records[place].value.fen());
        self.fifo
            .head(who)
            .is_some_and(|head| self.fifo.balances[who] + self.incoming[who] >= fen(head))
    }

    /// Searches the largest set that settles. `whole` names a participant whose queue is known to
    /// settle to its end or not at all.
    fn search(&self, whole: Option<usize>) -> Search {
        let participants = self.fifo.heads.len();
        let mut ends: Vec<_> = self.fifo.arrived.iter().map(Vec::len).collect();
        let mut after: Vec<_> = (0..participants).map(|who| self.after_all(who)).collect();
        let (mut proof, mut drops) = (Proof::begin(participants), 0);
        while let Some(who) = (0..participants).find(|who| after[*who] < 0) {
            #[cfg(test)]
            self.drops.set(self.drops.get() + 1);
            if whole == Some(who) {
                proof.dropped(who, -after[who]);
                return Search::ArrivalDropped(proof, drops);
            }
            let (head, end) = (self.fifo.heads[who], ends[who]);
            let keeps = self.sums[who][end] + after[who];
            let kept = self.sums[who].partition_point(|sum| *sum <= keeps).clamp(head + 1, end) - 1;
            for (receiver, after) in after.iter_mut().enumerate() {
                *after -= self.pair_sum(who, receiver, kept, end);
            }
            after[who] += self.sum(who, kept, end);
            // The first of these payments was dropped last, so with it the participant was still
            // short. That shortage is the slack of the proof.
            proof.dropped(who, self.sum(who, kept, kept + 1) - after[who]);
            ends[who] = kept;
            drops += 1;
        }
        if ends == self.fifo.heads { Search::Nothing(proof) } else { Search::Settles(ends, proof) }
    }

    /// Searches the set that settles, settles it, and keeps the proof that nothing else does.
    fn settle_largest(&mut self, whole: Option<usize>, settle: &mut dyn FnMut(usize)) {
        // A search that stops early leaves no proof. Once such searches have dropped as often as a
        // full search can, a full search costs no more, and its proof saves the next ones.
        let waiting = self
            .fifo
            .arrived
            .iter()
            .zip(&self.fifo.heads)
            .map(|(arrived, head)| arrived.len() - head);
        let stops_early = self.unproved < waiting.sum();
        let found = self.search(whole.filter(|_| stops_early));
        self.unproved =
            if let Search::ArrivalDropped(_, drops) = found { self.unproved + drops } else { 0 };
        match found {
            // The balance of a participant after all payments is the same before and after a part
            // of them settles. So the same drops apply to the rest, and the proof holds for it.
            Search::Settles(ends, proof) => {
                self.settle_together(&ends, settle);
                self.proof = proof;
            }
            Search::Nothing(proof) => self.proof = proof,
            Search::ArrivalDropped(before, _) => self.proof.precede(&before),
        }
    }

    /// Settles the queues up to these ends together.
    fn settle_together(&mut self, ends: &[usize], settle: &mut dyn FnMut(usize)) {
        for (who, end) in ends.iter().enumerate() {
            for at in self.fifo.heads[who]..*end {
                let place = self.fifo.arrived[who][at];
                self.fifo.pay(place);
                self.incoming[self.fifo.records[place].receiver] -=
                    i128::from(self.fifo.records[place].value.fen());
                settle(place);
            }
            self.fifo.heads[who] = *end;
        }
        assert!(
            self.fifo.balances.iter().all(|balance| *balance >= 0),
            "netting left a participant short"
        );
    }
}

impl Partial<'_> {
    /// Settles the payment that arrived at the head of its queue, if it fits, and the heads that
    /// then fit; returns the participants that were paid.
    fn release(&mut self, sender: usize, settle: &mut dyn FnMut(usize)) -> Vec<usize> {
        let (Self { fifo, incoming, .. }, mut paid) = (self, Vec::new());
        let records = fifo.records;
        fifo.release(sender, &mut |settled| {
            let Record { receiver, value, .. } = records[settled];
            incoming[receiver] -= i128::from(value.fen());
            paid.push(receiver);
            settle(settled);
        });
        paid
    }

    /// Handles a payment that waits at the end of its queue while nothing else has changed.
    fn wait(&mut self, place: usize, settle: &mut dyn FnMut(usize)) {
        let Record { sender, receiver, value, .. } = self.fifo.records[place];
        let (after, fen) = (self.after_all(sender), i128::from(value.fen()));
        let is_head = self.fifo.head(sender) == Some(place);
        if after < 0 {
            // The sender is short of all its payments together, so this one, the last, is dropped
            // first.
            self.proof.dropped(sender, -after);
        } else if !is_head && self.proof.outlives(receiver, fen) {
            // It is dropped together with those in front of it. Until that drop its receiver counts
            // on its money, which the slack of the receiver must allow.
            self.proof.paid(receiver, fen);
        } else {
            self.settle_largest(Some(sender), settle);
        }
    }
}

impl Queues for Partial<'_> {
    fn arrive(&mut self, place: usize, settle: &mut dyn FnMut(usize)) {
        let Record { sender, receiver, value, .. } = self.fifo.records[place];
        self.push(place);
        let is_head = self.fifo.head(sender) == Some(place);
        let paid = if is_head { self.release(sender, settle) } else { Vec::new() };
        if paid.is_empty() {
            return self.wait(place, settle);
        }
        self.proof.paid(receiver, i128::from(value.fen()));
        assert!(paid.len() == 1 || !self.proof.holds(), "a payment settles that was proven not to");
        // No payment outside the largest set can settle, alone or together, so one search is
        // enough.
        if !self.proof.holds() && paid.iter().any(|who| self.head_may_settle(*who)) {
            self.settle_largest(None, settle);
        }
    }
}
