//! How a cycle closes: what of it settles, what is carried on, and which claims arise.

use std::collections::BTreeMap;

use crate::Regime;
use crate::money::{Amount, ByOperator, OperatorNumber, Position, RequestId, Timestamp};
use crate::netting::{
    Detail, Obligation, Unpaid, Unwinding, all_covered, loss_sharing, partial_net, pro_rata, unwind,
};

use super::changes::EventKind;
use super::claims::{Claims, CycleDefault};
use super::cycle::{Cycle, CycleState, OpenCycle};
use super::cycles::LeftOver;
use super::ledger::CentralBankLedger;
use super::operation::Action;
use super::settlement_mode::Shortfall;
use super::transfer::TransferSlot;

impl CentralBankLedger {
    /// Whether everybody can pay what it owes in a cycle.
    pub(super) fn is_covered(&self, open: &OpenCycle) -> bool {
        all_covered(&self.accounts.covers(&self.settings), &open.nets())
    }

    /// Decides what of a cycle can settle.
    pub(super) fn closing_state(&self, open: &OpenCycle) -> CycleState {
        if self.is_covered(open) {
            return CycleState::Settled;
        }
        let covers = self.accounts.covers(&self.settings);
        match self.modes.shortfall() {
            Shortfall::AllOrNothing | Shortfall::CentralBankCredit => CycleState::Carried,
            Shortfall::PartialNet => {
                let settles = partial_net(&covers, &self.obligations(open));
                if settles.contains(&true) {
                    CycleState::PartlySettled
                } else {
                    CycleState::Carried
                }
            }
            Shortfall::Unwind => CycleState::Unwound,
            Shortfall::LossSharing => {
                let shared = loss_sharing(&covers, &self.obligations(open));
                if shared.settles.contains(&false) {
                    CycleState::Carried
                } else {
                    CycleState::LossShared
                }
            }
            Shortfall::ProRata => CycleState::ProRata,
        }
    }

    /// A cycle as it is when it closes in a state.
    pub(super) fn closing(&self, open: &OpenCycle, state: CycleState, at: Timestamp) -> Cycle {
        let left = self.left_over(open, state);
        let operators = self.accounts.list().len();
        let carried = self.nets_of(&left.carried);
        let claimed = left.claims.by_operator(operators);
        let (nets, mut cycle) = (open.nets(), open.cycle.clone());
        // The row of the closing follows those of the positions, of which there are as many.
        cycle.row = self.chain.row + operators as u64 + 1;
        cycle.state = state;
        cycle.closed_at = Some(at);
        let numbered = cycle.positions.iter_mut().zip(self.accounts.list()).enumerate();
        for (place, (position, account)) in numbered {
            position.carried = carried[place];
            position.claimed = claimed[place];
            position.settled = nets[place] - position.carried - position.claimed;
            position.carried_to = state.carries().then(|| open.cycle.id.next());
            if open.cycle.state == CycleState::Open {
                position.peak_net_debit = account.peak_net_debit;
            }
            let balance = account.settlement_asset(self.settings.regime);
            position.balance_after = balance + position.settled;
        }
        cycle
    }

    /// What does not settle: the obligations carried, and the claims in place of others.
    pub(super) fn left_over(&self, open: &OpenCycle, state: CycleState) -> LeftOver {
        match state {
            CycleState::Open | CycleState::Frozen | CycleState::Settled => LeftOver::default(),
            CycleState::Carried => {
                LeftOver { carried: open.members.to_vec(), ..LeftOver::default() }
            }
            CycleState::PartlySettled => {
                let settles = partial_net(&self.covers(), &self.obligations(open));
                let carried = waiting(open, &settles);
                LeftOver { carried, ..LeftOver::default() }
            }
            CycleState::Unwound => {
                let Unwinding { settles, rounds, .. } =
                    unwind(&self.covers(), &self.obligations(open));
                let unwound = waiting(open, &settles);
                let mut claims = Claims::default();
                let mut unpaid = Vec::with_capacity(unwound.len());
                for slot in &unwound {
                    let transfer = &self.transfers[*slot];
                    let sum = transfer.amount.position();
                    claims.add(transfer.payee_operator, transfer.payer_operator, sum);
                    unpaid.push(sum);
                }
                LeftOver::with_claims(open, claims, (unwound, unpaid), Detail::Rounds(rounds))
            }
            CycleState::LossShared => {
                let shared = loss_sharing(&self.covers(), &self.obligations(open));
                let mut claims = Claims::default();
                for payment in shared.paid {
                    let (holder, on) = (payment.by, payment.for_defaulter);
                    claims.add(OperatorNumber::at(holder), OperatorNumber::at(on), payment.amount);
                }
                LeftOver::with_claims(
                    open,
                    claims,
                    Default::default(),
                    Detail::Contributions(shared.contributions),
                )
            }
            CycleState::ProRata => self.paid_in_part(open),
        }
    }

    /// What is left when defaulters pay their creditors in proportion.
    fn paid_in_part(&self, open: &OpenCycle) -> LeftOver {
        let endowments: Vec<_> =
            self.covers().into_iter().map(|cover| cover.max(Position::ZERO)).collect();
        let paid = pro_rata(&endowments, &self.obligations(open));
        let mut claims = Claims::default();
        for unpaid in &paid.unpaid {
            let (holder, on) = (unpaid.creditor, unpaid.debtor);
            claims.add(OperatorNumber::at(holder), OperatorNumber::at(on), unpaid.amount);
        }
        let defaulted = paid.vector.rounds.concat();
        let in_full = |obligation: &Obligation| !defaulted.contains(&obligation.debtor);
        let settles: Vec<_> = self.obligations(open).iter().map(in_full).collect();
        let unsettled = waiting(open, &settles);
        let obligations: Vec<_> =
            unsettled.iter().map(|slot| self.transfers[*slot].obligation()).collect();
        let unsettled = (unsettled, unpaid_parts(&obligations, &paid.unpaid));
        LeftOver::with_claims(open, claims, unsettled, Detail::Cleared(paid.vector))
    }

    fn nets_of(&self, members: &[TransferSlot]) -> ByOperator<Position> {
        let mut nets = ByOperator::filled(self.accounts.list().len(), Position::ZERO);
        for slot in members {
            let transfer = &self.transfers[*slot];
            nets[transfer.payer_operator] -= transfer.amount;
            nets[transfer.payee_operator] += transfer.amount;
        }
        nets
    }

    /// Lends every operator what it is short of in the cycle that closes next: central-bank money,
    /// in the cash regime issued as e-CNY.
    pub(super) fn lend(&mut self, at: Timestamp) {
        let Some(ended) = self.cycles.next_to_close() else { return };
        let cycle = ended.cycle.id;
        let covers = self.covers().into_iter().zip(ended.nets());
        let shorts: ByOperator<_> =
            covers.map(|(cover, net)| Amount::from_sum(-(cover + net))).collect();
        let shorts: Vec<_> = shorts
            .numbered()
            .filter_map(|(operator, short)| Some((operator, (*short)?)))
            .filter(|(_, short)| *short > Amount::ZERO)
            .collect();
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

    fn covers(&self) -> Vec<Position> {
        self.accounts.covers(&self.settings)
    }

    fn obligations(&self, open: &OpenCycle) -> Vec<Obligation> {
        open.members.iter().map(|slot| self.transfers[*slot].obligation()).collect()
    }
}

impl LeftOver {
    fn with_claims(
        open: &OpenCycle,
        claims: Claims,
        (unsettled, unpaid): (Vec<TransferSlot>, Vec<Position>),
        detail: Detail,
    ) -> Self {
        let of_cycle = claims.in_order().collect();
        let default =
            CycleDefault { cycle: open.cycle.id, unsettled, unpaid, claims: of_cycle, detail };
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
        let fen = sum * until / owed - sum * *begun / owed;
        *begun = until;
        Position::from_fen(i64::try_from(fen).unwrap_or(i64::MAX))
    };
    obligations.iter().map(part).collect()
}

/// The members of a cycle that do not settle.
fn waiting(open: &OpenCycle, settles: &[bool]) -> Vec<TransferSlot> {
    let waits = open.members.iter().zip(settles).filter(|(_, settles)| !**settles);
    waits.map(|(slot, _)| *slot).collect()
}
