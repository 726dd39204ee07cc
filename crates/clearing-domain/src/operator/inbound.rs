//! Decide: the payee's operator accepts or rejects a delivery, once and for all.

use crate::Reason;
use crate::link::{Decision, Delivery};
use crate::money::{Amount, PaymentId, Timestamp};

use super::accounts::Account;
use super::changes::PaymentUpdate;
use super::ledger::OperatorLedger;
use super::payment::{Inbound, InboundState, PaymentState};
use super::slot::{InboundSlot, WalletSlot};
use super::statement::EntrySource;

impl OperatorLedger {
    /// Decides a delivery, or repeats the decision of an earlier one.
    pub(super) fn deliver(&mut self, delivery: &Delivery, now: Timestamp) {
        if let Some(slot) = self.inbound_slot(delivery.id) {
            self.check_same_delivery(slot, delivery);
            self.send_decision(slot);
            return;
        }
        let decided_at = self.business_time(now);
        let checked = self
            .check_payee(delivery.payee, delivery.amount)
            .and_then(|()| self.check_owed(delivery.amount));
        let refused = checked.and_then(|()| self.check_in_time(delivery, now)).err();
        let accepted = if delivery.hold { InboundState::Held } else { InboundState::Accepted };
        let slot = self.append_inbound(Inbound {
            row: 0,
            id: delivery.id,
            payer: Some(delivery.payer),
            payee: Some(delivery.payee),
            wallet: self.slot_of(delivery.payee).filter(|_| refused.is_none()),
            amount: delivery.amount,
            submitted_at: delivery.submitted_at,
            decided_at,
            state: if refused.is_none() { accepted } else { InboundState::Rejected },
            reason: refused,
            cycle: None,
            finished_at: Timestamp::ZERO,
            outcome_row: 0,
            held: refused.is_none() && delivery.hold,
        });
        match self.inbound[slot].wallet {
            None => {}
            Some(wallet) if delivery.hold => self.hold_room(wallet, delivery.amount),
            Some(wallet) => {
                self.post(Account::Uncleared, Account::Wallets, delivery.amount);
                self.credit_wallet(wallet, delivery.amount, EntrySource::Received(slot));
                self.report_inbound(slot);
            }
        }
        self.send_decision(slot);
    }

    /// Ends a delivered payment that expired: repeats an acceptance, or records a rejection.
    pub(super) fn revoke(&mut self, id: PaymentId, now: Timestamp) {
        let slot = match self.inbound_slot(id) {
            Some(slot) => slot,
            None => self.append_inbound(Inbound {
                row: 0,
                id,
                payer: None,
                payee: None,
                wallet: None,
                amount: Amount::ZERO,
                submitted_at: Timestamp::ZERO,
                decided_at: self.business_time(now),
                state: InboundState::Rejected,
                reason: Some(Reason::Expired),
                cycle: None,
                finished_at: Timestamp::ZERO,
                outcome_row: 0,
                held: false,
            }),
        };
        self.send_decision(slot);
    }

    pub(super) fn hold_room(&mut self, wallet: WalletSlot, amount: Amount) {
        let mut room = self.held_room(wallet);
        room += amount;
        self.held_room.insert(wallet, room);
        self.room += amount;
    }

    pub(super) fn release_room(&mut self, wallet: WalletSlot, amount: Amount) {
        let held = self.held_room(wallet);
        let left = held.checked_sub(amount).unwrap_or_default();
        self.room = self.room - held + left;
        if left > Amount::ZERO {
            self.held_room.insert(wallet, left);
        } else {
            self.held_room.remove(&wallet);
        }
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

    fn check_same_delivery(&mut self, slot: InboundSlot, delivery: &Delivery) {
        let inbound = &self.inbound[slot];
        let known = (inbound.payer, inbound.payee, inbound.amount);
        if inbound.payee.is_some()
            && known != (Some(delivery.payer), Some(delivery.payee), delivery.amount)
        {
            self.alarm(format!("payment {} was delivered again with other content", delivery.id));
        }
    }

    fn append_inbound(&mut self, mut inbound: Inbound) -> InboundSlot {
        let slot = self.inbound.next_slot();
        inbound.row = self.next_row();
        self.inbound_index.insert(&inbound.id, slot);
        self.inbound.push(inbound);
        self.changes.inbound.push(slot);
        slot
    }

    /// The decision recorded for a transfer.
    pub(super) fn decision(&self, slot: InboundSlot) -> Decision {
        let inbound = &self.inbound[slot];
        Decision {
            id: inbound.id,
            rejected: inbound.initial_reason(),
            decided_at: inbound.decided_at,
        }
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
            at: inbound.finished_at,
            inbound: true,
            queued: false,
        });
    }
}

#[cfg(test)]
mod tests;
