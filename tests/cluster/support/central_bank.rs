//! The central bank as its clients see it.

use clearing_api::v1;
use clearing_api::v1::clearing_service_client::ClearingServiceClient;
use clearing_api::v1::clock_service_client::ClockServiceClient;
use clearing_api::v1::directory_service_client::DirectoryServiceClient;
use clearing_api::v1::issuance_service_client::IssuanceServiceClient;
use clearing_api::v1::limit_service_client::LimitServiceClient;
use clearing_api::v1::membership_service_client::MembershipServiceClient;
use clearing_api::v1::node_service_client::NodeServiceClient;
use clearing_api::v1::queue_service_client::QueueServiceClient;
use clearing_api::v1::settlement_service_client::SettlementServiceClient;
use tonic::Status;
use tonic::transport::Channel;

use super::{eventually, request_id};

/// The services of the central bank.
#[derive(Clone)]
pub(crate) struct CentralBank {
    pub(crate) clearing: ClearingServiceClient<Channel>,
    pub(crate) clock: ClockServiceClient<Channel>,
    pub(crate) directory: DirectoryServiceClient<Channel>,
    pub(crate) node: NodeServiceClient<Channel>,
    pub(crate) issuance: IssuanceServiceClient<Channel>,
    pub(crate) settlement: SettlementServiceClient<Channel>,
    pub(crate) limits: LimitServiceClient<Channel>,
    pub(crate) queue: QueueServiceClient<Channel>,
    pub(crate) membership: MembershipServiceClient<Channel>,
}

impl CentralBank {
    pub(super) fn new(channel: Channel) -> Self {
        Self {
            clearing: ClearingServiceClient::new(channel.clone()),
            clock: ClockServiceClient::new(channel.clone()),
            directory: DirectoryServiceClient::new(channel.clone()),
            node: NodeServiceClient::new(channel.clone()),
            issuance: IssuanceServiceClient::new(channel.clone()),
            settlement: SettlementServiceClient::new(channel.clone()),
            limits: LimitServiceClient::new(channel.clone()),
            queue: QueueServiceClient::new(channel.clone()),
            membership: MembershipServiceClient::new(channel),
        }
    }

    pub(crate) async fn accounts(&self, code: &str) -> v1::OperatorAccounts {
        let all = self
            .settlement
            .clone()
            .list_accounts(v1::ListAccountsRequest::default())
            .await
            .unwrap()
            .into_inner();
        all.accounts.into_iter().find(|accounts| accounts.operator_code == code).unwrap()
    }

    pub(crate) async fn position(&self, code: &str) -> v1::OperatorPosition {
        let all = self
            .clearing
            .clone()
            .list_positions(v1::ListPositionsRequest::default())
            .await
            .unwrap()
            .into_inner();
        all.positions.into_iter().find(|position| position.operator_code == code).unwrap()
    }

    /// The net position of an operator and how much more it may send, as in "-100.00, 0.00".
    pub(crate) async fn net_and_headroom(&self, code: &str) -> String {
        let position = self.position(code).await;
        format!(
            "{}, {}",
            position.net_position,
            position.headroom.as_deref().unwrap_or("unlimited")
        )
    }

    /// Closes the cycle of a number, or the open one.
    pub(crate) async fn close_cycle(
        &self,
        number: impl Into<Option<u32>>,
    ) -> Result<v1::Cycle, Status> {
        let cycle = number.into();
        let answer = self.clearing.clone().close_cycle(v1::CloseCycleRequest { cycle }).await?;
        Ok(answer.into_inner().cycle.unwrap())
    }

    /// The cycle of a number, or the open one.
    pub(crate) async fn cycle(&self, number: impl Into<Option<u32>>) -> Result<v1::Cycle, Status> {
        let cycle = number.into();
        let answer = self.clearing.clone().get_cycle(v1::GetCycleRequest { cycle }).await?;
        Ok(answer.into_inner().cycle.unwrap())
    }

    pub(crate) async fn set_cap(
        &self,
        code: &str,
        cap: Option<&str>,
    ) -> Result<v1::OperatorAccounts, Status> {
        let request = v1::SetNetDebitCapRequest {
            operator_code: code.to_owned(),
            net_debit_cap: cap.map(str::to_owned),
        };
        Ok(self.limits.clone().set_net_debit_cap(request).await?.into_inner().accounts.unwrap())
    }

    pub(crate) async fn fund(
        &self,
        code: &str,
        amount: &str,
    ) -> Result<v1::OperatorAccounts, Status> {
        let request = v1::FundAccountRequest {
            request_id: request_id(),
            operator_code: code.to_owned(),
            amount: amount.to_owned(),
        };
        Ok(self.settlement.clone().fund_account(request).await?.into_inner().accounts.unwrap())
    }

    pub(crate) async fn suspend(&self, code: &str) -> Result<v1::OperatorAccounts, Status> {
        let request = v1::SuspendOperatorRequest { operator_code: code.to_owned() };
        Ok(self.membership.clone().suspend_operator(request).await?.into_inner().accounts.unwrap())
    }

    pub(crate) async fn resume(&self, code: &str) -> Result<v1::OperatorAccounts, Status> {
        let request = v1::ResumeOperatorRequest { operator_code: code.to_owned() };
        Ok(self.membership.clone().resume_operator(request).await?.into_inner().accounts.unwrap())
    }

    pub(crate) async fn operator(&self, code: &str) -> Result<v1::Operator, Status> {
        let request = v1::GetOperatorRequest { operator_code: code.to_owned() };
        Ok(self.directory.clone().get_operator(request).await?.into_inner().operator.unwrap())
    }

    /// Waits until the central bank has noticed that an operator's link is up or down.
    pub(crate) async fn until_connected(&self, code: &str, connected: bool) {
        let noticed = async || {
            self.operator(code).await.ok().filter(|operator| operator.connected == connected)
        };
        eventually(&format!("{code} connected {connected}"), noticed).await;
    }
}
