//! What a treasurer sees before a tick, and what it may decide.

use std::collections::BTreeSet;

use clearing_domain::money::{Amount, OperatorCode, PaymentId, Position, Timestamp};
use clearing_domain::netting::Priority;

use super::expected::Expected;

/// What the treasurer of an operator sees before a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The operator.
    pub operator: OperatorCode,
    /// The tick to come.
    pub clock: Clock,
    /// What the operator can settle with.
    pub balance: Position,
    /// How far its balance may go below zero.
    pub credit: Amount,
    /// What may be taken out; `None` where no money can be brought in or taken out.
    pub free: Option<Position>,
    /// What it has brought in so far, less what it has taken out.
    pub brought: Position,
    /// The most that it may bring in before this tick: its part of what the books of the central
    /// bank still hold.
    pub room: Position,
    /// Whether it is away or cut off: then nothing of what is decided is carried out.
    pub away: bool,
    /// What it has paid others on the day.
    pub sent: Position,
    /// What others have paid it on the day.
    pub received: Position,
    /// What its day was drawn to be.
    pub expected: Expected,
    /// Its payments that wait, in the order of their submission.
    pub queue: Vec<Outgoing>,
    /// Its payments to other operators that the tick will bring, in the same order.
    pub coming: Vec<Outgoing>,
    /// The other operators, in the order of the configuration.
    pub counterparties: Vec<Counterparty>,
}

/// Where a tick lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// The day, counted from 1.
    pub day: u32,
    /// The absolute number of the tick.
    pub tick: u64,
    /// Its number within its day, from 1.
    pub tick_of_day: u64,
    /// How many ticks a day has.
    pub ticks_per_day: u64,
    /// The business time at its end.
    pub at: Timestamp,
    /// The same as a time of its day, in milliseconds; the last tick ends at 24:00.
    pub ms_of_day: i64,
}

/// A payment of the operator that has not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The payment.
    pub id: PaymentId,
    /// Who is paid.
    pub payee: OperatorCode,
    /// How much.
    pub amount: Amount,
    /// Where it stands in the queue, or would.
    pub level: Priority,
    /// Where it stands unless a treasurer decides otherwise.
    pub own_level: Priority,
    /// When its payer submitted it.
    pub at: Timestamp,
}

/// Another operator as a treasurer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counterparty {
    /// The other operator.
    pub operator: OperatorCode,
    /// What was paid to it on the day.
    pub sent: Position,
    /// What it has paid on the day.
    pub received: Position,
    /// What it has in the queue for the operator, held or not.
    pub waiting: Position,
    /// What may be paid to it on the day, net; `None` is unlimited.
    pub limit: Option<Amount>,
    /// What the day will bring to pay to it.
    pub expected: Position,
}

/// What a treasurer decides before a tick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// What it brings in; negative takes out.
    pub fund: Position,
    /// Where payments stand from now on, of those that move.
    pub levels: Vec<(PaymentId, Priority)>,
    /// What may be paid to others on the day, net; `None` is unlimited.
    pub limits: Vec<(OperatorCode, Option<Amount>)>,
}

impl Observation {
    /// The payments that have not settled: those that wait, then those that come.
    pub fn payments(&self) -> impl Iterator<Item = &Outgoing> {
        self.queue.iter().chain(&self.coming)
    }

    /// Checks that a decision can be carried out; the error is the field and what is wrong with it.
    pub fn check(&self, decision: &Decision) -> Result<(), (&'static str, String)> {
        self.check_fund(decision.fund)?;
        let known: BTreeSet<_> = self.payments().map(|payment| payment.id).collect();
        let mut seen = BTreeSet::new();
        for (id, _) in &decision.levels {
            if !known.contains(id) {
                let message = format!("payment {id} neither waits nor comes in this tick");
                return Err(("levels", message));
            }
            if !seen.insert(*id) {
                return Err(("levels", format!("payment {id} is named twice")));
            }
        }
        let mut seen = BTreeSet::new();
        for (code, _) in &decision.limits {
            if !self.counterparties.iter().any(|other| other.operator == *code) {
                return Err(("limits", format!("{code} is no other operator of the roster")));
            }
            if !seen.insert(*code) {
                return Err(("limits", format!("{code} is named twice")));
            }
        }
        Ok(())
    }

    fn check_fund(&self, fund: Position) -> Result<(), (&'static str, String)> {
        match self.free {
            _ if fund.is_zero() => Ok(()),
            None => Err((
                "fund",
                format!("{fund} cannot be moved: in the cash regime what settles is e-CNY"),
            )),
            Some(_) if fund > self.room => Err((
                "fund",
                format!("{fund} is more than {}, which is what may come in now", self.room),
            )),
            Some(free) if fund < -free.max(Position::ZERO) => {
                Err(("fund", format!("{fund} takes out more than the free {free}")))
            }
            Some(_) => Ok(()),
        }
    }
}
