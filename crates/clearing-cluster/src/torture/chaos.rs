//! What is done to the cluster: a schedule of faults from a seed.

use std::collections::BTreeMap;
use std::time::Duration;

use clearing_node::data_dir::ledger_path;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::TortureError;
use super::aim::kill_at_growth;
use super::proxy::{Network, Proxy};
use crate::cluster::{Cluster, Member};

/// The schedule with what it acts on.
pub(super) struct Chaos {
    random: StdRng,
    proxies: BTreeMap<Member, Proxy>,
    counts: Counts,
}

/// How often each fault struck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Processes killed with SIGKILL.
    pub kills: u64,
    /// Of those, the central bank.
    pub central_bank_kills: u64,
    /// Of those, when a checkpoint or a commit made a file of the ledger longer.
    pub checkpoint_kills: u64,
    /// Kills of all processes at once.
    pub whole_kills: u64,
    /// Links cut, both ways or one.
    pub partitions: u64,
    /// Links slowed.
    pub slowed: u64,
}

impl Chaos {
    pub(super) fn new(seed: u64, proxies: BTreeMap<Member, Proxy>) -> Self {
        Self { random: StdRng::seed_from_u64(seed), proxies, counts: Counts::default() }
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// One fault and the pause after it.
    pub(super) async fn strike(&mut self, cluster: &mut Cluster) -> Result<(), TortureError> {
        match self.random.random_range(0..16) {
            0..5 => self.kill(cluster).await?,
            5..10 => self.kill_in_checkpoint(cluster).await?,
            10 | 11 => self.kill_all(cluster).await?,
            12 => self.change(Network::Cut),
            13 => self.change(Network::OperatorUnheard),
            14 => self.change(Network::OperatorDeaf),
            _ => self.change(Network::Slow(Duration::from_millis(30))),
        }
        // The times between faults are the schedule itself: the seed draws them.
        let pause = self.random.random_range(50..500);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        Ok(())
    }

    /// Kills one to three processes at once and starts them again, the central bank first.
    async fn kill(&mut self, cluster: &mut Cluster) -> Result<(), TortureError> {
        let mut members = cluster.members();
        for _ in 0..members.len() - self.random.random_range(1..4).min(members.len()) {
            members.swap_remove(self.random.random_range(0..members.len()));
        }
        // The central bank sorts first, and operators that start find it.
        members.sort_unstable();
        for member in &members {
            cluster.kill(*member).await?;
            self.counts.kills += 1;
            self.counts.central_bank_kills += u64::from(*member == Member::CentralBank);
        }
        let down = self.random.random_range(0..300);
        tokio::time::sleep(Duration::from_millis(down)).await;
        for member in members {
            cluster.restart(member).await?;
        }
        Ok(())
    }

    /// Kills one process while it moves its log into its ledger, and starts it again.
    async fn kill_in_checkpoint(&mut self, cluster: &mut Cluster) -> Result<(), TortureError> {
        let members = cluster.members();
        let member = members[self.random.random_range(0..members.len())];
        let ledger = ledger_path(&cluster.folder().of(member));
        let met = kill_at_growth(cluster, member, &ledger).await?;
        self.counts.kills += 1;
        self.counts.central_bank_kills += u64::from(member == Member::CentralBank);
        self.counts.checkpoint_kills += u64::from(met);
        cluster.restart(member).await?;
        Ok(())
    }

    /// Kills every process at once, as a loss of power would, and starts them again.
    async fn kill_all(&mut self, cluster: &mut Cluster) -> Result<(), TortureError> {
        cluster.kill_all().await?;
        self.counts.whole_kills += 1;
        self.counts.kills += cluster.members().len() as u64;
        self.counts.central_bank_kills += 1;
        for member in cluster.members() {
            cluster.restart(member).await?;
        }
        Ok(())
    }

    /// Changes the network of one operator; that of another heals.
    fn change(&mut self, network: Network) {
        match network {
            Network::Whole => {}
            Network::Cut | Network::OperatorUnheard | Network::OperatorDeaf => {
                self.counts.partitions += 1
            }
            Network::Slow(_) => self.counts.slowed += 1,
        }
        // Half of the links heal each time, so that several are broken at once now and then but
        // never all for long.
        for proxy in self.proxies.values() {
            if self.random.random_bool(0.5) {
                proxy.set(Network::Whole);
            }
        }
        let chosen = self.random.random_range(0..self.proxies.len());
        if let Some(proxy) = self.proxies.values().nth(chosen) {
            proxy.set(network);
        }
    }

    /// Mends every link and makes sure that every process runs.
    pub(super) async fn heal(&mut self, cluster: &mut Cluster) -> Result<(), TortureError> {
        self.proxies.values().for_each(|proxy| proxy.set(Network::Whole));
        for member in cluster.members() {
            if cluster.pid(member).is_none() {
                cluster.restart(member).await?;
            }
        }
        Ok(())
    }
}
