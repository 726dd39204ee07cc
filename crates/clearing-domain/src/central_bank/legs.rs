//! Legs: which operators owe what for a transfer.

use crate::money::{Amount, OperatorNumber};
use crate::netting::Obligation;

/// What one operator owes the payee's for a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Who owes it.
    pub debtor: OperatorNumber,
    /// To whom.
    pub creditor: OperatorNumber,
    /// How much, more than nothing.
    pub amount: Amount,
}

/// The operators that a payment is between, and what of it the sponsor's pays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parties {
    pub(super) payer: OperatorNumber,
    pub(super) payee: OperatorNumber,
    pub(super) sponsor: Option<(OperatorNumber, Amount)>,
}

impl Parties {
    /// The legs of an amount, the payer's first. What wallets of the payee's operator pay moves no
    /// money between operators, and is no leg.
    pub(super) fn legs(self, amount: Amount) -> impl Iterator<Item = Leg> + Clone {
        let discount = self.sponsor.map_or(Amount::ZERO, |(_, discount)| discount);
        // A discount above the amount is refused, and what is refused has no use for its legs.
        let rest = amount.checked_sub(discount).unwrap_or_default();
        let creditor = self.payee;
        let leg = |debtor, amount| (debtor != creditor).then_some(Leg { debtor, creditor, amount });
        let sponsors = self.sponsor.and_then(|(sponsor, discount)| leg(sponsor, discount));
        leg(self.payer, rest).into_iter().chain(sponsors)
    }
}

impl Leg {
    /// The obligation that it becomes.
    pub fn obligation(&self) -> Obligation {
        Obligation {
            debtor: self.debtor.place(),
            creditor: self.creditor.place(),
            amount: self.amount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_pays_at_the_payees_operator_owes_nothing() {
        let [a, b, c] = [0, 1, 2].map(OperatorNumber::at);
        let fen = |fen| Amount::from_fen(fen).unwrap();
        let legs = |payer, payee, sponsor: Option<OperatorNumber>| {
            let sponsor = sponsor.map(|sponsor| (sponsor, fen(30)));
            let legs = Parties { payer, payee, sponsor }.legs(fen(100));
            legs.map(|leg| (leg.debtor, leg.amount.fen())).collect::<Vec<_>>()
        };
        assert_eq!(legs(a, b, None), [(a, 100)]);
        assert_eq!(legs(a, b, Some(c)), [(a, 70), (c, 30)]);
        assert_eq!(legs(a, b, Some(b)), [(a, 70)]);
        assert_eq!(legs(a, a, Some(c)), [(c, 30)]);
    }
}
