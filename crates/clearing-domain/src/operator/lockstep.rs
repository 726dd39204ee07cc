//! Lockstep: ordered lists of payments per tick, applied exactly once each.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::merchant::MerchantTraits;
use crate::money::{RequestId, Timestamp, WalletNumber};

use super::OperatorLedger;
use super::error::OperatorError;
use super::pay::PaymentOrder;
use super::slot::PaymentSlot;
use super::tick::{TickItem, TickProgress, TickState};
use crate::Lockstep;

/// What the directory says of merchants.
pub type Merchants = BTreeMap<WalletNumber, MerchantTraits>;

impl OperatorLedger {
    /// Merchants of whom it must be known what the directory says, before items are applied. Those
    /// that were applied before need nothing.
    pub fn asked_for(&self, items: &[TickItem]) -> BTreeSet<WalletNumber> {
        let depends = |item: &&TickItem| {
            self.rules_ask_for_traits(item.payer, item.payee, item.details.as_deref())
                && !self.is_known(item.payer, &RequestId::Uuid(item.id.0))
        };
        items.iter().filter(depends).map(|item| item.payee).collect()
    }

    /// Applies items of a tick in their order, skipping those applied before. When one cannot be of
    /// the tick, none is applied.
    pub fn submit_tick(
        &mut self,
        tick: u64,
        first_index: u64,
        items: &[TickItem],
        complete: bool,
    ) -> Result<TickProgress, OperatorError> {
        self.submit_tick_among(&Merchants::new(), tick, first_index, items, complete)
    }

    /// The same among merchants of whom the directory says something, on which grants may depend.
    pub fn submit_tick_among(
        &mut self,
        merchants: &Merchants,
        tick: u64,
        first_index: u64,
        items: &[TickItem],
        complete: bool,
    ) -> Result<TickProgress, OperatorError> {
        let lockstep = self.settings.lockstep.ok_or(OperatorError::NotLockstep)?;
        if !lockstep.has(tick) {
            return Err(OperatorError::TickUnknown(tick));
        }
        if tick < self.tick.tick {
            return Err(OperatorError::TickOver { ended: self.tick.tick_ended, found: tick });
        }
        let new = tick > self.tick.tick;
        let expected = if new { 0 } else { self.tick.next_index };
        if first_index > expected {
            return Err(OperatorError::TickOrder { tick, expected, found: first_index });
        }
        let applied = usize::try_from(expected - first_index).unwrap_or(usize::MAX);
        self.check_items(lockstep, tick, items, applied)?;
        let items = items.get(applied..).unwrap_or_default();
        if !new && self.tick.complete && !items.is_empty() {
            return Err(OperatorError::TickComplete { tick, count: expected, found: expected });
        }
        if new {
            self.start_tick(tick)?;
        }
        let mut errors = 0;
        for item in items {
            errors += u64::from(self.submit_item(item, merchants).is_err());
            self.tick.next_index += 1;
            self.changes.state = true;
        }
        if complete && !self.tick.complete {
            self.tick.complete = true;
            self.changes.state = true;
            self.session.complete_tick();
        }
        Ok(TickProgress { state: self.tick, errors })
    }

    /// Whether the times of items are of their tick, whether those applied before are what was
    /// applied, and whether every other one has an id of its own.
    fn check_items(
        &self,
        lockstep: Lockstep,
        tick: u64,
        items: &[TickItem],
        applied: usize,
    ) -> Result<(), OperatorError> {
        if let Some(place) = items.iter().position(|item| !lockstep.is_within(tick, item.at)) {
            let (from, until) = (lockstep.end_of(tick.saturating_sub(1)), lockstep.end_of(tick));
            return Err(OperatorError::TimeOutsideTick {
                tick,
                place,
                from,
                until,
                found: items[place].at,
            });
        }
        let mut ids = HashSet::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            let id = item.id;
            if place < applied && !self.was_applied(item) {
                return Err(OperatorError::TickItemChanged { tick, place, id });
            }
            // Requests are kept apart by their payers, ledgers know payments by their ids alone:
            // two of one id would never both end.
            if !ids.insert(id) || (place >= applied && self.is_taken(item)) {
                return Err(OperatorError::PaymentIdTaken { tick, place, id });
            }
        }
        Ok(())
    }

    /// Whether another payment known here has the id of an item.
    fn is_taken(&self, item: &TickItem) -> bool {
        !self.was_applied(item) || self.transfer(item.id).is_some()
    }

    /// Whether the record of an item says the same; some items leave none.
    fn was_applied(&self, item: &TickItem) -> bool {
        self.payment(item.id).is_none_or(|payment| {
            let known =
                (self.payer_of(payment), payment.payee, payment.amount, payment.submitted_at);
            known == (item.payer, item.payee, item.amount, item.at)
                && payment.details() == item.details.as_deref()
        })
    }

    fn start_tick(&mut self, tick: u64) -> Result<(), OperatorError> {
        if self.tick.tick_ended != self.tick.tick {
            return Err(OperatorError::TickEarly { running: self.tick.tick, found: tick });
        }
        self.tick = TickState { tick, next_index: 0, complete: false, ..self.tick };
        self.changes.state = true;
        Ok(())
    }

    fn submit_item(
        &mut self,
        item: &TickItem,
        merchants: &Merchants,
    ) -> Result<PaymentSlot, OperatorError> {
        let order = PaymentOrder {
            id: item.id,
            request_id: RequestId::Uuid(item.id.0),
            payer: item.payer,
            payee: Ok(item.payee),
            alias: None,
            amount: Ok(item.amount),
            remark: None,
            details: item.details.clone(),
        };
        let merchant = merchants.get(&item.payee).copied();
        self.pay_merchant(order, merchant, item.at).inspect_err(|error| {
            self.effects.alarms.push(format!(
                "payment {} of tick {} left no record: {error}",
                item.id, self.tick.tick
            ));
        })
    }

    /// Completes a tick because the driver goes on: without items when it has not started, as it
    /// stands otherwise. Says again that a running tick is complete; ignores one that is over.
    pub(super) fn close_tick(&mut self, tick: u64) {
        if !self.settings.lockstep.is_some_and(|lockstep| lockstep.has(tick)) {
            return self.alarm(format!("tick {tick} was to be closed, which there is not"));
        }
        if tick > self.tick.tick && self.start_tick(tick).is_err() {
            return;
        }
        if tick != self.tick.tick || self.tick.tick_ended >= tick {
            return;
        }
        if !self.tick.complete {
            self.tick.complete = true;
            self.changes.state = true;
        }
        self.session.complete_tick();
    }

    /// Applies the end of a tick, or acknowledges it again.
    pub(super) fn end_tick(&mut self, tick: u64) {
        if !self.settings.lockstep.is_some_and(|lockstep| lockstep.has(tick)) {
            return self.alarm(format!("tick {tick} was to end, which there is not"));
        }
        if tick > self.tick.tick_ended {
            if self.tick.tick < tick {
                self.tick = TickState { tick, next_index: 0, complete: true, tick_ended: tick };
            }
            self.tick.tick_ended = tick;
            self.changes.state = true;
            // Here and nowhere else in the tick, so that what goes back is in the next one.
            let now = self.business_time(Timestamp::ZERO);
            self.interest_due(now);
            self.reclaim_due(now);
            self.contracts_due(now);
            self.loans_due(now);
            self.redemptions_due(now);
            self.pay_unclaimed_due(now);
        }
        self.session.acknowledge_tick(tick);
    }
}

#[cfg(test)]
mod tests;
