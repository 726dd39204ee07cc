//! Claims between operators: what left settlement because somebody could not pay.

use std::collections::BTreeMap;

use crate::money::{CycleId, OperatorNumber, Position};
use crate::netting::Detail;

use super::leg_slot::LegSlot;

/// How a cycle settled in which somebody did not pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleDefault {
    /// The cycle.
    pub cycle: CycleId,
    /// Obligations of payments that did not settle in full.
    pub unsettled: Vec<LegSlot>,
    /// What of each of those was not paid: all of it, or pro rata a part.
    pub unpaid: Vec<Position>,
    /// The claims that arose, netted between each two operators: whoever holds one bears the loss
    /// until it is paid.
    pub claims: Vec<Claim>,
    /// What else the rule found; participants are operators by number.
    pub detail: Detail,
}

/// A claim between two operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who owes it.
    pub debtor: OperatorNumber,
    /// To whom.
    pub creditor: OperatorNumber,
    /// How much, more than nothing.
    pub amount: Position,
}

/// What is owed outside settlement between two operators, the lower number first: positive is a
/// claim of the lower on the higher.
pub(super) type Pair = (OperatorNumber, OperatorNumber);

/// Claims, netted between each two operators.
#[derive(Clone, Debug, Default)]
pub struct Claims(BTreeMap<Pair, Position>);

impl Claims {
    /// Adds a claim of one operator on another.
    pub fn add(&mut self, holder: OperatorNumber, on: OperatorNumber, sum: Position) {
        let (pair, sum) = if holder < on { ((holder, on), sum) } else { ((on, holder), -sum) };
        let held = self.0.entry(pair).or_default();
        *held += sum;
        // Nobody owes nothing: what is offset is no claim, and no list shows it.
        if held.is_zero() {
            self.0.remove(&pair);
        }
    }

    /// The sums by pairs.
    pub fn sums(&self) -> &BTreeMap<Pair, Position> {
        &self.0
    }

    /// The claims by debtor and creditor, in the order of the pairs.
    pub fn in_order(&self) -> impl Iterator<Item = Claim> + '_ {
        self.0.iter().map(|((one, other), sum)| {
            let (debtor, creditor) =
                if *sum > Position::ZERO { (*other, *one) } else { (*one, *other) };
            Claim { debtor, creditor, amount: (*sum).max(-*sum) }
        })
    }

    /// What each operator claims of all others together.
    pub fn by_operator(&self, operators: usize) -> Vec<Position> {
        let mut sums = vec![Position::ZERO; operators];
        for ((one, other), sum) in &self.0 {
            sums[one.place()] += *sum;
            sums[other.place()] -= *sum;
        }
        sums
    }
}
