//! The configuration as a model of the checker.

use stateright::{Model, Property};

use crate::action::Action;
use crate::choice;
use crate::config::Config;
use crate::property::{Event, Law};
use crate::state::State;
use crate::step;

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
            Property::always(Law::NoAlarm.name(), |config, state| {
                Law::NoAlarm.holds(config, state)
            }),
            Property::always(Law::LegalStates.name(), |config, state| {
                Law::LegalStates.holds(config, state)
            }),
            Property::always(Law::BooksBalance.name(), |config, state| {
                Law::BooksBalance.holds(config, state)
            }),
            Property::always(Law::MoneyConserved.name(), |config, state| {
                Law::MoneyConserved.holds(config, state)
            }),
            Property::always(Law::NoCapOverrun.name(), |config, state| {
                Law::NoCapOverrun.holds(config, state)
            }),
            Property::always(Law::NoSettlementShort.name(), |config, state| {
                Law::NoSettlementShort.holds(config, state)
            }),
            Property::always(Law::DecidedOnce.name(), |config, state| {
                Law::DecidedOnce.holds(config, state)
            }),
            Property::always(Law::ClearedOnce.name(), |config, state| {
                Law::ClearedOnce.holds(config, state)
            }),
            Property::always(Law::NeverCreditedAndReturned.name(), |config, state| {
                Law::NeverCreditedAndReturned.holds(config, state)
            }),
            Property::always(Law::PromisesKept.name(), |config, state| {
                Law::PromisesKept.holds(config, state)
            }),
            Property::sometimes(Event::Completes.name(), |config, state| {
                Event::Completes.happened(config, state)
            }),
            Property::sometimes(Event::Returns.name(), |config, state| {
                Event::Returns.happened(config, state)
            }),
        ]
    }
}
