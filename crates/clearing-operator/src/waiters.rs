//! Callers that wait for payments to become final.
//!
//! A waiter is registered on the ledger's thread in the batch that records its payment, so the
//! outcome cannot come before it.

use std::sync::{Arc, Mutex, PoisonError};

use clearing_api::status::FieldError;
use clearing_domain::money::PaymentId;
use clearing_domain::operator::OperatorLedger;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use tokio::sync::oneshot;

use crate::view::PaymentView;

/// The outcome of an item: its payment in its present state, or an error that left no payment.
pub(crate) type ItemOutcome = Result<PaymentView, FieldError>;

/// The payments for which callers wait, by id.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    waiting: DashMap<PaymentId, Vec<Place>>,
}

/// A place in a batch that waits for its outcome.
#[derive(Debug)]
struct Place {
    batch: Arc<Batch>,
    index: usize,
}

/// The outcomes of the payments of one call or message.
#[derive(Debug)]
pub(crate) struct Batch {
    state: Mutex<BatchState>,
}

#[derive(Debug)]
struct BatchState {
    outcomes: Vec<ItemOutcome>,
    missing: usize,
    done: Option<oneshot::Sender<()>>,
}

impl Waiters {
    /// Stores the first outcomes of a batch and registers those that are not final as waiting.
    ///
    /// Called on the ledger's thread, before anything of the payments' batch is released.
    pub(crate) fn register(
        &self,
        outcomes: Vec<ItemOutcome>,
    ) -> (Arc<Batch>, oneshot::Receiver<()>) {
        let (done, wait) = oneshot::channel();
        let unfinished = |outcome: &ItemOutcome| {
            outcome.as_ref().ok().filter(|view| !view.is_answer()).map(|view| view.id)
        };
        let ids: Vec<_> = outcomes.iter().map(unfinished).collect();
        let missing = ids.iter().flatten().count();
        let batch = Arc::new(Batch {
            state: Mutex::new(BatchState { outcomes, missing, done: Some(done) }),
        });
        if missing == 0 {
            batch.lock().finish();
        }
        // One payment may stand in a batch twice, as a repeat; each place is filled.
        for (index, id) in ids.into_iter().enumerate() {
            if let Some(id) = id {
                self.waiting
                    .entry(id)
                    .or_default()
                    .push(Place { batch: Arc::clone(&batch), index });
            }
        }
        (batch, wait)
    }

    /// Sets the outcome of a payment for every caller that waits for it.
    pub(crate) fn finish(&self, id: PaymentId, ledger: &OperatorLedger) {
        let Some((_, places)) = self.waiting.remove(&id) else { return };
        let Some(view) = PaymentView::find(ledger, id) else { return };
        for place in places {
            place.batch.lock().set(place.index, view.clone());
        }
    }

    /// Waits for the end of every payment of a batch, or for the end of the caller's wait, and
    /// returns the outcomes as they are then.
    pub(crate) async fn outcomes(
        &self,
        batch: Arc<Batch>,
        done: oneshot::Receiver<()>,
        enough: impl Future<Output = ()>,
    ) -> Vec<ItemOutcome> {
        // Biased: when both are ready the outcome is complete, and nothing has to be removed.
        tokio::select! {
            biased;
            _ = done => {}
            () = enough => self.forget(&batch),
        }
        std::mem::take(&mut batch.lock().outcomes)
    }

    /// Removes the waiting places of a batch. Without this a payment that stays in transit would
    /// keep the batch of a caller that has gone.
    fn forget(&self, batch: &Arc<Batch>) {
        let ids: Vec<_> = {
            let state = batch.lock();
            let unfinished = state.outcomes.iter().flatten().filter(|view| !view.is_answer());
            unfinished.map(|view| view.id).collect()
        };
        for id in ids {
            if let Entry::Occupied(mut entry) = self.waiting.entry(id) {
                entry.get_mut().retain(|place| !Arc::ptr_eq(&place.batch, batch));
                if entry.get().is_empty() {
                    entry.remove();
                }
            }
        }
    }
}

impl Batch {
    fn lock(&self) -> std::sync::MutexGuard<'_, BatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BatchState {
    fn set(&mut self, index: usize, view: PaymentView) {
        // The list is empty when the wait has ended and the caller has its outcomes.
        let Some(outcome) = self.outcomes.get_mut(index) else { return };
        *outcome = Ok(view);
        self.missing = self.missing.saturating_sub(1);
        if self.missing == 0 {
            self.finish();
        }
    }

    fn finish(&mut self) {
        if let Some(done) = self.done.take() {
            // The receiver is gone when the caller has cancelled the call.
            let _ = done.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use clearing_domain::Regime;
    use clearing_domain::money::{Amount, InterestRate, Prefix, RequestId, WalletNumber};
    use clearing_domain::operator::{LimitSchedule, OperatorSettings, PaymentState};

    use super::*;

    fn ledger() -> OperatorLedger {
        OperatorLedger::new(OperatorSettings {
            code: "ICBC".parse().unwrap(),
            prefix: Prefix::new(2).unwrap(),
            regime: Regime::Cash,
            limits: LimitSchedule::named("2021").unwrap(),
            expiry_ms: 30_000,
            lockstep: None,
            opening_deposits: Amount::ZERO,
            interest: InterestRate::ZERO,
            any_pool: false,
        })
    }

    fn view(id: u8, state: PaymentState) -> PaymentView {
        PaymentView {
            id: PaymentId([id; 16]),
            request_id: Some(RequestId::Uuid([id; 16])),
            payer: None::<WalletNumber>,
            payee: None,
            amount: Amount::ZERO,
            state,
            queued: false,
            reason: None,
            cycle: None,
            submitted_at: None,
            expires_at: None,
            finished_at: None,
            remark: None,
            details: None,
            refunded: Amount::ZERO,
        }
    }

    #[tokio::test]
    async fn a_batch_that_is_final_already_is_not_waited_for() {
        let waiters = Waiters::default();
        let (batch, done) = waiters.register(vec![Ok(view(1, PaymentState::Completed))]);
        let outcomes = waiters.outcomes(batch, done, std::future::pending()).await;
        assert_eq!(outcomes.len(), 1);
        assert!(waiters.waiting.is_empty());
    }

    #[tokio::test]
    async fn a_wait_that_ends_gives_the_present_state_and_leaves_nothing_behind() {
        let waiters = Waiters::default();
        let (batch, done) = waiters.register(vec![
            Ok(view(1, PaymentState::InTransit)),
            Ok(view(1, PaymentState::InTransit)),
        ]);
        let outcomes = waiters.outcomes(batch, done, std::future::ready(())).await;
        assert!(outcomes.iter().flatten().all(|view| view.state == PaymentState::InTransit));
        assert!(waiters.waiting.is_empty());
        // An outcome that comes later finds nobody.
        waiters.finish(PaymentId([1; 16]), &ledger());
    }
}
