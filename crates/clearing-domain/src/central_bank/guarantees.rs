//! What an operator puts up for its net debit cap.

use crate::money::{Amount, Position, Total};

/// What an operator has put up for its net debit cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guarantees {
    /// Reserves that may not leave.
    pub earmarked: Amount,
    /// Pledged securities at their market value.
    pub collateral: Amount,
}

impl Guarantees {
    /// The guarantees after a pledge; `None` when there would be less than none.
    pub(super) fn pledged(self, sum: Position) -> Option<Self> {
        let collateral = changed(self.collateral, sum)?;
        Some(Self { collateral, ..self })
    }

    /// The guarantees after an earmark; `None` when there would be less than none.
    pub(super) fn earmarked(self, sum: Position) -> Option<Self> {
        let earmarked = changed(self.earmarked, sum)?;
        Some(Self { earmarked, ..self })
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
