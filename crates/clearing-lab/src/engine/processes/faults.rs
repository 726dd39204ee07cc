//! The calls of faults to the central bank; every one of them can be repeated.

use clearing_api::v1;
use clearing_api::v1::clearing_service_client::ClearingServiceClient;
use clearing_api::v1::membership_service_client::MembershipServiceClient;
use clearing_api::v1::settlement_service_client::SettlementServiceClient;
use clearing_domain::money::{Amount, Position};
use tonic::Status;

use super::super::Standing;
use super::calls::{Peers, StepError};
use clearing_cluster::call::CallError;
use clearing_cluster::cluster::Member;

impl Peers {
    /// Where every operator stands, in the order of the configuration.
    pub(super) async fn standings(&self) -> Result<Vec<Standing>, StepError> {
        let mut client = SettlementServiceClient::new(self.central_bank.clone());
        let accounts = client
            .list_accounts(v1::ListAccountsRequest::default())
            .await
            .map_err(failed("ListAccounts"))?;
        let accounts = accounts.into_inner().accounts;
        let mut standings = Vec::new();
        for (member, _) in &self.operators {
            let code = member.to_string();
            let account = accounts.iter().find(|account| account.operator_code == code);
            let account = account.ok_or_else(|| bad(format!("no account of {code}")))?;
            let (net, balance) =
                (position(&account.unsettled)?, position(&account.settlement_balance)?);
            standings.push(Standing { net, due: net, balance, sent: Position::ZERO });
        }
        self.add_cycles(&mut standings).await?;
        Ok(standings)
    }

    /// Adds up what operators sent in every cycle so far, and finds what is due in the one that
    /// waits for money.
    async fn add_cycles(&self, standings: &mut [Standing]) -> Result<(), StepError> {
        let mut client = ClearingServiceClient::new(self.central_bank.clone());
        let mut page_token = String::new();
        loop {
            let request = v1::ListCyclesRequest { page_token, ..v1::ListCyclesRequest::default() };
            let page =
                client.list_cycles(request).await.map_err(failed("ListCycles"))?.into_inner();
            let rows = page
                .cycles
                .iter()
                .flat_map(|cycle| cycle.positions.iter().map(|row| (cycle.state(), row)));
            for (state, row) in rows {
                // The central bank may know operators that the run does not drive.
                let mut members = self.operators.iter().map(|(member, _)| member.to_string());
                let Some(place) = members.position(|code| code == row.operator_code) else {
                    continue;
                };
                standings[place].sent += position(&row.sent)?;
                if state == v1::cycle::State::Frozen {
                    standings[place].due =
                        position(&row.net_position)? + position(&row.brought_forward)?;
                }
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(());
            }
        }
    }

    /// Suspends an operator or lets it take part again.
    pub(super) async fn set_active(&self, place: usize, active: bool) -> Result<(), StepError> {
        let mut client = MembershipServiceClient::new(self.central_bank.clone());
        let operator_code = self.operators[place].0.to_string();
        if active {
            let request = v1::ResumeOperatorRequest { operator_code };
            client.resume_operator(request).await.map_err(failed("ResumeOperator"))?;
        } else {
            let request = v1::SuspendOperatorRequest { operator_code };
            client.suspend_operator(request).await.map_err(failed("SuspendOperator"))?;
        }
        Ok(())
    }

    /// Moves money into a reserve account; a negative sum takes it out.
    pub(super) async fn fund(
        &self,
        place: usize,
        sum: Position,
        request_id: &str,
    ) -> Result<(), StepError> {
        let mut client = SettlementServiceClient::new(self.central_bank.clone());
        let operator_code = self.operators[place].0.to_string();
        let (request_id, amount) = (request_id.to_owned(), sum.to_string());
        let request = v1::FundAccountRequest { operator_code, amount, request_id };
        client.fund_account(request).await.map(drop).map_err(failed("FundAccount"))
    }
}

pub(super) fn failed(call: &'static str) -> impl FnOnce(Status) -> StepError {
    move |status| CallError::of(Member::CentralBank, call)(status).into()
}

pub(super) fn bad(message: String) -> StepError {
    StepError::Answer { member: Member::CentralBank, message }
}

/// A sum of money that may be negative.
pub(super) fn position(text: &str) -> Result<Position, StepError> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let amount: Amount =
        digits.parse().map_err(|error| bad(format!("{text:?} is no sum of money: {error}")))?;
    Ok(if negative { -amount.position() } else { amount.position() })
}
