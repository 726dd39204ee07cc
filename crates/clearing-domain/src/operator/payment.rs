//! Payments of the operator's wallets, as kept in memory.

use std::num::NonZeroU64;

use crate::money::{Amount, CycleId, PaymentId, RequestId, Timestamp, WalletNumber};
use crate::{Details, Reason};

use super::content::ContentMark;
use super::facts::{End, Taken};
use super::rows::{OutcomeRow, PaymentRow};
use super::slot::WalletSlot;
use super::state::PaymentState;

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
    /// The mark of the alias that the payee was given by.
    pub alias: Option<ContentMark>,
    /// What most payments do not say.
    more: Option<Box<More>>,
    /// The outcome, when it came after the payment was taken.
    ended: Option<Ended>,
}

/// What few payments say, apart from the others so that those pay for no more than a pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct More {
    remark: Option<Box<str>>,
    details: Option<Box<Details>>,
}

/// When an outcome was recorded, and in which row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    row: NonZeroU64,
    at: Timestamp,
}

impl Ended {
    /// Notes the row of an outcome; no row has the number zero.
    pub fn by(outcome: &OutcomeRow) -> Option<Self> {
        NonZeroU64::new(outcome.row).map(|row| Self { row, at: outcome.at })
    }

    /// When it was recorded.
    pub fn at(self) -> Timestamp {
        self.at
    }

    /// The row again, of a record of this number.
    pub fn as_row(self, of: u64, end: End) -> OutcomeRow {
        OutcomeRow { row: self.row.get(), of, end, at: self.at }
    }
}

impl More {
    fn boxed(remark: Option<Box<str>>, details: Option<Box<Details>>) -> Option<Box<Self>> {
        let says_more = remark.is_some() || details.is_some();
        says_more.then(|| Box::new(Self { remark, details }))
    }
}

impl Payment {
    /// A payment as its row says, of a payer in a slot.
    pub fn new(row: PaymentRow, payer: WalletSlot) -> Self {
        let (state, reason) = match row.taken {
            Taken::InTransit => (PaymentState::InTransit, None),
            Taken::Completed => (PaymentState::Completed, None),
            Taken::Rejected { reason } => (PaymentState::Rejected, Some(reason)),
        };
        Self {
            row: row.row,
            id: row.id,
            request_id: row.request_id,
            payer,
            payee: row.payee,
            amount: row.amount,
            submitted_at: row.submitted_at,
            expires_at: row.expires_at,
            state,
            reason,
            cycle: None,
            queued: false,
            alias: row.alias,
            more: More::boxed(row.remark, row.details),
            ended: None,
        }
    }

    /// A text of the payer.
    pub fn remark(&self) -> Option<&str> {
        self.more.as_ref()?.remark.as_deref()
    }

    /// What it is for.
    pub fn details(&self) -> Option<&Details> {
        self.more.as_ref()?.details.as_deref()
    }

    /// What the payer pays of it: all, or what the voucher leaves.
    pub fn payers_part(&self) -> Amount {
        Details::payers_part(self.details(), self.amount)
    }

    /// The payment that it gives back.
    pub fn refund_of(&self) -> Option<PaymentId> {
        self.details()?.refund_of
    }

    /// Whether it counts against the limits of its payer.
    pub fn counts(&self) -> bool {
        self.details().is_none_or(Details::counts)
    }

    /// Ends a payment in transit.
    pub fn end(&mut self, outcome: &OutcomeRow) {
        match outcome.end {
            End::Cleared { cycle } => {
                self.state = PaymentState::Completed;
                self.cycle = cycle;
            }
            End::Refused { reason } => {
                self.state = PaymentState::Returned;
                self.reason = Some(reason);
            }
        }
        self.queued = false;
        self.ended = Ended::by(outcome);
    }

    /// Whether it went to the central bank, as those within an operator and those refused at once
    /// do not.
    pub fn crosses(&self) -> bool {
        self.ended.is_some() || self.state == PaymentState::InTransit
    }

    /// When it became final.
    pub fn finished_at(&self) -> Option<Timestamp> {
        match self.ended {
            Some(ended) => Some(ended.at),
            None => self.state.is_final().then_some(self.submitted_at),
        }
    }

    /// The row that was appended for it, of a payer of this number. The file gets this row, and the hash
    /// covers the one appended: both must be the same, whatever came later.
    pub fn as_row(&self, payer: WalletNumber) -> PaymentRow {
        let taken = match self.reason {
            _ if self.crosses() => Taken::InTransit,
            None => Taken::Completed,
            Some(reason) => Taken::Rejected { reason },
        };
        PaymentRow {
            row: self.row,
            id: self.id,
            request_id: self.request_id.clone(),
            payer,
            payee: self.payee,
            amount: self.amount,
            submitted_at: self.submitted_at,
            expires_at: self.expires_at,
            taken,
            remark: self.remark().map(Into::into),
            alias: self.alias,
            details: self.details().cloned().map(Box::new),
        }
    }

    /// The row of its outcome, once there is one.
    pub fn outcome(&self) -> Option<OutcomeRow> {
        let end = self
            .reason
            .map_or(End::Cleared { cycle: self.cycle }, |reason| End::Refused { reason });
        self.ended.map(|ended| ended.as_row(self.row, end))
    }
}
