//! Prepares payrolls: checks their lines and computes the total that their payer confirms.

use crate::Reason;
use crate::money::{
    Amount, PayrollId, Power, RequestId, RequestKey, Timestamp, Total, WalletNumber,
};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::content::ContentMark;
use super::super::error::OperatorError;
use super::super::exchange::check_power;
use super::super::wallet::WalletStatus;
use super::payrolls::{Payroll, Payrolls};
use super::rows::{PayrollLineRow, PayrollRow};

/// The most lines of a payroll.
pub const PAYROLL_LINES_MAX: usize = 10_000;

/// How many payrolls of a wallet may wait for its decision: their lines stay in memory.
pub const OPEN_PAYROLLS_MAX: usize = 10;

/// How many lines of a wallet may come to nothing before it has to wait for its next payroll; they come
/// back as refusals do.
pub(in super::super) const UNPAID_LINES_MAX: u32 = 30_000;

/// A payroll to prepare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayrollOrder {
    /// The identity that it gets if it is new.
    pub payroll: PayrollId,
    /// The payer's name for the request, one among those of its payrolls.
    pub request_id: RequestId,
    /// The wallet that pays.
    pub payer: WalletNumber,
    /// What it is called.
    pub title: Option<Box<str>>,
    /// The mark of all that the payer sent.
    pub content: ContentMark,
    /// Who gets how much.
    pub lines: Vec<NewPayrollLine>,
}

/// A line to prepare. What a client got wrong in it makes the line bad, not the payroll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayrollLine {
    /// The wallet to pay.
    pub payee: Result<WalletNumber, Reason>,
    /// How much.
    pub amount: Result<Amount, Reason>,
    /// The payer's name for the line.
    pub reference: Option<Box<str>>,
}

impl OperatorLedger {
    /// The payrolls of this operator's wallets.
    pub fn payrolls(&self) -> &Payrolls {
        &self.payrolls
    }

    /// A payroll.
    pub fn payroll(&self, payroll: PayrollId) -> Result<&Payroll, OperatorError> {
        let unknown = OperatorError::Payroll { payroll, reason: Reason::PayrollUnknown };
        self.payrolls.find(payroll).ok_or(unknown)
    }

    /// Prepares a payroll and answers with its id. Bad lines are kept with why they are not paid. A
    /// repeat answers the first one, whatever was decided on it since.
    pub fn prepare_payroll(
        &mut self,
        order: PayrollOrder,
        now: Timestamp,
    ) -> Result<PayrollId, OperatorError> {
        let key = RequestKey::new(order.payer, &order.request_id);
        if let Some(earlier) = self.payrolls.of_request(&key) {
            let is_same = earlier.row.content == order.content;
            let reused = OperatorError::RequestIdReused(order.request_id);
            return if is_same { Ok(earlier.row.payroll) } else { Err(reused) };
        }
        let PayrollOrder { payroll, request_id, payer, title, content, lines } = order;
        let refuse = |reason| OperatorError::Payroll { payroll, reason };
        let slot = self.known(payer)?;
        check_power(payer, Power::PayPayroll)?;
        if !(1..=PAYROLL_LINES_MAX).contains(&lines.len()) {
            return Err(OperatorError::PayrollLines(lines.len()));
        }
        if self.payrolls.open(payer) >= OPEN_PAYROLLS_MAX {
            return Err(refuse(Reason::TooManyPayrolls));
        }
        if let Some(budget) = &self.line_budget {
            let too_often = |wait_ms| OperatorError::RefusedTooOften { wallet: payer, wait_ms };
            budget.check(slot, now).map_err(too_often)?;
        }
        let lines: Vec<_> =
            (1..).zip(lines).map(|(number, line)| self.line(number, line)).collect();
        let good = lines.iter().filter(|line| line.reason.is_none());
        let total: Total = good.filter_map(|line| line.amount).sum();
        // No wallet ever holds more.
        let total = total.position().and_then(Amount::from_sum).filter(|sum| *sum <= Amount::MAX);
        let total = total.ok_or_else(|| refuse(Reason::SumTooLarge))?;
        let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let row = PayrollRow {
            row: 0,
            payroll,
            payer,
            request_id,
            title,
            lines: count,
            total,
            content,
            at: now,
        };
        self.append(row, Known::Nothing);
        self.owe_lines(payer, lines.iter().filter(|line| line.reason.is_some()).count(), now);
        for line in lines {
            self.append(line, Known::Nothing);
        }
        Ok(payroll)
    }

    /// Notes that lines of a wallet came to nothing.
    pub(super) fn owe_lines(&mut self, payer: WalletNumber, count: usize, now: Timestamp) {
        let slot = self.wallets.slot_of(payer);
        if let (Some(slot), Some(budget)) = (slot, self.line_budget.as_mut()) {
            budget.owe(slot, count, now);
        }
    }

    /// The row of a line, with why it is bad.
    fn line(&self, number: u32, line: NewPayrollLine) -> PayrollLineRow {
        let reason = self.check_line(&line).err();
        PayrollLineRow {
            row: 0,
            line: number,
            payee: line.payee.ok(),
            amount: line.amount.ok(),
            reference: line.reference,
            reason,
        }
    }

    /// Whether a line can be paid, as far as this operator knows. Of a wallet of another one that
    /// decides when the payment comes.
    fn check_line(&self, line: &NewPayrollLine) -> Result<(), Reason> {
        let payee = line.payee?;
        line.amount?.single().map_err(|error| Reason::from(&error))?;
        if !payee.kind().may(Power::ReceivePayroll) {
            return Err(Reason::KindNotAllowed);
        }
        if !self.is_of_an_operator(payee) {
            return Err(Reason::WalletPrefixUnknown);
        }
        if !self.is_on_us(payee) {
            return Ok(());
        }
        let wallet = self.wallet(payee).ok_or(Reason::PayeeUnknown)?;
        let is_closed = wallet.status == WalletStatus::Closed;
        if is_closed { Err(Reason::PayeeClosed) } else { Ok(()) }
    }
}
