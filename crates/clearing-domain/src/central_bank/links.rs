//! The central bank's ends of the links: how far each has come, and what it will release.

use std::collections::BTreeSet;
use std::ops::{Index, IndexMut};

use crate::link::{
    Advice, CentralBankMessage, Delivery, INCARNATION_STEP_MAX, LinkPlace, Notice, Registration,
    RosterEntry, Witness,
};
use crate::money::{ByOperator, OperatorNumber, PaymentId};
use crate::seal::Chain;

use super::account::AccountRow;
use super::outbox::Outbox;

/// How many refused parts of one message are told in words; the others are counted.
const REFUSED_TOLD_MAX: u64 = 16;

/// How far a link has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LinkPhase {
    /// There is none.
    #[default]
    Down,
    /// The operator has registered and says again what is undecided; only answers are sent.
    Resending,
    /// Everything is sent.
    Ready,
}

/// What the central bank keeps of the link to an operator. The incarnation and what the operator
/// told of its own ledger are stored; the rest is gone with the process.
#[derive(Clone, Debug, Default)]
pub(super) struct OperatorLink {
    phase: LinkPhase,
    /// The highest incarnation.
    incarnation: u64,
    /// The last that the operator told of its own ledger.
    witness: Witness,
    sent: u64,
    received: u64,
    /// The last row of which the operator was told the batch.
    told_row: u64,
    /// Parts of the present message that were refused.
    refused: u64,
    /// The last advice that the operator registered with.
    advice: u64,
    /// The last tick whose end the operator registered with.
    tick_ended: u64,
    /// The last tick it was asked to complete.
    tick_asked: u64,
    outbox: Outbox,
    /// How far beyond one step the next registration may count.
    ahead: u64,
}

/// Where a message stands behind the one before it.
pub(super) enum Order {
    /// It is the next one.
    Next,
    /// It came before, or on a link that is closed or fenced.
    Past {
        /// Whether it came on this link.
        again: bool,
    },
    /// Another one is missing.
    Gap {
        /// The one that is due.
        due: u64,
    },
}

impl OperatorLink {
    pub(super) fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// The highest incarnation that the next registration may have.
    pub(super) fn incarnation_max(&self) -> u64 {
        let step = INCARNATION_STEP_MAX.saturating_add(self.ahead);
        self.incarnation.saturating_add(step)
    }

    /// Allows an operator whose counting ran away one more step. It counts each attempt, and of
    /// some nobody hears, as when a registration does not come through: it gets in after some
    /// attempts, and what it said has fenced nothing.
    pub(super) fn allow_ahead(&mut self) {
        self.ahead = self.ahead.saturating_add(INCARNATION_STEP_MAX);
    }

    /// An incarnation is used up by a registration that was refused.
    pub(super) fn fence(&mut self, incarnation: u64) {
        self.incarnation = incarnation;
    }

    /// A link begins; what is of the one before is forgotten.
    pub(super) fn begin(
        &mut self,
        place: LinkPlace,
        registration: &Registration,
        roster: Vec<RosterEntry>,
    ) {
        *self = Self {
            phase: LinkPhase::Resending,
            incarnation: place.incarnation,
            witness: self.witness,
            received: place.sequence,
            advice: registration.advice,
            tick_ended: registration.tick_ended,
            outbox: Outbox { roster, witness: Some(self.witness), ..Outbox::default() },
            ..Self::default()
        };
    }

    pub(super) fn end(&mut self) {
        self.phase = LinkPhase::Down;
        self.outbox = Outbox::default();
    }

    pub(super) fn is_connected(&self) -> bool {
        self.phase != LinkPhase::Down
    }

    /// Whether everything may be sent: the operator has said again all that is undecided.
    pub(super) fn is_ready(&self) -> bool {
        self.phase == LinkPhase::Ready
    }

    /// Where a message stands. What comes on a link that is closed already comes again on the next.
    pub(super) fn order(&self, place: LinkPlace) -> Order {
        if place.incarnation != self.incarnation || !self.is_connected() {
            return Order::Past { again: false };
        }
        let due = self.received + 1;
        match place.sequence {
            sequence if sequence < due => Order::Past { again: true },
            sequence if sequence == due => Order::Next,
            _ => Order::Gap { due },
        }
    }

    /// Takes the next message, and what the operator tells of its own ledger with it. Gives back
    /// false when that contradicts what it told before.
    pub(super) fn receive(&mut self, sequence: u64, told: Witness) -> bool {
        self.received = sequence;
        self.witness.hear(told)
    }

    /// The last that the operator told of its own ledger.
    pub(super) fn witness(&self) -> Witness {
        self.witness
    }

    /// The last tick whose end the operator had applied when it registered.
    pub(super) fn tick_ended(&self) -> u64 {
        self.tick_ended
    }

    /// Everything undecided has come again: from now on everything is sent, first the advices
    /// behind the one it registered with.
    pub(super) fn make_ready(&mut self, advices: impl Iterator<Item = Advice>) {
        let heard = usize::try_from(self.advice).unwrap_or(usize::MAX);
        self.outbox.advices.extend(advices.skip(heard));
        self.phase = LinkPhase::Ready;
    }

    /// Tells the outcome of a payment. While an operator resends it is told at once, so that the
    /// notices of a cycle always precede its settlement.
    pub(super) fn notify(&mut self, notice: Notice) {
        if self.is_connected() {
            self.outbox.notices.push(notice);
        }
    }

    pub(super) fn deliver(&mut self, delivery: Delivery) {
        if self.is_ready() {
            self.outbox.deliveries.push(delivery);
        }
    }

    pub(super) fn revoke(&mut self, id: PaymentId) {
        if self.is_ready() {
            self.outbox.revokes.push(id);
        }
    }

    pub(super) fn advise(&mut self, advice: Advice) {
        if self.is_ready() {
            self.outbox.advices.push(advice);
        }
    }

    /// Asks for the completion of a tick, once per link.
    pub(super) fn ask_to_complete(&mut self, tick: u64) {
        if self.is_ready() && self.tick_asked < tick {
            self.tick_asked = tick;
            self.outbox.tick_close = Some(tick);
        }
    }

    pub(super) fn end_tick(&mut self, tick: u64) {
        if self.is_ready() {
            self.outbox.tick_end = Some(tick);
        }
    }

    /// Tells again of the end of a tick that the operator has missed.
    pub(super) fn repeat_tick(&mut self, tick: u64) {
        if self.tick_ended < tick {
            self.outbox.tick_end = Some(tick);
        }
    }

    /// Tells how far the ledger is, when it has rows of which the operator was not told.
    pub(super) fn tell_head(&mut self, row: u64) {
        if self.is_ready() {
            self.outbox.tell_head |= row > self.told_row;
        }
    }

    /// Counts a part of the present message that was refused, and tells why while there are few.
    /// Says whether it did.
    pub(super) fn refuse(&mut self, why: &str) -> bool {
        self.refused += 1;
        if self.refused > REFUSED_TOLD_MAX {
            return false;
        }
        if self.is_connected() {
            self.outbox.refused.push(why.to_owned());
        }
        true
    }

    /// Takes how many parts of the present message were refused beyond those told in words.
    pub(super) fn take_refused(&mut self) -> u64 {
        std::mem::take(&mut self.refused).saturating_sub(REFUSED_TOLD_MAX)
    }

    pub(super) fn tell_refused(&mut self, text: &str) {
        self.outbox.refused.push(text.to_owned());
    }

    /// Numbers what the batch releases.
    pub(super) fn take_messages(&mut self, chain: &Chain) -> Vec<CentralBankMessage> {
        let mut messages = self.outbox.take_messages();
        for message in &mut messages {
            self.sent += 1;
            message.place = LinkPlace { incarnation: self.incarnation, sequence: self.sent };
            message.batch = chain.batch;
            message.head = chain.hash;
            self.told_row = chain.row;
        }
        messages
    }
}

/// The links to all operators.
#[derive(Debug)]
pub(super) struct Links {
    list: ByOperator<OperatorLink>,
    /// Operators that say to have heard of batches this ledger lacks.
    doubting: BTreeSet<OperatorNumber>,
}

impl Links {
    pub(super) fn new(operators: usize) -> Self {
        let list = ByOperator::filled(operators, OperatorLink::default());
        Self { list, doubting: BTreeSet::new() }
    }

    pub(super) fn of(&self, operator: OperatorNumber) -> Option<&OperatorLink> {
        self.list.of(operator)
    }

    pub(super) fn list_mut(&mut self) -> &mut ByOperator<OperatorLink> {
        &mut self.list
    }

    /// Notes that an operator knows better of this ledger's past; gives another one that does, too.
    pub(super) fn doubted_by(&mut self, operator: OperatorNumber) -> Option<OperatorNumber> {
        self.doubting.insert(operator);
        self.doubting.iter().find(|number| **number != operator).copied()
    }

    /// An operator agrees with this ledger's past.
    pub(super) fn agrees(&mut self, operator: OperatorNumber) {
        self.doubting.remove(&operator);
    }

    /// Takes over what was stored.
    pub(super) fn load(&mut self, rows: &[AccountRow]) {
        for (link, row) in self.list.iter_mut().zip(rows) {
            link.incarnation = row.incarnation;
            link.witness = Witness { batch: row.batch_seen, head: row.head_seen };
        }
    }
}

impl Index<OperatorNumber> for Links {
    type Output = OperatorLink;

    fn index(&self, operator: OperatorNumber) -> &OperatorLink {
        &self.list[operator]
    }
}

impl IndexMut<OperatorNumber> for Links {
    fn index_mut(&mut self, operator: OperatorNumber) -> &mut OperatorLink {
        &mut self.list[operator]
    }
}

#[cfg(test)]
impl OperatorLink {
    /// What is stored, to be changed behind the back of the ledger.
    pub(super) fn forge(&mut self) -> (&mut u64, &mut u64, &mut crate::link::Head) {
        (&mut self.incarnation, &mut self.witness.batch, &mut self.witness.head)
    }
}
