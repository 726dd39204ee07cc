//! Admit: an instruction becomes a transfer that counts against its sender, or is refused for good.

use crate::Reason;
use crate::link::{Instruction, Side};
use crate::money::{CycleId, Timestamp};

use super::ledger::{CentralBankLedger, next_slot};
use super::transfer::{Transfer, TransferState};

impl CentralBankLedger {
    /// Takes an instruction of an operator: a new one is admitted or refused (under lockstep, when
    /// its tick is complete), a known one answered from its record.
    pub(super) fn instruct(&mut self, operator: u16, instruction: &Instruction, now: Timestamp) {
        if let Some(slot) = self.transfer_index.get(&instruction.id).copied() {
            self.repeat_instruction(operator, slot, instruction);
        } else if self.settings.lockstep.is_some() {
            self.collect(operator, *instruction);
        } else {
            self.admit(operator, instruction, now);
        }
    }

    fn repeat_instruction(&mut self, operator: u16, slot: u32, instruction: &Instruction) {
        let transfer = &self.transfers[slot as usize];
        if transfer.payer_operator != operator || !transfer.matches(instruction) {
            let code = self.accounts[usize::from(operator)].code;
            return self.alarm(format!("payment {} came again from {code} with other content", instruction.id));
        }
        if transfer.state.is_final() {
            self.notify(slot, Side::Payer);
        }
    }

    /// Admits or refuses an instruction. Refusals are rows, too: final and never evaluated again.
    pub(super) fn admit(&mut self, operator: u16, instruction: &Instruction, at: Timestamp) {
        if self.transfer_index.contains_key(&instruction.id) {
            return self.alarm(format!("payment {} came from two operators", instruction.id));
        }
        let Some(payee_operator) = self.route(operator, instruction) else { return };
        let refused = self.check_admission(operator, payee_operator, instruction, at).err();
        let state = match refused {
            Some(_) => TransferState::Refused,
            None if self.may_deliver(payee_operator) => TransferState::Delivered,
            None => TransferState::Admitted,
        };
        let transfer = Transfer {
            row: self.next_row(),
            id: instruction.id,
            request_key: instruction.request_key,
            payer: instruction.payer,
            payee: instruction.payee,
            payer_operator: operator,
            payee_operator,
            amount: instruction.amount,
            submitted_at: instruction.submitted_at,
            expires_at: instruction.expires_at,
            admitted_at: at,
            initial_state: state,
            state,
            reason: refused,
            cycle: CycleId::default(),
            decided_at: Timestamp::ZERO,
            finished_at: if state.is_final() { at } else { Timestamp::ZERO },
            delivered_row: 0,
            delivered_at: Timestamp::ZERO,
            outcome_row: 0,
        };
        let slot = next_slot(&self.transfers);
        self.apply_transfer(transfer);
        self.changes.transfers.push(slot);
        match state {
            TransferState::Refused => self.notify(slot, Side::Payer),
            TransferState::Delivered => self.send_delivery(slot),
            TransferState::Admitted | TransferState::Cleared => {}
        }
    }

    /// The payee's operator; an instruction that no operator can have meant is an alarm.
    fn route(&mut self, operator: u16, instruction: &Instruction) -> Option<u16> {
        let payee_operator = self.operator_of(instruction.payee);
        if self.operator_of(instruction.payer) != Some(operator) || payee_operator.is_none_or(|payee| payee == operator)
        {
            let code = self.accounts[usize::from(operator)].code;
            let (payer, payee) = (instruction.payer, instruction.payee);
            self.alarm(format!("payment {} from {payer} to {payee} cannot come from {code}", instruction.id));
            return None;
        }
        payee_operator
    }

    /// The checks in the order that decides which refusal is seen. Equality passes.
    fn check_admission(&self, payer: u16, payee: u16, instruction: &Instruction, at: Timestamp) -> Result<(), Reason> {
        let account = &self.accounts[usize::from(payer)];
        let amount = instruction.amount.position();
        if !account.active || !self.accounts[usize::from(payee)].active {
            return Err(Reason::OperatorInactive);
        }
        if account.headroom().is_some_and(|headroom| headroom < amount) {
            return Err(Reason::NetDebitCap);
        }
        let cover = account.settlement_asset(self.settings.regime) - account.outstanding.position();
        if self.is_gross() && cover < amount {
            return Err(Reason::CoverInsufficient);
        }
        if at > instruction.expires_at { Err(Reason::Expired) } else { Ok(()) }
    }

    /// Under lockstep nobody is absent: a payee's operator that is away is waited for.
    fn may_deliver(&self, payee_operator: u16) -> bool {
        self.settings.lockstep.is_some() || self.accounts[usize::from(payee_operator)].link.is_ready()
    }

    /// Takes a transfer into the ledger; the one place for live operation and restore.
    pub(super) fn apply_transfer(&mut self, transfer: Transfer) {
        let slot = next_slot(&self.transfers);
        if !transfer.state.is_final() {
            self.accounts[usize::from(transfer.payer_operator)].reserve_headroom(transfer.amount);
            self.touch(transfer.payer_operator);
            self.watch_expiry(slot, transfer.expires_at);
        }
        if transfer.state == TransferState::Admitted {
            self.accounts[usize::from(transfer.payee_operator)].pending.push(slot);
        }
        self.transfer_index.insert(transfer.id, slot);
        self.transfers.push(transfer);
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::{Bench, NET, code, settings, yuan};
    use super::super::settings::SettlementMode;
    use crate::Reason;

    #[test]
    fn ten_payments_of_100_under_a_cap_of_100_admit_one() {
        let mut bench = Bench::net(2, Some(100));
        let instructions = (1..=10).map(|number| bench.instruction(number, 0, 1, 100)).collect();
        bench.instruct(0, instructions);
        assert_eq!(bench.state(1), "delivered");
        assert!((2..=10).all(|number| bench.state(number) == "refused NET_DEBIT_CAP"));
        assert_eq!(bench.headroom(0), Some(0));
        bench.check();
    }

    #[test]
    fn a_cap_is_exact_to_the_fen() {
        let mut bench = Bench::net(2, Some(100));
        let one_more = crate::money::Amount::from_fen(10_001).unwrap();
        let instruction = crate::link::Instruction { amount: one_more, ..bench.instruction(1, 0, 1, 100) };
        let fits = bench.instruction(2, 0, 1, 100);
        bench.instruct(0, vec![instruction, fits]);
        assert_eq!((bench.state(1).as_str(), bench.state(2).as_str()), ("refused NET_DEBIT_CAP", "delivered"));
    }

    #[test]
    fn only_cleared_inflow_and_refusals_restore_headroom() {
        let mut bench = Bench::net(2, Some(100));
        let back = bench.pay(1, 0, 50);
        assert_eq!(bench.headroom(0), Some(100));
        bench.decide(0, back, None);
        assert_eq!((bench.headroom(0), bench.headroom(1)), (Some(150), Some(50)));
        let refused = bench.pay(0, 1, 150);
        assert_eq!(bench.headroom(0), Some(0));
        bench.decide(1, refused, Some(Reason::PayeeUnknown));
        assert_eq!(bench.headroom(0), Some(150));
        bench.check();
    }

    #[test]
    fn gross_settlement_needs_cover_for_all_that_is_undecided() {
        let mut bench = Bench::new(settings(SettlementMode::Gross, 2, None));
        bench.pay(0, 1, 600);
        let uncovered = bench.pay(0, 1, 401);
        let covered = bench.pay(0, 1, 400);
        assert_eq!(bench.state(uncovered), "refused COVER_INSUFFICIENT");
        assert_eq!(bench.state(covered), "delivered");
        bench.check();
    }

    #[test]
    fn the_first_check_that_fails_gives_the_reason() {
        let mut bench = Bench::new(settings(SettlementMode::Gross, 2, Some(2_000)));
        let now = bench.now;
        bench.now = now.plus_ms(-60_000);
        let late = bench.instruction(1, 0, 1, 3_000);
        bench.now = now;
        let send = |bench: &mut Bench, number: u8, amount: i64| {
            let id = super::super::bench::id(number);
            bench.instruct(0, vec![crate::link::Instruction { id, amount: yuan(amount), ..late }]);
            bench.state(number)
        };
        bench.ledger.set_active(code(1), false, now).unwrap();
        assert_eq!(send(&mut bench, 1, 3_000), "refused OPERATOR_INACTIVE");
        bench.ledger.set_active(code(1), true, now).unwrap();
        assert_eq!(send(&mut bench, 2, 3_000), "refused NET_DEBIT_CAP");
        assert_eq!(send(&mut bench, 3, 1_500), "refused COVER_INSUFFICIENT");
        assert_eq!(send(&mut bench, 4, 1_000), "refused EXPIRED");
    }

    #[test]
    fn a_repeat_is_answered_once_the_payment_is_final() {
        let mut bench = Bench::net(2, Some(100));
        let instruction = bench.instruction(1, 0, 1, 100);
        bench.instruct(0, vec![instruction]);
        bench.instruct(0, vec![instruction]);
        assert_eq!((bench.heard(0), bench.heard(1)), (String::new(), "deliver #1".to_owned()));
        bench.decide(1, 1, None);
        bench.instruct(0, vec![instruction]);
        assert_eq!(bench.heard(0), "#1 cleared 1 to payer; #1 cleared 1 to payer");
        assert_eq!((bench.headroom(0), bench.ledger.transfers().len()), (Some(0), 1));
        bench.check();
    }

    #[test]
    fn other_content_under_a_known_id_is_an_alarm_and_no_refusal() {
        let mut bench = Bench::net(3, Some(100));
        bench.pay(0, 1, 60);
        let other = [bench.instruction(1, 0, 1, 61), bench.instruction(1, 0, 2, 60)];
        bench.instruct(0, other.to_vec());
        let foreign = bench.instruction(1, 1, 2, 60);
        bench.instruct(1, vec![foreign]);
        assert_eq!((bench.alarms.len(), bench.heard(0), bench.state(1).as_str()), (3, String::new(), "delivered"));
    }

    #[test]
    fn an_instruction_that_cannot_come_from_its_sender_is_an_alarm() {
        let mut bench = Bench::net(3, Some(100));
        let [foreign, on_us] = [bench.instruction(1, 1, 2, 10), bench.instruction(2, 0, 0, 10)];
        bench.instruct(0, vec![foreign, on_us]);
        assert_eq!((bench.alarms.len(), bench.state(1).as_str(), bench.state(2).as_str()), (2, "unknown", "unknown"));
    }

    #[test]
    fn what_waits_for_a_link_is_delivered_when_the_operator_has_said_everything_again() {
        let mut bench = Bench::new(settings(NET, 2, Some(100)));
        bench.down(1);
        bench.pay(0, 1, 30);
        assert_eq!((bench.state(1).as_str(), bench.headroom(0)), ("admitted", Some(70)));
        bench.register(1).unwrap();
        bench.pay(0, 1, 30);
        assert_eq!((bench.state(2).as_str(), bench.heard(1)), ("admitted", "roster".to_owned()));
        bench.up(1);
        assert_eq!(bench.heard(1), "roster; deliver #1; deliver #2");
        assert_eq!(bench.state(1), "delivered");
        bench.check();
    }
}
