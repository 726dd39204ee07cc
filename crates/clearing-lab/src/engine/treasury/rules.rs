//! The built-in rules of treasurers.

use std::collections::BTreeSet;

use clearing_domain::money::{Amount, OperatorCode, PaymentId, Position};
use clearing_domain::netting::Priority;

use crate::experiment::{LimitRule, Opening, Policy};

use super::observation::{Counterparty, Decision, Observation};

/// The rules of an operator, with what they remember.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    rules: Vec<Policy>,
    /// Of each other operator: what it had paid on the day, and since which tick it has paid
    /// nothing.
    silent: Vec<(Position, u64)>,
}

impl Rules {
    pub(super) fn new(rules: Vec<Policy>) -> Self {
        Self { rules, silent: Vec::new() }
    }

    /// Decides by the rules in their order: what one holds, the next does not release.
    pub(super) fn decide(&mut self, observation: &Observation) -> Decision {
        self.listen(observation);
        let mut decision = Decision::default();
        let mut held = BTreeSet::new();
        for rule in &self.rules {
            match rule {
                Policy::Release | Policy::Outside => {}
                Policy::Inflow { target, until } if !is_over(*until, observation) => {
                    hold_for_inflow(*target, observation, decision.fund, &mut held);
                }
                Policy::Schedule { steps } => hold_by_schedule(steps, observation, &mut held),
                Policy::Silence { ticks, until } if !is_over(*until, observation) => {
                    self.hold_for_silent(*ticks, observation, &mut held);
                }
                Policy::Opening(opening) if observation.clock.tick_of_day == 1 => {
                    decision.fund = fund(*opening, observation);
                }
                Policy::Limits(rule) if observation.clock.tick_of_day == 1 => {
                    decision.limits = limits(*rule, observation);
                }
                Policy::Inflow { .. }
                | Policy::Silence { .. }
                | Policy::Opening(_)
                | Policy::Limits(_) => {}
            }
        }
        decision.levels = levels(observation, &held);
        decision
    }

    /// Notes which of the others have paid since the tick before.
    fn listen(&mut self, observation: &Observation) {
        let now = observation.clock.tick;
        if observation.clock.tick_of_day == 1 || self.silent.is_empty() {
            self.silent = vec![(Position::ZERO, now); observation.counterparties.len()];
        }
        for ((received, since), other) in self.silent.iter_mut().zip(&observation.counterparties) {
            if other.received != *received {
                *received = other.received;
                *since = now;
            }
        }
    }

    fn hold_for_silent(
        &self,
        ticks: u64,
        observation: &Observation,
        held: &mut BTreeSet<PaymentId>,
    ) {
        let now = observation.clock.tick;
        let is_silent = |((_, since), other): &(&(Position, u64), &Counterparty)| {
            now - since >= ticks && other.sent > other.received
        };
        let others = self.silent.iter().zip(&observation.counterparties);
        let silent: BTreeSet<OperatorCode> =
            others.filter(is_silent).map(|(_, other)| other.operator).collect();
        let to_silent = observation.payments().filter(|payment| silent.contains(&payment.payee));
        held.extend(to_silent.map(|payment| payment.id));
    }
}

/// Whether a rule holds nothing any more on the day.
fn is_over(until: Option<i64>, observation: &Observation) -> bool {
    until.is_some_and(|until| observation.clock.ms_of_day >= until)
}

/// Releases in the order of submission what leaves the target; smaller payments may pass larger
/// ones.
fn hold_for_inflow(
    target: Amount,
    observation: &Observation,
    fund: Position,
    held: &mut BTreeSet<PaymentId>,
) {
    let mut left = observation.balance + fund - target.position();
    for payment in observation.payments() {
        if held.contains(&payment.id) {
            continue;
        }
        if payment.amount.position() <= left {
            left -= payment.amount;
        } else {
            held.insert(payment.id);
        }
    }
}

/// Releases in the order of submission until the part that is due has been released.
fn hold_by_schedule(
    steps: &[(i64, u32)],
    observation: &Observation,
    held: &mut BTreeSet<PaymentId>,
) {
    let reached = steps.iter().rev().find(|(by, _)| *by <= observation.clock.ms_of_day);
    let percent = reached.map_or(0, |(_, percent)| *percent);
    let waiting: i128 =
        observation.payments().map(|payment| i128::from(payment.amount.fen())).sum();
    let mut released = i128::from(observation.sent.fen());
    // Rounded up, because so much is due at least.
    let due = ((released + waiting) * i128::from(percent) + 99) / 100;
    for payment in observation.payments() {
        if held.contains(&payment.id) {
            continue;
        }
        if released < due {
            released += i128::from(payment.amount.fen());
        } else {
            held.insert(payment.id);
        }
    }
}

/// What brings the balance to the level of the open. Not more is taken out than may leave.
fn fund(opening: Opening, observation: &Observation) -> Position {
    let expected = observation.expected;
    let level = match opening {
        Opening::Amount(amount) => amount.position(),
        Opening::Outflow(share) => share.of(expected.sent),
        Opening::Bounds(share) => {
            expected.lower_bound + share.of(expected.upper_bound - expected.lower_bound)
        }
    };
    let free = observation.free.unwrap_or_default().max(Position::ZERO);
    (level - observation.balance).max(-free)
}

/// The limits that change at the open.
fn limits(rule: LimitRule, observation: &Observation) -> Vec<(OperatorCode, Option<Amount>)> {
    let limit = |other: &Counterparty| match rule {
        LimitRule::Amount(amount) => Some(amount),
        LimitRule::Outflow(share) => Amount::from_sum(share.of(other.expected)),
    };
    let others = observation.counterparties.iter();
    let changed = others.filter(|other| other.limit != limit(other));
    changed.map(|other| (other.operator, limit(other))).collect()
}

/// The levels of the payments that move.
fn levels(observation: &Observation, held: &BTreeSet<PaymentId>) -> Vec<(PaymentId, Priority)> {
    let mut levels = Vec::new();
    for payment in observation.payments() {
        let level = if held.contains(&payment.id) { Priority::Held } else { payment.own_level };
        if level != payment.level {
            levels.push((payment.id, level));
        }
    }
    levels
}

#[cfg(test)]
mod tests;
