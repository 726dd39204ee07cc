//! The operator's ledger: commands in, changes and messages out.
//!
//! A command is decided into rows (payments, transfers, outcomes, wallet events), which are only
//! ever appended. What follows from them changes in `apply` alone, live and when a file is read
//! again; account balances, link and ticks are kept beside them.

mod accounts;
mod agenda;
mod apply;
mod audit;
mod bank_account;
mod bank_accounts;
mod batch;
mod billing;
mod bills;
mod campaign;
mod card;
mod changes;
mod charge;
mod check;
mod code_uses;
mod codes;
mod content;
mod contract;
mod credit;
mod decide;
mod error;
mod event;
mod exchange;
mod facts;
mod families;
mod front_ends;
mod fulfil;
mod funding;
mod fundings;
mod grant;
mod holders;
mod identity;
mod inbound;
mod inbounds;
mod interest;
#[cfg(test)]
mod largest;
mod limits;
mod link;
mod loan;
mod lockstep;
mod messages;
mod participants;
mod pay;
mod payment;
mod payments;
mod payroll;
mod promises;
mod recount;
mod refund;
mod refunds;
mod refusals;
mod requests;
mod restore;
mod restore_error;
mod rows;
mod session;
mod settings;
mod slot;
mod sponsor;
mod state;
mod statement;
mod sub_wallets;
#[cfg(test)]
mod test_ledger;
mod tick;
mod treasury;
mod view;
mod wallet;
mod wallets;
mod wealth;

pub use accounts::{Account, OperatorAccounts};
pub use bank_account::{BankAccount, LastDigits, UsedAccount};
pub use bank_accounts::{BANK_ACCOUNTS_MAX, BankAccounts};
pub use billing::BillOrder;
pub use bills::{Bill, BillState, Bills};
pub use campaign::{
    Campaign, CampaignEvent, CampaignEventKind, CampaignKind, CampaignOrder, CampaignRow,
    CampaignValue, Campaigns, ClaimRow, Claimant, ClaimedVoucher, DrawRow, GrantSpendRow,
    HeldVoucher, Redeemed, RegistrationRow, VoucherRow, VoucherState, Vouchers, commitment, ticket,
};
pub use card::{
    CARD_VOUCHERS_MAX, Card, CardChange, CardChangeRow, CardOrder, CardRow, CardTerms,
    CardVoucherRow, Cards, LossParty, OfflineVoucher, Ruling, SIGNED_AHEAD_MS_MAX, UnclaimedRow,
    VOUCHER_AGE_MS_MAX, VOUCHER_COUNT_MAX,
};
pub use changes::{Appended, OperatorChanges, OperatorEffects, PaymentUpdate};
pub use charge::{ChargeOrder, CodeState, PaymentCodeOrder};
pub use check::RestoreError;
pub use codes::{CODES_MAX, PaymentCodes, VALID_MS};
pub use content::ContentMark;
pub use contract::{
    Contract, ContractOrder, ContractRow, ContractState, ContractStep, ContractStepRow,
    ContractTerms, ContractValue, Contracts, LESSONS_MAX, Lesson, LessonRequest, LessonState,
    MerchantTotals, RefundRule, ReleaseRow, ReleaseRule, SuspensionRow, code_of_lesson,
};
pub use credit::Refundable;
pub use error::OperatorError;
pub use event::WalletEvent;
pub use exchange::WalletOrder;
pub use facts::{Answered, Decided, Delivered, End, SubWalletUse, Taken, WalletChange};
pub use families::{ALLOWED_PAYEES_MAX, Families, SUB_WALLETS_MAX, SubWallet};
pub use front_ends::{FRONT_ENDS_MAX, FrontEndOrder, FrontEnds};
pub use funding::{Funding, FundingState};
pub use fundings::Fundings;
pub use grant::{GRANTS_MAX, Grants, Redemption, WalletGrant};
pub use holders::{HolderDigest, Holders};
pub use identity::IdentityHash;
pub use inbound::Inbound;
pub use inbounds::Inbounds;
pub use interest::{Accrual, Accruals, Interest, InterestRow};
pub use limits::{LimitSchedule, Limits, SCHEDULES, WalletClass};
pub use link::{LinkPhase, LinkState, QueuedRows};
pub use loan::{
    GRACE_DAYS, INSTALMENTS_MAX, Instalment, Loan, LoanOrder, LoanRow, LoanState, LoanStep,
    LoanStepRow, LoanTerms, LoanValue, Loans, MONTHS_MAX, Mandate, MandateOrder, MandateRow,
    MandateStart, MandateState, Mandates, Plan, RATE_MAX_BP, Repaid, Repayment,
};
pub use lockstep::Merchants;
pub use participants::{IndirectPosition, Part, ParticipantRow, Participants, Period};
pub use pay::{PayeeError, PaymentOrder};
pub use payment::{Ended, Payment};
pub use payments::Payments;
use payroll::UNPAID_LINES_MAX;
pub use payroll::{
    LineState, NewPayrollLine, OPEN_PAYROLLS_MAX, PAYROLL_LINES_MAX, Payroll, PayrollDecision,
    PayrollDecisionRow, PayrollFigures, PayrollLine, PayrollLineRow, PayrollOrder, PayrollRow,
    Payrolls,
};
pub use refund::RefundOrder;
pub use refunds::{Refunds, Return};
pub use refusals::{RefusalBudget, RefusalRate};
pub use requests::RequestRef;
pub use restore::LoadedOperator;
pub use rows::{
    BillRow, CancelledBillRow, FrontEndRow, FundingRow, InboundRow, OperatorRow, OperatorRows,
    OutcomeRow, PayeeRow, PaymentCodeRow, PaymentRow, SubWalletRow, WalletEventRow,
};
pub use session::Session;
pub use settings::OperatorSettings;
pub use slot::{
    BillSlot, ClaimSlot, CodeSlot, ContractSlot, EntrySlot, EventSlot, FundingSlot, GrantSlot,
    InboundSlot, InterestSlot, LoanSlot, MandateSlot, PaymentSlot, RegistrationSlot, WalletSlot,
};
pub use state::{InboundState, PaymentState};
pub use statement::{Entry, EntryKind, EntryLink, EntryPlace, EntrySource};
pub use sub_wallets::SubWalletOrder;
pub use tick::{TickItem, TickProgress, TickState};
pub use treasury::Sweep;
pub use wallet::{Holder, HolderName, Wallet, WalletStatus};
pub use wallets::{HolderError, Wallets};
pub use wealth::{
    CancelledRedemptionRow, Holding, Product, ProductOrder, ProductRow, ProductTerms,
    REDEMPTION_DAYS_MAX, RedemptionOrder, RedemptionRow, RedemptionState, Redemptions,
    SubscriptionOrder, TRY_DAYS, WEAKEST_CLASS, Wealth, WealthError, WealthRedemption, WealthValue,
};

use crate::Regime;
use crate::link::RosterEntry;
use crate::money::{Amount, Timestamp};
use crate::seal::{BatchHasher, Chain};
use crate::slots::{SlotIndex, Slots};

/// The operator's ledger. The steps in this folder see its fields, and nobody else does.
#[derive(Debug)]
pub struct OperatorLedger {
    settings: OperatorSettings,
    // What follows from the rows; `apply` alone changes it.
    wallets: Wallets,
    families: Families,
    bank_accounts: BankAccounts,
    front_ends: FrontEnds,
    /// The last wallet of class 1 or 2 of each person, by the document.
    identified: SlotIndex<WalletSlot>,
    events: Slots<EventSlot, WalletEvent>,
    payments: Payments,
    inbound: Inbounds,
    fundings: Fundings,
    bills: Bills,
    payment_codes: PaymentCodes,
    refunds: Refunds,
    campaigns: Campaigns,
    grants: Grants,
    vouchers: Vouchers,
    contracts: Contracts,
    loans: Loans,
    wealth: Wealth,
    mandates: Mandates,
    payrolls: Payrolls,
    cards: Cards,
    interest: Interest,
    participants: Participants,
    /// What earlier requests made, by their keys.
    requests: SlotIndex<RequestRef>,
    /// The business time under the wall clock: the latest that the clock has shown.
    time: Timestamp,
    chain: Chain,
    // What is kept beside the rows and overwritten.
    accounts: OperatorAccounts,
    link: LinkState,
    roster: Vec<RosterEntry>,
    tick: TickState,
    /// The digest of the file's own texts, which the seals cover.
    file: [u8; 32],
    // What a restart forgets.
    session: Session,
    /// What wallets may have refused before they are asked to wait; `None` is without end.
    refusal_budget: Option<RefusalBudget>,
    line_budget: Option<RefusalBudget>,
    /// What the clock shows, which may be earlier; nothing before it was looked at.
    shown: Option<Timestamp>,
    // The present batch.
    changes: OperatorChanges,
    effects: OperatorEffects,
    hasher: BatchHasher,
}

impl OperatorLedger {
    /// A new, empty ledger.
    pub fn new(settings: OperatorSettings) -> Self {
        let mut ledger = Self::empty(settings);
        if settings.regime == Regime::Deposit {
            let opening = settings.opening_deposits;
            ledger.post(Account::OtherAssets, Account::OtherDeposits, opening);
        }
        ledger.changes.state = true;
        ledger
    }

    /// A ledger without a row.
    fn empty(settings: OperatorSettings) -> Self {
        Self {
            settings,
            wallets: Wallets::new(settings.regime),
            families: Families::default(),
            bank_accounts: BankAccounts::default(),
            front_ends: FrontEnds::default(),
            identified: SlotIndex::default(),
            events: Slots::new(),
            payments: Payments::default(),
            inbound: Inbounds::default(),
            fundings: Fundings::default(),
            bills: Bills::default(),
            payment_codes: PaymentCodes::default(),
            refunds: Refunds::default(),
            campaigns: Campaigns::default(),
            grants: Grants::default(),
            vouchers: Vouchers::default(),
            contracts: Contracts::default(),
            loans: Loans::default(),
            wealth: Wealth::default(),
            mandates: Mandates::default(),
            payrolls: Payrolls::default(),
            cards: Cards::default(),
            interest: Interest::default(),
            participants: Participants::default(),
            requests: SlotIndex::default(),
            time: Timestamp::ZERO,
            chain: Chain::default(),
            accounts: OperatorAccounts::default(),
            link: LinkState::default(),
            roster: Vec::new(),
            tick: TickState::default(),
            file: [0; 32],
            session: Session::default(),
            refusal_budget: None,
            line_budget: None,
            shown: None,
            changes: OperatorChanges::default(),
            effects: OperatorEffects::default(),
            hasher: BatchHasher::default(),
        }
    }

    /// The same ledger without a hash chain, for one of which no file is kept.
    #[must_use]
    pub fn without_seals(mut self) -> Self {
        self.wallets.without_seals();
        Self { hasher: BatchHasher::off(), ..self }
    }

    /// Bounds how many of its payments, and of the lines of its payrolls, a wallet may have refused, each
    /// of which is a row for ever.
    /// Under lockstep, where an experiment decides what is paid, there is no bound.
    pub fn limit_refusals(&mut self, rate: RefusalRate) {
        let is_bounded = self.settings.lockstep.is_none();
        self.refusal_budget = is_bounded.then(|| RefusalBudget::new(rate));
        // Lines of payrolls come by thousands, and many of them may be bad in good faith.
        let of_lines = RefusalRate { burst: UNPAID_LINES_MAX, ..rate };
        self.line_budget = is_bounded.then(|| RefusalBudget::new(of_lines));
    }

    /// The business time: the end of the present tick under lockstep, the given clock otherwise;
    /// never earlier than before.
    pub fn business_time(&self, now: Timestamp) -> Timestamp {
        self.settings
            .lockstep
            .map_or_else(|| self.time.max(now), |lockstep| lockstep.end_of(self.tick.tick))
    }

    /// A time of this ledger, or of the central bank whose outcomes it books, has come.
    fn pass(&mut self, at: Timestamp) {
        self.time = self.time.max(at);
        self.wallets.pass(at);
    }

    /// Posts what the ledger decides itself, and has found room for.
    fn post(&mut self, debit: Account, credit: Account, amount: Amount) {
        self.accounts.post(debit, credit, amount);
        self.changes.state = true;
    }

    /// Reports what should not be and only people can look into.
    fn alarm(&mut self, text: String) {
        self.effects.alarms.push(text);
    }
}
