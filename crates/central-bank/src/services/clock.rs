//! ClockService.

use clearing_api::status::{FieldError, unavailable};
use clearing_api::v1;
use clearing_api::v1::clock_service_server::ClockService;
use clearing_domain::central_bank::CentralBankError;
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

    async fn advance(&self, request: Request<v1::AdvanceRequest>) -> Answer<v1::AdvanceResponse> {
        let tick = request.into_inner().tick;
        let mut pulse = self.0.pulse.clone();
        loop {
            pulse.mark_unchanged();
            let advanced = self.0.ledger.write_waiting(move |book, now| {
                let over = book.0.advance(tick)?;
                Ok(over.then(|| view::clock(&book.0, now)))
            });
            let advanced: Result<_, CentralBankError> = advanced.await?;
            match advanced.map_err(FieldError::from)? {
                Some(clock) => return Ok(Response::new(v1::AdvanceResponse { clock: Some(clock) })),
                None => pulse.changed().await.map_err(|_| unavailable("the process is stopping"))?,
            }
        }
    }
}
