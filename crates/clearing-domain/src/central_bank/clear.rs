//! Clear: the decision of the payee's operator ends a transfer.

use crate::Reason;
use crate::link::{Decision, Side};
use crate::money::{OperatorNumber, Timestamp};
use crate::netting::Priority;

use super::CentralBankLedger;
use super::settlement_mode::Manner;
use super::transfer::{Step, TransferSlot, TransferState};

impl CentralBankLedger {
    /// Takes a decision of the payee's operator; a repeat is answered from the record.
    pub(super) fn decide(&mut self, operator: OperatorNumber, decision: &Decision, now: Timestamp) {
        let slot = self.transfers.find(decision.id);
        let slot = slot.filter(|slot| self.transfers[*slot].payee_operator == operator);
        let Some(slot) = slot else {
            let code = self.accounts[operator].code;
            return self.refuse_item(
                operator,
                format!("{code} decided payment {}, which was never delivered to it", decision.id),
            );
        };
        let state = self.transfers[slot].state;
        match (state, decision.rejected) {
            // All decisions of a tick are known before any clears.
            (TransferState::Delivered, _) if self.settings.lockstep.is_some() => {
                self.collect_decision(slot, decision)
            }
            (TransferState::Delivered, _) => self.finish(slot, decision, now),
            (TransferState::Cleared, None) | (TransferState::Refused, Some(_)) => {
                self.notify(slot, Side::Payee)
            }
            // It was accepted, waited, and was refused for want of cover: no contradiction.
            (TransferState::Refused, None) if self.transfers[slot].queued().is_some() => {
                self.notify(slot, Side::Payee);
            }
            (TransferState::Queued, None) => {}
            (TransferState::Admitted | TransferState::Funding, _)
            | (TransferState::Cleared | TransferState::Queued, Some(_))
            | (TransferState::Refused, None) => {
                let decided = decision.rejected.map_or("accepted", Reason::name);
                self.refuse_item(
                    operator,
                    format!("payment {} is {state:?} but its decision is {decided}", decision.id),
                );
            }
        }
    }

    /// Ends a delivered transfer by its decision.
    pub(super) fn finish(&mut self, slot: TransferSlot, decision: &Decision, at: Timestamp) {
        match decision.rejected {
            None if self.transfers[slot].manner == Manner::Queued => {
                self.enqueue(slot, decision.decided_at, at);
            }
            None => self.clear(slot, decision.decided_at, at),
            Some(reason) => self.refuse(slot, reason, Some(decision.decided_at), at),
        }
    }

    /// Takes an accepted transfer into the queue.
    fn enqueue(&mut self, slot: TransferSlot, decided_at: Timestamp, at: Timestamp) {
        self.append_event(slot, Step::Queued { decided_at }, at);
        let priority = self.ticks.priority_of(self.transfers[slot].id);
        if priority != Priority::default() {
            self.append_event(slot, Step::Prioritised { priority }, at);
        }
        self.queue.add_fresh(slot);
    }

    /// Clearing finality: the transfer becomes an obligation in the open cycle, or settles gross.
    pub(super) fn clear(&mut self, slot: TransferSlot, decided_at: Timestamp, at: Timestamp) {
        self.clear_in_set(slot, decided_at, at);
        // What came in may cover a withdrawal that waits. It leaves only now: it moves the view of
        // the payee's operator, which the notice must have reached before.
        if self.transfers[slot].cycle.is_none() {
            self.finish_withdrawals(self.transfers[slot].payee_operator, at);
        }
    }

    /// Clears what settles together, all of it before anything else takes of what came in: the rest
    /// of the set needs that.
    pub(super) fn clear_together(&mut self, set: &[TransferSlot], at: Timestamp) {
        for slot in set {
            let decided_at = self.transfers[*slot].queue_entry().decided_at;
            self.clear_in_set(*slot, decided_at, at);
        }
        for slot in set {
            self.finish_withdrawals(self.transfers[*slot].payee_operator, at);
        }
    }

    fn clear_in_set(&mut self, slot: TransferSlot, decided_at: Timestamp, at: Timestamp) {
        let cycle = self.cycles.of_manner(self.transfers[slot].manner);
        self.append_event(slot, Step::Cleared { cycle, decided_at }, at);
        self.notify(slot, Side::Payer);
        self.notify(slot, Side::Sponsor);
        self.notify(slot, Side::Payee);
    }

    /// Refuses an admitted transfer for good and gives its headroom back.
    pub(super) fn refuse(
        &mut self,
        slot: TransferSlot,
        reason: Reason,
        decided_at: Option<Timestamp>,
        at: Timestamp,
    ) {
        self.append_event(slot, Step::Refused { reason, decided_at }, at);
        self.notify(slot, Side::Payer);
        self.notify(slot, Side::Sponsor);
        // The payee's operator holds room for one that was queued, and gives it up.
        if self.transfers[slot].queued().is_some() {
            self.notify(slot, Side::Payee);
        }
        // The cover that was set aside is free again.
        if self.transfers[slot].manner == Manner::Gross {
            for leg in self.transfers[slot].legs() {
                self.finish_withdrawals(leg.debtor, at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::settlement_mode::SettlementMode;
    use super::super::test_ledger::{TestLedger, settings};
    use crate::Reason;

    #[test]
    fn an_acceptance_clears_into_the_open_cycle_and_both_sides_hear() {
        let mut test = TestLedger::net(2, Some(100));
        let number = test.paid(0, 1, 40);
        assert_eq!(test.state(number), "cleared 1");
        assert_eq!((test.money(0), test.money(1)), ((1_000, -40), (1_000, 40)));
        assert_eq!(test.heard(0), "#1 cleared 1 to payer");
        assert_eq!(test.heard(1), "deliver #1; #1 cleared 1 to payee");
        test.check();
    }

    #[test]
    fn a_rejection_refuses_with_the_payees_reason_and_tells_the_payer() {
        let mut test = TestLedger::net(2, Some(100));
        let number = test.pay(0, 1, 40);
        test.decide(1, number, Some(Reason::BalanceCap));
        assert_eq!(
            (test.state(number), test.headroom(0)),
            ("refused BALANCE_CAP".to_owned(), Some(100))
        );
        assert_eq!(
            (test.heard(0), test.heard(1)),
            ("#1 refused BALANCE_CAP to payer".into(), "deliver #1".into())
        );
        test.check();
    }

    #[test]
    fn a_repeated_decision_is_answered_from_the_record() {
        let mut test = TestLedger::net(2, None);
        let [accepted, rejected] = [test.paid(0, 1, 1), test.pay(0, 1, 2)];
        test.decide(1, rejected, Some(Reason::PayeeFrozen));
        test.heard(1);
        test.decide(1, accepted, None);
        test.decide(1, rejected, Some(Reason::PayeeFrozen));
        assert_eq!(test.heard(1), "#1 cleared 1 to payee; #2 refused PAYEE_FROZEN to payee");
        assert_eq!(test.money(1), (1_000, 1));
        test.check();
    }

    #[test]
    fn a_decision_that_cannot_be_is_an_alarm_and_changes_nothing() {
        let mut test = TestLedger::net(3, Some(100));
        test.decide(1, 9, None);
        test.down(1);
        let waiting = test.pay(0, 1, 10);
        test.register(1).unwrap();
        test.decide(1, waiting, None);
        test.decide(2, waiting, None);
        let refused = test.pay(0, 2, 91);
        test.decide(2, refused, None);
        let cleared = test.paid(0, 2, 5);
        test.decide(2, cleared, Some(Reason::PayeeFrozen));
        let of_another = test.pay(0, 2, 5);
        test.decide(1, of_another, None);
        assert_eq!(test.alarms.len(), 6, "{:?}", test.alarms);
        let states = [waiting, refused, cleared, of_another].map(|number| test.state(number));
        assert_eq!(states, ["admitted", "refused NET_DEBIT_CAP", "cleared 1", "delivered"]);
        test.check_audit();
    }

    #[test]
    fn gross_settlement_moves_the_money_at_once_and_knows_no_cycle() {
        let mut test = TestLedger::new(settings(SettlementMode::Gross, 2, None));
        test.paid(0, 1, 700);
        assert_eq!((test.money(0), test.money(1)), ((300, 0), (1_700, 0)));
        assert_eq!(test.heard(0), "#1 cleared 0 to payer");
        assert!(test.ledger.close_cycle(None, test.now).is_err());
        test.check();
    }
}
