//! Fund: the sponsor's operator is asked for its leg before the payee's operator hears of a payment.
//!
//! Until the sponsor has answered, the central bank alone may end the payment; from the delivery on
//! the payee's operator alone does. Asked at once, the one could decline what the other credits.

use crate::Reason;
use crate::link::{Fund, FundingAnswer, Side};
use crate::money::{OperatorNumber, Timestamp};

use super::CentralBankLedger;
use super::links::Outgoing;
use super::transfer::{Step, TransferSlot, TransferState};

impl CentralBankLedger {
    /// Asks the sponsor's operator to hold its leg.
    pub(super) fn ask_sponsor(&mut self, slot: TransferSlot) {
        let transfer = &self.transfers[slot];
        if let (Some(sponsor), Some(fund)) = (transfer.sponsor(), transfer.fund()) {
            let merchant = self.merchants.of(fund.payee);
            self.links[sponsor].send(Outgoing::Fund(Fund { merchant, ..fund }));
        }
    }

    /// Takes the answer of a sponsor's operator; a repeat is answered from the record.
    pub(super) fn answer_funding(
        &mut self,
        operator: OperatorNumber,
        answer: &FundingAnswer,
        now: Timestamp,
    ) {
        let slot = self.transfers.find(answer.id);
        let slot = slot.filter(|slot| self.transfers[*slot].sponsor() == Some(operator));
        let Some(slot) = slot else {
            let code = self.accounts[operator].code;
            let text = format!("{code} funds payment {}, for which it was not asked", answer.id);
            return self.refuse_item(operator, text);
        };
        let state = self.transfers[slot].state;
        match (state, answer.declined) {
            // All answers of a tick are known before any is used.
            (TransferState::Funding, _) if self.settings.lockstep.is_some() => {
                self.collect_funding(slot, answer);
            }
            (TransferState::Funding, declined) => self.finish_funding(slot, declined, now),
            (TransferState::Refused, _) | (TransferState::Cleared, None) => {
                self.notify(slot, Side::Sponsor);
            }
            (TransferState::Admitted | TransferState::Delivered, None) => {}
            (
                TransferState::Admitted | TransferState::Delivered | TransferState::Cleared,
                Some(_),
            )
            | (TransferState::Queued, _) => {
                let answered = answer.declined.map_or("funded", Reason::name);
                let text =
                    format!("payment {} is {state:?} but its sponsor says {answered}", answer.id);
                self.refuse_item(operator, text);
            }
        }
    }

    /// Goes on with a transfer by the answer of its sponsor: to the payee's operator, or to its
    /// end.
    pub(super) fn finish_funding(
        &mut self,
        slot: TransferSlot,
        declined: Option<Reason>,
        at: Timestamp,
    ) {
        if let Some(reason) = declined.or_else(|| self.check_still_active(slot).err()) {
            return self.refuse(slot, reason, None, at);
        }
        self.append_event(slot, Step::Funded, at);
        let payee = self.transfers[slot].payee_operator;
        if self.may_deliver(payee) && !self.refuse_overdue(slot, at) {
            self.append_event(slot, Step::Delivered, at);
            self.deliver(slot);
        }
    }

    /// Whoever was suspended since the admission takes no part in what is not delivered yet.
    fn check_still_active(&self, slot: TransferSlot) -> Result<(), Reason> {
        let transfer = &self.transfers[slot];
        let parties = [transfer.payer_operator, transfer.payee_operator];
        let mut parties = parties.into_iter().chain(transfer.sponsor());
        let active = parties.all(|operator| self.accounts[operator].active);
        if active { Ok(()) } else { Err(Reason::OperatorInactive) }
    }

    /// Asks an operator again for every leg that it has not answered for.
    pub(super) fn resend_funds(&mut self, operator: OperatorNumber) {
        for slot in self.transfers.funding().collect::<Vec<_>>() {
            let is_its = self.transfers[slot].sponsor() == Some(operator);
            if is_its && !self.ticks.has_funding(slot) {
                self.ask_sponsor(slot);
            }
        }
    }
}

impl super::transfer::Transfer {
    /// What its sponsor's operator is asked for; nothing when it has no sponsor.
    pub fn fund(&self) -> Option<Fund> {
        let details = self.details()?;
        Some(Fund {
            id: self.id,
            payer: self.payer,
            payee: self.payee,
            amount: self.amount,
            voucher: details.voucher?,
            purpose: details.purpose,
            merchant: None,
            submitted_at: self.submitted_at,
            expires_at: self.expires_at,
        })
    }
}

#[cfg(test)]
mod tests;
