//! Payroll at the operator of the wallet that pays it: many payments under one total.
//!
//! A payroll is prepared: its lines are checked, the bad ones named, and their total computed. Once
//! its payer confirms that total, each good line becomes an ordinary payment, all of them in one batch
//! of the ledger, so that no crash leaves a part of a payroll.

mod apply;
mod check;
mod confirm;
mod count;
mod payrolls;
mod prepare;
mod rows;

pub use payrolls::{LineState, Payroll, PayrollFigures, PayrollLine, Payrolls};
pub(super) use prepare::UNPAID_LINES_MAX;
pub use prepare::{NewPayrollLine, OPEN_PAYROLLS_MAX, PAYROLL_LINES_MAX, PayrollOrder};
pub use rows::{PayrollDecision, PayrollDecisionRow, PayrollLineRow, PayrollRow};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
