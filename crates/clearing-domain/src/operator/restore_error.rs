//! Why rows cannot be history.

use thiserror::Error;

use crate::Reason;
use crate::money::{
    Amount, ContractId, LoanId, PaymentCode, PaymentId, PayrollId, Position, Total, WalletNumber,
};

/// Why the rows of a file cannot be the history of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// A row speaks of a wallet that was never opened.
    #[error("row {row} names wallet {wallet}, which was never opened")]
    WalletUnknown {
        /// The row.
        row: u64,
        /// The wallet.
        wallet: WalletNumber,
    },
    /// A row debits more than the wallet held, or credits beyond what any sum can be.
    #[error("row {row} leaves wallet {wallet} with {balance} yuan")]
    Balance {
        /// The row.
        row: u64,
        /// The wallet.
        wallet: WalletNumber,
        /// What it would hold.
        balance: Total,
    },
    /// A row moves more than any request may. Sums over such rows would leave the range of money.
    #[error("row {row} moves {amount} yuan, more than a ledger moves at once")]
    Amount {
        /// The row.
        row: u64,
        /// How much.
        amount: Position,
    },
    /// An outcome has no record in flight.
    #[error("row {row} is the outcome of row {of}, which is not in flight")]
    Outcome {
        /// The row.
        row: u64,
        /// The record it names.
        of: u64,
    },
    /// A payment with a voucher of which not both pay a part, that the payer does not hold, or that
    /// was completed without the operator of the campaign.
    #[error("row {0} has a voucher that cannot be")]
    Voucher(u64),
    /// A transfer was accepted that was never delivered.
    #[error("row {0} accepts what was never delivered")]
    Undelivered(u64),
    /// Something that is not in transit is said to wait for cover.
    #[error("row {0} is recorded as waiting for cover, but is no payment in transit")]
    Queued(u64),
    /// A wallet cannot be a sub-wallet of another, or is none where one must be.
    #[error("row {row} takes wallet {wallet} for a sub-wallet, which it is not or cannot be")]
    Family {
        /// The row.
        row: u64,
        /// The wallet.
        wallet: WalletNumber,
    },
    /// A bank account is linked that is linked already, or unlinked that is not or must stay.
    #[error("row {row} links or unlinks a bank account of wallet {wallet}, which cannot be")]
    BankAccount {
        /// The row.
        row: u64,
        /// The wallet.
        wallet: WalletNumber,
    },
    /// A binding to a front-end changes nothing.
    #[error("row {row} binds wallet {wallet} to a front-end, or ends that, where it is so already")]
    FrontEnd {
        /// The row.
        row: u64,
        /// The wallet.
        wallet: WalletNumber,
    },
    /// A payment code is made that another operator makes or that was made already, or a payment
    /// uses one that does not allow it.
    #[error("row {row} makes or uses payment code {code}, which cannot be")]
    PaymentCode {
        /// The row.
        row: u64,
        /// The code.
        code: PaymentCode,
    },
    /// A wallet has no row of its opening.
    #[error("wallet {0} is kept, but no row opened it")]
    NeverOpened(WalletNumber),
    /// A row pays a bill, or gives a payment back, that cannot be.
    #[error("row {row} is refused: {reason}", reason = .reason.meaning())]
    Promise {
        /// The row.
        row: u64,
        /// Why.
        reason: Reason,
    },
    /// A campaign, a registration, a draw, a claim or a grant is not what the rows before allow.
    #[error("row {row} of campaign {campaign} is refused: {reason}", reason = .reason.meaning())]
    Campaign {
        /// The row.
        row: u64,
        /// The campaign.
        campaign: WalletNumber,
        /// Why.
        reason: Reason,
    },
    /// A grant is spent that the wallet has not, or has not so much of.
    #[error("row {row} spends {amount} yuan of the grant of claim {claim}, which has less left")]
    Grant {
        /// The row.
        row: u64,
        /// The payment of the claim.
        claim: PaymentId,
        /// How much.
        amount: Amount,
    },
    /// A contract, a step or a release of it is not what the rows before allow.
    #[error("row {row} of contract {contract} is refused: {reason}", reason = .reason.meaning())]
    Contract {
        /// The row.
        row: u64,
        /// The contract.
        contract: ContractId,
        /// Why.
        reason: Reason,
    },
    /// A merchant is suspended, or goes on, by a word that is not later than the last.
    #[error("row {row} suspends merchant {merchant}, or ends that, where it is so already")]
    Suspension {
        /// The row.
        row: u64,
        /// The merchant.
        merchant: WalletNumber,
    },
    /// A payroll, a line of one or a decision on one is not what the rows before allow.
    #[error("row {row} of payroll {payroll} is refused: {reason}", reason = .reason.meaning())]
    Payroll {
        /// The row.
        row: u64,
        /// The payroll.
        payroll: PayrollId,
        /// Why.
        reason: Reason,
    },
    /// A loan, a mandate or a payment of one is not what the rows before allow.
    #[error("row {row} of loan {loan} is refused: {reason}", reason = .reason.meaning())]
    Loan {
        /// The row.
        row: u64,
        /// The loan.
        loan: LoanId,
        /// Why.
        reason: Reason,
    },
    /// A wealth product, a redemption or a payment of one is not what the rows before allow.
    #[error("row {row} of a wealth product is refused: {reason}", reason = .reason.meaning())]
    Wealth {
        /// The row.
        row: u64,
        /// Why.
        reason: Reason,
    },
    /// A card cannot have done what a row says.
    #[error("row {row} of card {card} is refused: {reason}", reason = .reason.meaning())]
    Card {
        /// The row.
        row: u64,
        /// The card.
        card: WalletNumber,
        /// Why.
        reason: Reason,
    },
    /// A wallet is said to be that of a participant that it cannot be of, or too late.
    #[error("row {row} says whose wallet {wallet} is, which cannot be")]
    Participant {
        /// The row.
        row: u64,
        /// The wallet.
        wallet: WalletNumber,
    },
    /// A row is missing, doubled or out of order.
    #[error("row {found} follows row {previous}")]
    Order {
        /// The row before.
        previous: u64,
        /// The row found.
        found: u64,
    },
    /// Interest was credited that was not earned.
    #[error("row {row} credits interest to wallet {wallet} that it has not earned")]
    Interest {
        /// The row.
        row: u64,
        /// The wallet.
        wallet: WalletNumber,
    },
}
