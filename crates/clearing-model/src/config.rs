//! What a run of the checker explores.

use crate::ids::Ids;
use crate::rule::{Rule, Rules};

/// The most operators of a configuration.
pub const OPERATORS: usize = 3;
/// The most payments of a configuration.
pub const PAYMENTS: usize = 3;

/// A payment that a client may submit. Each leg moves one unit of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The payer's operator.
    pub payer: usize,
    /// The payee's operator.
    pub payee: usize,
    /// The operator that adds a second leg, for a voucher.
    pub sponsor: Option<usize>,
}

/// What becomes of a payment that the payer's cap does not cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// It is refused.
    Refuse,
    /// It waits for headroom.
    Queue,
    /// It waits for payments in the other direction, with which it is released.
    Offset,
}

/// How many faults and events of a kind a run may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Crashes, of anybody.
    pub crashes: u8,
    /// Broken links.
    pub breaks: u8,
    /// Messages that come again later.
    pub repeats: u8,
    /// Messages lost inside a link that goes on.
    pub losses: u8,
    /// Instructions that name a known payment but say something else.
    pub forgeries: u8,
    /// Operators that start from an old copy of their file.
    pub restores: u8,
    /// Closes of a cycle, at most one.
    pub closes: u8,
}

/// A configuration of the model.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name.
    pub name: &'static str,
    /// The payments.
    pub plans: Vec<Plan>,
    /// How many operators there are.
    pub operators: usize,
    /// What the wallets of each operator open with, and what is held for it at the central bank.
    pub opening: [i8; OPERATORS],
    /// The net debit caps; `None` is unlimited.
    pub caps: [Option<i8>; OPERATORS],
    /// What becomes of a payment above the cap.
    pub excess: Excess,
    /// Deliveries that may be rejected, and legs that a sponsor may decline.
    pub may_reject: Ids,
    /// Payments whose time may run out.
    pub may_expire: Ids,
    /// Days end.
    pub day_ends: bool,
    /// Messages of a link come in any order, and numbers are not looked at.
    pub unordered: bool,
    /// Finished rows are forgotten.
    pub forgets: bool,
    /// Who may crash; the central bank is the number after the last operator.
    pub may_crash: Ids,
    /// Whose file may be replaced by an old copy.
    pub restored: usize,
    /// Bounds of the run.
    pub budget: Budget,
    /// The rules in force.
    pub rules: Rules,
}

impl Config {
    /// The same with a rule turned off.
    #[must_use]
    pub fn without(mut self, rule: Rule) -> Self {
        self.rules = self.rules.without(rule);
        self
    }

    /// Whether a rule is in force.
    pub fn has(&self, rule: Rule) -> bool {
        self.rules.has(rule)
    }

    /// The payments by number.
    pub fn ids(&self) -> std::ops::Range<usize> {
        0..self.plans.len()
    }

    /// Whether the payee's operator votes before anything is decided.
    pub fn votes(&self) -> bool {
        self.excess == Excess::Offset && self.has(Rule::VoteBeforeQueueing)
    }
}

impl Plan {
    /// What the payee gets.
    pub fn total(&self) -> i8 {
        if self.sponsor.is_some() { 2 } else { 1 }
    }

    /// Whether an operator gives a leg.
    pub fn debits(&self, operator: usize) -> bool {
        self.payer == operator || self.sponsor == Some(operator)
    }

    /// Whether an operator owes a leg to another. What wallets of the payee's operator pay moves no
    /// money between operators.
    pub fn owes(&self, operator: usize) -> bool {
        self.debits(operator) && self.payee != operator
    }

    /// Whether an operator has a part in the payment.
    pub fn concerns(&self, operator: usize) -> bool {
        self.debits(operator) || self.payee == operator
    }
}
