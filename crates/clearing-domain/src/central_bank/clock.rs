//! The wall clock: business time, expiry, cut-offs and the end of the day.
//!
//! Business time is the latest that the clock has shown, so that a clock that is set back opens no
//! day and no cycle again. A clock that has leapt, as after a machine was suspended, finds
//! everything that came due meanwhile; that is done first, each thing at its own moment, so that
//! nothing of today joins a cycle of yesterday.

use crate::Reason;
use crate::money::{BusinessDate, DAY_MS, Timestamp};

use super::CentralBankLedger;
use super::changes::EventKind;
use super::cycle::OpenCycle;
use super::transfer::{Transfer, TransferSlot, TransferState};

/// How far back the cut-offs of a ledger in which nothing happened are made up for one by one.
/// Before that one cycle spans them all, as a machine may come to its senses after years.
const CATCH_UP_MS: i64 = 7 * DAY_MS;

impl CentralBankLedger {
    /// Moves the business time on to what the clock shows, never back, and does on the way what is
    /// due, each thing at its own moment. Answers the business time, at which commands are applied
    /// from now on.
    ///
    /// Under lockstep ticks are the clock, and nothing happens.
    pub(super) fn catch_up(&mut self, clock: Timestamp) -> Timestamp {
        if self.settings.lockstep.is_some() {
            return self.business_time(clock);
        }
        let now = self.time.max(clock);
        while let Some(due) = self.next_due().filter(|due| *due <= now) {
            self.time = self.long_overdue(due, now).unwrap_or(due).max(self.time);
            self.do_due(self.time);
            // A rule that could not do its work would hold up the ledger for ever.
            if self.next_due() == Some(due) {
                let text = format!("what is due at {due} could not be done by {now}");
                self.note(EventKind::Alarm, text);
                break;
            }
        }
        self.time = now;
        now
    }

    /// The cut-off up to which an idle cycle goes on, when many have been missed and nothing else
    /// is due.
    fn long_overdue(&self, due: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let idle =
            self.cycles.frozen().is_none() && self.cycles.open().is_some_and(OpenCycle::is_idle);
        // A cycle that is idle has nothing to settle at the cut-offs between, and each would be
        // rows.
        let last = self.settings.last_cut_off(now.plus_ms(-CATCH_UP_MS));
        let alone = self.due_besides_cycles().all(|other| other > last);
        (idle && last > due && alone).then_some(last)
    }

    /// Does what is due, in the order in which it depends on each other: what is over with its day
    /// is refused before anything is released, releases bring cover for the cycle that closes,
    /// credit comes due when the last cycle of a day has settled, and a new mode begins behind all
    /// of the old one.
    fn do_due(&mut self, now: Timestamp) {
        self.expire(now);
        self.end_day(now);
        self.end_queue_day(now);
        self.offset_due(now);
        self.release(now);
        // The latest time of a payment still belongs to it. What is behind those that go may be next.
        self.return_late(now);
        self.release(now);
        self.close_due(now);
        self.close_credit(now);
        self.adopt_due(now);
    }

    /// When the wall clock next has something to do.
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.settings.lockstep.is_some() {
            return None;
        }
        self.due_besides_cycles().chain(self.cycle_due()).min()
    }

    fn due_besides_cycles(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let due = [
            self.transfers.next_expiry(),
            self.next_day_end(),
            self.queue_due(),
            self.modes.due(),
            self.accounts.credit_due(),
        ];
        due.into_iter().flatten()
    }

    /// When something is next due in the queue: a cut-off at which it is offset, the end of the day
    /// of something that waits, the opening of settlement, or a time at which something may settle
    /// or may no longer.
    fn queue_due(&self) -> Option<Timestamp> {
        let offsets = self.modes.queue_rule().is_some_and(|rule| rule.at_cut_offs.is_some());
        let offset = offsets.then(|| self.settings.next_settlement(self.queue.cut_offs_passed()));
        let begins = self.queue.begins_after(self.time);
        let begins = begins.map(|begin| self.settings.hours.first_open(begin));
        let due =
            [offset, begins, self.queue.lasts_until(), self.queue_ends_at(), self.queue_opens()];
        due.into_iter().flatten().min()
    }

    /// When settlement opens for what came or changed in the queue while it was closed, and for what
    /// waits into another day.
    fn queue_opens(&self) -> Option<Timestamp> {
        self.modes.queue_rule()?;
        let hours = &self.settings.hours;
        let waits = self.queue.waits_for_opening(self.time) && !hours.is_open(self.time);
        let opening = waits.then(|| hours.first_open(self.time));
        let next_day = |day: BusinessDate| hours.first_open(day.next().start().plus_ms(1));
        opening.into_iter().chain(self.queue.tried_on().map(next_day)).min()
    }

    fn next_day_end(&self) -> Option<Timestamp> {
        // Waiting transfers lie in the order of their admission.
        let operators = self.accounts.list().numbers();
        let waiting =
            operators.filter_map(|number| self.transfers.pending(number).first().copied());
        let waiting = waiting.chain(self.transfers.funding().next());
        waiting.map(|slot| day_end(&self.transfers[slot])).min()
    }

    /// Refuses what expired before its delivery; asks for the decision on what was delivered.
    fn expire(&mut self, now: Timestamp) {
        while let Some(slot) = self.transfers.take_expired(now) {
            match self.transfers[slot].state {
                TransferState::Admitted | TransferState::Funding => {
                    self.refuse_overdue(slot, now);
                }
                TransferState::Delivered => self.revoke(slot),
                TransferState::Queued | TransferState::Cleared | TransferState::Refused => {}
            }
        }
        self.transfers.prune_pending();
    }

    /// Refuses what was not delivered on the day of its admission; what was delivered carries over.
    fn end_day(&mut self, now: Timestamp) {
        for number in self.accounts.list().numbers() {
            let pending = self.transfers.pending(number);
            if pending.first().is_none_or(|slot| day_end(&self.transfers[*slot]) > now) {
                continue;
            }
            let waiting = pending.to_vec();
            for slot in waiting {
                self.refuse_overdue(slot, now);
            }
        }
        for slot in self.transfers.funding().collect::<Vec<_>>() {
            self.refuse_overdue(slot, now);
        }
        self.transfers.prune_pending();
    }

    /// Refuses a waiting transfer whose time is over. Says whether it did.
    pub(super) fn refuse_overdue(&mut self, slot: TransferSlot, now: Timestamp) -> bool {
        let overdue = overdue(&self.transfers[slot], now);
        if let Some(reason) = overdue {
            self.refuse(slot, reason, None, now);
        }
        overdue.is_some()
    }
}

/// Why a waiting transfer must be refused by now. Whichever came first is the reason, however late
/// the clock is read.
fn overdue(transfer: &Transfer, now: Timestamp) -> Option<Reason> {
    if now > transfer.expires_at && transfer.expires_at < day_end(transfer) {
        Some(Reason::Expired)
    } else if now >= day_end(transfer) {
        Some(Reason::EndOfDay)
    } else {
        None
    }
}

fn day_end(transfer: &Transfer) -> Timestamp {
    transfer.admitted_at.next_day()
}

#[cfg(test)]
mod tests;
