//! What must hold in every state, and what must happen in some.

use clearing_domain::operator::LinkPhase;

use super::config::Config;
use super::state::{BANK, State, Wire};
use crate::rule::Rule;
use crate::state::Link;

/// A property of every state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// An operator that lost what it told the central bank of does not serve on a link.
    OldOperatorIsRefused,
    /// A central bank that lost what it told an operator of has no link with it.
    OldCentralBankIsRefused,
    /// No file is refused that nobody replaced.
    HealthyIsNeverRefused,
    /// Nobody hears two heads of one batch.
    NoAlarm,
    /// A link comes up, or its operator dials again: none waits for what nobody will send.
    LinkGoesOn,
    /// What was acknowledged is told when a link has come to rest.
    EverythingIsTold,
    /// What was acknowledged outlasts crashes.
    PromisesKept,
}

impl Law {
    /// Every law.
    pub const ALL: [Self; 7] = [
        Self::OldOperatorIsRefused,
        Self::OldCentralBankIsRefused,
        Self::HealthyIsNeverRefused,
        Self::NoAlarm,
        Self::LinkGoesOn,
        Self::EverythingIsTold,
        Self::PromisesKept,
    ];

    /// The law in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OldOperatorIsRefused => {
                "an operator that lost what it told of does not serve on a link"
            }
            Self::OldCentralBankIsRefused => "a central bank that lost what it told of has no link",
            Self::HealthyIsNeverRefused => "a healthy file is never refused",
            Self::NoAlarm => "nobody hears two heads of one batch",
            Self::LinkGoesOn => "no link waits for ever",
            Self::EverythingIsTold => "what was acknowledged is told",
            Self::PromisesKept => "what was acknowledged outlasts crashes",
        }
    }

    /// Whether it holds in a state.
    pub fn holds(self, config: &Config, state: &State) -> bool {
        let mut operators = 0..config.operators;
        let bank = &state.books[BANK].live;
        match self {
            Self::OldOperatorIsRefused => operators.all(|operator| {
                let lost = bank.heard[operator].acts.without(state.books[operator].live.acts);
                lost.is_empty() || !state.is_linked(operator)
            }),
            Self::OldCentralBankIsRefused => operators.all(|operator| {
                let lost = state.books[operator].live.heard[0].acts.without(bank.acts);
                lost.is_empty() || !state.is_linked(operator)
            }),
            Self::HealthyIsNeverRefused => !state.seen.refused_healthy,
            Self::NoAlarm => !state.seen.alarm,
            Self::LinkGoesOn => operators.all(|operator| goes_on(&state.wires[operator])),
            Self::EverythingIsTold => operators
                .all(|operator| !is_quiet(config, state, operator) || is_told(state, operator)),
            Self::PromisesKept => config.parties().all(|party| {
                let lost = state.seen.acknowledged[party].without(state.books[party].live.acts);
                lost.is_empty() || state.seen.restored.contains(party)
            }),
        }
    }
}

/// Whether an operator may dial, or something is on its way, or the link is up on both sides.
fn goes_on(wire: &Wire) -> bool {
    let may_dial = wire.phase == LinkPhase::Down || wire.dead;
    let is_busy = !wire.to_bank.is_empty() || !wire.to_operator.is_empty();
    may_dial || is_busy || (wire.phase == LinkPhase::Up && wire.link == Link::Ready && wire.meets)
}

/// Whether a link is up and nothing is on it. What the rule of telling still has to say counts as
/// on it.
fn is_quiet(config: &Config, state: &State, operator: usize) -> bool {
    let wire = &state.wires[operator];
    let empty = wire.to_bank.is_empty() && wire.to_operator.is_empty();
    let news = state.has_news(operator, operator) || state.has_news(BANK, operator);
    state.is_linked(operator)
        && wire.link == Link::Ready
        && empty
        && !(news && config.has(Rule::TellEverySecond))
}

fn is_told(state: &State, operator: usize) -> bool {
    let (own, bank) = (&state.books[operator].live, &state.books[BANK].live);
    own.acts.without(bank.heard[operator].acts).is_empty()
        && bank.acts.without(own.heard[0].acts).is_empty()
}

/// What some run must come to, lest a law hold because nothing ever happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A link is up and everything told.
    Told,
    /// An old file is refused.
    Refused,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 2] = [Self::Told, Self::Refused];

    /// The event in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Told => "a link is up and everything told",
            Self::Refused => "an old file is refused",
        }
    }

    /// Whether it has come; without old files none is refused.
    pub fn happened(self, config: &Config, state: &State) -> bool {
        let acknowledged = state.seen.acknowledged.iter().any(|acts| !acts.is_empty());
        match self {
            Self::Told => {
                (0..config.operators)
                    .any(|operator| is_quiet(config, state, operator) && is_told(state, operator))
                    && acknowledged
            }
            Self::Refused => state.seen.refused_old || config.budget.restores == 0,
        }
    }
}
