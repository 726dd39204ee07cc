//! A cluster of processes as a value: the central bank and its operators, each in a folder of its
//! own.
//!
//! Readiness is the line a process prints, so nothing here waits by the clock. A cluster that is
//! dropped kills its processes; one whose program is killed loses them too, because each ends with
//! its standard input. Only [`Cluster::detach`] lets them live on.

mod error;
mod folder;
mod member;
mod mend;
mod process;
mod status;
mod stray;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::task::Poll;
use std::time::Duration;

use clearing_config::ClusterConfig;

pub use error::{ClusterError, LogEnd};
pub use folder::{Addresses, ClusterFolder, variables};
pub use member::Member;
pub use mend::{Patience, kill_member, restart_member};
pub use status::{MemberStatus, status};
pub use stray::stop_detached;

use process::{Process, Start};

/// How a cluster is started.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// The program `clearing`.
    pub program: PathBuf,
    /// The folder of the cluster; created when it does not exist, continued when it does.
    pub data_dir: PathBuf,
    /// The configuration of every process.
    pub config: ClusterConfig,
    /// The port of the central bank; operators take the ones from two above it. `None`: any free
    /// ones.
    pub base_port: Option<u16>,
    /// Whether the processes may outlive this program.
    pub detach: bool,
    /// How long a process may take to become ready.
    pub ready_within: Duration,
    /// How long a process may take to stop when asked.
    pub stop_within: Duration,
}

impl ClusterOptions {
    /// Options with free ports and processes that end with this program.
    pub fn new(program: PathBuf, data_dir: PathBuf, config: ClusterConfig) -> Self {
        let ready_within = Duration::from_secs(60);
        let stop_within = Duration::from_secs(20);
        Self {
            program,
            data_dir,
            config,
            base_port: None,
            detach: false,
            ready_within,
            stop_within,
        }
    }
}

/// The central bank and the operators, running.
#[derive(Debug)]
pub struct Cluster {
    options: ClusterOptions,
    folder: ClusterFolder,
    /// The central bank first, then the operators in the order of the roster.
    processes: Vec<Process>,
    /// Where operators reach the central bank, when not at its own address.
    routes: BTreeMap<Member, SocketAddr>,
    /// Variables of the environment that single processes get.
    variables: BTreeMap<Member, Vec<(String, String)>>,
}

impl Cluster {
    /// Starts the central bank and, once it is ready, all operators together; all are ready on
    /// return.
    ///
    /// Whatever was started is killed when one of them fails.
    pub async fn start(options: ClusterOptions) -> Result<Self, ClusterError> {
        let mut cluster = Self::start_central_bank(options).await?;
        cluster.start_operators().await?;
        Ok(cluster)
    }

    /// Starts the central bank alone; operators follow with [`Cluster::start_operators`].
    pub async fn start_central_bank(options: ClusterOptions) -> Result<Self, ClusterError> {
        let folder = ClusterFolder::new(&options.data_dir);
        let members = members(&options.config);
        // Everything that can be refused is refused before the folder is made.
        check_ports(options.base_port, members.len() - 1)?;
        clearing_central_bank::store::check_configuration(
            &folder.of(Member::CentralBank),
            &options.config,
        )?;
        folder.prepare(&members, &options.config.to_toml())?;
        let processes =
            members.iter().map(|member| Process::new(*member, folder.clone())).collect();
        let mut cluster = Self {
            options,
            folder,
            processes,
            routes: BTreeMap::new(),
            variables: BTreeMap::new(),
        };
        // Alone and first, because operators need its address to start at all.
        cluster.spawn(Member::CentralBank)?;
        cluster.wait_ready(Member::CentralBank).await?;
        Ok(cluster)
    }

    /// Gives a process a variable of the environment from its next start on; `None` takes it back.
    pub fn set_variable(&mut self, member: Member, variable: Option<(String, String)>) {
        self.set_variables(member, variable.into_iter().collect());
    }

    /// Gives a process these variables of the environment and no others from its next start on.
    pub fn set_variables(&mut self, member: Member, variables: Vec<(String, String)>) {
        self.variables.insert(member, variables);
    }

    /// Starts all operators together; all are ready on return.
    pub async fn start_operators(&mut self) -> Result<(), ClusterError> {
        // All are started before one is waited for: their starts overlap.
        for member in self.members().into_iter().skip(1) {
            self.spawn(member)?;
        }
        self.wait_all_ready().await?;
        self.folder.publish(&self.addresses(), self.options.detach)
    }

    /// Lets an operator reach the central bank by another address, such as that of a proxy.
    pub fn route(&mut self, operator: Member, via: SocketAddr) {
        self.routes.insert(operator, via);
    }

    /// The folder of the cluster.
    pub fn folder(&self) -> &ClusterFolder {
        &self.folder
    }

    /// The central bank and the operators in the order of the roster.
    pub fn members(&self) -> Vec<Member> {
        self.processes.iter().map(|process| process.member).collect()
    }

    /// The address of every process that has been ready.
    pub fn addresses(&self) -> Addresses {
        self.processes
            .iter()
            .filter_map(|process| Some((process.member, process.address?)))
            .collect()
    }

    /// The address of one process; it stays the same over restarts.
    pub fn address(&self, member: Member) -> Result<SocketAddr, ClusterError> {
        self.process(member)?.address.ok_or(ClusterError::UnknownMember { member })
    }

    /// The process id of a running process.
    pub fn pid(&self, member: Member) -> Option<u32> {
        self.process(member).ok()?.pid()
    }

    /// Starts a process without waiting for it; on its earlier port when it has run before.
    pub fn spawn(&mut self, member: Member) -> Result<(), ClusterError> {
        let index = self.index(member)?;
        let listen = self.listen(index);
        let central_bank = match (member, self.routes.get(&member)) {
            (Member::Operator(_), None) => self.address(Member::CentralBank)?,
            (Member::Operator(_), Some(via)) => *via,
            (Member::CentralBank, _) => listen,
        };
        let arguments = process::arguments(member, central_bank);
        let variables = self.variables.get(&member).cloned().unwrap_or_default();
        let start = Start {
            program: &self.options.program,
            arguments,
            listen,
            detach: self.options.detach,
            variables,
        };
        self.processes[index].spawn(&start)
    }

    /// Waits for the ready line of a process that was spawned.
    pub async fn wait_ready(&mut self, member: Member) -> Result<SocketAddr, ClusterError> {
        let (index, within) = (self.index(member)?, self.options.ready_within);
        self.processes[index].ready(within).await
    }

    /// Waits until every operator is ready; the processes print their lines meanwhile, in any
    /// order.
    async fn wait_all_ready(&mut self) -> Result<(), ClusterError> {
        for process in &mut self.processes[1..] {
            process.ready(self.options.ready_within).await?;
        }
        Ok(())
    }

    /// Ends a process with SIGKILL, as a crash would, and waits until it is gone.
    pub async fn kill(&mut self, member: Member) -> Result<(), ClusterError> {
        let index = self.index(member)?;
        self.processes[index].kill().await
    }

    /// Ends all processes with SIGKILL at once, as a loss of power would, and waits until they are
    /// gone.
    pub async fn kill_all(&mut self) -> Result<(), ClusterError> {
        self.processes.iter_mut().for_each(Process::kill_now);
        // Every signal is out before the first wait: a loss of power hits all at one moment.
        for process in &mut self.processes {
            process.kill().await?;
        }
        Ok(())
    }

    /// Starts a process that has ended again, on the same port and folder, and waits until it is
    /// ready.
    pub async fn restart(&mut self, member: Member) -> Result<SocketAddr, ClusterError> {
        self.kill(member).await?;
        self.spawn(member)?;
        self.wait_ready(member).await
    }

    /// Waits until a process ends by itself and says which; never returns while all run.
    ///
    /// Dropping the wait loses nothing.
    pub async fn next_exit(&mut self) -> (Member, ExitStatus) {
        let running = self.processes.iter_mut().filter(|process| process.is_running());
        let mut waits: Vec<_> =
            running.map(|process| (process.member, Box::pin(process.exited()))).collect();
        let (member, status) = poll_fn(|context| {
            for (member, wait) in &mut waits {
                if let Poll::Ready(status) = wait.as_mut().poll(context) {
                    return Poll::Ready((*member, status));
                }
            }
            Poll::Pending
        })
        .await;
        drop(waits);
        if let Ok(index) = self.index(member) {
            self.processes[index].forget();
        }
        (member, status)
    }

    /// Stops the operators together and then the central bank; reports the first that did not end
    /// well.
    pub async fn stop(mut self) -> Result<(), ClusterError> {
        let within = self.options.stop_within;
        // Nobody may start to use a cluster that is about to stop.
        self.folder.withdraw_readiness()?;
        // Together, so that a stop takes as long as the slowest of them and not as all in turn.
        for process in &self.processes[1..] {
            process.pid().into_iter().for_each(process::terminate);
        }
        let mut outcome = Ok(());
        // The central bank is the first of the list and the last to stop.
        for process in self.processes.iter_mut().rev() {
            outcome = outcome.and(process.stop(within).await);
        }
        outcome
    }

    /// Lets the processes live on without this program. Only for those started with `detach`.
    pub fn detach(mut self) {
        self.processes.iter_mut().for_each(Process::forget);
    }

    fn index(&self, member: Member) -> Result<usize, ClusterError> {
        let place = self.processes.iter().position(|process| process.member == member);
        place.ok_or(ClusterError::UnknownMember { member })
    }

    fn process(&self, member: Member) -> Result<&Process, ClusterError> {
        Ok(&self.processes[self.index(member)?])
    }

    /// Where a process listens: where it did, else by the base port, else on any free port.
    fn listen(&self, index: usize) -> SocketAddr {
        let by_base = |base: u16| base + if index == 0 { 0 } else { index as u16 + 1 };
        // So the port of an operator of the roster is the base plus its prefix: 7102 for ICBC with
        // 002.
        let port = self.options.base_port.map_or(0, by_base);
        self.processes[index].address.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.processes.iter_mut().for_each(Process::kill_now);
    }
}

/// The processes that a configuration asks for.
fn members(config: &ClusterConfig) -> Vec<Member> {
    let operators = config.operators.iter().map(|operator| Member::Operator(operator.code));
    std::iter::once(Member::CentralBank).chain(operators).collect()
}

fn check_ports(base: Option<u16>, operators: usize) -> Result<(), ClusterError> {
    match base {
        Some(base) if usize::from(base) + operators + 1 > usize::from(u16::MAX) => {
            Err(ClusterError::PortRange { base, operators })
        }
        Some(_) | None => Ok(()),
    }
}
