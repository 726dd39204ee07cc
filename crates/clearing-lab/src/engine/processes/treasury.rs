//! What treasurers read off the central bank and let it change; every call can be repeated.

use std::collections::BTreeMap;

use clearing_api::enums;
use clearing_api::status::FieldError;
use clearing_api::text;
use clearing_api::v1;
use clearing_api::v1::limit_service_client::LimitServiceClient;
use clearing_api::v1::queue_service_client::QueueServiceClient;
use clearing_api::v1::settlement_service_client::SettlementServiceClient;
use clearing_domain::money::{Amount, PaymentId, Position};
use clearing_domain::netting::Priority;

use super::super::{Books, Queued};
use super::calls::{Peers, StepError};
use super::faults::{bad, failed, position};

/// The most items that a page of a list has.
const PAGE: i32 = 1000;

impl Peers {
    /// What the books of the central bank show, in the order of the configuration.
    pub(super) async fn books(&self) -> Result<Books, StepError> {
        let (balances, limits) = self.accounts().await?;
        Ok(Books { balances, limits, flows: self.flows().await?, queue: self.queue().await? })
    }

    async fn accounts(&self) -> Result<(Vec<Position>, Vec<BTreeMap<usize, Amount>>), StepError> {
        let mut client = SettlementServiceClient::new(self.central_bank.clone());
        let request =
            v1::ListAccountsRequest { page_size: PAGE, ..v1::ListAccountsRequest::default() };
        let accounts = client.list_accounts(request).await.map_err(failed("ListAccounts"))?;
        let accounts = accounts.into_inner().accounts;
        let (mut balances, mut limits) = (Vec::new(), Vec::new());
        for (member, _) in &self.operators {
            let code = member.to_string();
            let account = accounts.iter().find(|account| account.operator_code == code);
            let account = account.ok_or_else(|| bad(format!("no account of {code}")))?;
            balances.push(position(&account.settlement_balance)?);
            let mut own = BTreeMap::new();
            for limit in &account.bilateral_limits {
                if let Some(payee) = self.place(&limit.payee_operator_code) {
                    own.insert(payee, amount(&limit.limit)?);
                }
            }
            limits.push(own);
        }
        Ok((balances, limits))
    }

    async fn flows(&self) -> Result<Vec<Vec<Position>>, StepError> {
        let mut client = SettlementServiceClient::new(self.central_bank.clone());
        let operators = self.operators.len();
        let mut flows = vec![vec![Position::ZERO; operators]; operators];
        let mut page_token = String::new();
        loop {
            let request = v1::ListFlowsRequest { page_size: PAGE, page_token };
            let page = client.list_flows(request).await.map_err(failed("ListFlows"))?.into_inner();
            for flow in page.flows {
                let pair =
                    (self.place(&flow.payer_operator_code), self.place(&flow.payee_operator_code));
                if let (Some(payer), Some(payee)) = pair {
                    flows[payer][payee] = position(&flow.amount)?;
                }
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(flows);
            }
        }
    }

    async fn queue(&self) -> Result<Vec<Queued>, StepError> {
        let mut client = QueueServiceClient::new(self.central_bank.clone());
        let mut queue = Vec::new();
        let mut page_token = String::new();
        loop {
            let payer_operator_code = String::new();
            let request = v1::ListQueueRequest { page_size: PAGE, page_token, payer_operator_code };
            let page = client.list_queue(request).await.map_err(failed("ListQueue"))?.into_inner();
            for payment in &page.payments {
                queue.extend(self.queued(payment)?);
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(queue);
            }
        }
    }

    /// A payment that waits; nothing of operators that the run does not drive.
    fn queued(&self, payment: &v1::QueuedPayment) -> Result<Option<Queued>, StepError> {
        let payer = self.place(&payment.payer_operator_code);
        let Some((payer, payee)) = payer.zip(self.place(&payment.payee_operator_code)) else {
            return Ok(None);
        };
        let wrong = |error: FieldError| bad(error.to_string());
        let id = text::payment_id(&payment.payment_id).map_err(wrong)?;
        let level = enums::read::<v1::Priority>("priority", payment.priority).map_err(wrong)?;
        let submitted = payment.submit_time.as_ref();
        let submitted = submitted.ok_or_else(|| bad(format!("payment {id} has no submit_time")))?;
        let at = text::time("submit_time", submitted).map_err(wrong)?;
        Ok(Some(Queued { id, payer, payee, amount: amount(&payment.amount)?, level, at }))
    }

    /// The place of an operator in the configuration.
    fn place(&self, code: &str) -> Option<usize> {
        self.operators.iter().position(|(member, _)| member.to_string() == code)
    }

    /// Moves payments that wait. A repeat finds those that have moved where they are to be.
    pub(super) async fn set_levels(
        &self,
        levels: &[(PaymentId, Priority)],
    ) -> Result<(), StepError> {
        let mut client = QueueServiceClient::new(self.central_bank.clone());
        for (id, level) in levels {
            let priority = i32::from(level.level());
            let request = v1::ChangePriorityRequest { payment_id: id.to_string(), priority };
            client.change_priority(request).await.map_err(failed("ChangePriority"))?;
        }
        Ok(())
    }

    /// Sets what an operator may pay another; the same limit again changes nothing.
    pub(super) async fn set_limit(
        &self,
        payer: usize,
        payee: usize,
        limit: Option<Amount>,
    ) -> Result<(), StepError> {
        let mut client = LimitServiceClient::new(self.central_bank.clone());
        let request = v1::SetBilateralLimitRequest {
            operator_code: self.operators[payer].0.to_string(),
            payee_operator_code: self.operators[payee].0.to_string(),
            limit: limit.map(|limit| limit.to_string()),
        };
        client.set_bilateral_limit(request).await.map(drop).map_err(failed("SetBilateralLimit"))
    }
}

fn amount(text: &str) -> Result<Amount, StepError> {
    text.parse().map_err(|error| bad(format!("{text:?} is no sum of money: {error}")))
}
