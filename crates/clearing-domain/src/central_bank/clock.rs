//! The wall clock: expiry, cut-offs and the end of the day.

use std::cmp::Reverse;

use crate::Reason;
use crate::money::Timestamp;

use super::ledger::CentralBankLedger;
use super::transfer::{Transfer, TransferState};

impl CentralBankLedger {
    /// Does what is due by the wall clock. Under lockstep ticks are the clock, and nothing happens.
    pub fn advance_clock(&mut self, now: Timestamp) {
        if self.settings.lockstep.is_some() {
            return;
        }
        self.expire(now);
        self.end_day(now);
        self.return_queued(now);
        self.offset_due(now);
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
        let expiry = self.expiries.peek().map(|Reverse((expires_at, _))| expires_at.plus_ms(1));
        // Waiting transfers lie in the order of their admission.
        let waiting = self.accounts.iter().filter_map(|account| account.pending.first());
        let day_end = waiting.map(|slot| day_end(&self.transfers[*slot as usize])).min();
        let due =
            [expiry, day_end, self.cut_off(), self.window_ends(), self.queue_due(), self.mode_due(), self.credit_due()];
        due.into_iter().flatten().min()
    }

    /// Remembers when a transfer that waits for its decision expires.
    pub(super) fn watch_expiry(&mut self, slot: u32) {
        let transfer = &self.transfers[slot as usize];
        if self.settings.lockstep.is_none() && !transfer.state.is_final() {
            self.expiries.push(Reverse((transfer.expires_at, slot)));
        }
    }

    /// Forgets the expiry of transfers that are decided.
    pub(super) fn prune_expiries(&mut self) {
        while let Some(Reverse((_, slot))) = self.expiries.peek()
            && self.transfers[*slot as usize].state.is_decided()
        {
            self.expiries.pop();
        }
    }

    /// Refuses what expired before its delivery; asks for the decision on what was delivered.
    fn expire(&mut self, now: Timestamp) {
        while let Some(Reverse((expires_at, slot))) = self.expiries.peek().copied()
            && expires_at < now
        {
            self.expiries.pop();
            match self.transfers[slot as usize].state {
                TransferState::Admitted => {
                    self.refuse_overdue(slot, now);
                }
                TransferState::Delivered => self.send_revoke(slot),
                TransferState::Queued | TransferState::Cleared | TransferState::Refused => {}
            }
        }
        self.prune_pending();
    }

    /// Refuses what was not delivered on the day of its admission; what was delivered carries over.
    fn end_day(&mut self, now: Timestamp) {
        for number in 0..self.accounts.len() {
            let first = self.accounts[number].pending.first();
            if first.is_none_or(|slot| day_end(&self.transfers[*slot as usize]) > now) {
                continue;
            }
            for index in 0..self.accounts[number].pending.len() {
                let slot = self.accounts[number].pending[index];
                self.refuse_overdue(slot, now);
            }
        }
        self.prune_pending();
    }

    /// Refuses a waiting transfer whose time is over. Says whether it did.
    pub(super) fn refuse_overdue(&mut self, slot: u32, now: Timestamp) -> bool {
        let overdue = overdue(&self.transfers[slot as usize], now);
        if let Some(reason) = overdue {
            self.refuse(slot, reason, Timestamp::ZERO, now);
        }
        overdue.is_some()
    }

    fn prune_pending(&mut self) {
        for account in &mut self.accounts {
            account.pending.retain(|slot| self.transfers[*slot as usize].state == TransferState::Admitted);
        }
    }
}

/// Why a waiting transfer must be refused by now. Whichever came first is the reason, however late
/// the clock is looked at.
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
    transfer.admitted_at.date().next().start()
}

#[cfg(test)]
mod tests {
    use super::super::bench::{Bench, NET, settings};
    use crate::Reason;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn what_was_not_delivered_in_time_is_refused() {
        let mut bench = Bench::net(2, Some(100));
        bench.down(1);
        let number = bench.pay(0, 1, 100);
        assert_eq!(bench.ledger.next_due(), Some(bench.now.plus_ms(30_001)));
        bench.wait(30_000);
        assert_eq!(bench.state(number), "admitted");
        bench.wait(1);
        assert_eq!((bench.state(number).as_str(), bench.headroom(0)), ("refused EXPIRED", Some(100)));
        assert_eq!(bench.heard(0), "#1 refused EXPIRED to payer");
        bench.up(1);
        assert_eq!(bench.heard(1), "roster");
        bench.check();
    }

    #[test]
    fn what_was_delivered_is_revoked_once_per_link_and_ends_by_its_decision() {
        let mut bench = Bench::net(2, Some(100));
        let [accepted, rejected] = [bench.pay(0, 1, 10), bench.pay(0, 1, 20)];
        bench.wait(30_001);
        bench.wait(30_001);
        assert_eq!(bench.heard(1), "deliver #1; deliver #2; revoke #1; revoke #2");
        bench.up(1);
        assert_eq!(bench.heard(1), "roster; revoke #1; revoke #2");
        assert_eq!(bench.state(accepted), "delivered");
        bench.decide(1, accepted, None);
        bench.decide(1, rejected, Some(Reason::Expired));
        assert_eq!([accepted, rejected].map(|number| bench.state(number)), ["cleared 1", "refused EXPIRED"]);
        bench.check();
    }

    #[test]
    fn a_decision_before_the_expiry_leaves_nothing_due() {
        let mut bench = Bench::net(2, Some(100));
        let number = bench.paid(0, 1, 10);
        assert_eq!(bench.ledger.next_due(), Some(bench.now.plus_ms(6 * HOUR)));
        bench.wait(30_001);
        assert_eq!(
            (bench.state(number).as_str(), bench.heard(1)),
            ("cleared 1", "deliver #1; #1 cleared 1 to payee".into())
        );
    }

    #[test]
    fn at_the_end_of_the_day_what_waits_is_refused_and_what_is_delivered_carries_over() {
        let mut bench = Bench::net(3, Some(100));
        bench.wait(12 * HOUR - 10_000);
        bench.down(1);
        let [waiting, delivered] = [bench.pay(0, 1, 10), bench.pay(0, 2, 10)];
        assert_eq!(bench.ledger.next_due(), Some(bench.now.plus_ms(10_000)));
        bench.wait(10_000);
        assert_eq!(
            (bench.state(waiting).as_str(), bench.state(delivered).as_str()),
            ("refused END_OF_DAY", "delivered")
        );
        bench.decide(2, delivered, None);
        assert_eq!(bench.state(delivered), "cleared 3");
        bench.check();
    }

    #[test]
    fn the_reason_does_not_depend_on_when_the_clock_is_looked_at() {
        let mut bench = Bench::new(settings(NET, 2, None));
        bench.down(1);
        let expired = bench.pay(0, 1, 10);
        bench.wait(12 * HOUR - 10_000);
        assert_eq!(bench.state(expired), "refused EXPIRED");
        let [late, early] = [bench.pay(0, 1, 10), bench.pay(0, 1, 10)];
        bench.now = bench.now.plus_ms(48 * HOUR);
        bench.up(1);
        assert_eq!([late, early].map(|number| bench.state(number)), ["refused END_OF_DAY"; 2]);
        bench.check();
    }
}
