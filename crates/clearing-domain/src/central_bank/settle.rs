//! Settle: a cycle ends at its cut-off and its nets move the settlement accounts. A cycle that is
//! not covered may be frozen first, until operators have brought in money or the time for that is
//! over.

use crate::Regime;
use crate::link::AdviceEvent;
use crate::money::{Amount, ByOperator, CycleId, OperatorNumber, Position, RequestId, Timestamp};

use super::CentralBankLedger;
use super::apply::Known;
use super::changes::EventKind;
use super::closing::Closing;
use super::cycle::{Cycle, CyclePosition, OpenCycle};
use super::error::CentralBankError;
use super::operation::Action;
use super::settlement_mode::{Manner, Shortfall};

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
                    self.check_hours(at)?;
                    self.settle_frozen(at);
                }
                Ok(named)
            }
            Some(_) | None => {
                self.check_hours(at)?;
                self.end_cycle(at);
                Ok(open)
            }
        }
    }

    fn check_hours(&self, at: Timestamp) -> Result<(), CentralBankError> {
        let hours = &self.settings.hours;
        if hours.is_open(at) {
            return Ok(());
        }
        Err(CentralBankError::SettlementClosed { opens: hours.first_open(at) })
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

    /// When a cycle is next ended or settled by the clock alone.
    pub(super) fn cycle_due(&self) -> Option<Timestamp> {
        self.cut_off().into_iter().chain(self.window_ends()).min()
    }

    /// When the open cycle ends by itself. Where payments no longer settle in cycles, only while
    /// something is still owed.
    fn cut_off(&self) -> Option<Timestamp> {
        Some(self.settings.next_settlement(self.open_cycle()?.opened_at))
    }

    /// Until when money can come in for the frozen cycle.
    fn window_ends(&self) -> Option<Timestamp> {
        let end = self.frozen_cycle()?.closed_at?.plus_ms(self.settings.funding_window_ms);
        Some(self.settings.hours.first_open(end))
    }

    fn is_covered(&self, cycle: &OpenCycle) -> bool {
        cycle.is_covered(&self.accounts.covers(&self.settings))
    }

    fn end_cycle(&mut self, at: Timestamp) {
        // Cycles settle in order: what the frozen one carries belongs into this one.
        self.settle_frozen(at);
        let Some(open) = self.cycles.open() else { return };
        if self.settings.funding_window_ms > 0 && !self.is_covered(open) {
            self.freeze(at);
        } else {
            self.settle_next(at);
        }
    }

    /// Ends the open cycle without settling it; what comes now is of the next one.
    fn freeze(&mut self, at: Timestamp) {
        let Some(open) = self.cycles.open() else { return };
        let cycle = open.cycle().id;
        let covers = self.accounts.covers(&self.settings);
        let short = covers.into_iter().zip(open.nets()).zip(self.accounts.list());
        let short: Vec<_> = short
            .filter(|((cover, net), _)| *cover + *net < Position::ZERO)
            .map(|((cover, net), account)| format!("{} {}", account.code, -(cover + net)))
            .collect();
        let text = format!("cycle {cycle} is frozen; yuan short: {}", short.join(", "));
        self.append_operation(None, None, Action::Freeze { cycle }, at);
        self.note(EventKind::CycleFrozen, text);
    }

    /// Settles the frozen cycle when everybody covers it by now.
    pub(super) fn settle_if_covered(&mut self, at: Timestamp) {
        let covered = self.cycles.frozen().is_some_and(|frozen| self.is_covered(frozen));
        if covered && self.settings.hours.is_open(at) {
            self.settle_next(at);
        }
    }

    fn settle_frozen(&mut self, at: Timestamp) {
        if self.cycles.frozen().is_some() {
            self.settle_next(at);
        }
    }

    /// Settles the cycle that closes next: the frozen one, or the open one.
    fn settle_next(&mut self, at: Timestamp) {
        if self.modes.shortfall() == Shortfall::CentralBankCredit {
            self.lend(at);
        }
        let Some(ended) = self.cycles.next_to_close() else { return };
        // The rows come in this order, and what follows of them in one batch: a crash between them
        // would leave positions of a cycle that never closed.
        let Closing { cycle, left } = self.close_by_rule(ended, at);
        for position in cycle.positions_as_appended() {
            self.append(position, Known::Nothing);
        }
        self.append(cycle.as_appended(), Known::LeftOver(Box::new(left)));
        self.advise_settled(&cycle);
        let Cycle { id, payments, gross, state, .. } = cycle;
        let kind = if state.carries() { EventKind::CycleCarried } else { EventKind::CycleSettled };
        self.note(kind, format!("cycle {id}: {payments} payments, {gross} yuan gross"));
        // Behind the advices of the settlement, which brought what the withdrawals now take.
        for operator in self.accounts.list().numbers() {
            self.finish_withdrawals(operator, at);
        }
    }

    /// Lends every operator what it is short of in the cycle that closes next: central-bank money,
    /// in the cash regime issued as e-CNY.
    fn lend(&mut self, at: Timestamp) {
        let Some(ended) = self.cycles.next_to_close() else { return };
        let cycle = ended.cycle().id;
        let shorts = self.shorts(ended.nets());
        // Nothing is lent to one in default, so the cycle is carried; a loan to the others would
        // settle nothing.
        let in_default =
            |operator: &OperatorNumber| self.accounts[*operator].is_in_default(&self.settings);
        if shorts.iter().any(|(operator, _)| in_default(operator)) {
            return;
        }
        for (operator, amount) in shorts {
            let code = self.accounts[operator].code;
            // A client's request id holds no space, so these are nobody else's.
            let request =
                |what: &str| RequestId::Text(format!("{what} at cycle {cycle} of {code}").into());
            let mut lent = self.book(Action::Lend { amount }, operator, &request("credit"), at);
            if lent.is_ok() && self.settings.regime == Regime::Cash {
                let issue = Action::Issue { amount };
                lent = self.book(issue, operator, &request("credit issued"), at);
            }
            if let Err(error) = lent {
                let text = format!("{code} could not be lent {amount} yuan: {error}");
                self.note(EventKind::Alarm, text);
            }
        }
    }

    /// What each operator is short of to settle a net.
    pub(super) fn shorts(
        &self,
        nets: impl IntoIterator<Item = Position>,
    ) -> Vec<(OperatorNumber, Amount)> {
        let covers = self.accounts.covers(&self.settings).into_iter().zip(nets);
        let shorts: ByOperator<_> =
            covers.map(|(cover, net)| Amount::from_sum(-(cover + net))).collect();
        let shorts = shorts.numbered().filter_map(|(operator, short)| Some((operator, (*short)?)));
        shorts.filter(|(_, short)| *short > Amount::ZERO).collect()
    }

    /// Advises every operator for which something settled, was carried or became claims.
    fn advise_settled(&mut self, closed: &Cycle) {
        let cycle = closed.id;
        for (operator, position) in closed.positions.numbered() {
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
            || self.cycles.open().is_some_and(|open| !open.is_idle())
    }

    /// The open cycle; there is none where payments settle one by one.
    pub fn open_cycle(&self) -> Option<&Cycle> {
        self.cycles.open().filter(|_| self.has_cycle()).map(OpenCycle::cycle)
    }

    /// The cycle that waits for money.
    pub fn frozen_cycle(&self) -> Option<&Cycle> {
        self.cycles.frozen().map(OpenCycle::cycle)
    }
}

#[cfg(test)]
mod tests;
