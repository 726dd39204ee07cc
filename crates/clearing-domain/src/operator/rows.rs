//! The rows of the operator's ledger, each kind declared once.

use crate::Details;
use crate::details::{BillReference, Purpose};
use crate::money::{
    Amount, PaymentCode, PaymentId, RequestId, RequestKey, Timestamp, WalletNumber,
};
use crate::region::Region;
use crate::row::{row, rows};

use super::campaign::{CampaignRow, ClaimRow, DrawRow, GrantSpendRow, RegistrationRow, VoucherRow};
use super::card::{CardChangeRow, CardRow, CardVoucherRow, UnclaimedRow};
use super::content::ContentMark;
use super::contract::{ContractRow, ContractStepRow, ReleaseRow, SuspensionRow};
use super::facts::{Answered, Decided, Delivered, End, SubWalletUse, Taken, WalletChange};
use super::interest::InterestRow;
use super::loan::{LoanRow, LoanStepRow, MandateRow};
use super::participants::ParticipantRow;
use super::payroll::{PayrollDecisionRow, PayrollLineRow, PayrollRow};
use super::wealth::{CancelledRedemptionRow, ProductRow, RedemptionRow};

row! {
    /// A payer's order.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PaymentRow in "payments", kind 1 {
        /// The number of the row.
        pub row: u64,
        /// The identity of the payment across the system.
        pub id: PaymentId,
        /// The payer's name for the request.
        pub request_id: RequestId,
        /// The wallet debited.
        pub payer: WalletNumber,
        /// The wallet to credit.
        pub payee: WalletNumber,
        /// How much.
        pub amount: Amount,
        /// When the payer submitted it.
        pub submitted_at: Timestamp,
        /// When it may no longer be accepted.
        pub expires_at: Timestamp,
        /// How it was taken.
        pub taken: Taken,
        /// A text of the payer.
        pub remark: Option<Box<str>>,
        /// The mark of the alias that the payee was given by.
        pub alias: Option<ContentMark>,
        /// What it is for.
        pub details: Option<Box<Details>>,
    }
}

row! {
    /// The decision on a transfer into a wallet.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct InboundRow in "inbound", kind 2 {
        /// The number of the row.
        pub row: u64,
        /// The payment.
        pub id: PaymentId,
        /// What was delivered; nothing when a revoke came before any delivery.
        pub delivered: Option<Delivered>,
        /// When it was decided.
        pub decided_at: Timestamp,
        /// What was decided.
        pub decided: Decided,
    }
}

row! {
    /// The outcome of an earlier payment, transfer or discount, a row of its own because rows never
    /// change.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct OutcomeRow in "outcomes", kind 3 {
        /// The number of the row.
        pub row: u64,
        /// The row of the payment, transfer or discount.
        pub of: u64,
        /// How it ended.
        pub end: End,
        /// When the central bank recorded it.
        pub at: Timestamp,
    }
}

row! {
    /// An event of a wallet.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct WalletEventRow in "wallet_events", kind 4 {
        /// The number of the row.
        pub row: u64,
        /// The wallet.
        pub wallet: WalletNumber,
        /// What happened.
        pub change: WalletChange,
        /// The client's name for the request, if it gave one.
        pub request_id: Option<RequestId>,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// A wallet, just opened, became a sub-wallet of another one.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SubWalletRow in "sub_wallets", kind 10 {
        /// The number of the row.
        pub row: u64,
        /// The sub-wallet.
        pub wallet: WalletNumber,
        /// The wallet that it belongs to.
        pub parent: WalletNumber,
        /// What it is for.
        pub used_for: SubWalletUse,
        /// The most of one payment, beside what its class allows.
        pub single: Option<Amount>,
        /// The most paid out on one natural day, beside what its class allows.
        pub daily: Option<Amount>,
        /// Whether it may pay only those wallets that are on its list.
        pub restricted: bool,
        /// The merchant's platform that it is pushed to.
        pub platform: Option<Box<str>>,
    }
}

row! {
    /// A payee came onto the list of a restricted sub-wallet, or left it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct PayeeRow in "allowed_payees", kind 11 {
        /// The number of the row.
        pub row: u64,
        /// The sub-wallet.
        pub wallet: WalletNumber,
        /// The wallet that it may pay.
        pub payee: WalletNumber,
        /// Whether it may from here on.
        pub allowed: bool,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// A bill that a wallet published.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct BillRow in "bills", kind 5 {
        /// The number of the row.
        pub row: u64,
        /// The wallet that is to be paid.
        pub biller: WalletNumber,
        /// The biller's name for it.
        pub reference: BillReference,
        /// The exact sum.
        pub amount: Amount,
        /// The last moment at which a payment of it may be submitted.
        pub due_at: Timestamp,
        /// What the payment is for.
        pub purpose: Option<Purpose>,
        /// What is billed.
        pub subject: Option<Box<str>>,
        /// What the payer gets for the payment, and not before it.
        pub release: Option<Box<str>>,
        /// When it was published.
        pub at: Timestamp,
    }
}

row! {
    /// A biller took back a bill that was not paid.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CancelledBillRow in "cancelled_bills", kind 6 {
        /// The number of the row.
        pub row: u64,
        /// The wallet that published it.
        pub biller: WalletNumber,
        /// The biller's name for it.
        pub reference: BillReference,
        /// When it was taken back.
        pub at: Timestamp,
    }
}

row! {
    /// A wallet was bound to a front-end, or is no longer.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct FrontEndRow in "front_ends", kind 12 {
        /// The number of the row.
        pub row: u64,
        /// The wallet.
        pub wallet: WalletNumber,
        /// The name of the front-end.
        pub front_end: Box<str>,
        /// Where the person is; `None` ends the binding.
        pub region: Option<Region>,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// A code with which a payer lets a merchant charge a wallet once.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PaymentCodeRow in "payment_codes", kind 13 {
        /// The number of the row.
        pub row: u64,
        /// The code.
        pub code: PaymentCode,
        /// The wallet that pays.
        pub wallet: WalletNumber,
        /// The amount that it is bound to.
        pub amount: Option<Amount>,
        /// The front-end that it was made for.
        pub front_end: Option<Box<str>>,
        /// When it was made.
        pub at: Timestamp,
    }
}

row! {
    /// The answer on a discount that a campaign was asked for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct FundingRow in "fundings", kind 9 {
        /// The number of the row.
        pub row: u64,
        /// The payment.
        pub id: PaymentId,
        /// The wallet of the campaign.
        pub campaign: WalletNumber,
        /// The wallet that pays the rest.
        pub payer: WalletNumber,
        /// The wallet to credit.
        pub payee: WalletNumber,
        /// What the campaign pays.
        pub discount: Amount,
        /// The whole amount of the payment.
        pub amount: Amount,
        /// When the payer submitted it.
        pub submitted_at: Timestamp,
        /// When it was decided.
        pub decided_at: Timestamp,
        /// What was decided.
        pub answered: Answered,
    }
}

impl WalletEventRow {
    /// The key of the request that it answers, if that has a name. Who opens a wallet has none to
    /// name it by yet.
    pub fn request_key(&self) -> Option<RequestKey> {
        let request_id = self.request_id.as_ref()?;
        Some(if self.change.opens() {
            RequestKey::without_wallet(request_id)
        } else {
            RequestKey::new(self.wallet, request_id)
        })
    }
}

rows! {
    /// A row of the operator's ledger.
    pub enum OperatorRow,
    /// Rows of the operator's ledger, each kind in ascending order.
    pub struct OperatorRows {
        /// Wallet events.
        events: Event(WalletEventRow),
        /// Payments.
        payments: Payment(PaymentRow),
        /// Transfers.
        inbound: Inbound(InboundRow),
        /// Outcomes of payments, transfers and discounts.
        outcomes: Outcome(OutcomeRow),
        /// Sub-wallets.
        sub_wallets: SubWallet(SubWalletRow),
        /// Payees of sub-wallets.
        payees: Payee(PayeeRow),
        /// Discounts that campaigns were asked for.
        fundings: Funding(FundingRow),
        /// Bills.
        bills: Bill(BillRow),
        /// Bills taken back.
        cancelled_bills: CancelledBill(CancelledBillRow),
        /// Bindings to front-ends.
        front_ends: FrontEnd(FrontEndRow),
        /// Payment codes.
        payment_codes: PaymentCode(PaymentCodeRow),
        /// Campaigns.
        campaigns: Campaign(CampaignRow),
        /// Registrations for campaigns.
        registrations: Registration(RegistrationRow),
        /// Draws.
        draws: Draw(DrawRow),
        /// Claims.
        claims: Claim(ClaimRow),
        /// What payments spent of grants.
        grant_spends: GrantSpend(GrantSpendRow),
        /// Vouchers of campaigns elsewhere.
        vouchers: Voucher(VoucherRow),
        /// Prepaid contracts.
        contracts: Contract(ContractRow),
        /// Steps of contracts.
        contract_steps: ContractStep(ContractStepRow),
        /// Releases of lessons.
        releases: Release(ReleaseRow),
        /// Suspensions of merchants.
        suspensions: Suspension(SuspensionRow),
        /// Payrolls.
        payrolls: Payroll(PayrollRow),
        /// Lines of payrolls.
        payroll_lines: PayrollLine(PayrollLineRow),
        /// Decisions on payrolls.
        payroll_decisions: PayrollDecision(PayrollDecisionRow),
        /// Hard wallets.
        cards: Card(CardRow),
        /// Decisions on vouchers of hard wallets.
        card_vouchers: CardVoucher(CardVoucherRow),
        /// What became of hard wallets.
        card_changes: CardChange(CardChangeRow),
        /// Values of vouchers that are paid once more.
        unclaimed: Unclaimed(UnclaimedRow),
        /// Interest that was credited.
        interest: Interest(InterestRow),
        /// Wallets of other banks.
        participants: Participant(ParticipantRow),
        /// Loans.
        loans: Loan(LoanRow),
        /// Mandates for loans.
        mandates: Mandate(MandateRow),
        /// Steps of loans and mandates.
        loan_steps: LoanStep(LoanStepRow),
        /// Wealth products.
        products: Product(ProductRow),
        /// Redemptions of wealth products.
        redemptions: Redemption(RedemptionRow),
        /// Redemptions taken back.
        cancelled_redemptions: CancelledRedemption(CancelledRedemptionRow),
    }
}
