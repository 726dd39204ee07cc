//! Settle: a cycle closes, its nets move the settlement accounts, and what cannot settle is carried.

use crate::link::AdviceEvent;
use crate::money::{CycleId, Position, Timestamp};
use crate::netting::{Obligation, all_covered, partial_net};

use super::changes::EventKind;
use super::cycle::{Cycle, CyclePosition, CycleState, OpenCycle};
use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::settings::{SettlementMode, Shortfall};

/// How a cycle will close: its final record and the obligations carried on.
pub(super) struct Closing {
    pub(super) cycle: Cycle,
    pub(super) carried: Vec<u32>,
}

impl CentralBankLedger {
    /// Closes the open cycle and settles it. A cycle named must be the open one; naming a closed
    /// one again answers its number and changes nothing.
    pub fn close_cycle(&mut self, cycle: Option<CycleId>, now: Timestamp) -> Result<CycleId, CentralBankError> {
        let open = self.open.as_ref().ok_or(CentralBankError::NoCycles)?.cycle.id;
        match cycle {
            Some(named) if named > open || named == CycleId::default() => Err(CentralBankError::CycleUnknown(named)),
            Some(named) if named < open => Ok(named),
            Some(_) | None => {
                let at = self.business_time(now);
                self.close(at);
                Ok(open)
            }
        }
    }

    /// Closes the open cycle when its cut-off has come: the first one after it was opened.
    pub(super) fn close_due(&mut self, at: Timestamp) {
        if self.cut_off().is_some_and(|cut_off| cut_off <= at) {
            self.close(at);
        }
    }

    /// When the open cycle closes by itself.
    pub(super) fn cut_off(&self) -> Option<Timestamp> {
        let open = self.open.as_ref()?;
        Some(self.settings.next_cut_off(open.cycle.opened_at))
    }

    fn close(&mut self, at: Timestamp) {
        let Some(state) = self.closing_state() else { return };
        let Some(mut closing) = self.closing(state, at) else { return };
        closing.cycle.row = self.next_row();
        let (id, state, positions) = (closing.cycle.id, closing.cycle.state, closing.cycle.positions.clone());
        let text = format!("cycle {id}: {} payments, {} yuan gross", closing.cycle.payments, closing.cycle.gross);
        self.changes.cycles.push(super::ledger::next_slot(&self.cycles));
        self.apply_closing(closing);
        self.advise_settled(id, &positions);
        let carried = matches!(state, CycleState::PartlySettled | CycleState::Carried);
        self.happened(if carried { EventKind::CycleCarried } else { EventKind::CycleSettled }, text);
        for operator in 0..super::ledger::number_of(&self.accounts) {
            self.finish_withdrawals(operator, at);
        }
    }

    /// Decides what of the open cycle can settle.
    fn closing_state(&self) -> Option<CycleState> {
        let open = self.open.as_ref()?;
        let nets: Vec<_> = self.accounts.iter().map(|account| account.unsettled).collect();
        if all_covered(&self.settlement_assets(), &nets) {
            return Some(CycleState::Settled);
        }
        Some(match self.settings.mode {
            SettlementMode::Gross
            | SettlementMode::Queued(_)
            | SettlementMode::DeferredNet(Shortfall::AllOrNothing) => CycleState::Carried,
            SettlementMode::DeferredNet(Shortfall::PartialNet) => {
                let settles = partial_net(&self.settlement_assets(), &self.obligations(open));
                if settles.contains(&true) { CycleState::PartlySettled } else { CycleState::Carried }
            }
        })
    }

    /// The record of the open cycle closed in a state.
    pub(super) fn closing(&self, state: CycleState, at: Timestamp) -> Option<Closing> {
        let open = self.open.as_ref()?;
        let carried = self.carried_members(open, state);
        let mut carried_nets = vec![Position::ZERO; self.accounts.len()];
        for slot in &carried {
            let transfer = &self.transfers[*slot as usize];
            carried_nets[usize::from(transfer.payer_operator)] -= transfer.amount;
            carried_nets[usize::from(transfer.payee_operator)] += transfer.amount;
        }
        let mut cycle = open.cycle.clone();
        (cycle.state, cycle.closed_at) = (state, at);
        let carried_to = if state == CycleState::Settled { CycleId::default() } else { CycleId(cycle.id.0 + 1) };
        for ((position, account), carried) in cycle.positions.iter_mut().zip(&self.accounts).zip(carried_nets) {
            position.carried = carried;
            position.settled = account.unsettled - carried;
            position.carried_to = carried_to;
            position.peak_net_debit = account.peak_net_debit;
            position.balance_after = account.settlement_asset(self.settings.regime) + position.settled;
        }
        Some(Closing { cycle, carried })
    }

    fn carried_members(&self, open: &OpenCycle, state: CycleState) -> Vec<u32> {
        match state {
            CycleState::Open | CycleState::Settled => Vec::new(),
            CycleState::Carried => open.members.clone(),
            CycleState::PartlySettled => {
                let settles = partial_net(&self.settlement_assets(), &self.obligations(open));
                let waits = open.members.iter().zip(settles).filter(|(_, settles)| !settles);
                waits.map(|(slot, _)| *slot).collect()
            }
        }
    }

    /// Moves the settlement accounts and opens the next cycle with what is carried; the one place
    /// for live operation and restore.
    pub(super) fn apply_closing(&mut self, closing: Closing) {
        let Closing { cycle, carried } = closing;
        let mut next = OpenCycle::new(CycleId(cycle.id.0 + 1), cycle.closed_at, self.accounts.len());
        next.members = carried;
        assert!(cycle.positions.iter().map(|position| position.settled).sum::<Position>().is_zero());
        let regime = self.settings.regime;
        for (number, position) in cycle.positions.iter().enumerate() {
            let account = &mut self.accounts[number];
            account.settle(regime, position.settled);
            account.unsettled -= position.settled;
            account.peak_net_debit = account.unsettled.debit();
            next.cycle.positions[number].brought = position.carried;
        }
        for operator in 0..super::ledger::number_of(&self.accounts) {
            self.touch(operator);
        }
        self.open = Some(next);
        self.cycles.push(cycle);
        self.changes.state = true;
    }

    /// Tells every operator for which something settled or was carried.
    fn advise_settled(&mut self, cycle: CycleId, positions: &[CyclePosition]) {
        for (operator, position) in (0..).zip(positions) {
            let CyclePosition { settled, carried, carried_to, .. } = *position;
            if !settled.is_zero() || !carried.is_zero() {
                self.advise(operator, AdviceEvent::Settled { cycle, settled, carried, carried_to });
            }
        }
    }

    fn settlement_assets(&self) -> Vec<Position> {
        self.accounts.iter().map(|account| account.cover(self.settings.regime)).collect()
    }

    fn obligations(&self, open: &OpenCycle) -> Vec<Obligation> {
        open.members.iter().map(|slot| self.transfers[*slot as usize].obligation()).collect()
    }
}

#[cfg(test)]
mod tests;
