//! The witnesses: each side of a link keeps how far the other said its ledger is, so that an older
//! file is refused.
//!
//! This is a model of its own, because it needs what the payments do not, batches with heads, and
//! nothing of what they need. Whatever a file holds that nobody else has a record of is an *act*: a
//! payment inside an operator, or administration at the central bank. Batches without rows stand
//! for everything else.
//!
//! An operator tells (batch, head) with every message of a link after its registration, and once a
//! second when it appended rows of which it did not tell; the central bank likewise. A registration
//! says how far the ledger is and what it heard; the central bank compares, and in its answer says
//! what it heard of the operator, which compares before anything else leaves. A process that is
//! refused may be started again with the same file.
//!
//! The ledgers are led along walks of this model, too, but for an old file of an operator: its
//! registrations are fenced until their numbers are new, which the model leaves out and the
//! schedules of `clearing-domain` have.
//!
//! Not modelled: that the central bank stops when two operators doubt it, numbers that a peer makes
//! up, and an operator that serves from an old file without a link, which nothing prevents.

mod book;
mod choice;
mod config;
mod law;
mod state;
mod step;

use stateright::{Model, Property};

pub use book::{Book, OPERATORS, Witness};
pub use choice::Action;
pub use config::{Budget, Config};
pub use law::{Event, Law};
pub use state::{BANK, Kind, Seen, State, ToBank, ToOperator, Wire};

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
            Property::always(Law::OldOperatorIsRefused.name(), |config, state| {
                Law::OldOperatorIsRefused.holds(config, state)
            }),
            Property::always(Law::OldCentralBankIsRefused.name(), |config, state| {
                Law::OldCentralBankIsRefused.holds(config, state)
            }),
            Property::always(Law::HealthyIsNeverRefused.name(), |config, state| {
                Law::HealthyIsNeverRefused.holds(config, state)
            }),
            Property::always(Law::NoAlarm.name(), |config, state| {
                Law::NoAlarm.holds(config, state)
            }),
            Property::always(Law::LinkGoesOn.name(), |config, state| {
                Law::LinkGoesOn.holds(config, state)
            }),
            Property::always(Law::EverythingIsTold.name(), |config, state| {
                Law::EverythingIsTold.holds(config, state)
            }),
            Property::always(Law::PromisesKept.name(), |config, state| {
                Law::PromisesKept.holds(config, state)
            }),
            Property::sometimes(Event::Told.name(), |config, state| {
                Event::Told.happened(config, state)
            }),
            Property::sometimes(Event::Refused.name(), |config, state| {
                Event::Refused.happened(config, state)
            }),
        ]
    }
}
