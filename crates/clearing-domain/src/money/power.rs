//! What wallets may do by their kind, beside paying and receiving, which every kind does.

use super::WalletKind;

/// Something that only some kinds of wallets may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Exchange with a bank account.
    Exchange,
    /// Have sub-wallets.
    HoldSubWallets,
    /// Publish bills that others pay.
    PublishBills,
    /// Be swept into the account of the treasury.
    SweepToTreasury,
    /// Sponsor campaigns of red packets and vouchers.
    SponsorCampaigns,
    /// Pay wages to many wallets at once.
    PayPayroll,
    /// Receive wages.
    ReceivePayroll,
    /// Have the category and region of a merchant.
    CarryTraits,
    /// Be bound to a front-end.
    BindFrontEnds,
    /// Charge payment codes, and be named by a merchant code.
    ChargeByCode,
}

impl Power {
    /// Every power, in the order of its declaration.
    pub const ALL: [Self; 10] = [
        Self::Exchange,
        Self::HoldSubWallets,
        Self::PublishBills,
        Self::SweepToTreasury,
        Self::SponsorCampaigns,
        Self::PayPayroll,
        Self::ReceivePayroll,
        Self::CarryTraits,
        Self::BindFrontEnds,
        Self::ChargeByCode,
    ];

    /// What it is called in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exchange => "exchange with a bank account",
            Self::HoldSubWallets => "hold sub-wallets",
            Self::PublishBills => "publish bills",
            Self::SweepToTreasury => "be swept to the treasury",
            Self::SponsorCampaigns => "sponsor campaigns",
            Self::PayPayroll => "pay payroll",
            Self::ReceivePayroll => "receive payroll",
            Self::CarryTraits => "carry a category and region",
            Self::BindFrontEnds => "be bound to a front-end",
            Self::ChargeByCode => "charge by code",
        }
    }
}

impl WalletKind {
    /// The powers of the kind: the one table of them.
    pub const fn powers(self) -> &'static [Power] {
        use Power::{
            BindFrontEnds, CarryTraits, ChargeByCode, Exchange, HoldSubWallets, PayPayroll,
            PublishBills, ReceivePayroll, SponsorCampaigns, SweepToTreasury,
        };
        match self {
            Self::Personal => &[Exchange, HoldSubWallets, ReceivePayroll, BindFrontEnds],
            Self::Corporate => &[
                Exchange,
                HoldSubWallets,
                PublishBills,
                SponsorCampaigns,
                PayPayroll,
                ChargeByCode,
            ],
            Self::Merchant => &[
                Exchange,
                HoldSubWallets,
                PublishBills,
                SponsorCampaigns,
                PayPayroll,
                CarryTraits,
                ChargeByCode,
            ],
            Self::Government => &[
                Exchange,
                HoldSubWallets,
                PublishBills,
                SweepToTreasury,
                SponsorCampaigns,
                PayPayroll,
                ChargeByCode,
            ],
            Self::Hard => &[Exchange],
            Self::Operator => &[Exchange, HoldSubWallets, PublishBills, SponsorCampaigns],
        }
    }

    /// Whether wallets of the kind may do something.
    pub fn may(self, power: Power) -> bool {
        self.powers().contains(&power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_document_is_the_one_that_holds() {
        let mark = |kind: WalletKind, power| if kind.may(power) { "yes" } else { "–" };
        let row = |power: Power| {
            let marks = WalletKind::ALL.map(|kind| mark(kind, power)).join(" | ");
            format!("| {} | {marks} |\n", power.name())
        };
        let table: String = Power::ALL.into_iter().map(row).collect();
        let document = include_str!("../../../../docs/wallets.md");
        assert!(document.contains(&table), "docs/wallets.md has another table than\n{table}");
    }

    #[test]
    fn everyone_exchanges_and_only_the_state_is_swept_to_the_treasury() {
        assert!(WalletKind::ALL.into_iter().all(|kind| kind.may(Power::Exchange)));
        let swept = WalletKind::ALL.into_iter().filter(|kind| kind.may(Power::SweepToTreasury));
        assert_eq!(swept.collect::<Vec<_>>(), [WalletKind::Government]);
        assert!(!WalletKind::Personal.may(Power::SponsorCampaigns));
    }
}
