//! One process of a cluster: started, awaited, signalled.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use clearing_node::private;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::error::{LogEnd, START_LINE};
use super::{ClusterError, ClusterFolder, Member};

/// What a process prints before its address, once it serves.
const READY: &str = "ready address=";

/// How a process is started.
pub(super) struct Start<'a> {
    /// The executable.
    pub(super) program: &'a Path,
    /// The subcommand and its arguments, without those every process takes.
    pub(super) arguments: Vec<String>,
    /// Where to listen; port 0 lets the system choose.
    pub(super) listen: SocketAddr,
    /// Whether the process outlives the program that started it.
    pub(super) detach: bool,
    /// Variables of the environment for this process alone.
    pub(super) variables: Vec<(String, String)>,
}

/// A process of the cluster, running or not.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) member: Member,
    pub(super) address: Option<SocketAddr>,
    folder: ClusterFolder,
    child: Option<Child>,
    /// The process ends when this closes; held apart from the child, whose `wait` would close it.
    input: Option<ChildStdin>,
    /// Kept open after the ready line, so that the process never writes into a closed pipe.
    output: Option<BufReader<ChildStdout>>,
}

impl Process {
    pub(super) fn new(member: Member, folder: ClusterFolder) -> Self {
        Self { member, address: None, folder, child: None, input: None, output: None }
    }

    /// Starts the process; its log is appended to, its id goes to the `pid` file.
    pub(super) fn spawn(&mut self, start: &Start<'_>) -> Result<(), ClusterError> {
        let data_dir = self.folder.of(self.member);
        let log = open_log(&self.folder.log(self.member))?;
        let mut command = Command::new(start.program);
        command.args(&start.arguments).args(["--listen", &start.listen.to_string()]);
        command.arg("--data-dir").arg(&data_dir).arg("--config").arg(self.folder.config());
        command.stdout(Stdio::piped()).stderr(log).envs(start.variables.clone());
        // A group of its own: Ctrl-C reaches the parent alone, which then stops all in order.
        command.process_group(0);
        if start.detach {
            command.stdin(Stdio::null());
        } else {
            // The pipe closes when the parent dies in whatever way, and the process then exits.
            command.stdin(Stdio::piped()).arg("--exit-with-stdin");
        }
        let mut child = command.spawn().map_err(ClusterError::io("cannot start", start.program))?;
        self.input = child.stdin.take();
        self.output = child.stdout.take().map(BufReader::new);
        let pid = child.id();
        self.child = Some(child);
        // Written by the parent: the id is on disk also when the child dies before its first step.
        pid.map_or(Ok(()), |pid| self.folder.write_pid(self.member, pid))
    }

    /// Reads the ready line; fails when the process ends first or the time passes.
    pub(super) async fn ready(&mut self, within: Duration) -> Result<SocketAddr, ClusterError> {
        let Some(output) = self.output.as_mut() else {
            return Err(self.not_ready("it was not started", None));
        };
        let address = match timeout(within, ready_line(output)).await {
            Ok(address) => address,
            Err(_) => {
                return Err(
                    self.not_ready(&format!("no ready line within {} s", within.as_secs()), None)
                );
            }
        };
        match address {
            Some(address) => {
                self.address = Some(address);
                Ok(address)
            }
            // Its output ended, so it is ending; the status says why.
            None => {
                let status = timeout(within, self.exited()).await.ok();
                self.forget();
                // A process may close its output and go on; then nothing is known but that.
                let end = status.map_or("its output ended".to_owned(), |status| status.to_string());
                Err(self.not_ready(&end, status.and_then(|status| status.code())))
            }
        }
    }

    /// Waits for the end of the process; for ever when it does not run. Dropping the wait loses
    /// nothing.
    pub(super) async fn exited(&mut self) -> ExitStatus {
        let pid = self.pid();
        let ended = match self.child.as_mut() {
            Some(child) => child.wait().await.ok(),
            None => None,
        };
        match ended {
            Some(status) => {
                pid.into_iter().for_each(|pid| self.folder.remove_pid(self.member, pid));
                status
            }
            None => std::future::pending().await,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.child.as_ref()?.id()
    }

    /// Ends the process with SIGKILL and waits until it is gone.
    pub(super) async fn kill(&mut self) -> Result<(), ClusterError> {
        let child = self.child.take();
        self.forget();
        let Some(mut child) = child else { return Ok(()) };
        let pid = child.id();
        child.kill().await.map_err(ClusterError::io(
            "cannot kill the process of",
            &self.folder.of(self.member),
        ))?;
        pid.into_iter().for_each(|pid| self.folder.remove_pid(self.member, pid));
        Ok(())
    }

    /// Sends SIGKILL without waiting: the last resort of a destructor.
    pub(super) fn kill_now(&mut self) {
        let pid = self.pid();
        if let Some(child) = self.child.as_mut() {
            // It may have ended already; there is nobody to tell.
            let _ = child.start_kill();
            pid.into_iter().for_each(|pid| self.folder.remove_pid(self.member, pid));
        }
    }

    /// Asks the process to finish with SIGTERM, waits, and kills it when the time passes.
    pub(super) async fn stop(&mut self, within: Duration) -> Result<(), ClusterError> {
        let Some(child) = self.child.as_mut() else { return Ok(()) };
        if let Some(pid) = child.id() {
            terminate(pid);
        }
        match timeout(within, self.exited()).await {
            Ok(status) => {
                self.forget();
                if ended_well(status) { Ok(()) } else { Err(self.ended(&status.to_string())) }
            }
            Err(_) => {
                self.kill().await?;
                Err(self
                    .ended(&format!("killed, as it did not finish within {} s", within.as_secs())))
            }
        }
    }

    /// Lets go of a process that has ended, or that shall go on without this program.
    pub(super) fn forget(&mut self) {
        self.child = None;
        self.input = None;
        self.output = None;
    }

    pub(super) fn ended(&self, end: &str) -> ClusterError {
        ClusterError::Ended {
            member: self.member,
            end: end.to_owned(),
            folder: self.folder.of(self.member),
            log: LogEnd::read(&self.folder.log(self.member)),
        }
    }

    fn not_ready(&self, end: &str, code: Option<i32>) -> ClusterError {
        ClusterError::NotReady {
            member: self.member,
            end: end.to_owned(),
            code,
            folder: self.folder.of(self.member),
            log: LogEnd::read(&self.folder.log(self.member)),
        }
    }
}

/// The subcommand of a process and what it alone takes; operators dial the central bank.
pub(super) fn arguments(member: Member, central_bank: SocketAddr) -> Vec<String> {
    match member {
        Member::CentralBank => vec!["central-bank".to_owned()],
        Member::Operator(code) => {
            let central_bank = format!("http://{central_bank}");
            ["operator", "--code", code.as_str(), "--central-bank", &central_bank]
                .map(str::to_owned)
                .to_vec()
        }
    }
}

/// Opens a log to append to, and marks where this start begins.
fn open_log(path: &Path) -> Result<File, ClusterError> {
    let mut log = private::append(path).map_err(ClusterError::io("cannot open log", path))?;
    writeln!(log, "{START_LINE}").map_err(ClusterError::io("cannot write log", path))?;
    Ok(log)
}

/// The address of the ready line; `None` when the output ends without one.
async fn ready_line(output: &mut BufReader<ChildStdout>) -> Option<SocketAddr> {
    let mut lines = output.lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(address) = line.strip_prefix(READY) {
            return address.trim().parse().ok();
        }
    }
    None
}

/// Whether a process that was sent SIGTERM ended well. One that had just been started may not
/// listen to signals yet, so that the signal itself ends it. One that was killed a moment before,
/// as tests do, would have been started again had there been time. Neither loses anything, and the
/// audit of the files proves it.
fn ended_well(status: ExitStatus) -> bool {
    let by = [Signal::TERM, Signal::KILL].map(|signal| Some(signal.as_raw()));
    status.success() || by.contains(&status.signal())
}

/// Sends SIGTERM to a process; one that has ended already needs none.
pub(super) fn terminate(pid: u32) {
    signal(pid, Signal::TERM);
}

/// Sends a signal; one that has ended already needs none.
pub(super) fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::net::Ipv4Addr;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A process that is ready at once and goes by what signals do by default.
    async fn started(directory: &Path) -> Process {
        let program = directory.join("program");
        let script = "#!/bin/sh\necho ready address=127.0.0.1:1\nexec tail -f /dev/null\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
        let folder = ClusterFolder::new(directory);
        private::create_folder(&folder.of(Member::CentralBank)).unwrap();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let start =
            Start { program: &program, arguments: vec![], listen, detach: true, variables: vec![] };
        let mut process = Process::new(Member::CentralBank, folder);
        process.spawn(&start).unwrap();
        process.ready(Duration::from_secs(30)).await.unwrap();
        process
    }

    #[tokio::test]
    async fn a_process_stops_well_before_it_listens_to_signals_and_after_a_kill() {
        for killed in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let mut process = started(directory.path()).await;
            if killed {
                signal(process.pid().unwrap(), Signal::KILL);
            }
            process.stop(Duration::from_secs(30)).await.unwrap();
        }
    }
}
