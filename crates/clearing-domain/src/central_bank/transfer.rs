//! Transfers: the interbank legs of payments, and the events that move them on.

use super::mode::Manner;
use crate::Reason;
use crate::link::{Advice, AdviceEvent, Delivery, Instruction, Outcome};
use crate::money::{Amount, CycleId, PaymentId, RequestKey, Timestamp, WalletNumber};
use crate::netting::Priority;
use crate::reason::reason_number;
use crate::seal::Canonical;

/// Where a transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TransferState {
    /// Counts against the payer's operator; the payee's has no link to be asked over.
    Admitted = 1,
    /// Only the payee's operator can end it.
    Delivered = 2,
    /// Accepted by the payee's operator; waits for cover.
    Queued = 5,
    /// Final: an obligation between the operators.
    Cleared = 3,
    /// Final: refused.
    Refused = 4,
}

/// The interbank leg of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The number of the row in the ledger.
    pub row: u64,
    /// The payment.
    pub id: PaymentId,
    /// Finds the payer's request again.
    pub request_key: RequestKey,
    /// The wallet debited.
    pub payer: WalletNumber,
    /// The wallet to credit.
    pub payee: WalletNumber,
    /// The number of the payer's operator in the roster.
    pub payer_operator: u16,
    /// The number of the payee's operator in the roster.
    pub payee_operator: u16,
    /// How much.
    pub amount: Amount,
    /// When the payer submitted it.
    pub submitted_at: Timestamp,
    /// When it may no longer be accepted.
    pub expires_at: Timestamp,
    /// When the central bank admitted or refused it.
    pub admitted_at: Timestamp,
    /// The state its row was appended with.
    pub initial_state: TransferState,
    /// Where it stands.
    pub state: TransferState,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// The cycle it was cleared in; `None` when it settled by itself.
    pub cycle: Option<CycleId>,
    /// When the payee's operator decided.
    pub decided_at: Timestamp,
    /// When it was cleared or refused.
    pub finished_at: Timestamp,
    /// The row of its delivery, when that came after the row of the transfer; 0 otherwise.
    pub delivered_row: u64,
    /// When the payee's operator was first asked, when that came after the admission.
    pub delivered_at: Timestamp,
    /// The row of its outcome, when that came after the row of the transfer; 0 otherwise.
    pub outcome_row: u64,
    /// How it came to wait for cover, if it ever did.
    pub queued: Option<Box<QueueEntry>>,
    /// How it settles: by the settlement mode at its admission, which its row follows.
    pub manner: Manner,
}

/// A transfer's place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    /// The number of the row that queued it: the order of arrival.
    pub row: u64,
    /// When it was queued.
    pub at: Timestamp,
    /// When the payee's operator accepted it.
    pub decided_at: Timestamp,
    /// Its level.
    pub priority: Priority,
}

/// What moved a transfer on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TransferEventKind {
    /// The payee's operator is asked.
    Delivered = 1,
    /// It became an obligation.
    Cleared = 2,
    /// It was refused after its admission.
    Refused = 3,
    /// The payee's operator accepted it; it waits for cover.
    Queued = 4,
    /// Its level in the queue was changed.
    Prioritised = 5,
}

/// An event of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferEvent {
    /// The number of the row in the ledger.
    pub row: u64,
    /// The row of the transfer.
    pub of: u64,
    /// What happened.
    pub kind: TransferEventKind,
    /// Why, when refused.
    pub reason: Option<Reason>,
    /// The cycle, when cleared in one.
    pub cycle: Option<CycleId>,
    /// When the payee's operator decided; zero without a decision.
    pub decided_at: Timestamp,
    /// When the central bank recorded it.
    pub at: Timestamp,
    /// The new level, when it was changed; normal otherwise.
    pub priority: Priority,
}

/// An advice to an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdviceRow {
    /// The number of the row in the ledger.
    pub row: u64,
    /// The number of the operator in the roster.
    pub operator: u16,
    /// What it is told.
    pub advice: Advice,
}

impl TransferState {
    /// The state of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Admitted, Self::Delivered, Self::Cleared, Self::Refused, Self::Queued]
            .into_iter()
            .find(|state| *state as u8 == number)
    }

    /// Whether nothing will change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Cleared | Self::Refused)
    }
}

impl TransferState {
    /// Whether the payee's operator, or a refusal before it, has decided: nothing can expire any
    /// more.
    pub const fn is_decided(self) -> bool {
        self.is_final() || matches!(self, Self::Queued)
    }
}

impl TransferEventKind {
    /// The kind of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Delivered, Self::Cleared, Self::Refused, Self::Queued, Self::Prioritised]
            .into_iter()
            .find(|kind| *kind as u8 == number)
    }
}

impl TransferEvent {
    /// Whether it carries nothing that its kind does not have, which would be lost and covered by
    /// no seal.
    pub(super) fn has_only_its_parts(&self) -> bool {
        let has = |kinds: &[TransferEventKind]| kinds.contains(&self.kind);
        let decided =
            [TransferEventKind::Cleared, TransferEventKind::Refused, TransferEventKind::Queued];
        (self.reason.is_none() || has(&[TransferEventKind::Refused]))
            && (self.cycle.is_none() || has(&[TransferEventKind::Cleared]))
            && (self.decided_at == Timestamp::ZERO || has(&decided))
            && (self.priority == Priority::Normal || has(&[TransferEventKind::Prioritised]))
    }
}

impl Transfer {
    /// Whether an instruction says the same as the one that made this transfer.
    pub(super) fn matches(&self, instruction: &Instruction) -> bool {
        (self.payer, self.payee, self.amount, self.request_key)
            == (instruction.payer, instruction.payee, instruction.amount, instruction.request_key)
    }

    /// What the payee's operator is asked.
    pub(super) fn delivery(&self, hold: bool) -> Delivery {
        Delivery {
            id: self.id,
            payer: self.payer,
            payee: self.payee,
            amount: self.amount,
            submitted_at: self.submitted_at,
            expires_at: self.expires_at,
            hold,
        }
    }

    /// What its operators are told; nothing while it is not decided.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            TransferState::Queued => Some(Outcome::Queued),
            TransferState::Admitted | TransferState::Delivered => None,
            TransferState::Cleared => Some(Outcome::Cleared(self.cycle)),
            TransferState::Refused => {
                Some(Outcome::Refused(self.reason.unwrap_or(Reason::Internal)))
            }
        }
    }

    /// The reason its row was appended with.
    pub fn initial_reason(&self) -> Option<Reason> {
        self.reason.filter(|_| self.initial_state == TransferState::Refused)
    }

    /// The event rows appended after the row of the transfer, in order, but for changes of its
    /// priority.
    pub fn events(&self) -> impl Iterator<Item = TransferEvent> + use<> {
        let event = TransferEvent {
            row: 0,
            of: self.row,
            kind: TransferEventKind::Delivered,
            reason: None,
            cycle: None,
            decided_at: Timestamp::ZERO,
            at: self.delivered_at,
            priority: Priority::Normal,
        };
        let delivered =
            (self.delivered_row != 0).then_some(TransferEvent { row: self.delivered_row, ..event });
        let queued = self.queued.as_ref().map(|entry| TransferEvent {
            row: entry.row,
            kind: TransferEventKind::Queued,
            decided_at: entry.decided_at,
            at: entry.at,
            ..event
        });
        let kind = match self.state {
            TransferState::Cleared => TransferEventKind::Cleared,
            TransferState::Admitted
            | TransferState::Delivered
            | TransferState::Queued
            | TransferState::Refused => TransferEventKind::Refused,
        };
        let (reason, cycle) = (self.reason, self.cycle);
        let (decided_at, at) = (self.decided_at, self.finished_at);
        let outcome =
            TransferEvent { row: self.outcome_row, kind, reason, cycle, decided_at, at, ..event };
        delivered.into_iter().chain(queued).chain((self.outcome_row != 0).then_some(outcome))
    }
}

impl Canonical for Transfer {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.push(1);
        bytes.extend(self.row.to_le_bytes());
        bytes.extend(self.id.0);
        bytes.extend(self.request_key.0);
        bytes.extend(self.payer.as_u64().to_le_bytes());
        bytes.extend(self.payee.as_u64().to_le_bytes());
        bytes.extend(self.amount.fen().to_le_bytes());
        bytes.extend(self.submitted_at.ms().to_le_bytes());
        bytes.extend(self.expires_at.ms().to_le_bytes());
        bytes.extend(self.admitted_at.ms().to_le_bytes());
        bytes.extend([self.initial_state as u8, reason_number(self.initial_reason())]);
    }
}

impl Canonical for TransferEvent {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.push(2);
        bytes.extend(self.row.to_le_bytes());
        bytes.extend(self.of.to_le_bytes());
        bytes.extend([self.kind as u8, reason_number(self.reason)]);
        bytes.extend(CycleId::number_or_zero(self.cycle).to_le_bytes());
        bytes.extend(self.decided_at.ms().to_le_bytes());
        bytes.extend(self.at.ms().to_le_bytes());
        bytes.push(self.priority.level());
    }
}

impl Canonical for AdviceRow {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.push(3);
        bytes.extend(self.row.to_le_bytes());
        bytes.extend(self.operator.to_le_bytes());
        bytes.extend(self.advice.number.to_le_bytes());
        let (kind, operation, sums, cycles) = self.advice.event.parts();
        bytes.push(kind);
        bytes.extend(operation.0);
        sums.iter().for_each(|sum| bytes.extend(sum.fen().to_le_bytes()));
        cycles.iter().for_each(|cycle| bytes.extend(CycleId::number_or_zero(*cycle).to_le_bytes()));
    }
}

impl AdviceRow {
    /// Whether it tells of the settlement of a cycle.
    pub fn is_settlement(&self) -> bool {
        matches!(self.advice.event, AdviceEvent::Settled { .. })
    }
}
