//! Ending and starting single processes of a cluster that another program left running.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::timeout;

use super::process::{Process, Start, arguments, signal, terminate};
use super::stray::{gone, running};
use super::{ClusterError, ClusterFolder, Member};

/// How long a process may take to finish before it is killed, and to become ready.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until it has finished.
    pub stop_within: Duration,
    /// Until it is ready.
    pub ready_within: Duration,
}

/// Ends a process of the cluster in a folder with SIGKILL, as a crash would; tells whether it ran.
pub async fn kill_member(folder: &ClusterFolder, member: Member) -> Result<bool, ClusterError> {
    address(folder, member)?;
    let pid = running(folder, member);
    if let Some(pid) = pid {
        signal(pid, Signal::KILL);
        gone(folder, member, pid).await;
        folder.remove_pid(member, pid);
    }
    Ok(pid.is_some())
}

/// Starts a process of a detached cluster again, at its address; one that runs is asked to finish
/// first.
pub async fn restart_member(
    program: &Path,
    folder: &ClusterFolder,
    member: Member,
    patience: Patience,
) -> Result<SocketAddr, ClusterError> {
    let listen = address(folder, member)?;
    // Whoever watches over the cluster would start it, too.
    if !folder.is_detached() {
        return Err(ClusterError::NotDetached { folder: folder.root().to_owned() });
    }
    if let Some(pid) = running(folder, member) {
        terminate(pid);
        if timeout(patience.stop_within, gone(folder, member, pid)).await.is_err() {
            kill_member(folder, member).await?;
        }
    }
    let arguments = arguments(member, address(folder, Member::CentralBank)?);
    let mut process = Process::new(member, folder.clone());
    process.spawn(&Start { program, arguments, listen, detach: true, variables: Vec::new() })?;
    let ready = process.ready(patience.ready_within).await;
    match ready {
        Ok(_) => process.forget(),
        // A process that never became ready must not be left behind.
        Err(_) => process.kill().await?,
    }
    ready
}

/// Where a process of the cluster listens, whether it runs or not.
fn address(folder: &ClusterFolder, member: Member) -> Result<SocketAddr, ClusterError> {
    folder.addresses()?.get(&member).copied().ok_or(ClusterError::UnknownMember { member })
}
