//! Transfers into the operator's wallets, as kept in memory.

use crate::Reason;
use crate::money::{Amount, CycleId, PaymentId, Timestamp};

use super::facts::{Decided, Delivered, End};
use super::payment::Ended;
use super::rows::{InboundRow, OutcomeRow};
use super::slot::WalletSlot;
use super::state::InboundState;

/// A transfer into a wallet of this operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// The number of the row in the ledger.
    pub row: u64,
    /// The payment.
    pub id: PaymentId,
    /// What was delivered; nothing when a revoke came before any delivery.
    pub delivered: Option<Delivered>,
    /// The slot of the wallet that is credited, or that room is held in; a refused one has none.
    pub wallet: Option<WalletSlot>,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// Where it stands.
    pub state: InboundState,
    /// Why it was rejected.
    pub reason: Option<Reason>,
    /// The cycle it was cleared in.
    pub cycle: Option<CycleId>,
    /// Whether it was accepted with room held for the money, not credited at once.
    pub held: bool,
    /// The outcome, when it came after the decision.
    ended: Option<Ended>,
}

impl Inbound {
    /// A transfer as its row says, into a wallet in a slot.
    pub fn new(row: &InboundRow, wallet: Option<WalletSlot>) -> Self {
        let (state, reason) = match row.decided {
            Decided::Accepted => (InboundState::Accepted, None),
            Decided::Held => (InboundState::Held, None),
            Decided::Rejected { reason } => (InboundState::Rejected, Some(reason)),
        };
        Self {
            row: row.row,
            id: row.id,
            delivered: row.delivered.clone(),
            wallet,
            decided_at: row.decided_at,
            state,
            reason,
            cycle: None,
            held: row.decided == Decided::Held,
            ended: None,
        }
    }

    /// Ends an accepted transfer.
    pub fn end(&mut self, outcome: &OutcomeRow) {
        match outcome.end {
            End::Cleared { cycle } => {
                self.state = InboundState::Final;
                self.cycle = cycle;
            }
            End::Refused { reason } => {
                self.state = InboundState::Rejected;
                self.reason = Some(reason);
            }
        }
        self.ended = Ended::by(outcome);
    }

    /// How much; zero when it was never delivered.
    pub fn amount(&self) -> Amount {
        self.delivered.as_ref().map_or(Amount::ZERO, |delivered| delivered.amount)
    }

    /// What was decided, whatever came later.
    pub fn decided(&self) -> Decided {
        match self.reason {
            Some(reason) if self.ended.is_none() => Decided::Rejected { reason },
            _ if self.held => Decided::Held,
            _ => Decided::Accepted,
        }
    }

    /// When it ended after it was accepted.
    pub fn finished_at(&self) -> Option<Timestamp> {
        self.ended.map(Ended::at)
    }

    /// Whether a wallet was credited.
    pub fn is_credited(&self) -> bool {
        matches!(self.state, InboundState::Accepted | InboundState::Final)
    }

    /// The row that was appended for it. The file gets this row, and the hash
    /// covers the one appended: both must be the same, whatever came later.
    pub fn as_row(&self) -> InboundRow {
        let Self { row, id, decided_at, .. } = *self;
        let delivered = self.delivered.clone();
        InboundRow { row, id, delivered, decided_at, decided: self.decided() }
    }

    /// The row of its outcome, once there is one.
    pub fn outcome(&self) -> Option<OutcomeRow> {
        let end = self
            .reason
            .map_or(End::Cleared { cycle: self.cycle }, |reason| End::Refused { reason });
        self.ended.map(|ended| ended.as_row(self.row, end))
    }
}
