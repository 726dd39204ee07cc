//! What an action asks of one operator: orders that any engine carries out, each of which may be
//! given again and is then carried out once.

use clearing_card::SignedVoucher;
use clearing_domain::Reason;
use clearing_domain::details::BillReference;
use clearing_domain::link::Head;
use clearing_domain::merchant::MerchantTraits;
use clearing_domain::money::{Amount, OperatorCode, PaymentId, Prefix, WalletNumber};
use clearing_domain::operator::{BillOrder, CardOrder};
use clearing_domain::region::Region;

use crate::experiment::script::{Campaign, Mismatch};

use super::contracts::ContractOrder;
use super::loans::{LoanOrder, PlannedPayroll};
use super::wealth::WealthOrder;

/// An order to an operator, between ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A wallet publishes a bill.
    PublishBill(BillOrder),
    /// A wallet takes a bill back.
    CancelBill {
        /// The wallet.
        biller: WalletNumber,
        /// Its name for the bill.
        reference: BillReference,
    },
    /// The payee of a payment gives it back.
    Refund {
        /// The name of the request.
        request_id: String,
        /// The payment.
        original: PaymentId,
        /// How much; `None` is all that is left.
        amount: Option<Amount>,
    },
    /// A wallet is exchanged back into bank money.
    ExchangeBack {
        /// The name of the request.
        request_id: String,
        /// The wallet.
        wallet: WalletNumber,
        /// How much.
        amount: Amount,
    },
    /// A government wallet is swept into the account of the treasury.
    SweepToTreasury {
        /// The name of the request.
        request_id: String,
        /// The wallet.
        wallet: WalletNumber,
        /// How much.
        amount: Amount,
    },
    /// A merchant says what it sells and where.
    RegisterMerchant {
        /// The wallet.
        wallet: WalletNumber,
        /// What and where.
        traits: MerchantTraits,
    },
    /// A campaign is created and its pool filled.
    CreateCampaign(Box<PlannedCampaign>),
    /// A wallet registers for a campaign of any operator.
    Register(Participant),
    /// The winners of a campaign are drawn.
    Draw {
        /// The pool.
        campaign: WalletNumber,
        /// The seed.
        seed: Head,
    },
    /// A wallet claims what it has won in a campaign of any operator.
    Claim(Participant),
    /// What nobody can claim any more goes back to the sponsor.
    CloseCampaign {
        /// The name of the request.
        request_id: String,
        /// The pool.
        campaign: WalletNumber,
    },
    /// Something is done about a prepaid contract.
    Contract(ContractOrder),
    /// Something is done about a loan.
    Loan(Box<LoanOrder>),
    /// Something is done about a wealth product.
    Wealth(Box<WealthOrder>),
    /// A payroll is prepared and confirmed.
    PayPayroll(Box<PlannedPayroll>),
    /// A merchant is suspended by its supervisor, or goes on.
    SuspendMerchant {
        /// The merchant, which is one of the operator.
        merchant: WalletNumber,
        /// Whether it is suspended from here on.
        suspended: bool,
    },
    /// A wallet is bound to a front-end.
    BindFrontEnd(Binding),
    /// A card is issued, or one in the place of another.
    IssueCard(Box<PlannedCard>),
    /// Money of its parent goes onto a card.
    LoadCard {
        /// The name of the request.
        request_id: String,
        /// The card.
        card: WalletNumber,
        /// How much.
        amount: Amount,
    },
    /// A payee of the operator uploads a voucher of a card of any.
    Upload(Box<SignedVoucher>),
    /// A card is reported lost.
    ReportLost(WalletNumber),
}

/// A card to issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCard {
    /// The place of its group.
    pub group: usize,
    /// The number that it must get: its vouchers are signed with it.
    pub card: WalletNumber,
    /// The card that it replaces.
    pub replaces: Option<WalletNumber>,
    /// What is ordered.
    pub order: CardOrder,
    /// The most that it holds.
    pub float_max: Amount,
    /// The most of one voucher.
    pub single_max: Amount,
    /// How many vouchers may wait.
    pub count_max: u32,
    /// How many hours a voucher is taken.
    pub age_hours: u32,
}

/// A wallet that takes part in a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The pool.
    pub campaign: WalletNumber,
    /// The wallet.
    pub wallet: WalletNumber,
}

/// A campaign to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCampaign {
    /// The number that its pool must get: payments are planned with it.
    pub pool: WalletNumber,
    /// The name of the request.
    pub request_id: String,
    /// Who pays for it.
    pub sponsor: WalletNumber,
    /// What was planned.
    pub campaign: Campaign,
    /// How many win.
    pub winners: u32,
    /// What is put into the pool.
    pub amount: Amount,
    /// What the seed of the draw must hash to.
    pub commitment: Option<Head>,
    /// The operators at whose merchants the money may be spent.
    pub operators: Vec<(OperatorCode, Prefix)>,
}

/// A wallet that is bound to a front-end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The wallet.
    pub wallet: WalletNumber,
    /// The front-end.
    pub front_end: String,
    /// Where the holder is.
    pub region: Region,
    /// What the front-end knows otherwise than the holder has shown it.
    pub mismatch: Option<Mismatch>,
}

/// What became of an order: the money in it, or why it was refused.
pub type Acted = Result<Amount, Reason>;

impl Order {
    /// Who takes part in a campaign by it.
    pub(in super::super) fn participant(&self) -> Option<&Participant> {
        if let Self::Register(participant) | Self::Claim(participant) = self {
            Some(participant)
        } else {
            None
        }
    }
}

impl Binding {
    /// The phone number that a front-end knows of the holder, who shows the number of the wallet.
    pub(in super::super) fn phone(&self) -> String {
        self.shown(Mismatch::Phone)
    }

    /// The identity document that a front-end knows of the holder.
    pub(in super::super) fn identity(&self) -> String {
        self.shown(Mismatch::Identity)
    }

    fn shown(&self, what: Mismatch) -> String {
        let number = self.wallet.to_string();
        // Nobody's: a number in the other direction is of no wallet.
        if self.mismatch == Some(what) { number.chars().rev().collect() } else { number }
    }
}
