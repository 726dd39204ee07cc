//! Clear: the decision of the payee's operator ends a transfer.

use crate::Reason;
use crate::link::{Decision, Side};
use crate::money::{CycleId, Timestamp};

use super::ledger::CentralBankLedger;
use super::mode::Manner;
use crate::netting::Priority;

use super::transfer::{Transfer, TransferEvent, TransferEventKind, TransferState};

impl CentralBankLedger {
    /// Takes a decision of the payee's operator; a repeat is answered from the record.
    pub(super) fn decide(&mut self, operator: u16, decision: &Decision, now: Timestamp) {
        let slot = self.slot_of(decision.id);
        let slot = slot.filter(|slot| self.transfers[*slot as usize].payee_operator == operator);
        let Some(slot) = slot else {
            let code = self.accounts[usize::from(operator)].code;
            return self.refuse_item(
                operator,
                format!("{code} decided payment {}, which was never delivered to it", decision.id),
            );
        };
        let state = self.transfers[slot as usize].state;
        match (state, decision.rejected) {
            (TransferState::Delivered, _) if self.settings.lockstep.is_some() => {
                self.collect_decision(slot, decision)
            }
            (TransferState::Delivered, _) => self.finish(slot, decision, now),
            (TransferState::Cleared, None) | (TransferState::Refused, Some(_)) => {
                self.notify(slot, Side::Payee)
            }
            (TransferState::Refused, None) if self.transfers[slot as usize].queued.is_some() => {
                self.notify(slot, Side::Payee);
            }
            (TransferState::Queued, None) => {}
            (TransferState::Admitted, _)
            | (TransferState::Cleared | TransferState::Queued, Some(_))
            | (TransferState::Refused, None) => {
                let said = decision.rejected.map_or("accepted", Reason::name);
                self.refuse_item(
                    operator,
                    format!("payment {} is {state:?} but its decision is {said}", decision.id),
                );
            }
        }
    }

    /// Ends a delivered transfer by its decision.
    pub(super) fn finish(&mut self, slot: u32, decision: &Decision, at: Timestamp) {
        match decision.rejected {
            None if self.transfers[slot as usize].manner == Manner::Queued => {
                self.enqueue(slot, decision.decided_at, at);
            }
            None => self.clear(slot, decision.decided_at, at),
            Some(reason) => self.refuse(slot, reason, decision.decided_at, at),
        }
    }

    /// Clearing finality: the transfer becomes an obligation in the open cycle, or settles gross.
    pub(super) fn clear(&mut self, slot: u32, decided_at: Timestamp, at: Timestamp) {
        let cycle = self.cycle_for(self.transfers[slot as usize].manner);
        self.append_event(slot, TransferEventKind::Cleared, None, cycle, decided_at, at);
        self.notify(slot, Side::Payer);
        self.notify(slot, Side::Payee);
        if cycle.is_none() {
            self.finish_withdrawals(self.transfers[slot as usize].payee_operator, at);
        }
    }

    /// Refuses an admitted transfer for good and gives its headroom back.
    pub(super) fn refuse(
        &mut self,
        slot: u32,
        reason: Reason,
        decided_at: Timestamp,
        at: Timestamp,
    ) {
        self.append_event(slot, TransferEventKind::Refused, Some(reason), None, decided_at, at);
        self.notify(slot, Side::Payer);
        if self.transfers[slot as usize].queued.is_some() {
            self.notify(slot, Side::Payee);
        }
        if self.transfers[slot as usize].manner == Manner::Gross {
            self.finish_withdrawals(self.transfers[slot as usize].payer_operator, at);
        }
    }

    /// Marks a waiting transfer as delivered: from now on only the payee's operator ends it.
    pub(super) fn mark_delivered(&mut self, slot: u32, at: Timestamp) {
        self.append_event(slot, TransferEventKind::Delivered, None, None, Timestamp::ZERO, at);
    }

    pub(super) fn append_event(
        &mut self,
        slot: u32,
        kind: TransferEventKind,
        reason: Option<Reason>,
        cycle: Option<CycleId>,
        decided_at: Timestamp,
        at: Timestamp,
    ) {
        let of = self.transfers[slot as usize].row;
        let priority = Priority::Normal;
        let event = TransferEvent {
            row: self.next_row(),
            of,
            kind,
            reason,
            cycle,
            decided_at,
            at,
            priority,
        };
        self.apply_event(slot, &event);
        self.changes.events.push(event);
    }

    /// Moves a transfer on and with it the money; the one place for live operation and restore.
    pub(super) fn apply_event(&mut self, slot: u32, event: &TransferEvent) {
        let transfer = &mut self.transfers[slot as usize];
        assert!(!transfer.state.is_final(), "payment {} is final", transfer.id);
        match event.kind {
            TransferEventKind::Delivered => {
                transfer.state = TransferState::Delivered;
                (transfer.delivered_row, transfer.delivered_at) = (event.row, event.at);
                return;
            }
            TransferEventKind::Queued | TransferEventKind::Prioritised => {
                return self.apply_queue_event(slot, event);
            }
            TransferEventKind::Cleared | TransferEventKind::Refused => {}
        }
        let cleared = event.kind == TransferEventKind::Cleared;
        transfer.state = if cleared { TransferState::Cleared } else { TransferState::Refused };
        (transfer.reason, transfer.cycle, transfer.decided_at) =
            (event.reason, event.cycle, event.decided_at);
        (transfer.finished_at, transfer.outcome_row) = (event.at, event.row);
        let (payer, payee, amount) =
            (transfer.payer_operator, transfer.payee_operator, transfer.amount);
        let queued = transfer.queued.as_deref().copied();
        let manner = transfer.manner;
        self.limits.finish(transfer, cleared.then_some(event.at));
        self.accounts[usize::from(payer)].release_headroom(amount, manner);
        self.sums.under_way -= amount;
        self.touch(payer);
        if let Some(entry) = queued {
            self.queue.remove(&entry, slot, &self.transfers[slot as usize]);
        }
        if cleared {
            self.move_money(slot, payer, payee);
        }
    }

    /// The cycle that payments of a manner are cleared in; none for those that settle by themselves.
    pub(super) fn cycle_for(&self, manner: Manner) -> Option<CycleId> {
        let open = self.open.as_ref().filter(|_| manner == Manner::Net);
        open.map(|open| open.cycle.id)
    }

    fn move_money(&mut self, slot: u32, payer: u16, payee: u16) {
        let Transfer { amount, manner, finished_at, .. } = self.transfers[slot as usize];
        let (regime, sum) = (self.settings.regime, amount.position());
        self.touch(payee);
        match self.open.as_mut().filter(|_| manner == Manner::Net) {
            Some(open) => {
                open.add(slot, payer, payee, amount);
                self.accounts[usize::from(payer)].clear(-sum);
                self.accounts[usize::from(payee)].clear(sum);
            }
            None => {
                for (operator, change) in [(payer, -sum), (payee, sum)] {
                    let account = &mut self.accounts[usize::from(operator)];
                    account.settle(regime, change);
                    account.note_credit(regime, finished_at);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::{Bench, settings};
    use super::super::settings::SettlementMode;
    use crate::Reason;

    #[test]
    fn an_acceptance_clears_into_the_open_cycle_and_both_sides_hear() {
        let mut bench = Bench::net(2, Some(100));
        let number = bench.paid(0, 1, 40);
        assert_eq!(bench.state(number), "cleared 1");
        assert_eq!((bench.money(0), bench.money(1)), ((1_000, -40), (1_000, 40)));
        assert_eq!(bench.heard(0), "#1 cleared 1 to payer");
        assert_eq!(bench.heard(1), "deliver #1; #1 cleared 1 to payee");
        bench.check();
    }

    #[test]
    fn a_rejection_refuses_with_the_payees_reason_and_tells_the_payer() {
        let mut bench = Bench::net(2, Some(100));
        let number = bench.pay(0, 1, 40);
        bench.decide(1, number, Some(Reason::BalanceCap));
        assert_eq!(
            (bench.state(number), bench.headroom(0)),
            ("refused BALANCE_CAP".to_owned(), Some(100))
        );
        assert_eq!(
            (bench.heard(0), bench.heard(1)),
            ("#1 refused BALANCE_CAP to payer".into(), "deliver #1".into())
        );
        bench.check();
    }

    #[test]
    fn a_repeated_decision_is_answered_from_the_record() {
        let mut bench = Bench::net(2, None);
        let [accepted, rejected] = [bench.paid(0, 1, 1), bench.pay(0, 1, 2)];
        bench.decide(1, rejected, Some(Reason::PayeeFrozen));
        bench.heard(1);
        bench.decide(1, accepted, None);
        bench.decide(1, rejected, Some(Reason::PayeeFrozen));
        assert_eq!(bench.heard(1), "#1 cleared 1 to payee; #2 refused PAYEE_FROZEN to payee");
        assert_eq!(bench.money(1), (1_000, 1));
        bench.check();
    }

    #[test]
    fn a_decision_that_cannot_be_is_an_alarm_and_changes_nothing() {
        let mut bench = Bench::net(3, Some(100));
        bench.decide(1, 9, None);
        bench.down(1);
        let waiting = bench.pay(0, 1, 10);
        bench.register(1).unwrap();
        bench.decide(1, waiting, None);
        bench.decide(2, waiting, None);
        let refused = bench.pay(0, 2, 91);
        bench.decide(2, refused, None);
        let cleared = bench.paid(0, 2, 5);
        bench.decide(2, cleared, Some(Reason::PayeeFrozen));
        let of_another = bench.pay(0, 2, 5);
        bench.decide(1, of_another, None);
        assert_eq!(bench.alarms.len(), 6, "{:?}", bench.alarms);
        let states = [waiting, refused, cleared, of_another].map(|number| bench.state(number));
        assert_eq!(states, ["admitted", "refused NET_DEBIT_CAP", "cleared 1", "delivered"]);
        bench.check_audit();
    }

    #[test]
    fn gross_settlement_moves_the_money_at_once_and_knows_no_cycle() {
        let mut bench = Bench::new(settings(SettlementMode::Gross, 2, None));
        bench.paid(0, 1, 700);
        assert_eq!((bench.money(0), bench.money(1)), ((300, 0), (1_700, 0)));
        assert_eq!(bench.heard(0), "#1 cleared 0 to payer");
        assert!(bench.ledger.close_cycle(None, bench.now).is_err());
        bench.check();
    }
}
