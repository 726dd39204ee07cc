//! Whether rows of wealth products can follow those before, and what a subscription may be.

use crate::Reason;
use crate::details::{Details, WealthPart};
use crate::money::{Amount, BusinessDate, RequestKey, WalletKind, WalletNumber};

use super::super::OperatorLedger;
use super::super::check::RestoreError;
use super::super::credit::Credit;
use super::super::limits::{Limits, WalletClass};
use super::super::rows::PaymentRow;
use super::holdings::{Holding, Product, Wealth};
use super::redemptions::{RedemptionState, WealthRedemption};
use super::rows::{CancelledRedemptionRow, ProductRow, RedemptionRow, WEAKEST_CLASS};

/// The most products of a provider.
const PRODUCTS_MAX: usize = 100;
/// The most redemptions of a holding that are not paid.
const REDEMPTIONS_MAX: usize = 16;

fn refused(row: u64, reason: Reason) -> RestoreError {
    RestoreError::Wealth { row, reason }
}

impl OperatorLedger {
    pub(in super::super) fn check_product_row(&self, row: &ProductRow) -> Result<(), RestoreError> {
        self.check_wallet(row.row, row.provider)?;
        let is_new = self.wealth.product(row.provider, row.product).is_none();
        self.check_provider(row.provider).map_err(|reason| refused(row.row, reason))?;
        let fits = is_new && row.terms.check().is_ok();
        if fits { Ok(()) } else { Err(refused(row.row, Reason::ProductTerms)) }
    }

    /// Whether a wallet may offer one more product.
    pub(super) fn check_provider(&self, provider: WalletNumber) -> Result<(), Reason> {
        if !matches!(provider.kind(), WalletKind::Operator | WalletKind::Corporate) {
            return Err(Reason::KindNotAllowed);
        }
        let has_room = self.wealth.count_of(provider) < PRODUCTS_MAX;
        if has_room { Ok(()) } else { Err(Reason::TooManyProducts) }
    }

    /// Whether a holding may have one more redemption that is not paid.
    pub(super) fn check_live(&self, product: &Product, holding: &Holding) -> Result<(), Reason> {
        let row = &product.row;
        let slot = self.wealth.holding_slot(row.provider, row.product, holding.holder);
        let sums = slot.and_then(|slot| self.wealth.redemptions.sums(slot));
        let has_room = sums.is_none_or(|sums| sums.live < REDEMPTIONS_MAX);
        if has_room { Ok(()) } else { Err(Reason::TooManyRedemptions) }
    }

    /// A redemption is paid by one payment, which is as large as a payment may be, and which a wallet
    /// of the class that the holder's operator named can hold.
    pub(super) fn check_payable(
        &self,
        row: &RedemptionRow,
        holding: &Holding,
    ) -> Result<(), Reason> {
        let amount = row.amount().filter(|amount| amount.single().is_ok());
        let amount = amount.ok_or(Reason::AmountTooLarge)?;
        let class = WalletClass::new(holding.class);
        let limits = |class| self.settings.limits.limits(row.holder.kind(), class);
        class.map_or_else(Limits::default, limits).check_credit(amount, Amount::ZERO)
    }

    /// Whether a redemption may be taken back on a day: when it could not be paid, and nobody has
    /// taken its room.
    pub(super) fn check_cancels(
        &self,
        found: &WealthRedemption,
        on: BusinessDate,
    ) -> Result<(), Reason> {
        match found.state(on) {
            RedemptionState::Waiting | RedemptionState::Overdue => {}
            RedemptionState::Pending => return Err(Reason::RedemptionNotDue),
            RedemptionState::Paying | RedemptionState::Paid | RedemptionState::Cancelled => {
                return Err(Reason::TransitionInvalid);
            }
        }
        let row = &found.row;
        let product = self.wealth.product(row.provider, row.product);
        let product = product.ok_or(Reason::ProductUnknown)?;
        if product.has_room(row.principal) { Ok(()) } else { Err(Reason::ProductSoldOut) }
    }

    pub(in super::super) fn check_cancelled_redemption(
        &self,
        row: &CancelledRedemptionRow,
    ) -> Result<(), RestoreError> {
        let wrong = |reason| refused(row.row, reason);
        let found = self.wealth.redemptions.find(row.redemption);
        let found = found.ok_or_else(|| wrong(Reason::RedemptionUnknown))?;
        self.check_cancels(found, row.at.date()).map_err(wrong)
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
        self.check_live(product, holding).map_err(wrong)?;
        self.check_payable(row, holding).map_err(wrong)?;
        let fits = earned == Some(row.earned);
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
                    && !found.is_cancelled
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
        if found.has_room(credit.amount) { Ok(()) } else { Err(Reason::ProductSoldOut) }
    }
}

/// Whether a payment says that it is something else, too.
fn says_more(details: &Details) -> bool {
    let Details { purpose: _, bill, refund_of, voucher, grant, loan, wealth: _, times: _ } =
        details;
    bill.is_some() || refund_of.is_some() || voucher.is_some() || grant.is_some() || loan.is_some()
}
