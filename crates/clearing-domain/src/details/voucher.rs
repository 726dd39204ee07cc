//! The voucher of a campaign, by which its sponsor pays a part of a payment.

use crate::money::{Amount, WalletNumber};

/// A part of a payment that the sponsor of a campaign pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// The wallet that holds the pool of the campaign; its prefix names the sponsor's operator.
    pub campaign: WalletNumber,
    /// What the campaign pays of the amount.
    pub discount: Amount,
}

impl Voucher {
    /// What the payer pays of an amount. Both parts are above zero: a payer who pays nothing would
    /// be asked for nothing by limits and funds.
    pub fn rest_of(self, amount: Amount) -> Option<Amount> {
        let rest = amount.checked_sub(self.discount)?;
        (self.discount > Amount::ZERO && rest > Amount::ZERO).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Prefix, WalletKind};

    #[test]
    fn payer_and_campaign_both_pay_something() {
        let campaign =
            WalletNumber::new(Prefix::new(5).unwrap(), WalletKind::Corporate, 1).unwrap();
        let fen = |fen| Amount::from_sum(crate::money::Position::from_fen(fen)).unwrap();
        let rest = |discount| Voucher { campaign, discount: fen(discount) }.rest_of(fen(100));
        assert_eq!([1, 99].map(rest), [Some(fen(99)), Some(fen(1))]);
        assert_eq!([0, 100, 101].map(rest), [None; 3]);
    }
}
