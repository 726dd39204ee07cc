//! ExperimentService: the lists of payments of ticks.

use clearing_api::status::FieldError;
use clearing_api::v1;
use clearing_api::v1::experiment_service_server::ExperimentService;
use clearing_domain::Reason;
use clearing_domain::link::ITEMS_MAX;
use clearing_domain::operator::TickState;
use tonic::{Request, Response, Status};

use crate::node::Node;
use crate::orders;

/// Serves the ticks of an operator.
#[derive(Clone, Debug)]
pub(crate) struct Experiments(pub(crate) Node);

fn progress(state: TickState) -> v1::TickProgress {
    let begun = |tick: u64| Some(tick).filter(|tick| *tick > 0);
    v1::TickProgress {
        tick: begun(state.tick),
        next_index: state.next_index,
        complete: state.complete,
        tick_ended: begun(state.tick_ended),
    }
}

#[tonic::async_trait]
impl ExperimentService for Experiments {
    async fn submit_tick(
        &self,
        request: Request<v1::SubmitTickRequest>,
    ) -> Result<Response<v1::SubmitTickResponse>, Status> {
        let v1::SubmitTickRequest { tick, first_index, items, complete } = request.into_inner();
        let items = orders::tick_items(items.unwrap_or_default())?;
        if items.len() > ITEMS_MAX {
            let message = format!("items has {} items, more than {ITEMS_MAX}", items.len());
            return Err(FieldError::new(Reason::BatchSize, "items", message).into());
        }
        // In lockstep a full queue makes the caller wait. A refusal would change the outcome, which
        // must follow from configuration and seed alone.
        let (items, merchants) = self.0.merchants_of_items(items).await?;
        let applied = self.0.ledger.write_waiting(move |ledger, _| {
            ledger.submit_tick_among(&merchants, tick, first_index, &items, complete)
        });
        let applied = applied.await?.map_err(FieldError::from)?;
        let response = v1::SubmitTickResponse {
            progress: Some(progress(applied.state)),
            errors: applied.errors,
        };
        Ok(Response::new(response))
    }

    async fn get_tick(
        &self,
        _: Request<v1::GetTickRequest>,
    ) -> Result<Response<v1::GetTickResponse>, Status> {
        let state = self.0.read(|ledger, _| ledger.tick()).await?;
        Ok(Response::new(v1::GetTickResponse { progress: Some(progress(state)) }))
    }
}
