//! Campaigns and grants in tests.

use crate::Reason;
use crate::details::{Eligibility, GrantTerms};
use crate::link::{CentralBankMessage, Delivery};
use crate::money::{DAY_MS, PaymentId, WalletKind, WalletNumber};
use crate::operator::exchange::WalletOrder;
use crate::operator::identity::IdentityHash;
use crate::operator::limits::WalletClass;
use crate::operator::wallet::Holder;
use crate::operator::{CampaignKind, CampaignOrder, OperatorError, commitment};
use crate::{Details, operator::PaymentOrder};

use super::{TestLedger, request, yuan};

/// The seed of every draw in tests.
pub(in crate::operator) const SEED: [u8; 32] = [7; 32];

/// A person, by a number.
pub(in crate::operator) fn person(number: u64) -> IdentityHash {
    IdentityHash::from_number(number).unwrap()
}

impl TestLedger {
    pub(in crate::operator) fn merchant(&mut self) -> WalletNumber {
        let order = WalletOrder {
            request_id: None,
            kind: WalletKind::Merchant,
            class: WalletClass::new(1).unwrap().get(),
            holder: Holder::verified(Some("A shop")),
            opening: yuan(0),
            content: None,
        };
        let wallet = self.ledger.open_wallet(order, self.now).unwrap();
        self.commit();
        wallet
    }

    /// A campaign of which one may register for a day, claim for two and spend for three.
    pub(in crate::operator) fn campaign_order(
        &self,
        kind: CampaignKind,
        sponsor: WalletNumber,
    ) -> CampaignOrder {
        let (now, day) = (self.now, |days| self.now.plus_ms(days * DAY_MS));
        let least = if kind == CampaignKind::Voucher { yuan(50) } else { yuan(0) };
        CampaignOrder {
            request_id: request("campaign"),
            sponsor,
            title: Some("Red packets".into()),
            kind,
            face: yuan(20),
            winners: 2,
            pool: yuan(40),
            eligible: Eligibility { min_spend: least, ..Eligibility::default() },
            register: (now, day(1)),
            claim_until: day(2),
            valid: (now, day(3)),
            commitment: Some(commitment(&SEED)),
            salt: None,
            content: None,
        }
    }

    pub(in crate::operator) fn create(
        &mut self,
        order: CampaignOrder,
    ) -> Result<WalletNumber, Reason> {
        let created = self.ledger.create_campaign(order, self.now);
        self.commit();
        created.map_err(|error| error.reason())
    }

    pub(in crate::operator) fn register(
        &mut self,
        campaign: WalletNumber,
        wallet: WalletNumber,
        number: u64,
    ) -> Result<(), Reason> {
        let done = self.ledger.register(campaign, (wallet, person(number)), self.now);
        self.commit();
        done.map_err(|error: OperatorError| error.reason())
    }

    pub(in crate::operator) fn claim(
        &mut self,
        campaign: WalletNumber,
        wallet: WalletNumber,
        number: u64,
    ) -> Result<Option<PaymentId>, Reason> {
        let done = self.ledger.claim(campaign, (wallet, person(number)), self.now);
        self.commit();
        done.map(|claim| claim.payment).map_err(|error| error.reason())
    }

    pub(in crate::operator) fn claim_error(
        &mut self,
        campaign: WalletNumber,
        wallet: WalletNumber,
        number: u64,
    ) -> OperatorError {
        self.ledger.claim(campaign, (wallet, person(number)), self.now).unwrap_err()
    }

    pub(in crate::operator) fn wait(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        crate::Ledger::advance_clock(&mut self.ledger, self.now);
        self.commit();
    }

    /// A grant of a campaign of the other operator comes into a wallet and is final.
    pub(in crate::operator) fn grant(
        &mut self,
        number: u8,
        wallet: WalletNumber,
        amount: i64,
        terms: GrantTerms,
    ) {
        let details = Details { grant: Some(Box::new(terms)), ..Details::default() }.boxed();
        self.deliver_with(number, wallet, amount, details);
        let cycle = crate::money::CycleId::new(1);
        self.notify(number, crate::link::Side::Payee, crate::link::Outcome::Cleared(cycle));
    }

    /// A grant of another operator under an id that it chose.
    pub(in crate::operator) fn deliver_grant(
        &mut self,
        id: PaymentId,
        payee: WalletNumber,
        amount: i64,
        terms: GrantTerms,
    ) {
        let details = Details { grant: Some(Box::new(terms)), ..Details::default() }.boxed();
        let delivery = Delivery {
            id,
            payer: super::abroad(),
            payee,
            amount: yuan(amount),
            submitted_at: self.now,
            expires_at: self.now.plus_ms(30_000),
            hold: false,
            details,
        };
        let deliveries = vec![delivery];
        self.hear(CentralBankMessage { deliveries, ..CentralBankMessage::default() });
    }

    /// Terms that end after so many days.
    pub(in crate::operator) fn terms(&self, days: i64) -> GrantTerms {
        let valid_until = self.now.plus_ms(days * DAY_MS);
        GrantTerms { valid_from: self.now, valid_until, eligible: Eligibility::default() }
    }

    /// What is left of the grants of a wallet, in the order they came.
    pub(in crate::operator) fn left(&self, wallet: WalletNumber) -> Vec<i64> {
        let slot = self.ledger.wallets.slot_of(wallet).unwrap();
        self.ledger.grants().of_wallet(slot).map(|grant| grant.left.fen() / 100).collect()
    }

    pub(in crate::operator) fn order_with(
        &mut self,
        payer: WalletNumber,
        payee: WalletNumber,
        amount: i64,
        details: Details,
    ) -> PaymentOrder {
        PaymentOrder { details: details.boxed(), ..self.order(payer, payee, amount) }
    }
}
