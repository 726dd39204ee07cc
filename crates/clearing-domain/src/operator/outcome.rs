//! Notify: the central bank's outcome reaches the operators, and advices change their accounts.

use crate::link::{Advice, AdviceEvent, Notice, OperationId, Outcome, Side};
use crate::money::{Amount, CycleId, Position, Timestamp};
use crate::{Reason, Regime};

use super::accounts::Account;
use super::ledger::OperatorLedger;
use super::payment::{InboundState, OutcomeRow, PaymentState};
use super::slot::{InboundSlot, PaymentSlot};
use super::statement::EntrySource;

impl OperatorLedger {
    /// Applies the outcome of a payment; a repeat changes nothing.
    pub(super) fn apply_notice(&mut self, notice: &Notice) {
        // Behind the central bank's time new payments would be expired before they are admitted.
        self.pass(notice.at);
        match (notice.side, notice.outcome) {
            (Side::Payer, outcome) => self.finish_payment(notice, outcome),
            (Side::Payee, Outcome::Cleared(cycle)) => self.finish_inbound(notice, cycle),
            (Side::Payee, Outcome::Refused(reason)) => self.refuse_inbound(notice, reason),
            (Side::Payee, Outcome::Queued) => {}
        }
    }

    fn finish_payment(&mut self, notice: &Notice, outcome: Outcome) {
        let Some(slot) = self.payment_slot(notice.id) else {
            self.alarm(format!("payment {} has an outcome but is unknown here", notice.id));
            return;
        };
        let payment = &self.payments[slot];
        match (payment.state, outcome) {
            (PaymentState::InTransit, Outcome::Cleared(cycle)) => {
                self.complete(slot, cycle, notice.at)
            }
            (PaymentState::InTransit, Outcome::Refused(reason)) => {
                self.give_back(slot, reason, notice.at)
            }
            (PaymentState::InTransit, Outcome::Queued) => self.wait_for_cover(slot),
            (PaymentState::Completed, Outcome::Cleared(_))
            | (PaymentState::Returned, Outcome::Refused(_)) => {}
            (state, outcome) => {
                self.alarm(format!(
                    "payment {} is {state:?} but its outcome is {outcome:?}",
                    notice.id
                ));
            }
        }
    }

    /// No money moves: those who wait for the payment hear that it waits itself.
    fn wait_for_cover(&mut self, slot: PaymentSlot) {
        let payment = &mut self.payments[slot];
        if payment.queued {
            return;
        }
        payment.queued = true;
        let row = payment.row;
        self.link.queued.insert(row);
        self.changes.queued.push((row, true));
        self.unanswered -= 1;
        self.report_payment(slot);
    }

    fn complete(&mut self, slot: PaymentSlot, cycle: Option<CycleId>, at: Timestamp) {
        let amount = self.payments[slot].amount;
        if !self.post_told(Account::InTransit, Self::settlement_account(cycle), amount.position()) {
            return;
        }
        self.leave_transit(slot);
        self.append_payment_outcome(slot, PaymentState::Completed, None, cycle, at);
    }

    /// Gives the funds back. A return is never refused, whatever became of the wallet meanwhile.
    fn give_back(&mut self, slot: PaymentSlot, reason: Reason, at: Timestamp) {
        let payment = &self.payments[slot];
        let (payer, amount, submitted_at) = (payment.payer, payment.amount, payment.submitted_at);
        self.post(Account::InTransit, Account::Wallets, amount);
        self.wallets[payer].restore_limits(amount, submitted_at.date());
        self.leave_transit(slot);
        self.append_payment_outcome(slot, PaymentState::Returned, Some(reason), None, at);
        self.credit_wallet(payer, amount, EntrySource::Returned(slot));
    }

    fn leave_transit(&mut self, slot: PaymentSlot) {
        let payment = &mut self.payments[slot];
        let (row, payer, amount) = (payment.row, payment.payer, payment.amount);
        if std::mem::take(&mut payment.queued) {
            self.link.queued.remove(row);
            self.changes.queued.push((row, false));
        } else {
            self.unanswered -= 1;
        }
        let wallet = &mut self.wallets[payer];
        wallet.in_transit = wallet.in_transit.checked_sub(amount).unwrap_or_default();
    }

    fn append_payment_outcome(
        &mut self,
        slot: PaymentSlot,
        state: PaymentState,
        reason: Option<Reason>,
        cycle: Option<CycleId>,
        at: Timestamp,
    ) {
        let row = self.next_row();
        let payment = &mut self.payments[slot];
        (payment.state, payment.reason, payment.cycle) = (state, reason, cycle);
        (payment.finished_at, payment.outcome_row) = (at, row);
        let of = payment.row;
        self.changes.outcomes.push(OutcomeRow { row, of, reason, cycle, at });
        self.report_payment(slot);
    }

    fn finish_inbound(&mut self, notice: &Notice, cycle: Option<CycleId>) {
        let Some(slot) = self.inbound_slot(notice.id) else {
            self.alarm(format!("transfer {} is cleared but was never accepted here", notice.id));
            return;
        };
        match self.inbound[slot].state {
            InboundState::Final => {}
            InboundState::Rejected => {
                self.alarm(format!("transfer {} was rejected here but is cleared", notice.id))
            }
            InboundState::Accepted | InboundState::Held => {
                self.clear_inbound(slot, cycle, notice.at)
            }
        }
    }

    fn clear_inbound(&mut self, slot: InboundSlot, cycle: Option<CycleId>, at: Timestamp) {
        let inbound = &self.inbound[slot];
        let (of, amount, wallet, held) =
            (inbound.row, inbound.amount, inbound.wallet, inbound.held);
        let credited = if held { Account::Wallets } else { Account::Uncleared };
        if !self.post_told(Self::settlement_account(cycle), credited, amount.position()) {
            return;
        }
        let row = self.next_row();
        let inbound = &mut self.inbound[slot];
        (inbound.state, inbound.cycle, inbound.finished_at, inbound.outcome_row) =
            (InboundState::Final, cycle, at, row);
        self.changes.outcomes.push(OutcomeRow { row, of, reason: None, cycle, at });
        if let Some(wallet) = wallet.filter(|_| held) {
            self.release_room(wallet, amount);
            self.credit_wallet(wallet, amount, EntrySource::Received(slot));
        }
        self.report_inbound(slot);
    }

    /// A refusal told to the payee's operator ends a transfer that room is held for, or answers a
    /// repeated rejection.
    fn refuse_inbound(&mut self, notice: &Notice, reason: Reason) {
        let slot = self.inbound_slot(notice.id);
        let found = slot.map(|slot| (slot, self.inbound[slot].state));
        match found {
            Some((_, InboundState::Rejected)) => {}
            Some((slot, InboundState::Held)) => self.drop_hold(slot, reason, notice.at),
            Some((_, InboundState::Accepted | InboundState::Final)) | None => {
                let state = found.map(|(_, state)| state);
                self.alarm(format!(
                    "transfer {} is {state:?} here but refused for {reason}",
                    notice.id
                ));
            }
        }
    }

    fn drop_hold(&mut self, slot: InboundSlot, reason: Reason, at: Timestamp) {
        let row = self.next_row();
        let inbound = &mut self.inbound[slot];
        (inbound.state, inbound.reason) = (InboundState::Rejected, Some(reason));
        (inbound.finished_at, inbound.outcome_row) = (at, row);
        let (of, amount, wallet) = (inbound.row, inbound.amount, inbound.wallet);
        self.changes.outcomes.push(OutcomeRow { row, of, reason: Some(reason), cycle: None, at });
        if let Some(wallet) = wallet {
            self.release_room(wallet, amount);
        }
    }

    /// Applies an advice; they come in order, and a repeat changes nothing.
    pub(super) fn apply_advice(&mut self, advice: &Advice) {
        if advice.number <= self.link.advice {
            return;
        }
        if advice.number != self.link.advice + 1 {
            self.alarm(format!(
                "advice {} came when {} was due",
                advice.number,
                self.link.advice + 1
            ));
            return;
        }
        let applied = match advice.event {
            AdviceEvent::Issued { amount, .. } => {
                self.post_told(Account::Held, Account::Stock, amount.position())
            }
            AdviceEvent::WithdrawalRequested { operation, amount } => {
                self.hold_withdrawal(operation, amount);
                true
            }
            AdviceEvent::Withdrawn { operation, amount } => {
                self.finish_withdrawal(operation, amount)
            }
            AdviceEvent::ReservesChanged { change, .. } => {
                // In the cash regime reserves lie outside the e-CNY ledger.
                self.settings.regime == Regime::Cash
                    || self.post_told(Account::Held, Account::CentralBankCredit, change)
            }
            AdviceEvent::Claimed { cycle, claimed } => {
                self.post_told(Account::Claims, Account::Position(cycle), claimed)
            }
            AdviceEvent::Settled { cycle, settled, carried, carried_to } => {
                self.settle_cycle(cycle, settled, carried, carried_to)
            }
        };
        if applied {
            self.link.advice = advice.number;
            self.changes.state = true;
        }
    }

    fn settle_cycle(
        &mut self,
        cycle: CycleId,
        settled: Position,
        carried: Position,
        carried_to: Option<CycleId>,
    ) -> bool {
        let position = Account::Position(cycle);
        if !self.post_told(Account::Held, position, settled) {
            return false;
        }
        let posted = carried_to
            .is_none_or(|next| self.post_told(Account::Position(next), position, carried));
        if posted {
            self.check_settled(cycle);
        } else {
            self.accounts.post_signed(position, Account::Held, settled);
        }
        posted
    }

    /// The settlement follows every payment notice of its cycle, so nothing of it may be left.
    fn check_settled(&mut self, cycle: CycleId) {
        let rest = self.accounts.balance(Account::Position(cycle));
        if !rest.is_zero() {
            self.alarm(format!(
                "cycle {cycle} settled but {rest} yuan of it are left in this ledger"
            ));
        }
    }

    /// Sets stock aside for a withdrawal, or declines when there is too little.
    fn hold_withdrawal(&mut self, operation: OperationId, amount: Amount) {
        let held = self.accounts.balance(Account::Stock) >= amount.position();
        if held {
            self.post(Account::Stock, Account::Withdrawing, amount);
            self.link.withdrawing.push((operation, amount));
        } else {
            self.link.declined.push(operation);
        }
        self.send_withdrawal_answer(operation, held);
    }

    fn finish_withdrawal(&mut self, operation: OperationId, amount: Amount) -> bool {
        let posted = self.post_told(Account::Withdrawing, Account::Held, amount.position());
        if posted {
            self.link.withdrawing.retain(|(held, _)| *held != operation);
        }
        posted
    }
}

#[cfg(test)]
mod tests;
