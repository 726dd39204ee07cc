//! The central bank's ends of the links: how far each has come, and what it will release.
//!
//! What may be sent depends on how far a link has come, and is decided in one place: a step hands
//! over what it has to send, and need not know whether there is a link.

use std::collections::BTreeSet;
use std::ops::{Index, IndexMut};

use crate::link::{
    Advice, Arrival, CentralBankMessage, Delivery, Fund, INCARNATION_STEP_MAX, LinkEnd, LinkPlace,
    Notice, Registration, RosterEntry, Witness,
};
use crate::money::{ByOperator, OperatorNumber, PaymentId};
use crate::seal::Chain;

use super::account::AccountRow;

/// How many refused parts of one message are answered in words; the others are counted, so that a
/// peer gets no more text for a message than it sent.
const REFUSALS_IN_WORDS_MAX: u64 = 16;

/// How far a link has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LinkPhase {
    /// There is none.
    #[default]
    Down,
    /// The operator has registered and resends what is undecided; only answers are sent.
    Resending,
    /// Everything is sent.
    Ready,
}

/// What the central bank keeps of the link to an operator. The incarnation and the witness of the
/// operator's ledger are stored; the rest is gone with the process.
#[derive(Clone, Debug, Default)]
pub struct OperatorLink {
    phase: LinkPhase,
    /// The highest incarnation.
    incarnation: u64,
    /// How far the operator's ledger is, by its last report.
    witness: Witness,
    /// Parts of the present message that were refused.
    refused: u64,
    /// The last advice that the operator registered with.
    advice: u64,
    /// The last tick whose end the operator registered with.
    tick_ended: u64,
    /// The last tick it was asked to complete.
    tick_asked: u64,
    messages: LinkEnd<CentralBankMessage>,
    /// How far beyond one step the next registration may count.
    ahead: u64,
}

/// Something to be sent to an operator.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// The outcome of a payment. It is sent also while the operator resends: the notices of a cycle
    /// must always precede its settlement.
    Notice(Notice),
    /// A change of its accounts.
    Advice(Advice),
    /// A discount of one of its campaigns, to be held.
    Fund(Fund),
    /// A payment to one of its wallets, to be decided.
    Delivery(Delivery),
    /// The question for the decision on a delivered payment.
    Revoke(PaymentId),
    /// The question whether it has completed a tick; asked once per link.
    TickClose(u64),
    /// The end of a tick.
    TickEnd(u64),
    /// The head of this ledger, whose last row is named, unless the operator knows it.
    Head(u64),
    /// Why a part of its message was refused. Sent also while the operator resends, because that
    /// may be what is refused.
    Refusal(String),
}

impl OperatorLink {
    /// The highest incarnation of the link.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// The highest incarnation that the next registration may have.
    pub fn incarnation_max(&self) -> u64 {
        let step = INCARNATION_STEP_MAX.saturating_add(self.ahead);
        self.incarnation.saturating_add(step)
    }

    /// Allows an operator whose counting ran away one more step. It counts each attempt, and of
    /// some nobody learns, as when a registration does not come through: it gets in after some
    /// attempts, and what it claimed has fenced nothing.
    pub fn allow_ahead(&mut self) {
        self.ahead = self.ahead.saturating_add(INCARNATION_STEP_MAX);
    }

    /// An incarnation is used up by a registration that was refused.
    pub fn fence(&mut self, incarnation: u64) {
        self.incarnation = incarnation;
    }

    /// A link begins; what is of the one before is forgotten.
    pub fn begin(
        &mut self,
        place: LinkPlace,
        registration: &Registration,
        roster: Vec<RosterEntry>,
    ) {
        let mut messages = LinkEnd::<CentralBankMessage>::after(place.sequence);
        messages.contents.roster = roster;
        messages.contents.witness = Some(self.witness);
        *self = Self {
            phase: LinkPhase::Resending,
            incarnation: place.incarnation,
            witness: self.witness,
            advice: registration.advice,
            tick_ended: registration.tick_ended,
            messages,
            ..Self::default()
        };
    }

    /// The link is gone, and with it what it would have released.
    pub fn end(&mut self) {
        self.phase = LinkPhase::Down;
        self.messages.clear();
    }

    /// Whether there is a link.
    pub fn is_connected(&self) -> bool {
        self.phase != LinkPhase::Down
    }

    /// Whether everything may be sent: the operator has resent all that is undecided.
    pub fn is_ready(&self) -> bool {
        self.phase == LinkPhase::Ready
    }

    /// Where a message stands; `None` on a link that is closed or fenced. What comes there comes
    /// again on the next.
    pub fn arrival(&self, place: LinkPlace) -> Option<Arrival> {
        let is_present = place.incarnation == self.incarnation && self.is_connected();
        is_present.then(|| self.messages.arrival(place.sequence))
    }

    /// Takes the message that is due, and the operator's report of its own ledger with it. Answers
    /// false when that contradicts an earlier report.
    pub fn receive(&mut self, reported: Witness) -> bool {
        self.messages.receive();
        self.witness.hear(reported)
    }

    /// How far the operator's ledger is, by its last report.
    pub fn witness(&self) -> Witness {
        self.witness
    }

    /// The last tick whose end the operator had applied when it registered.
    pub fn tick_ended(&self) -> u64 {
        self.tick_ended
    }

    /// Everything undecided has come again: from now on everything is sent, first the advices
    /// behind the one it registered with.
    pub fn make_ready(&mut self, advices: impl Iterator<Item = Advice>) {
        let known = usize::try_from(self.advice).unwrap_or(usize::MAX);
        self.messages.contents.advices.extend(advices.skip(known));
        self.phase = LinkPhase::Ready;
    }

    /// Hands over something to be sent, as far as the link has come: what is not sent now is in
    /// the ledger, and comes again when the operator has resent.
    pub fn send(&mut self, item: Outgoing) {
        let may_leave = match item {
            Outgoing::Notice(_) | Outgoing::Refusal(_) => self.is_connected(),
            Outgoing::Advice(_)
            | Outgoing::Fund(_)
            | Outgoing::Delivery(_)
            | Outgoing::Revoke(_)
            | Outgoing::TickClose(_)
            | Outgoing::TickEnd(_)
            | Outgoing::Head(_) => self.is_ready(),
        };
        if !may_leave {
            return;
        }
        match item {
            Outgoing::Notice(notice) => self.messages.contents.notices.push(notice),
            Outgoing::Advice(advice) => self.messages.contents.advices.push(advice),
            Outgoing::Fund(fund) => self.messages.contents.funds.push(fund),
            Outgoing::Delivery(delivery) => self.messages.contents.deliveries.push(delivery),
            Outgoing::Revoke(id) => self.messages.contents.revokes.push(id),
            Outgoing::TickClose(tick) => {
                if self.tick_asked < tick {
                    self.tick_asked = tick;
                    self.messages.contents.tick_close = Some(tick);
                }
            }
            Outgoing::TickEnd(tick) => self.messages.contents.tick_end = Some(tick),
            Outgoing::Head(row) => self.messages.report(row),
            Outgoing::Refusal(why) => self.messages.contents.refused.push(why),
        }
    }

    /// Counts a part of the present message that was refused, and sends why while there are few.
    /// Answers whether it did.
    pub fn refuse(&mut self, why: &str) -> bool {
        self.refused += 1;
        let in_words = self.refused <= REFUSALS_IN_WORDS_MAX;
        if in_words {
            self.send(Outgoing::Refusal(why.to_owned()));
        }
        in_words
    }

    /// Takes how many parts of the present message were refused beyond those answered in words.
    pub fn take_refused(&mut self) -> u64 {
        std::mem::take(&mut self.refused).saturating_sub(REFUSALS_IN_WORDS_MAX)
    }

    /// Takes what the batch releases, numbered.
    pub fn take_messages(&mut self, chain: &Chain) -> Vec<CentralBankMessage> {
        self.messages.take_messages(self.incarnation, chain)
    }
}

/// The links to all operators.
#[derive(Debug)]
pub struct Links {
    list: ByOperator<OperatorLink>,
    /// Operators that know of batches this ledger lacks, by their own word.
    doubting: BTreeSet<OperatorNumber>,
}

impl Links {
    /// No link yet, to so many operators.
    pub fn new(operators: usize) -> Self {
        let list = ByOperator::filled(operators, OperatorLink::default());
        Self { list, doubting: BTreeSet::new() }
    }

    /// The link to an operator; `None` when the roster has no such number.
    pub fn of(&self, operator: OperatorNumber) -> Option<&OperatorLink> {
        self.list.of(operator)
    }

    /// As [`Self::of`], to be changed.
    pub fn of_mut(&mut self, operator: OperatorNumber) -> Option<&mut OperatorLink> {
        self.list.of_mut(operator)
    }

    /// Hands over something to be sent to every operator.
    pub fn send_to_all(&mut self, item: &Outgoing) {
        self.list.iter_mut().for_each(|link| link.send(item.clone()));
    }

    /// Notes that an operator knows better of this ledger's past; gives another one that does, too.
    pub fn doubted_by(&mut self, operator: OperatorNumber) -> Option<OperatorNumber> {
        self.doubting.insert(operator);
        self.doubting.iter().find(|number| **number != operator).copied()
    }

    /// An operator agrees with this ledger's past.
    pub fn agrees(&mut self, operator: OperatorNumber) {
        self.doubting.remove(&operator);
    }

    /// Takes over what was stored.
    pub fn load(&mut self, rows: &[AccountRow]) {
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
