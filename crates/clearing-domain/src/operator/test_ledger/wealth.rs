//! Wealth products under test.

use crate::Reason;
use crate::details::{Details, ProductCode, WealthPart};
use crate::money::{Amount, InterestRate, RedemptionId, WalletNumber};
use crate::operator::{
    ProductOrder, ProductTerms, RedemptionOrder, RedemptionState, SubscriptionOrder,
};

use super::{TestLedger, request, yuan};

pub(in crate::operator) fn code(text: &str) -> ProductCode {
    text.parse().unwrap()
}

/// Three percent and 65 hundredths a year, so that 1,000 yuan earn ten fen a day; at least 100 yuan,
/// at most 10,000 in all; paid back on the next day.
pub(in crate::operator) fn product_terms() -> ProductTerms {
    ProductTerms {
        rate: InterestRate::from_millionths(36_500).unwrap(),
        minimum: yuan(100),
        maximum: yuan(10_000),
        redemption_days: 1,
    }
}

impl TestLedger {
    /// Offers product `P`.
    pub(in crate::operator) fn define(&mut self, provider: WalletNumber, terms: ProductTerms) {
        let name = "Daily".into();
        let order = ProductOrder { provider, product: code("P"), name, terms };
        self.ledger.define_product(order, self.now).unwrap();
        self.commit();
    }

    /// A provider of product `P` with some yuan.
    pub(in crate::operator) fn provider(&mut self, opening: i64) -> WalletNumber {
        let provider = self.corporate(opening);
        self.define(provider, product_terms());
        provider
    }

    /// Subscribes to product `P`, and answers where the payment stands.
    pub(in crate::operator) fn subscribe(
        &mut self,
        holder: WalletNumber,
        provider: WalletNumber,
        amount: i64,
    ) -> String {
        let (id, product, amount) = (self.next_id(), code("P"), yuan(amount));
        let request_id = request(&format!("s{}", id.0[0]));
        let order = SubscriptionOrder { id, request_id, holder, provider, product, amount };
        let taken = self.ledger.subscribe(order, self.now);
        self.commit();
        match taken {
            Ok(slot) => self.shown(slot),
            Err(error) => error.reason().name().to_owned(),
        }
    }

    /// A subscription to product `P` of the other operator's wallet of a class arrives.
    pub(in crate::operator) fn deliver_subscription(
        &mut self,
        (payer, class): (WalletNumber, u8),
        number: u8,
        (provider, amount): (WalletNumber, i64),
    ) -> String {
        let wealth = Some(WealthPart::Subscription { product: code("P"), class });
        let details = Details { wealth, ..Details::default() }.boxed();
        self.said();
        self.deliver_from(payer, number, (provider, amount), details);
        self.said()
    }

    pub(in crate::operator) fn redeem(
        &mut self,
        holder: WalletNumber,
        provider: WalletNumber,
        amount: Option<i64>,
    ) -> Result<RedemptionId, Reason> {
        self.requests += 1;
        let request_id = request(&format!("w{}", self.requests));
        let principal = amount.map(yuan);
        let product = code("P");
        let order =
            RedemptionOrder { request_id, provider, product, holder, principal, salt: None };
        let done = self.ledger.redeem_wealth(order, self.now);
        self.commit();
        done.map_err(|error| error.reason())
    }

    /// What is held of product `P`, in fen.
    pub(in crate::operator) fn held(&self, provider: WalletNumber, holder: WalletNumber) -> i64 {
        let found = self.ledger.wealth().holding(provider, code("P"), holder);
        found.map_or(0, |holding| holding.amount.fen())
    }

    pub(in crate::operator) fn redemption_state(
        &self,
        redemption: RedemptionId,
    ) -> RedemptionState {
        let on = self.now.date();
        self.ledger.wealth_redemption(redemption).unwrap().state(on)
    }

    pub(in crate::operator) fn fen(&self, wallet: WalletNumber) -> i64 {
        self.ledger.wallet(wallet).unwrap().balance.fen()
    }

    /// A product of which a part is held, one is redeemed, one is taken back, and one waits.
    pub(in crate::operator) fn invest_in_every_way(&mut self) {
        let (provider, holder) = (self.corporate(5), self.wallet(1, 500));
        let rate = InterestRate::from_millionths(1_000_000).unwrap();
        self.define(provider, ProductTerms { rate, redemption_days: 0, ..product_terms() });
        assert_eq!(self.subscribe(holder, provider, 300), "Completed");
        self.wait(crate::money::DAY_MS);
        let paid = self.redeem(holder, provider, Some(100)).unwrap();
        self.wait(1);
        assert_eq!(self.redemption_state(paid), RedemptionState::Paid);
        let left: Amount = self.ledger.wallet(provider).unwrap().balance;
        assert!(left > yuan(200));
        assert_eq!(self.pay(provider, holder, 150), "Completed");
        let cancelled = self.redeem(holder, provider, Some(60)).unwrap();
        self.wait(1);
        self.ledger.cancel_redemption(cancelled, self.now).unwrap();
        self.commit();
        let waits = self.redeem(holder, provider, Some(100)).unwrap();
        self.wait(1);
        assert_eq!(self.redemption_state(waits), RedemptionState::Waiting);
    }
}
