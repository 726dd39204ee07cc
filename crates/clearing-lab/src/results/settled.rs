//! When obligations settled, and which had to wait: read off the cycles of the central bank.

use clearing_domain::Lockstep;
use clearing_domain::central_bank::{
    CentralBankLedger, Cycle, CycleState, LegSlot, TransferSlot, TransferState,
};
use clearing_domain::money::{CycleId, Timestamp};
use clearing_domain::netting::partial_net;
use clearing_domain::slots::Slot;

/// How the obligation of a cleared transfer settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settlement {
    /// The cut-off it first missed, or when it came to wait for cover, if it waited.
    pub(super) queued_at: Option<Timestamp>,
    /// How many cut-offs it missed.
    pub(super) missed: u32,
    /// The cycle it settled with; `None` when it settled by itself.
    pub(super) cycle: Option<CycleId>,
    /// When it settled, once it has; when it was submitted, if that was in the same tick.
    pub(super) settled_at: Option<Timestamp>,
}

/// The settlements of the transfers by their slots; those of refused ones are empty.
pub(super) fn settlements(ledger: &CentralBankLedger) -> Vec<Settlement> {
    let transfers = ledger.transfers();
    let mut settlements = vec![Settlement::default(); transfers.len()];
    // One list more than closed cycles, for the open one.
    let mut cleared: Vec<Vec<LegSlot>> = vec![Vec::new(); ledger.cycles().len() + 1];
    for (slot, transfer) in transfers
        .iter()
        .enumerate()
        .filter(|(_, transfer)| transfer.state == TransferState::Cleared)
    {
        match transfer.cycle {
            None => settlements[slot].settled_at = transfer.finished_at(),
            // Those of the open cycle have not settled.
            Some(cycle) => {
                let slot = TransferSlot::from_place(slot);
                let legs = (0..transfer.legs().count()).map(|leg| LegSlot::new(slot, leg));
                cleared[cycle.index().min(ledger.cycles().len())].extend(legs);
            }
        }
    }
    for (settlement, transfer) in settlements.iter_mut().zip(transfers) {
        // What settles in the tick that queued it has not waited.
        let waited = transfer.queued().filter(|entry| Some(entry.at) != transfer.finished_at());
        settlement.queued_at = waited.map(|entry| entry.at);
    }
    let (mut carried, mut claimed) = (Vec::new(), Vec::new());
    for (cycle, cleared) in ledger.cycles().iter().zip(cleared) {
        // What was carried in stands before what was cleared, as in the queue of the cycle.
        let members = [carried, cleared].concat();
        let settles = settles(ledger, cycle, &members);
        carried = Vec::new();
        for (leg, settles) in members.into_iter().zip(settles) {
            let settlement = &mut settlements[leg.transfer().place()];
            if settles {
                settlement.cycle = Some(cycle.id);
                settlement.settled_at = cycle.closed_at;
            } else {
                settlement.queued_at = settlement.queued_at.or(cycle.closed_at);
                settlement.missed += 1;
                // What became a claim between the operators never settles.
                if matches!(cycle.state, CycleState::Unwound | CycleState::ProRata) {
                    claimed.push(leg);
                } else {
                    carried.push(leg);
                }
            }
        }
    }
    // A payment has settled when all of it has: its other leg may have been paid in its cycle, or in
    // an earlier one.
    for leg in carried.into_iter().chain(claimed) {
        let settlement = &mut settlements[leg.transfer().place()];
        settlement.cycle = None;
        settlement.settled_at = None;
    }
    // Last: what settled in its own tick is known once all settlements are.
    if let Some(lockstep) = ledger.settings().lockstep {
        for (settlement, transfer) in settlements.iter_mut().zip(transfers) {
            settlement.count_from_submission(transfer.submitted_at, &lockstep);
        }
    }
    settlements
}

impl Settlement {
    /// What settles at the end of the tick it was submitted in has not waited: a tick is how finely
    /// time is cut and no queue. It counts as settled when it was submitted, as an on-us payment
    /// does.
    fn count_from_submission(&mut self, submitted_at: Timestamp, lockstep: &Lockstep) {
        let since = submitted_at.ms() - lockstep.start.ms();
        let tick_begins = submitted_at.plus_ms(-since.rem_euclid(lockstep.tick_ms));
        let own_tick_ends = tick_begins.plus_ms(lockstep.tick_ms);
        if self.settled_at.is_some_and(|settled_at| settled_at <= own_tick_ends) {
            self.settled_at = Some(submitted_at);
        }
    }
}

/// Which members of a cycle settled with it.
fn settles(ledger: &CentralBankLedger, cycle: &Cycle, members: &[LegSlot]) -> Vec<bool> {
    let transfers = ledger.transfers();
    match cycle.state {
        CycleState::Settled => vec![true; members.len()],
        CycleState::Open | CycleState::Frozen | CycleState::Carried => vec![false; members.len()],
        CycleState::Unwound | CycleState::LossShared | CycleState::ProRata => {
            let default = ledger.defaults().iter().find(|default| default.cycle == cycle.id);
            let unsettled =
                |leg: &LegSlot| default.is_some_and(|default| default.unsettled.contains(leg));
            members.iter().map(|leg| !unsettled(leg)).collect()
        }
        // Which obligations settled in part of a cycle is not stored, because it follows: the same
        // rule on the same accounts chooses the same ones.
        CycleState::PartlySettled => {
            let regime = ledger.settings().regime;
            let before =
                cycle.positions.iter().zip(ledger.accounts()).map(|(position, account)| {
                    let credit = account.cover(regime) - account.settlement_asset(regime);
                    position.balance_after - position.settled + credit
                });
            let obligations = members.iter().filter_map(|slot| {
                let leg = transfers[slot.transfer()].legs().nth(slot.leg());
                leg.map(|leg| leg.obligation())
            });
            let (before, obligations): (Vec<_>, Vec<_>) = (before.collect(), obligations.collect());
            partial_net(&before, &obligations)
        }
    }
}
