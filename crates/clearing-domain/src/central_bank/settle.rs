//! Settle: a cycle ends at its cut-off and its nets move the settlement accounts. A cycle that is
//! not covered may be frozen first, until operators have brought in money or the time for that is
//! over.

use crate::link::AdviceEvent;
use crate::money::{CycleId, Position, Timestamp, Total};

use super::changes::EventKind;
use super::closing::{Closing, claim};
use super::cycle::{Cycle, CyclePosition, CycleState, OpenCycle};
use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::mode::Manner;
use super::operation::OperationKind;
use super::settings::Shortfall;
use crate::link::OperationId;

impl CentralBankLedger {
    /// Ends the open cycle and settles it, or freezes it when it is not covered and there is time
    /// to bring in money. A cycle named must be the open one or the frozen one, which is settled as
    /// far as it can be; naming a closed one again answers its number and changes nothing.
    pub fn close_cycle(
        &mut self,
        cycle: Option<CycleId>,
        now: Timestamp,
    ) -> Result<CycleId, CentralBankError> {
        let open = self.open_cycle().ok_or(CentralBankError::NoCycles)?.id;
        let at = self.business_time(now);
        match cycle {
            Some(named) if named > open => Err(CentralBankError::CycleUnknown(named)),
            Some(named) if named < open => {
                if self.frozen_cycle().is_some_and(|frozen| frozen.id == named) {
                    self.settle_frozen(at);
                }
                Ok(named)
            }
            Some(_) | None => {
                self.end_cycle(at);
                Ok(open)
            }
        }
    }

    /// Ends the open cycle when its cut-off has come, the first one after it was opened; settles a
    /// frozen one when the time for money to come in is over, or money has come in.
    pub(super) fn close_due(&mut self, at: Timestamp) {
        if self.window_ends().is_some_and(|end| end <= at) {
            self.settle_frozen(at);
        }
        self.settle_if_covered(at);
        if self.cut_off().is_some_and(|cut_off| cut_off <= at) {
            self.end_cycle(at);
        }
    }

    /// When the open cycle ends by itself. Where payments no longer settle in cycles, only while
    /// something is still owed.
    pub(super) fn cut_off(&self) -> Option<Timestamp> {
        Some(self.settings.next_cut_off(self.open_cycle()?.opened_at))
    }

    /// Until when money can come in for the frozen cycle.
    pub(super) fn window_ends(&self) -> Option<Timestamp> {
        Some(self.frozen.as_ref()?.cycle.closed_at.plus_ms(self.settings.funding_window_ms))
    }

    /// The cycle that waits for money.
    pub fn frozen_cycle(&self) -> Option<&Cycle> {
        self.frozen.as_ref().map(|frozen| &frozen.cycle)
    }

    fn end_cycle(&mut self, at: Timestamp) {
        self.settle_frozen(at);
        let Some(open) = &self.open else { return };
        if self.settings.funding_window_ms > 0 && !self.is_covered(open) {
            self.freeze(at);
        } else if let Some(open) = self.open.take() {
            self.settle(open, at);
        }
    }

    /// Ends the open cycle without settling it; what comes now is of the next one.
    fn freeze(&mut self, at: Timestamp) {
        let Some(open) = &self.open else { return };
        let id = open.cycle.id;
        let short = self.covers().into_iter().zip(open.nets()).zip(&self.accounts);
        let short: Vec<_> = short
            .filter(|((cover, net), _)| *cover + *net < Position::ZERO)
            .map(|((cover, net), account)| format!("{} {}", account.code, -(cover + net)))
            .collect();
        let text = format!("cycle {id} is frozen; yuan short: {}", short.join(", "));
        let number = Position::from_fen(i64::from(id.number()));
        self.append_operation(OperationId::default(), OperationKind::Freeze, 0, number, at);
        self.happened(EventKind::CycleFrozen, text);
    }

    /// Takes the row of a freeze into the ledger; the one place for live operation and restore.
    pub(super) fn apply_freeze(&mut self, at: Timestamp) {
        let Some(mut frozen) = self.open.take() else { return };
        (frozen.cycle.state, frozen.cycle.closed_at) = (CycleState::Frozen, at);
        for (position, account) in frozen.cycle.positions.iter_mut().zip(&mut self.accounts) {
            position.peak_net_debit = account.peak_net_debit;
            account.peak_net_debit = account.unsettled.debit();
        }
        self.open = Some(OpenCycle::new(frozen.cycle.id.next(), at, self.accounts.len()));
        self.frozen = Some(frozen);
        for operator in 0..super::ledger::number_of(&self.accounts) {
            self.touch(operator);
        }
        self.changes.state = true;
    }

    /// Settles the frozen cycle when everybody covers it by now.
    pub(super) fn settle_if_covered(&mut self, at: Timestamp) {
        if self.frozen.as_ref().is_some_and(|frozen| self.is_covered(frozen)) {
            self.settle_frozen(at);
        }
    }

    fn settle_frozen(&mut self, at: Timestamp) {
        if let Some(frozen) = self.frozen.take() {
            self.settle(frozen, at);
        }
    }

    /// Settles a cycle taken out of its place.
    fn settle(&mut self, ended: OpenCycle, at: Timestamp) {
        if self.modes.shortfall == Shortfall::CentralBankCredit {
            self.lend(&ended, at);
        }
        let state = self.closing_state(&ended);
        let mut closing = self.closing(&ended, state, at);
        closing.cycle.row = self.next_row();
        let (id, positions) = (closing.cycle.id, closing.cycle.positions.clone());
        let text = format!(
            "cycle {id}: {} payments, {} yuan gross",
            closing.cycle.payments, closing.cycle.gross
        );
        self.changes.cycles.push(super::ledger::next_slot(&self.cycles));
        self.apply_closing(closing);
        self.advise_settled(id, &positions);
        let carried = matches!(state, CycleState::PartlySettled | CycleState::Carried);
        self.happened(
            if carried { EventKind::CycleCarried } else { EventKind::CycleSettled },
            text,
        );
        for operator in 0..super::ledger::number_of(&self.accounts) {
            self.finish_withdrawals(operator, at);
        }
    }

    /// Moves the settlement accounts and gives what is carried to the next cycle, which is opened
    /// unless it already is; the one place for live operation and restore.
    pub(super) fn apply_closing(&mut self, closing: Closing) {
        let Closing { cycle, left } = closing;
        assert!(
            cycle.positions.iter().map(|position| position.settled).sum::<Position>().is_zero()
        );
        let regime = self.settings.regime;
        let was_frozen = self.open.is_some();
        let mut next = self.open.take().unwrap_or_else(|| {
            OpenCycle::new(cycle.id.next(), cycle.closed_at, self.accounts.len())
        });
        let carried = left.carried.iter().map(|slot| self.transfers[*slot as usize].amount).sum();
        next.put_first(left.carried, carried);
        for (number, position) in cycle.positions.iter().enumerate() {
            let account = &mut self.accounts[number];
            account.settle(regime, position.settled);
            account.note_credit(regime, cycle.closed_at);
            account.unsettled -= position.settled + position.claimed;
            if !was_frozen {
                account.peak_net_debit = account.unsettled.debit();
            }
            next.cycle.positions[number].brought = position.carried;
        }
        for operator in 0..super::ledger::number_of(&self.accounts) {
            self.touch(operator);
        }
        for ((one, other), sum) in left.claims {
            self.sums.claimed += Total::from(sum).magnitude();
            claim(&mut self.claims, one, other, sum);
        }
        self.defaults.extend(left.default);
        self.open = Some(next);
        self.cycles.push(cycle);
        self.changes.state = true;
        self.queue.changed = true;
    }

    /// Tells every operator for which something settled, was carried or became claims.
    fn advise_settled(&mut self, cycle: CycleId, positions: &[CyclePosition]) {
        for (operator, position) in (0..).zip(positions) {
            let CyclePosition { settled, carried, claimed, carried_to, .. } = *position;
            if !claimed.is_zero() {
                self.advise(operator, AdviceEvent::Claimed { cycle, claimed });
            }
            if !settled.is_zero() || !carried.is_zero() {
                self.advise(operator, AdviceEvent::Settled { cycle, settled, carried, carried_to });
            }
        }
    }

    /// Whether payments settle in cycles, or something of a cycle is still owed.
    fn has_cycle(&self) -> bool {
        self.mode().manner() == Manner::Net
            || self.open.as_ref().is_some_and(|open| !open.is_idle())
    }

    /// The open cycle; there is none where payments settle one by one.
    pub fn open_cycle(&self) -> Option<&Cycle> {
        self.open.as_ref().filter(|_| self.has_cycle()).map(|open| &open.cycle)
    }
}

#[cfg(test)]
mod tests;
