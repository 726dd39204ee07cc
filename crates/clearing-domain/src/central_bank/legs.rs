//! Legs: which operators owe what for a transfer.

use crate::money::{Amount, OperatorNumber};
use crate::netting::Obligation;
use crate::slots::Slot;

use super::transfer::TransferSlot;

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
        let leg = move |(debtor, amount)| Leg { debtor, creditor, amount };
        let debts = [Some((self.payer, rest)), self.sponsor].map(|debt| debt.map(leg));
        debts.into_iter().flatten().filter(|leg| leg.debtor != leg.creditor)
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

/// The slot of a transfer and the number of one of its legs. Cycles keep one for each obligation,
/// so both share four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegSlot(u32);

impl LegSlot {
    /// The leg of a transfer, counted from 0 among those that it has.
    ///
    /// # Panics
    ///
    /// When there are more transfers than 31 bits can number, or a third leg.
    pub fn new(transfer: TransferSlot, leg: usize) -> Self {
        let number = transfer.number();
        assert!(number < 1 << 31, "a ledger holds at most 2,147,483,648 transfers");
        assert!(leg < 2, "a transfer has two legs at most");
        Self(number << 1 | u32::from(leg == 1))
    }

    /// The transfer.
    pub fn transfer(self) -> TransferSlot {
        TransferSlot::from_number(self.0 >> 1)
    }

    /// The number of the leg.
    pub fn leg(self) -> usize {
        usize::from(self.0 & 1 == 1)
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

    #[test]
    fn a_slot_of_a_leg_keeps_both() {
        for (number, leg) in [(0, 0), (0, 1), ((1 << 31) - 1, 1)] {
            let slot = LegSlot::new(TransferSlot::from_number(number), leg);
            assert_eq!((slot.transfer().number(), slot.leg()), (number, leg));
        }
        assert_eq!(size_of::<LegSlot>(), 4);
    }
}
