//! Advices: what the central bank booked for the operator changes its accounts.

use crate::Regime;
use crate::link::{Advice, AdviceEvent, OperationId, WithdrawalAnswer};
use crate::money::{Amount, CycleId, Position};

use super::accounts::Account;
use super::ledger::OperatorLedger;

impl OperatorLedger {
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
        self.session.answer_withdrawal(WithdrawalAnswer { operation, held });
    }

    fn finish_withdrawal(&mut self, operation: OperationId, amount: Amount) -> bool {
        let posted = self.post_told(Account::Withdrawing, Account::Held, amount.position());
        if posted {
            self.link.withdrawing.retain(|(held, _)| *held != operation);
        }
        posted
    }
}
