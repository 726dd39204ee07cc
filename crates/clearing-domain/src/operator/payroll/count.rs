//! Payrolls counted again from the rows, for the audit: not by the functions that kept them.

use std::collections::{BTreeMap, BTreeSet};

use crate::money::{Amount, PaymentId, PayrollId, Total, WalletNumber};
use crate::seal::Invariant;

use super::super::OperatorLedger;
use super::super::recount::NAMED_MAX;
use super::super::rows::{OperatorRow, PaymentRow};
use super::rows::{PayrollDecision, PayrollLineRow, PayrollRow};

/// What the rows say of one payroll.
struct Counted {
    row: PayrollRow,
    /// How many lines it has.
    lines: u32,
    /// The good ones: who is paid, and how much.
    good: BTreeMap<u32, (WalletNumber, Amount)>,
    decision: Option<PayrollDecision>,
    paid: BTreeSet<u32>,
}

#[derive(Default)]
struct Count {
    payrolls: BTreeMap<PayrollId, Counted>,
    /// The payroll that lines belong to.
    last: Option<PayrollId>,
    /// The payments that good lines make.
    expected: BTreeMap<PaymentId, (PayrollId, u32)>,
    faults: Vec<String>,
}

impl OperatorLedger {
    /// A payroll pays what it says, each line once, and nothing before it is confirmed.
    pub(in super::super) fn check_payrolls(&self) -> Invariant {
        let mut count = Count::default();
        self.rows().for_each(|row| count.take(&row));
        for counted in count.payrolls.values() {
            count.faults.extend(self.compare_payroll(counted));
        }
        let lines: usize = count.payrolls.values().map(|found| found.paid.len()).sum();
        let mut detail = format!("{} payrolls, {lines} lines paid", count.payrolls.len());
        let faults = &count.faults;
        if !faults.is_empty() {
            let named: Vec<_> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
            detail = format!("{detail}; {} faults: {}", faults.len(), named.join("; "));
        }
        Invariant::new("payrolls pay each line once", faults.is_empty(), detail)
    }

    fn compare_payroll(&self, counted: &Counted) -> Vec<String> {
        let mut faults = Vec::new();
        let Counted { row, lines, good, decision, paid } = counted;
        let payroll = row.payroll;
        let total: Total = good.values().map(|(_, amount)| *amount).sum();
        if *lines != row.lines || total != Total::from(row.total) {
            let PayrollRow { lines: said, total: stated, .. } = row;
            faults.push(format!(
                "payroll {payroll} states {said} lines and {stated} yuan and has {lines} and {total}"
            ));
        }
        let is_confirmed = *decision == Some(PayrollDecision::Confirmed);
        let due = if is_confirmed { good.len() } else { 0 };
        if paid.len() != due {
            faults.push(format!("payroll {payroll} pays {} lines, not {due}", paid.len()));
        }
        let kept = self.payrolls.find(payroll).map(|kept| (kept.lines().len(), kept.decided()));
        if kept != Some((usize::try_from(*lines).unwrap_or_default(), *decision)) {
            faults.push(format!("payroll {payroll} is kept otherwise than its rows say"));
        }
        faults
    }
}

impl Count {
    fn take(&mut self, row: &OperatorRow) {
        // Few kinds of rows are about payrolls, and none of the others names one.
        if let OperatorRow::Payroll(row) = row {
            self.last = Some(row.payroll);
            let counted = Counted {
                row: row.clone(),
                lines: 0,
                good: BTreeMap::new(),
                decision: None,
                paid: BTreeSet::new(),
            };
            self.payrolls.insert(row.payroll, counted);
        } else if let OperatorRow::PayrollLine(row) = row {
            self.take_line(row);
        } else if let OperatorRow::PayrollDecision(row) = row {
            if let Some(counted) = self.payrolls.get_mut(&row.payroll) {
                counted.decision = Some(row.decision);
            }
        } else if let OperatorRow::Payment(row) = row {
            self.take_payment(row);
        }
    }

    fn take_line(&mut self, row: &PayrollLineRow) {
        let Some(payroll) = self.last else { return };
        let Some(counted) = self.payrolls.get_mut(&payroll) else { return };
        counted.lines += 1;
        if let (None, Some(payee), Some(amount)) = (row.reason, row.payee, row.amount) {
            counted.good.insert(row.line, (payee, amount));
            self.expected.insert(PaymentId::of_payroll(payroll, row.line), (payroll, row.line));
        }
    }

    fn take_payment(&mut self, row: &PaymentRow) {
        let Some((payroll, line)) = self.expected.get(&row.id).copied() else { return };
        let Some(counted) = self.payrolls.get_mut(&payroll) else { return };
        let fits = row.payer == counted.row.payer
            && counted.good.get(&line) == Some(&(row.payee, row.amount))
            && counted.decision == Some(PayrollDecision::Confirmed);
        if !fits || !counted.paid.insert(line) {
            self.faults.push(format!("payment {} pays line {line} of {payroll} wrongly", row.id));
        }
    }
}
