//! The words of a script for what the rules name by types.

use clearing_domain::merchant::MerchantCategory;
use clearing_domain::money::WalletKind;
use clearing_domain::region::Region;

use super::{ActionKind, ContractStep, Mismatch};

/// The name of a kind of wallet.
pub(super) const fn kind_name(kind: WalletKind) -> &'static str {
    match kind {
        WalletKind::Personal => "personal",
        WalletKind::Corporate => "corporate",
        WalletKind::Merchant => "merchant",
        WalletKind::Government => "government",
        WalletKind::Hard => "hard",
        WalletKind::Operator => "operator",
    }
}

/// The kind of a name.
pub(super) fn kind_named(name: &str) -> Option<WalletKind> {
    WalletKind::ALL.into_iter().find(|kind| kind_name(*kind) == name)
}

/// The letters of a name alone, in lower case: Xi'an is Xian.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase()
}

/// The region of a name.
pub(in super::super) fn region_named(name: &str) -> Option<Region> {
    Region::ALL.into_iter().find(|region| letters(&format!("{region:?}")) == letters(name))
}

/// Every category of merchants.
const CATEGORIES: [MerchantCategory; 8] = [
    MerchantCategory::Retail,
    MerchantCategory::Catering,
    MerchantCategory::Transport,
    MerchantCategory::Tourism,
    MerchantCategory::Education,
    MerchantCategory::Utilities,
    MerchantCategory::PublicServices,
    MerchantCategory::Other,
];

/// The name of a category.
pub(super) fn category_name(category: MerchantCategory) -> String {
    letters(&format!("{category:?}"))
}

/// The category of a name.
pub(super) fn category_named(name: &str) -> Option<MerchantCategory> {
    CATEGORIES.into_iter().find(|category| category_name(*category) == letters(name))
}

impl Mismatch {
    /// The name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Identity => "identity",
        }
    }

    /// The mismatch of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Phone, Self::Identity].into_iter().find(|mismatch| mismatch.name() == name)
    }
}

impl ActionKind {
    /// The name in the configuration.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PublishBills { .. } => "publish-bills",
            Self::CancelBills { .. } => "cancel-bills",
            Self::Refund { .. } => "refund",
            Self::ExchangeBack { .. } => "exchange-back",
            Self::SweepToTreasury { .. } => "sweep-to-treasury",
            Self::RegisterMerchant { .. } => "register-merchant",
            Self::CreateCampaign(_) => "create-campaign",
            Self::Register(_) => "register",
            Self::Draw(_) => "draw",
            Self::Claim(_) => "claim",
            Self::CloseCampaign(_) => "close-campaign",
            Self::Contracts { step: ContractStep::Create, .. } => "create-contracts",
            Self::Contracts { step: ContractStep::Release(_), .. } => "release-lesson",
            Self::Contracts { step: ContractStep::Request(_), .. } => "request-lesson",
            Self::Contracts { step: ContractStep::Dispute(_), .. } => "dispute-lesson",
            Self::Contracts { step: ContractStep::Refund, .. } => "refund-contracts",
            Self::Loans(action) => action.step.kind(),
            Self::Wealth(action) => action.step.kind(),
            Self::PayPayroll(_) => "pay-payroll",
            Self::SuspendMerchant { suspended: true, .. } => "suspend-merchant",
            Self::SuspendMerchant { suspended: false, .. } => "resume-merchant",
            Self::IssueCards(_) => "issue-cards",
            Self::LoadCards { .. } => "load-cards",
            Self::Tap(_) => "tap",
            Self::ReportLost { .. } => "report-lost",
            Self::ReissueCards { .. } => "reissue-cards",
            Self::BindFrontEnd { .. } => "bind-front-end",
        }
    }
}
