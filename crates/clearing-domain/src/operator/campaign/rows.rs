//! The rows of campaigns: what their sponsor's operator keeps of them, and what wallets of this
//! operator spend of what they were granted.

use crate::details::Eligibility;
use crate::link::Head;
use crate::money::{Amount, PaymentId, Timestamp, WalletNumber};
use crate::row::{numbered, row};

use super::super::identity::IdentityHash;

numbered! {
    /// What a campaign hands out.
    pub enum CampaignKind {
        /// The money moves at the claim, into the claimant's wallet, as an earmarked grant.
        RedPacket = 1,
        /// The money stays in the pool until the voucher is redeemed.
        Voucher = 2,
    }
}

row! {
    /// A campaign.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CampaignRow in "campaigns", kind 20 {
        /// The number of the row.
        pub row: u64,
        /// The wallet that holds its pool; it names the campaign.
        pub campaign: WalletNumber,
        /// What it is called.
        pub title: Option<Box<str>>,
        /// What it hands out.
        pub kind: CampaignKind,
        /// How much each winner gets.
        pub face: Amount,
        /// How many win at most.
        pub winners: u32,
        /// What its money may be spent on.
        pub eligible: Box<Eligibility>,
        /// From when on one may register.
        pub register_from: Timestamp,
        /// The last moment to register.
        pub register_until: Timestamp,
        /// The last moment to claim.
        pub claim_until: Timestamp,
        /// From when on its money may be spent.
        pub valid_from: Timestamp,
        /// The last moment to spend it; what is left goes back to the pool then.
        pub valid_until: Timestamp,
        /// SHA-256 of the seed of the draw, so that nobody can choose the seed afterwards; `None` of
        /// a campaign without a draw, in which who claims first wins.
        pub commitment: Option<Head>,
        /// What makes the ids of its red packets unknown to others; none under lockstep, where they
        /// are the same in every run.
        pub salt: Option<Head>,
        /// When it was created.
        pub at: Timestamp,
    }
}

row! {
    /// A registration for a campaign.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct RegistrationRow in "registrations", kind 21 {
        /// The number of the row.
        pub row: u64,
        /// The campaign.
        pub campaign: WalletNumber,
        /// The wallet that shall get the grant, at any operator.
        pub wallet: WalletNumber,
        /// Who registers: the same whatever operator the person goes to.
        pub person: IdentityHash,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// The draw of a campaign.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct DrawRow in "draws", kind 22 {
        /// The number of the row.
        pub row: u64,
        /// The campaign.
        pub campaign: WalletNumber,
        /// The seed, from which and from the registrations anyone computes the winners.
        pub seed: Head,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// The claim of a winner.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ClaimRow in "claims", kind 23 {
        /// The number of the row.
        pub row: u64,
        /// The campaign.
        pub campaign: WalletNumber,
        /// The wallet of the winner.
        pub wallet: WalletNumber,
        /// The payment of a red packet; a voucher has none.
        pub payment: Option<PaymentId>,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// A voucher that a wallet of this operator has claimed from a campaign of another one, on the
    /// word of that operator.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct VoucherRow in "vouchers", kind 25 {
        /// The number of the row.
        pub row: u64,
        /// The wallet.
        pub wallet: WalletNumber,
        /// The campaign.
        pub campaign: WalletNumber,
        /// What the campaign pays of one payment.
        pub face: Amount,
        /// From when on it may be redeemed.
        pub valid_from: Timestamp,
        /// The last moment to redeem it.
        pub valid_until: Timestamp,
        /// When it was claimed, as this operator heard of it.
        pub at: Timestamp,
    }
}

row! {
    /// A payment, the row of which follows, spends a part of a grant.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct GrantSpendRow in "grant_spends", kind 24 {
        /// The number of the row.
        pub row: u64,
        /// The payment.
        pub payment: PaymentId,
        /// The payment of the claim that brought the grant.
        pub claim: PaymentId,
        /// How much.
        pub amount: Amount,
    }
}
