//! What follows from what happens.

use super::choice::Action;
use super::state::{LESSONS, Lesson, Phase, State, Transfer};
use super::{Config, Rule};

/// Applies an action that can happen.
pub(super) fn apply(config: &Config, state: &mut State, action: Action) {
    match action {
        Action::Fund => fund(config, state),
        Action::Release(lesson) => {
            pay(config, state, lesson);
            reply(config, state);
        }
        Action::Ask(lesson) => ask(config, state, lesson),
        Action::Dispute(lesson) => {
            state.ledger.live.lessons[lesson] = Lesson::Disputed;
            reply(config, state);
        }
        Action::Due(lesson) => {
            let in_dispute = state.ledger.live.lessons[lesson] == Lesson::Disputed;
            state.told.paid_in_dispute |= in_dispute;
            pay(config, state, lesson);
        }
        Action::Refund => {
            end(state);
            state.told.refunded = true;
            reply(config, state);
        }
        // It answers nobody, and comes again when a crash takes it.
        Action::Expire => end(state),
        Action::Suspend => suspend(config, state),
        Action::Spend => {
            state.ledger.live.own -= 1;
            state.ledger.live.spent += 1;
            state.ledger.sync();
        }
        Action::Decide { lesson, attempt, clears } => {
            state.transfers[lesson][attempt] =
                if clears { Transfer::Cleared } else { Transfer::Refused };
        }
        Action::Notice(lesson) => notice(config, state, lesson),
        Action::Sync => state.ledger.sync(),
        Action::Crash { kept } => crash(state, kept),
    }
}

/// A client is answered.
fn reply(config: &Config, state: &mut State) {
    if config.has(Rule::ReplyAfterCommit) {
        state.ledger.sync();
    }
}

fn fund(config: &Config, state: &mut State) {
    let book = &mut state.ledger.live;
    let price = LESSONS as i8;
    if book.suspended || book.own < price {
        return;
    }
    book.own -= price;
    book.locked += price;
    book.phase = Phase::Funded;
    state.told.funded = true;
    reply(config, state);
}

/// Takes a lesson from under the lock, and instructs its payment.
fn pay(config: &Config, state: &mut State, lesson: usize) {
    let book = &mut state.ledger.live;
    let is_paid = matches!(book.lessons[lesson], Lesson::Releasing(_) | Lesson::Released);
    if is_paid && (config.has(Rule::OnePaymentAtATime) || book.locked == 0) {
        return;
    }
    let attempt = book.attempts[lesson];
    book.attempts[lesson] += 1;
    book.lessons[lesson] = Lesson::Releasing(attempt);
    book.locked -= 1;
    book.in_transit += 1;
    state.told.paid_when_suspended |= book.suspended;
    if config.has(Rule::InstructAfterCommit) {
        state.ledger.sync();
    }
    instruct(state, lesson, attempt);
}

/// The central bank knows an id again, whatever it was told it for.
fn instruct(state: &mut State, lesson: usize, attempt: u8) {
    let transfer = &mut state.transfers[lesson][usize::from(attempt)];
    if *transfer == Transfer::Unknown {
        *transfer = Transfer::Undecided;
    }
}

/// A repeat changes nothing: the lesson is asked for, or further on.
fn ask(config: &Config, state: &mut State, lesson: usize) {
    state.questions -= 1;
    let book = &mut state.ledger.live;
    let may = book.is_payable(lesson) && !book.suspended;
    if may && book.lessons[lesson] == Lesson::Open {
        book.lessons[lesson] = Lesson::Requested;
        reply(config, state);
    }
}

fn end(state: &mut State) {
    let book = &mut state.ledger.live;
    book.phase = Phase::Ended;
    book.own += book.locked;
    book.locked = 0;
    forget_requests(state);
}

fn suspend(config: &Config, state: &mut State) {
    state.suspensions -= 1;
    state.ledger.live.suspended = !state.ledger.live.suspended;
    if config.has(Rule::SuspensionStopsReleases) {
        forget_requests(state);
    }
    reply(config, state);
}

fn forget_requests(state: &mut State) {
    for lesson in &mut state.ledger.live.lessons {
        if *lesson == Lesson::Requested {
            *lesson = Lesson::Open;
        }
    }
}

/// Nothing leaves, so nothing is synced.
fn notice(config: &Config, state: &mut State, lesson: usize) {
    let book = &mut state.ledger.live;
    let Lesson::Releasing(attempt) = book.lessons[lesson] else { return };
    book.in_transit -= 1;
    if state.transfers[lesson][usize::from(attempt)] == Transfer::Cleared {
        book.released += 1;
        book.lessons[lesson] = Lesson::Released;
        return;
    }
    book.lessons[lesson] = Lesson::Open;
    if book.phase == Phase::Funded || !config.has(Rule::NoLockAfterTheEnd) {
        book.locked += 1;
    } else {
        book.own += 1;
    }
}

/// A start instructs again what is under way.
fn crash(state: &mut State, kept: bool) {
    state.crashes -= 1;
    state.ledger.crash(kept);
    state.ledger.sync();
    for lesson in 0..LESSONS {
        if let Lesson::Releasing(attempt) = state.ledger.live.lessons[lesson] {
            instruct(state, lesson, attempt);
        }
    }
}
