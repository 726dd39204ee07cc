//! What a batch will release to one operator.

use crate::link::{Advice, CentralBankMessage, Delivery, ITEMS_MAX, Notice, RosterEntry, Witness};
use crate::money::PaymentId;

/// The contents of the next messages, in the order in which they are applied.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    pub(super) roster: Vec<RosterEntry>,
    pub(super) witness: Option<Witness>,
    /// Say how far this ledger is, also when there is nothing else to say.
    pub(super) tell_head: bool,
    pub(super) refused: Vec<String>,
    pub(super) notices: Vec<Notice>,
    pub(super) advices: Vec<Advice>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) revokes: Vec<PaymentId>,
    pub(super) tick_end: Option<u64>,
    pub(super) tick_close: Option<u64>,
}

impl Outbox {
    fn items(&self) -> usize {
        self.notices.len() + self.advices.len() + self.deliveries.len() + self.revokes.len()
    }

    fn is_empty(&self) -> bool {
        self.items() == 0
            && !self.tell_head
            && self.roster.is_empty()
            && self.refused.is_empty()
            && self.tick_end.is_none()
            && self.tick_close.is_none()
    }

    /// Takes the contents as messages: one, as long as it is not too large.
    pub(super) fn take_messages(&mut self) -> Vec<CentralBankMessage> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut rest = std::mem::take(self);
        let mut messages = Vec::new();
        while rest.items() > ITEMS_MAX {
            messages.push(rest.take_full());
        }
        messages.push(CentralBankMessage {
            roster: rest.roster,
            witness: rest.witness,
            refused: rest.refused,
            notices: rest.notices,
            advices: rest.advices,
            deliveries: rest.deliveries,
            revokes: rest.revokes,
            tick_end: rest.tick_end,
            tick_close: rest.tick_close,
            ..CentralBankMessage::default()
        });
        messages
    }

    /// Takes as much as one message carries, in the order in which it is applied.
    fn take_full(&mut self) -> CentralBankMessage {
        let mut room = ITEMS_MAX;
        CentralBankMessage {
            roster: std::mem::take(&mut self.roster),
            witness: self.witness.take(),
            notices: take_front(&mut self.notices, &mut room),
            advices: take_front(&mut self.advices, &mut room),
            deliveries: take_front(&mut self.deliveries, &mut room),
            revokes: take_front(&mut self.revokes, &mut room),
            ..CentralBankMessage::default()
        }
    }
}

/// Takes from the front of a list as long as there is room.
fn take_front<T>(list: &mut Vec<T>, room: &mut usize) -> Vec<T> {
    let rest = list.split_off(list.len().min(*room));
    *room -= list.len();
    std::mem::replace(list, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_split_in_order_and_the_end_of_the_tick_comes_last() {
        let id = |number: usize| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
            PaymentId(bytes)
        };
        let count = 2 * ITEMS_MAX + 1;
        let mut outbox = Outbox {
            revokes: (0..count).map(id).collect(),
            tick_end: Some(7),
            ..Outbox::default()
        };
        let messages = outbox.take_messages();
        assert_eq!(
            messages.iter().map(|message| message.revokes.len()).collect::<Vec<_>>(),
            [ITEMS_MAX, ITEMS_MAX, 1]
        );
        assert_eq!(
            messages.iter().map(|message| message.tick_end).collect::<Vec<_>>(),
            [None, None, Some(7)]
        );
        assert!(messages.iter().flat_map(|message| &message.revokes).is_sorted());
        assert!(outbox.take_messages().is_empty());
    }
}
