//! What a payment is for, beside who pays whom how much.

mod bill_reference;
mod grant;
mod loan;
mod purpose;
mod times;
mod voucher;
mod wealth;

use crate::money::{Amount, PaymentId};

pub use bill_reference::{BillReference, BillReferenceError};
pub use grant::{
    ELIGIBLE_OPERATORS_MAX, Eligibility, EligibilityError, GrantTerms, NumberSet, Purchase,
};
pub use loan::{LoanPart, LoanUse};
pub use purpose::Purpose;
pub use times::SettlementTimes;
pub use voucher::Voucher;
pub use wealth::{ProductCode, ProductCodeError, WealthPart};

/// What a payment is for. Few payments say more than who pays whom how much, so the records of
/// those that do not keep an empty pointer.
///
/// It is content of the payment: it goes with it to the payee's operator, and a repeat must have
/// the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Its kind.
    pub purpose: Option<Purpose>,
    /// The bill of the payee that it pays.
    pub bill: Option<BillReference>,
    /// The payment that it gives back, whole or in part.
    pub refund_of: Option<PaymentId>,
    /// The part of it that a campaign pays.
    pub voucher: Option<Voucher>,
    /// The terms on which a campaign gives it.
    pub grant: Option<Box<GrantTerms>>,
    /// The part of a loan that it is.
    pub loan: Option<LoanPart>,
    /// The part of a wealth product that it is.
    pub wealth: Option<WealthPart>,
    /// When it may settle.
    pub times: SettlementTimes,
}

impl Details {
    /// Whether such a payment counts against the limits of its payer: neither who gives back what
    /// was paid nor a campaign pays for something.
    pub fn counts(&self) -> bool {
        self.refund_of.is_none() && self.grant.is_none()
    }

    /// Whether it pays a bill or gives a payment back.
    pub fn promises(&self) -> bool {
        self.bill.is_some() || self.refund_of.is_some()
    }

    /// Whether it is a part of a loan or of a wealth product, which are paid by own money and know
    /// ways back of their own.
    pub fn is_part(&self) -> bool {
        self.loan.is_some() || self.wealth.is_some()
    }

    /// The details for a record; a payment that says nothing has none.
    pub fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }

    /// What the payer pays of an amount: all of it, or what the voucher leaves.
    pub fn payers_part(details: Option<&Self>, amount: Amount) -> Amount {
        let voucher = details.and_then(|details| details.voucher);
        // Only a payment that is refused has a discount above its amount.
        voucher.map_or(amount, |voucher| amount.checked_sub(voucher.discount).unwrap_or_default())
    }
}
