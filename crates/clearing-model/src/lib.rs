//! The payment protocol as an explicit-state model, checked exhaustively for small bounds.

mod action;
mod bank;
mod central;
mod config;
mod graph;
mod ids;
mod ledger;
mod local;
mod model;
mod operator;
mod property;
mod rule;
mod state;
mod step;
mod suite;
mod wire;

pub use action::{Action, Place, Role};
pub use bank::{Bank, Outcome, Row, Standing};
pub use config::{Budget, Config, Excess, OPERATORS, PAYMENTS, Plan};
pub use graph::Graph;
pub use ids::Ids;
pub use ledger::Ledger;
pub use operator::{Inbound, Operator};
pub use property::{Event, Law};
pub use rule::{Rule, Rules};
pub use state::{Link, Seen, State};
pub use wire::{Sent, ToBank, ToOperator, Wire};
