//! Whether every payment can end, from every state that can be reached.
//!
//! `eventually` of a checker that merges states does not see cycles. This explores the whole graph
//! and walks it backwards from the states at rest, along steps that are neither faults nor new work.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use stateright::Model;

use crate::Config;
use crate::action::Action;
use crate::property::is_at_rest;
use crate::state::State;

/// The states of a configuration and the steps between them.
pub struct Graph {
    /// Where each state was first reached from: its depth.
    depths: Vec<u32>,
    at_rest: Vec<u32>,
    /// Steps by which things take their course, from the second to the first.
    backwards: Vec<(u32, u32)>,
}

impl Graph {
    /// Explores everything.
    pub fn explore(config: &Config) -> Self {
        let mut graph = Self { depths: vec![0], at_rest: Vec::new(), backwards: Vec::new() };
        let first = State::new(config);
        let mut numbers = HashMap::from([(fingerprint(&first), 0)]);
        let (mut layer, mut depth) = (vec![(0, first)], 0);
        let mut actions = Vec::new();
        while !layer.is_empty() {
            depth += 1;
            let mut next_layer = Vec::new();
            for (from, state) in layer {
                if is_at_rest(config, &state) {
                    graph.at_rest.push(from);
                }
                config.actions(&state, &mut actions);
                for action in actions.drain(..) {
                    let Some(next) = config.next_state(&state, action) else { continue };
                    let count = graph.depths.len() as u32;
                    let to = *numbers.entry(fingerprint(&next)).or_insert(count);
                    if !Action::is_disturbance(&action) {
                        graph.backwards.push((to, from));
                    }
                    if to == count {
                        graph.depths.push(depth);
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
        self.depths.len()
    }

    /// Whether there is no state, which cannot be.
    pub fn is_empty(&self) -> bool {
        self.depths.is_empty()
    }

    /// How many steps lead to the nearest state from which some payment can never end.
    pub fn first_stuck(mut self) -> Option<u32> {
        self.backwards.sort_unstable();
        let mut ends = vec![false; self.depths.len()];
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
        let stuck = self.depths.iter().zip(ends).filter(|(_, ends)| !ends);
        stuck.map(|(depth, _)| *depth).min()
    }
}

fn fingerprint(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}
