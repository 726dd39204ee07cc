//! The relay of questions between operators, who know no other address than the central bank's.
//!
//! It is all in memory: a question that gets lost is asked again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use clearing_api::status;
use clearing_api::v1;
use clearing_domain::central_bank::CentralBankLedger;
use clearing_domain::money::{OperatorCode, OperatorNumber, Prefix};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tonic::Status;

use crate::links::Stream;

/// The most bytes of a question, and of an answer: a batch of a thousand has room with a sentence
/// of why for each.
pub(crate) const QUESTION_BYTES_MAX: usize = 512 * 1024;
/// The most questions of one operator that wait for answers. With their bytes it bounds the memory
/// that one operator can use up.
const ASKED_MAX: usize = 128;

/// What an operator answered.
pub(crate) type Outcome = Result<v1::Answer, v1::ItemError>;

/// The operators that may ask and be asked.
#[derive(Debug, Default)]
pub(crate) struct Relay(Vec<Member>);

#[derive(Debug)]
struct Member {
    code: OperatorCode,
    prefix: Prefix,
    number: OperatorNumber,
    /// The places for its questions.
    places: Arc<Semaphore>,
}

impl Relay {
    /// Every operator of the roster.
    pub(crate) fn new(ledger: &CentralBankLedger) -> Self {
        let member = |(number, account): (OperatorNumber, &_)| {
            let clearing_domain::central_bank::OperatorAccount { code, prefix, .. } = account;
            let places = Arc::new(Semaphore::new(ASKED_MAX));
            Member { code: *code, prefix: *prefix, number, places }
        };
        Self(ledger.accounts().numbered().map(member).collect())
    }

    /// The number of the operator with a code.
    pub(crate) fn number_of(&self, code: OperatorCode) -> Option<OperatorNumber> {
        self.0.iter().find(|member| member.code == code).map(|member| member.number)
    }

    /// The operator with a prefix.
    pub(crate) fn of_prefix(&self, prefix: u32) -> Option<(OperatorCode, OperatorNumber)> {
        let found = self.0.iter().find(|member| u32::from(member.prefix.get()) == prefix);
        found.map(|member| (member.code, member.number))
    }

    /// A place for a question of an operator until the returned value is dropped; `None` when all
    /// are occupied.
    pub(crate) fn place_of(&self, code: OperatorCode) -> Option<OwnedSemaphorePermit> {
        let member = self.0.iter().find(|member| member.code == code)?;
        Arc::clone(&member.places).try_acquire_owned().ok()
    }
}

/// Where an operator receives questions, and those that wait for its answers. When it is dropped
/// nobody waits any longer.
#[derive(Debug)]
pub(crate) struct Outlet {
    questions: Stream<v1::AnswerQuestionsResponse>,
    asked: Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    /// The number of the last question.
    last: u64,
    waiting: HashMap<u64, oneshot::Sender<Outcome>>,
}

impl Outlet {
    /// The receiver of questions at the end of a stream.
    pub(crate) fn new(questions: Stream<v1::AnswerQuestionsResponse>) -> Self {
        Self { questions, asked: Mutex::default() }
    }

    /// Sends a question to the operator.
    pub(crate) fn ask(
        self: &Arc<Self>,
        asking: OperatorCode,
        question: v1::Question,
    ) -> Result<Waiting, Status> {
        let (answer, receiver) = oneshot::channel();
        let mut asked = self.lock();
        asked.last += 1;
        let number = asked.last;
        let question = Some(question);
        let operator_code = asking.to_string();
        // Under the lock, so that numbers ascend on the stream.
        if !self.questions.send(v1::AnswerQuestionsResponse { number, operator_code, question }) {
            return Err(status::overloaded("queue of questions to the operator"));
        }
        asked.waiting.insert(number, answer);
        Ok(Waiting { outlet: Arc::downgrade(self), number, receiver })
    }

    /// Passes an outcome on to who waits for it. False when no question has that number yet; an
    /// outcome that comes too late, or again, is of no use to anybody.
    pub(crate) fn answer(&self, number: u64, outcome: Outcome) -> bool {
        let mut asked = self.lock();
        if let Some(answer) = asked.waiting.remove(&number) {
            // The receiver is gone when the caller has given up just now.
            let _ = answer.send(outcome);
        }
        (1..=asked.last).contains(&number)
    }

    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that waits for its answer. It waits no longer when it is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    outlet: Weak<Outlet>,
    number: u64,
    receiver: oneshot::Receiver<Outcome>,
}

impl Waiting {
    /// The outcome; `None` when the operator has gone.
    pub(crate) async fn outcome(&mut self) -> Option<Outcome> {
        (&mut self.receiver).await.ok()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(outlet) = self.outlet.upgrade() {
            outlet.lock().waiting.remove(&self.number);
        }
    }
}

#[cfg(test)]
mod tests;
