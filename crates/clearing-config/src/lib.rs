//! The configuration of a cluster: the `[cluster]` table of an experiment or a file of its own.
//!
//! A table is declared once, by `table!`: name, type, default, unit, range and meaning of each key
//! give what reads it, what is listed of it, and what is refused. Experiments and sweeps declare
//! theirs by it, too.

mod choice;
mod cluster;
mod error;
mod hours;
mod identifier;
mod keys;
mod mode;
mod raw;
mod reserved;
mod roster;
mod table;
mod transport;
mod validate;
mod values;

pub use cluster::{ClusterConfig, OPERATORS_MAX, OperatorConfig, PARTICIPANTS_MAX};
pub use error::ConfigError;
pub use identifier::{IDENTIFIER_CHARACTERS_MAX, check_identifier};
pub use keys::{CLUSTER_KEYS, EXPERIMENT_KEYS, Key, check_keys, parse_table, read_value};
pub use mode::{ModeKeys, ModeNames, QUEUE_ALGORITHMS};
pub use table::{Bounded, Declared, Described, keys_of};
pub use transport::TransportLimits;
pub use validate::within;
pub use values::Yuan;

#[cfg(test)]
mod tests;
