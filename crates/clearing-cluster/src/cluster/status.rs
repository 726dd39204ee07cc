//! What the processes of a cluster say of themselves.

use std::net::SocketAddr;
use std::time::Duration;

use clearing_api::v1;
use clearing_api::v1::node_service_client::NodeServiceClient;
use clearing_node::dial::endpoint;
use tokio::task::JoinSet;

use super::{ClusterError, ClusterFolder, Member};

/// How long a process may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A process of a cluster, and what it says when it is asked.
#[derive(Clone, Debug)]
pub struct MemberStatus {
    /// The process.
    pub member: Member,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process id, while it holds the lock of its folder.
    pub pid: Option<u32>,
    /// What it says; `None` when it does not answer.
    pub node: Option<v1::Node>,
}

/// Asks every process of the cluster in a folder, all at once; they come in the order of the
/// roster.
pub async fn status(folder: &ClusterFolder) -> Result<Vec<MemberStatus>, ClusterError> {
    let mut asked = JoinSet::new();
    for (member, address) in folder.addresses()? {
        let pid = folder.pid(member).filter(|_| folder.is_locked(member));
        asked.spawn(async move { MemberStatus { member, address, pid, node: ask(address).await } });
    }
    let mut all = asked.join_all().await;
    let roster = folder.roster();
    let place = |member| roster.iter().position(|listed| *listed == member).unwrap_or(roster.len());
    // Answers come in any order.
    all.sort_by_key(|status| (place(status.member), status.member));
    Ok(all)
}

async fn ask(address: SocketAddr) -> Option<v1::Node> {
    let endpoint = endpoint(address).ok()?.timeout(ANSWER_WITHIN);
    let channel = endpoint.connect_timeout(ANSWER_WITHIN).connect().await.ok()?;
    NodeServiceClient::new(channel).get_node(v1::GetNodeRequest {}).await.ok()?.into_inner().node
}
