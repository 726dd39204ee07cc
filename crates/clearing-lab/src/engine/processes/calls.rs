//! The calls of a run to the processes of its cluster.

use clearing_api::exchange;
use clearing_api::v1;
use clearing_api::v1::clock_service_client::ClockServiceClient;
use clearing_api::v1::experiment_service_client::ExperimentServiceClient;
use clearing_api::v1::wallet_service_client::WalletServiceClient;
use clearing_domain::link::ITEMS_MAX;
use clearing_domain::money::{OperatorCode, PaymentId};
use clearing_domain::netting::Priority;
use clearing_domain::operator::TickItem;
use clearing_node::dial::endpoint;
use clearing_node::serve::MESSAGE_BYTES_MAX;
use tonic::Code;
use tonic::transport::Channel;

use super::super::EngineError;
use super::wire;
use crate::workload::WalletPlan;
use clearing_cluster::call::CallError;
use clearing_cluster::cluster::{Cluster, Member};
use clearing_cluster::join::try_join_all;

/// A step of a run that failed.
#[derive(Debug)]
pub(super) enum StepError {
    /// The process answered with an error, or not at all.
    Call(CallError<Member>),
    /// The process answered with something that the run cannot go on with.
    Answer { member: Member, message: String },
}

impl StepError {
    /// Whether the same call may succeed later: the process was away or is only just coming up.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Answer { .. } => false,
            Self::Call(error) => {
                // A broken connection is UNKNOWN or CANCELLED where no status arrived.
                matches!(
                    error.status.code(),
                    Code::Unavailable | Code::Unknown | Code::Cancelled | Code::ResourceExhausted
                )
            }
        }
    }
}

impl From<CallError<Member>> for StepError {
    fn from(error: CallError<Member>) -> Self {
        Self::Call(error)
    }
}

impl From<StepError> for EngineError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Call(error) => Self::Call(error),
            StepError::Answer { member, message } => Self::Answer { member, message },
        }
    }
}

/// Channels to every process; they connect when first used and again when they break, as a process
/// keeps its address over restarts.
#[derive(Debug)]
pub(super) struct Peers {
    pub(super) central_bank: Channel,
    pub(super) operators: Vec<(Member, Channel)>,
}

impl Peers {
    /// Operators come in the order of the configuration.
    pub(super) fn connect(cluster: &Cluster, codes: &[OperatorCode]) -> Result<Self, EngineError> {
        let channel = |member: Member| {
            let address = cluster.address(member)?;
            let endpoint = endpoint(address);
            let endpoint = endpoint.map_err(|source| EngineError::Connect { member, source })?;
            Ok::<_, EngineError>(endpoint.connect_lazy())
        };
        let operators = codes.iter().map(|code| Member::Operator(*code));
        let operators = operators
            .map(|member| Ok((member, channel(member)?)))
            .collect::<Result<_, EngineError>>()?;
        Ok(Self { central_bank: channel(Member::CentralBank)?, operators })
    }

    pub(super) fn members(&self) -> impl Iterator<Item = Member> + '_ {
        self.operators.iter().map(|(member, _)| *member)
    }

    /// Opens wallets at all operators at once, at each in their order.
    pub(super) async fn open_wallets(&self, wallets: &[Vec<WalletPlan>]) -> Result<(), StepError> {
        let open =
            self.operators.iter().zip(wallets).map(|((member, channel), plans)| async move {
                let client = WalletServiceClient::new(channel.clone());
                let mut client = client.max_decoding_message_size(MESSAGE_BYTES_MAX);
                for plans in plans.chunks(wire::WALLETS_MAX) {
                    let response = client.open_wallets(wire::open_wallets(plans)).await;
                    let response =
                        response.map_err(CallError::of(*member, "OpenWallets"))?.into_inner();
                    wire::check_opened(plans, response)
                        .map_err(|message| StepError::Answer { member: *member, message })?;
                }
                Ok(())
            });
        try_join_all(open).await.map(drop)
    }

    /// Says where payments of a tick stand should they wait.
    pub(super) async fn set_priorities(
        &self,
        tick: u64,
        all: &[(PaymentId, Priority)],
    ) -> Result<(), StepError> {
        let mut clock = ClockServiceClient::new(self.central_bank.clone());
        for part in all.chunks(ITEMS_MAX) {
            let one = |(id, priority): &(PaymentId, Priority)| v1::PaymentPriority {
                payment_id: id.to_string(),
                priority: i32::from(priority.level()),
            };
            let request =
                v1::SetTickPrioritiesRequest { tick, priorities: part.iter().map(one).collect() };
            let set = clock.set_tick_priorities(request).await;
            set.map_err(CallError::of(Member::CentralBank, "SetTickPriorities"))?;
        }
        Ok(())
    }

    /// Hands every operator its list, and waits for the end of the tick. Only when all lists are
    /// complete and durable is the tick advanced to: an operator asked before would end it short.
    pub(super) async fn run_tick(
        &self,
        tick: u64,
        lists: &[&[TickItem]],
        again: bool,
    ) -> Result<(), StepError> {
        let submit =
            self.operators.iter().zip(lists).map(|((member, channel), items)| async move {
                let mut client = ExperimentServiceClient::new(channel.clone());
                // Only a repeated tick asks where it was: the call costs as much as a short list.
                let from = if again { next_index(&mut client, *member, tick).await? } else { 0 };
                submit(&mut client, *member, tick, from, items).await
            });
        try_join_all(submit).await?;
        let mut clock = ClockServiceClient::new(self.central_bank.clone());
        let advanced = clock.advance(v1::AdvanceRequest { tick }).await;
        advanced.map_err(CallError::of(Member::CentralBank, "Advance"))?;
        Ok(())
    }
}

type Client = ExperimentServiceClient<Channel>;

/// How many items of a tick an operator has applied.
async fn next_index(client: &mut Client, member: Member, tick: u64) -> Result<usize, StepError> {
    let progress =
        client.get_tick(v1::GetTickRequest {}).await.map_err(CallError::of(member, "GetTick"))?;
    let progress = progress.into_inner().progress.unwrap_or_default();
    Ok(if progress.tick == Some(tick) {
        usize::try_from(progress.next_index).unwrap_or_default()
    } else {
        0
    })
}

/// Submits the items from an index on; the last part completes the tick, also without items.
async fn submit(
    client: &mut Client,
    member: Member,
    tick: u64,
    from: usize,
    items: &[TickItem],
) -> Result<(), StepError> {
    // An operator that has all items is sent none, but the part that completes the tick.
    let mut next = from.min(items.len());
    loop {
        let end = (next + ITEMS_MAX).min(items.len());
        let request = v1::SubmitTickRequest {
            tick,
            first_index: next as u64,
            items: Some(exchange::tick_items(&items[next..end])),
            complete: end == items.len(),
        };
        let response =
            client.submit_tick(request).await.map_err(CallError::of(member, "SubmitTick"))?;
        let errors = response.into_inner().errors;
        if errors > 0 {
            let message =
                format!("{errors} payments of tick {tick} left no record; its log names them");
            return Err(StepError::Answer { member, message });
        }
        next = end;
        if next == items.len() {
            return Ok(());
        }
    }
}
