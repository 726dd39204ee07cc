//! A contract and its lessons, and where they stand.

use crate::money::{Amount, PaymentId, Timestamp};

use super::super::slot::WalletSlot;
use super::rows::ContractRow;

/// Where a lesson stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LessonState {
    /// Nobody has asked for it, or what was asked for came to nothing.
    Open,
    /// The merchant has asked for it; the payer may dispute it until then.
    Requested(Timestamp),
    /// The payer has disputed it, and alone can release it.
    Disputed,
    /// Its payment is on the way.
    Releasing(PaymentId),
    /// Its payment is final.
    Released(PaymentId),
}

/// A lesson of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Where it stands.
    pub state: LessonState,
    /// How many payments of it there have been.
    pub attempts: u32,
}

/// Where a contract stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContractState {
    /// Nothing is locked yet.
    Created,
    /// The price of all lessons is locked.
    Funded,
    /// A lesson has been asked for or was on its way.
    Active,
    /// Some lessons are paid.
    PartiallyReleased,
    /// All lessons are paid.
    Completed,
    /// The payer has back what was not released.
    Refunded,
    /// Its time is over, and the payer has back what was not released.
    Expired,
    /// A supervisor has suspended the merchant.
    Suspended,
}

impl ContractState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::Funded,
        Self::Active,
        Self::PartiallyReleased,
        Self::Completed,
        Self::Refunded,
        Self::Expired,
        Self::Suspended,
    ];

    /// Whether a contract is not over.
    pub(super) fn goes_on(self) -> bool {
        match self {
            Self::Created
            | Self::Funded
            | Self::Active
            | Self::PartiallyReleased
            | Self::Suspended => true,
            Self::Completed | Self::Refunded | Self::Expired => false,
        }
    }
}

/// What the rows of a contract have made of it, whatever became of its merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Created,
    Funded,
    Refunded,
    Expired,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Its row.
    pub row: ContractRow,
    /// The wallet that pays.
    pub payer: WalletSlot,
    /// Its lessons, in their order.
    pub lessons: Vec<Lesson>,
    /// What is locked for it.
    pub locked: Amount,
    /// What the merchant has of it for good.
    pub released: Amount,
    /// What the payer has back of it.
    pub refunded: Amount,
    pub(super) phase: Phase,
    pub(super) has_begun: bool,
    pub(super) paid_lessons: u32,
}

impl Contract {
    /// A lesson, counted from 1.
    pub fn lesson(&self, lesson: u32) -> Option<&Lesson> {
        self.lessons.get(place_of(lesson)?)
    }

    /// How many lessons are paid.
    pub fn paid_lessons(&self) -> u32 {
        self.paid_lessons
    }

    /// Whether the first lesson has been asked for or was on its way.
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether its price was locked once.
    pub fn was_funded(&self) -> bool {
        let kept = [self.locked, self.released, self.refunded];
        self.has_begun || kept.iter().any(|sum| *sum > Amount::ZERO)
    }

    /// Whether no money was locked for it yet and its time is not over.
    pub(super) fn is_created(&self) -> bool {
        self.phase == Phase::Created
    }

    /// Whether its lessons can be released.
    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Funded && !self.is_completed()
    }

    pub(super) fn is_completed(&self) -> bool {
        self.paid_lessons == self.row.terms.lessons
    }

    /// Where it stands, whatever became of its merchant.
    pub(super) fn state_alone(&self) -> ContractState {
        match self.phase {
            _ if self.is_completed() => ContractState::Completed,
            Phase::Refunded => ContractState::Refunded,
            Phase::Expired => ContractState::Expired,
            Phase::Created => ContractState::Created,
            Phase::Funded if self.paid_lessons > 0 => ContractState::PartiallyReleased,
            Phase::Funded if self.has_begun => ContractState::Active,
            Phase::Funded => ContractState::Funded,
        }
    }

    pub(super) fn price_of(&self, lesson: u32) -> Amount {
        self.row.terms.price_of(lesson).unwrap_or_default()
    }
}

/// The place of a lesson in the list of all.
pub(super) fn place_of(lesson: u32) -> Option<usize> {
    lesson.checked_sub(1)?.try_into().ok()
}
