//! How a cycle closes: what of it settles, what is carried on, and which claims arise.

use std::collections::BTreeMap;

use crate::Regime;
use crate::money::{CycleId, Position, RequestId, Timestamp};
use crate::netting::{
    Detail, Obligation, Unpaid, Unwinding, all_covered, loss_sharing, partial_net, pro_rata, unwind,
};

use super::account::OperatorAccount;
use super::cycle::{Cycle, CycleState, OpenCycle};
use super::ledger::CentralBankLedger;
use super::operation::OperationKind;
use super::settings::Shortfall;

/// How a cycle will close: its final record, the obligations carried on, and the claims that arise.
pub(super) struct Closing {
    pub(super) cycle: Cycle,
    pub(super) left: LeftOver,
}

/// What of a cycle does not settle.
#[derive(Default)]
pub(super) struct LeftOver {
    /// Obligations that the next cycle takes over.
    pub(super) carried: Vec<u32>,
    /// Claims in the place of obligations.
    pub(super) claims: Claims,
    /// How it came to that; of cycles that leave claims.
    pub(super) default: Option<CycleDefault>,
}

/// How a cycle settled in which somebody did not pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleDefault {
    /// The cycle.
    pub cycle: CycleId,
    /// Payments whose obligations did not settle in full, as indexes of transfers.
    pub unsettled: Vec<u32>,
    /// What of each of those was not paid: all of it, or pro rata a part.
    pub unpaid: Vec<Position>,
    /// The claims that arose, netted between each two operators: whoever holds one bears the loss
    /// until it is paid.
    pub claims: Vec<Claim>,
    /// What the rule says besides; participants are operators by number.
    pub detail: Detail,
}

/// A claim between two operators, by their numbers in the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who owes it.
    pub debtor: u16,
    /// To whom.
    pub creditor: u16,
    /// How much, more than nothing.
    pub amount: Position,
}

/// What leaves settlement between two operators, by their numbers, the lower first: positive is a
/// claim of the lower on the higher.
pub(super) type Claims = BTreeMap<(u16, u16), Position>;

impl CentralBankLedger {
    /// Whether everybody can pay what it owes in a cycle.
    pub(super) fn is_covered(&self, open: &OpenCycle) -> bool {
        all_covered(&self.covers(), &open.nets())
    }

    /// Decides what of a cycle can settle.
    pub(super) fn closing_state(&self, open: &OpenCycle) -> CycleState {
        if self.is_covered(open) {
            return CycleState::Settled;
        }
        let covers = self.covers();
        match self.modes.shortfall {
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

    /// The record of a cycle closed in a state.
    pub(super) fn closing(&self, open: &OpenCycle, state: CycleState, at: Timestamp) -> Closing {
        let left = self.left_over(open, state);
        let carried_nets = self.nets_of(&left.carried);
        let claimed = claims_by_operator(&left.claims, self.accounts.len());
        let mut cycle = open.cycle.clone();
        (cycle.state, cycle.closed_at) = (state, at);
        let carries = matches!(state, CycleState::PartlySettled | CycleState::Carried);
        let carried_to = carries.then(|| cycle.id.next());
        let nets = open.nets();
        for (number, (position, account)) in
            cycle.positions.iter_mut().zip(&self.accounts).enumerate()
        {
            (position.carried, position.claimed) = (carried_nets[number], claimed[number]);
            position.settled = nets[number] - position.carried - position.claimed;
            position.carried_to = carried_to;
            if open.cycle.state == CycleState::Open {
                position.peak_net_debit = account.peak_net_debit;
            }
            position.balance_after =
                account.settlement_asset(self.settings.regime) + position.settled;
        }
        Closing { cycle, left }
    }

    /// What does not settle: the obligations carried, and the claims in place of others.
    fn left_over(&self, open: &OpenCycle, state: CycleState) -> LeftOver {
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
                let mut claims = Claims::new();
                for slot in &unwound {
                    let transfer = &self.transfers[*slot as usize];
                    claim(
                        &mut claims,
                        transfer.payee_operator,
                        transfer.payer_operator,
                        transfer.amount.position(),
                    );
                }
                let unpaid = unwound
                    .iter()
                    .map(|slot| self.transfers[*slot as usize].amount.position())
                    .collect();
                LeftOver::with_claims(open, claims, (unwound, unpaid), Detail::Rounds(rounds))
            }
            CycleState::LossShared => {
                let shared = loss_sharing(&self.covers(), &self.obligations(open));
                let mut claims = Claims::new();
                for payment in shared.paid {
                    claim(
                        &mut claims,
                        number(payment.by),
                        number(payment.for_defaulter),
                        payment.amount,
                    );
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
        let mut claims = Claims::new();
        for unpaid in &paid.unpaid {
            claim(&mut claims, number(unpaid.creditor), number(unpaid.debtor), unpaid.amount);
        }
        let defaulted = paid.vector.rounds.concat();
        let in_full = |obligation: &Obligation| !defaulted.contains(&obligation.debtor);
        let settles: Vec<_> = self.obligations(open).iter().map(in_full).collect();
        let unsettled = waiting(open, &settles);
        let obligations: Vec<_> =
            unsettled.iter().map(|slot| self.transfers[*slot as usize].obligation()).collect();
        let unsettled = (unsettled, unpaid_parts(&obligations, &paid.unpaid));
        LeftOver::with_claims(open, claims, unsettled, Detail::Cleared(paid.vector))
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

    /// Lends every operator what it is short of in a cycle: central-bank money, in the cash regime
    /// issued as e-CNY.
    pub(super) fn lend(&mut self, open: &OpenCycle, at: Timestamp) {
        let cycle = open.cycle.id;
        let nets = open.nets();
        let short = |(account, net): (&OperatorAccount, Position)| {
            -(account.cover(self.settings.regime) + net)
        };
        let shorts: Vec<_> = self.accounts.iter().zip(nets).map(short).collect();
        let is_short = |(_, short): &(&OperatorAccount, &Position)| **short > Position::ZERO;
        // Nothing is lent to one in default, so the cycle is carried; a loan to the others would
        // settle nothing.
        if self
            .accounts
            .iter()
            .zip(&shorts)
            .filter(is_short)
            .any(|(account, _)| self.is_in_default(account))
        {
            return;
        }
        for (operator, short) in (0..super::ledger::number_of(&self.accounts)).zip(shorts) {
            if short <= Position::ZERO {
                continue;
            }
            let code = self.accounts[usize::from(operator)].code;
            // A client's request id holds no space, so these are nobody else's.
            let request =
                |what: &str| RequestId::Text(format!("{what} at cycle {cycle} of {code}").into());
            let mut lent =
                self.operate(OperationKind::Lend, operator, short, &request("credit"), at);
            if lent.is_ok() && self.settings.regime == Regime::Cash {
                lent = self.operate(
                    OperationKind::Issue,
                    operator,
                    short,
                    &request("credit issued"),
                    at,
                );
            }
            if let Err(error) = lent {
                self.alarm(format!("{code} could not be lent {short} yuan: {error}"));
            }
        }
    }

    pub(super) fn covers(&self) -> Vec<Position> {
        self.accounts.iter().map(|account| account.cover(self.settings.regime)).collect()
    }

    fn obligations(&self, open: &OpenCycle) -> Vec<Obligation> {
        open.members.iter().map(|slot| self.transfers[*slot as usize].obligation()).collect()
    }
}

impl LeftOver {
    fn with_claims(
        open: &OpenCycle,
        claims: Claims,
        (unsettled, unpaid): (Vec<u32>, Vec<Position>),
        detail: Detail,
    ) -> Self {
        let of_cycle = claims_in_order(&claims).collect();
        let default =
            CycleDefault { cycle: open.cycle.id, unsettled, unpaid, claims: of_cycle, detail };
        Self { carried: Vec::new(), claims, default: Some(default) }
    }
}

/// Adds a claim of one operator on another.
pub(super) fn claim(claims: &mut Claims, holder: u16, on: u16, sum: Position) {
    let (pair, sum) = if holder < on { ((holder, on), sum) } else { ((on, holder), -sum) };
    let held = claims.entry(pair).or_default();
    *held += sum;
    if held.is_zero() {
        claims.remove(&pair);
    }
}

/// The claims by debtor and creditor.
pub(super) fn claims_in_order(claims: &Claims) -> impl Iterator<Item = Claim> + '_ {
    claims.iter().map(|((one, other), sum)| {
        let (debtor, creditor) =
            if *sum > Position::ZERO { (*other, *one) } else { (*one, *other) };
        Claim { debtor, creditor, amount: (*sum).max(-*sum) }
    })
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

/// The members of a cycle that do not settle.
fn waiting(open: &OpenCycle, settles: &[bool]) -> Vec<u32> {
    let waits = open.members.iter().zip(settles).filter(|(_, settles)| !**settles);
    waits.map(|(slot, _)| *slot).collect()
}
