//! ClockService: the business time, and its ticks under lockstep.

use clearing_api::status::{FieldError, unavailable};
use clearing_api::v1::clock_service_server::ClockService;
use clearing_api::{enums, text, v1};
use clearing_domain::Reason;
use clearing_domain::central_bank::CentralBankError;
use clearing_domain::link::ITEMS_MAX;
use tonic::{Request, Response};

use super::Answer;
use crate::node::Node;
use crate::view;

/// Serves the clock.
#[derive(Clone, Debug)]
pub(crate) struct Clocks(pub(crate) Node);

#[tonic::async_trait]
impl ClockService for Clocks {
    async fn get_clock(&self, _: Request<v1::GetClockRequest>) -> Answer<v1::GetClockResponse> {
        let clock = self.0.read(view::clock).await?;
        Ok(Response::new(v1::GetClockResponse { clock: Some(clock) }))
    }

    async fn set_tick_priorities(
        &self,
        request: Request<v1::SetTickPrioritiesRequest>,
    ) -> Answer<v1::SetTickPrioritiesResponse> {
        let v1::SetTickPrioritiesRequest { tick, priorities } = request.into_inner();
        if priorities.len() > ITEMS_MAX {
            let message =
                format!("priorities has {} items, more than {ITEMS_MAX}", priorities.len());
            return Err(FieldError::new(Reason::BatchSize, "priorities", message).into());
        }
        let read = |one: v1::PaymentPriority| {
            let level = enums::read::<v1::Priority>("priorities", one.priority)?;
            Ok((text::payment_id(&one.payment_id)?, level))
        };
        let priorities =
            priorities.into_iter().map(read).collect::<Result<Vec<_>, FieldError>>()?;
        // A full queue makes the driver wait: in lockstep a refusal would change the outcome.
        let set = self
            .0
            .ledger
            .write_waiting(move |ledger, _| ledger.set_tick_priorities(tick, priorities));
        let payments = set.await?.map_err(FieldError::from)? as u64;
        Ok(Response::new(v1::SetTickPrioritiesResponse { payments }))
    }

    async fn advance(&self, request: Request<v1::AdvanceRequest>) -> Answer<v1::AdvanceResponse> {
        let tick = request.into_inner().tick;
        let mut pulse = self.0.pulse.clone();
        loop {
            // Marked before the ledger is asked: a change after the answer then ends the wait
            // below. In the other order it could be missed, and the call would wait for ever.
            pulse.mark_unchanged();
            let advanced = self.0.ledger.write_waiting(move |ledger, now| {
                let over = ledger.advance(tick)?;
                Ok(over.then(|| view::clock(ledger, now)))
            });
            let advanced: Result<_, CentralBankError> = advanced.await?;
            match advanced.map_err(FieldError::from)? {
                Some(clock) => {
                    return Ok(Response::new(v1::AdvanceResponse { clock: Some(clock) }));
                }
                None => {
                    pulse.changed().await.map_err(|_| unavailable("the process is stopping"))?
                }
            }
        }
    }
}
