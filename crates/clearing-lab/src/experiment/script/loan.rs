//! Loans and payrolls as they stand in a file, what is done about them, and what is refused of it.

use clearing_config::{ClusterConfig, Yuan};
use clearing_domain::Lockstep;
use clearing_domain::details::Purpose;
use clearing_domain::money::{Amount, BusinessDate, WalletKind, WalletNumber};
use clearing_domain::operator::{LoanTerms, OperatorError, Repayment};

use super::super::raw::{RawAction, RawLoan, RawPayroll};
use super::read::{Refused, check_name, named, place};
use super::{ActionKind, Part, Script};

/// The loans of one name: each borrower has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loans {
    /// The name.
    pub name: String,
    /// The place of the wallets that lend.
    pub lenders: usize,
    /// The place of the wallets that owe.
    pub borrowers: usize,
    /// The place of the wallets that get what is lent; `None` is the borrowers.
    pub payees: Option<usize>,
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
    /// What the instalments are for.
    pub purpose: Purpose,
}

/// What is done about loans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoanStep {
    /// Lenders and borrowers agree on them.
    Agree,
    /// The borrowers give their mandates.
    Grant,
    /// The lenders pay them out; of those that are paid out, they tell the operators of the borrowers.
    Disburse,
    /// The borrowers pay principal early; `None` is all that is owed.
    Repay(Option<Amount>),
    /// The borrowers take their mandates back.
    Revoke,
}

/// An action about loans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoanAction {
    /// The place of the loans.
    pub loans: usize,
    /// What is done.
    pub step: LoanStep,
    /// To which of them.
    pub of: Part,
}

/// The payrolls of one name: each payer has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payrolls {
    /// The name.
    pub name: String,
    /// The place of the wallets that pay.
    pub payers: usize,
    /// The place of the wallets that are paid.
    pub payees: usize,
    /// The least and the most that each gets.
    pub amount: [Amount; 2],
}

impl LoanStep {
    /// The kind of an action in the configuration.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Agree => "agree-loans",
            Self::Grant => "grant-mandates",
            Self::Disburse => "disburse-loans",
            Self::Repay(_) => "repay-loans",
            Self::Revoke => "revoke-mandates",
        }
    }
}

impl LoanAction {
    /// The keys of a file that it reads.
    pub(super) fn keys(&self) -> &'static [&'static str] {
        match self.step {
            LoanStep::Agree | LoanStep::Grant | LoanStep::Disburse => &["loan"],
            LoanStep::Repay(_) => &["loan", "amount", "every", "except"],
            LoanStep::Revoke => &["loan", "every", "except"],
        }
    }

    /// The action as it stands in a file.
    pub(super) fn show(&self, script: &Script, raw: RawAction) -> RawAction {
        let amount = if let LoanStep::Repay(amount) = self.step { amount.map(Yuan) } else { None };
        RawAction {
            loan: Some(script.loans[self.loans].name.clone()),
            amount,
            every: self.of.every,
            except: self.of.except,
            ..raw
        }
    }
}

/// Reads an action about loans or payrolls; `None` of one that is about something else.
pub(super) fn action(raw: &RawAction, script: &Script) -> Result<Option<ActionKind>, Refused> {
    let step = match raw.kind.as_str() {
        "agree-loans" => LoanStep::Agree,
        "grant-mandates" => LoanStep::Grant,
        "disburse-loans" => LoanStep::Disburse,
        "repay-loans" => LoanStep::Repay(raw.amount.map(|yuan| yuan.0)),
        "revoke-mandates" => LoanStep::Revoke,
        "pay-payroll" => {
            let names = script.payrolls.iter().map(|payrolls| payrolls.name.as_str());
            let of = place("payroll", raw.payroll.as_deref(), names)?;
            return Ok(Some(ActionKind::PayPayroll(of)));
        }
        _ => return Ok(None),
    };
    let names = script.loans.iter().map(|loans| loans.name.as_str());
    let loans = place("loan", raw.loan.as_deref(), names)?;
    let of = Part { every: raw.every, except: raw.except };
    Ok(Some(ActionKind::Loans(LoanAction { loans, step, of })))
}

/// The place of wallets that a key names.
pub(super) fn wallets(script: &Script, key: &'static str, name: &str) -> Result<usize, Refused> {
    place(key, Some(name), script.wallets.iter().map(|wallets| wallets.name.as_str()))
}

impl Loans {
    /// Reads loans; the error names the key at fault.
    pub(super) fn read(
        raw: &RawLoan,
        script: &Script,
        cluster: &ClusterConfig,
    ) -> Result<Self, Refused> {
        check_name(&raw.name)?;
        let payee = raw.payee.as_deref();
        let principal = raw.principal.ok_or_else(|| ("principal", "is missing".to_owned()))?.0;
        let purpose = raw.purpose.as_deref().or(Some(Purpose::LoanRepayment.name()));
        let is_of_loans = |name: &str| {
            use Purpose::{HousingLoanRepayment, Instalment, LoanRepayment};
            Purpose::named(name)
                .filter(|found| [LoanRepayment, HousingLoanRepayment, Instalment].contains(found))
        };
        let what = "loan-repayment, housing-loan-repayment or instalment";
        let loans = Self {
            name: raw.name.clone(),
            lenders: wallets(script, "lender", &raw.lender)?,
            borrowers: wallets(script, "borrower", &raw.borrower)?,
            payees: payee.map(|name| wallets(script, "payee", name)).transpose()?,
            principal,
            repayment: repayment(raw)?,
            instalments: raw.instalments,
            first_due: cluster.lockstep.day(raw.first_due - 1),
            months: raw.period_months.unwrap_or(1),
            purpose: named("purpose", purpose, is_of_loans, what)?,
        };
        loans.check_terms(cluster)?;
        Ok(loans)
    }

    /// Refuses what no lender and no borrower could agree on.
    fn check_terms(&self, cluster: &ClusterConfig) -> Result<(), Refused> {
        // Whose wallets they are says nothing of the other terms.
        let prefix = cluster.operators.first().map(|operator| operator.prefix);
        let wallet = prefix.and_then(|prefix| WalletNumber::new(prefix, WalletKind::Personal, 1));
        let Some(wallet) = wallet else { return Ok(()) };
        let terms = self.terms([wallet; 3]);
        let Err(error) = terms.check() else { return Ok(()) };
        let OperatorError::Loan { field, value, .. } = error else {
            return Err(("principal", error.to_string()));
        };
        let key = match field {
            "instalment_count" => "instalments",
            "first_due_date" => "first_due",
            field => field,
        };
        let instalments = self.instalments;
        Err((key, format!("{value} cannot be that of a loan in {instalments} instalments")))
    }

    /// What lender, borrower and payee of one of the loans agree on.
    pub fn terms(&self, [lender, borrower, payee]: [WalletNumber; 3]) -> LoanTerms {
        LoanTerms {
            lender,
            borrower,
            payee,
            principal: self.principal,
            repayment: self.repayment,
            instalments: self.instalments,
            first_due: self.first_due,
            months: self.months,
            purpose: self.purpose,
        }
    }

    /// The loans as they stand in a file.
    pub(super) fn show(&self, script: &Script, lockstep: &Lockstep) -> RawLoan {
        let (repayment, rate_bp, interest) = match self.repayment {
            Repayment::EqualPrincipal { rate_bp } => ("equal-principal", Some(rate_bp), None),
            Repayment::Annuity { rate_bp } => ("annuity", Some(rate_bp), None),
            Repayment::Flat { interest } => ("flat", None, Some(Yuan(interest))),
        };
        let name = |place: usize| script.wallets[place].name.clone();
        RawLoan {
            name: self.name.clone(),
            lender: name(self.lenders),
            borrower: name(self.borrowers),
            payee: self.payees.map(name),
            principal: Some(Yuan(self.principal)),
            repayment: Some(repayment.to_owned()),
            rate_bp,
            total_interest: interest,
            instalments: self.instalments,
            first_due: self.first_due.days_since(lockstep.start.date()) + 1,
            period_months: Some(self.months),
            purpose: Some(self.purpose.name().to_owned()),
        }
    }
}

fn repayment(raw: &RawLoan) -> Result<Repayment, Refused> {
    let rate_bp = raw.rate_bp.unwrap_or(0);
    let name = raw.repayment.as_deref().unwrap_or("equal-principal");
    if name == "flat" && raw.rate_bp.is_some() {
        return Err(("rate_bp", "stands beside a repayment with a sum of interest".to_owned()));
    }
    if name != "flat" && raw.total_interest.is_some() {
        return Err(("total_interest", "stands beside a repayment with a rate".to_owned()));
    }
    let interest = raw.total_interest.map_or(Amount::ZERO, |yuan| yuan.0);
    match name {
        "equal-principal" => Ok(Repayment::EqualPrincipal { rate_bp }),
        "annuity" => Ok(Repayment::Annuity { rate_bp }),
        "flat" => Ok(Repayment::Flat { interest }),
        _ => Err(("repayment", format!("{name:?} is not equal-principal, annuity or flat"))),
    }
}

impl Payrolls {
    /// Reads payrolls; the error names the key at fault.
    pub(super) fn read(raw: &RawPayroll, script: &Script) -> Result<Self, Refused> {
        check_name(&raw.name)?;
        let least = raw.amount.ok_or_else(|| ("amount", "is missing".to_owned()))?.0;
        let most = raw.amount_max.map_or(least, |yuan| yuan.0);
        if least == Amount::ZERO || most < least {
            return Err(("amount", "is not above 0.00 and up to amount_max".to_owned()));
        }
        Ok(Self {
            name: raw.name.clone(),
            payers: wallets(script, "payer", &raw.payer)?,
            payees: wallets(script, "payee", &raw.payee)?,
            amount: [least, most],
        })
    }

    /// The payrolls as they stand in a file.
    pub(super) fn show(&self, script: &Script) -> RawPayroll {
        RawPayroll {
            name: self.name.clone(),
            payer: script.wallets[self.payers].name.clone(),
            payee: script.wallets[self.payees].name.clone(),
            amount: Some(Yuan(self.amount[0])),
            amount_max: Some(Yuan(self.amount[1])),
        }
    }
}
