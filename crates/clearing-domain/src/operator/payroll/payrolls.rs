//! The payrolls of this operator's wallets, with their lines.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::Reason;
use crate::money::{Amount, PaymentId, PayrollId, RequestKey, Total, WalletNumber};

use super::super::payment::Payment;
use super::super::state::PaymentState;
use super::rows::{PayrollDecision, PayrollDecisionRow, PayrollLineRow, PayrollRow};

/// A line of a payroll. A payroll has up to 10,000 of them, so that nothing is kept that follows from
/// its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayrollLine {
    /// The wallet to pay.
    pub payee: Option<WalletNumber>,
    /// How much.
    pub amount: Option<Amount>,
    /// The payer's name for the line.
    pub reference: Option<Box<str>>,
    /// Why it is not paid.
    pub reason: Option<Reason>,
}

/// A payroll.
#[derive(Clone, Debug)]
pub struct Payroll {
    /// What was prepared.
    pub row: PayrollRow,
    /// What its payer has decided, once it has.
    pub decision: Option<PayrollDecisionRow>,
    lines: Vec<PayrollLine>,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug)]
pub enum LineState<'a> {
    /// It is bad and never paid.
    Bad(Reason),
    /// It is paid when its payroll is confirmed.
    Prepared,
    /// Its payroll was cancelled.
    Cancelled,
    /// It is this payment.
    Paid(&'a Payment),
}

/// How the lines of a payroll stand, with their sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayrollFigures {
    /// Bad lines.
    pub bad: u32,
    /// Payments whose payees have the money, and their sum.
    pub completed: (u32, Total),
    /// Payments without a final outcome, and their sum.
    pub in_transit: (u32, Total),
    /// Payments that were refused or came back, and their sum.
    pub refused: (u32, Total),
}

/// All payrolls in the order of their rows.
#[derive(Debug, Default)]
pub struct Payrolls {
    list: Vec<Payroll>,
    by_id: FxHashMap<PayrollId, usize>,
    by_request: FxHashMap<RequestKey, usize>,
    of_payers: BTreeMap<WalletNumber, Vec<usize>>,
    decisions: Vec<PayrollDecisionRow>,
}

impl Payroll {
    /// Its lines in order.
    pub fn lines(&self) -> &[PayrollLine] {
        &self.lines
    }

    /// Whether all lines are there that it has.
    pub(super) fn is_complete(&self) -> bool {
        u32::try_from(self.lines.len()) == Ok(self.row.lines)
    }

    /// What was decided.
    pub fn decided(&self) -> Option<PayrollDecision> {
        self.decision.map(|row| row.decision)
    }

    /// The sum of its good lines as they stand.
    pub(super) fn sum(&self) -> Total {
        let good = self.lines.iter().filter(|line| line.reason.is_none());
        good.filter_map(|line| line.amount).sum()
    }

    /// Its good lines: the number of each, who is paid, and how much.
    pub(super) fn good(&self) -> impl Iterator<Item = (u32, WalletNumber, Amount)> + '_ {
        (1..).zip(&self.lines).filter_map(|(number, line)| {
            line.reason.is_none().then_some((number, line.payee?, line.amount?))
        })
    }

    /// The rows of its lines.
    fn line_rows(&self) -> impl Iterator<Item = PayrollLineRow> + '_ {
        (1..).zip(&self.lines).map(|(number, line)| PayrollLineRow {
            row: self.row.row + u64::from(number),
            line: number,
            payee: line.payee,
            amount: line.amount,
            reference: line.reference.clone(),
            reason: line.reason,
        })
    }

    /// The payment of a line, whether there is one or not.
    pub(super) fn payment_of(&self, line: u32) -> PaymentId {
        PaymentId::of_payroll(self.row.payroll, line)
    }
}

impl PayrollFigures {
    /// Counts a line.
    pub(super) fn count(&mut self, state: LineState<'_>) {
        let payment = match state {
            LineState::Bad(_) => {
                self.bad += 1;
                return;
            }
            LineState::Prepared | LineState::Cancelled => return,
            LineState::Paid(payment) => payment,
        };
        let of_state = match payment.state {
            PaymentState::Completed => &mut self.completed,
            PaymentState::InTransit => &mut self.in_transit,
            PaymentState::Rejected | PaymentState::Returned => &mut self.refused,
        };
        of_state.0 += 1;
        of_state.1 += payment.amount;
    }
}

impl Payrolls {
    /// All of them.
    pub fn list(&self) -> &[Payroll] {
        &self.list
    }

    /// A payroll.
    pub fn find(&self, payroll: PayrollId) -> Option<&Payroll> {
        self.by_id.get(&payroll).map(|place| &self.list[*place])
    }

    /// The payroll that a request has prepared.
    pub(super) fn of_request(&self, key: &RequestKey) -> Option<&Payroll> {
        self.by_request.get(key).map(|place| &self.list[*place])
    }

    /// The payrolls of a payer in order, from a place on.
    pub fn of_payer(
        &self,
        payer: WalletNumber,
        from: usize,
    ) -> impl Iterator<Item = (usize, &Payroll)> + '_ {
        let places = self.of_payers.get(&payer).map_or(&[][..], Vec::as_slice);
        places.iter().enumerate().skip(from).map(|(number, place)| (number, &self.list[*place]))
    }

    /// How many payrolls of a payer wait for a decision.
    pub(super) fn open(&self, payer: WalletNumber) -> usize {
        self.of_payer(payer, 0).filter(|(_, payroll)| payroll.decision.is_none()).count()
    }

    /// The rows of all lines in order.
    pub fn line_rows(&self) -> impl Iterator<Item = PayrollLineRow> + '_ {
        self.list.iter().flat_map(Payroll::line_rows)
    }

    /// The decisions in order.
    pub fn decisions(&self) -> &[PayrollDecisionRow] {
        &self.decisions
    }

    /// Takes in a payroll, the lines of which follow.
    pub(in super::super) fn prepare(&mut self, row: PayrollRow) {
        let place = self.list.len();
        self.by_id.insert(row.payroll, place);
        self.by_request.insert(RequestKey::new(row.payer, &row.request_id), place);
        self.of_payers.entry(row.payer).or_default().push(place);
        self.list.push(Payroll { row, decision: None, lines: Vec::new() });
    }

    /// Takes in a line of the last payroll.
    pub(in super::super) fn add_line(&mut self, row: PayrollLineRow) {
        let PayrollLineRow { row: _, line: _, payee, amount, reference, reason } = row;
        if let Some(payroll) = self.list.last_mut() {
            payroll.lines.push(PayrollLine { payee, amount, reference, reason });
        }
    }

    /// Takes in what was decided on a payroll.
    pub(in super::super) fn decide(&mut self, row: PayrollDecisionRow) {
        if let Some(place) = self.by_id.get(&row.payroll) {
            self.list[*place].decision = Some(row);
        }
        self.decisions.push(row);
    }
}
