//! The slots of the operator's lists.

use crate::slots::slot;

slot! {
    /// The slot of a wallet.
    pub struct WalletSlot
}

slot! {
    /// The slot of a payment.
    pub struct PaymentSlot
}

slot! {
    /// The slot of a transfer into a wallet.
    pub struct InboundSlot
}

slot! {
    /// The slot of a discount that a campaign was asked for.
    pub struct FundingSlot
}

slot! {
    /// The slot of a wallet event.
    pub struct EventSlot
}

slot! {
    /// The slot of a credit of interest.
    pub struct InterestSlot
}

slot! {
    /// The slot of a bill.
    pub struct BillSlot
}

slot! {
    /// The slot of a payment code.
    pub struct CodeSlot
}

slot! {
    /// The slot of an entry of a statement.
    pub struct EntrySlot
}

slot! {
    /// The slot of a registration for a campaign.
    pub struct RegistrationSlot
}

slot! {
    /// The slot of a claim.
    pub struct ClaimSlot
}

slot! {
    /// The slot of a grant in a wallet.
    pub struct GrantSlot
}

slot! {
    /// The slot of a prepaid contract.
    pub struct ContractSlot
}

slot! {
    /// The slot of a loan.
    pub struct LoanSlot
}

slot! {
    /// The slot of a mandate for a loan.
    pub struct MandateSlot
}

slot! {
    /// The slot of a wealth product.
    pub struct ProductSlot
}

slot! {
    /// The slot of what a wallet holds of a wealth product.
    pub struct HoldingSlot
}

slot! {
    /// The slot of a redemption of a wealth product.
    pub struct RedemptionSlot
}

#[cfg(test)]
mod tests {
    use super::super::{Inbound, Payment, WalletEvent};

    #[test]
    fn records_of_which_there_are_millions_stay_small() {
        let sizes = [size_of::<Payment>(), size_of::<Inbound>(), size_of::<WalletEvent>()];
        assert!(sizes.iter().zip([120, 104, 64]).all(|(size, most)| *size <= most), "{sizes:?}");
    }
}
