//! ClearingService: cycles and net positions.

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

fn find(ledger: &CentralBankLedger, number: Option<u32>) -> Result<v1::Cycle, FieldError> {
    view::find_cycle(ledger, number).map(|cycle| view::cycle(ledger, cycle))
}

#[tonic::async_trait]
impl ClearingService for Clearing {
    async fn get_cycle(
        &self,
        request: Request<v1::GetCycleRequest>,
    ) -> Answer<v1::GetCycleResponse> {
        let number = request.into_inner().cycle;
        let cycle = self.0.read(move |ledger, _| find(ledger, number)).await??;
        Ok(Response::new(v1::GetCycleResponse { cycle: Some(cycle) }))
    }

    async fn list_cycles(
        &self,
        request: Request<v1::ListCyclesRequest>,
    ) -> Answer<v1::ListCyclesResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &CentralBankLedger, _| {
            // Closed cycles never leave their places, and the unsettled ones stand behind them in
            // the order in which they will close, so that a token stays valid over a close.
            let closed = ledger.cycles();
            let unsettled = ledger.frozen_cycle().into_iter().chain(ledger.open_cycle());
            let unsettled = unsettled.skip(page.start.saturating_sub(closed.len()));
            let rest = closed.get(page.start..).unwrap_or_default().iter().chain(unsettled);
            page.take_from(rest, |cycle| view::cycle(ledger, cycle))
        };
        let (cycles, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListCyclesResponse { cycles, next_page_token }))
    }

    async fn close_cycle(
        &self,
        request: Request<v1::CloseCycleRequest>,
    ) -> Answer<v1::CloseCycleResponse> {
        let number = request.into_inner().cycle;
        // Zero is the number of no cycle; it must not close the one that happens to be open.
        let known = |number| CycleId::new(number).ok_or_else(|| view::cycle_unknown(number));
        let named = number.map(known).transpose()?;
        let close = self.0.change(move |ledger, now| {
            let closed = ledger.close_cycle(named, now)?;
            Ok(find(ledger, Some(closed.number())))
        });
        Ok(Response::new(v1::CloseCycleResponse { cycle: Some(close.await??) }))
    }

    async fn list_positions(
        &self,
        request: Request<v1::ListPositionsRequest>,
    ) -> Answer<v1::ListPositionsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &CentralBankLedger, _| {
            let cycle = ledger.open_cycle().map(|cycle| cycle.id.number());
            let (positions, next_page_token) =
                page.take_from(super::accounts_from(ledger, &page), view::position);
            v1::ListPositionsResponse { cycle, positions, next_page_token }
        };
        Ok(Response::new(self.0.read(list).await?))
    }
}
