//! What rows say in several columns that only make sense together.

use crate::money::{Amount, CycleId, Position, Timestamp, WalletNumber};
use crate::row::{ColumnSpec, Field, Malformed, Sink, Source, numbered, variants};
use crate::{Details, Reason};

use super::bank_account::{BankAccount, UsedAccount};
use super::content::ContentMark;
use super::limits::WalletClass;

/// How the payer's operator took an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The payer is debited, and the central bank asked.
    InTransit,
    /// Payer and payee have wallets here: the money is there.
    Completed,
    /// Refused; nothing moved.
    Rejected {
        /// Why.
        reason: Reason,
    },
}

/// What the payee's operator decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// The payee is credited before the payment is cleared.
    Accepted,
    /// There is room for the money, which comes when the payment settles.
    Held,
    /// Refused; nothing moved.
    Rejected {
        /// Why.
        reason: Reason,
    },
}

/// How a payment in transit or an accepted transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Cleared, in a cycle or by itself.
    Cleared {
        /// The cycle, under net settlement.
        cycle: Option<CycleId>,
    },
    /// Refused.
    Refused {
        /// Why.
        reason: Reason,
    },
}

impl End {
    /// Why it was refused; `None` for a cleared one.
    pub const fn refusal(self) -> Option<Reason> {
        match self {
            Self::Cleared { .. } => None,
            Self::Refused { reason } => Some(reason),
        }
    }
}

/// What was delivered to the payee's operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The wallet debited.
    pub payer: WalletNumber,
    /// The wallet to credit.
    pub payee: WalletNumber,
    /// How much.
    pub amount: Amount,
    /// When the payer submitted it.
    pub submitted_at: Timestamp,
    /// What it is for.
    pub details: Option<Box<Details>>,
}

/// What happened to a wallet other than payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalletChange {
    /// It was opened with a class.
    Opened {
        /// Its class.
        class: WalletClass,
        /// The mark of what the client sent, under a request id.
        content: Option<ContentMark>,
        /// The bank account that it was linked to at once.
        account: Option<BankAccount>,
    },
    /// Bank money was exchanged into it.
    ExchangedOut {
        /// How much.
        amount: Amount,
        /// The bank account that was debited; none over the counter.
        through: Option<UsedAccount>,
    },
    /// It was exchanged back into bank money.
    ExchangedBack {
        /// How much.
        amount: Amount,
        /// The bank account that was credited; none over the counter.
        through: Option<UsedAccount>,
    },
    /// It was frozen.
    Frozen,
    /// It was made receive-only.
    MadeReceiveOnly,
    /// It was made normal again.
    Unfrozen,
    /// It got another class.
    Upgraded {
        /// Its class from here on.
        class: WalletClass,
    },
    /// It was closed.
    Closed,
    /// The directory has given up the aliases of the closed wallet.
    AliasesGivenUp,
    /// Its parent moved money into the sub-wallet.
    Loaded {
        /// How much.
        amount: Amount,
    },
    /// Money of the sub-wallet moved back into its parent.
    Pooled {
        /// How much.
        amount: Amount,
    },
    /// All that the sub-wallet held moved back into its parent.
    PooledAll {
        /// How much that was.
        amount: Amount,
    },
    /// A bank account was linked to it.
    BankAccountLinked {
        /// The account.
        account: BankAccount,
    },
    /// A bank account was unlinked from it.
    BankAccountUnlinked {
        /// The account.
        account: BankAccount,
    },
    /// Money of a government wallet left for the account of the treasury.
    Swept {
        /// How much.
        amount: Amount,
    },
}

impl WalletChange {
    /// By how much it changes the balance of the wallet.
    pub fn moves(self) -> Position {
        match self {
            Self::ExchangedOut { amount, .. } | Self::Loaded { amount } => amount.position(),
            Self::ExchangedBack { amount, .. }
            | Self::Swept { amount }
            | Self::Pooled { amount }
            | Self::PooledAll { amount } => -amount.position(),
            Self::Opened { .. }
            | Self::Frozen
            | Self::MadeReceiveOnly
            | Self::Unfrozen
            | Self::Upgraded { .. }
            | Self::Closed
            | Self::AliasesGivenUp
            | Self::BankAccountLinked { .. }
            | Self::BankAccountUnlinked { .. } => Position::ZERO,
        }
    }

    /// The bank account of an exchange.
    pub const fn through(self) -> Option<UsedAccount> {
        if let Self::ExchangedOut { through, .. } | Self::ExchangedBack { through, .. } = self {
            through
        } else {
            None
        }
    }

    /// The bank account that a wallet was opened with.
    pub const fn opening_account(self) -> Option<BankAccount> {
        if let Self::Opened { account, .. } = self { account } else { None }
    }

    /// The bank account that is linked or unlinked, and whether it must be linked before.
    pub const fn linked_before(self) -> Option<(BankAccount, bool)> {
        if let Self::BankAccountLinked { account } = self {
            Some((account, false))
        } else if let Self::BankAccountUnlinked { account } = self {
            Some((account, true))
        } else {
            None
        }
    }

    /// Whether what it moves comes from the parent of the wallet, or goes there.
    pub const fn is_within_family(self) -> bool {
        matches!(self, Self::Loaded { .. } | Self::Pooled { .. } | Self::PooledAll { .. })
    }

    /// Whether there was no such wallet before.
    pub const fn opens(self) -> bool {
        matches!(self, Self::Opened { .. })
    }
}

/// What the sponsor's operator answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The campaign is debited.
    Funded,
    /// Refused; nothing moved.
    Declined {
        /// Why.
        reason: Reason,
    },
}

numbered! {
    /// What a sub-wallet is for.
    pub enum SubWalletUse {
        /// Its holder pays with it.
        Ordinary = 1,
        /// It is the pool of a campaign, which takes no payment orders.
        Campaign = 2,
        /// It is a hard wallet, which pays by the vouchers that it signs.
        Card = 3,
    }
}

// The numbers of states are those of `PaymentState` and `InboundState`.
variants! {
    Taken as TakenColumns in "state" { reason: Reason }
    1 = InTransit,
    2 = Completed,
    3 = Rejected { reason },
}

variants! {
    Decided as DecidedColumns in "state" { reason: Reason }
    1 = Accepted,
    2 = Rejected { reason },
    4 = Held,
}

variants! {
    End as EndColumns { reason: Reason, cycle: CycleId }
    1 = Cleared { cycle },
    2 = Refused { reason },
}

variants! {
    WalletChange as WalletChangeColumns {
        amount: Amount,
        class: WalletClass,
        content: ContentMark,
        account: BankAccount,
        through: UsedAccount,
    }
    1 = Opened { class, content, account },
    2 = ExchangedOut { amount, through },
    3 = ExchangedBack { amount, through },
    4 = Frozen,
    5 = MadeReceiveOnly,
    6 = Unfrozen,
    7 = Upgraded { class },
    8 = Closed,
    9 = AliasesGivenUp,
    10 = Loaded { amount },
    11 = Pooled { amount },
    12 = PooledAll { amount },
    13 = BankAccountLinked { account },
    14 = BankAccountUnlinked { account },
    15 = Swept { amount },
}

// The numbers are those of `FundingState`.
variants! {
    Answered as AnsweredColumns in "state" { reason: Reason }
    1 = Funded,
    2 = Declined { reason },
}

/// Takes the next value for a column, and names the column when it cannot stand there.
fn named<F: Field>(source: &mut impl Source, column: &'static str) -> Result<F, Malformed> {
    F::take(source).map_err(|error| error.within(column))
}

/// All columns are empty when a revoke came before any delivery.
impl Field for Option<Delivered> {
    fn columns(_: &'static str, columns: &mut Vec<ColumnSpec>) {
        <Option<WalletNumber> as Field>::columns("payer", columns);
        <Option<WalletNumber> as Field>::columns("payee", columns);
        <Option<Amount> as Field>::columns("amount", columns);
        <Option<Timestamp> as Field>::columns("submitted_at", columns);
        <Option<Box<Details>> as Field>::columns("details", columns);
    }

    fn put<S: Sink>(&self, sink: &mut S) -> Result<(), S::Error> {
        let delivered = self.as_ref();
        Field::put(&delivered.map(|delivered| delivered.payer), sink)?;
        Field::put(&delivered.map(|delivered| delivered.payee), sink)?;
        Field::put(&delivered.map(|delivered| delivered.amount), sink)?;
        Field::put(&delivered.map(|delivered| delivered.submitted_at), sink)?;
        match delivered {
            Some(delivered) => Field::put(&delivered.details, sink),
            None => Field::put(&None::<Box<Details>>, sink),
        }
    }

    fn take(source: &mut impl Source) -> Result<Self, Malformed> {
        let payer: Option<WalletNumber> = named(source, "payer")?;
        let payee: Option<WalletNumber> = named(source, "payee")?;
        let amount: Option<Amount> = named(source, "amount")?;
        let submitted_at: Option<Timestamp> = named(source, "submitted_at")?;
        let details: Option<Box<Details>> = named(source, "details")?;
        match (payer, payee, amount, submitted_at, details) {
            (None, None, None, None, None) => Ok(None),
            (Some(payer), Some(payee), Some(amount), Some(submitted_at), details) => {
                Ok(Some(Delivered { payer, payee, amount, submitted_at, details }))
            }
            _ => Err(Malformed::new("a part of a delivery").within("payer")),
        }
    }
}

#[cfg(test)]
mod tests;
