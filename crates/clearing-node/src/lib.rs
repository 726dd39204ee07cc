//! The parts that every server shares: the folder and file of a ledger, the ledger loop, the
//! transport and telemetry.

pub mod clock;
pub mod crash;
pub mod data_dir;
pub mod dial;
pub mod error;
pub mod events;
pub mod hub;
pub mod key_file;
pub mod ledger;
pub mod node_service;
pub mod private;
pub mod process;
pub mod reflection;
pub mod refusals;
pub mod secret;
pub mod serve;
pub mod store;
pub mod telemetry;
pub mod transport;
pub mod watching;
pub mod witness;

pub use error::{NodeError, ProgramError};
