//! The payment protocol as an explicit-state model, checked exhaustively for small bounds.
//!
//! The model has the payer's operator, the central bank and the payee's operator, the sponsor of a
//! payment with two legs, the wires between them and everything that goes wrong: a link breaks
//! while messages are on their way, of which those to the central bank may still arrive; a process
//! dies, with or without the loss of what it had not synced; messages come again or are lost inside
//! a link; a payment expires, is revoked, the day ends, a cycle closes; a file is replaced by an
//! old copy. It shares its names with `clearing-domain`: [`State`] is made of the ledgers' own
//! `PaymentState`, `TransferState`, `InboundState` and `LinkPhase`; a leg that a sponsor holds stands
//! where a payment does, and [`Inbound`] knows more than the code.
//!
//! A [`Config`] bounds a run: its payments, caps and how many faults of each kind it may see. It is
//! a `stateright` model, whose checker proves every [`Law`] in every state that can be reached.
//! That every payment can end from each of them, without another fault, [`Graph`] proves, because a
//! checker that merges states does not see cycles. A [`Rule`] of the protocol can be turned off,
//! and the checker then finds a way to break a law.
//!
//! A step takes one command: apply it, commit if something leaves that must not be lost, release. A
//! crash between commit and release is a crash after it, because the broken link loses what was
//! released; batches of several commands are several steps of which a crash may take the last ones.
//!
//! The tests hold the ledgers of `clearing-domain` against the model: random walks through the
//! model are taken by the ledgers, too, which must agree in memory, on disk, on the wires and in
//! money. They run the small bounds in about a minute of one processor. Larger ones:
//!
//! ```text
//! CLEARING_MODEL_DEEPER=1 cargo nextest run -p clearing-model --no-capture
//! ```
//!
//! adds another crash, break, repeat and loss to each configuration that has one. Half of them then
//! take seconds; the others want long and much memory, so name the tests you want. With
//! `--no-capture` every test also prints its states or the counterexample it found.
//!
//! [`witness`] is a second model, of old files: what each side of a link keeps of the other's
//! ledger.
//!
//! [`prepaid`] is a third one, of prepaid contracts: what is locked in a wallet and paid lesson by
//! lesson.
//!
//! [`card`] is a fourth one, of offline vouchers: the issuer of a card decides on each counter once.
//!
//! Not modelled: issue and withdrawal, gross settlement, the deposit regime, lockstep, exclusion of
//! an operator, ids that two operators use, more than one link that is still
//! in flight.

mod action;
mod bank;
pub mod card;
mod central;
mod choice;
mod config;
mod graph;
mod ids;
mod ledger;
mod local;
mod model;
mod operator;
pub mod prepaid;
mod property;
mod rule;
mod state;
mod step;
mod suite;
mod wire;
pub mod witness;

pub use action::{Action, Place, Role};
pub use bank::{Bank, Outcome, Row};
pub use config::{Budget, Config, Excess, OPERATORS, PAYMENTS, Plan};
pub use graph::Graph;
pub use ids::Ids;
pub use ledger::Ledger;
pub use operator::{Inbound, Operator};
pub use property::{Event, Law};
pub use rule::{Rule, Rules};
pub use state::{Link, Seen, State};
pub use wire::{Sent, ToBank, ToOperator, Wire};
