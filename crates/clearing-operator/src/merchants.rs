//! What the directory says of merchants, where grants or vouchers depend on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use clearing_api::status::FieldError;
use clearing_domain::merchant::MerchantTraits;
use clearing_domain::money::{PaymentCode, WalletKind, WalletNumber};
use clearing_domain::operator::{CodeState, Merchants, OperatorLedger, PaymentOrder, TickItem};
use tonic::Status;

use crate::directory::unanswered;
use crate::node::Node;

/// The answers of the directory about the payees of orders.
#[derive(Debug, Default)]
pub(crate) struct LookUps {
    traits: Merchants,
    /// Why the directory did not answer.
    unanswered: BTreeMap<WalletNumber, FieldError>,
}

impl LookUps {
    /// The traits of the payee of an order.
    ///
    /// An order that depends on them is refused while the directory does not answer. This is asked
    /// again on the thread of the ledger, because the same request may have left a payment since
    /// the directory was asked, and a repeat depends on nothing.
    pub(crate) fn traits_for(
        &self,
        order: &PaymentOrder,
        ledger: &OperatorLedger,
    ) -> Result<Option<MerchantTraits>, FieldError> {
        let Ok(payee) = &order.payee else { return Ok(None) };
        match self.unanswered.get(payee) {
            Some(error) if ledger.depends_on_traits(order) => Err(error.clone()),
            Some(_) | None => Ok(self.traits.get(payee).copied()),
        }
    }
}

impl Node {
    /// Looks up the payees of orders that depend on what the directory says of them: nearly always
    /// there are none, and neither the ledger nor the directory is asked.
    pub(crate) async fn merchants_of(
        &self,
        orders: impl Iterator<Item = &PaymentOrder>,
    ) -> Result<LookUps, Status> {
        let any_grant = self.asks_for_traits.load(Ordering::Acquire);
        let may_depend = |order: &&PaymentOrder| {
            let voucher = order.details.as_ref().and_then(|details| details.voucher);
            let prefix = self.settings.prefix;
            let own = voucher.is_some_and(|voucher| voucher.campaign.prefix() == prefix);
            let payee = order.payee.as_ref().ok();
            payee.is_some_and(|payee| payee.kind() == WalletKind::Merchant) && (any_grant || own)
        };
        let asked: Vec<PaymentOrder> = orders.filter(may_depend).cloned().collect();
        if asked.is_empty() {
            return Ok(LookUps::default());
        }
        let depend = move |ledger: &OperatorLedger, _| {
            let depend = asked.into_iter().filter(|order| ledger.depends_on_traits(order));
            depend.filter_map(|order| order.payee.ok()).collect()
        };
        let payees = self.read(depend).await?;
        Ok(self.look_up_merchants(payees).await)
    }

    /// The same of the items of a tick, which are given back. Without an answer none of them can be
    /// applied, because the outcome of a tick must follow from configuration and seed alone.
    pub(crate) async fn merchants_of_items(
        &self,
        items: Vec<TickItem>,
    ) -> Result<(Vec<TickItem>, Merchants), Status> {
        let has_voucher = |item: &TickItem| {
            item.details.as_ref().is_some_and(|details| details.voucher.is_some())
        };
        if !self.asks_for_traits.load(Ordering::Acquire) && !items.iter().any(has_voucher) {
            return Ok((items, Merchants::new()));
        }
        let find = move |ledger: &OperatorLedger, _| (ledger.asked_for(&items), items);
        let (payees, items) = self.read(find).await?;
        let LookUps { traits, unanswered } = self.look_up_merchants(payees).await;
        match unanswered.into_values().next() {
            Some(error) => Err(error.into()),
            None => Ok((items, traits)),
        }
    }

    /// What the directory says of the payee of a charge, if grants of the payer depend on it. A code
    /// that is used makes no other payment.
    pub(crate) async fn merchant_of_charge(
        &self,
        code: PaymentCode,
        payee: WalletNumber,
    ) -> Result<Option<MerchantTraits>, Status> {
        if !self.asks_for_traits.load(Ordering::Acquire) || payee.kind() != WalletKind::Merchant {
            return Ok(None);
        }
        let depends = move |ledger: &OperatorLedger, now| {
            ledger.payment_code(code).is_ok_and(|row| {
                ledger.state_of_code(row, now) == CodeState::Open
                    && ledger.asks_for_traits(row.wallet)
            })
        };
        if self.read(depends).await? { self.directory.merchant(payee).await } else { Ok(None) }
    }

    async fn look_up_merchants(&self, payees: BTreeSet<WalletNumber>) -> LookUps {
        let mut found = LookUps::default();
        let mut away: Option<Status> = None;
        for payee in payees {
            // A directory that does not answer is asked once for a batch, which would wait for each
            // of its merchants otherwise.
            let answer = match &away {
                Some(status) => Err(status.clone()),
                None => self.directory.merchant(payee).await,
            };
            match answer {
                Ok(traits) => found.traits.extend(traits.map(|traits| (payee, traits))),
                Err(status) => {
                    found.unanswered.insert(payee, unanswered("payee_wallet", &payee, &status));
                    away = Some(status);
                }
            }
        }
        found
    }
}
