//! Settle: a cycle closes, its nets move the settlement accounts, and what cannot settle is carried.

use std::collections::BTreeMap;

use crate::Regime;
use crate::link::AdviceEvent;
use crate::money::{CycleId, Position, RequestId, Timestamp};
use crate::netting::{Obligation, all_covered, loss_sharing, partial_net, unwind};

use super::changes::EventKind;
use super::cycle::{Cycle, CyclePosition, CycleState, OpenCycle};
use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::operation::OperationKind;
use super::settings::{SettlementMode, Shortfall};

/// How a cycle will close: its final record, the obligations carried on, and the claims that arise.
pub(super) struct Closing {
    pub(super) cycle: Cycle,
    pub(super) carried: Vec<u32>,
    claims: Claims,
}

/// What leaves settlement between two operators, by their numbers, the lower first: positive is a
/// claim of the lower on the higher.
pub(super) type Claims = BTreeMap<(u16, u16), Position>;

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
        if self.settings.mode == SettlementMode::DeferredNet(Shortfall::CentralBankCredit) {
            self.lend(at);
        }
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
        let covers = self.covers();
        if all_covered(&covers, &nets) {
            return Some(CycleState::Settled);
        }
        let SettlementMode::DeferredNet(shortfall) = self.settings.mode else { return Some(CycleState::Carried) };
        Some(match shortfall {
            Shortfall::AllOrNothing | Shortfall::CentralBankCredit => CycleState::Carried,
            Shortfall::PartialNet => {
                let settles = partial_net(&covers, &self.obligations(open));
                if settles.contains(&true) { CycleState::PartlySettled } else { CycleState::Carried }
            }
            Shortfall::Unwind => CycleState::Unwound,
            Shortfall::LossSharing => {
                let shared = loss_sharing(&covers, &self.obligations(open));
                if shared.settles.contains(&false) { CycleState::Carried } else { CycleState::LossShared }
            }
        })
    }

    /// The record of the open cycle closed in a state.
    pub(super) fn closing(&self, state: CycleState, at: Timestamp) -> Option<Closing> {
        let open = self.open.as_ref()?;
        let (carried, claims) = self.left_over(open, state);
        let carried_nets = self.nets_of(&carried);
        let claimed = claims_by_operator(&claims, self.accounts.len());
        let mut cycle = open.cycle.clone();
        (cycle.state, cycle.closed_at) = (state, at);
        let carries = matches!(state, CycleState::PartlySettled | CycleState::Carried);
        let carried_to = if carries { CycleId(cycle.id.0 + 1) } else { CycleId::default() };
        for (number, (position, account)) in cycle.positions.iter_mut().zip(&self.accounts).enumerate() {
            (position.carried, position.claimed) = (carried_nets[number], claimed[number]);
            position.settled = account.unsettled - position.carried - position.claimed;
            position.carried_to = carried_to;
            position.peak_net_debit = account.peak_net_debit;
            position.balance_after = account.settlement_asset(self.settings.regime) + position.settled;
        }
        Some(Closing { cycle, carried, claims })
    }

    /// What does not settle: the obligations carried, and the claims in place of others.
    fn left_over(&self, open: &OpenCycle, state: CycleState) -> (Vec<u32>, Claims) {
        let waiting = |settles: Vec<bool>| -> Vec<u32> {
            let waits = open.members.iter().zip(settles).filter(|(_, settles)| !settles);
            waits.map(|(slot, _)| *slot).collect()
        };
        match state {
            CycleState::Open | CycleState::Settled => (Vec::new(), Claims::new()),
            CycleState::Carried => (open.members.clone(), Claims::new()),
            CycleState::PartlySettled => (waiting(partial_net(&self.covers(), &self.obligations(open))), Claims::new()),
            CycleState::Unwound => {
                let unwound = waiting(unwind(&self.covers(), &self.obligations(open)).settles);
                let mut claims = Claims::new();
                for slot in unwound {
                    let transfer = &self.transfers[slot as usize];
                    claim(&mut claims, transfer.payee_operator, transfer.payer_operator, transfer.amount.position());
                }
                (Vec::new(), claims)
            }
            CycleState::LossShared => {
                let shared = loss_sharing(&self.covers(), &self.obligations(open));
                let mut claims = Claims::new();
                for payment in shared.paid {
                    claim(&mut claims, number(payment.by), number(payment.for_defaulter), payment.amount);
                }
                (Vec::new(), claims)
            }
        }
    }

    fn nets_of(&self, members: &[u32]) -> Vec<Position> {
        let mut nets = vec![Position::ZERO; self.accounts.len()];
        for slot in members {
            let transfer = &self.transfers[*slot as usize];
            nets[usize::from(transfer.payer_operator)] -= transfer.amount;
            nets[usize::from(transfer.payee_operator)] += transfer.amount;
        }
        nets
    }

    /// Lends every operator what it is short of: central-bank money, in the cash regime issued as e-CNY.
    fn lend(&mut self, at: Timestamp) {
        let Some(cycle) = self.open.as_ref().map(|open| open.cycle.id) else { return };
        for operator in 0..super::ledger::number_of(&self.accounts) {
            let account = &self.accounts[usize::from(operator)];
            let short = -(account.cover(self.settings.regime) + account.unsettled);
            if short <= Position::ZERO {
                continue;
            }
            let code = account.code;
            // A client's request id holds no space, so these are nobody else's.
            let request = |what: &str| RequestId::Text(format!("{what} at cycle {cycle} of {code}").into());
            let mut lent = self.operate(OperationKind::Fund, operator, short, &request("credit"), at);
            if lent.is_ok() && self.settings.regime == Regime::Cash {
                lent = self.operate(OperationKind::Issue, operator, short, &request("credit issued"), at);
            }
            if let Err(error) = lent {
                self.alarm(format!("{code} could not be lent {short} yuan: {error}"));
            }
        }
    }

    /// Moves the settlement accounts and opens the next cycle with what is carried; the one place
    /// for live operation and restore.
    pub(super) fn apply_closing(&mut self, closing: Closing) {
        let Closing { cycle, carried, claims } = closing;
        let mut next = OpenCycle::new(CycleId(cycle.id.0 + 1), cycle.closed_at, self.accounts.len());
        next.members = carried;
        assert!(cycle.positions.iter().map(|position| position.settled).sum::<Position>().is_zero());
        let regime = self.settings.regime;
        for (number, position) in cycle.positions.iter().enumerate() {
            let account = &mut self.accounts[number];
            account.settle(regime, position.settled);
            account.unsettled -= position.settled + position.claimed;
            account.peak_net_debit = account.unsettled.debit();
            next.cycle.positions[number].brought = position.carried;
        }
        for operator in 0..super::ledger::number_of(&self.accounts) {
            self.touch(operator);
        }
        for ((one, other), sum) in claims {
            claim(&mut self.claims, one, other, sum);
        }
        self.open = Some(next);
        self.cycles.push(cycle);
        self.changes.state = true;
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

    fn covers(&self) -> Vec<Position> {
        self.accounts.iter().map(|account| account.cover(self.settings.regime)).collect()
    }

    fn obligations(&self, open: &OpenCycle) -> Vec<Obligation> {
        open.members.iter().map(|slot| self.transfers[*slot as usize].obligation()).collect()
    }
}

/// Adds a claim of one operator on another.
fn claim(claims: &mut Claims, holder: u16, on: u16, sum: Position) {
    let (pair, sum) = if holder < on { ((holder, on), sum) } else { ((on, holder), -sum) };
    let held = claims.entry(pair).or_default();
    *held += sum;
    if held.is_zero() {
        claims.remove(&pair);
    }
}

/// What each operator claims of all others together.
pub(super) fn claims_by_operator(claims: &Claims, operators: usize) -> Vec<Position> {
    let mut sums = vec![Position::ZERO; operators];
    for ((one, other), sum) in claims {
        sums[usize::from(*one)] += *sum;
        sums[usize::from(*other)] -= *sum;
    }
    sums
}

fn number(participant: usize) -> u16 {
    u16::try_from(participant).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
