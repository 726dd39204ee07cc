//! QueueService: the payments that wait for cover.

use clearing_api::enums::{self, WireEnum as _};
use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::queue_service_server::QueueService;
use clearing_domain::central_bank::{CentralBankError, CentralBankLedger};
use clearing_domain::netting::Priority;
use tonic::{Request, Response};

use super::Answer;
use crate::node::Node;
use crate::view;

/// Serves the queue.
#[derive(Clone, Debug)]
pub(crate) struct Queues(pub(crate) Node);

#[tonic::async_trait]
impl QueueService for Queues {
    async fn list_queue(
        &self,
        request: Request<v1::ListQueueRequest>,
    ) -> Answer<v1::ListQueueResponse> {
        let request = request.into_inner();
        // The queue changes between two pages, so a token names the last payment shown by its level
        // and row, not a place in the list.
        let page = Page::read(request.page_size, &request.page_token)?;
        let code = Some(&request.payer_operator_code).filter(|code| !code.is_empty());
        let code = code.map(|code| text::operator_code(code)).transpose()?;
        let place =
            |(level, row)| Some((u8::try_from(level).ok().and_then(Priority::from_level)?, row));
        let after =
            page.after()?.map(|key| place(key).ok_or_else(|| page.foreign())).transpose()?;
        let list = move |ledger: &CentralBankLedger, _| {
            let payer = code.map(|code| ledger.operator_number(code)).transpose()?;
            let rest = ledger.queue_after(payer, after);
            let rest =
                rest.map(|((priority, row), transfer)| ((priority.level().into(), row), transfer));
            Ok(page.take_after(rest, |transfer| view::queued(ledger, transfer)))
        };
        let listed: Result<_, CentralBankError> = self.0.read(list).await?;
        let (payments, next_page_token) = listed.map_err(FieldError::from)?;
        Ok(Response::new(v1::ListQueueResponse { payments, next_page_token }))
    }

    async fn cancel_queued(
        &self,
        request: Request<v1::CancelQueuedRequest>,
    ) -> Answer<v1::CancelQueuedResponse> {
        let id = text::payment_id(&request.into_inner().payment_id)?;
        let cancel = move |ledger: &mut CentralBankLedger, now| {
            // Read before it leaves: afterwards it has no place in the queue to be shown.
            let payment = ledger.transfer(id).map(|transfer| view::queued(ledger, transfer));
            ledger.cancel_queued(id, now)?;
            Ok(payment)
        };
        Ok(Response::new(v1::CancelQueuedResponse { payment: self.0.change(cancel).await? }))
    }

    async fn change_priority(
        &self,
        request: Request<v1::ChangePriorityRequest>,
    ) -> Answer<v1::ChangePriorityResponse> {
        let request = request.into_inner();
        let id = text::payment_id(&request.payment_id)?;
        let priority = enums::read::<v1::Priority>("priority", request.priority)?;
        let change = move |ledger: &mut CentralBankLedger, now| {
            // Read before it moves: at its new level it may settle at once, and leave the queue.
            let payment = ledger.transfer(id).map(|transfer| view::queued(ledger, transfer));
            ledger.change_priority(id, priority, now)?;
            let priority = v1::Priority::of(priority).into();
            Ok(payment.map(|payment| v1::QueuedPayment { priority, ..payment }))
        };
        Ok(Response::new(v1::ChangePriorityResponse { payment: self.0.change(change).await? }))
    }
}
