//! What payments change of holdings and redemptions. `check` has passed their rows.

use crate::details::{Details, WealthPart};
use crate::money::{Amount, PaymentId, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::facts::{Decided, End, Taken};
use super::super::rows::{InboundRow, PaymentRow};
use super::super::slot::{InboundSlot, ProductSlot};
use super::rows::{CancelledRedemptionRow, ProductRow, RedemptionRow};

impl OperatorLedger {
    pub(in super::super) fn apply_product(&mut self, row: ProductRow) {
        self.pass(row.at);
        self.wealth.define(row);
    }

    pub(in super::super) fn apply_redemption(&mut self, row: RedemptionRow) {
        self.pass(row.at);
        self.wealth.redeem(row);
    }

    pub(in super::super) fn apply_cancelled_redemption(&mut self, row: CancelledRedemptionRow) {
        self.pass(row.at);
        self.wealth.cancel(row);
    }

    /// The product of this operator that a payment subscribes to, and the class that it names.
    fn subscribed(
        &self,
        details: Option<&Details>,
        provider: WalletNumber,
    ) -> Option<(ProductSlot, u8)> {
        match details?.wealth? {
            WealthPart::Subscription { product, class } => {
                self.wealth.product_slot(provider, product).map(|slot| (slot, class))
            }
            WealthPart::Redemption(_) => None,
        }
    }

    /// A payment is a part of a wealth product: it leaves its wallet, and within the operator
    /// arrives.
    pub(in super::super) fn take_wealth_part(&mut self, row: &PaymentRow) {
        let Some(details) = row.details.as_deref() else { return };
        if let Some(WealthPart::Redemption(redemption)) = details.wealth {
            self.wealth.redemptions.begin(redemption, row.id);
            if row.taken != Taken::InTransit {
                self.end_wealth_part(row.id, row.taken == Taken::Completed, row.submitted_at);
            }
        } else if row.taken == Taken::Completed
            && let Some(product) = self.subscribed(Some(details), row.payee)
        {
            self.wealth.subscribe(product, (row.payer, row.amount), row.submitted_at.date());
        }
    }

    /// A payment is final, was refused or came back.
    pub(in super::super) fn end_wealth_part(
        &mut self,
        payment: PaymentId,
        is_paid: bool,
        at: Timestamp,
    ) {
        self.wealth.payment_ends(payment, is_paid, at.date());
    }

    /// A transfer is a subscription, or room is held for it.
    pub(in super::super) fn take_subscription(&mut self, row: &InboundRow) {
        let Some(delivered) = &row.delivered else { return };
        let details = delivered.details.as_deref();
        let Some(product) = self.subscribed(details, delivered.payee) else { return };
        let (holder, amount): (WalletNumber, Amount) = (delivered.payer, delivered.amount);
        match row.decided {
            Decided::Rejected { .. } => {}
            Decided::Accepted => {
                self.wealth.subscribe(product, (holder, amount), row.decided_at.date());
            }
            Decided::Held => self.wealth.hold(product.0, amount, true),
        }
    }

    /// What room was held for has come, or does not.
    pub(in super::super) fn end_subscription(
        &mut self,
        slot: InboundSlot,
        end: End,
        at: Timestamp,
    ) {
        let Some(delivered) = &self.inbound[slot].delivered else { return };
        let details = delivered.details.as_deref();
        let Some(product) = self.subscribed(details, delivered.payee) else { return };
        let (holder, amount) = (delivered.payer, delivered.amount);
        self.wealth.hold(product.0, amount, false);
        if let End::Cleared { .. } = end {
            self.wealth.subscribe(product, (holder, amount), at.date());
        }
    }
}
