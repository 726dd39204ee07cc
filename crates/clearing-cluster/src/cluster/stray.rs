//! Stopping a cluster that another program started.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::timeout;

use super::error::LogEnd;
use super::process::{signal, terminate};
use super::{ClusterError, ClusterFolder, Member};

/// Stops every process of the cluster in a folder: the operators together, then the central bank.
///
/// A process is signalled only while it holds the lock of its folder, so that an id the system has
/// given to somebody else since is left alone. Returns the processes that ran.
pub async fn stop_detached(
    folder: &ClusterFolder,
    within: Duration,
) -> Result<Vec<Member>, ClusterError> {
    let members: Vec<Member> = folder.addresses()?.into_keys().collect();
    folder.withdraw_readiness()?;
    // What a process that was killed left behind.
    for member in members.iter().filter(|member| !folder.is_locked(**member)) {
        folder.pid(*member).into_iter().for_each(|pid| folder.remove_pid(*member, pid));
    }
    let (first, rest): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|member| *member != Member::CentralBank);
    let mut stopped = Vec::new();
    // The central bank stops last: what operators still send it while they stop finds it there.
    for group in [first, rest] {
        let running: Vec<_> = group
            .into_iter()
            .filter_map(|member| Some((member, running(folder, member)?)))
            .collect();
        running.iter().for_each(|(_, pid)| terminate(*pid));
        for (member, pid) in running {
            await_end(folder, member, pid, within).await?;
            stopped.push(member);
        }
    }
    stopped.sort_unstable();
    Ok(stopped)
}

/// The id of a process that holds the lock of its folder.
pub(super) fn running(folder: &ClusterFolder, member: Member) -> Option<u32> {
    folder.pid(member).filter(|_| folder.is_locked(member))
}

/// Waits until the lock is free, which is when the process has ended; kills it when the time
/// passes.
async fn await_end(
    folder: &ClusterFolder,
    member: Member,
    pid: u32,
    within: Duration,
) -> Result<(), ClusterError> {
    if timeout(within, gone(folder, member, pid)).await.is_ok() {
        folder.remove_pid(member, pid);
        return Ok(());
    }
    // The lock shows that this id is still the process and no other program.
    signal(pid, Signal::KILL);
    gone(folder, member, pid).await;
    folder.remove_pid(member, pid);
    Err(ClusterError::Ended {
        member,
        end: format!("killed, as it did not finish within {} s", within.as_secs()),
        folder: folder.of(member),
        log: LogEnd::read(&folder.log(member)),
    })
}

/// How often it is looked whether a process is gone.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Returns when a process has ended. Whoever keeps the cluster may start it again at once, so that
/// its lock is never seen free: then the id in its folder is another.
pub(super) async fn gone(folder: &ClusterFolder, member: Member, pid: u32) {
    while running(folder, member) == Some(pid) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
