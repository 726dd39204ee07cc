//! Why the operator's ledger refuses a request.

use thiserror::Error;

use crate::Reason;
use crate::details::BillReference;
use crate::money::{
    Amount, AmountError, OperatorCode, PaymentCode, PaymentId, PayrollId, RequestId, Timestamp,
    WalletKind, WalletNumber, WalletNumberError,
};

use super::campaign::CampaignValue;
use super::contract::ContractValue;
use super::loan::LoanValue;
use super::wealth::WealthError;

/// A refused request: nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OperatorError {
    /// The request id was used before with other content.
    #[error("request id {0} was used before with other content")]
    RequestIdReused(RequestId),
    /// The amount is malformed.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The payee is not a well-formed wallet number.
    #[error(transparent)]
    PayeeNumber(WalletNumberError),
    /// The alias of the payee is not linked.
    #[error("alias {0:?} is not linked to a wallet")]
    AliasUnknown(String),
    /// No operator has the payee's prefix.
    #[error("wallet number {0} has a prefix of no operator")]
    PrefixUnknown(WalletNumber),
    /// Payer and payee are the same.
    #[error("wallet {0} cannot pay itself")]
    SameWallet(WalletNumber),
    /// There is no campaign of that number here.
    #[error("campaign {0} does not exist at this operator")]
    CampaignUnknown(WalletNumber),
    /// A campaign cannot do what is asked.
    #[error("{field} {value} is refused: {}", within_a_sentence(reason))]
    Campaign {
        /// The field of the request at fault.
        field: &'static str,
        /// Its value.
        value: CampaignValue,
        /// Why.
        reason: Reason,
    },
    /// A hard wallet cannot do what is asked.
    #[error("hard wallet {card} is refused: {}", within_a_sentence(reason))]
    Card {
        /// Its number.
        card: WalletNumber,
        /// Why.
        reason: Reason,
    },
    /// A wallet cannot bear the losses of a card for its issuer, or none is named.
    #[error("loss_wallet {} is refused: {}", wallet_or_none(*wallet), within_a_sentence(reason))]
    LossWallet {
        /// The wallet.
        wallet: Option<WalletNumber>,
        /// Why.
        reason: Reason,
    },
    /// An order says that it gives a grant, as campaigns alone do.
    #[error("wallet {0} cannot order a payment on the terms of a grant")]
    GrantForged(WalletNumber),
    /// No operator has the prefix of the campaign's wallet.
    #[error("campaign wallet {0} has a prefix of no operator")]
    CampaignPrefixUnknown(WalletNumber),
    /// Not both payer and campaign would pay a part, from two wallets that are not the payee's.
    #[error("campaign wallet {campaign} cannot pay {discount} of {amount} yuan to wallet {payee}")]
    VoucherInvalid {
        /// The wallet of the campaign.
        campaign: WalletNumber,
        /// What it was to pay.
        discount: Amount,
        /// The whole amount.
        amount: Amount,
        /// Whom.
        payee: WalletNumber,
    },
    /// The payment code cannot be charged so.
    #[error("payment code {code} is refused: {reason}", reason = within_a_sentence(.reason))]
    PaymentCode {
        /// The code.
        code: PaymentCode,
        /// Why.
        reason: Reason,
    },
    /// A wallet would have more valid payment codes than it may.
    #[error("wallet {0} has 60 payment codes that are valid, which is the most")]
    TooManyCodes(WalletNumber),
    /// A payment code was made for a front-end that does not show the wallet.
    #[error("wallet {0} is not bound to the front-end")]
    FrontEndNotBound(WalletNumber),
    /// The wallet keeps asking for what is refused.
    #[error(
        "wallet {wallet} had too many payments refused; the next may be asked for in {wait_ms} ms"
    )]
    RefusedTooOften {
        /// The wallet.
        wallet: WalletNumber,
        /// In how many milliseconds the next one is looked at.
        wait_ms: u32,
    },
    /// There is no such wallet here.
    #[error("wallet {0} does not exist at this operator")]
    WalletUnknown(WalletNumber),
    /// The wallet's status, limits or holder do not allow it.
    #[error("wallet {wallet} is refused: {reason}", reason = within_a_sentence(.reason))]
    Wallet {
        /// The wallet.
        wallet: WalletNumber,
        /// Why.
        reason: Reason,
    },
    /// A class that does not exist, does not fit the kind of wallet or cannot be reached from the
    /// present one.
    #[error("wallet class {class} is refused: {reason}", reason = within_a_sentence(.reason))]
    WalletClass {
        /// The class asked for.
        class: u8,
        /// Why.
        reason: Reason,
    },
    /// The holder has not shown what the class needs.
    #[error("a wallet of class {class} needs {}, which the holder has not shown", missing.join(" and "))]
    HolderDataMissing {
        /// The class asked for.
        class: u8,
        /// What is missing, as fields of the request.
        missing: Vec<&'static str>,
    },
    /// A sub-wallet would be restricted to more payees than a list holds.
    #[error("the sub-wallet would have {0} allowed payees, more than 1000")]
    TooManyPayees(usize),
    /// The parent has had as many sub-wallets as it may have.
    #[error("the parent has had {0} sub-wallets, as many as a wallet may have")]
    TooManySubWallets(usize),
    /// A payee would be allowed and removed at once.
    #[error("payee {0} is to be allowed and removed at once")]
    PayeeInBothLists(WalletNumber),
    /// An exchange cannot go through the bank account that is named, or needs one that is.
    #[error("wallet {wallet} cannot exchange so: {reason}", reason = within_a_sentence(.reason))]
    BankAccount {
        /// The wallet.
        wallet: WalletNumber,
        /// Why.
        reason: Reason,
    },
    /// A wallet would have more bank accounts than it may.
    #[error("wallet {0} has 10 bank accounts, which is the most")]
    TooManyBankAccounts(WalletNumber),
    /// A wallet would be bound to more front-ends than it may.
    #[error("wallet {0} is bound to 10 front-ends, which is the most")]
    TooManyFrontEnds(WalletNumber),
    /// The operator opens no wallets for a participant.
    #[error("participant {participant} does not take part through {operator}")]
    ParticipantUnknown {
        /// The participant.
        participant: OperatorCode,
        /// The operator.
        operator: OperatorCode,
    },
    /// No number is left for another wallet of a kind.
    #[error("no number is left for another wallet of kind {0:?}")]
    NumbersUsedUp(WalletKind),
    /// A new wallet cannot be opened as asked.
    #[error("wallet of class {class} cannot be opened: {reason}", reason = within_a_sentence(.reason))]
    Opening {
        /// The class asked for.
        class: u8,
        /// Why.
        reason: Reason,
    },
    /// The wallet holds too little.
    #[error("wallet {wallet} holds {available} yuan, less than the requested {requested}")]
    InsufficientFunds {
        /// The wallet.
        wallet: WalletNumber,
        /// What it holds.
        available: Amount,
        /// What was asked for.
        requested: Amount,
    },
    /// The treasury waits for as much as it may from this operator.
    #[error(
        "wallet {0} cannot be swept: 1000 earlier sweeps of the operator wait for its reserves, which is the most"
    )]
    TooManyRemittances(WalletNumber),
    /// The operator has too little e-CNY or customer deposits to distribute.
    #[error("the operator can distribute {available} yuan, less than the requested {requested}")]
    StockInsufficient {
        /// What it has.
        available: Amount,
        /// What was asked for.
        requested: Amount,
    },
    /// An item of a tick came out of order.
    #[error("item {found} of tick {tick} came when {expected} was due")]
    TickOrder {
        /// The tick.
        tick: u64,
        /// The index that was due.
        expected: u64,
        /// The index that came.
        found: u64,
    },
    /// The bill cannot be published, found or taken back.
    #[error("bill {reference} is refused: {reason}", reason = within_a_sentence(.reason))]
    Bill {
        /// The biller's name for it.
        reference: BillReference,
        /// Why.
        reason: Reason,
    },
    /// The payment cannot be given back as asked.
    #[error("payment {payment} cannot be refunded: {reason}", reason = within_a_sentence(.reason))]
    Refund {
        /// The payment.
        payment: PaymentId,
        /// Why.
        reason: Reason,
    },
    /// Ticks are only for experiments in lockstep.
    #[error("the operator runs under the wall clock, not in lockstep")]
    NotLockstep,
    /// The tick before has not ended.
    #[error("tick {found} was submitted before tick {running} ended")]
    TickEarly {
        /// The tick under way.
        running: u64,
        /// The tick submitted.
        found: u64,
    },
    /// Items came for a tick whose list is complete.
    #[error("item {found} of tick {tick} came after its list was completed with {count} items")]
    TickComplete {
        /// The tick.
        tick: u64,
        /// How many items its list has.
        count: u64,
        /// The index that came.
        found: u64,
    },
    /// No time that this system speaks of lies in the tick.
    #[error("tick {0} ends after the year 9999")]
    TickUnknown(u64),
    /// An item is submitted at a time that is not in its tick.
    #[error("items.submit_times_ms[{place}] is {} ({found}), outside tick {tick}, which goes from {from} to before {until}", found.ms())]
    TimeOutsideTick {
        /// The tick.
        tick: u64,
        /// The place of the item in the list.
        place: usize,
        /// The first moment of the tick.
        from: Timestamp,
        /// The first moment after it.
        until: Timestamp,
        /// When it is said to be submitted.
        found: Timestamp,
    },
    /// An item that was applied before came again with other content.
    #[error("items[{place}] of tick {tick}, payment {id}, was applied before with other content")]
    TickItemChanged {
        /// The tick.
        tick: u64,
        /// The place of the item in the list.
        place: usize,
        /// The payment.
        id: PaymentId,
    },
    /// An item has the id of another payment, of this list or known here.
    #[error(
        "items.payment_ids[{place}] of tick {tick} is {id}, which is the id of another payment"
    )]
    PaymentIdTaken {
        /// The tick.
        tick: u64,
        /// The place of the item in the list.
        place: usize,
        /// The id.
        id: PaymentId,
    },
    /// The tick lies before one that is over.
    #[error("tick {found} was submitted after tick {ended} ended")]
    TickOver {
        /// The last tick that ended.
        ended: u64,
        /// The tick submitted.
        found: u64,
    },
    /// A contract cannot do what is asked.
    #[error("{field} {value} is refused: {reason}", reason = within_a_sentence(.reason))]
    Contract {
        /// The field of the request at fault.
        field: &'static str,
        /// Its value.
        value: ContractValue,
        /// Why.
        reason: Reason,
    },
    /// A loan or a mandate cannot do what is asked.
    #[error("{field} {value} is refused: {reason}", reason = within_a_sentence(.reason))]
    Loan {
        /// The field of the request at fault.
        field: &'static str,
        /// Its value.
        value: LoanValue,
        /// Why.
        reason: Reason,
    },
    /// A wealth product, a holding or a redemption cannot do what is asked.
    #[error(transparent)]
    Wealth(#[from] WealthError),
    /// An order says that it is a part of a loan or of a wealth product, as no client may say.
    #[error("wallet {0} cannot order a payment as a part of a loan or of a wealth product")]
    PartForged(WalletNumber),
    /// A payroll cannot do what is asked.
    #[error("payroll {payroll} is refused: {}", within_a_sentence(reason))]
    Payroll {
        /// The payroll.
        payroll: PayrollId,
        /// Why.
        reason: Reason,
    },
    /// A payroll has no lines, or more than a payroll may have.
    #[error("the payroll has {0} lines, not 1 to 10000")]
    PayrollLines(usize),
    /// The only bank account of a wallet would be unlinked, which its class needs.
    #[error(
        "wallet {wallet} is of class {class}, which needs a bank account, and has no other one"
    )]
    LastBankAccount {
        /// The wallet.
        wallet: WalletNumber,
        /// Its class.
        class: u8,
    },
}

impl OperatorError {
    /// The stable reason.
    pub fn reason(&self) -> Reason {
        match self {
            Self::RequestIdReused(_) => Reason::RequestIdReused,
            Self::Amount(error) => Reason::from(error),
            Self::PayeeNumber(error) => Reason::from(error),
            Self::AliasUnknown(_) => Reason::AliasUnknown,
            Self::PrefixUnknown(_) | Self::CampaignPrefixUnknown(_) => Reason::WalletPrefixUnknown,
            Self::VoucherInvalid { .. } => Reason::VoucherInvalid,
            Self::SameWallet(_) => Reason::SameWallet,
            Self::RefusedTooOften { .. } => Reason::RefusedTooOften,
            Self::WalletUnknown(_) => Reason::WalletUnknown,
            Self::Wallet { reason, .. }
            | Self::WalletClass { reason, .. }
            | Self::Opening { reason, .. }
            | Self::BankAccount { reason, .. }
            | Self::Bill { reason, .. }
            | Self::Refund { reason, .. }
            | Self::PaymentCode { reason, .. }
            | Self::Payroll { reason, .. } => *reason,
            Self::PayrollLines(_) => Reason::BatchSize,
            Self::FrontEndNotBound(_) => Reason::FrontEndNotBound,
            Self::Campaign { reason, .. }
            | Self::Contract { reason, .. }
            | Self::Loan { reason, .. }
            | Self::LossWallet { reason, .. }
            | Self::Card { reason, .. } => *reason,
            Self::Wealth(error) => error.reason,
            Self::CampaignUnknown(_) => Reason::CampaignUnknown,
            Self::GrantForged(_) => Reason::GrantInvalid,
            Self::NumbersUsedUp(_) => Reason::Internal,
            Self::ParticipantUnknown { .. } => Reason::ParticipantUnknown,
            Self::HolderDataMissing { .. } => Reason::HolderDataMissing,
            Self::InsufficientFunds { .. } => Reason::InsufficientFunds,
            Self::StockInsufficient { .. } => Reason::StockInsufficient,
            Self::TooManyRemittances(_) => Reason::TooManyRemittances,
            Self::NotLockstep => Reason::ClockMismatch,
            Self::TickItemChanged { .. } | Self::PaymentIdTaken { .. } => Reason::RequestIdReused,
            Self::TooManyPayees(_)
            | Self::TooManySubWallets(_)
            | Self::TooManyBankAccounts(_)
            | Self::TooManyFrontEnds(_)
            | Self::TooManyCodes(_)
            | Self::PayeeInBothLists(_)
            | Self::PartForged(_)
            | Self::TickOrder { .. }
            | Self::TickOver { .. }
            | Self::TickEarly { .. }
            | Self::TickComplete { .. }
            | Self::TickUnknown(_)
            | Self::TimeOutsideTick { .. } => Reason::FieldInvalid,
            Self::LastBankAccount { .. } => Reason::LastBankAccount,
        }
    }

    /// In how many milliseconds the same request is looked at again, where the ledger knows.
    pub fn wait_ms(&self) -> Option<u32> {
        if let Self::RefusedTooOften { wait_ms, .. } = self { Some(*wait_ms) } else { None }
    }

    /// The field of the request at fault.
    pub fn field(&self) -> &'static str {
        match self {
            Self::RequestIdReused(_) => "request_id",
            Self::Amount(_) | Self::InsufficientFunds { .. } | Self::StockInsufficient { .. } => {
                "amount"
            }
            Self::RefusedTooOften { .. } => "payer_wallet",
            Self::PayeeNumber(_) | Self::PrefixUnknown(_) | Self::SameWallet(_) => "payee_wallet",
            Self::CampaignPrefixUnknown(_) => "voucher.campaign_wallet",
            Self::CampaignUnknown(_) => "campaign_wallet",
            Self::Campaign { field, .. }
            | Self::Contract { field, .. }
            | Self::Loan { field, .. } => field,
            Self::Wealth(error) => error.field,
            Self::Card { .. } => "card_number",
            Self::LossWallet { .. } => "loss_wallet",
            Self::GrantForged(_) | Self::PartForged(_) => "items.details",
            Self::VoucherInvalid { .. } => "voucher",
            Self::AliasUnknown(_) => "payee_alias",
            Self::BankAccount { .. } | Self::TooManyBankAccounts(_) => "bank_account",
            Self::TooManyFrontEnds(_) | Self::FrontEndNotBound(_) => "front_end",
            Self::PaymentCode { reason: Reason::CodeAmount, .. } => "amount",
            Self::PaymentCode { .. } => "payment_code",
            Self::NumbersUsedUp(_) => "kind",
            Self::ParticipantUnknown { .. } => "participant",
            Self::TooManySubWallets(_) => "parent_wallet",
            Self::TooManyPayees(_) | Self::PayeeInBothLists(_) => "payees",
            Self::WalletUnknown(_)
            | Self::Wallet { .. }
            | Self::TooManyCodes(_)
            | Self::TooManyRemittances(_) => "wallet_number",
            Self::Bill { reason: Reason::BillOverdue, .. } => "due_time",
            Self::Bill { .. } => "reference",
            Self::Refund { reason: Reason::RefundExceeds, .. } => "amount",
            Self::Refund { .. } => "payment_id",
            Self::HolderDataMissing { missing, .. } => missing.first().copied().unwrap_or("holder"),
            Self::Opening { reason: Reason::BalanceCap, .. } => "opening_amount",
            Self::Opening { reason: Reason::HolderHasWallet, .. }
            | Self::WalletClass {
                reason: Reason::HolderHasWallet | Reason::IdentityMismatch,
                ..
            } => "identity_document",
            Self::WalletClass { .. } => "wallet_class",
            Self::Opening { .. } => "kind",
            Self::TimeOutsideTick { .. } => "items.submit_times_ms",
            Self::TickItemChanged { .. } => "items",
            Self::PaymentIdTaken { .. } => "items.payment_ids",
            Self::TickOrder { .. } => "first_index",
            Self::NotLockstep
            | Self::TickUnknown(_)
            | Self::TickOver { .. }
            | Self::TickEarly { .. }
            | Self::TickComplete { .. } => "tick",
            Self::LastBankAccount { .. } => "bank_account",
            Self::Payroll { reason: Reason::PayrollTotal, .. } => "total",
            Self::Payroll { reason: Reason::TooManyPayrolls, .. } => "payer_wallet",
            Self::Payroll { reason: Reason::SumTooLarge, .. } | Self::PayrollLines(_) => "lines",
            Self::Payroll { .. } => "payroll_id",
        }
    }
}

fn wallet_or_none(wallet: Option<WalletNumber>) -> String {
    wallet.map_or_else(|| "none".to_owned(), |wallet| wallet.to_string())
}

/// What a reason means, as a part of another sentence.
pub(super) fn within_a_sentence(reason: &Reason) -> String {
    let meaning = reason.meaning().trim_end_matches('.');
    let (first, rest) = meaning.split_at(1);
    first.to_lowercase() + rest
}
