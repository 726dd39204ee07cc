//! The rows of payrolls.

use crate::Reason;
use crate::money::{Amount, PayrollId, RequestId, Timestamp, WalletNumber};
use crate::row::{numbered, row};

use super::super::content::ContentMark;

row! {
    /// A payroll that was prepared. The rows of its lines follow at once.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PayrollRow in "payrolls", kind 40 {
        /// The number of the row.
        pub row: u64,
        /// The payroll.
        pub payroll: PayrollId,
        /// The wallet that pays.
        pub payer: WalletNumber,
        /// The payer's name for the request.
        pub request_id: RequestId,
        /// What it is called.
        pub title: Option<Box<str>>,
        /// How many lines it has.
        pub lines: u32,
        /// The sum of its good lines.
        pub total: Amount,
        /// The mark of all that the payer sent.
        pub content: ContentMark,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// A line of the payroll before it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PayrollLineRow in "payroll_lines", kind 41 {
        /// The number of the row.
        pub row: u64,
        /// The number of the line in its payroll, counted from 1.
        pub line: u32,
        /// The wallet to pay; none when the number could not be read.
        pub payee: Option<WalletNumber>,
        /// How much; nothing when it could not be read.
        pub amount: Option<Amount>,
        /// The payer's name for the line.
        pub reference: Option<Box<str>>,
        /// Why it is not paid; nothing of a good line.
        pub reason: Option<Reason>,
    }
}

numbered! {
    /// What the payer of a payroll has decided.
    pub enum PayrollDecision {
        /// Its good lines are paid.
        Confirmed = 1,
        /// It is not paid.
        Cancelled = 2,
    }
}

row! {
    /// A payroll was confirmed or cancelled. The payments of a confirmed one follow in its batch.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct PayrollDecisionRow in "payroll_decisions", kind 42 {
        /// The number of the row.
        pub row: u64,
        /// The payroll.
        pub payroll: PayrollId,
        /// What was decided.
        pub decision: PayrollDecision,
        /// When.
        pub at: Timestamp,
    }
}
