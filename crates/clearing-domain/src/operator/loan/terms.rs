//! The terms of a loan.

use crate::Reason;
use crate::details::Purpose;
use crate::link::Head;
use crate::money::{Amount, BusinessDate, WalletNumber};
use crate::row::{group, variants};

use super::super::error::OperatorError;
use super::error::LoanValue;
use super::plan::Plan;

/// The most instalments of a loan: thirty years of months.
pub const INSTALMENTS_MAX: u32 = 360;
/// The most months between two instalments.
pub const MONTHS_MAX: u32 = 12;
/// The highest yearly rate in hundredths of a percent: the principal once a year.
pub const RATE_MAX_BP: u32 = 10_000;
/// For how many days after its due day an instalment is tried again, once a day; then it is overdue.
pub const GRACE_DAYS: u32 = 3;

/// What the canonical bytes of terms begin with.
const CANONICAL: &[u8] = b"ecny loan 1";

/// How a loan is paid back. Interest is rounded half up to the fen at each instalment, and the last
/// instalment takes what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repayment {
    /// Equal parts of the principal, and interest on what is owed.
    EqualPrincipal {
        /// The yearly rate in hundredths of a percent.
        rate_bp: u32,
    },
    /// Equal instalments: the least whole fen that leave nothing after the last one.
    Annuity {
        /// The yearly rate in hundredths of a percent.
        rate_bp: u32,
    },
    /// Equal parts of the principal and of a sum of interest.
    Flat {
        /// The interest of the whole loan.
        interest: Amount,
    },
}

variants! {
    Repayment as RepaymentColumns in "repayment" { rate_bp: u32, interest: Amount }
    1 = EqualPrincipal { rate_bp },
    2 = Annuity { rate_bp },
    3 = Flat { interest },
}

group! {
    /// What lender and borrower have agreed on.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LoanTerms {
        /// The wallet that lends.
        pub lender: WalletNumber,
        /// The wallet that owes.
        pub borrower: WalletNumber,
        /// The wallet that gets what is lent: the borrower, or whom the borrower buys from.
        pub payee: WalletNumber,
        /// What is lent.
        pub principal: Amount,
        /// How it is paid back.
        pub repayment: Repayment,
        /// How many instalments there are.
        pub instalments: u32,
        /// The day of the first one.
        pub first_due: BusinessDate,
        /// How many months are between two.
        pub months: u32,
        /// What its instalments are for.
        pub purpose: Purpose,
    }
}

impl LoanTerms {
    /// The BLAKE3 hash of the terms in a fixed order and width, numbers from their lowest byte:
    /// lender, borrower and both operators compute the same.
    pub fn hash(&self) -> Head {
        let (rule, rate_bp, interest) = match self.repayment {
            Repayment::EqualPrincipal { rate_bp } => (1, rate_bp, 0),
            Repayment::Annuity { rate_bp } => (2, rate_bp, 0),
            Repayment::Flat { interest } => (3, 0, interest.fen()),
        };
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(CANONICAL)
            .update(&self.lender.as_u64().to_le_bytes())
            .update(&self.borrower.as_u64().to_le_bytes())
            .update(&self.payee.as_u64().to_le_bytes())
            .update(&self.principal.fen().to_le_bytes())
            .update(&[rule])
            .update(&rate_bp.to_le_bytes())
            .update(&interest.to_le_bytes())
            .update(&self.instalments.to_le_bytes())
            .update(&self.first_due.days().to_le_bytes())
            .update(&self.months.to_le_bytes())
            .update(&[self.purpose as u8]);
        *hasher.finalize().as_bytes()
    }

    /// The due day of an instalment, by its number from 1: the day of the first one in a later month,
    /// or the last day of a month that is too short. The last supported day where years end.
    pub fn due_day(&self, number: u32) -> BusinessDate {
        let months = number.saturating_sub(1).saturating_mul(self.months);
        let last = crate::money::Timestamp::MAX.date();
        self.first_due.plus_months(months).unwrap_or(last)
    }

    /// Whether the terms are of the set that there is, whoever agrees on them.
    pub fn check(&self) -> Result<(), OperatorError> {
        let wrong =
            |field, value| Err(OperatorError::Loan { field, value, reason: Reason::FieldInvalid });
        self.principal.single()?;
        if self.instalments == 0 || self.instalments > INSTALMENTS_MAX {
            return wrong("instalment_count", LoanValue::Count(self.instalments.into()));
        }
        if self.months == 0 || self.months > MONTHS_MAX {
            return wrong("period_months", LoanValue::Count(self.months.into()));
        }
        match self.repayment {
            Repayment::EqualPrincipal { rate_bp } | Repayment::Annuity { rate_bp }
                if rate_bp > RATE_MAX_BP =>
            {
                return wrong("rate_bp", LoanValue::Count(rate_bp.into()));
            }
            Repayment::Flat { interest } if interest > self.principal => {
                return wrong("total_interest", LoanValue::Amount(interest));
            }
            Repayment::EqualPrincipal { .. }
            | Repayment::Annuity { .. }
            | Repayment::Flat { .. } => {}
        }
        let purposes = [Purpose::LoanRepayment, Purpose::HousingLoanRepayment, Purpose::Instalment];
        if !purposes.contains(&self.purpose) {
            return wrong("purpose", LoanValue::Purpose(self.purpose));
        }
        let months = (self.instalments - 1) * self.months;
        if self.first_due.plus_months(months).is_none() {
            return wrong("first_due_date", LoanValue::Date(self.first_due));
        }
        self.check_plan()
    }

    /// Whether there are as many instalments as agreed on, each of which can be paid at once.
    fn check_plan(&self) -> Result<(), OperatorError> {
        let plan = Plan::new(self);
        let instalments: Vec<_> = plan.remaining(self).collect();
        let can_be = |sum: Option<Amount>| sum.is_some_and(|sum| sum.single().is_ok());
        let fits = usize::try_from(self.instalments) == Ok(instalments.len())
            && instalments.iter().all(|found| can_be(found.amount()));
        if fits {
            return Ok(());
        }
        let value = LoanValue::Amount(self.principal);
        Err(OperatorError::Loan { field: "principal", value, reason: Reason::LoanTerms })
    }

    /// The largest instalment of the loan as it was agreed on.
    pub(super) fn dearest(&self) -> Amount {
        let plan = Plan::new(self);
        let sums = plan.remaining(self).filter_map(|found| found.amount());
        sums.max().unwrap_or_default()
    }
}
