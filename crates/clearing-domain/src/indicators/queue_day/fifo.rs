//! Queues of which only the heads may settle.

use super::super::Record;
use super::Queues;

/// Balances and queues in strict order.
pub(super) struct Fifo<'a> {
    pub(super) records: &'a [Record],
    pub(super) balances: Vec<i128>,
    /// The payments of each participant that have arrived, by place among the records.
    pub(super) arrived: Vec<Vec<usize>>,
    /// How many of them have settled.
    pub(super) heads: Vec<usize>,
}

impl<'a> Fifo<'a> {
    pub(super) fn new(opening: &[i128], records: &'a [Record]) -> Self {
        let participants = opening.len();
        let (arrived, heads) = (vec![Vec::new(); participants], vec![0; participants]);
        Self { records, balances: opening.to_vec(), arrived, heads }
    }

    /// The payment at the head of a queue.
    pub(super) fn head(&self, who: usize) -> Option<usize> {
        self.arrived[who].get(self.heads[who]).copied()
    }

    /// Settles heads while they fit, first of one participant, then of those it pays. Incoming
    /// money can only unblock, so the order of the visits does not matter.
    pub(super) fn release(&mut self, first: usize, settle: &mut dyn FnMut(usize)) {
        let mut to_visit = vec![first];
        while let Some(who) = to_visit.pop() {
            while let Some(place) = self.head(who) {
                if i128::from(self.records[place].value.fen()) > self.balances[who] {
                    break;
                }
                self.heads[who] += 1;
                self.pay(place);
                settle(place);
                to_visit.push(self.records[place].receiver);
            }
        }
    }

    /// Moves the money of a payment.
    pub(super) fn pay(&mut self, place: usize) {
        let Record { sender, receiver, value, .. } = self.records[place];
        self.balances[sender] -= i128::from(value.fen());
        self.balances[receiver] += i128::from(value.fen());
    }
}

impl Queues for Fifo<'_> {
    fn arrive(&mut self, place: usize, settle: &mut dyn FnMut(usize)) {
        let sender = self.records[place].sender;
        self.arrived[sender].push(place);
        // Behind a blocked head a new payment changes nothing.
        if self.head(sender) == Some(place) {
            self.release(sender, settle);
        }
    }
}
