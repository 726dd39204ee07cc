//! What must hold in every state.

mod legal;

use clearing_domain::central_bank::TransferState as Bank;
use clearing_domain::operator::{InboundState, PaymentState as Payer};

use crate::bank::Outcome;
use crate::config::{Config, OPERATORS};
use crate::operator::{Inbound, Operator};
use crate::state::State;
use legal::{is_legal, is_legal_leg};

/// A property of every state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// No process notices what cannot be.
    NoAlarm,
    /// The durable states of a payment are legal, and so are those in memory.
    LegalStates,
    /// `held view + position view + uncleared = wallets + in transit` in each ledger.
    BooksBalance,
    /// The equation across ledgers, and the central bank's own sums.
    MoneyConserved,
    /// Cleared, unsettled and admitted payments stay within the cap.
    NoCapOverrun,
    /// What is held and the position together are never below zero.
    NoSettlementShort,
    /// The central bank never hears two decisions.
    DecidedOnce,
    /// Nothing clears twice.
    ClearedOnce,
    /// Nothing is both credited and returned.
    NeverCreditedAndReturned,
    /// A payment whose id a client has is on record.
    PromisesKept,
}

impl Law {
    /// Every law.
    pub const ALL: [Self; 10] = [
        Self::NoAlarm,
        Self::LegalStates,
        Self::BooksBalance,
        Self::MoneyConserved,
        Self::NoCapOverrun,
        Self::NoSettlementShort,
        Self::DecidedOnce,
        Self::ClearedOnce,
        Self::NeverCreditedAndReturned,
        Self::PromisesKept,
    ];

    /// The law in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoAlarm => "no alarm",
            Self::LegalStates => "the durable states of every payment are legal",
            Self::BooksBalance => "every operator's books balance",
            Self::MoneyConserved => "money is conserved across ledgers",
            Self::NoCapOverrun => "no cap is overrun",
            Self::NoSettlementShort => "no settlement goes short",
            Self::DecidedOnce => "every payment is decided once",
            Self::ClearedOnce => "every payment clears once",
            Self::NeverCreditedAndReturned => "nothing is credited and returned",
            Self::PromisesKept => "no payment is lost that a client has the id of",
        }
    }

    /// Whether it holds in a state.
    pub fn holds(self, config: &Config, state: &State) -> bool {
        let views = [View::live(state), View::disk(state)];
        let operators = || 0..config.operators;
        match self {
            Self::NoAlarm => !state.seen.alarm,
            Self::LegalStates => {
                views.iter().all(|view| config.ids().all(|id| view.is_legal(config, state, id)))
            }
            Self::BooksBalance => views
                .iter()
                .all(|view| operators().all(|number| view.operators[number].is_balanced())),
            Self::MoneyConserved => is_conserved(config, state),
            Self::NoCapOverrun => operators().all(|operator| keeps_cap(config, state, operator)),
            Self::NoSettlementShort => {
                let bank = &state.bank.live;
                operators().all(|operator| bank.held[operator] + bank.unsettled(operator) >= 0)
            }
            Self::DecidedOnce => {
                state.bank.live.accepted.intersection(state.bank.live.rejected).is_empty()
            }
            Self::ClearedOnce => state.seen.cleared_again.is_empty(),
            Self::NeverCreditedAndReturned => views
                .iter()
                .all(|view| config.ids().all(|id| !view.is_credited_and_returned(config, id))),
            Self::PromisesKept => state.seen.promised.iter().all(|id| {
                let ledger = &state.operators[config.plans[id].payer].live;
                ledger.behind || ledger.payments[id].is_some()
            }),
        }
    }
}

/// What some run must come to, lest a law hold because nothing ever happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// All payments submitted are at rest, and one is COMPLETED.
    Completes,
    /// All payments submitted are at rest, and one is RETURNED.
    Returns,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 2] = [Self::Completes, Self::Returns];

    /// The event in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completes => "a payment completes",
            Self::Returns => "a payment returns",
        }
    }

    /// Whether it has come.
    pub fn happened(self, config: &Config, state: &State) -> bool {
        let end = match self {
            Self::Completes => Payer::Completed,
            Self::Returns => Payer::Returned,
        };
        let ended =
            |id: usize| state.operators[config.plans[id].payer].live.payments[id] == Some(end);
        is_at_rest(config, state) && config.ids().any(ended)
    }
}

/// The ledgers in memory, or as a crash of everybody would leave them.
struct View {
    operators: [Operator; OPERATORS],
    bank: crate::bank::Bank,
}

impl View {
    fn live(state: &State) -> Self {
        Self { operators: state.operators.map(|ledger| ledger.live), bank: state.bank.live }
    }

    fn disk(state: &State) -> Self {
        Self { operators: state.operators.map(|ledger| ledger.disk), bank: state.bank.disk }
    }

    fn is_legal(&self, config: &Config, state: &State, id: usize) -> bool {
        let plan = config.plans[id];
        let part = |operator: usize| self.operators[operator];
        if [Some(plan.payer), Some(plan.payee), plan.sponsor]
            .iter()
            .flatten()
            .any(|who| part(*who).behind)
        {
            return true;
        }
        let standing = match self.bank.rows[id].map(|row| row.standing) {
            None if state.seen.forgotten.contains(id) => Some(Bank::Cleared),
            standing => standing,
        };
        let (payer, payee) = (part(plan.payer).payments[id], part(plan.payee).inbound[id]);
        let sponsor = plan.sponsor.map(|sponsor| part(sponsor).payments[id]);
        is_legal(config, payer, standing, payee)
            && sponsor.is_none_or(|leg| is_legal_leg(standing, payee, leg))
    }

    fn is_credited_and_returned(&self, config: &Config, id: usize) -> bool {
        let plan = config.plans[id];
        let credited = matches!(
            self.operators[plan.payee].inbound[id],
            Some(Inbound::Is(InboundState::Accepted | InboundState::Final))
        );
        let returned =
            |operator: usize| self.operators[operator].payments[id] == Some(Payer::Returned);
        credited && (returned(plan.payer) || plan.sponsor.is_some_and(returned))
    }
}

/// `held + position + (uncleared - cleared but untold inflow) = wallets + (in transit - cleared but
/// untold outflow)` for each operator, and the central bank's sums.
fn is_conserved(config: &Config, state: &State) -> bool {
    let bank = &state.bank.live;
    let sums = bank.position.iter().all(|cycle| cycle.iter().sum::<i8>() == 0)
        && bank.held.iter().sum::<i8>() == config.opening.iter().sum::<i8>();
    sums && (0..config.operators).all(|operator| {
        let ledger = &state.operators[operator].live;
        let untold = untold(config, state, operator);
        ledger.behind
            || bank.held[operator] + bank.unsettled(operator) + ledger.uncleared - untold.inflow
                == ledger.wallets + ledger.in_transit - untold.outflow
    })
}

struct Untold {
    inflow: i8,
    outflow: i8,
}

fn untold(config: &Config, state: &State, operator: usize) -> Untold {
    let mut untold = Untold { inflow: 0, outflow: 0 };
    let ledger = &state.operators[operator].live;
    for (id, plan) in config.plans.iter().enumerate() {
        let outcome = state.bank.live.rows[id].and_then(|row| row.outcome());
        if !matches!(outcome, Some(Outcome::Cleared(_))) {
            continue;
        }
        if plan.debits(operator) && ledger.payments[id] == Some(Payer::InTransit) {
            untold.outflow += 1;
        }
        let waits = matches!(
            ledger.inbound[id],
            Some(Inbound::Is(InboundState::Held) | Inbound::Is(InboundState::Accepted))
        );
        if plan.payee == operator && waits {
            untold.inflow += plan.total();
        }
    }
    untold
}

/// Queued payments count only when they are admitted; released together they count together.
fn keeps_cap(config: &Config, state: &State, operator: usize) -> bool {
    let bank = &state.bank.live;
    let together = config.excess == crate::config::Excess::Offset;
    let admitted = if together { 0 } else { bank.outstanding(config, operator) };
    config.caps[operator].is_none_or(|cap| cap + bank.unsettled(operator) - admitted >= 0)
}

/// Whether nothing is in flight: every payment that was submitted has ended in every ledger.
pub(crate) fn is_at_rest(config: &Config, state: &State) -> bool {
    let ended = |operator: usize| {
        let ledger = &state.operators[operator].live;
        let paid = ledger.payments.iter().all(|payment| *payment != Some(Payer::InTransit));
        let waits = |inbound: &Option<Inbound>| {
            matches!(
                inbound,
                Some(Inbound::Is(InboundState::Held) | Inbound::Is(InboundState::Accepted))
            )
        };
        paid && !ledger.behind && !ledger.inbound.iter().any(waits)
    };
    let rows = state.bank.live.rows.iter().flatten();
    rows.copied().all(|row| row.outcome().is_some()) && (0..config.operators).all(ended)
}
