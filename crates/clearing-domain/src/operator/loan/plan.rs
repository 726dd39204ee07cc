//! What is still to be paid of a loan, and when: computed from the terms and what was paid, in whole
//! fen. Both operators of a loan compute it, so it depends on nothing else.

use crate::Reason;
use crate::details::LoanUse;
use crate::money::{Amount, BusinessDate};

use super::terms::{LoanTerms, Repayment};

/// The yearly rate is in hundredths of a percent, and a year has twelve months.
const RATE_PARTS: i128 = 12 * 10_000;

/// An instalment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instalment {
    /// Its number, from 1.
    pub number: u32,
    /// Its due day.
    pub due: BusinessDate,
    /// What it pays of the principal.
    pub principal: Amount,
    /// What interest it pays.
    pub interest: Amount,
}

impl Instalment {
    /// All of it; `None` when that is more than any sum.
    pub fn amount(&self) -> Option<Amount> {
        self.principal.checked_add(self.interest)
    }
}

/// What is left of a loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The principal that is owed.
    pub outstanding: Amount,
    /// The number of the next instalment, from 1.
    pub next: u32,
    /// The part that is the same in every instalment: of the principal, or all of an annuity.
    each: Amount,
    /// What is left of a sum of interest.
    interest_left: Amount,
}

impl Plan {
    /// The plan of a loan of which nothing is paid.
    pub fn new(terms: &LoanTerms) -> Self {
        let interest_left = match terms.repayment {
            Repayment::Flat { interest } => interest,
            Repayment::EqualPrincipal { .. } | Repayment::Annuity { .. } => Amount::ZERO,
        };
        let mut plan =
            Self { outstanding: terms.principal, next: 1, each: Amount::ZERO, interest_left };
        plan.spread(terms);
        plan
    }

    /// Whether nothing is owed any more.
    pub fn is_repaid(&self) -> bool {
        self.outstanding == Amount::ZERO
    }

    /// The next instalment.
    pub fn instalment(&self, terms: &LoanTerms) -> Option<Instalment> {
        if self.is_repaid() {
            return None;
        }
        let is_last = self.next >= terms.instalments;
        let owed = self.outstanding;
        let (principal, interest) = match terms.repayment {
            Repayment::EqualPrincipal { rate_bp } => {
                (self.each, interest_on(owed.fen(), rate_bp, terms.months))
            }
            Repayment::Annuity { rate_bp } => {
                let interest = interest_on(owed.fen(), rate_bp, terms.months);
                (self.each.checked_sub(interest).unwrap_or_default(), interest)
            }
            Repayment::Flat { .. } => {
                let parts = i64::from(self.parts_left(terms));
                let whole = is_last || owed <= self.each;
                let each =
                    if whole { self.interest_left.fen() } else { self.interest_left.fen() / parts };
                (self.each, amount(each.into()))
            }
        };
        let principal = if is_last { owed } else { principal.min(owed) };
        Some(Instalment { number: self.next, due: terms.due_day(self.next), principal, interest })
    }

    /// The next instalment is paid.
    pub fn pay_instalment(&mut self, terms: &LoanTerms) {
        let Some(Instalment { principal, interest, .. }) = self.instalment(terms) else { return };
        self.outstanding = self.outstanding.checked_sub(principal).unwrap_or_default();
        if let Repayment::Flat { .. } = terms.repayment {
            self.interest_left = self.interest_left.checked_sub(interest).unwrap_or_default();
        }
        self.next += 1;
    }

    /// A part of the principal is paid early: what is left is spread over the same days.
    pub fn repay(&mut self, terms: &LoanTerms, principal: Amount) {
        let before = i128::from(self.outstanding.fen());
        self.outstanding = self.outstanding.checked_sub(principal).unwrap_or_default();
        let left = i128::from(self.outstanding.fen());
        let interest = i128::from(self.interest_left.fen());
        self.interest_left = amount(if before > 0 { interest * left / before } else { 0 });
        self.spread(terms);
    }

    /// What a payment of the loan is made of at a day, principal and interest, or why there can be
    /// none. The loan was paid out on another day.
    pub fn parts_of(
        &self,
        terms: &LoanTerms,
        used: LoanUse,
        (since, on): (BusinessDate, BusinessDate),
    ) -> Result<(Amount, Amount), Reason> {
        let next = self.instalment(terms).ok_or(Reason::LoanInactive)?;
        let is_due = on >= next.due;
        match used {
            LoanUse::Disbursement => Err(Reason::LoanInactive),
            LoanUse::Instalment(number) if number == next.number && is_due => {
                Ok((next.principal, next.interest))
            }
            LoanUse::Instalment(_) => Err(Reason::InstalmentNotDue),
            LoanUse::Repayment(_) if is_due => Err(Reason::InstalmentDue),
            LoanUse::Repayment(principal) => {
                if principal == Amount::ZERO || principal > self.outstanding {
                    return Err(Reason::LoanTerms);
                }
                Ok((principal, self.accrued(terms, &next, (since, on), principal)))
            }
        }
    }

    /// The instalments that are left, as they are when nothing is paid early.
    pub fn remaining(mut self, terms: &LoanTerms) -> impl Iterator<Item = Instalment> {
        let terms = *terms;
        std::iter::from_fn(move || {
            let next = self.instalment(&terms)?;
            self.pay_instalment(&terms);
            Some(next)
        })
    }

    /// The interest on a part of the principal up to a day before the next instalment is due: that
    /// instalment's, by the share of the part and of the days gone by, rounded up: parts never pay less
    /// than one payment of their sum.
    fn accrued(
        &self,
        terms: &LoanTerms,
        next: &Instalment,
        (since, on): (BusinessDate, BusinessDate),
        principal: Amount,
    ) -> Amount {
        let begin = if next.number == 1 { since } else { terms.due_day(next.number - 1) };
        let (gone, all) = (on.days_since(begin), next.due.days_since(begin).max(1));
        let parts = i128::from(next.interest.fen()) * i128::from(principal.fen());
        let owed = i128::from(self.outstanding.fen().max(1));
        amount(up(parts * i128::from(gone.min(all)), owed * i128::from(all)))
    }

    fn parts_left(&self, terms: &LoanTerms) -> u32 {
        terms.instalments.saturating_sub(self.next - 1).max(1)
    }

    /// Computes what is the same in every instalment that is left.
    fn spread(&mut self, terms: &LoanTerms) {
        let (owed, parts) = (self.outstanding.fen(), self.parts_left(terms));
        self.each = match terms.repayment {
            Repayment::EqualPrincipal { .. } | Repayment::Flat { .. } => {
                amount((owed / i64::from(parts)).max(1).into())
            }
            Repayment::Annuity { rate_bp } => annuity(owed, parts, rate_bp, terms.months),
        };
    }
}

/// The least equal instalment that leaves nothing after so many.
fn annuity(owed: i64, parts: u32, rate_bp: u32, months: u32) -> Amount {
    let clears = |each: i64| {
        let mut left = owed;
        for _ in 0..parts {
            let interest = interest_on(left, rate_bp, months).fen();
            if each <= interest {
                return false;
            }
            left -= each - interest;
            if left <= 0 {
                return true;
            }
        }
        false
    };
    // One instalment of all that is owed clears it, so the upper end always does.
    let mut below = 0;
    let mut least = owed.saturating_add(interest_on(owed, rate_bp, months).fen()).max(1);
    while least - below > 1 {
        let middle = below + (least - below) / 2;
        if clears(middle) {
            least = middle;
        } else {
            below = middle;
        }
    }
    amount(least.into())
}

/// The interest of one period.
fn interest_on(owed: i64, rate_bp: u32, months: u32) -> Amount {
    let parts = i128::from(owed) * i128::from(rate_bp) * i128::from(months);
    amount(half_up(parts, RATE_PARTS))
}

fn half_up(parts: i128, of: i128) -> i128 {
    (2 * parts + of) / (2 * of)
}

fn up(parts: i128, of: i128) -> i128 {
    (parts + of - 1) / of
}

/// An amount of so many fen, which the terms keep below any sum.
fn amount(fen: i128) -> Amount {
    let fen = i64::try_from(fen).unwrap_or(i64::MAX);
    Amount::from_sum(crate::money::Position::from_fen(fen)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
