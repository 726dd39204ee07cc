//! The central bank's ends of the links: registration, resending and numbering.

use crate::link::{
    Advice, AdviceEvent, CentralBankMessage, LinkPlace, Notice, OperatorMessage, Registration, RosterEntry, Side,
};
use crate::money::{PaymentId, Timestamp};

use super::changes::EventKind;
use super::error::CentralBankError;
use super::ledger::{CentralBankLedger, next_slot};
use super::outbox::Outbox;
use super::transfer::{AdviceRow, TransferState};

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

/// What the central bank keeps of the link to an operator; gone with the process.
#[derive(Clone, Debug, Default)]
pub(super) struct OperatorLink {
    phase: LinkPhase,
    sent: u64,
    received: u64,
    /// What the operator registered with.
    advice: u64,
    pub(super) tick_ended: u64,
    /// The last tick it was asked to complete.
    pub(super) tick_asked: u64,
    pub(super) outbox: Outbox,
}

impl OperatorLink {
    pub(super) fn is_connected(&self) -> bool {
        self.phase != LinkPhase::Down
    }

    /// Whether everything may be sent: the operator has said again all that is undecided.
    pub(super) fn is_ready(&self) -> bool {
        self.phase == LinkPhase::Ready
    }

    /// Numbers what the batch releases.
    pub(super) fn take_messages(&mut self, incarnation: u64, batch: u64) -> Vec<CentralBankMessage> {
        let mut messages = self.outbox.take_messages();
        for message in &mut messages {
            self.sent += 1;
            message.place = LinkPlace { incarnation, sequence: self.sent };
            message.batch = batch;
        }
        messages
    }
}

impl CentralBankLedger {
    /// Starts a new link with an operator, answers with the roster, and with its number in it.
    ///
    /// The incarnation must be a new one: it fences every link before. A ledger that is behind what
    /// the other side has seen of it is refused, because what it forgot cannot be resent.
    pub fn register(
        &mut self,
        place: LinkPlace,
        registration: &Registration,
        now: Timestamp,
    ) -> Result<u16, CentralBankError> {
        let operator = self.operator_number(registration.operator)?;
        self.check_registration(operator, place, registration)?;
        let roster = self.roster();
        let account = &mut self.accounts[usize::from(operator)];
        account.incarnation = place.incarnation;
        account.batch_seen = account.batch_seen.max(registration.batch);
        account.link = OperatorLink {
            phase: LinkPhase::Resending,
            received: place.sequence,
            advice: registration.advice,
            tick_ended: registration.tick_ended,
            outbox: Outbox { roster, ..Outbox::default() },
            ..OperatorLink::default()
        };
        self.touch(operator);
        self.happened(EventKind::LinkUp, format!("operator {} at {now}", registration.operator));
        self.rejoin_tick(operator);
        Ok(operator)
    }

    fn check_registration(
        &self,
        operator: u16,
        place: LinkPlace,
        registration: &Registration,
    ) -> Result<(), CentralBankError> {
        let account = &self.accounts[usize::from(operator)];
        let code = account.code;
        if place.incarnation <= account.incarnation {
            let (seen, found) = (account.incarnation, place.incarnation);
            return Err(CentralBankError::Fenced { operator: code, seen, found });
        }
        if registration.batch < account.batch_seen {
            let (seen, found) = (account.batch_seen, registration.batch);
            return Err(CentralBankError::OperatorBehind { operator: code, seen, found });
        }
        if registration.central_bank_batch > self.chain.batch {
            let (heard, own) = (registration.central_bank_batch, self.chain.batch);
            return Err(CentralBankError::CentralBankBehind { operator: code, heard, own });
        }
        Ok(())
    }

    fn roster(&self) -> Vec<RosterEntry> {
        let entry =
            |account: &super::account::OperatorAccount| RosterEntry { code: account.code, prefix: account.prefix };
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

    /// Applies a message of an operator. Messages of an older incarnation and repeats are dropped; a
    /// gap is never skipped: the link is closed and everything undecided comes again.
    pub fn receive(&mut self, operator: u16, message: OperatorMessage, now: Timestamp) {
        let Some(account) = self.accounts.get_mut(usize::from(operator)) else { return };
        let LinkPlace { incarnation, sequence } = message.place;
        let current = incarnation == account.incarnation && account.link.is_connected();
        if !current || sequence <= account.link.received {
            return;
        }
        if sequence != account.link.received + 1 {
            let (code, due) = (account.code, account.link.received + 1);
            self.alarm(format!("message {sequence} of {code} came when {due} was due"));
            return self.disconnect(operator);
        }
        account.link.received = sequence;
        account.batch_seen = account.batch_seen.max(message.batch);
        self.touch(operator);
        self.apply_message(operator, &message, now);
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

    /// Everything undecided has come again: what waited for this moment is sent.
    fn link_ready(&mut self, operator: u16, now: Timestamp) {
        self.accounts[usize::from(operator)].link.phase = LinkPhase::Ready;
        self.resend_deliveries(operator, now);
        for slot in std::mem::take(&mut self.accounts[usize::from(operator)].pending) {
            if !self.refuse_overdue(slot, now) {
                self.mark_delivered(slot, now);
                self.send_delivery(slot);
            }
        }
        let account = &mut self.accounts[usize::from(operator)];
        let told = usize::try_from(account.link.advice).unwrap_or(usize::MAX);
        let untold = account.advices.iter().skip(told).map(|index| self.advices[*index as usize].advice);
        account.link.outbox.advices.extend(untold);
        self.resend_tick(operator);
    }

    /// Asks again for every decision that is missing.
    fn resend_deliveries(&mut self, operator: u16, now: Timestamp) {
        self.skip_final();
        for slot in self.first_open..next_slot(&self.transfers) {
            let transfer = &self.transfers[slot as usize];
            if transfer.state != TransferState::Delivered || transfer.payee_operator != operator {
                continue;
            }
            if self.settings.lockstep.is_none() && now > transfer.expires_at {
                self.send_revoke(slot);
            } else if !self.is_decided(slot) {
                self.send_delivery(slot);
            }
        }
    }

    pub(super) fn send_delivery(&mut self, slot: u32) {
        let transfer = &self.transfers[slot as usize];
        let link = &mut self.accounts[usize::from(transfer.payee_operator)].link;
        if link.is_ready() {
            link.outbox.deliveries.push(transfer.delivery());
        }
    }

    pub(super) fn send_revoke(&mut self, slot: u32) {
        let transfer = &self.transfers[slot as usize];
        let link = &mut self.accounts[usize::from(transfer.payee_operator)].link;
        if link.is_ready() {
            let id: PaymentId = transfer.id;
            link.outbox.revokes.push(id);
        }
    }

    /// Tells one side of a transfer its outcome. While an operator resends it is told at once, so
    /// that the notices of a cycle always precede its settlement.
    pub(super) fn notify(&mut self, slot: u32, side: Side) {
        let transfer = &self.transfers[slot as usize];
        let operator = match side {
            Side::Payer => transfer.payer_operator,
            Side::Payee => transfer.payee_operator,
        };
        let link = &mut self.accounts[usize::from(operator)].link;
        if let Some(outcome) = transfer.outcome()
            && link.is_connected()
        {
            link.outbox.notices.push(Notice { id: transfer.id, side, outcome, at: transfer.finished_at });
        }
    }

    /// Records an advice to an operator and sends it when the link is ready.
    pub(super) fn advise(&mut self, operator: u16, event: AdviceEvent) {
        let number = self.accounts[usize::from(operator)].advices.len() as u64 + 1;
        let row = AdviceRow { row: self.next_row(), operator, advice: Advice { number, event } };
        self.apply_advice(row);
        self.changes.advices.push(row);
        let link = &mut self.accounts[usize::from(operator)].link;
        if link.is_ready() {
            link.outbox.advices.push(row.advice);
        }
    }

    /// Takes an advice into the ledger; the one place for live operation and restore.
    pub(super) fn apply_advice(&mut self, row: AdviceRow) {
        self.accounts[usize::from(row.operator)].advices.push(next_slot(&self.advices));
        self.advices.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::{Bench, code};
    use super::super::error::CentralBankError;
    use crate::link::{LinkPlace, OperatorMessage, Registration};

    #[test]
    fn a_new_link_fences_the_old_one() {
        let mut bench = Bench::net(2, Some(100));
        let late = OperatorMessage {
            place: LinkPlace { incarnation: 1, sequence: 3 },
            instructions: vec![bench.instruction(1, 0, 1, 10)],
            ..OperatorMessage::default()
        };
        bench.up(0);
        bench.ledger.receive(0, late, bench.now);
        bench.ledger.link_down(0, 1);
        assert!(bench.ledger.accounts()[0].is_connected());
        assert_eq!(bench.state(1), "unknown");
        let registration = bench.registration(0);
        for incarnation in [1, 2] {
            let place = LinkPlace { incarnation, sequence: 1 };
            let refused = bench.ledger.register(place, &registration, bench.now);
            let expected = CentralBankError::Fenced { operator: code(0), seen: 2, found: incarnation };
            assert_eq!(refused, Err(expected));
        }
        bench.check();
    }

    #[test]
    fn a_ledger_that_forgot_what_was_acknowledged_is_refused() {
        let mut bench = Bench::net(2, Some(100));
        bench.send(0, OperatorMessage { batch: 7, ..OperatorMessage::default() });
        let place = LinkPlace { incarnation: 9, sequence: 1 };
        let registration = Registration { batch: 6, ..bench.registration(0) };
        let behind = CentralBankError::OperatorBehind { operator: code(0), seen: 7, found: 6 };
        assert_eq!(bench.ledger.register(place, &registration, bench.now), Err(behind));
        let own = bench.ledger.chain().batch;
        let registration = Registration { batch: 7, central_bank_batch: own + 1, ..registration };
        let behind = CentralBankError::CentralBankBehind { operator: code(0), heard: own + 1, own };
        assert_eq!(bench.ledger.register(place, &registration, bench.now), Err(behind));
        let registration = Registration { central_bank_batch: own, ..registration };
        assert_eq!(bench.ledger.register(place, &registration, bench.now), Ok(0));
        let unknown = Registration { operator: "X".parse().unwrap(), ..registration };
        assert!(bench.ledger.register(place, &unknown, bench.now).is_err());
    }

    #[test]
    fn a_repeated_message_changes_nothing_and_a_gap_closes_the_link() {
        let mut bench = Bench::net(2, Some(100));
        let message = |sequence: u64, number: u8, bench: &Bench| OperatorMessage {
            place: LinkPlace { incarnation: 1, sequence },
            instructions: vec![bench.instruction(number, 0, 1, 10)],
            ..OperatorMessage::default()
        };
        let [first, repeat, gap] = [(3, 1), (3, 2), (5, 3)].map(|(sequence, number)| message(sequence, number, &bench));
        for message in [first, repeat, gap] {
            bench.ledger.receive(0, message, bench.now);
        }
        bench.commit();
        assert_eq!([1, 2, 3].map(|number| bench.state(number)), ["delivered", "unknown", "unknown"]);
        assert_eq!((bench.disconnected.as_slice(), bench.ledger.accounts()[0].is_connected()), (&[0][..], false));
    }

    #[test]
    fn advices_follow_the_notices_of_what_was_said_again() {
        let mut bench = Bench::net(2, None);
        let instruction = bench.instruction(1, 0, 1, 10);
        bench.instruct(0, vec![instruction]);
        bench.down(0);
        bench.decide(1, 1, None);
        bench.close();
        bench.register(0).unwrap();
        bench.instruct(0, vec![instruction]);
        assert_eq!(bench.heard(0), "roster; #1 cleared 1 to payer");
        bench.send(0, OperatorMessage { resend_complete: true, ..OperatorMessage::default() });
        assert_eq!(bench.heard(0), "cycle 1 settled -10 carried 0");
        bench.up(0);
        assert_eq!(bench.heard(0), "roster");
        bench.check();
    }

    #[test]
    fn what_an_operator_opens_with_comes_by_advice() {
        let mut bench = Bench::net(1, None);
        bench.restart();
        let registration = Registration { advice: 0, ..bench.registration(0) };
        let place = LinkPlace { incarnation: 5, sequence: 1 };
        bench.ledger.register(place, &registration, bench.now).unwrap();
        let place = LinkPlace { incarnation: 5, sequence: 2 };
        let said = OperatorMessage { place, resend_complete: true, ..OperatorMessage::default() };
        bench.ledger.receive(0, said, bench.now);
        bench.commit();
        assert_eq!(bench.heard(0), "roster; reserves 1500; issued 1000");
    }
}
