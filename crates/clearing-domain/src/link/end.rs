//! One end of a link: what the present batch will release to the peer, and how messages are
//! numbered in both directions.
//!
//! Nothing of it is stored. A link that ends loses what it would have released; the sender finds it
//! in its ledger and sends it again on the next link.

use super::{CentralBankMessage, ITEMS_MAX, LinkPlace, OperatorMessage};
use crate::seal::Chain;

/// A message of a link, in one of its directions.
pub trait LinkMessage: Default + PartialEq {
    /// How many of its items count towards the size of a message.
    fn items(&self) -> usize;
    /// Takes as much as one message carries, in the order in which it is applied. What the receiver
    /// must know first goes with it. What speaks of completeness stays: it is true with the last
    /// item only.
    fn take_full(&mut self) -> Self;
    /// Sets its place, and the batch that releases it.
    fn stamp(&mut self, place: LinkPlace, chain: &Chain);
}

/// Where a message stands among those of its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is the next one.
    Due,
    /// It came before.
    Repeated,
    /// Others that precede it are missing, from this number on.
    Early(u64),
}

/// One end of a link, since its last registration.
#[derive(Clone, Debug, Default)]
pub struct LinkEnd<M> {
    /// What the present batch will release.
    pub contents: M,
    /// Whether the batch is reported even when there is nothing else to send.
    reports: bool,
    sent: u64,
    received: u64,
    /// The last row of which the peer knows the batch.
    reported_row: u64,
}

impl<M: LinkMessage> LinkEnd<M> {
    /// The end of a link on which so many messages were received already.
    pub fn after(received: u64) -> Self {
        Self { received, ..Self::default() }
    }

    /// Numbers messages anew for another link. The peer still knows the batches it knew before.
    pub fn renumber(&mut self) {
        *self = Self { reported_row: self.reported_row, ..Self::default() };
    }

    /// Drops what the batch would have released: the link is gone.
    pub fn clear(&mut self) {
        self.contents = M::default();
        self.reports = false;
    }

    /// Where a message of this number stands.
    pub fn arrival(&self, sequence: u64) -> Arrival {
        match self.received + 1 {
            due if sequence == due => Arrival::Due,
            due if sequence < due => Arrival::Repeated,
            due => Arrival::Early(due),
        }
    }

    /// Notes that the message which was due has come.
    pub fn receive(&mut self) {
        self.received += 1;
    }

    /// Reports the batch of a row, unless the peer knows it.
    pub fn report(&mut self, row: u64) {
        self.reports |= row > self.reported_row;
    }

    /// Takes what the batch releases: one message, as long as it is not too large.
    ///
    /// Messages are numbered only now, so that what an ended link has dropped leaves no gap. They
    /// carry the head of the batch that releases them, which is never ahead of the file.
    pub fn take_messages(&mut self, incarnation: u64, chain: &Chain) -> Vec<M> {
        if !self.reports && self.contents == M::default() {
            return Vec::new();
        }
        self.reports = false;
        self.reported_row = chain.row;
        let mut messages = split(std::mem::take(&mut self.contents));
        for message in &mut messages {
            self.sent += 1;
            message.stamp(LinkPlace { incarnation, sequence: self.sent }, chain);
        }
        messages
    }
}

fn split<M: LinkMessage>(mut rest: M) -> Vec<M> {
    let mut messages = Vec::new();
    while rest.items() > ITEMS_MAX {
        messages.push(rest.take_full());
    }
    messages.push(rest);
    messages
}

/// Takes from the front of a list as long as there is room.
fn take_front<T>(list: &mut Vec<T>, room: &mut usize) -> Vec<T> {
    let rest = list.split_off(list.len().min(*room));
    *room -= list.len();
    std::mem::replace(list, rest)
}

impl LinkMessage for OperatorMessage {
    fn items(&self) -> usize {
        self.decisions.len()
            + self.fundings.len()
            + self.instructions.len()
            + self.withdrawals.len()
            + self.remittances.len()
    }

    fn take_full(&mut self) -> Self {
        let mut room = ITEMS_MAX;
        Self {
            registration: self.registration.take(),
            decisions: take_front(&mut self.decisions, &mut room),
            fundings: take_front(&mut self.fundings, &mut room),
            instructions: take_front(&mut self.instructions, &mut room),
            withdrawals: take_front(&mut self.withdrawals, &mut room),
            remittances: take_front(&mut self.remittances, &mut room),
            ..Self::default()
        }
    }

    fn stamp(&mut self, place: LinkPlace, chain: &Chain) {
        self.place = place;
        self.batch = chain.batch;
        self.head = chain.hash;
    }
}

impl LinkMessage for CentralBankMessage {
    fn items(&self) -> usize {
        self.notices.len()
            + self.advices.len()
            + self.funds.len()
            + self.deliveries.len()
            + self.revokes.len()
    }

    fn take_full(&mut self) -> Self {
        let mut room = ITEMS_MAX;
        Self {
            roster: std::mem::take(&mut self.roster),
            witness: self.witness.take(),
            notices: take_front(&mut self.notices, &mut room),
            advices: take_front(&mut self.advices, &mut room),
            funds: take_front(&mut self.funds, &mut room),
            deliveries: take_front(&mut self.deliveries, &mut room),
            revokes: take_front(&mut self.revokes, &mut room),
            ..Self::default()
        }
    }

    fn stamp(&mut self, place: LinkPlace, chain: &Chain) {
        self.place = place;
        self.batch = chain.batch;
        self.head = chain.hash;
    }
}

#[cfg(test)]
mod tests;
