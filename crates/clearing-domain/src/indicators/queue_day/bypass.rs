//! Queues from which every payment that fits may settle.

use std::collections::BTreeSet;

use crate::netting::FirstFit;

use super::super::Record;
use super::{Queues, in_order};

/// The value of a place without a queued payment.
const NOTHING: i128 = i128::MAX;

/// Balances and queues without order of precedence.
pub(super) struct Bypass<'a> {
    records: &'a [Record],
    balances: Vec<i128>,
    /// All payments of a day by their sender, in the order in which they will arrive.
    payments: Vec<Vec<usize>>,
    /// The place of a payment among those of its sender.
    places: Vec<usize>,
    /// The queued amounts, by these places.
    waiting: Vec<FirstFit<i128>>,
}

impl<'a> Bypass<'a> {
    pub(super) fn new(opening: &[i128], records: &'a [Record]) -> Self {
        let (mut payments, mut places) = (vec![Vec::new(); opening.len()], vec![0; records.len()]);
        for index in in_order(records) {
            let own: &mut Vec<usize> = &mut payments[records[index].sender];
            places[index] = own.len();
            own.push(index);
        }
        let waiting = payments
            .iter()
            .map(|own| FirstFit::new(NOTHING, own.iter().map(|_| NOTHING)))
            .collect();
        Self { records, balances: opening.to_vec(), payments, places, waiting }
    }

    /// Goes once through a queue, oldest first; adds the participants that were paid to `paid`.
    fn visit(&mut self, who: usize, settle: &mut dyn FnMut(usize), paid: &mut BTreeSet<usize>) {
        let mut from = 0;
        while let Some(place) = self.waiting[who].next_that_fits(from, self.balances[who]) {
            let index = self.payments[who][place];
            let Record { receiver, value, .. } = self.records[index];
            self.waiting[who].remove(place);
            self.balances[who] -= i128::from(value.fen());
            self.balances[receiver] += i128::from(value.fen());
            settle(index);
            paid.insert(receiver);
            from = place + 1;
        }
    }
}

impl Queues for Bypass<'_> {
    fn arrive(&mut self, index: usize, settle: &mut dyn FnMut(usize)) {
        let Record { sender, value, .. } = self.records[index];
        self.waiting[sender].set(self.places[index], i128::from(value.fen()));
        // The visits follow the passes of the definition, in the order of the codes, but skip
        // participants for whom nothing has changed.
        let (mut changed, mut next) = (BTreeSet::from([sender]), 0);
        while let Some(who) = changed.range(next..).next().or_else(|| changed.first()).copied() {
            changed.remove(&who);
            self.visit(who, settle, &mut changed);
            next = who + 1;
        }
    }
}
