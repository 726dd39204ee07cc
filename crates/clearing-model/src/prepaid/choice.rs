//! What can happen, and when.

use super::state::{LESSONS, Lesson, Phase, State, Transfer};
use super::{Config, Rule};

/// Something that happens; lessons by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The price of all lessons is locked.
    Fund,
    /// The payer releases a lesson.
    Release(usize),
    /// A question of the merchant for a lesson arrives, for the first time or again.
    Ask(usize),
    /// The payer disputes a lesson.
    Dispute(usize),
    /// The time to dispute a lesson is over.
    Due(usize),
    /// The payer takes back what is not released.
    Refund,
    /// The time of the contract is over.
    Expire,
    /// The merchant is suspended, or goes on.
    Suspend,
    /// The payer spends a unit elsewhere.
    Spend,
    /// The central bank ends an attempt.
    Decide {
        /// The lesson.
        lesson: usize,
        /// The attempt.
        attempt: usize,
        /// Whether it clears.
        clears: bool,
    },
    /// The operator hears how the attempt under way has ended; it asks again after a crash.
    Notice(usize),
    /// What was written is synced.
    Sync,
    /// The process dies and starts again; what was not synced is kept or lost.
    Crash {
        /// By luck nothing is lost.
        kept: bool,
    },
}

/// Lists what can happen in a state.
pub(super) fn list(config: &Config, state: &State, actions: &mut Vec<Action>) {
    let book = &state.ledger.live;
    match book.phase {
        Phase::Created => actions.push(Action::Fund),
        Phase::Funded => actions.extend([Action::Refund, Action::Expire]),
        Phase::Ended => {}
    }
    for lesson in 0..LESSONS {
        list_lesson(config, state, lesson, actions);
    }
    if state.suspensions > 0 {
        actions.push(Action::Suspend);
    }
    let locked = if config.has(Rule::LockPaysLessonsAlone) { 0 } else { book.locked };
    if book.own + locked > 0 {
        actions.push(Action::Spend);
    }
    if !state.ledger.is_synced() {
        actions.push(Action::Sync);
    }
    if state.crashes > 0 {
        actions.push(Action::Crash { kept: true });
        if !state.ledger.is_synced() {
            actions.push(Action::Crash { kept: false });
        }
    }
}

fn list_lesson(config: &Config, state: &State, lesson: usize, actions: &mut Vec<Action>) {
    let book = &state.ledger.live;
    let may_be_paid =
        book.is_payable(lesson) && (!book.suspended || !config.has(Rule::SuspensionStopsReleases));
    if may_be_paid {
        actions.push(Action::Release(lesson));
    }
    if state.questions > 0 {
        actions.push(Action::Ask(lesson));
    }
    match book.lessons[lesson] {
        Lesson::Requested => {
            actions.push(Action::Dispute(lesson));
            if may_be_paid {
                actions.push(Action::Due(lesson));
            }
        }
        Lesson::Disputed if may_be_paid && !config.has(Rule::DisputeEndsRequest) => {
            actions.push(Action::Due(lesson));
        }
        Lesson::Releasing(attempt) => {
            let transfer = state.transfers[lesson][usize::from(attempt)];
            if matches!(transfer, Transfer::Cleared | Transfer::Refused) {
                actions.push(Action::Notice(lesson));
            }
        }
        Lesson::Open | Lesson::Disputed | Lesson::Released => {}
    }
    for (attempt, transfer) in state.transfers[lesson].iter().enumerate() {
        if *transfer == Transfer::Undecided {
            for clears in [true, false] {
                actions.push(Action::Decide { lesson, attempt, clears });
            }
        }
    }
}
