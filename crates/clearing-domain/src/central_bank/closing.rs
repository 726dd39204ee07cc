//! How a cycle closes: what of it settles, what is carried on, and which claims arise.

use std::collections::BTreeMap;

use crate::money::{ByOperator, OperatorNumber, Position, Timestamp};
use crate::netting::{
    Detail, Obligation, Unpaid, Unwinding, loss_sharing, partial_net, pro_rata, unwind,
};

use super::CentralBankLedger;
use super::claims::{Claims, CycleDefault};
use super::cycle::{Cycle, CycleState, OpenCycle};
use super::cycles::LeftOver;
use super::leg_slot::LegSlot;
use super::legs::Leg;
use super::settlement_mode::Shortfall;

/// A cycle as it closes: its positions with what settles of them, and what does not settle.
#[derive(Debug)]
pub(super) struct Closing {
    pub(super) cycle: Cycle,
    pub(super) left: LeftOver,
}

impl CentralBankLedger {
    /// Closes a cycle by the rule for shortfalls, without changing anything yet. The algorithm of
    /// the rule runs once: what it finds decides the state, the positions and what is left.
    pub(super) fn close_by_rule(&self, ended: &OpenCycle, at: Timestamp) -> Closing {
        let (state, left) = self.settle_by_rule(ended);
        self.closing(ended, state, left, at)
    }

    /// Closes a cycle again in the state that its row has; `None` when no rule closes it so.
    pub(super) fn close_as(
        &self,
        ended: &OpenCycle,
        state: CycleState,
        at: Timestamp,
    ) -> Option<Closing> {
        let left = match state {
            CycleState::Open | CycleState::Frozen => return None,
            CycleState::Settled => LeftOver::default(),
            CycleState::Carried => carry_all(ended),
            CycleState::PartlySettled => self.carry_what_waits(ended),
            CycleState::Unwound => self.unwind_shorts(ended),
            CycleState::LossShared => self.share_losses(ended)?,
            CycleState::ProRata => self.pay_pro_rata(ended),
        };
        Some(self.closing(ended, state, left, at))
    }

    fn settle_by_rule(&self, ended: &OpenCycle) -> (CycleState, LeftOver) {
        if ended.is_covered(&self.covers()) {
            return (CycleState::Settled, LeftOver::default());
        }
        match self.modes.shortfall() {
            Shortfall::AllOrNothing | Shortfall::CentralBankCredit => {
                (CycleState::Carried, carry_all(ended))
            }
            Shortfall::PartialNet => {
                let left = self.carry_what_waits(ended);
                let settles_none = left.carried.len() == ended.members().len();
                let state =
                    if settles_none { CycleState::Carried } else { CycleState::PartlySettled };
                (state, left)
            }
            Shortfall::Unwind => (CycleState::Unwound, self.unwind_shorts(ended)),
            Shortfall::LossSharing => match self.share_losses(ended) {
                Some(left) => (CycleState::LossShared, left),
                None => (CycleState::Carried, carry_all(ended)),
            },
            Shortfall::ProRata => (CycleState::ProRata, self.pay_pro_rata(ended)),
        }
    }

    /// The positions of a cycle that closes in a state and leaves something.
    fn closing(
        &self,
        ended: &OpenCycle,
        state: CycleState,
        left: LeftOver,
        at: Timestamp,
    ) -> Closing {
        let operators = self.accounts.list().len();
        let carried = self.nets_of(&left.carried);
        let claimed = left.claims.by_operator(operators);
        let nets = ended.nets();
        let mut cycle = ended.cycle().clone();
        // The row of the closing follows those of the positions, of which there are as many.
        cycle.row = self.chain.row + operators as u64 + 1;
        cycle.state = state;
        cycle.closed_at = Some(at);
        let numbered = cycle.positions.iter_mut().zip(self.accounts.list()).enumerate();
        for (place, (position, account)) in numbered {
            position.carried = carried[place];
            position.claimed = claimed[place];
            // Nothing of a net is lost: what neither is carried nor became a claim settles.
            position.settled = nets[place] - position.carried - position.claimed;
            position.carried_to = state.carries().then(|| ended.cycle().id.next());
            // The account looks for the lowest position of the open cycle; a frozen one kept its
            // own.
            if ended.cycle().state == CycleState::Open {
                position.peak_net_debit = account.peak_net_debit;
            }
            let balance = account.settlement_asset(self.settings.regime);
            position.balance_after = balance + position.settled;
        }
        Closing { cycle, left }
    }

    /// Carries what does not settle of the largest set in queue order that leaves nobody short.
    fn carry_what_waits(&self, ended: &OpenCycle) -> LeftOver {
        let settles = partial_net(&self.covers(), &self.obligations(ended));
        LeftOver { carried: waiting(ended, &settles), ..LeftOver::default() }
    }

    /// Takes all out that is owed to and by those who are short; it becomes claims.
    fn unwind_shorts(&self, ended: &OpenCycle) -> LeftOver {
        let Unwinding { settles, rounds, .. } = unwind(&self.covers(), &self.obligations(ended));
        let unwound = waiting(ended, &settles);
        let mut claims = Claims::default();
        let mut unpaid = Vec::with_capacity(unwound.len());
        for slot in &unwound {
            let leg = self.leg(*slot);
            let sum = leg.amount.position();
            claims.add(leg.creditor, leg.debtor, sum);
            unpaid.push(sum);
        }
        LeftOver::with_claims(ended, claims, (unwound, unpaid), Detail::Rounds(rounds))
    }

    /// Lets the others pay what is short, for claims on those who are; `None` when they cannot.
    fn share_losses(&self, ended: &OpenCycle) -> Option<LeftOver> {
        let shared = loss_sharing(&self.covers(), &self.obligations(ended));
        if shared.settles.contains(&false) {
            return None;
        }
        let mut claims = Claims::default();
        for payment in shared.paid {
            let (holder, on) = (payment.by, payment.for_defaulter);
            claims.add(OperatorNumber::at(holder), OperatorNumber::at(on), payment.amount);
        }
        let detail = Detail::Contributions(shared.contributions);
        Some(LeftOver::with_claims(ended, claims, Default::default(), detail))
    }

    /// Lets those who are short pay all they have, in proportion; the rest becomes claims on them.
    fn pay_pro_rata(&self, ended: &OpenCycle) -> LeftOver {
        let endowments: Vec<_> =
            // Whoever is below zero has nothing to pay with; that debt is one to the central bank.
            self.covers().into_iter().map(|cover| cover.max(Position::ZERO)).collect();
        let obligations = self.obligations(ended);
        let paid = pro_rata(&endowments, &obligations);
        let mut claims = Claims::default();
        for unpaid in &paid.unpaid {
            let (holder, on) = (unpaid.creditor, unpaid.debtor);
            claims.add(OperatorNumber::at(holder), OperatorNumber::at(on), unpaid.amount);
        }
        let defaulted = paid.vector.rounds.concat();
        let settles: Vec<_> =
            obligations.iter().map(|obligation| !defaulted.contains(&obligation.debtor)).collect();
        let unsettled = waiting(ended, &settles);
        let obligations: Vec<_> =
            unsettled.iter().map(|slot| self.leg(*slot).obligation()).collect();
        let unpaid = unpaid_parts(&obligations, &paid.unpaid);
        LeftOver::with_claims(ended, claims, (unsettled, unpaid), Detail::Cleared(paid.vector))
    }

    fn nets_of(&self, members: &[LegSlot]) -> ByOperator<Position> {
        let mut nets = ByOperator::filled(self.accounts.list().len(), Position::ZERO);
        for slot in members {
            let leg = self.leg(*slot);
            nets[leg.debtor] -= leg.amount;
            nets[leg.creditor] += leg.amount;
        }
        nets
    }

    fn covers(&self) -> Vec<Position> {
        self.accounts.covers(&self.settings)
    }

    fn obligations(&self, ended: &OpenCycle) -> Vec<Obligation> {
        ended.members().iter().map(|slot| self.leg(*slot).obligation()).collect()
    }

    /// A leg of a transfer.
    ///
    /// # Panics
    ///
    /// When the transfer has fewer.
    pub(super) fn leg(&self, slot: LegSlot) -> Leg {
        let mut legs = self.transfers[slot.transfer()].legs();
        let leg = legs.nth(slot.leg());
        leg.unwrap_or_else(|| panic!("a cycle has {slot:?}, which its transfer lacks"))
    }
}

impl LeftOver {
    fn with_claims(
        ended: &OpenCycle,
        claims: Claims,
        (unsettled, unpaid): (Vec<LegSlot>, Vec<Position>),
        detail: Detail,
    ) -> Self {
        let of_cycle = claims.in_order().collect();
        let default =
            CycleDefault { cycle: ended.cycle().id, unsettled, unpaid, claims: of_cycle, detail };
        Self { carried: Vec::new(), claims, default: Some(default) }
    }
}

/// What each of some obligations lacks when pairs of operators leave unpaid sums: the same part of
/// every obligation of a pair, in whole fen that add up to the sum.
fn unpaid_parts(obligations: &[Obligation], unpaid: &[Unpaid]) -> Vec<Position> {
    let mut owed: BTreeMap<(usize, usize), i128> = BTreeMap::new();
    for obligation in obligations {
        *owed.entry((obligation.debtor, obligation.creditor)).or_default() +=
            i128::from(obligation.amount.fen());
    }
    let sums = unpaid.iter().map(|one| ((one.debtor, one.creditor), i128::from(one.amount.fen())));
    let sums: BTreeMap<_, _> = sums.collect();
    let mut before: BTreeMap<(usize, usize), i128> = BTreeMap::new();
    let part = |obligation: &Obligation| {
        let pair = (obligation.debtor, obligation.creditor);
        let (sum, owed) = (sums.get(&pair).copied().unwrap_or_default(), owed[&pair].max(1));
        let begun = before.entry(pair).or_default();
        let until = *begun + i128::from(obligation.amount.fen());
        // The difference of two rounded running sums: whatever is rounded away from one part comes
        // with the next, so that the parts make the sum to the fen.
        let fen = sum * until / owed - sum * *begun / owed;
        *begun = until;
        Position::from_fen(i64::try_from(fen).unwrap_or(i64::MAX))
    };
    obligations.iter().map(part).collect()
}

/// Nothing settles: everything is carried.
fn carry_all(ended: &OpenCycle) -> LeftOver {
    LeftOver { carried: ended.members().to_vec(), ..LeftOver::default() }
}

/// The members of a cycle that do not settle.
fn waiting(ended: &OpenCycle, settles: &[bool]) -> Vec<LegSlot> {
    let waits = ended.members().iter().zip(settles).filter(|(_, settles)| !**settles);
    waits.map(|(slot, _)| *slot).collect()
}
