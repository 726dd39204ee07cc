//! Real processes over gRPC: whatever dies is started again, and what it missed is said again.
//!
//! Every call can be repeated: wallets have request ids, items of a tick have indexes, and a tick
//! is advanced to by its absolute number. So a step that fails is taken again from its start.

mod actions;
mod calls;
mod campaigns;
mod cards;
mod contracts;
mod faults;
mod loans;
mod treasury;
mod wealth;
mod wire;

use std::path::Path;
use std::thread;
use std::time::Duration;

use clearing_domain::money::{Amount, PaymentId, Position, WalletNumber};
use clearing_domain::netting::Priority;
use clearing_domain::operator::TickItem;
use tokio::time::timeout;

use super::actions::{Acted, Order};
use super::{Books, Engine, EngineError, Ledgers, Standing};
use crate::workload::WalletPlan;
use clearing_cluster::cluster::{Cluster, ClusterError, ClusterFolder, ClusterOptions, Member};

use calls::{Peers, StepError};

/// How long a failed call may wait for the process behind it to be found dead.
const EXIT_WITHIN: Duration = Duration::from_secs(2);
/// How often a step is taken again when no process was found dead: a link or a stream that broke.
const TRIES_MAX: u32 = 30;
/// How many processes may die in a run: beyond, something is wrong that a restart does not mend.
const RESTARTS_MAX: u32 = 100;

/// What becomes of a process that dies.
pub struct Restarts {
    /// Whether it is started again.
    pub enabled: bool,
    /// Is called with a sentence for a person about each death and each restart.
    pub notice: Box<dyn FnMut(&str)>,
}

/// A cluster of processes that a run drives.
pub struct Processes {
    cluster: Cluster,
    peers: Peers,
    restarts: Restarts,
    restarted: u32,
    /// What was said last of the payments of a tick; it is said again with every try of the tick.
    priorities: (u64, Vec<(PaymentId, Priority)>),
}

/// A step of a run that can be taken again; the argument says whether it is.
trait Step<T>: AsyncFn(&Peers, bool) -> Result<T, StepError> {}
impl<T, F: AsyncFn(&Peers, bool) -> Result<T, StepError>> Step<T> for F {}

impl Processes {
    /// Starts the cluster; all processes are ready on return.
    pub async fn start(options: ClusterOptions, restarts: Restarts) -> Result<Self, EngineError> {
        let codes: Vec<_> = options.config.operators.iter().map(|operator| operator.code).collect();
        let cluster = Cluster::start(options).await?;
        let peers = Peers::connect(&cluster, &codes)?;
        Ok(Self { cluster, peers, restarts, restarted: 0, priorities: (0, Vec::new()) })
    }

    /// The folder of the cluster.
    pub fn folder(&self) -> &ClusterFolder {
        self.cluster.folder()
    }

    /// Takes a step until it succeeds. A process that ends meanwhile is started again.
    async fn take<T>(&mut self, step: impl Step<T>) -> Result<T, EngineError> {
        let mut tries = 0;
        loop {
            let failed = tokio::select! {
                // A death is seen before the answer of the step, which may have come from the
                // process that died.
                biased;
                (member, status) = self.cluster.next_exit() => {
                    // The step may have reached the process before it died, so the next try counts
                    // as a repeat.
                    self.restart(member, status.to_string()).await?;
                    tries = 1;
                    continue;
                }
                taken = step(&self.peers, tries > 0) => match taken {
                    Ok(answer) => return Ok(answer),
                    Err(failed) => failed,
                },
            };
            tries += 1;
            // A broken stream without a death mends itself; for ever it does not, and a run must
            // end.
            if !failed.may_pass() || tries > TRIES_MAX {
                return Err(failed.into());
            }
            if let Ok((member, status)) = timeout(EXIT_WITHIN, self.cluster.next_exit()).await {
                self.restart(member, status.to_string()).await?;
                tries = 1;
            }
        }
    }

    /// Starts a process again, also when it is killed before it is ready.
    async fn restart(&mut self, member: Member, mut end: String) -> Result<(), EngineError> {
        loop {
            self.restarted += 1;
            if !self.restarts.enabled || self.restarted > RESTARTS_MAX {
                let log = self.cluster.folder().log(member);
                return Err(EngineError::Ended { member, end, log });
            }
            (self.restarts.notice)(&format!("{member} ended ({end}); starting it again"));
            match self.start_again(member).await? {
                None => return Ok(()),
                Some(again) => end = again,
            }
        }
    }

    /// Starts a process again; says how it ended when it was killed before it was ready.
    async fn start_again(&mut self, member: Member) -> Result<Option<String>, EngineError> {
        match self.cluster.restart(member).await {
            Ok(address) => {
                (self.restarts.notice)(&format!("{member} is ready again at {address}"));
                Ok(None)
            }
            // One that gives up by itself has a reason, which would be the same the next time.
            Err(ClusterError::NotReady { end, code: None, .. }) => Ok(Some(end)),
            Err(error) => Err(error.into()),
        }
    }
}

impl Engine for Processes {
    async fn open_wallets(&mut self, wallets: &[Vec<WalletPlan>]) -> Result<(), EngineError> {
        self.take(async |peers: &Peers, _| peers.open_wallets(wallets).await).await
    }

    async fn set_priorities(
        &mut self,
        tick: u64,
        priorities: Vec<(PaymentId, Priority)>,
    ) -> Result<(), EngineError> {
        // Kept for the tick and not sent: a central bank that restarts within the tick has
        // forgotten them.
        self.priorities = (tick, priorities);
        Ok(())
    }

    async fn run_tick(&mut self, tick: u64, lists: &[&[TickItem]]) -> Result<(), EngineError> {
        // They are of this tick or of none; what is left over must not be said of a later one.
        let (of, priorities) = std::mem::take(&mut self.priorities);
        self.take(async |peers: &Peers, again| {
            if of == tick {
                peers.set_priorities(tick, &priorities).await?;
            }
            peers.run_tick(tick, lists, again).await
        })
        .await
    }

    async fn standings(&mut self) -> Result<Vec<Standing>, EngineError> {
        self.take(async |peers: &Peers, _| peers.standings().await).await
    }

    async fn set_active(&mut self, place: usize, active: bool) -> Result<(), EngineError> {
        self.take(async |peers: &Peers, _| peers.set_active(place, active).await).await
    }

    async fn fund(
        &mut self,
        place: usize,
        sum: Position,
        request_id: &str,
    ) -> Result<(), EngineError> {
        self.take(async |peers: &Peers, _| peers.fund(place, sum, request_id).await).await
    }

    async fn books(&mut self) -> Result<Books, EngineError> {
        self.take(async |peers: &Peers, _| peers.books().await).await
    }

    async fn set_levels(&mut self, levels: &[(PaymentId, Priority)]) -> Result<(), EngineError> {
        self.take(async |peers: &Peers, _| peers.set_levels(levels).await).await
    }

    async fn set_limit(
        &mut self,
        payer: usize,
        payee: usize,
        limit: Option<Amount>,
    ) -> Result<(), EngineError> {
        self.take(async |peers: &Peers, _| peers.set_limit(payer, payee, limit).await).await
    }

    async fn balance(&mut self, place: usize, wallet: WalletNumber) -> Result<Amount, EngineError> {
        self.take(async |peers: &Peers, _| peers.balance(place, wallet).await).await
    }

    async fn act(&mut self, place: usize, orders: &[Order]) -> Result<Vec<Acted>, EngineError> {
        self.take(async |peers: &Peers, _| peers.act(place, orders).await).await
    }

    /// A crash that is asked for is no reason to end the run, nor does it count as a death.
    async fn crash(&mut self, member: Member) -> Result<(), EngineError> {
        (self.restarts.notice)(&format!("killing {member}, as the experiment says"));
        self.cluster.kill(member).await?;
        match self.start_again(member).await? {
            None => Ok(()),
            Some(end) => self.restart(member, end).await,
        }
    }

    async fn finish(self) -> Result<Ledgers, EngineError> {
        let (folder, peers) = (self.cluster.folder().clone(), self.peers);
        let members: Vec<_> = peers.members().collect();
        // A process that stops waits for its connections to close.
        drop(peers);
        self.cluster.stop().await?;
        load(&folder, &members)
    }
}

/// Reads the ledgers that a stopped cluster left, the central bank's beside the operators'.
fn load(folder: &ClusterFolder, operators: &[Member]) -> Result<Ledgers, EngineError> {
    let load_operator = |member: &Member| {
        let Member::Operator(code) = member else { return Ok(None) };
        let path: &Path = &folder.of(*member);
        clearing_operator::store::load(path, *code)
            .map(|(ledger, _)| Some(ledger))
            .map_err(EngineError::from)
    };
    // The central bank's ledger holds payments of all operators, so it is read beside theirs.
    thread::scope(|scope| {
        let central_bank =
            scope.spawn(|| clearing_central_bank::store::load(&folder.of(Member::CentralBank)));
        let operators: Vec<_> = operators.iter().map(load_operator).collect::<Result<_, _>>()?;
        let (central_bank, _) = central_bank.join().map_err(|_| EngineError::Thread)??;
        let operators = operators.into_iter().flatten().collect();
        Ok(Ledgers { central_bank, operators, faults: Vec::new(), treasuries: Vec::new() })
    })
}
