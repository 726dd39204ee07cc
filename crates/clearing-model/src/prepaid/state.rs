//! The states of the model of contracts.

use super::Config;
use crate::ledger::Ledger;

/// How many lessons the contract has, each for a unit of money.
pub const LESSONS: usize = 2;
/// How often a lesson is tried to be paid.
pub const ATTEMPTS: usize = 2;
/// What the payer has at first: the price of the contract, and a unit to spend.
pub const OPENING: i8 = 3;

/// Where a contract stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing is locked yet.
    Created,
    /// Its lessons can be released.
    Funded,
    /// It was refunded or has expired.
    Ended,
}

/// Where a lesson stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lesson {
    /// Nobody has asked for it.
    Open,
    /// The merchant has asked for it.
    Requested,
    /// The payer has disputed it.
    Disputed,
    /// An attempt to pay it is on its way.
    Releasing(u8),
    /// It is paid.
    Released,
}

/// The file of the payer's operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Book {
    /// Where the contract stands.
    pub phase: Phase,
    /// Its lessons.
    pub lessons: [Lesson; LESSONS],
    /// How often each was tried to be paid.
    pub attempts: [u8; LESSONS],
    /// Whether the merchant is suspended.
    pub suspended: bool,
    /// What the payer may spend.
    pub own: i8,
    /// What is locked.
    pub locked: i8,
    /// What is on its way to the merchant.
    pub in_transit: i8,
    /// What the merchant has.
    pub released: i8,
    /// What the payer has spent elsewhere.
    pub spent: i8,
}

/// What the central bank has of an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// Nothing.
    #[default]
    Unknown,
    /// It was instructed.
    Undecided,
    /// It is final.
    Cleared,
    /// It is refused for good.
    Refused,
}

/// What clients were answered, and what must not have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Told {
    /// That the contract is funded.
    pub funded: bool,
    /// That it is refunded.
    pub refunded: bool,
    /// A disputed lesson was paid without the word of the payer.
    pub paid_in_dispute: bool,
    /// A lesson was paid to a suspended merchant.
    pub paid_when_suspended: bool,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The file of the payer's operator.
    pub ledger: Ledger<Book>,
    /// What the central bank has of each attempt.
    pub transfers: [[Transfer; ATTEMPTS]; LESSONS],
    /// What clients were answered.
    pub told: Told,
    /// Questions of the merchant that may still arrive.
    pub questions: u8,
    /// Crashes that may still come.
    pub crashes: u8,
    /// Suspensions, and ends of them, that may still come.
    pub suspensions: u8,
}

impl Book {
    const NEW: Self = Self {
        phase: Phase::Created,
        lessons: [Lesson::Open; LESSONS],
        attempts: [0; LESSONS],
        suspended: false,
        own: OPENING,
        locked: 0,
        in_transit: 0,
        released: 0,
        spent: 0,
    };

    /// Whether a lesson can be paid.
    pub(super) fn is_payable(&self, lesson: usize) -> bool {
        self.phase == Phase::Funded && usize::from(self.attempts[lesson]) < ATTEMPTS
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            ledger: Ledger::new(Book::NEW),
            transfers: Default::default(),
            told: Told::default(),
            questions: config.questions,
            crashes: config.crashes,
            suspensions: config.suspensions,
        }
    }
}
