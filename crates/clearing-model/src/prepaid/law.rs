//! What must hold in every state, and what must happen in some.

use super::state::{Book, LESSONS, Lesson, OPENING, Phase, State, Transfer};

/// A property of every state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// The payer's money is its own, locked, under way, released or spent.
    MoneyKept,
    /// No lesson is paid twice.
    PaidOnce,
    /// What the merchant is paid was debited, and is not given back.
    PaidIsDebited,
    /// The lock of a contract is the price of the lessons that nothing is paid of.
    LockIsWhole,
    /// A contract that has ended locks nothing.
    EndLocksNothing,
    /// What the payer disputes is paid by its word alone.
    DisputeHolds,
    /// A merchant that is suspended is paid nothing.
    SuspensionHolds,
    /// What clients were answered outlasts crashes.
    PromisesKept,
}

impl Law {
    /// Every law.
    pub const ALL: [Self; 8] = [
        Self::MoneyKept,
        Self::PaidOnce,
        Self::PaidIsDebited,
        Self::LockIsWhole,
        Self::EndLocksNothing,
        Self::DisputeHolds,
        Self::SuspensionHolds,
        Self::PromisesKept,
    ];

    /// The law in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MoneyKept => "the payer's money is own, locked, under way, released or spent",
            Self::PaidOnce => "no lesson is paid twice",
            Self::PaidIsDebited => "what the merchant is paid was debited and stays so",
            Self::LockIsWhole => "the lock is the price of the lessons that nothing is paid of",
            Self::EndLocksNothing => "a contract that has ended locks nothing",
            Self::DisputeHolds => "what is disputed is paid by the payer's word alone",
            Self::SuspensionHolds => "a merchant that is suspended is paid nothing",
            Self::PromisesKept => "what clients were answered outlasts crashes",
        }
    }

    /// Whether it holds in a state.
    pub fn holds(self, state: &State) -> bool {
        let book = &state.ledger.live;
        match self {
            Self::MoneyKept => {
                let Book { own, locked, in_transit, released, spent, .. } = *book;
                own >= 0 && locked >= 0 && own + locked + in_transit + released + spent == OPENING
            }
            Self::PaidOnce => (0..LESSONS).all(|lesson| cleared(state, lesson) <= 1),
            Self::PaidIsDebited => {
                let paid: usize = (0..LESSONS).map(|lesson| cleared(state, lesson)).sum();
                paid as i8 <= book.in_transit + book.released
            }
            Self::LockIsWhole => {
                let unpaid =
                    |lesson: &&Lesson| !matches!(lesson, Lesson::Releasing(_) | Lesson::Released);
                let unpaid = book.lessons.iter().filter(unpaid).count();
                book.phase != Phase::Funded || book.locked == unpaid as i8
            }
            Self::EndLocksNothing => book.phase == Phase::Funded || book.locked == 0,
            Self::DisputeHolds => !state.told.paid_in_dispute,
            Self::SuspensionHolds => !state.told.paid_when_suspended,
            Self::PromisesKept => {
                let funded = !state.told.funded || book.phase != Phase::Created;
                funded && (!state.told.refunded || book.phase == Phase::Ended)
            }
        }
    }
}

/// How many attempts of a lesson are final.
fn cleared(state: &State, lesson: usize) -> usize {
    state.transfers[lesson].iter().filter(|transfer| **transfer == Transfer::Cleared).count()
}

/// Something that must be possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// All lessons are paid.
    Completes,
    /// One lesson is paid, and the price of the other is the payer's again.
    PaidAndGivenBack,
    /// A lesson is paid by a second payment.
    PaidAtTheSecondAttempt,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 3] =
        [Self::Completes, Self::PaidAndGivenBack, Self::PaidAtTheSecondAttempt];

    /// The event in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completes => "a contract completes",
            Self::PaidAndGivenBack => "one lesson is paid and the other given back",
            Self::PaidAtTheSecondAttempt => "a lesson is paid by a second payment",
        }
    }

    /// Whether it has happened in a state.
    pub fn happened(self, state: &State) -> bool {
        let book = &state.ledger.live;
        match self {
            Self::Completes => book.lessons == [Lesson::Released; LESSONS],
            Self::PaidAndGivenBack => {
                book.phase == Phase::Ended && book.released == 1 && book.in_transit == 0
            }
            Self::PaidAtTheSecondAttempt => {
                let again = |(lesson, attempts): (&Lesson, &u8)| {
                    *lesson == Lesson::Released && *attempts > 1
                };
                book.lessons.iter().zip(&book.attempts).any(again)
            }
        }
    }
}
