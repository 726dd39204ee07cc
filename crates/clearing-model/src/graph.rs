//! Whether every payment can end, from every state that can be reached.
//!
//! `eventually` of a checker that merges states does not see cycles. This explores the whole graph
//! and walks it backwards from the states at rest, along steps that are neither faults nor new
//! work.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use stateright::Model;

use crate::Config;
use crate::action::Action;
use crate::property::is_at_rest;
use crate::state::State;

/// The states of a configuration and the steps between them.
pub struct Graph {
    /// From where each state was first reached, and by which of the actions there.
    parents: Vec<(u32, u32)>,
    at_rest: Vec<u32>,
    /// Steps by which things take their course, from the second to the first.
    backwards: Vec<(u32, u32)>,
}

impl Graph {
    /// Explores everything.
    pub fn explore(config: &Config) -> Self {
        let mut graph = Self { parents: vec![(0, 0)], at_rest: Vec::new(), backwards: Vec::new() };
        let first = State::new(config);
        let mut numbers = HashMap::from([(fingerprint(&first), 0)]);
        let mut layer = vec![(0, first)];
        let mut actions = Vec::new();
        while !layer.is_empty() {
            let mut next_layer = Vec::new();
            for (from, state) in layer {
                if is_at_rest(config, &state) {
                    graph.at_rest.push(from);
                }
                config.actions(&state, &mut actions);
                for (index, action) in (0..).zip(actions.drain(..)) {
                    let Some(next) = config.next_state(&state, action) else { continue };
                    let count = graph.parents.len() as u32;
                    let to = *numbers.entry(fingerprint(&next)).or_insert(count);
                    if !Action::is_disturbance(&action) {
                        graph.backwards.push((to, from));
                    }
                    if to == count {
                        graph.parents.push((from, index));
                        next_layer.push((to, next));
                    }
                }
            }
            layer = next_layer;
        }
        graph
    }

    /// How many states there are.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether there is no state, which cannot be.
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// The shortest way to a state from which some payment can never end.
    pub fn first_stuck(mut self, config: &Config) -> Option<Vec<Action>> {
        self.backwards.sort_unstable();
        let mut ends = vec![false; self.parents.len()];
        let mut waiting = std::mem::take(&mut self.at_rest);
        waiting.iter().for_each(|state| ends[*state as usize] = true);
        while let Some(state) = waiting.pop() {
            let start = self.backwards.partition_point(|(to, _)| *to < state);
            for (_, from) in self.backwards[start..].iter().take_while(|(to, _)| *to == state) {
                if !std::mem::replace(&mut ends[*from as usize], true) {
                    waiting.push(*from);
                }
            }
        }
        // States are numbered in the order of their distance.
        ends.iter().position(|ends| !ends).map(|stuck| self.way_to(config, stuck))
    }

    fn way_to(&self, config: &Config, state: usize) -> Vec<Action> {
        let mut indexes = Vec::new();
        let mut at = state;
        while at != 0 {
            let (from, index) = self.parents[at];
            indexes.push(index);
            at = from as usize;
        }
        let mut state = State::new(config);
        let mut follow = |index: u32| {
            let mut actions = Vec::new();
            config.actions(&state, &mut actions);
            let action = actions[index as usize];
            state = config.next_state(&state, action).unwrap_or_else(|| state.clone());
            action
        };
        indexes.into_iter().rev().map(&mut follow).collect()
    }
}

fn fingerprint(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}
