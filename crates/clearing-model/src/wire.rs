//! What an operator and the central bank say to each other, and the wires between them.
//!
//! One message carries all that one commit of the sender releases to this peer, as
//! [`clearing_domain::link::OperatorMessage`] and [`clearing_domain::link::CentralBankMessage`] do.

use crate::ids::Ids;

/// From an operator to the central bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ToBank {
    /// The first message of a link.
    pub registration: bool,
    /// The settlement of the first cycle is applied; said with the registration.
    pub settled: bool,
    /// Deliveries accepted.
    pub accepted: Ids,
    /// Deliveries rejected.
    pub rejected: Ids,
    /// Payments to admit.
    pub instructions: Ids,
    /// Legs that the sponsor holds.
    pub funded: Ids,
    /// Legs that the sponsor will not give.
    pub declined: Ids,
    /// Outcomes durably applied.
    pub acknowledged: Ids,
    /// Payments to admit that name a known id but say something else.
    pub forged: Ids,
    /// Everything undecided has been sent again.
    pub resend_complete: bool,
}

/// From the central bank to an operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ToOperator {
    /// Answers a registration.
    pub roster: bool,
    /// For an operator with an old file: every payment of which it must have a record.
    pub known: Ids,
    /// Payments cleared, by cycle.
    pub cleared: [Ids; 2],
    /// Payments refused.
    pub refused: Ids,
    /// The settlement of the first cycle: what moves.
    pub settled: Option<i8>,
    /// Legs to hold.
    pub funds: Ids,
    /// Payments to decide.
    pub deliveries: Ids,
    /// Payments that expired: accepted already, or rejected now.
    pub revokes: Ids,
}

/// A message on a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sent<M> {
    /// What it says.
    pub message: M,
    /// Its number is one that was sent before.
    pub repeated: bool,
    /// The number before it was never sent, or is lost.
    pub after_gap: bool,
}

/// One connection of an operator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wire {
    /// Towards the central bank.
    pub to_bank: Vec<Sent<ToBank>>,
    /// Towards the operator.
    pub to_operator: Vec<Sent<ToOperator>>,
    /// The central bank has closed its end, or is gone.
    pub dead: bool,
}

impl<M> Sent<M> {
    /// A message in its order.
    pub const fn new(message: M) -> Self {
        Self { message, repeated: false, after_gap: false }
    }
}

impl ToBank {
    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl ToOperator {
    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes up the outcome of a payment.
    pub fn notice(&mut self, id: usize, outcome: crate::bank::Outcome) {
        match outcome {
            crate::bank::Outcome::Cleared(cycle) => self.cleared[cycle].insert(id),
            crate::bank::Outcome::Refused => self.refused.insert(id),
        }
    }
}
