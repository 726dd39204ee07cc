//! What a treasurer did in a run.

use std::collections::BTreeSet;

use clearing_domain::money::{OperatorCode, PaymentId, Position};
use clearing_domain::netting::Priority;

use crate::experiment::Policy;

use super::observation::{Decision, Observation};

/// What the treasurer of an operator did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreasuryRecord {
    /// The operator.
    pub operator: OperatorCode,
    /// The rules by their names, in their order; empty where nobody decides.
    pub policy: String,
    /// What was brought in over the run.
    pub brought_in: Position,
    /// What was taken out.
    pub taken_out: Position,
    /// Of each day: what it opened with and brought in on it, less what it took out.
    pub days: Vec<Position>,
    /// How many of its payments it ever held back.
    pub held: u64,
    /// Their value.
    pub held_value: Position,
    /// Those of the day, which are counted once.
    seen: BTreeSet<PaymentId>,
}

impl TreasuryRecord {
    pub(super) fn new(operator: OperatorCode, policies: &[Policy]) -> Self {
        let names: Vec<_> = policies.iter().map(Policy::name).collect();
        Self {
            operator,
            policy: names.join(", "),
            brought_in: Position::ZERO,
            taken_out: Position::ZERO,
            days: Vec::new(),
            held: 0,
            held_value: Position::ZERO,
            seen: BTreeSet::new(),
        }
    }

    /// What is left of what was brought in.
    pub fn brought(&self) -> Position {
        self.brought_in - self.taken_out
    }

    /// Whether anybody decided for the operator.
    pub fn is_of_a_treasurer(&self) -> bool {
        !self.policy.is_empty()
    }

    /// Takes a balance before a tick and what is moved then into account.
    pub(super) fn open(&mut self, tick_of_day: u64, balance: Position, fund: Position) {
        match self.days.last_mut().filter(|_| tick_of_day > 1) {
            Some(day) => *day += fund,
            None => self.days.push(balance + fund),
        }
    }

    /// Takes a decision into account.
    pub(super) fn note(&mut self, observation: &Observation, decision: &Decision) {
        if decision.fund > Position::ZERO {
            self.brought_in += decision.fund;
        } else {
            self.taken_out -= decision.fund;
        }
        // Of yesterday only what waits on over night is met again.
        if observation.clock.tick_of_day == 1 {
            let waits = |id: &PaymentId| observation.queue.iter().any(|payment| payment.id == *id);
            self.seen.retain(waits);
        }
        let held = decision.levels.iter().filter(|(_, level)| *level == Priority::Held);
        let held: BTreeSet<_> = held.map(|(id, _)| *id).collect();
        for payment in observation.payments() {
            if held.contains(&payment.id) && self.seen.insert(payment.id) {
                self.held += 1;
                self.held_value += payment.amount;
            }
        }
    }
}
