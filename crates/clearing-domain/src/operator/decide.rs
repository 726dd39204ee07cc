//! Decide: the payee's operator accepts or rejects a delivery, once and for all.

use crate::Reason;
use crate::link::{Decision, Delivery};
use crate::money::{Amount, PaymentId, Timestamp};

use super::OperatorLedger;
use super::accounts::Account;
use super::apply::Known;
use super::campaign::CampaignEventKind;
use super::changes::PaymentUpdate;
use super::credit::Credit;
use super::facts::{Decided, Delivered};
use super::rows::InboundRow;
use super::slot::InboundSlot;
use super::state::{InboundState, PaymentState};

impl OperatorLedger {
    /// Decides a delivery, or repeats the decision of an earlier one.
    pub(super) fn deliver(&mut self, delivery: &Delivery, now: Timestamp) {
        if let Some(slot) = self.inbound.find(delivery.id) {
            self.check_same_delivery(slot, delivery);
            self.session.decide(self.decision(slot));
            return;
        }
        let checked = self
            .check_id(delivery.id)
            .and_then(|()| self.check_credit(&Credit::from(delivery)))
            .and_then(|()| self.check_owed(delivery.amount));
        let decided = match checked.and_then(|()| self.check_in_time(delivery, now)) {
            Err(reason) => Decided::Rejected { reason },
            Ok(()) if delivery.hold => Decided::Held,
            Ok(()) => Decided::Accepted,
        };
        let delivered = Some(content(delivery));
        let decided_at = self.business_time(now);
        let slot = self.record_decision(delivery.id, delivered, decided, decided_at);
        if decided == Decided::Accepted {
            self.post(Account::Uncleared, Account::Wallets, delivery.amount);
            self.report_inbound(slot);
            if delivery.details.as_ref().is_some_and(|details| details.refund_of.is_some()) {
                let event = CampaignEventKind::Reclaimed(delivery.payer, delivery.amount);
                self.report_campaign(delivery.payee, event, decided_at);
                self.pass_on(delivery.payee, decided_at);
            }
        }
        self.session.decide(self.decision(slot));
    }

    /// Ends a delivered payment that expired: repeats an acceptance, or records a rejection.
    pub(super) fn revoke(&mut self, id: PaymentId, now: Timestamp) {
        let slot = self.inbound.find(id).unwrap_or_else(|| {
            let decided = Decided::Rejected { reason: Reason::Expired };
            self.record_decision(id, None, decided, self.business_time(now))
        });
        self.session.decide(self.decision(slot));
    }

    fn record_decision(
        &mut self,
        id: PaymentId,
        delivered: Option<Delivered>,
        decided: Decided,
        decided_at: Timestamp,
    ) -> InboundSlot {
        let slot = self.inbound.list().next_slot();
        self.append(InboundRow { row: 0, id, delivered, decided_at, decided }, Known::Nothing);
        slot
    }

    /// Whether a delivery comes before its expiry, by what the clock shows and not by business
    /// time: that stands still for as long as a clock was once ahead, and all deliveries would be
    /// late meanwhile. Accepting one late is safe, because the central bank returns nothing that it
    /// delivered unless it hears a rejection.
    ///
    /// Under lockstep only the central bank's clock ends payments, at a fixed place of the tick.
    fn check_in_time(&self, delivery: &Delivery, now: Timestamp) -> Result<(), Reason> {
        let shown = self.shown.unwrap_or(now);
        let late = self.settings.lockstep.is_none() && shown > delivery.expires_at;
        if late { Err(Reason::Expired) } else { Ok(()) }
    }

    /// Whether the id is free: the central bank does not know those of payments that never left this
    /// operator, and a client may have shown one to somebody.
    fn check_id(&self, id: PaymentId) -> Result<(), Reason> {
        let own = self.payments.find(id).map(|slot| &self.payments[slot]);
        if own.is_some_and(|payment| !payment.crosses()) {
            return Err(Reason::RequestIdReused);
        }
        Ok(())
    }

    /// Whether what the operator owes may grow by a delivery.
    pub(super) fn check_owed(&self, amount: Amount) -> Result<(), Reason> {
        let owed = self.owed()
            + self.accounts.balance(Account::OtherDeposits)
            + self.inbound.room()
            + amount;
        if owed.is_bounded() { Ok(()) } else { Err(Reason::SumTooLarge) }
    }

    fn check_same_delivery(&mut self, slot: InboundSlot, delivery: &Delivery) {
        let differs = |known: &Delivered| {
            let known = (known.payer, known.payee, known.amount, &known.details);
            known != (delivery.payer, delivery.payee, delivery.amount, &delivery.details)
        };
        if self.inbound[slot].delivered.as_ref().is_some_and(differs) {
            self.alarm(format!("payment {} was delivered again with other content", delivery.id));
        }
    }

    /// The decision recorded for a transfer.
    pub(super) fn decision(&self, slot: InboundSlot) -> Decision {
        let inbound = &self.inbound[slot];
        let rejected = match inbound.decided() {
            Decided::Rejected { reason } => Some(reason),
            Decided::Accepted | Decided::Held => None,
        };
        Decision { id: inbound.id, rejected, decided_at: inbound.decided_at }
    }

    /// Tells those who watch the payee's wallet where a transfer stands.
    pub(super) fn report_inbound(&mut self, slot: InboundSlot) {
        let inbound = &self.inbound[slot];
        let Some(wallet) = inbound.wallet.filter(|_| inbound.is_credited()) else { return };
        self.effects.updates.push(PaymentUpdate {
            id: inbound.id,
            wallet: self.wallets[wallet].number,
            state: match inbound.state {
                InboundState::Accepted | InboundState::Held => PaymentState::InTransit,
                InboundState::Rejected => PaymentState::Rejected,
                InboundState::Final => PaymentState::Completed,
            },
            reason: inbound.reason,
            cycle: inbound.cycle,
            finished_at: inbound.finished_at(),
            inbound: true,
            queued: false,
        });
    }
}

fn content(delivery: &Delivery) -> Delivered {
    let Delivery { payer, payee, amount, submitted_at, .. } = *delivery;
    Delivered { payer, payee, amount, submitted_at, details: delivery.details.clone() }
}

#[cfg(test)]
mod tests;
