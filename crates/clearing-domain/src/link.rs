//! The messages between an operator and the central bank.
//!
//! Each direction is a first-in, first-out stream of messages numbered (incarnation, sequence).
//! One message carries everything that one commit of the sender releases to this peer.

mod end;

use std::fmt;

pub use end::{Arrival, LinkEnd, LinkMessage};

use crate::details::{Purpose, Voucher};
use crate::merchant::MerchantTraits;
use crate::money::{
    Amount, CycleId, OperatorCode, PaymentId, Position, Prefix, RequestKey, Timestamp, WalletNumber,
};
use crate::{Details, Reason};

/// The most items one message carries; a larger release is split.
pub const ITEMS_MAX: usize = 16_384;

/// The most remittances of one operator that wait for its reserves. Operators sweep no more before
/// some are paid, so that none of an honest one is ever refused.
pub const REMITTANCES_MAX: usize = 1_000;

/// How far an incarnation may be above the last one seen. The difference is the number of
/// registrations that never reached the other side.
pub const INCARNATION_STEP_MAX: u64 = 1_000;

/// Batches are numbered below this.
pub const BATCH_END: u64 = 1 << 62;

/// How far the batch of an operator may be above the last one seen: about fifty days without a
/// link, at a thousand batches a second.
pub const BATCH_STEP_MAX: u64 = 1 << 32;

/// Ticks are numbered below this.
pub const TICK_END: u64 = 1 << 40;

/// The place of a message in its direction of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkPlace {
    /// Counts the registrations of the operator; a higher one fences every lower one.
    pub incarnation: u64,
    /// Counts the messages of the incarnation from 1, without gaps.
    pub sequence: u64,
}

/// The head of a hash chain; zero where none is known, as of a ledger without a file.
pub type Head = [u8; 32];

/// A durable batch of a ledger and the head of its hash chain at that batch, as the ledger's owner
/// reported them to the other side.
///
/// The other side keeps the pair as a witness: a file that ends before the batch has lost batches
/// that may have been acknowledged, and a file with another head at the batch is a fork.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// The number of the batch; 0 before the first report.
    pub batch: u64,
    /// The head of the chain at that batch.
    pub head: Head,
}

impl Witness {
    /// Keeps a later report. Returns false when it contradicts the one before.
    pub fn hear(&mut self, later: Self) -> bool {
        // Only a later batch replaces the kept one: an older report proves less.
        let agrees = later.batch != self.batch || self.agrees_with(&later.head);
        if later.batch > self.batch || (later.batch == self.batch && self.head == Head::default()) {
            *self = later;
        }
        agrees
    }

    /// Whether the head found at the batch is the reported one, as far as both are known.
    pub fn agrees_with(&self, found: &Head) -> bool {
        let none = Head::default();
        self.head == none || *found == none || self.head == *found
    }
}

/// The payer's operator asks the central bank to admit a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The payment.
    pub id: PaymentId,
    /// Finds the payer's request again after a restore.
    pub request_key: RequestKey,
    /// The wallet debited.
    pub payer: WalletNumber,
    /// The wallet to credit.
    pub payee: WalletNumber,
    /// The amount.
    pub amount: Amount,
    /// When the payer submitted it.
    pub submitted_at: Timestamp,
    /// When it may no longer be accepted.
    pub expires_at: Timestamp,
    /// What it is for.
    pub details: Option<Box<Details>>,
}

/// The central bank delivers an admitted payment to the payee's operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The payment.
    pub id: PaymentId,
    /// The wallet debited at the other operator.
    pub payer: WalletNumber,
    /// The wallet to credit here.
    pub payee: WalletNumber,
    /// The amount.
    pub amount: Amount,
    /// When the payer submitted it.
    pub submitted_at: Timestamp,
    /// When it may no longer be accepted.
    pub expires_at: Timestamp,
    /// Whether an acceptance only reserves room for the money, which is credited when the payment
    /// settles: the central bank may still refuse the payment.
    pub hold: bool,
    /// What it is for.
    pub details: Option<Box<Details>>,
}

/// The central bank asks the sponsor's operator to hold the discount of an admitted payment, before
/// the payee's operator hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fund {
    /// The payment.
    pub id: PaymentId,
    /// The wallet that pays the rest.
    pub payer: WalletNumber,
    /// The wallet to credit.
    pub payee: WalletNumber,
    /// The whole amount.
    pub amount: Amount,
    /// The campaign that is to pay, and how much of the amount.
    pub voucher: Voucher,
    /// What the payment is for.
    pub purpose: Option<Purpose>,
    /// What the directory says of the payee.
    pub merchant: Option<MerchantTraits>,
    /// When the payer submitted it.
    pub submitted_at: Timestamp,
    /// When it may no longer be accepted.
    pub expires_at: Timestamp,
}

/// The answer of the sponsor's operator. What it holds it gives back only when the central bank
/// refuses the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingAnswer {
    /// The payment.
    pub id: PaymentId,
    /// `None` when the discount is held; a reason declines.
    pub declined: Option<Reason>,
    /// When it was decided.
    pub decided_at: Timestamp,
}

/// The answer of the payee's operator: the only decision point of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The payment.
    pub id: PaymentId,
    /// `None` accepts; a reason rejects.
    pub rejected: Option<Reason>,
    /// When it was decided.
    pub decided_at: Timestamp,
}

/// The side of a payment to which a notice is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The payer's operator.
    Payer,
    /// The payee's operator.
    Payee,
    /// The operator of the campaign that pays a part, when it is not the payer's.
    Sponsor,
}

/// The outcome of a payment at the central bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Waits for cover; not final.
    Queued,
    /// Cleared in a cycle, or settled by itself in none.
    Cleared(Option<CycleId>),
    /// Refused; the funds go back to the payer.
    Refused(Reason),
}

/// The central bank notifies an operator of the outcome of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The payment.
    pub id: PaymentId,
    /// Whether the receiver is the payer's, the payee's or the sponsor's operator.
    pub side: Side,
    /// The outcome.
    pub outcome: Outcome,
    /// When the central bank recorded it.
    pub at: Timestamp,
}

/// The identity of an issue, a withdrawal or a funding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub [u8; 16]);

impl fmt::Display for OperationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// A change of an operator's accounts at the central bank, reported in a durable, numbered order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Counts the advices to this operator from 1.
    pub number: u64,
    /// The change.
    pub event: AdviceEvent,
}

/// The change that an [`Advice`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdviceEvent {
    /// e-CNY was issued to the operator: its stock rises.
    Issued {
        /// The issue.
        operation: OperationId,
        /// The amount.
        amount: Amount,
    },
    /// The central bank requests that the operator set stock aside for a withdrawal.
    WithdrawalRequested {
        /// The withdrawal.
        operation: OperationId,
        /// The amount.
        amount: Amount,
    },
    /// The withdrawal is booked: the stock that was set aside leaves the operator.
    Withdrawn {
        /// The withdrawal.
        operation: OperationId,
        /// The amount.
        amount: Amount,
    },
    /// The treasury was paid out of the reserve account what the operator swept.
    Remitted {
        /// The sweep.
        operation: OperationId,
        /// The amount.
        amount: Amount,
    },
    /// The reserve account changed by an operation of the central bank.
    ReservesChanged {
        /// The operation.
        operation: OperationId,
        /// By how much.
        change: Position,
    },
    /// A cycle settled. Follows every payment notice of that cycle.
    Settled {
        /// The cycle.
        cycle: CycleId,
        /// The sum that moved on the settlement account; positive is received.
        settled: Position,
        /// The net that was carried to a later cycle because an operator was short.
        carried: Position,
        /// The cycle to which it was carried; `None` when nothing was carried.
        carried_to: Option<CycleId>,
    },
    /// A part of a cycle left settlement and became claims on other operators. Precedes the
    /// settlement of the cycle.
    Claimed {
        /// The cycle.
        cycle: CycleId,
        /// The claims; negative is owed to others.
        claimed: Position,
    },
}

/// The operator answers a request for withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithdrawalAnswer {
    /// The withdrawal.
    pub operation: OperationId,
    /// Whether the stock was set aside.
    pub held: bool,
}

/// The operator asks the central bank to pay the treasury out of its reserves, for what it swept
/// from a government wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remittance {
    /// The sweep.
    pub operation: OperationId,
    /// The amount.
    pub amount: Amount,
}

/// The first message of an operator on a new link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The operator that registers.
    pub operator: OperatorCode,
    /// The number of the last durable batch of the operator's ledger.
    pub batch: u64,
    /// The head of its hash chain at that batch.
    pub head: Head,
    /// The highest batch number of the central bank that this ledger has seen.
    pub central_bank_batch: u64,
    /// The head of the central bank's hash chain at that batch.
    pub central_bank_head: Head,
    /// The number of the last advice applied.
    pub advice: u64,
    /// The last tick whose end was applied, under lockstep.
    pub tick_ended: u64,
}

/// One member of the roster, as the central bank sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RosterEntry {
    /// The operator.
    pub code: OperatorCode,
    /// Its wallet prefix.
    pub prefix: Prefix,
}

/// All instructions of a tick have been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TickDone {
    /// The tick.
    pub tick: u64,
    /// How many instructions it holds.
    pub count: u64,
    /// BLAKE3 over their ids in ascending order, cut to 16 bytes.
    pub hash: [u8; 16],
}

impl TickDone {
    /// The end of a tick with the ids of its instructions.
    pub fn new(tick: u64, mut ids: Vec<PaymentId>) -> Self {
        ids.sort_unstable();
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.0).collect();
        let mut hash = [0; 16];
        hash.copy_from_slice(&blake3::hash(&bytes).as_bytes()[..16]);
        Self { tick, count: ids.len() as u64, hash }
    }
}

/// A message from an operator to the central bank. Decisions are applied first, then answers of
/// sponsors, then instructions: an
/// instruction may spend money that an earlier decision of this operator has brought in, and in the
/// other order its admission could lack the cover.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorMessage {
    /// Its place in the stream.
    pub place: LinkPlace,
    /// The number of the sender's durable batch that released it.
    pub batch: u64,
    /// The head of the sender's hash chain at that batch.
    pub head: Head,
    /// The number of the last advice durably applied.
    pub advice: u64,
    /// Only in the first message.
    pub registration: Option<Registration>,
    /// Decisions on deliveries.
    pub decisions: Vec<Decision>,
    /// Answers on discounts that were asked for.
    pub fundings: Vec<FundingAnswer>,
    /// Payments to admit.
    pub instructions: Vec<Instruction>,
    /// Answers to requests for withdrawal.
    pub withdrawals: Vec<WithdrawalAnswer>,
    /// What the treasury is to be paid.
    pub remittances: Vec<Remittance>,
    /// All undecided payments have been sent again after the registration.
    pub resend_complete: bool,
    /// The instructions of a tick are complete.
    pub tick_done: Option<TickDone>,
    /// The end of this tick is durably applied.
    pub tick_acknowledged: Option<u64>,
}

/// A message from the central bank to an operator. Notices are applied first, then advices,
/// then what campaigns are asked for, then deliveries and revokes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CentralBankMessage {
    /// Its place in the stream.
    pub place: LinkPlace,
    /// The number of the central bank's durable batch that released it.
    pub batch: u64,
    /// The head of the central bank's hash chain at that batch.
    pub head: Head,
    /// Answers a registration: the last batch and head that the operator reported of its own
    /// ledger. An operator whose chain has another head there must not go on.
    pub witness: Option<Witness>,
    /// Answers a registration: the roster by prefix.
    pub roster: Vec<RosterEntry>,
    /// The reasons for which parts of earlier messages were ignored.
    pub refused: Vec<String>,
    /// Outcomes of payments.
    pub notices: Vec<Notice>,
    /// Changes of the operator's accounts.
    pub advices: Vec<Advice>,
    /// Discounts to hold.
    pub funds: Vec<Fund>,
    /// Payments to decide.
    pub deliveries: Vec<Delivery>,
    /// Delivered payments that expired: accepted already, or rejected now.
    pub revokes: Vec<PaymentId>,
    /// The tick is over; to be acknowledged.
    pub tick_end: Option<u64>,
    /// The driver advances: the operator completes this tick now, with the payments submitted so
    /// far.
    pub tick_close: Option<u64>,
}
