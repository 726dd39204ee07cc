//! Caps, limits and reservations: what an operator may owe, pay another and receive, and what it
//! keeps for urgent payments.

use crate::money::{Amount, OperatorCode, OperatorNumber, Position, Timestamp};
use crate::netting::Priority;

use super::CentralBankLedger;
use super::error::CentralBankError;
use super::limits::BilateralLimit;
use super::operation::Action;

impl CentralBankLedger {
    /// Sets an operator's net debit cap; it binds from the next admission on.
    pub fn set_cap(
        &mut self,
        operator: OperatorCode,
        cap: Option<Amount>,
        now: Timestamp,
    ) -> Result<(), CentralBankError> {
        let operator = self.operator_number(operator)?;
        // Nothing is written for what is so already: callers may repeat what they set.
        if self.accounts[operator].cap != cap {
            self.append_operation(None, Some(operator), Action::SetCap { bound: cap }, now);
        }
        Ok(())
    }

    /// Sets what an operator may pay another net within a business day; it binds from the next
    /// payment on.
    pub fn set_bilateral_limit(
        &mut self,
        payer: OperatorCode,
        payee: OperatorCode,
        limit: Option<Amount>,
        now: Timestamp,
    ) -> Result<(), CentralBankError> {
        let unknown = |_| CentralBankError::PayeeOperatorUnknown(payee);
        let payer = self.operator_number(payer)?;
        let counterparty = self.operator_number(payee).map_err(unknown)?;
        if payer == counterparty {
            return Err(CentralBankError::LimitOnItself(self.accounts[payer].code));
        }
        if self.limits.bilateral(payer, counterparty) != limit {
            let action = Action::SetBilateralLimit { counterparty, bound: limit };
            self.append_operation(None, Some(payer), action, now);
            self.release_at_once(now);
        }
        Ok(())
    }

    /// Sets what an operator may receive net within a business day; it binds from the next payment
    /// on.
    pub fn set_receiver_cap(
        &mut self,
        operator: OperatorCode,
        cap: Option<Amount>,
        now: Timestamp,
    ) -> Result<(), CentralBankError> {
        let operator = self.operator_number(operator)?;
        if self.limits.receiver_cap(operator) != cap {
            let action = Action::SetReceiverCap { bound: cap };
            self.append_operation(None, Some(operator), action, now);
            self.release_at_once(now);
        }
        Ok(())
    }

    /// Sets what an operator keeps for a level of the queue and those before it; payments of lower
    /// levels may not use it. All of it is there again.
    pub fn set_reserved(
        &mut self,
        operator: OperatorCode,
        level: Priority,
        amount: Amount,
        now: Timestamp,
    ) -> Result<(), CentralBankError> {
        let operator = self.operator_number(operator)?;
        if level >= Priority::Normal {
            return Err(CentralBankError::ReservedForNormal);
        }
        if self.reservations.standing(operator).of(level) != amount {
            self.append_operation(None, Some(operator), Action::Reserve { level, amount }, now);
            self.release_at_once(now);
        }
        Ok(())
    }

    /// What an operator keeps for levels of the queue: each level, how much, and what of it is left
    /// on the business day.
    pub fn reserved(
        &self,
        operator: OperatorNumber,
        now: Timestamp,
    ) -> Vec<(Priority, Amount, Amount)> {
        let at = self.business_time(now);
        let standing = self.reservations.standing(operator);
        let left = |level| self.reservations.left(operator, level, at);
        standing.iter().map(|(level, amount)| (level, amount, left(level))).collect()
    }

    /// What an operator may at most receive net within a business day; `None` is unlimited.
    pub fn receiver_cap(&self, operator: OperatorNumber) -> Option<Amount> {
        self.limits.receiver_cap(operator)
    }

    /// The limits on what an operator pays others.
    pub fn bilateral_limits(&self, payer: OperatorNumber, now: Timestamp) -> Vec<BilateralLimit> {
        let limits = self.limits.of_payer(payer, self.business_time(now));
        let limit = |(payee, limit, paid)| {
            let payee: OperatorNumber = payee;
            BilateralLimit { payee: self.accounts[payee].code, limit, paid }
        };
        limits.map(limit).collect()
    }

    /// What operators have paid each other on the present business day: payer, payee and sum, by
    /// the numbers of both; all behind a pair, or from the first on.
    pub fn flows_after(
        &self,
        after: Option<(OperatorNumber, OperatorNumber)>,
        now: Timestamp,
    ) -> impl Iterator<Item = (OperatorNumber, OperatorNumber, Position)> + '_ {
        let at = self.business_time(now);
        let first = after.map_or(OperatorNumber::FIRST, |(payer, _)| payer);
        let payers = self.accounts.list().numbers().filter(move |payer| *payer >= first);
        let pairs = payers
            .flat_map(move |payer| self.accounts.list().numbers().map(move |payee| (payer, payee)));
        let rest = pairs.filter(move |pair| Some(*pair) > after);
        let flows =
            rest.map(move |(payer, payee)| (payer, payee, self.limits.sent(payer, payee, at)));
        flows.filter(|(_, _, sum)| !sum.is_zero())
    }
}
