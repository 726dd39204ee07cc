//! Whether rows of wealth products can follow those before, and what a subscription may be.

use crate::Reason;
use crate::details::{Details, WealthPart};
use crate::money::{Amount, RequestKey};

use super::super::OperatorLedger;
use super::super::check::RestoreError;
use super::super::credit::Credit;
use super::super::rows::PaymentRow;
use super::holdings::Wealth;
use super::rows::{ProductRow, RedemptionRow, WEAKEST_CLASS};

fn refused(row: u64, reason: Reason) -> RestoreError {
    RestoreError::Wealth { row, reason }
}

impl OperatorLedger {
    pub(in super::super) fn check_product_row(&self, row: &ProductRow) -> Result<(), RestoreError> {
        self.check_wallet(row.row, row.provider)?;
        let is_new = self.wealth.product(row.provider, row.product).is_none();
        let fits = is_new && row.terms.check().is_ok();
        if fits { Ok(()) } else { Err(refused(row.row, Reason::ProductTerms)) }
    }

    /// A redemption takes what is held, with exactly what that has earned.
    pub(in super::super) fn check_redemption_row(
        &self,
        row: &RedemptionRow,
    ) -> Result<(), RestoreError> {
        let wrong = |reason| refused(row.row, reason);
        let key = RequestKey::new(row.holder, &row.request_id);
        let is_named = row.redemption == Wealth::redemption_key(row.provider, row.product, key);
        if !is_named || self.wealth.redemptions.find(row.redemption).is_some() {
            return Err(wrong(Reason::RedemptionUnknown));
        }
        let found = self.holding(row.provider, row.product, row.holder);
        let (product, holding) = found.map_err(|error| wrong(error.reason()))?;
        if row.principal == Amount::ZERO || row.principal > holding.amount {
            return Err(wrong(Reason::HoldingExceeded));
        }
        let earned = holding.earned(product, row.principal, row.at.date());
        let is_payable = row.amount().is_some_and(|amount| amount.single().is_ok());
        let fits = earned == Some(row.earned) && is_payable;
        if fits { Ok(()) } else { Err(wrong(Reason::ProductTerms)) }
    }

    /// A payment that is a part of a wealth product names the class of its payer, or pays what is
    /// due to whom it is due.
    pub(in super::super) fn check_wealth_part(&self, row: &PaymentRow) -> Result<(), RestoreError> {
        let part = row.details.as_ref().and_then(|details| details.wealth);
        let wrong = |reason| Err(refused(row.row, reason));
        match part {
            None => Ok(()),
            Some(WealthPart::Subscription { class, .. }) => {
                let is_own = class == self.class_of(row.payer);
                if is_own { Ok(()) } else { wrong(Reason::ProductClass) }
            }
            Some(WealthPart::Redemption(redemption)) => {
                let Some(found) = self.wealth.redemptions.find(redemption) else {
                    return wrong(Reason::RedemptionUnknown);
                };
                let asked = &found.row;
                let fits = (row.payer, row.payee) == (asked.provider, asked.holder)
                    && asked.amount() == Some(row.amount)
                    && found.payment().is_none()
                    && row.submitted_at.date() >= found.due;
                if fits { Ok(()) } else { wrong(Reason::ProductTerms) }
            }
        }
    }

    /// Whether a credit may be a subscription to the product that it names. The class is the word of
    /// the holder's operator.
    pub(in super::super) fn check_subscription(
        &self,
        part: WealthPart,
        credit: &Credit<'_>,
    ) -> Result<(), Reason> {
        let WealthPart::Subscription { product, class } = part else { return Ok(()) };
        if credit.details.is_some_and(says_more) {
            return Err(Reason::ProductTerms);
        }
        let found = self.wealth.product(credit.payee, product).ok_or(Reason::ProductUnknown)?;
        if !(1..=WEAKEST_CLASS).contains(&class) {
            return Err(Reason::ProductClass);
        }
        let terms = &found.row.terms;
        if credit.amount < terms.minimum {
            return Err(Reason::SubscriptionMinimum);
        }
        let taken = found.held.checked_add(found.room);
        let after = taken.and_then(|taken| taken.checked_add(credit.amount));
        let fits = after.is_some_and(|after| after <= terms.maximum);
        if fits { Ok(()) } else { Err(Reason::ProductSoldOut) }
    }
}

/// Whether a payment says that it is something else, too.
fn says_more(details: &Details) -> bool {
    let Details { purpose: _, bill, refund_of, voucher, grant, loan, wealth: _ } = details;
    bill.is_some() || refund_of.is_some() || voucher.is_some() || grant.is_some() || loan.is_some()
}
