//! BillService: the bills of this operator's wallets.

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1::bill_service_server::BillService;
use clearing_api::{enums, v1};
use clearing_domain::Reason;
use clearing_domain::details::BillReference;
use clearing_domain::money::{Timestamp, WalletNumber};
use clearing_domain::operator::{BillOrder, OperatorError, OperatorLedger};
use tonic::{Request, Response, Status};

use crate::node::Node;
use crate::{orders, view};

/// Serves the bills of an operator.
#[derive(Clone, Debug)]
pub(crate) struct Bills(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

/// Names the biller's wallet in an error.
fn of_biller(error: OperatorError) -> FieldError {
    let error = FieldError::from(error);
    if error.field == "wallet_number" {
        FieldError { field: "biller_wallet", ..error }
    } else {
        error
    }
}

/// Reads the reference of a bill.
pub(crate) fn reference(field: &'static str, text: &str) -> Result<BillReference, FieldError> {
    text.parse().map_err(|error| FieldError::new(Reason::FieldInvalid, field, error))
}

fn order(bill: v1::NewBill) -> Result<BillOrder, FieldError> {
    let due = bill.due_time.ok_or_else(|| {
        FieldError::new(Reason::FieldInvalid, "due_time", "due_time is not given")
    })?;
    Ok(BillOrder {
        biller: text::wallet_number("biller_wallet", &bill.biller_wallet)?,
        reference: reference("reference", &bill.reference)?,
        amount: text::positive_amount("amount", &bill.amount)?,
        due_at: text::time("due_time", &due)?,
        purpose: enums::read_optional::<v1::Purpose>("purpose", bill.purpose)?,
        subject: text::person_text("subject", &bill.subject)?,
        release: text::person_text("release", &bill.release)?,
    })
}

fn publish(
    ledger: &mut OperatorLedger,
    order: BillOrder,
    now: Timestamp,
) -> Result<v1::Bill, FieldError> {
    let slot = ledger.publish_bill(order, now).map_err(of_biller)?;
    Ok(view::bill(ledger, ledger.bill(slot)))
}

impl Bills {
    /// Publishes bills in one batch of the ledger.
    async fn publish(
        &self,
        bills: Vec<v1::NewBill>,
    ) -> Result<Vec<Result<v1::Bill, FieldError>>, Status> {
        let orders: Vec<_> = bills.into_iter().map(order).collect();
        let publish_all = move |ledger: &mut OperatorLedger, now| {
            Ok(orders.into_iter().map(|order| publish(ledger, order?, now)).collect())
        };
        self.0.change(publish_all).await
    }
}

fn names(
    biller_wallet: &str,
    bill_reference: &str,
) -> Result<(WalletNumber, BillReference), FieldError> {
    let biller = text::wallet_number("biller_wallet", biller_wallet)?;
    Ok((biller, reference("reference", bill_reference)?))
}

#[tonic::async_trait]
impl BillService for Bills {
    async fn publish_bill(
        &self,
        request: Request<v1::PublishBillRequest>,
    ) -> Answer<v1::PublishBillResponse> {
        let bill = request.into_inner().bill.unwrap_or_default();
        let bill = self.publish(vec![bill]).await?.pop().transpose()?;
        Ok(Response::new(v1::PublishBillResponse { bill }))
    }

    async fn publish_bills(
        &self,
        request: Request<v1::PublishBillsRequest>,
    ) -> Answer<v1::PublishBillsResponse> {
        let bills = request.into_inner().bills;
        text::batch_size("bills", bills.len())?;
        let outcomes = self.publish(bills).await?.into_iter().map(orders::bill_outcome).collect();
        Ok(Response::new(v1::PublishBillsResponse { outcomes }))
    }

    async fn get_bill(&self, request: Request<v1::GetBillRequest>) -> Answer<v1::GetBillResponse> {
        let request = request.into_inner();
        let (biller, reference) = names(&request.biller_wallet, &request.reference)?;
        let find = move |ledger: &OperatorLedger, _| {
            let slot = ledger.find_bill(biller, &reference).map_err(of_biller)?;
            Ok::<_, FieldError>(view::bill(ledger, ledger.bill(slot)))
        };
        let bill = Some(self.0.read(find).await??);
        Ok(Response::new(v1::GetBillResponse { bill }))
    }

    async fn list_bills(
        &self,
        request: Request<v1::ListBillsRequest>,
    ) -> Answer<v1::ListBillsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let biller = text::wallet_number("biller_wallet", &request.biller_wallet)?;
        let list = move |ledger: &OperatorLedger, _| {
            let slots = ledger.bills_of(biller).map_err(of_biller)?;
            let first = page.start.min(slots.len());
            let bills = (first..).zip(&slots[first..]);
            let show = |slot: &_| view::bill(ledger, ledger.bill(*slot));
            Ok::<_, FieldError>(page.take_marked(bills, show))
        };
        let (bills, next_page_token) = self.0.read(list).await??;
        Ok(Response::new(v1::ListBillsResponse { bills, next_page_token }))
    }

    async fn cancel_bill(
        &self,
        request: Request<v1::CancelBillRequest>,
    ) -> Answer<v1::CancelBillResponse> {
        let request = request.into_inner();
        let (biller, reference) = names(&request.biller_wallet, &request.reference)?;
        let cancel = move |ledger: &mut OperatorLedger, now| {
            let slot = ledger.cancel_bill(biller, reference, now)?;
            Ok(view::bill(ledger, ledger.bill(slot)))
        };
        let bill = Some(self.0.change(cancel).await?);
        Ok(Response::new(v1::CancelBillResponse { bill }))
    }
}
