//! Admit: an instruction becomes a transfer that counts against its sender, or is refused for good.

use crate::link::{Instruction, Notice, Outcome, Side};
use crate::money::{Amount, OperatorNumber, Position, Timestamp, Total};
use crate::netting::Priority;
use crate::{Details, Reason};

use super::CentralBankLedger;
use super::apply::Known;
use super::legs::Parties;
use super::links::Outgoing;
use super::settlement_mode::Manner;
use super::tick::Phase;
use super::transfer::{Admission, TransferRow, TransferSlot};

impl CentralBankLedger {
    /// Takes an instruction of an operator: a new one is admitted or refused (under lockstep, when
    /// its tick is complete), a known one answered from its record.
    pub(super) fn instruct(
        &mut self,
        operator: OperatorNumber,
        instruction: &Instruction,
        now: Timestamp,
    ) {
        if let Some(slot) = self.transfers.find(instruction.id) {
            let in_lockstep = self.settings.lockstep.is_some();
            if self.transfers[slot].payer_operator == operator {
                self.repeat_instruction(operator, slot, instruction);
            } else if in_lockstep && self.ticks.collects_from(operator) {
                // The operator counts it among those of its tick.
                self.ticks.collect(operator, instruction.clone());
            } else {
                self.refuse_taken(operator, instruction, now);
            }
        } else if self.settings.lockstep.is_some() {
            self.ticks.collect(operator, instruction.clone());
        } else {
            self.admit(operator, instruction, now);
        }
    }

    fn repeat_instruction(
        &mut self,
        operator: OperatorNumber,
        slot: TransferSlot,
        instruction: &Instruction,
    ) {
        let transfer = &self.transfers[slot];
        if !transfer.matches(instruction) {
            let code = self.accounts[operator].code;
            return self.refuse_item(
                operator,
                format!("payment {} came again from {code} with other content", instruction.id),
            );
        }
        if transfer.outcome().is_some() {
            self.notify(slot, Side::Payer);
        }
    }

    /// Refuses an instruction whose id is that of another operator's transfer, so that its payer
    /// has the funds back.
    ///
    /// Nothing is written: the transfer of that id stays, so a repeat gets the same answer. An
    /// operator's own transfer with other content is never answered so: the funds may be with the
    /// payee.
    fn refuse_taken(&mut self, operator: OperatorNumber, instruction: &Instruction, at: Timestamp) {
        // Under lockstep clients draw the ids, so an honest operator passes such a one on;
        // elsewhere it draws them.
        if self.settings.lockstep.is_none() {
            self.refuse_item(
                operator,
                format!("payment {} came from two operators", instruction.id),
            );
        }
        let outcome = Outcome::Refused(Reason::RequestIdReused);
        let notice = Notice { id: instruction.id, side: Side::Payer, outcome, at };
        self.links[operator].send(Outgoing::Notice(notice));
    }

    /// Admits or refuses an instruction. Refusals are rows, too: final and never evaluated again.
    pub(super) fn admit(
        &mut self,
        operator: OperatorNumber,
        instruction: &Instruction,
        at: Timestamp,
    ) {
        if let Some(slot) = self.transfers.find(instruction.id) {
            if self.transfers[slot].payer_operator == operator {
                return self.repeat_instruction(operator, slot, instruction);
            }
            return self.refuse_taken(operator, instruction, at);
        }
        let Some(payee_operator) = self.route(operator, instruction) else { return };
        let checked = self.check_admission(operator, payee_operator, instruction, at);
        let is_sponsored = self.sponsor_of(operator, instruction.details.as_deref()).is_some();
        let admission = match checked {
            Err(reason) => Admission::Refused { reason },
            Ok(()) if is_sponsored => Admission::Funding,
            // One row has both, so that no crash leaves a delivery that may have been decided as
            // one that may still be refused.
            Ok(()) if self.may_deliver(payee_operator) => Admission::Delivered,
            Ok(()) => Admission::Admitted,
        };
        let slot = self.transfers.list().next_slot();
        let row = TransferRow {
            row: 0,
            id: instruction.id,
            request_key: instruction.request_key,
            payer: instruction.payer,
            payee: instruction.payee,
            payer_operator: operator,
            payee_operator,
            amount: instruction.amount,
            submitted_at: instruction.submitted_at,
            expires_at: instruction.expires_at,
            admitted_at: at,
            admission,
            details: instruction.details.clone(),
        };
        self.append(row, Known::Nothing);
        self.transfers.watch(slot);
        match admission {
            Admission::Refused { .. } => {
                self.notify(slot, Side::Payer);
                self.notify(slot, Side::Sponsor);
            }
            Admission::Funding => self.ask_sponsor(slot),
            Admission::Delivered => self.deliver(slot),
            Admission::Admitted => {}
        }
    }

    /// The payee's operator; an instruction that no operator can have meant is an alarm.
    fn route(
        &mut self,
        operator: OperatorNumber,
        instruction: &Instruction,
    ) -> Option<OperatorNumber> {
        let payee_operator = self.accounts.of_wallet(instruction.payee);
        let is_sponsored = self.sponsor_of(operator, instruction.details.as_deref()).is_some();
        if self.accounts.of_wallet(instruction.payer) != Some(operator)
            || payee_operator.is_none_or(|payee| payee == operator && !is_sponsored)
        {
            let code = self.accounts[operator].code;
            let (payer, payee) = (instruction.payer, instruction.payee);
            self.refuse_item(
                operator,
                format!(
                    "payment {} from {payer} to {payee} cannot come from {code}",
                    instruction.id
                ),
            );
            return None;
        }
        payee_operator
    }

    /// The operator of the campaign that pays a part of a payment, when it is not the payer's: that
    /// holds both legs from the start.
    pub(super) fn sponsor_of(
        &self,
        payer: OperatorNumber,
        details: Option<&Details>,
    ) -> Option<OperatorNumber> {
        let voucher = details?.voucher?;
        self.accounts.of_wallet(voucher.campaign).filter(|sponsor| *sponsor != payer)
    }

    /// How a payment settles that is admitted now. One with a sponsor does not wait in the queue:
    /// the vote of the payee's operator would come before the sponsor's answer.
    pub(super) fn manner_with(&self, sponsor: Option<OperatorNumber>) -> Manner {
        match (self.mode().manner(), sponsor) {
            (Manner::Queued, Some(_)) => Manner::Gross,
            (manner, _) => manner,
        }
    }

    /// The checks in the order that decides which refusal is seen. Equality passes.
    fn check_admission(
        &self,
        payer: OperatorNumber,
        payee: OperatorNumber,
        instruction: &Instruction,
        at: Timestamp,
    ) -> Result<(), Reason> {
        // Operators check amounts themselves; one that does not must not be believed.
        instruction.amount.single().map_err(|error| Reason::from(&error))?;
        let sponsor = self.check_voucher(payer, instruction)?;
        let debtors = || [payer].into_iter().chain(sponsor.map(|(operator, _)| operator));
        let mut parties = debtors().chain([payee]);
        if !parties.all(|operator| self.accounts[operator].active) {
            return Err(Reason::OperatorInactive);
        }
        // Before what a queue or a cycle may wait for: this waits for nothing that a payment
        // brings.
        if debtors().any(|operator| self.accounts[operator].is_in_default(&self.settings)) {
            return Err(Reason::OverdraftRefused);
        }
        let manner = self.manner_with(sponsor.map(|(operator, _)| operator));
        // What may queue is not held to caps, cover and limits here: it waits for them.
        if manner == Manner::Queued {
            self.check_obligations(payee, instruction.amount, at)?;
            return check_in_time(instruction, at);
        }
        if manner == Manner::Gross && !self.settings.hours.is_open(at) {
            return Err(Reason::SettlementClosed);
        }
        let legs = Parties { payer, payee, sponsor }.legs(instruction.amount);
        for leg in legs.clone() {
            let headroom = self.accounts[leg.debtor].headroom();
            if headroom.is_some_and(|headroom| headroom < leg.amount.position()) {
                return Err(Reason::NetDebitCap);
            }
        }
        // Beside a queue it is one of the last level.
        let queues = self.mode().manner() == Manner::Queued;
        let kept = queues.then(|| self.reservations.kept_from(Priority::Normal, at));
        for leg in legs.clone().filter(|_| manner == Manner::Gross) {
            let cover = self.accounts[leg.debtor].cover(self.settings.regime);
            let kept = kept.as_ref().map_or(Position::ZERO, |kept| kept[leg.debtor.place()]);
            if cover - kept < leg.amount.position() {
                return Err(Reason::CoverInsufficient);
            }
        }
        // Behind headroom and cover: a payer that is short of both is to bring in money first.
        self.limits.check(legs, payee, at)?;
        self.check_obligations(payee, instruction.amount, at)?;
        check_in_time(instruction, at)
    }

    /// The operator that is asked for a leg of its own, and how much: what a voucher says is a claim
    /// of the payer's operator.
    fn check_voucher(
        &self,
        payer: OperatorNumber,
        instruction: &Instruction,
    ) -> Result<Option<(OperatorNumber, Amount)>, Reason> {
        let details = instruction.details.as_deref();
        let Some(voucher) = details.and_then(|details| details.voucher) else { return Ok(None) };
        voucher.rest_of(instruction.amount).ok_or(Reason::VoucherInvalid)?;
        if self.accounts.of_wallet(voucher.campaign).is_none() {
            return Err(Reason::WalletPrefixUnknown);
        }
        Ok(self.sponsor_of(payer, details).map(|sponsor| (sponsor, voucher.discount)))
    }

    /// Whether a payment may come under way below the largest sum; [`money`](crate::money) says
    /// which sums are held so. It is the only check: whatever becomes of the payment, it only moves
    /// from one part of these sums to another.
    fn check_obligations(
        &self,
        payee: OperatorNumber,
        amount: Amount,
        at: Timestamp,
    ) -> Result<(), Reason> {
        // Three sums that the payment may come into: what is owed at all, what was cleared on a
        // day, and what the payee comes to hold.
        let under_way = self.transfers.under_way() + amount;
        let day = self.limits.cleared_on_the_day(at) + under_way;
        let held = Total::from(self.accounts[payee].settlement_asset(self.settings.regime));
        let sums = [under_way + self.cycles.owed(), day, held];
        if sums.iter().all(|sum| sum.is_bounded()) { Ok(()) } else { Err(Reason::SumTooLarge) }
    }

    /// Under lockstep nobody is absent: a payee's operator that is away is waited for. While sponsors
    /// are asked, nothing is delivered.
    pub(super) fn may_deliver(&self, payee_operator: OperatorNumber) -> bool {
        if self.settings.lockstep.is_some() {
            return self.ticks.phase() != Phase::Funding;
        }
        self.links[payee_operator].is_ready()
    }
}

fn check_in_time(instruction: &Instruction, at: Timestamp) -> Result<(), Reason> {
    if at > instruction.expires_at { Err(Reason::Expired) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
