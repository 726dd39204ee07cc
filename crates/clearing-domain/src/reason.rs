//! Why something was refused: one stable name per cause, shared by payments and requests.

use crate::money::{AmountError, WalletNumberError};

/// Declares the reasons with their stable names and numbers in one place.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $number:literal, $name:literal;)+) => {
        /// A stable reason for a refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Reason {
            $($(#[doc = $doc])+ $variant = $number,)+
        }

        impl Reason {
            /// Every reason in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name clients see, as in `INSUFFICIENT_FUNDS`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What the reason means, as one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

reasons! {
    /// The request id was used before with other content.
    RequestIdReused = 1, "REQUEST_ID_REUSED";
    /// The request id is not 1 to 64 printable ASCII characters, or begins with payment-code:, as
    /// the requests of payment codes do.
    RequestIdMalformed = 2, "REQUEST_ID_MALFORMED";
    /// The amount is not a decimal number.
    AmountMalformed = 3, "AMOUNT_MALFORMED";
    /// The amount has more than two decimals.
    AmountScale = 4, "AMOUNT_SCALE";
    /// The amount is zero or negative.
    AmountNotPositive = 5, "AMOUNT_NOT_POSITIVE";
    /// The amount is larger than any ledger may hold.
    AmountTooLarge = 6, "AMOUNT_TOO_LARGE";
    /// The wallet number is not 16 digits with a known kind.
    WalletNumberMalformed = 7, "WALLET_NUMBER_MALFORMED";
    /// The check digit of the wallet number is wrong.
    WalletNumberCheckDigit = 8, "WALLET_NUMBER_CHECK_DIGIT";
    /// No operator has the prefix of the wallet number.
    WalletPrefixUnknown = 9, "WALLET_PREFIX_UNKNOWN";
    /// The operator holds no wallet of that number.
    WalletUnknown = 10, "WALLET_UNKNOWN";
    /// The wallet is frozen.
    WalletFrozen = 11, "WALLET_FROZEN";
    /// The wallet may receive but not pay.
    WalletReceiveOnly = 12, "WALLET_RECEIVE_ONLY";
    /// The wallet is closed.
    WalletClosed = 13, "WALLET_CLOSED";
    /// The alias is not linked to a wallet.
    AliasUnknown = 14, "ALIAS_UNKNOWN";
    /// The alias is linked to another wallet and replacing was not asked for.
    AliasTaken = 15, "ALIAS_TAKEN";
    /// The alias is not phone: and 5 to 20 digits, merchant: and 1 to 50 printable ASCII characters
    /// without spaces, or M and 6 to 20 digits.
    AliasMalformed = 16, "ALIAS_MALFORMED";
    /// Payer and payee are the same wallet.
    SameWallet = 17, "SAME_WALLET";
    /// The amount passes the limit for one payment of the wallet's class, or a cap of its own.
    SingleLimit = 18, "SINGLE_LIMIT";
    /// The amount passes what is left of the wallet's limit for the business day.
    DailyLimit = 19, "DAILY_LIMIT";
    /// The amount passes what is left of the wallet's limit for the calendar year.
    AnnualLimit = 20, "ANNUAL_LIMIT";
    /// The wallet holds less than the amount.
    InsufficientFunds = 21, "INSUFFICIENT_FUNDS";
    /// No operator of that code is in the roster.
    OperatorUnknown = 22, "OPERATOR_UNKNOWN";
    /// The operator is suspended or has never joined.
    OperatorInactive = 23, "OPERATOR_INACTIVE";
    /// The payment would pass the net debit cap of the payer's or the sponsor's operator.
    NetDebitCap = 24, "NET_DEBIT_CAP";
    /// The settlement account of the payer's or the sponsor's operator does not cover the payment.
    CoverInsufficient = 25, "COVER_INSUFFICIENT";
    /// The payee's operator holds no wallet of that number.
    PayeeUnknown = 26, "PAYEE_UNKNOWN";
    /// The payee's wallet is frozen.
    PayeeFrozen = 27, "PAYEE_FROZEN";
    /// The payee's wallet is closed.
    PayeeClosed = 28, "PAYEE_CLOSED";
    /// The credit would pass the balance cap of the class of the wallet that it is for.
    BalanceCap = 29, "BALANCE_CAP";
    /// The payment was not decided before its expiry.
    Expired = 30, "EXPIRED";
    /// The payment was not delivered, or not covered, before the end of the business day.
    EndOfDay = 31, "END_OF_DAY";
    /// The holder data needed for the wallet class is missing or malformed.
    HolderDataMissing = 32, "HOLDER_DATA_MISSING";
    /// The wallet class does not exist or does not fit the kind of holder.
    WalletClassInvalid = 33, "WALLET_CLASS_INVALID";
    /// The change of class or status is not possible from the present one.
    TransitionInvalid = 34, "TRANSITION_INVALID";
    /// A wallet can be closed only when it holds nothing.
    WalletNotEmpty = 35, "WALLET_NOT_EMPTY";
    /// A wallet with money in transit cannot be closed.
    WalletBusy = 36, "WALLET_BUSY";
    /// The operator's stock of e-CNY, or the customer deposits behind it, do not cover the amount.
    StockInsufficient = 37, "STOCK_INSUFFICIENT";
    /// The reserve account does not cover the amount.
    ReservesInsufficient = 38, "RESERVES_INSUFFICIENT";
    /// The operation does not exist in the present regime of money.
    RegimeMismatch = 39, "REGIME_MISMATCH";
    /// The operation does not exist under the present clock.
    ClockMismatch = 40, "CLOCK_MISMATCH";
    /// A required field is missing or a value is outside its range.
    FieldInvalid = 41, "FIELD_INVALID";
    /// The batch has no items or more than 1,000.
    BatchSize = 42, "BATCH_SIZE";
    /// The page size is negative or above 1,000, or the page token was not given out by this list.
    PageInvalid = 43, "PAGE_INVALID";
    /// No payment has that id.
    PaymentUnknown = 44, "PAYMENT_UNKNOWN";
    /// No cycle has that number.
    CycleUnknown = 45, "CYCLE_UNKNOWN";
    /// A queue is full; the request was not taken and may be repeated.
    Overloaded = 46, "OVERLOADED";
    /// The process cannot serve now: starting, stopping or cut from its peer.
    Unavailable = 47, "UNAVAILABLE";
    /// The caller may not use this service.
    NotAllowed = 48, "NOT_ALLOWED";
    /// A bug or a failing disk; nothing was promised.
    Internal = 49, "INTERNAL";
    /// The ledger of an operator is older than what the central bank has seen of it, or the
    /// reverse.
    LedgerBehind = 50, "LEDGER_BEHIND";
    /// The payment was taken out of the queue on request.
    Cancelled = 51, "CANCELLED";
    /// The payment does not wait in the queue.
    NotQueued = 52, "NOT_QUEUED";
    /// The payment would pass what the payer's operator may pay the payee's on a business day.
    BilateralLimit = 53, "BILATERAL_LIMIT";
    /// The payment would pass what the payee's operator may receive on a business day.
    ReceiverCap = 54, "RECEIVER_CAP";
    /// A sum of money would pass the largest one that ledgers keep, a thousand of the largest
    /// amounts.
    SumTooLarge = 55, "SUM_TOO_LARGE";
    /// A link carries no secret, or not the one of the operator it registers.
    OperatorSecretWrong = 57, "OPERATOR_SECRET_WRONG";
    /// An operator has seen batches that the ledger of the central bank lacks.
    CentralBankBehind = 58, "CENTRAL_BANK_BEHIND";
    /// A limit of subscribers, of bytes under way or of the time of a message was met.
    TransportLimit = 59, "TRANSPORT_LIMIT";
    /// Too many payments of the wallet were refused; the request was not taken and may be repeated
    /// later.
    RefusedTooOften = 60, "REFUSED_TOO_OFTEN";
    /// The operator's ledger has another past than the one that it reported to the central bank.
    LedgerForked = 61, "LEDGER_FORKED";
    /// The central bank's ledger has another past than the one that operators have seen.
    CentralBankForked = 62, "CENTRAL_BANK_FORKED";
    /// The payer's operator has not repaid what it owed the central bank at the close of a day.
    OverdraftRefused = 63, "OVERDRAFT_REFUSED";
    /// Only a completed payment that is no refund itself can be refunded.
    NotRefundable = 64, "NOT_REFUNDABLE";
    /// All refunds of a payment together would pass what was paid.
    RefundExceeds = 65, "REFUND_EXCEEDS";
    /// The biller has published no bill of that reference.
    BillUnknown = 66, "BILL_UNKNOWN";
    /// The amount is not exactly that of the bill.
    BillAmount = 67, "BILL_AMOUNT";
    /// The bill is paid, or a payment of it is under way.
    BillPaid = 68, "BILL_PAID";
    /// The due time of the bill has passed.
    BillOverdue = 69, "BILL_OVERDUE";
    /// The biller has taken the bill back.
    BillCancelled = 70, "BILL_CANCELLED";
    /// The biller has published another bill under that reference.
    BillTaken = 71, "BILL_TAKEN";
    /// The sub-wallet may pay only those whom its parent allows.
    PayeeNotAllowed = 80, "PAYEE_NOT_ALLOWED";
    /// The wallet is no sub-wallet.
    NotSubWallet = 81, "NOT_SUB_WALLET";
    /// The wallet is a sub-wallet, which does this through its parent or not at all.
    IsSubWallet = 82, "IS_SUB_WALLET";
    /// The wallet has sub-wallets that are not closed.
    SubWalletsOpen = 83, "SUB_WALLETS_OPEN";
    /// The sub-wallet may pay anyone and has no list of allowed payees.
    NotRestricted = 84, "NOT_RESTRICTED";
    /// The wallet is the pool of a campaign, which takes no orders of its holder.
    CampaignWallet = 85, "CAMPAIGN_WALLET";
    /// The holder has a personal wallet of class 1 or 2 at this operator already.
    HolderHasWallet = 86, "HOLDER_HAS_WALLET";
    /// The identity document is not the one that the holder of the wallet has shown.
    IdentityMismatch = 87, "IDENTITY_MISMATCH";
    /// The kind of the wallet does not allow it.
    KindNotAllowed = 88, "KIND_NOT_ALLOWED";
    /// The bank account is not linked to the wallet.
    BankAccountNotLinked = 89, "BANK_ACCOUNT_NOT_LINKED";
    /// Several bank accounts are linked to the wallet, and the exchange names none of them.
    BankAccountNeeded = 90, "BANK_ACCOUNT_NEEDED";
    /// The phone number is not the one that the holder of the wallet has shown.
    PhoneMismatch = 91, "PHONE_MISMATCH";
    /// The class of the wallet is weaker than this needs.
    ClassTooWeak = 92, "CLASS_TOO_WEAK";
    /// The region does not take part in the pilot on that day.
    RegionNotInPilot = 93, "REGION_NOT_IN_PILOT";
    /// No traits of a merchant are registered for the wallet.
    MerchantUnknown = 94, "MERCHANT_UNKNOWN";
    /// The discount of a voucher is not above zero and below the amount, or the campaign's wallet
    /// is that of the payer or the payee.
    VoucherInvalid = 95, "VOUCHER_INVALID";
    /// The sponsor's operator holds no wallet of the campaign's number.
    CampaignUnknown = 96, "CAMPAIGN_UNKNOWN";
    /// The campaign's wallet may not pay.
    CampaignInactive = 97, "CAMPAIGN_INACTIVE";
    /// The pool of the campaign holds less than the discount.
    PoolInsufficient = 98, "POOL_INSUFFICIENT";
    /// The payer's operator has made no payment code of those digits.
    CodeUnknown = 110, "CODE_UNKNOWN";
    /// The 60 seconds of the payment code have passed.
    CodeExpired = 111, "CODE_EXPIRED";
    /// The payment code was used for another charge.
    CodeUsed = 112, "CODE_USED";
    /// The amount is not the one to which the payer has bound the payment code.
    CodeAmount = 113, "CODE_AMOUNT";
    /// The wallet is not bound to the front-end.
    FrontEndNotBound = 114, "FRONT_END_NOT_BOUND";
    /// The pool of the campaign, or the number of its winners, is used up.
    CampaignExhausted = 120, "CAMPAIGN_EXHAUSTED";
    /// Winners may still claim from the campaign.
    CampaignOpen = 121, "CAMPAIGN_OPEN";
    /// One cannot register for the campaign at this time.
    RegistrationClosed = 122, "REGISTRATION_CLOSED";
    /// One may still register for the campaign.
    RegistrationOpen = 123, "REGISTRATION_OPEN";
    /// The person has registered with another wallet.
    AlreadyRegistered = 124, "ALREADY_REGISTERED";
    /// The seed is not the one that the campaign was created with.
    DrawSeedWrong = 125, "DRAW_SEED_WRONG";
    /// The draw of the campaign has not been held.
    NotDrawn = 126, "NOT_DRAWN";
    /// The wallet has not won.
    NotWon = 127, "NOT_WON";
    /// The time to claim is over.
    ClaimClosed = 128, "CLAIM_CLOSED";
    /// The holder of the wallet has shown no identity document.
    IdentityMissing = 129, "IDENTITY_MISSING";
    /// A grant is given by a campaign alone, and does nothing else.
    GrantInvalid = 130, "GRANT_INVALID";
    /// The wallet has as many grants as a wallet may have.
    TooManyGrants = 131, "TOO_MANY_GRANTS";
    /// The payer has claimed no voucher of the campaign.
    VoucherNotClaimed = 132, "VOUCHER_NOT_CLAIMED";
    /// The voucher of the payer is used.
    VoucherUsed = 133, "VOUCHER_USED";
    /// The voucher may not be redeemed at this time.
    VoucherNotValid = 134, "VOUCHER_NOT_VALID";
    /// The voucher does not pay for such a purchase.
    VoucherIneligible = 135, "VOUCHER_INELIGIBLE";
    /// As many sweeps of the operator as may wait for its reserves do.
    TooManyRemittances = 140, "TOO_MANY_REMITTANCES";
    /// A personal or hard wallet of class 1 or 2 keeps at least one bank account.
    LastBankAccount = 150, "LAST_BANK_ACCOUNT";
    /// The operator of the payer has no contract of that id.
    ContractUnknown = 160, "CONTRACT_UNKNOWN";
    /// The state of the contract does not allow it.
    ContractInactive = 161, "CONTRACT_INACTIVE";
    /// The time of the contract is over.
    ContractExpired = 162, "CONTRACT_EXPIRED";
    /// The terms of the contract do not allow it.
    ContractTerms = 163, "CONTRACT_TERMS";
    /// The contract has no lesson of that number.
    LessonUnknown = 164, "LESSON_UNKNOWN";
    /// The lesson is asked for, disputed, released or being released already.
    LessonTaken = 165, "LESSON_TAKEN";
    /// The code is not that of the lesson.
    LessonCodeWrong = 166, "LESSON_CODE_WRONG";
    /// A supervisor has suspended the merchant.
    MerchantSuspended = 167, "MERCHANT_SUSPENDED";
    /// The wallet has as many contracts that are not over as a wallet may have.
    TooManyContracts = 168, "TOO_MANY_CONTRACTS";
    /// The operator has suspended as many merchants, or one merchant as often, as it may.
    TooManySuspensions = 169, "TOO_MANY_SUSPENSIONS";
    /// The operator of the payer has no payroll of that id.
    PayrollUnknown = 180, "PAYROLL_UNKNOWN";
    /// The total is not that of the good lines of the payroll.
    PayrollTotal = 181, "PAYROLL_TOTAL";
    /// The payroll was confirmed before.
    PayrollConfirmed = 182, "PAYROLL_CONFIRMED";
    /// The payroll was cancelled.
    PayrollCancelled = 183, "PAYROLL_CANCELLED";
    /// As many payrolls of the wallet as may wait for its decision do.
    TooManyPayrolls = 184, "TOO_MANY_PAYROLLS";
    /// The operator has issued no hard wallet of that number.
    CardUnknown = 190, "CARD_UNKNOWN";
    /// The hard wallet was reported lost, or has signed two vouchers with one counter.
    CardFrozen = 191, "CARD_FROZEN";
    /// A hard wallet pays by the vouchers that it signs, and by nothing else.
    HardWallet = 192, "HARD_WALLET";
    /// The signature is not one of the hard wallet for what the voucher says.
    VoucherForged = 193, "VOUCHER_FORGED";
    /// The counter was used by another voucher of the hard wallet.
    CounterReused = 194, "COUNTER_REUSED";
    /// The voucher is older than the hard wallet allows.
    VoucherTooOld = 195, "VOUCHER_TOO_OLD";
    /// The voucher is dated later than the present time.
    VoucherEarly = 196, "VOUCHER_EARLY";
    /// More vouchers of the hard wallet wait to be uploaded than may wait.
    CardCountCap = 197, "CARD_COUNT_CAP";
    /// The hard wallet holds less than the amount.
    CardFloatExceeded = 198, "CARD_FLOAT_EXCEEDED";
    /// Only the money of a frozen hard wallet goes to another one, or back to its parent.
    CardActive = 199, "CARD_ACTIVE";
    /// Vouchers that the hard wallet signed before it was frozen may still be uploaded.
    CardVouchersOpen = 200, "CARD_VOUCHERS_OPEN";
    /// The money of the hard wallet has gone to another one, or back to its parent.
    CardEmptied = 201, "CARD_EMPTIED";
    /// The issuer names a wallet of its own for losses, and others name none.
    LossWalletMismatch = 202, "LOSS_WALLET_MISMATCH";
    /// The operator has no loan of that id, and no mandate for one, between these wallets.
    LoanUnknown = 210, "LOAN_UNKNOWN";
    /// The state of the loan does not allow it.
    LoanInactive = 211, "LOAN_INACTIVE";
    /// The terms of the loan do not allow it.
    LoanTerms = 212, "LOAN_TERMS";
    /// Another payment of the loan is on its way.
    LoanInFlight = 213, "LOAN_IN_FLIGHT";
    /// An instalment is due, which is paid first.
    InstalmentDue = 214, "INSTALMENT_DUE";
    /// The instalment is not the next one, or is not due yet.
    InstalmentNotDue = 215, "INSTALMENT_NOT_DUE";
    /// The borrower has given no mandate for the loan, or has taken it back.
    MandateMissing = 216, "MANDATE_MISSING";
    /// The wallet has as many loans that are not over as a wallet may have.
    TooManyLoans = 217, "TOO_MANY_LOANS";
    /// The wallet has loans or mandates that are not over, or provides wealth products that are held.
    ObligationsOpen = 218, "OBLIGATIONS_OPEN";
    /// The operator opens no wallets for that participant.
    ParticipantUnknown = 220, "PARTICIPANT_UNKNOWN";
    /// The provider has no wealth product of that code.
    ProductUnknown = 230, "PRODUCT_UNKNOWN";
    /// Only wallets of class 2 or better hold wealth products.
    ProductClass = 231, "PRODUCT_CLASS";
    /// The terms of the wealth product do not allow it.
    ProductTerms = 232, "PRODUCT_TERMS";
    /// The amount is less than the least subscription to the wealth product.
    SubscriptionMinimum = 233, "SUBSCRIPTION_MINIMUM";
    /// All holders together would hold more of the wealth product than they may.
    ProductSoldOut = 234, "PRODUCT_SOLD_OUT";
    /// The wallet holds less of the wealth product than is asked for.
    HoldingExceeded = 235, "HOLDING_EXCEEDED";
    /// The provider knows no redemption of that id.
    RedemptionUnknown = 236, "REDEMPTION_UNKNOWN";
    /// The day of the redemption has not come.
    RedemptionNotDue = 237, "REDEMPTION_NOT_DUE";
    /// As many redemptions of the holding as may wait to be paid do.
    TooManyRedemptions = 238, "TOO_MANY_REDEMPTIONS";
    /// The provider offers as many wealth products as a provider may.
    TooManyProducts = 239, "TOO_MANY_PRODUCTS";
    /// The payment would settle by itself at once, outside the business hours of settlement.
    SettlementClosed = 240, "SETTLEMENT_CLOSED";
    /// The latest time at which the payment may settle came while it waited.
    SettlementTimeOver = 241, "SETTLEMENT_TIME_OVER";
}

impl Reason {
    /// The stored and sent number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The reason of a number.
    pub fn from_number(number: u8) -> Option<Self> {
        let place = Self::ALL.binary_search_by_key(&number, |reason| reason.number()).ok()?;
        Some(Self::ALL[place])
    }

    /// The reason of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.name() == name)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.name())
    }
}

/// The number of a reason in canonical bytes and tables, where 0 is none.
pub fn reason_number(reason: Option<Reason>) -> u8 {
    reason.map_or(0, Reason::number)
}

impl From<&AmountError> for Reason {
    fn from(error: &AmountError) -> Self {
        match error {
            AmountError::Malformed(_) => Self::AmountMalformed,
            AmountError::Scale(_) => Self::AmountScale,
            AmountError::NotPositive(_) => Self::AmountNotPositive,
            AmountError::TooLarge(_) => Self::AmountTooLarge,
        }
    }
}

impl From<&WalletNumberError> for Reason {
    fn from(error: &WalletNumberError) -> Self {
        match error {
            WalletNumberError::Malformed(_) => Self::WalletNumberMalformed,
            WalletNumberError::CheckDigit(_) => Self::WalletNumberCheckDigit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn numbers_and_names_read_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_number(reason.number()), Some(*reason));
            assert_eq!(Reason::from_name(reason.name()), Some(*reason));
            assert!(reason.meaning().ends_with('.'));
        }
        assert!(Reason::ALL.is_sorted_by_key(|reason| reason.number()));
        assert_eq!(Reason::from_number(0), None);
        assert_eq!(Reason::from_number(255), None);
    }
}
