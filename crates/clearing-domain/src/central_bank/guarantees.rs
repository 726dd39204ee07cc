//! What an operator puts up for its net debit cap.

use crate::money::{Amount, Position, Total};

use super::operation::Action;

/// What an operator has put up for its net debit cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guarantees {
    /// Reserves that may not leave.
    pub earmarked: Amount,
    /// Pledged securities at their market value.
    pub collateral: Amount,
}

impl Guarantees {
    fn pledged(self, sum: Position) -> Option<Self> {
        let collateral = changed(self.collateral, sum)?;
        Some(Self { collateral, ..self })
    }

    fn earmarked(self, sum: Position) -> Option<Self> {
        let earmarked = changed(self.earmarked, sum)?;
        Some(Self { earmarked, ..self })
    }

    /// The guarantees after an operation, which most leave as they are; `None` when there would be
    /// less than none.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others put up nothing")]
    pub fn after(self, action: &Action) -> Option<Self> {
        match *action {
            Action::Pledge { sum } => self.pledged(sum),
            Action::Earmark { sum } => self.earmarked(sum),
            _ => Some(self),
        }
    }

    /// The net debit cap: earmarked funds, collateral after its haircut, and the credit line.
    pub fn cap(self, haircut_permille: u16, credit: Amount) -> Amount {
        let mut cap = self.collateral.permille(1000 - haircut_permille.min(1000));
        cap += self.earmarked;
        cap += credit;
        cap
    }
}

fn changed(amount: Amount, sum: Position) -> Option<Amount> {
    (Total::from(amount) + sum).position().and_then(Amount::from_sum)
}
