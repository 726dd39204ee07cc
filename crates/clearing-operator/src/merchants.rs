//! What the directory says of merchants, where grants or vouchers depend on it.

use std::sync::atomic::Ordering;

use clearing_domain::merchant::MerchantTraits;
use clearing_domain::money::{PaymentCode, WalletKind, WalletNumber};
use clearing_domain::operator::{Merchants, OperatorLedger, PaymentOrder, TickItem};
use tonic::Status;

use crate::node::Node;

impl Node {
    /// The traits of the payees of orders, those of which nothing depends left out: nearly always
    /// there are none, and the directory is not asked.
    pub(crate) async fn merchants_of(
        &self,
        orders: impl Iterator<Item = &PaymentOrder>,
    ) -> Result<Merchants, Status> {
        let all = self.asks_for_traits.load(Ordering::Acquire);
        let asks = |order: &PaymentOrder| {
            let voucher = order.details.as_ref().and_then(|details| details.voucher);
            let prefix = self.settings.prefix;
            let payee = *order.payee.as_ref().ok()?;
            let own = voucher.is_some_and(|voucher| voucher.campaign.prefix() == prefix);
            (payee.kind() == WalletKind::Merchant && (all || own)).then_some((
                order.payer,
                payee,
                own,
            ))
        };
        let asked: Vec<_> = orders.filter_map(asks).collect();
        if asked.is_empty() {
            return Ok(Merchants::new());
        }
        let depends = move |ledger: &OperatorLedger, _| {
            let depends =
                |(payer, payee, own)| (own || ledger.asks_for_traits(payer)).then_some(payee);
            asked.into_iter().filter_map(depends).collect::<Vec<_>>()
        };
        let payees = self.read(depends).await?;
        self.look_up_merchants(payees).await
    }

    /// The same of the items of a tick, which are given back.
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
        Ok((items, self.look_up_merchants(payees).await?))
    }

    /// What the directory says of the payee of a charge, if grants of the payer depend on it.
    pub(crate) async fn merchant_of_charge(
        &self,
        code: PaymentCode,
        payee: WalletNumber,
    ) -> Result<Option<MerchantTraits>, Status> {
        if !self.asks_for_traits.load(Ordering::Acquire) || payee.kind() != WalletKind::Merchant {
            return Ok(None);
        }
        let depends = move |ledger: &OperatorLedger, _| {
            ledger.payment_code(code).is_ok_and(|row| ledger.asks_for_traits(row.wallet))
        };
        if self.read(depends).await? { self.directory.merchant(payee).await } else { Ok(None) }
    }

    async fn look_up_merchants(&self, payees: Vec<WalletNumber>) -> Result<Merchants, Status> {
        let mut merchants = Merchants::new();
        for payee in payees {
            if !merchants.contains_key(&payee)
                && let Some(traits) = self.directory.merchant(payee).await?
            {
                merchants.insert(payee, traits);
            }
        }
        Ok(merchants)
    }
}
