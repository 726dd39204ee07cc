//! Transfers: the interbank legs of payments, and the events that move them on.

mod rows;

use std::num::{NonZeroI64, NonZeroU64};

use crate::details::SettlementTimes;
use crate::link::{Delivery, Instruction, Outcome};
use crate::money::{
    Amount, CycleId, OperatorNumber, PaymentId, RequestKey, Timestamp, WalletNumber,
};
use crate::netting::Priority;
use crate::row::numbered;
use crate::slots::slot;
use crate::{Details, Reason};

use super::legs::{Leg, Parties};
use super::settlement_mode::Manner;

pub use rows::{Admission, Step, TransferEvent, TransferRow};

slot! {
    /// The slot of a transfer: its place in the order of admissions.
    pub struct TransferSlot
}

numbered! {
    /// Where a transfer stands.
    pub enum TransferState {
        /// Counts against the payer's operator; the payee's has no link to be asked over.
        Admitted = 1,
        /// Only the payee's operator can end it.
        Delivered = 2,
        /// Final: an obligation between the operators.
        Cleared = 3,
        /// Final: refused.
        Refused = 4,
        /// Accepted by the payee's operator; waits for cover.
        Queued = 5,
        /// Counts against all who pay it; the sponsor's operator is asked for its leg.
        Funding = 6,
    }
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
    /// The payer's operator.
    pub payer_operator: OperatorNumber,
    /// The payee's operator.
    pub payee_operator: OperatorNumber,
    /// How much.
    pub amount: Amount,
    /// When the payer submitted it.
    pub submitted_at: Timestamp,
    /// When it may no longer be accepted.
    pub expires_at: Timestamp,
    /// When the central bank admitted or refused it.
    pub admitted_at: Timestamp,
    /// Where it stands.
    pub state: TransferState,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// The cycle it was cleared in; `None` when it settled by itself.
    pub cycle: Option<CycleId>,
    /// How it settles: by the settlement mode at its admission, which its row follows.
    pub manner: Manner,
    /// What most transfers lack.
    more: Option<Box<More>>,
    /// The admission of its row, but for the reason.
    admission: TransferState,
    /// Its delivery, when that came after the row of the transfer.
    delivered: Option<Delivered>,
    /// Its outcome, when that came after the row of the transfer.
    ended: Option<Ended>,
}

/// What few transfers have, apart from the others so that those pay for no more than a pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct More {
    /// How it came to wait for cover, if it ever did.
    queued: Option<QueueEntry>,
    /// What the payment is for.
    details: Option<Box<Details>>,
    /// The operator of the campaign that pays a part, when it is not the payer's.
    sponsor: Option<OperatorNumber>,
    /// When that operator held its leg.
    funded: Option<Delivered>,
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

/// The row and the time of a step. Rows count from 1, which keeps a missing one as small as one that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Delivered {
    row: NonZeroU64,
    at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ended {
    row: NonZeroU64,
    at: Timestamp,
    decided: Option<Moment>,
}

/// A time of which a missing one takes no room: no ledger writes the one it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment(NonZeroI64);

impl Moment {
    fn new(at: Timestamp) -> Option<Self> {
        NonZeroI64::new(at.ms() ^ i64::MIN).map(Self)
    }

    fn at(self) -> Timestamp {
        Timestamp::from_ms(self.0.get() ^ i64::MIN)
    }
}

impl TransferState {
    /// Whether nothing will change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Cleared | Self::Refused)
    }

    /// Whether the payee's operator, or a refusal before it, has decided: nothing can expire any
    /// more.
    pub const fn is_decided(self) -> bool {
        self.is_final() || matches!(self, Self::Queued)
    }
}

impl TransferRow {
    /// The transfer as it stands once the row is taken in, with the operator that is asked for a
    /// leg of its own.
    pub fn transfer(&self, manner: Manner, sponsor: Option<OperatorNumber>) -> Transfer {
        let (state, reason) = match self.admission {
            Admission::Admitted => (TransferState::Admitted, None),
            Admission::Delivered => (TransferState::Delivered, None),
            Admission::Refused { reason } => (TransferState::Refused, Some(reason)),
            Admission::Funding => (TransferState::Funding, None),
        };
        Transfer {
            row: self.row,
            id: self.id,
            request_key: self.request_key,
            payer: self.payer,
            payee: self.payee,
            payer_operator: self.payer_operator,
            payee_operator: self.payee_operator,
            amount: self.amount,
            submitted_at: self.submitted_at,
            expires_at: self.expires_at,
            admitted_at: self.admitted_at,
            state,
            reason,
            cycle: None,
            manner,
            more: self.details.clone().map(|details| {
                Box::new(More { details: Some(details), sponsor, ..More::default() })
            }),
            admission: state,
            delivered: None,
            ended: None,
        }
    }
}

impl Transfer {
    /// Moves it on by an event of its own.
    ///
    /// # Panics
    ///
    /// When the event cannot follow in its state, as when it is final, or has no number yet.
    pub fn step(&mut self, event: &TransferEvent) {
        let (id, state) = (self.id, self.state);
        assert!(event.step.can_follow(state), "payment {id} is {state:?}: {event:?}");
        let Some(row) = NonZeroU64::new(event.row) else {
            panic!("an event of payment {id} has no number: {event:?}")
        };
        match event.step {
            Step::Delivered => {
                self.state = TransferState::Delivered;
                self.delivered = Some(Delivered { row, at: event.at });
            }
            Step::Funded => {
                self.state = TransferState::Admitted;
                self.more.get_or_insert_default().funded = Some(Delivered { row, at: event.at });
            }
            Step::Queued { decided_at } => {
                self.state = TransferState::Queued;
                let priority = Priority::default();
                let entry = QueueEntry { row: event.row, at: event.at, decided_at, priority };
                self.more.get_or_insert_default().queued = Some(entry);
            }
            Step::Prioritised { priority } => {
                let entry = self.more.as_mut().and_then(|more| more.queued.as_mut());
                let Some(entry) = entry else {
                    panic!("payment {id} waits without a place in the queue")
                };
                entry.priority = priority;
            }
            Step::Cleared { cycle, decided_at } => {
                self.state = TransferState::Cleared;
                self.cycle = cycle;
                self.ended = Some(Ended { row, at: event.at, decided: Moment::new(decided_at) });
            }
            Step::Refused { reason, decided_at } => {
                self.state = TransferState::Refused;
                self.reason = Some(reason);
                let decided = decided_at.and_then(Moment::new);
                self.ended = Some(Ended { row, at: event.at, decided });
            }
        }
    }

    /// How it came to wait for cover, if it ever did.
    pub fn queued(&self) -> Option<&QueueEntry> {
        self.more.as_ref()?.queued.as_ref()
    }

    /// What the payment is for.
    pub fn details(&self) -> Option<&Details> {
        self.more.as_ref()?.details.as_deref()
    }

    /// The operator of the campaign that pays a part of it, when that is asked for a leg of its own:
    /// the payer's operator holds both.
    pub fn sponsor(&self) -> Option<OperatorNumber> {
        self.more.as_ref()?.sponsor
    }

    /// When it may settle from a queue.
    pub fn times(&self) -> SettlementTimes {
        self.details().map(|details| details.times).unwrap_or_default()
    }

    /// What operators owe the payee's for it, the payer's first.
    pub fn legs(&self) -> impl Iterator<Item = Leg> + Clone + use<> {
        let voucher = self.details().and_then(|details| details.voucher);
        let discount = voucher.map(|voucher| voucher.discount);
        let sponsor = self.sponsor().zip(discount);
        let parties = Parties { payer: self.payer_operator, payee: self.payee_operator, sponsor };
        parties.legs(self.amount)
    }

    /// Its place in the queue.
    ///
    /// # Panics
    ///
    /// When it never came into the queue.
    pub fn queue_entry(&self) -> &QueueEntry {
        let Some(entry) = self.queued() else {
            panic!("payment {} has no place in the queue", self.id)
        };
        entry
    }

    /// Until when it may wait in the queue: the end of the business day it was submitted on.
    pub fn waits_until(&self) -> Timestamp {
        self.submitted_at.next_day()
    }

    /// Whether an instruction has the same content as the one that made this transfer.
    pub fn matches(&self, instruction: &Instruction) -> bool {
        (self.payer, self.payee, self.amount, self.request_key)
            == (instruction.payer, instruction.payee, instruction.amount, instruction.request_key)
            && self.details() == instruction.details.as_deref()
    }

    /// What the payee's operator is sent, to decide on.
    pub fn delivery(&self) -> Delivery {
        Delivery {
            id: self.id,
            payer: self.payer,
            payee: self.payee,
            amount: self.amount,
            submitted_at: self.submitted_at,
            expires_at: self.expires_at,
            hold: self.manner == Manner::Queued,
            details: self.details().cloned().map(Box::new),
        }
    }

    /// What its operators are notified of; nothing while it is not decided.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            TransferState::Queued => Some(Outcome::Queued),
            TransferState::Admitted | TransferState::Delivered | TransferState::Funding => None,
            TransferState::Cleared => Some(Outcome::Cleared(self.cycle)),
            TransferState::Refused => {
                Some(Outcome::Refused(self.reason.unwrap_or(Reason::Internal)))
            }
        }
    }

    /// When it was cleared or refused.
    pub fn finished_at(&self) -> Option<Timestamp> {
        let at_once = (self.admission == TransferState::Refused).then_some(self.admitted_at);
        self.ended.map(|ended| ended.at).or(at_once)
    }

    /// When the payee's operator decided, once it is final.
    pub fn decided_at(&self) -> Option<Timestamp> {
        self.ended?.decided.map(Moment::at)
    }

    /// Its row as it was appended.
    pub fn as_appended(&self) -> TransferRow {
        TransferRow {
            row: self.row,
            id: self.id,
            request_key: self.request_key,
            payer: self.payer,
            payee: self.payee,
            payer_operator: self.payer_operator,
            payee_operator: self.payee_operator,
            amount: self.amount,
            submitted_at: self.submitted_at,
            expires_at: self.expires_at,
            admitted_at: self.admitted_at,
            admission: match (self.admission, self.reason) {
                (TransferState::Refused, Some(reason)) => Admission::Refused { reason },
                (TransferState::Admitted, _) => Admission::Admitted,
                (TransferState::Funding, _) => Admission::Funding,
                (
                    TransferState::Delivered
                    | TransferState::Queued
                    | TransferState::Cleared
                    | TransferState::Refused,
                    _,
                ) => Admission::Delivered,
            },
            details: self.details().cloned().map(Box::new),
        }
    }

    /// The event rows appended after the row of the transfer, in order, but for changes of its
    /// priority.
    pub fn events(&self) -> impl Iterator<Item = TransferEvent> + use<> {
        let of = self.row;
        let delivered = self.delivered.map(|Delivered { row, at }| TransferEvent {
            row: row.get(),
            of,
            at,
            step: Step::Delivered,
        });
        let funded = self.more.as_ref().and_then(|more| more.funded);
        let funded = funded.map(|Delivered { row, at }| TransferEvent {
            row: row.get(),
            of,
            at,
            step: Step::Funded,
        });
        let queued = self.queued().map(|entry| TransferEvent {
            row: entry.row,
            of,
            at: entry.at,
            step: Step::Queued { decided_at: entry.decided_at },
        });
        let (reason, cycle) = (self.reason, self.cycle);
        let ended = self.ended.map(|Ended { row, at, decided }| {
            let decided_at = decided.map(Moment::at);
            let step = match reason {
                Some(reason) => Step::Refused { reason, decided_at },
                None => Step::Cleared { cycle, decided_at: decided_at.unwrap_or_default() },
            };
            TransferEvent { row: row.get(), of, at, step }
        });
        funded.into_iter().chain(delivered).chain(queued).chain(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_takes_no_more_memory_than_it_did() {
        // Every transfer stays in memory, so a byte more is a megabyte for a million of them.
        assert!(size_of::<Transfer>() <= 152, "{}", size_of::<Transfer>());
    }
}
