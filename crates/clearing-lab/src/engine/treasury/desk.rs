//! The desk at which treasurers outside decide, in lockstep: the run shows each what it may see and
//! waits until all have decided.

use std::collections::BTreeMap;
use std::time::Duration;

use clearing_domain::money::OperatorCode;
use thiserror::Error;
use tokio::sync::watch;

use super::observation::{Decision, Observation};

/// The side of the run.
#[derive(Debug)]
pub struct Desk {
    board: watch::Sender<Board>,
    deadline: Duration,
}

/// The side of those who decide.
#[derive(Clone, Debug)]
pub struct DeskService {
    board: watch::Sender<Board>,
}

/// What both sides see.
#[derive(Debug)]
struct Board {
    operators: Vec<OperatorCode>,
    /// The tick that is decided or was decided last; 0 before the first.
    tick: u64,
    shown: BTreeMap<OperatorCode, Observation>,
    /// The last decision on each operator, with its tick.
    decided: BTreeMap<OperatorCode, (u64, Decision)>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Finished,
    Failed,
}

/// A treasurer outside that keeps a run from going on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DeskError {
    /// It has not decided in time, or is gone.
    #[error("the treasurer of {operator} has not decided on tick {tick} within {seconds} seconds")]
    Late {
        /// Of whom.
        operator: OperatorCode,
        /// On which tick.
        tick: u64,
        /// How long it had.
        seconds: u64,
    },
}

/// A decision that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DeskRefusal {
    /// The operator is not decided outside.
    #[error("operator {0} is not decided outside: the experiment gives it no policy \"outside\"")]
    Operator(OperatorCode),
    /// A decision is named twice.
    #[error("operator {0} is named twice")]
    Twice(OperatorCode),
    /// The decision is on another tick than the one shown.
    #[error("tick {found} is not decided now; tick {now} is")]
    Tick {
        /// What the decision is on.
        found: u64,
        /// What is decided.
        now: u64,
    },
    /// Another decision on the same tick was taken before.
    #[error("operator {operator} has decided otherwise on tick {tick}")]
    Contradicts {
        /// The operator.
        operator: OperatorCode,
        /// The tick.
        tick: u64,
    },
    /// The decision cannot be carried out.
    #[error("{field} of {operator}: {message}")]
    Invalid {
        /// The operator.
        operator: OperatorCode,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The run has ended with an error.
    #[error("the run has failed")]
    Failed,
}

impl Desk {
    /// Opens a desk for operators that are decided outside, each within a time.
    pub fn open(operators: Vec<OperatorCode>, deadline: Duration) -> (Self, DeskService) {
        let board = Board {
            operators,
            tick: 0,
            shown: BTreeMap::new(),
            decided: BTreeMap::new(),
            state: State::Running,
        };
        let board = watch::Sender::new(board);
        (Self { board: board.clone(), deadline }, DeskService { board })
    }

    /// Shows a tick to the treasurers of operators and waits for their decisions.
    pub(super) async fn decide(
        &mut self,
        shown: Vec<Observation>,
    ) -> Result<BTreeMap<OperatorCode, Decision>, DeskError> {
        let Some(tick) = shown.first().map(|observation| observation.clock.tick) else {
            return Ok(BTreeMap::new());
        };
        self.board.send_modify(|board| {
            board.tick = tick;
            board.shown = shown.into_iter().map(|one| (one.operator, one)).collect();
        });
        let mut changes = self.board.subscribe();
        let decided = changes.wait_for(|board| board.missing().is_none());
        if tokio::time::timeout(self.deadline, decided).await.is_err() {
            let missing = self.board.borrow().missing();
            if let Some(operator) = missing {
                let seconds = self.deadline.as_secs();
                return Err(DeskError::Late { operator, tick, seconds });
            }
        }
        let board = self.board.borrow();
        let of_tick = board.decided.iter().filter(|(_, (of, _))| *of == tick);
        Ok(of_tick.map(|(code, (_, decision))| (*code, decision.clone())).collect())
    }

    /// The run has come to its end; whoever waits for a tick is told.
    pub(super) fn finish(self) {
        self.board.send_modify(|board| board.state = State::Finished);
    }
}

/// A run that fails leaves its desk without finishing.
impl Drop for Desk {
    fn drop(&mut self) {
        self.board.send_if_modified(|board| {
            let running = board.state == State::Running;
            if running {
                board.state = State::Failed;
            }
            running
        });
    }
}

impl DeskService {
    /// Takes decisions on a tick, all or none of them, and waits for the next tick; answers what is
    /// shown of it, nothing once the run is over. On tick 0 nothing is decided: it is how a
    /// treasurer begins, or begins again. The same decision again is answered like the first.
    pub async fn decide(
        &self,
        tick: u64,
        decisions: Vec<(OperatorCode, Decision)>,
    ) -> Result<Vec<Observation>, DeskRefusal> {
        let codes: Vec<_> = decisions.iter().map(|(code, _)| *code).collect();
        let mut refused = Ok(());
        self.board.send_if_modified(|board| match board.take(tick, decisions) {
            Ok(changed) => changed,
            Err(refusal) => {
                refused = Err(refusal);
                false
            }
        });
        refused?;
        let mut changes = self.board.subscribe();
        let next = |board: &Board| {
            let is_next = match tick {
                0 => board.waits_for(&codes),
                tick => board.tick > tick,
            };
            is_next || board.state != State::Running
        };
        // The service keeps a sender itself, so the board cannot be gone.
        let Ok(board) = changes.wait_for(next).await else { return Err(DeskRefusal::Failed) };
        match board.state {
            State::Failed => Err(DeskRefusal::Failed),
            State::Finished => Ok(Vec::new()),
            State::Running => {
                Ok(codes.iter().filter_map(|code| board.shown.get(code)).cloned().collect())
            }
        }
    }
}

impl Board {
    /// Whether the present tick waits for any of these operators. Who begins again is shown no tick
    /// that it has decided before it forgot.
    fn waits_for(&self, codes: &[OperatorCode]) -> bool {
        let open = |code: &OperatorCode| !self.has_decided(*code);
        self.tick > 0 && codes.iter().any(open)
    }

    fn has_decided(&self, code: OperatorCode) -> bool {
        self.decided.get(&code).is_some_and(|(tick, _)| *tick == self.tick)
    }

    /// An operator that the present tick waits for.
    fn missing(&self) -> Option<OperatorCode> {
        self.operators.iter().copied().find(|code| !self.has_decided(*code))
    }

    /// Takes decisions; answers whether any is new.
    fn take(
        &mut self,
        tick: u64,
        decisions: Vec<(OperatorCode, Decision)>,
    ) -> Result<bool, DeskRefusal> {
        for (place, (code, decision)) in decisions.iter().enumerate() {
            if !self.operators.contains(code) {
                return Err(DeskRefusal::Operator(*code));
            }
            if decisions[..place].iter().any(|(before, _)| before == code) {
                return Err(DeskRefusal::Twice(*code));
            }
            self.check(tick, *code, decision)?;
        }
        if tick != self.tick || tick == 0 {
            return Ok(false);
        }
        let before = self.decided.clone();
        self.decided.extend(decisions.into_iter().map(|(code, one)| (code, (tick, one))));
        Ok(self.decided != before)
    }

    fn check(
        &self,
        tick: u64,
        operator: OperatorCode,
        decision: &Decision,
    ) -> Result<(), DeskRefusal> {
        if tick == 0 {
            let nothing = *decision == Decision::default();
            let refused = DeskRefusal::Tick { found: 0, now: self.tick };
            return if nothing { Ok(()) } else { Err(refused) };
        }
        match self.decided.get(&operator) {
            // A repeat, whether or not the run has gone on since.
            Some((of, before)) if *of == tick => {
                let refused = DeskRefusal::Contradicts { operator, tick };
                return if before == decision { Ok(()) } else { Err(refused) };
            }
            Some(_) | None => {}
        }
        let shown = self.shown.get(&operator).filter(|_| tick == self.tick);
        let shown = shown.ok_or(DeskRefusal::Tick { found: tick, now: self.tick })?;
        let invalid = |(field, message)| DeskRefusal::Invalid { operator, field, message };
        shown.check(decision).map_err(invalid)
    }
}

#[cfg(test)]
mod tests;
