//! Prepaid contracts: what is locked in a wallet is paid lesson by lesson, or given back.
//!
//! This is a model of its own, of the file of the payer's operator: what is between the operators
//! is that of a payment, which the first model has. Here the central bank has only what it was
//! instructed, and decides it at any moment. Merchants ask over a relay that may repeat and lose
//! questions; the payer releases, disputes, spends and takes back; the contract expires, its
//! merchant is suspended, and the process dies with or without the loss of what it had not synced.
//!
//! The id of a payment follows from lesson and attempt, so that a release which a crash has taken
//! is instructed again under the same id.

mod choice;
mod law;
mod state;
mod step;

use stateright::{Model, Property};

pub use choice::Action;
pub use law::{Event, Law};
pub use state::{ATTEMPTS, Book, LESSONS, Lesson, OPENING, Phase, State, Told, Transfer};

/// A rule of contracts, which can be turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The payment of a lesson is instructed after the commit of its release.
    InstructAfterCommit,
    /// A client is answered after the commit of what it asked for.
    ReplyAfterCommit,
    /// A lesson whose payment is on its way or final is not paid again.
    OnePaymentAtATime,
    /// What is locked pays lessons alone.
    LockPaysLessonsAlone,
    /// What comes back after the end of a contract is the payer's own.
    NoLockAfterTheEnd,
    /// A lesson that is disputed is no longer asked for.
    DisputeEndsRequest,
    /// A merchant that is suspended is paid nothing, whatever it has asked for before.
    SuspensionStopsReleases,
}

/// A configuration of the model of contracts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name.
    pub name: &'static str,
    /// How many questions of the merchant arrive, repeats included.
    pub questions: u8,
    /// How many times the process dies.
    pub crashes: u8,
    /// How many times the merchant is suspended or goes on.
    pub suspensions: u8,
    /// The rule that is turned off.
    pub without: Option<Rule>,
}

impl Config {
    /// A contract of two lessons.
    pub fn contract() -> Self {
        Self { name: "prepaid contract", questions: 3, crashes: 2, suspensions: 2, without: None }
    }

    /// Whether a rule is in force.
    pub(crate) fn has(&self, rule: Rule) -> bool {
        self.without != Some(rule)
    }
}

impl Model for Config {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(self)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        choice::list(self, state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        step::apply(self, &mut next, action);
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(Law::MoneyKept.name(), |_, state| Law::MoneyKept.holds(state)),
            Property::always(Law::PaidOnce.name(), |_, state| Law::PaidOnce.holds(state)),
            Property::always(Law::PaidIsDebited.name(), |_, state| Law::PaidIsDebited.holds(state)),
            Property::always(Law::LockIsWhole.name(), |_, state| Law::LockIsWhole.holds(state)),
            Property::always(Law::EndLocksNothing.name(), |_, state| {
                Law::EndLocksNothing.holds(state)
            }),
            Property::always(Law::DisputeHolds.name(), |_, state| Law::DisputeHolds.holds(state)),
            Property::always(Law::SuspensionHolds.name(), |_, state| {
                Law::SuspensionHolds.holds(state)
            }),
            Property::always(Law::PromisesKept.name(), |_, state| Law::PromisesKept.holds(state)),
            Property::sometimes(Event::Completes.name(), |_, state| {
                Event::Completes.happened(state)
            }),
            Property::sometimes(Event::PaidAndGivenBack.name(), |_, state| {
                Event::PaidAndGivenBack.happened(state)
            }),
            Property::sometimes(Event::PaidAtTheSecondAttempt.name(), |_, state| {
                Event::PaidAtTheSecondAttempt.happened(state)
            }),
        ]
    }
}
