//! The program as a person runs it.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::DEADLINE;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_clearing");
/// The top level of the project.
pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program to its end.
pub(crate) async fn clearing<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    clearing_in(&std::env::temp_dir(), arguments).await
}

/// Runs the program in a folder to its end.
pub(crate) async fn clearing_in<S: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> Output {
    let mut command = command(folder, arguments);
    let ended = timeout(DEADLINE, command.output()).await.expect("the program ends").unwrap();
    Output {
        code: ended.status.code(),
        stdout: String::from_utf8(ended.stdout).unwrap(),
        stderr: String::from_utf8(ended.stderr).unwrap(),
    }
}

fn command<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments);
    prepare(&mut command, folder);
    command
}

/// Nothing of the surroundings of the tests reaches the program.
fn prepare(command: &mut Command, folder: &Path) {
    command
        .current_dir(folder)
        .env_remove("CLEARING_DATA_DIR")
        .env_remove("RUST_LOG")
        .env_remove("COLUMNS");
    command.stdin(Stdio::null()).kill_on_drop(true);
}

/// The first of several ports in a row that nobody listens on.
pub(crate) fn free_ports(count: u16) -> u16 {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    // Below the ports that the system gives out by itself; each test process looks at another place
    // first.
    let start = 10_000 + (std::process::id() % 1_000) as u16 * 20;
    let mut candidates = (start..32_000).step_by(20).chain((10_000..start).step_by(20));
    candidates.find(|first| (*first..first + count).all(is_free)).expect("ports are free")
}

impl Output {
    /// Nothing went wrong.
    #[track_caller]
    pub(crate) fn succeeded(&self) {
        assert_eq!(self.code, Some(0), "{self:?}");
    }

    /// It ended with a code and one sentence that contains a text.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, sentence: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let said: Vec<_> =
            self.stderr.lines().filter(|line| line.starts_with("clearing: ")).collect();
        assert_eq!(said.len(), 1, "{self:?}");
        assert!(said[0].contains(sentence), "{:?} does not say {sentence:?}", said[0]);
        assert!(
            !self.stderr.contains("panicked") && !self.stderr.contains("backtrace"),
            "{self:?}"
        );
    }
}

/// A command that goes on until it is told to stop; killed when dropped.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    pub(crate) fn start<S: AsRef<OsStr>>(
        folder: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut command = command(folder, arguments);
        command.stderr(Stdio::piped());
        Self::spawn(command)
    }

    /// A line of the shell.
    pub(crate) fn shell(folder: &Path, line: &str) -> Self {
        let mut command = Command::new("bash");
        command.args(["-c", line]);
        prepare(&mut command, folder);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line of its output that contains a text.
    pub(crate) async fn line(&mut self, text: &str) -> String {
        let find = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                if line.contains(text) {
                    return line;
                }
            }
            panic!("its output ended without {text:?}");
        };
        timeout(DEADLINE, find).await.expect("the line comes")
    }

    /// Waits for a line of its log that contains a text.
    pub(crate) async fn said(&mut self, text: &str) {
        let log = self.child.stderr.as_mut().expect("its log is read");
        let mut lines = BufReader::new(log).lines();
        let find = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.contains(text) {
                    return;
                }
            }
            panic!("its log ended without {text:?}");
        };
        timeout(DEADLINE, find).await.expect("the line comes");
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Sends a signal by name, as in "TERM", and gives the exit code.
    pub(crate) async fn signal(self, signal: &str) -> Option<i32> {
        send_signal(self.pid(), signal).await;
        self.end().await.code
    }

    /// Waits until it ends by itself; what it said is what [`Running::line`] has not read.
    pub(crate) async fn end(self) -> Output {
        let ended =
            timeout(DEADLINE, self.child.wait_with_output()).await.expect("it ends").unwrap();
        Output {
            code: ended.status.code(),
            stdout: String::new(),
            stderr: String::from_utf8(ended.stderr).unwrap(),
        }
    }
}

/// Sends a signal to a process of this test.
pub(crate) async fn send_signal(pid: u32, signal: &str) {
    let kill = format!("kill -{signal} {pid}");
    assert!(Command::new("bash").args(["-c", &kill]).status().await.unwrap().success());
}
