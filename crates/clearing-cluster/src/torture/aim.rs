//! Kills that are aimed: at the write with which a checkpoint lengthens a ledger.
//!
//! A checkpoint writes for some tens of microseconds of many milliseconds, so that kills at random
//! moments hardly ever meet it. So the system is told that the files of the process may become no
//! longer than its ledger is: it then kills the process at the first write past that, which comes
//! when the pages before have been moved, the first with the count of all pages among them. Where
//! the log is the longer file the write of a commit is met instead.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use super::TortureError;
use crate::cluster::{Cluster, Member};

/// How long the write is waited for; an idle process makes none.
const WITHIN: Duration = Duration::from_millis(1_000);

/// Lets a process die when its ledger becomes longer, or kills it when the time passes; tells
/// which.
pub(super) async fn kill_at_growth(
    cluster: &mut Cluster,
    member: Member,
    ledger: &Path,
) -> Result<bool, TortureError> {
    let pid = cluster.pid(member).and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    let mut met = false;
    if let (Some(pid), Ok(metadata)) = (pid, std::fs::metadata(ledger)) {
        let limited = limit(pid, Resource::Core, 0)
            .and_then(|()| limit(pid, Resource::Fsize, metadata.len()));
        met = limited.is_ok() && tokio::time::timeout(WITHIN, cluster.next_exit()).await.is_ok();
    }
    cluster.kill(member).await?;
    Ok(met)
}

/// Sets a limit of another process; what it may raise it to stays.
fn limit(pid: Pid, resource: Resource, current: u64) -> rustix::io::Result<()> {
    let maximum = getrlimit(resource).maximum;
    prlimit(Some(pid), resource, Rlimit { current: Some(current), maximum }).map(|_| ())
}
