//! Reclaim: what is left of a grant goes back to its campaign, when its time is over or its wallet
//! is to be closed.

use crate::details::{Details, Purpose};
use crate::money::{Amount, PaymentId, RequestId, Timestamp};

use super::super::OperatorLedger;
use super::super::credit::Credit;
use super::super::pay::PaymentOrder;
use super::super::slot::{GrantSlot, WalletSlot};

/// How many grants go back in one batch; further ones go in the next.
const RECLAIMS_MAX: usize = 10_000;

impl OperatorLedger {
    /// Sends back to their campaigns what is left of grants whose time is over.
    pub fn reclaim_due(&mut self, now: Timestamp) {
        // Under lockstep all go at once: how far a batch comes must decide nothing.
        let most = if self.settings.lockstep.is_some() { usize::MAX } else { RECLAIMS_MAX };
        let due: Vec<_> = self.grants.due(now).take(most).collect();
        for slot in due {
            self.reclaim(slot, now);
        }
    }

    /// Sends back all grants of a wallet, whether their time is over or not.
    pub(in super::super) fn reclaim_all(&mut self, wallet: WalletSlot, now: Timestamp) {
        for slot in self.grants.live(wallet).to_vec() {
            self.reclaim(slot, now);
        }
    }

    /// Sends a grant back by a payment that gives back a part of the claim. Neither limits nor a
    /// frozen wallet stop it: the money was never the holder's own.
    fn reclaim(&mut self, slot: GrantSlot, now: Timestamp) {
        let grant = &self.grants[slot];
        let (claim, left) = (grant.claim, grant.left);
        let (payer, payee) = (self.wallets[grant.wallet].number, grant.campaign);
        if self.wallets[grant.wallet].balance < left {
            // One fault must not end the process, and at every start again.
            return self.alarm(format!("wallet {payer} holds less than grant {claim}"));
        }
        // A claim that is not final cannot be given back yet; it will be by the next batch or tick.
        if self.refundable_claim(claim).is_none_or(|most| left > most) {
            return;
        }
        // Nobody can foretell the head of this ledger's chain, and with it an id to use first; in
        // lockstep the id must be the same in every run.
        let salt = self.settings.lockstep.is_none().then_some(&self.chain.hash);
        let mut ids = (0..).map(|attempt| PaymentId::of_reclaim(claim, salt, attempt));
        let is_free =
            |id: &PaymentId| self.payments.find(*id).is_none() && self.is_name_free(payer, *id);
        let id = ids.find(is_free).unwrap_or_default();
        let details = Details {
            purpose: Some(Purpose::Refund),
            refund_of: Some(claim),
            ..Details::default()
        };
        // What a campaign of this operator cannot take stays in the wallet: a pool that is closed could
        // pay it to nobody.
        let credit =
            Credit { payer, payee, amount: left, submitted_at: now, details: Some(&details) };
        if self.is_on_us(payee) && self.check_credit(&credit).is_err() {
            return;
        }
        let order = PaymentOrder {
            id,
            request_id: RequestId::Uuid(id.0),
            payer,
            payee: Ok(payee),
            alias: None,
            amount: Ok(left),
            remark: None,
            details: details.boxed(),
        };
        self.send_back(order, (payee, left), (slot, left), now);
    }

    /// How much of a claim may go back still, once it is final.
    fn refundable_claim(&self, claim: PaymentId) -> Option<Amount> {
        self.refundable(claim).ok().map(|found| found.left)
    }
}
