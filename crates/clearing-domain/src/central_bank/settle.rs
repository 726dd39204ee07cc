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
            SettlementMode::Gross | SettlementMode::DeferredNet(Shortfall::AllOrNothing) => CycleState::Carried,
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
        self.accounts.iter().map(|account| account.settlement_asset(self.settings.regime)).collect()
    }

    fn obligations(&self, open: &OpenCycle) -> Vec<Obligation> {
        let obligation = |slot: &u32| {
            let transfer = &self.transfers[*slot as usize];
            Obligation {
                debtor: usize::from(transfer.payer_operator),
                creditor: usize::from(transfer.payee_operator),
                amount: transfer.amount,
            }
        };
        open.members.iter().map(obligation).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::{Bench, NET, settings};
    use super::super::cycle::CycleState;
    use super::super::error::CentralBankError;
    use super::super::settings::{SettlementMode, Shortfall};
    use crate::money::CycleId;

    fn short_of_money(shortfall: Shortfall) -> Bench {
        let mut settings = settings(SettlementMode::DeferredNet(shortfall), 3, None);
        settings.operators[0].stock = super::super::bench::yuan(50);
        Bench::new(settings)
    }

    #[track_caller]
    fn check_last(bench: &Bench, state: CycleState, settled: [i64; 3], carried: [i64; 3]) {
        let cycle = bench.ledger.cycles().last().unwrap();
        let whole = |sum: crate::money::Position| sum.fen() / 100;
        let found: Vec<_> = cycle.positions.iter().map(|position| whole(position.settled)).collect();
        let left: Vec<_> = cycle.positions.iter().map(|position| whole(position.carried)).collect();
        assert_eq!((cycle.state, found.as_slice(), left.as_slice()), (state, &settled[..], &carried[..]));
        bench.check();
    }

    #[test]
    fn a_cycle_settles_its_nets() {
        let mut bench = Bench::net(3, None);
        bench.paid(0, 1, 300);
        bench.paid(1, 2, 200);
        bench.paid(2, 0, 50);
        bench.heard(0);
        bench.close();
        check_last(&bench, CycleState::Settled, [-250, 100, 150], [0, 0, 0]);
        assert_eq!([0, 1, 2].map(|number| bench.money(number)), [(750, 0), (1_100, 0), (1_150, 0)]);
        assert_eq!(bench.heard(0), "cycle 1 settled -250 carried 0");
        let cycle = &bench.ledger.cycles()[0];
        assert_eq!((cycle.payments, cycle.gross.fen()), (3, 55_000));
        assert_eq!(cycle.positions[0].peak_net_debit, super::super::bench::yuan(300));
    }

    #[test]
    fn an_empty_cycle_and_zero_nets_settle_trivially() {
        let mut bench = Bench::net(3, None);
        bench.close();
        check_last(&bench, CycleState::Settled, [0; 3], [0; 3]);
        bench.paid(0, 1, 20);
        bench.paid(1, 0, 20);
        (0..2).for_each(|number| drop(bench.heard(number)));
        bench.close();
        check_last(&bench, CycleState::Settled, [0; 3], [0; 3]);
        assert_eq!((bench.heard(0), bench.ledger.cycles()[1].payments), (String::new(), 2));
    }

    #[test]
    fn a_cycle_closes_once() {
        let mut bench = Bench::net(2, None);
        bench.paid(0, 1, 20);
        for _ in 0..2 {
            assert_eq!(bench.ledger.close_cycle(Some(CycleId(1)), bench.now), Ok(CycleId(1)));
        }
        bench.commit();
        assert_eq!((bench.ledger.cycles().len(), bench.money(0)), (1, (980, 0)));
        for unknown in [CycleId(0), CycleId(3)] {
            let refused = Err(CentralBankError::CycleUnknown(unknown));
            assert_eq!(bench.ledger.close_cycle(Some(unknown), bench.now), refused);
        }
        bench.check();
    }

    #[test]
    fn what_clears_after_the_close_belongs_to_the_next_cycle() {
        let mut bench = Bench::net(2, None);
        let [before, after] = [bench.paid(0, 1, 20), bench.pay(0, 1, 30)];
        bench.close();
        bench.decide(1, after, None);
        assert_eq!((bench.state(before), bench.state(after)), ("cleared 1".into(), "cleared 2".into()));
        assert_eq!(bench.ledger.open_cycle().unwrap().gross.fen(), 3_000);
        bench.check();
    }

    #[test]
    fn all_or_nothing_carries_everything_when_one_is_short_and_settles_it_later() {
        let mut bench = short_of_money(Shortfall::AllOrNothing);
        bench.paid(0, 1, 60);
        bench.paid(1, 2, 10);
        bench.heard(0);
        bench.close();
        check_last(&bench, CycleState::Carried, [0; 3], [-60, 50, 10]);
        assert_eq!(bench.heard(0), "cycle 1 settled 0 carried -60");
        bench.paid(2, 0, 10);
        bench.close();
        check_last(&bench, CycleState::Settled, [-50, 50, 0], [0; 3]);
        assert_eq!(bench.money(0), (0, 0));
    }

    #[test]
    fn partial_netting_settles_what_can_and_carries_the_last_ones() {
        let mut bench = short_of_money(Shortfall::PartialNet);
        bench.paid(0, 1, 40);
        bench.paid(0, 2, 30);
        bench.paid(0, 1, 5);
        bench.paid(1, 2, 100);
        bench.close();
        // Without the last two of A it has 10 left; the order of its queue is kept.
        check_last(&bench, CycleState::PartlySettled, [-40, -60, 100], [-35, 5, 30]);
        bench.paid(1, 0, 25);
        bench.close();
        check_last(&bench, CycleState::Settled, [-10, -20, 30], [0; 3]);
        assert_eq!(bench.ledger.cycles()[1].positions[0].brought.fen(), -3_500);
        assert_eq!(bench.money(0), (0, 0));
    }

    #[test]
    fn what_is_carried_comes_first_in_the_next_cycle() {
        let mut bench = short_of_money(Shortfall::PartialNet);
        bench.paid(0, 1, 60);
        bench.close();
        check_last(&bench, CycleState::Carried, [0; 3], [-60, 60, 0]);
        bench.paid(0, 2, 45);
        bench.paid(1, 0, 20);
        bench.close();
        check_last(&bench, CycleState::PartlySettled, [-40, 40, 0], [-45, 0, 45]);
    }

    #[test]
    fn what_is_carried_counts_against_the_cap() {
        let mut settings = settings(SettlementMode::DeferredNet(Shortfall::AllOrNothing), 2, Some(100));
        settings.operators[0].stock = super::super::bench::yuan(10);
        let mut bench = Bench::new(settings);
        bench.paid(0, 1, 70);
        bench.close();
        assert_eq!(bench.headroom(0), Some(30));
        let refused = bench.pay(0, 1, 31);
        assert_eq!(bench.state(refused), "refused NET_DEBIT_CAP");
        bench.check();
    }

    #[test]
    fn the_clock_closes_a_cycle_at_its_first_cut_off_and_only_once() {
        let mut bench = Bench::new(settings(NET, 2, None));
        let hour = 3_600_000;
        let cut_off = bench.now.plus_ms(6 * hour);
        assert_eq!(bench.ledger.next_due(), Some(cut_off));
        bench.wait(6 * hour - 1);
        assert_eq!(bench.ledger.cycles().len(), 0);
        bench.wait(1);
        assert_eq!(bench.ledger.cycles()[0].closed_at, cut_off);
        // Three days away: one close, and the next cycle opens now.
        bench.wait(72 * hour + 1);
        assert_eq!(bench.ledger.cycles().len(), 2);
        assert_eq!(bench.ledger.open_cycle().unwrap().opened_at, bench.now);
        assert_eq!(bench.ledger.next_due(), Some(cut_off.plus_ms(78 * hour)));
        bench.check();
    }

    #[test]
    fn deposits_settle_in_reserves() {
        let mut settings = settings(NET, 2, None);
        settings.regime = crate::Regime::Deposit;
        let mut bench = Bench::new(settings);
        bench.paid(0, 1, 1_500);
        bench.close();
        assert_eq!((bench.money(0), bench.money(1)), ((0, 0), (3_000, 0)));
        bench.check();
    }
}
