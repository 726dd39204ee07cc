//! The central bank's ends of the links: registration, resending and numbering.

use crate::link::{
    CentralBankMessage, Head, INCARNATION_STEP_MAX, LinkPlace, OperatorMessage, Registration,
    RosterEntry, Witness,
};
use crate::money::{OperatorCode, Timestamp};
use crate::seal::Chain;

use super::changes::EventKind;
use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::outbox::Outbox;

/// How far a link has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LinkPhase {
    /// There is none.
    #[default]
    Down,
    /// The operator has registered and says again what is undecided; only answers are sent.
    Resending,
    /// Everything is sent.
    Ready,
}

/// What the central bank keeps of the link to an operator; gone with the process.
#[derive(Clone, Debug, Default)]
pub(super) struct OperatorLink {
    pub(super) phase: LinkPhase,
    sent: u64,
    received: u64,
    /// The last row of which the operator was told the batch.
    told_row: u64,
    /// Parts of the present message that were refused.
    pub(super) refused: u64,
    /// What the operator registered with.
    pub(super) advice: u64,
    pub(super) tick_ended: u64,
    /// The last tick it was asked to complete.
    pub(super) tick_asked: u64,
    pub(super) outbox: Outbox,
    /// How far beyond one step the next registration may count.
    pub(super) ahead: u64,
}

impl OperatorLink {
    /// Allows an operator whose counting ran away one more step. It counts each attempt, and of
    /// some nobody hears, as when a registration does not come through: it gets in after some
    /// attempts, and what it said has fenced nothing.
    fn allow_ahead(&mut self, refused: &CentralBankError) {
        if matches!(refused, CentralBankError::OutOfBounds { field: "incarnation", .. }) {
            self.ahead = self.ahead.saturating_add(INCARNATION_STEP_MAX);
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.phase != LinkPhase::Down
    }

    /// Whether everything may be sent: the operator has said again all that is undecided.
    pub(super) fn is_ready(&self) -> bool {
        self.phase == LinkPhase::Ready
    }

    /// Numbers what the batch releases.
    pub(super) fn take_messages(
        &mut self,
        incarnation: u64,
        chain: &Chain,
    ) -> Vec<CentralBankMessage> {
        let mut messages = self.outbox.take_messages();
        for message in &mut messages {
            self.sent += 1;
            message.place = LinkPlace { incarnation, sequence: self.sent };
            message.batch = chain.batch;
            message.head = chain.hash;
            self.told_row = chain.row;
        }
        messages
    }
}

impl CentralBankLedger {
    /// Starts a new link with an operator, answers with the roster, and with its number in it.
    ///
    /// The incarnation must be a new one: it fences every link before. A ledger that is behind what
    /// the other side has seen of it is refused, because what it forgot cannot be resent.
    ///
    /// `own_head` is the head of this ledger's chain at the batch that the operator heard of, as
    /// the file has it. Without it nothing is agreed: `None` refuses an operator that has heard of
    /// any batch.
    ///
    /// One that is refused for what the ledgers hold has used its incarnation up: it tries again
    /// with the next, for as long as it takes, and must not run away from what is known here.
    pub fn register(
        &mut self,
        place: LinkPlace,
        registration: &Registration,
        own_head: Option<Head>,
        now: Timestamp,
    ) -> Result<u16, CentralBankError> {
        let operator = self.operator_number(registration.operator)?;
        if let Err(error) = self.check_said(operator, place, registration) {
            self.accounts[usize::from(operator)].link.allow_ahead(&error);
            return Err(error);
        }
        if let Err(error) = self.check_ledgers(operator, registration, own_head) {
            if self.accounts[usize::from(operator)].link.is_connected() {
                self.disconnect(operator);
            }
            self.accounts[usize::from(operator)].incarnation = place.incarnation;
            self.touch(operator);
            return Err(error);
        }
        let roster = self.roster();
        let account = &mut self.accounts[usize::from(operator)];
        account.incarnation = place.incarnation;
        account.link = OperatorLink {
            phase: LinkPhase::Resending,
            received: place.sequence,
            advice: registration.advice,
            tick_ended: registration.tick_ended,
            outbox: Outbox { roster, witness: Some(account.witness()), ..Outbox::default() },
            ..OperatorLink::default()
        };
        // What was to be closed is the link before.
        self.effects.disconnect.retain(|number| *number != operator);
        self.effects.refused.retain(|(number, _)| *number != operator);
        self.touch(operator);
        self.happened(EventKind::LinkUp, format!("operator {} at {now}", registration.operator));
        self.rejoin_tick(operator);
        Ok(operator)
    }

    /// Checks that neither ledger lacks what the other has seen of it, or has another past. That
    /// this one does is believed when two operators say so.
    fn check_ledgers(
        &mut self,
        operator: u16,
        registration: &Registration,
        own_head: Option<Head>,
    ) -> Result<(), CentralBankError> {
        let account = &self.accounts[usize::from(operator)];
        let code = account.code;
        if registration.batch < account.batch_seen {
            let (seen, found) = (account.batch_seen, registration.batch);
            return Err(CentralBankError::OperatorBehind { operator: code, seen, found });
        }
        // Of an earlier batch the operator itself compares: it alone has the head.
        if registration.batch == account.batch_seen
            && !account.witness().agrees_with(&registration.head)
        {
            return Err(CentralBankError::OperatorForked {
                operator: code,
                batch: registration.batch,
            });
        }
        let heard = Witness {
            batch: registration.central_bank_batch,
            head: registration.central_bank_head,
        };
        if heard.batch > self.chain.batch {
            let (agreed, own) = (self.doubted_by(operator), self.chain.batch);
            return Err(CentralBankError::CentralBankBehind {
                operator: code,
                heard: heard.batch,
                own,
                agreed,
            });
        }
        // What was committed meanwhile makes up for no batch that was not there when the head was
        // looked up.
        let unknown = CentralBankError::OwnHeadUnknown { operator: code, batch: heard.batch };
        let own_head = if heard.batch == 0 { heard.head } else { own_head.ok_or(unknown)? };
        if !heard.agrees_with(&own_head) {
            let agreed = self.doubted_by(operator);
            return Err(CentralBankError::CentralBankForked {
                operator: code,
                batch: heard.batch,
                agreed,
            });
        }
        self.ahead.remove(&operator);
        self.check_heard(operator, registration)
    }

    /// Notes that an operator knows better of this ledger's past; gives another one that does, too.
    fn doubted_by(&mut self, operator: u16) -> Option<OperatorCode> {
        self.ahead.insert(operator);
        let other = self.ahead.iter().find(|number| **number != operator);
        other.map(|number| self.accounts[usize::from(*number)].code)
    }

    /// Tells every operator how far this ledger is, when it has rows of which the operator was not
    /// told.
    pub fn send_witness(&mut self) {
        let row = self.chain.row;
        for account in self.accounts.iter_mut().filter(|account| account.link.is_ready()) {
            account.link.outbox.tell_head |= row > account.link.told_row;
        }
    }

    fn roster(&self) -> Vec<RosterEntry> {
        let entry = |account: &super::account::OperatorAccount| RosterEntry {
            code: account.code,
            prefix: account.prefix,
        };
        let mut roster: Vec<_> = self.accounts.iter().map(entry).collect();
        roster.sort_unstable_by_key(|entry| entry.prefix);
        roster
    }

    /// A link is gone. The end of a link that a newer one has fenced means nothing.
    pub fn link_down(&mut self, operator: u16, incarnation: u64) {
        let Some(account) = self.accounts.get_mut(usize::from(operator)) else { return };
        if account.incarnation == incarnation && account.link.is_connected() {
            account.link.phase = LinkPhase::Down;
            account.link.outbox = Outbox::default();
            let text = format!("operator {}", account.code);
            self.happened(EventKind::LinkDown, text);
        }
    }

    /// Closes a link on which something went wrong; the operator registers again and resends.
    pub(super) fn disconnect(&mut self, operator: u16) {
        self.link_down(operator, self.accounts[usize::from(operator)].incarnation);
        self.effects.disconnect.push(operator);
    }

    /// Applies a message of an operator. Messages of an older incarnation and repeats are dropped;
    /// a gap is never skipped: the link is closed and everything undecided comes again.
    pub fn receive(&mut self, operator: u16, message: OperatorMessage, now: Timestamp) {
        let Some(account) = self.accounts.get_mut(usize::from(operator)) else { return };
        let LinkPlace { incarnation, sequence } = message.place;
        // What comes on a link that is closed already comes again on the next.
        if incarnation != account.incarnation || !account.link.is_connected() {
            return;
        }
        if sequence <= account.link.received {
            self.effects.refused_items += 1;
            return;
        }
        if sequence != account.link.received + 1 {
            let due = account.link.received + 1;
            let error = CentralBankError::Gap { operator: account.code, found: sequence, due };
            return self.refuse_link(operator, error);
        }
        if let Err(error) = self.check_numbers(operator, &message) {
            return self.refuse_link(operator, error);
        }
        let account = &mut self.accounts[usize::from(operator)];
        account.link.received = sequence;
        let agrees = account.hear_witness(Witness { batch: message.batch, head: message.head });
        if !agrees {
            let code = account.code;
            self.alarm(format!(
                "operator {code} told another head of its batch {} than before",
                message.batch
            ));
        }
        self.touch(operator);
        self.apply_message(operator, &message, now);
        self.sum_refused_up(operator);
        self.release_at_once(now);
        self.prune_expiries();
    }

    fn apply_message(&mut self, operator: u16, message: &OperatorMessage, now: Timestamp) {
        let now = self.business_time(now);
        for decision in &message.decisions {
            self.decide(operator, decision, now);
        }
        for instruction in &message.instructions {
            self.instruct(operator, instruction, now);
        }
        for answer in &message.withdrawals {
            self.answer_withdrawal(operator, answer, now);
        }
        if message.resend_complete {
            self.link_ready(operator, now);
        }
        if let Some(done) = &message.tick_done {
            self.tick_done(operator, done);
        }
        if let Some(tick) = message.tick_acknowledged {
            self.acknowledge_tick(operator, tick);
        }
    }
}

#[cfg(test)]
mod tests;
