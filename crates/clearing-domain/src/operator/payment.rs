//! The operator's records: payments of its wallets, transfers into them, and wallet events.

use crate::Reason;
use crate::money::{Amount, CycleId, PaymentId, RequestId, Timestamp, WalletNumber};
use crate::reason::reason_number;
use crate::seal::Canonical;

use super::content::ContentMark;
use super::slot::WalletSlot;

/// Where a payment stands at the payer's operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PaymentState {
    /// Debited from the payer; the outcome is not known yet.
    InTransit = 1,
    /// Final: the payee has the money.
    Completed = 2,
    /// Final: refused before any money left the wallet.
    Rejected = 3,
    /// Final: refused after the debit; the funds are back.
    Returned = 4,
}

/// Where a transfer into a wallet stands at the payee's operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum InboundState {
    /// Credited to the payee, not yet told cleared.
    Accepted = 1,
    /// Final: refused; nothing was credited.
    Rejected = 2,
    /// Final: credited and cleared.
    Final = 3,
    /// Accepted with room for the money, which comes when the payment settles.
    Held = 4,
}

/// A payer's order and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The number of the row in the ledger.
    pub row: u64,
    /// Its identity across the system.
    pub id: PaymentId,
    /// The payer's name for the request.
    pub request_id: RequestId,
    /// The slot of the wallet debited.
    pub payer: WalletSlot,
    /// The wallet to credit.
    pub payee: WalletNumber,
    /// How much.
    pub amount: Amount,
    /// When the payer submitted it.
    pub submitted_at: Timestamp,
    /// When it may no longer be accepted.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub state: PaymentState,
    /// Why it was rejected or returned.
    pub reason: Option<Reason>,
    /// The cycle it was cleared in.
    pub cycle: Option<CycleId>,
    /// Whether it waits for cover at the central bank.
    pub queued: bool,
    /// When it became final.
    pub finished_at: Timestamp,
    /// The row of the outcome, when it came after the row of the payment.
    pub outcome_row: u64,
    /// The mark of the alias that the payee was given by.
    pub alias: Option<ContentMark>,
    /// It was made before marks were kept: whether its payee was given by an alias is not known.
    pub before_marks: bool,
    /// A text of the payer.
    pub remark: Option<Box<str>>,
}

/// A transfer into a wallet of this operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// The number of the row in the ledger.
    pub row: u64,
    /// The payment.
    pub id: PaymentId,
    /// The wallet debited; `None` when a revoke came before any delivery.
    pub payer: Option<WalletNumber>,
    /// The wallet to credit; `None` when a revoke came before any delivery.
    pub payee: Option<WalletNumber>,
    /// The slot of the wallet that is credited, or that room is held in; a refused one has none.
    pub wallet: Option<WalletSlot>,
    /// How much.
    pub amount: Amount,
    /// When the payer submitted it.
    pub submitted_at: Timestamp,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// Where it stands.
    pub state: InboundState,
    /// Why it was rejected.
    pub reason: Option<Reason>,
    /// The cycle it was cleared in.
    pub cycle: Option<CycleId>,
    /// When it became final.
    pub finished_at: Timestamp,
    /// The row of the outcome, when it came after the row of the transfer.
    pub outcome_row: u64,
    /// Whether it was accepted with room held for the money, not credited at once.
    pub held: bool,
}

/// What happened to a wallet other than payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WalletEventKind {
    /// It was opened.
    Opened = 1,
    /// Bank money was exchanged into it.
    ExchangedOut = 2,
    /// It was exchanged back into bank money.
    ExchangedBack = 3,
    /// It was frozen.
    Frozen = 4,
    /// It was made receive-only.
    MadeReceiveOnly = 5,
    /// It was made normal again.
    Unfrozen = 6,
    /// Its class changed.
    Upgraded = 7,
    /// It was closed.
    Closed = 8,
    /// The directory has given up the aliases of the closed wallet.
    AliasesGivenUp = 9,
}

/// An event of a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletEvent {
    /// The number of the row in the ledger.
    pub row: u64,
    /// The slot of the wallet.
    pub wallet: WalletSlot,
    /// What happened.
    pub kind: WalletEventKind,
    /// How much moved, for exchanges.
    pub amount: Amount,
    /// The class after the event.
    pub class: u8,
    /// The client's name for the request, if it gave one.
    pub request_id: Option<RequestId>,
    /// The mark of what the client sent, of openings under a request id.
    pub content: Option<ContentMark>,
    /// When.
    pub at: Timestamp,
}

/// The outcome of an earlier payment or transfer, a row of its own because rows never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeRow {
    /// The number of the row in the ledger.
    pub row: u64,
    /// The row of the payment or transfer.
    pub of: u64,
    /// `None` when cleared.
    pub reason: Option<Reason>,
    /// The cycle when cleared.
    pub cycle: Option<CycleId>,
    /// When the central bank recorded it.
    pub at: Timestamp,
}

impl WalletEventKind {
    /// The kind of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        [
            Self::Opened,
            Self::ExchangedOut,
            Self::ExchangedBack,
            Self::Frozen,
            Self::MadeReceiveOnly,
            Self::Unfrozen,
            Self::Upgraded,
            Self::Closed,
            Self::AliasesGivenUp,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == number)
    }
}

impl PaymentState {
    /// The state of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::InTransit, Self::Completed, Self::Rejected, Self::Returned]
            .into_iter()
            .find(|state| *state as u8 == number)
    }

    /// Whether nothing will change any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::InTransit)
    }
}

impl InboundState {
    /// The state of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Accepted, Self::Rejected, Self::Final, Self::Held]
            .into_iter()
            .find(|state| *state as u8 == number)
    }
}

impl InboundState {
    /// Whether nothing will change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Rejected | Self::Final)
    }
}

impl Payment {
    /// The state its row was appended with.
    pub fn initial_state(&self) -> PaymentState {
        if self.outcome_row == 0 { self.state } else { PaymentState::InTransit }
    }

    /// The reason its row was appended with.
    pub fn initial_reason(&self) -> Option<Reason> {
        if self.outcome_row == 0 { self.reason } else { None }
    }

    /// The outcome row, once there is one.
    pub fn outcome(&self) -> Option<OutcomeRow> {
        (self.outcome_row != 0).then_some(OutcomeRow {
            row: self.outcome_row,
            of: self.row,
            reason: self.reason,
            cycle: self.cycle,
            at: self.finished_at,
        })
    }
}

impl Inbound {
    /// The state its row was appended with.
    pub fn initial_state(&self) -> InboundState {
        match (self.outcome_row, self.held) {
            (0, _) => self.state,
            (_, true) => InboundState::Held,
            (_, false) => InboundState::Accepted,
        }
    }

    /// The reason its row was appended with.
    pub fn initial_reason(&self) -> Option<Reason> {
        if self.outcome_row == 0 { self.reason } else { None }
    }

    /// The outcome row, once there is one.
    pub fn outcome(&self) -> Option<OutcomeRow> {
        (self.outcome_row != 0).then_some(OutcomeRow {
            row: self.outcome_row,
            of: self.row,
            reason: self.reason,
            cycle: self.cycle,
            at: self.finished_at,
        })
    }

    /// Whether a wallet was credited.
    pub fn is_credited(&self) -> bool {
        matches!(self.state, InboundState::Accepted | InboundState::Final)
    }
}

/// The row of a payment as appended, with the number of the payer's wallet.
#[derive(Debug)]
pub struct PaymentRow<'a> {
    /// The record.
    pub payment: &'a Payment,
    /// The wallet debited.
    pub payer: WalletNumber,
}

/// The row of a wallet event, with the number of the wallet.
#[derive(Debug)]
pub struct WalletEventRow<'a> {
    /// The record.
    pub event: &'a WalletEvent,
    /// The wallet.
    pub wallet: WalletNumber,
}

impl Canonical for PaymentRow<'_> {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        let payment = self.payment;
        bytes.push(1);
        bytes.extend(payment.row.to_le_bytes());
        bytes.extend(payment.id.0);
        bytes.extend(self.payer.as_u64().to_le_bytes());
        bytes.extend(payment.payee.as_u64().to_le_bytes());
        bytes.extend(payment.amount.fen().to_le_bytes());
        bytes.extend(payment.submitted_at.ms().to_le_bytes());
        bytes.extend(payment.expires_at.ms().to_le_bytes());
        bytes.extend([payment.initial_state() as u8, reason_number(payment.initial_reason())]);
        write_request_id(Some(&payment.request_id), bytes);
        write_text(payment.remark.as_deref().unwrap_or_default(), bytes);
        ContentMark::write_canonical(payment.alias, bytes);
    }
}

impl Canonical for Inbound {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.push(2);
        bytes.extend(self.row.to_le_bytes());
        bytes.extend(self.id.0);
        bytes.extend(self.payer.map_or(0, WalletNumber::as_u64).to_le_bytes());
        bytes.extend(self.payee.map_or(0, WalletNumber::as_u64).to_le_bytes());
        bytes.extend(self.amount.fen().to_le_bytes());
        bytes.extend(self.submitted_at.ms().to_le_bytes());
        bytes.extend(self.decided_at.ms().to_le_bytes());
        bytes.extend([self.initial_state() as u8, reason_number(self.initial_reason())]);
    }
}

impl Canonical for OutcomeRow {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.push(3);
        bytes.extend(self.row.to_le_bytes());
        bytes.extend(self.of.to_le_bytes());
        bytes.push(reason_number(self.reason));
        bytes.extend(CycleId::number_or_zero(self.cycle).to_le_bytes());
        bytes.extend(self.at.ms().to_le_bytes());
    }
}

impl Canonical for WalletEventRow<'_> {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        let event = self.event;
        bytes.push(4);
        bytes.extend(event.row.to_le_bytes());
        bytes.extend(self.wallet.as_u64().to_le_bytes());
        bytes.extend([event.kind as u8, event.class]);
        bytes.extend(event.amount.fen().to_le_bytes());
        bytes.extend(event.at.ms().to_le_bytes());
        write_request_id(event.request_id.as_ref(), bytes);
        ContentMark::write_canonical(event.content, bytes);
    }
}

fn write_request_id(request_id: Option<&RequestId>, bytes: &mut Vec<u8>) {
    match request_id {
        None => bytes.push(0),
        Some(RequestId::Uuid(uuid)) => {
            bytes.push(1);
            bytes.extend(uuid);
        }
        Some(RequestId::Text(text)) => {
            bytes.push(2);
            write_text(text, bytes);
        }
    }
}

fn write_text(text: &str, bytes: &mut Vec<u8>) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}
