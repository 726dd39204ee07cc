//! Bills, refunds and what else payments are for, in tests.

use crate::Details;
use crate::link::{CentralBankMessage, Delivery, Notice, Outcome, Side};
use crate::money::{PaymentId, WalletKind, WalletNumber};
use crate::operator::exchange::WalletOrder;
use crate::operator::limits::WalletClass;
use crate::operator::pay::PaymentOrder;
use crate::operator::slot::PaymentSlot;
use crate::operator::wallet::Holder;
use crate::operator::{BillOrder, BillState};

use super::{TestLedger, abroad, id, yuan};

impl TestLedger {
    /// The id of the next payment.
    pub(in crate::operator) fn next_id(&mut self) -> PaymentId {
        self.payments += 1;
        id(self.payments)
    }

    /// The id of the payment taken last.
    pub(in crate::operator) fn last_payment(&self) -> PaymentId {
        self.ledger.payments().iter().next_back().unwrap().id
    }

    pub(in crate::operator) fn shown(&self, slot: PaymentSlot) -> String {
        self.state_of(&self.ledger.payments()[slot])
    }

    pub(in crate::operator) fn notify_id(&mut self, id: PaymentId, side: Side, outcome: Outcome) {
        let notices = vec![Notice { id, side, outcome, at: self.now }];
        self.hear(CentralBankMessage { notices, ..CentralBankMessage::default() });
    }

    /// A delivery from the other operator with what it is for.
    pub(in crate::operator) fn deliver_with(
        &mut self,
        number: u8,
        payee: WalletNumber,
        amount: i64,
        details: Option<Box<Details>>,
    ) {
        self.deliver_from(abroad(), number, (payee, amount), details);
    }

    /// The same of a wallet that is named.
    pub(in crate::operator) fn deliver_from(
        &mut self,
        payer: WalletNumber,
        number: u8,
        (payee, amount): (WalletNumber, i64),
        details: Option<Box<Details>>,
    ) {
        let (submitted_at, expires_at) = (self.now, self.now.plus_ms(30_000));
        let (id, amount, hold) = (id(number), yuan(amount), self.holding);
        let delivery =
            Delivery { id, payer, payee, amount, submitted_at, expires_at, hold, details };
        let deliveries = vec![delivery];
        self.hear(CentralBankMessage { deliveries, ..CentralBankMessage::default() });
    }

    pub(in crate::operator) fn corporate(&mut self, opening: i64) -> WalletNumber {
        let order = WalletOrder {
            request_id: None,
            kind: WalletKind::Corporate,
            class: WalletClass::new(1).unwrap().get(),
            holder: Holder::verified(Some("A company")),
            opening: yuan(opening),
            content: None,
        };
        let wallet = self.ledger.open_wallet(order, self.now).unwrap();
        self.commit();
        wallet
    }

    /// Publishes a bill that is due now.
    pub(in crate::operator) fn bill(&mut self, biller: WalletNumber, reference: &str, sum: i64) {
        let order = BillOrder {
            biller,
            reference: reference.parse().unwrap(),
            amount: yuan(sum),
            due_at: self.now,
            purpose: None,
            subject: None,
            release: None,
        };
        self.ledger.publish_bill(order, self.now).unwrap();
        self.commit();
    }

    /// The details of a payment of a bill.
    pub(in crate::operator) fn pays(reference: &str) -> Option<Box<Details>> {
        Details { bill: Some(reference.parse().unwrap()), ..Details::default() }.boxed()
    }

    pub(in crate::operator) fn pay_bill(
        &mut self,
        payer: WalletNumber,
        biller: WalletNumber,
        reference: &str,
        sum: i64,
    ) -> String {
        let order = self.order(payer, biller, sum);
        self.submit(PaymentOrder { details: Self::pays(reference), ..order })
    }

    pub(in crate::operator) fn bill_state(
        &self,
        biller: WalletNumber,
        reference: &str,
    ) -> BillState {
        let slot = self.ledger.find_bill(biller, &reference.parse().unwrap()).unwrap();
        self.ledger.bill(slot).state
    }
}
