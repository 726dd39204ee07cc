//! ClearingService.

use clearing_api::status::FieldError;
use clearing_api::text::Page;
use clearing_api::v1;
use clearing_api::v1::clearing_service_server::ClearingService;
use clearing_domain::central_bank::CentralBankLedger;
use clearing_domain::money::CycleId;
use tonic::{Request, Response};

use super::Answer;
use crate::node::Node;
use crate::view;

/// Serves cycles and positions.
#[derive(Clone, Debug)]
pub(crate) struct Clearing(pub(crate) Node);

fn find(ledger: &CentralBankLedger, number: u32) -> Result<v1::Cycle, FieldError> {
    view::find_cycle(ledger, number).map(|cycle| view::cycle(ledger, cycle))
}

#[tonic::async_trait]
impl ClearingService for Clearing {
    async fn get_cycle(&self, request: Request<v1::GetCycleRequest>) -> Answer<v1::GetCycleResponse> {
        let number = request.into_inner().cycle;
        let cycle = self.0.read(move |ledger, _| find(ledger, number)).await??;
        Ok(Response::new(v1::GetCycleResponse { cycle: Some(cycle) }))
    }

    async fn list_cycles(&self, request: Request<v1::ListCyclesRequest>) -> Answer<v1::ListCyclesResponse> {
        let request = request.into_inner();
        let page = Page::read(request.page_size, &request.page_token)?;
        let list = move |ledger: &CentralBankLedger, _| {
            let all = ledger.cycles().iter().chain(ledger.frozen_cycle()).chain(ledger.open_cycle());
            page.take(all, |cycle| view::cycle(ledger, cycle))
        };
        let (cycles, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListCyclesResponse { cycles, next_page_token }))
    }

    async fn close_cycle(&self, request: Request<v1::CloseCycleRequest>) -> Answer<v1::CloseCycleResponse> {
        let number = request.into_inner().cycle;
        let close = self.0.change(move |ledger, now| {
            let named = (number != 0).then_some(CycleId(number));
            let closed = ledger.close_cycle(named, now)?;
            Ok(find(ledger, closed.0))
        });
        Ok(Response::new(v1::CloseCycleResponse { cycle: Some(close.await??) }))
    }

    async fn list_positions(&self, _: Request<v1::ListPositionsRequest>) -> Answer<v1::ListPositionsResponse> {
        let positions = self.0.read(|ledger, _| v1::ListPositionsResponse {
            cycle: ledger.open_cycle().map_or(0, |cycle| cycle.id.0),
            positions: ledger.accounts().iter().map(view::position).collect(),
        });
        Ok(Response::new(positions.await?))
    }
}
