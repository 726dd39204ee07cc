//! What the machine says of itself and of processes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// The machine and how busy it is.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Processors that this program may use.
    pub processors: usize,
    /// Load averages over 1, 5 and 15 minutes before the bench and after it.
    pub load_before: String,
    /// The same after it; empty until then.
    pub load_after: String,
    /// Memory in MB.
    pub memory_mb: u64,
    /// The release of the kernel.
    pub kernel: String,
    /// Whether the folder of the ledgers is on a disk or only in memory.
    pub durability: &'static str,
}

impl Machine {
    /// Looks at the machine and at the file system of a folder.
    pub(super) fn look(folder: &Path) -> Self {
        Self {
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            load_before: load_average(),
            load_after: String::new(),
            memory_mb: kilobytes("/proc/meminfo", "MemTotal:").unwrap_or(0) / 1024,
            kernel: read("/proc/sys/kernel/osrelease"),
            durability: if is_in_memory(folder) { "memory" } else { "durable" },
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "processors": self.processors,
            "load_average_before": self.load_before,
            "load_average_after": self.load_after,
            "memory_mb": self.memory_mb,
            "kernel": self.kernel,
            "ledger_files": self.durability,
        })
    }
}

/// The load averages over 1, 5 and 15 minutes.
pub(super) fn load_average() -> String {
    read("/proc/loadavg").split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// A file system without a disk makes a sync mean nothing.
fn is_in_memory(folder: &Path) -> bool {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = read("/proc/mounts");
    let mount = |line: &str| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
    };
    let over = mounts.lines().filter_map(mount).filter(|(point, _)| folder.starts_with(point));
    over.max_by_key(|(point, _)| point.len())
        .is_some_and(|(_, kind)| kind == "tmpfs" || kind == "ramfs")
}

fn kilobytes(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// Memory that could still be used, in bytes.
pub(super) fn memory_available() -> u64 {
    kilobytes("/proc/meminfo", "MemAvailable:").unwrap_or(u64::MAX / 1024) * 1024
}

/// Memory that a process holds, in bytes.
pub(super) fn memory_of(pid: u32) -> Option<f64> {
    kilobytes(&format!("/proc/{pid}/status"), "VmRSS:").map(|held| held as f64 * 1024.0)
}

/// Processor time that a process has used, all threads, its own and the kernel's.
pub(super) fn cpu_of(pid: u32) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program may contain spaces; the fields after it do not.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<u64>().ok();
    let used = ticks(11)? + ticks(12)?;
    Some(Duration::from_secs_f64(used as f64 / rustix::param::clock_ticks_per_second() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_holds_memory_and_this_machine_has_processors() {
        assert!(memory_of(std::process::id()).unwrap() > 100_000.0);
        assert!(cpu_of(std::process::id()).is_some());
        assert!(Machine::look(Path::new("/")).processors > 0);
        assert!(memory_available() > 0);
    }
}
