//! Remit: the treasury is paid out of the reserves of operators, for what these swept from
//! government wallets.

use crate::Reason;
use crate::link::{AdviceEvent, OperationId, REMITTANCES_MAX, Remittance};
use crate::money::{Amount, OperatorNumber, Position, Timestamp};

use super::CentralBankLedger;
use super::operation::Action;

/// A payment to the treasury that waits for the reserves of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingRemittance {
    /// The operator.
    pub operator: OperatorNumber,
    /// The sweep that it is for.
    pub operation: OperationId,
    /// How much.
    pub amount: Amount,
}

impl CentralBankLedger {
    /// What the account of the treasury holds.
    pub fn treasury(&self) -> Position {
        self.accounts.treasury()
    }

    /// What the treasury waits for, operator by operator in the order it was asked for.
    pub fn waiting_remittances(&self) -> impl Iterator<Item = WaitingRemittance> + '_ {
        self.accounts.list().numbers().flat_map(|operator| {
            let waiting = self.operations.remittances(operator).iter().copied();
            waiting.map(move |(operation, amount)| WaitingRemittance {
                operator,
                operation,
                amount,
            })
        })
    }

    /// Takes what an operator asks for, and pays it at once when the reserves suffice. A repeat
    /// changes nothing.
    pub(super) fn remit(
        &mut self,
        operator: OperatorNumber,
        remittance: &Remittance,
        now: Timestamp,
    ) {
        let Remittance { operation: id, amount } = *remittance;
        let action = Action::RequestRemittance { amount };
        // Among the operator's own alone: its id may be that of another operator's.
        if let Some(first) = self.operations.remittance(operator, id) {
            if first.action != action {
                let text = format!("remittance {id} is known with another content");
                self.refuse_item(operator, text);
            }
            return;
        }
        let bounded = self.accounts.check_money(&action, operator);
        if amount == Amount::ZERO || bounded.is_err() {
            let text = format!("remittance {id} of {amount} yuan cannot be paid");
            return self.refuse_item(operator, text);
        }
        let waiting = self.operations.remittances(operator).len();
        if waiting >= REMITTANCES_MAX {
            let code = self.accounts[operator].code;
            let why = Reason::TooManyRemittances;
            let text = format!("remittance {id} of {code}: {waiting} of it wait already ({why})");
            return self.refuse_item(operator, text);
        }
        self.append_operation(Some(id), Some(operator), action, now);
        self.pay_treasury(operator, now);
    }

    /// Pays the treasury what an operator was asked for, as far as its reserves cover it; the rest
    /// waits for the next inflow.
    pub(super) fn pay_treasury(&mut self, operator: OperatorNumber, now: Timestamp) {
        while let Some((id, amount)) = self.operations.payable(operator, self.free_of(operator)) {
            self.append_operation(Some(id), Some(operator), Action::Remit { amount }, now);
            self.advise(operator, AdviceEvent::Remitted { operation: id, amount });
        }
    }

    /// The reserves that the treasury may be paid from: a cycle that waits for money comes first.
    fn free_of(&self, operator: OperatorNumber) -> Position {
        let free = self.accounts[operator].free_reserves(self.settings.regime);
        let due = self.frozen_cycle().map(|cycle| {
            let position = &cycle.positions[operator.place()];
            (position.net + position.brought).debit().position()
        });
        free - due.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
