//! PayrollService: many payments under one total.

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::payroll_service_server::PayrollService;
use clearing_domain::Reason;
use clearing_domain::money::{PayrollId, Timestamp};
use clearing_domain::operator::{OperatorError, OperatorLedger};
use prost::Message as _;
use tonic::{Request, Response, Status};

use crate::node::{Node, wallet_unknown};
use crate::payroll_orders as convert;

/// Serves the payrolls of an operator's wallets.
#[derive(Clone, Debug)]
pub(crate) struct Payrolls(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

/// Names the payer's wallet and the total in an error.
fn of_payroll(error: OperatorError) -> FieldError {
    let error = FieldError::from(error);
    match error.field {
        "wallet_number" => FieldError { field: "payer_wallet", ..error },
        "amount" => FieldError { field: "total", ..error },
        _ => error,
    }
}

/// What a payroll takes of a page: its lines are counted on the thread of the ledger, so that a page of
/// large payrolls is short.
fn weight(payroll: &v1::Payroll) -> usize {
    const LINE: usize = 150;
    let lines = usize::try_from(payroll.line_count).unwrap_or(usize::MAX);
    payroll.encoded_len().max(lines.saturating_mul(LINE))
}

impl Payrolls {
    /// Changes a payroll and reads it.
    async fn change(
        &self,
        change: impl FnOnce(&mut OperatorLedger, Timestamp) -> Result<PayrollId, OperatorError>
        + Send
        + 'static,
    ) -> Result<(v1::Payroll, Vec<v1::PayrollLine>), Status> {
        let change = move |ledger: &mut OperatorLedger, now| {
            Ok(change(ledger, now).map_err(of_payroll).and_then(|payroll| {
                let found = ledger.payroll(payroll).map_err(of_payroll)?;
                Ok((convert::payroll(ledger, found), convert::bad_lines(ledger, found)))
            }))
        };
        Ok(self.0.change(change).await??)
    }
}

/// Reads the state of the lines to list; none lists all.
fn state(number: i32) -> Result<Option<v1::payroll_line::State>, FieldError> {
    use v1::payroll_line::State;
    match State::try_from(number) {
        Ok(State::Unspecified) => Ok(None),
        Ok(state) => Ok(Some(state)),
        Err(_) => {
            let message = format!("state {number} is no state of a line, 1 to 6");
            Err(FieldError::new(Reason::FieldInvalid, "state", message))
        }
    }
}

#[tonic::async_trait]
impl PayrollService for Payrolls {
    async fn prepare_payroll(
        &self,
        request: Request<v1::PreparePayrollRequest>,
    ) -> Answer<v1::PreparePayrollResponse> {
        // Under lockstep the ids of payments are the same in every run.
        let salt = self.0.settings.lockstep.is_none().then(rand::random);
        let order = convert::order(request.into_inner(), &self.0.keys.own, salt.as_ref())?;
        let prepare = move |ledger: &mut OperatorLedger, now| ledger.prepare_payroll(order, now);
        let (payroll, bad_lines) = self.change(prepare).await?;
        let payroll = Some(payroll);
        Ok(Response::new(v1::PreparePayrollResponse { payroll, bad_lines }))
    }

    async fn confirm_payroll(
        &self,
        request: Request<v1::ConfirmPayrollRequest>,
    ) -> Answer<v1::ConfirmPayrollResponse> {
        let request = request.into_inner();
        let payroll = convert::payroll_id(&request.payroll_id)?;
        let total = text::positive_amount("total", &request.total)?;
        let confirm = move |ledger: &mut OperatorLedger, now| {
            ledger.confirm_payroll(payroll, total, now).map(|()| payroll)
        };
        let payroll = Some(self.change(confirm).await?.0);
        Ok(Response::new(v1::ConfirmPayrollResponse { payroll }))
    }

    async fn cancel_payroll(
        &self,
        request: Request<v1::CancelPayrollRequest>,
    ) -> Answer<v1::CancelPayrollResponse> {
        let payroll = convert::payroll_id(&request.into_inner().payroll_id)?;
        let cancel = move |ledger: &mut OperatorLedger, now| {
            ledger.cancel_payroll(payroll, now).map(|()| payroll)
        };
        let payroll = Some(self.change(cancel).await?.0);
        Ok(Response::new(v1::CancelPayrollResponse { payroll }))
    }

    async fn get_payroll(
        &self,
        request: Request<v1::GetPayrollRequest>,
    ) -> Answer<v1::GetPayrollResponse> {
        let payroll = convert::payroll_id(&request.into_inner().payroll_id)?;
        let find = move |ledger: &OperatorLedger, _| {
            let found = ledger.payroll(payroll).map_err(of_payroll)?;
            Ok::<_, FieldError>(convert::payroll(ledger, found))
        };
        let payroll = Some(self.0.read(find).await??);
        Ok(Response::new(v1::GetPayrollResponse { payroll }))
    }

    async fn list_payrolls(
        &self,
        request: Request<v1::ListPayrollsRequest>,
    ) -> Answer<v1::ListPayrollsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let payer = text::wallet_number("payer_wallet", &request.payer_wallet)?;
        let list = move |ledger: &OperatorLedger, _| {
            ledger.wallet(payer)?;
            let payrolls = ledger.payrolls().of_payer(payer, page.start);
            let show = |payroll: &_| convert::payroll(ledger, payroll);
            Some(page.take_placed(payrolls, show, weight))
        };
        let listed = self.0.read(list).await?;
        let (payrolls, next_page_token) = listed.ok_or_else(|| wallet_unknown(payer))?;
        Ok(Response::new(v1::ListPayrollsResponse { payrolls, next_page_token }))
    }

    async fn list_payroll_lines(
        &self,
        request: Request<v1::ListPayrollLinesRequest>,
    ) -> Answer<v1::ListPayrollLinesResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let payroll = convert::payroll_id(&request.payroll_id)?;
        let state = state(request.state)?;
        let list = move |ledger: &OperatorLedger, _| {
            let found = ledger.payroll(payroll).map_err(of_payroll)?;
            let places = page.start.min(found.lines().len())..found.lines().len();
            let lines = places.zip(1u32..).map(|(place, offset)| {
                let first = u32::try_from(page.start).unwrap_or(u32::MAX);
                (place, convert::line(ledger, found, first.saturating_add(offset)))
            });
            let lines = lines.filter(|(_, line)| state.is_none_or(|state| line.state() == state));
            Ok::<_, FieldError>(page.take_marked(lines, |line| line))
        };
        let (lines, next_page_token) = self.0.read(list).await??;
        Ok(Response::new(v1::ListPayrollLinesResponse { lines, next_page_token }))
    }
}
