//! Hard wallets in tests.

use crate::Reason;
use crate::link::{CentralBankMessage, Notice, Outcome, Side};
use crate::money::{CycleId, DAY_MS, PaymentId, WalletKind, WalletNumber};
use crate::operator::{CardOrder, CardTerms, LossParty, OfflineVoucher, Ruling};

use super::super::exchange::WalletOrder;
use super::super::wallet::Holder;
use super::{TestLedger, request, yuan};

impl TestLedger {
    /// A card of a wallet: 100 yuan at most, 50 at once, three vouchers that wait, one day.
    pub(in crate::operator) fn card_order(&self, name: &str, parent: WalletNumber) -> CardOrder {
        CardOrder {
            request_id: request(name),
            parent,
            key: [u8::try_from(name.len()).unwrap(); 32],
            terms: CardTerms::new(yuan(100), yuan(50), 3, DAY_MS).unwrap(),
            payees: None,
            loss: LossParty::Payee,
            loss_wallet: None,
            salt: None,
            content: None,
        }
    }

    /// A wallet of the operator itself, out of which it bears losses.
    pub(in crate::operator) fn purse(&mut self, opening: i64) -> WalletNumber {
        let order = WalletOrder {
            request_id: None,
            kind: WalletKind::Operator,
            class: 1,
            holder: Holder::verified(Some("The operator")),
            opening: yuan(opening),
            content: None,
        };
        let wallet = self.ledger.open_wallet(order, self.now).unwrap();
        self.commit();
        wallet
    }

    pub(in crate::operator) fn issue(&mut self, order: CardOrder) -> WalletNumber {
        let card = self.ledger.issue_card(order, self.now).unwrap();
        self.commit();
        card
    }

    pub(in crate::operator) fn load(
        &mut self,
        card: WalletNumber,
        amount: i64,
    ) -> Result<(), Reason> {
        self.requests += 1;
        let request_id = request(&format!("l{}", self.requests));
        let done = self.ledger.load_sub_wallet(card, yuan(amount), request_id, self.now);
        self.commit();
        done.map_err(|error| error.reason())
    }

    pub(in crate::operator) fn voucher(
        &self,
        card: WalletNumber,
        counter: u64,
        payee: WalletNumber,
        amount: i64,
    ) -> OfflineVoucher {
        OfflineVoucher { card, counter, payee, amount: yuan(amount), signed_at: self.now }
    }

    /// What is decided on a voucher, in words.
    pub(in crate::operator) fn upload(&mut self, voucher: &OfflineVoucher) -> String {
        let decided = self.ledger.decide_voucher(voucher, self.now);
        self.commit();
        match decided.map(|row| row.ruling) {
            Ok(Ruling::Accepted { .. }) => "accepted".to_owned(),
            Ok(Ruling::Refused { reason }) => format!("refused {reason}"),
            Ok(Ruling::Repeated { borne_by, payment }) => {
                let paid = if payment.is_some() { "pays" } else { "bears" };
                format!("repeated, {borne_by:?} {paid}")
            }
            Ok(Ruling::Waits) => "waits".to_owned(),
            Err(error) => format!("undecided {}", error.reason()),
        }
    }

    /// The central bank tells how the payment of a voucher ended.
    pub(in crate::operator) fn finish(&mut self, id: PaymentId, refused: Option<Reason>) {
        let cleared = Outcome::Cleared(CycleId::new(1));
        let outcome = refused.map_or(cleared, Outcome::Refused);
        let notices = vec![Notice { id, side: Side::Payer, outcome, at: self.now }];
        self.hear(CentralBankMessage { notices, ..CentralBankMessage::default() });
    }

    pub(in crate::operator) fn payment_of(&self, card: WalletNumber, counter: u64) -> PaymentId {
        self.ledger.card(card).unwrap().payment_of(counter).unwrap()
    }

    /// A card with vouchers of every kind, which is lost, caught and replaced.
    pub(in crate::operator) fn use_cards_in_every_way(&mut self) {
        let (parent, shop) = (self.wallet(1, 200), self.merchant());
        let [lost, caught] = ["lost", "caught"].map(|name| {
            let order = CardOrder { loss: LossParty::Holder, ..self.card_order(name, parent) };
            let card = self.issue(order);
            self.load(card, 60).unwrap();
            card
        });
        let voucher = self.voucher(caught, 2, shop, 5);
        self.ledger.freeze(parent, false, self.now).unwrap();
        self.upload(&voucher);
        self.ledger.unfreeze(parent, self.now).unwrap();
        self.ledger.freeze(shop, false, self.now).unwrap();
        let vouchers = [(lost, 1, 20), (lost, 2, 51), (caught, 1, 20), (caught, 1, 10)];
        for (card, counter, amount) in vouchers {
            let voucher = self.voucher(card, counter, shop, amount);
            self.upload(&voucher);
        }
        self.ledger.report_lost(lost, self.now).unwrap();
        self.ledger.unfreeze(shop, self.now).unwrap();
        self.wait(2 * DAY_MS);
        let order = self.card_order("another", parent);
        self.ledger.reissue_card(lost, order, self.now).unwrap();
        self.commit();
    }
}
