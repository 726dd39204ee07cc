//! Release: payments leave the queue once there is cover for them, or go back on request.

use crate::Reason;
use crate::link::Side;
use crate::money::{BusinessDate, OperatorNumber, PaymentId, Position, Timestamp};
use crate::netting::{Algorithm, Priority};

use super::CentralBankLedger;
use super::error::CentralBankError;
use super::queue::Waiting;
use super::settlement_mode::QueueRule;
use super::transfer::{Step, Transfer, TransferSlot, TransferState};

impl CentralBankLedger {
    /// Under the wall clock: releases whatever the last change allows. Ticks have a place of their
    /// own for it.
    pub(super) fn release_at_once(&mut self, now: Timestamp) {
        if self.settings.lockstep.is_none() {
            self.release(now);
        }
    }

    /// Settles what the rule allows, and notifies the payers of what came and waits on. What waits
    /// when the settlement mode changes goes on to be released by the rule it came under.
    pub(super) fn release(&mut self, at: Timestamp) {
        let Some(rule) = self.modes.queue_rule() else { return };
        // What comes while settlement is closed waits for the opening.
        if self.settings.hours.is_open(at) {
            self.queue.begin_until(at);
            self.queue.begin_day(day_of(at));
            if self.queue.take_changed() {
                self.settle_queue(rule, at);
            }
        }
        // Payers learn that they wait only behind the first try: most of what comes settles in it.
        for slot in self.queue.take_fresh() {
            if self.transfers[slot].state == TransferState::Queued {
                self.notify(slot, Side::Payer);
            }
        }
    }

    /// Tries the levels that may use equally much together, the most urgent first.
    fn settle_queue(&mut self, rule: QueueRule, at: Timestamp) {
        loop {
            let groups = self.reservations.groups(at);
            let mut settled = false;
            for last in &groups {
                settled |= self.settle_levels(rule, *last, at);
            }
            // What lower levels have settled may have brought cover for those before them.
            let alone = !rule.gross_first && !is_one_by_one(rule.release);
            if groups.len() == 1 || alone || !settled {
                return;
            }
        }
    }

    /// Settles what waits up to a level. Answers whether it was anything.
    fn settle_levels(
        &mut self,
        QueueRule { release, gross_first, .. }: QueueRule,
        last: Priority,
        at: Timestamp,
    ) -> bool {
        let mut waiting = self.waiting(last, at);
        if is_one_by_one(release) || !gross_first {
            return self.settle_by(release, &mut waiting, last, at);
        }
        // What an algorithm has offset may have brought cover for single payments at the front.
        let mut settled = false;
        loop {
            settled |= self.settle_by(Algorithm::GrossFifo, &mut waiting, last, at);
            if !self.settle_by(release, &mut waiting, last, at) {
                return settled;
            }
            settled = true;
        }
    }

    /// What waits up to a level between operators that are active and may settle at a time.
    pub(super) fn waiting(&self, last: Priority, at: Timestamp) -> Waiting {
        let active: Vec<bool> = self.accounts.list().iter().map(|account| account.active).collect();
        self.queue.between(&active, last, at)
    }

    /// Settles what an algorithm takes out of the queue, all in one commit: parts of a set that
    /// offsets would overdraw somebody. Answers whether it was anything.
    fn settle_by(
        &mut self,
        algorithm: Algorithm,
        waiting: &mut Waiting,
        last: Priority,
        at: Timestamp,
    ) -> bool {
        if waiting.is_empty() {
            return false;
        }
        let cover = self.accounts.covers(&self.settings).into_iter();
        let kept = self.reservations.kept_from(last, at);
        // Nobody can keep more than is there: who has less than it keeps has nothing, and is not
        // short before it pays.
        let left =
            |(cover, kept): (Position, Position)| (cover - kept).max(cover.min(Position::ZERO));
        let cover: Vec<_> = cover.zip(kept).map(left).collect();
        let resolution = match self.limits.left(self.queue.pairs(), at) {
            None => algorithm.run(&cover, waiting.obligations()),
            Some(limits) => algorithm.run_within(&cover, &limits, waiting.obligations()),
        };
        // Only the search for the best set finds a queue too long; that waits until it is shorter.
        let Ok(resolution) = resolution else { return false };
        let settled = waiting.take(&resolution.settles);
        self.clear_together(&settled, at);
        !settled.is_empty()
    }

    /// Offsets multilaterally when a cut-off has come.
    pub(super) fn offset_due(&mut self, at: Timestamp) {
        let Some(algorithm) = self.modes.queue_rule().and_then(|rule| rule.at_cut_offs) else {
            return;
        };
        let passed = self.queue.pass_cut_offs(at);
        // A tick has the cut-offs between its beginning and its end, whatever ran before a restart.
        let tick = |lockstep: crate::Lockstep| at.plus_ms(-lockstep.tick_ms);
        let from = self.settings.lockstep.map_or(passed, tick);
        if self.settings.next_settlement(from) <= at {
            let last = Priority::Normal;
            self.settle_by(algorithm, &mut self.waiting(last, at), last, at);
        }
    }

    /// Returns what still waits when the latest time has come at which it may settle.
    pub(super) fn return_late(&mut self, at: Timestamp) {
        if self.queue.lasts_until().is_none_or(|last| last > at) {
            return;
        }
        for slot in self.queue.over_by(at) {
            self.return_from_queue(slot, Reason::SettlementTimeOver, at);
        }
    }

    pub(super) fn return_from_queue(&mut self, slot: TransferSlot, reason: Reason, at: Timestamp) {
        let decided_at = self.transfers[slot].queue_entry().decided_at;
        self.refuse(slot, reason, Some(decided_at), at);
    }

    /// The payments that wait, in queue order.
    pub fn queue(&self) -> impl Iterator<Item = &Transfer> {
        self.queue.slots().map(|slot| &self.transfers[slot])
    }

    /// The payments that wait behind a level and the row that queued one of it, with their levels
    /// and rows: all or those of one payer. What is before costs nothing.
    pub fn queue_after(
        &self,
        payer: Option<OperatorNumber>,
        after: Option<(Priority, u64)>,
    ) -> impl Iterator<Item = ((Priority, u64), &Transfer)> {
        self.queue.places_after(payer, after).map(|(level, row, slot)| {
            #[cfg(test)]
            tests::count_visit();
            ((level, row), &self.transfers[slot])
        })
    }

    /// Takes a payment out of the queue: its money goes back to the payer.
    pub fn cancel_queued(&mut self, id: PaymentId, now: Timestamp) -> Result<(), CentralBankError> {
        let slot = self.queued_slot(id)?;
        let at = self.business_time(now);
        self.return_from_queue(slot, Reason::Cancelled, at);
        self.release_at_once(now);
        Ok(())
    }

    /// Moves a payment to another level, behind those of this level that came before it. The
    /// present level again changes nothing.
    pub fn change_priority(
        &mut self,
        id: PaymentId,
        priority: Priority,
        now: Timestamp,
    ) -> Result<(), CentralBankError> {
        let slot = self.queued_slot(id)?;
        if self.transfers[slot].queued().is_some_and(|entry| entry.priority == priority) {
            return Ok(());
        }
        let at = self.business_time(now);
        self.append_event(slot, Step::Prioritised { priority }, at);
        self.release_at_once(now);
        Ok(())
    }

    fn queued_slot(&self, id: PaymentId) -> Result<TransferSlot, CentralBankError> {
        let slot = self.transfers.find(id).ok_or(CentralBankError::PaymentUnknown(id))?;
        match self.transfers[slot].state {
            TransferState::Queued => Ok(slot),
            TransferState::Admitted
            | TransferState::Funding
            | TransferState::Delivered
            | TransferState::Cleared
            | TransferState::Refused => Err(CentralBankError::NotQueued(id)),
        }
    }
}

/// The business day of a moment; midnight ends the day before.
pub(super) fn day_of(at: Timestamp) -> BusinessDate {
    at.plus_ms(-1).date()
}

/// Whether an algorithm settles payments one by one and offsets nothing.
fn is_one_by_one(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::GrossFifo | Algorithm::GrossBypass)
}

#[cfg(test)]
mod tests;
