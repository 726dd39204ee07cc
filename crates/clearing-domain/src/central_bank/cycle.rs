//! Cycles: the obligations between two cut-offs, and what each operator nets to.

use crate::money::{Amount, CycleId, Position, Timestamp, Total};
use crate::seal::Canonical;
use crate::slots::Slots;

/// Where a cycle stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CycleState {
    /// Collects obligations.
    Open = 1,
    /// Closed; everything settled.
    Settled = 2,
    /// Closed; a part settled and the rest was carried to the next cycle.
    PartlySettled = 3,
    /// Closed; nothing settled and everything was carried to the next cycle.
    Carried = 4,
    /// Closed; what those who were short owed and were owed became claims, the rest settled.
    Unwound = 5,
    /// Closed; everything settled, and what was short was paid by others, who claim it.
    LossShared = 6,
    /// Past its cut-off; collects nothing any more and waits for money. Never stored.
    Frozen = 7,
    /// Closed; those who were short paid all they had pro rata, what they did not pay became
    /// claims.
    ProRata = 8,
}

/// A cycle with the position of every operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The number of the row in the ledger; 0 while it is open.
    pub row: u64,
    /// Its number.
    pub id: CycleId,
    /// When the cycle before it closed.
    pub opened_at: Timestamp,
    /// When it closed; zero while it is open.
    pub closed_at: Timestamp,
    /// Where it stands.
    pub state: CycleState,
    /// How many payments were cleared in it.
    pub payments: u64,
    /// Their value.
    pub gross: Position,
    /// The positions by the operators' numbers in the roster.
    pub positions: Vec<CyclePosition>,
}

/// What an operator sent and received in a cycle, and how that settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CyclePosition {
    /// The value of payments cleared in the cycle that its wallets sent.
    pub sent: Position,
    /// The value of payments cleared in the cycle that its wallets received.
    pub received: Position,
    /// Received minus sent; positive is a net credit.
    pub net: Position,
    /// The net of obligations carried into the cycle from the one before.
    pub brought: Position,
    /// What moved on the settlement account; with `carried` and `claimed` it makes `net` and
    /// `brought`.
    pub settled: Position,
    /// What was carried to the next cycle because someone was short.
    pub carried: Position,
    /// What left settlement as claims on other operators; negative is owed to them.
    pub claimed: Position,
    /// The cycle it was carried to; `None` when nothing was carried.
    pub carried_to: Option<CycleId>,
    /// The most the operator owed during the cycle.
    pub peak_net_debit: Amount,
    /// The settlement account after the settlement.
    pub balance_after: Position,
}

/// The open cycle with its obligations.
#[derive(Clone, Debug)]
pub(super) struct OpenCycle {
    pub(super) cycle: Cycle,
    /// Slots of its transfers in the order they were cleared, the carried ones first.
    pub(super) members: Slots<usize, u32>,
    /// Their value.
    pub(super) owed: Total,
}

impl CycleState {
    /// The state of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        [
            Self::Open,
            Self::Settled,
            Self::PartlySettled,
            Self::Carried,
            Self::Unwound,
            Self::LossShared,
            Self::Frozen,
            Self::ProRata,
        ]
        .into_iter()
        .find(|state| *state as u8 == number)
    }
}

impl OpenCycle {
    pub(super) fn new(id: CycleId, opened_at: Timestamp, operators: usize) -> Self {
        let positions = vec![CyclePosition::default(); operators];
        Self {
            cycle: Cycle {
                row: 0,
                id,
                opened_at,
                closed_at: Timestamp::ZERO,
                state: CycleState::Open,
                payments: 0,
                gross: Position::ZERO,
                positions,
            },
            members: Slots::new(),
            owed: Total::ZERO,
        }
    }

    /// Whether nothing is owed in it.
    pub(super) fn is_idle(&self) -> bool {
        self.members.is_empty()
    }

    /// What each operator has to receive or pay, carried obligations included.
    pub(super) fn nets(&self) -> Vec<Position> {
        self.cycle.positions.iter().map(|position| position.net + position.brought).collect()
    }

    /// Puts what is carried in, and its value, before what was cleared since.
    pub(super) fn put_first(&mut self, carried: Vec<u32>, value: Total) {
        self.owed += value;
        if !carried.is_empty() {
            let cleared = std::mem::take(&mut self.members);
            self.members = carried.into_iter().chain(cleared.iter().copied()).collect();
        }
    }

    /// Adds an obligation to the running nets.
    pub(super) fn add(&mut self, slot: u32, payer: u16, payee: u16, amount: Amount) {
        self.members.push(slot);
        self.owed += amount;
        self.cycle.payments += 1;
        self.cycle.gross += amount;
        let sender = &mut self.cycle.positions[usize::from(payer)];
        sender.sent += amount;
        sender.net -= amount;
        let receiver = &mut self.cycle.positions[usize::from(payee)];
        receiver.received += amount;
        receiver.net += amount;
    }
}

impl Canonical for Cycle {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.push(5);
        bytes.extend(self.row.to_le_bytes());
        bytes.extend(self.id.number().to_le_bytes());
        bytes.extend(self.opened_at.ms().to_le_bytes());
        bytes.extend(self.closed_at.ms().to_le_bytes());
        bytes.push(self.state as u8);
        bytes.extend(self.payments.to_le_bytes());
        bytes.extend(self.gross.fen().to_le_bytes());
        for position in &self.positions {
            let CyclePosition {
                sent,
                received,
                net,
                brought,
                settled,
                carried,
                claimed,
                balance_after,
                ..
            } = *position;
            for sum in [sent, received, net, brought, settled, carried, claimed, balance_after] {
                bytes.extend(sum.fen().to_le_bytes());
            }
            bytes.extend(CycleId::number_or_zero(position.carried_to).to_le_bytes());
            bytes.extend(position.peak_net_debit.fen().to_le_bytes());
        }
    }
}
