//! Liquidity that operators reserve for levels of the queue: payments of a lower level may not use
//! it. Payments of a level use up what is reserved for it, until the next business day.

use crate::money::{Amount, ByOperator, OperatorNumber, Position, Timestamp};
use crate::netting::Priority;

/// What is reserved for each level; nothing is for normal payments, nor for those that are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reserved([Amount; Priority::Normal as usize]);

impl Reserved {
    /// The levels for which anything may be reserved.
    pub fn levels() -> impl Iterator<Item = Priority> {
        Priority::ALL.into_iter().take_while(|level| *level < Priority::Normal)
    }

    /// What is reserved for a level.
    pub fn of(&self, level: Priority) -> Amount {
        self.0.get(level as usize).copied().unwrap_or_default()
    }

    /// Reserves an amount for a level; nothing is kept for the last one.
    pub fn set(&mut self, level: Priority, amount: Amount) {
        if let Some(reserved) = self.0.get_mut(level as usize) {
            *reserved = amount;
        }
    }

    /// The levels for which something is reserved, and how much.
    pub fn iter(&self) -> impl Iterator<Item = (Priority, Amount)> + '_ {
        let levels = Self::levels().map(|level| (level, self.of(level)));
        levels.filter(|(_, amount)| *amount > Amount::ZERO)
    }
}

/// The reservations of all operators, and what of them has been used on the business day.
#[derive(Debug)]
pub struct Reservations {
    standing: ByOperator<Reserved>,
    used: ByOperator<Reserved>,
    /// Whether anybody has reserved anything.
    any: bool,
    /// The last moment of the day that `used` is of.
    day_ends: Option<Timestamp>,
}

impl Reservations {
    /// No reservations, of so many operators.
    pub fn new(operators: usize) -> Self {
        let none = ByOperator::filled(operators, Reserved::default());
        Self { standing: none.clone(), used: none, any: false, day_ends: None }
    }

    /// Reserves an amount for a level; all of it is there again.
    pub fn set(&mut self, operator: OperatorNumber, level: Priority, amount: Amount) {
        self.standing[operator].set(level, amount);
        self.used[operator].set(level, Amount::ZERO);
        self.any = self.standing.iter().any(|reserved| *reserved != Reserved::default());
    }

    /// What an operator has reserved.
    pub fn standing(&self, operator: OperatorNumber) -> Reserved {
        self.standing[operator]
    }

    /// A payment of a level has settled and used what was reserved for it.
    pub fn spend(&mut self, payer: OperatorNumber, level: Priority, amount: Amount, at: Timestamp) {
        // The first payment of a day forgets the day before, so that no clock has to.
        if Some(at) > self.day_ends {
            self.day_ends = Some(at.day_end());
            for used in &mut self.used {
                *used = Reserved::default();
            }
        }
        let reserved = self.standing[payer].of(level);
        let used = self.used[payer].of(level).checked_add(amount).unwrap_or(reserved);
        self.used[payer].set(level, used.min(reserved));
    }

    /// What of the reservation for a level is not used on the day of a time.
    pub fn left(&self, operator: OperatorNumber, level: Priority, at: Timestamp) -> Amount {
        let used =
            if Some(at) > self.day_ends { Amount::ZERO } else { self.used[operator].of(level) };
        self.standing[operator].of(level).checked_sub(used).unwrap_or_default()
    }

    /// The last levels of the groups that may use equally much at a time, the most urgent first.
    pub fn groups(&self, at: Timestamp) -> Vec<Priority> {
        if !self.any {
            return vec![Priority::Normal];
        }
        let any = |level: &Priority| {
            self.standing.numbers().any(|operator| self.left(operator, *level, at) > Amount::ZERO)
        };
        Reserved::levels().filter(any).chain([Priority::Normal]).collect()
    }

    /// What each operator keeps back from payments of a level.
    pub fn kept_from(&self, level: Priority, at: Timestamp) -> Vec<Position> {
        if !self.any {
            return vec![Position::ZERO; self.standing.len()];
        }
        let before = || Reserved::levels().take_while(move |before| *before < level);
        let kept = |operator: OperatorNumber| -> Position {
            before().map(|level| self.left(operator, level, at).position()).sum()
        };
        self.standing.numbers().map(kept).collect()
    }
}

#[cfg(test)]
mod tests;
