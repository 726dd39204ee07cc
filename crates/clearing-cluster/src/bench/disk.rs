//! The physical limit of the disk: how fast small writes reach it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// What one write takes to the disk: a page of the log.
const PAGE: [u8; 4096] = [0x5a; 4096];
/// Pages written in turn, so that the file has its size from the start.
const PAGES: u64 = 256;

/// How long a sync takes, in microseconds, while so many files are written at the same time.
pub(super) fn sync_us(folder: &Path, streams: usize, time: Duration) -> io::Result<f64> {
    let files: Vec<File> = (0..streams)
        .map(|stream| prepare(&folder.join(format!("sync-{stream}"))))
        .collect::<io::Result<_>>()?;
    let results: Vec<io::Result<u64>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            files.iter().map(|file| scope.spawn(move || syncs(file, time))).collect();
        let panicked = |_| Err(io::Error::other("the thread that wrote panicked"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
    });
    let syncs = results.into_iter().sum::<io::Result<u64>>()?;
    // By all streams together: those that wait for one another are what a cluster has.
    Ok(time.as_secs_f64() * 1e6 * streams as f64 / syncs.max(1) as f64)
}

fn prepare(path: &Path) -> io::Result<File> {
    let file = File::options().create(true).truncate(true).write(true).open(path)?;
    for page in 0..PAGES {
        file.write_all_at(&PAGE, page * PAGE.len() as u64)?;
    }
    // The size is on disk before measuring, so that a sync writes a page and no metadata.
    file.sync_all()?;
    Ok(file)
}

fn syncs(file: &File, time: Duration) -> io::Result<u64> {
    let begun = Instant::now();
    let mut done = 0;
    while begun.elapsed() < time {
        file.write_all_at(&PAGE, done % PAGES * PAGE.len() as u64)?;
        file.sync_data()?;
        done += 1;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_takes_some_time() {
        let folder = tempfile::tempdir().unwrap();
        assert!(sync_us(folder.path(), 2, Duration::from_millis(5)).unwrap() > 0.0);
    }
}
