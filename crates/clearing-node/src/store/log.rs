//! Reads the log that SQLite keeps beside a database, as far as SQLite would recover it.
//!
//! A frame is valid when its salts are those of the log's header and its checksum continues that of
//! the frame before; SQLite recovers the valid frames up to the last commit. The format is
//! described at <https://www.sqlite.org/fileformat2.html#walformat>.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::StoreError;

/// The last bit is set when checksums are computed over big-endian words.
const MAGIC: u32 = 0x377f_0682;
const VERSION: u32 = 3_007_000;
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// The part of a log that SQLite recovers.
#[derive(Debug)]
pub(super) struct Log {
    /// How many pages the database has after the last commit.
    pub(super) pages: u64,
    /// The numbers of the pages in the log.
    held: BTreeSet<u64>,
    /// The first page as the last commit left it, when the log has it.
    pub(super) first_page: Option<Vec<u8>>,
}

/// The path of a database's log.
pub(super) fn log_path(database: &Path) -> PathBuf {
    beside(database, "-wal")
}

/// The path of another file of SQLite beside a database.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Syncs the log of a database, and so every batch that was read before. Another process may be
/// writing it.
///
/// The pages of the database itself were synced by the checkpoint that moved them.
pub fn sync_log(database: &Path) -> Result<(), StoreError> {
    let path = log_path(database);
    match File::open(&path).and_then(|log| log.sync_all()) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(StoreError::Io { path, source }),
        Ok(()) | Err(_) => Ok(()),
    }
}

impl Log {
    /// Reads a log of pages of this size; `None` when there is none, or no commit in it.
    pub(super) fn read(path: &Path, page_size: u64) -> io::Result<Option<Self>> {
        let mut file = match File::open(path) {
            Ok(file) => BufReader::with_capacity(1 << 16, file),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut header = [0; HEADER];
        if !fill(&mut file, &mut header)? {
            return Ok(None);
        }
        let Some(mut checksum) = Checksum::of_log(&header, page_size) else { return Ok(None) };
        let mut frame = vec![0; FRAME_HEADER + page_size as usize];
        let mut log = Self { pages: 0, held: BTreeSet::new(), first_page: None };
        // Pages wait here until the commit of their transaction: SQLite drops a transaction without
        // one.
        let (mut pending, mut first_page) = (Vec::new(), None);
        while fill(&mut file, &mut frame)?
            && frame[8..16] == header[16..24]
            && checksum.continues(&frame)
        {
            let page = u64::from(word(&frame, 0));
            pending.push(page);
            if page == 1 {
                first_page = Some(frame[FRAME_HEADER..].to_vec());
            }
            // Only the last frame of a transaction says how many pages the database then has.
            let pages_at_commit = u64::from(word(&frame, 4));
            if pages_at_commit > 0 {
                log.pages = pages_at_commit;
                log.held.extend(pending.drain(..));
                log.first_page = first_page.take().or(log.first_page);
            }
        }
        Ok((log.pages > 0).then_some(log))
    }

    /// How many pages are neither in the log nor in a file of this many whole pages.
    pub(super) fn missing(&self, whole: u64) -> u64 {
        let behind =
            self.held.range(whole.saturating_add(1)..=self.pages.max(whole.saturating_add(1)));
        self.pages.saturating_sub(whole).saturating_sub(behind.count() as u64)
    }
}

/// The checksum of a log: that of each frame continues that of the frame before.
struct Checksum {
    big_endian: bool,
    sums: (u32, u32),
}

impl Checksum {
    /// The checksum after the header, when it is the header of a log with pages of this size.
    fn of_log(header: &[u8; HEADER], page_size: u64) -> Option<Self> {
        let magic = word(header, 0);
        let mut checksum = Self { big_endian: magic & 1 == 1, sums: (0, 0) };
        checksum.add(&header[..24]);
        let is_log = magic & !1 == MAGIC
            && word(header, 4) == VERSION
            && u64::from(word(header, 8)) == page_size;
        (is_log && page_size >= 512 && checksum.sums == (word(header, 24), word(header, 28)))
            .then_some(checksum)
    }

    /// Whether a frame is the next valid one. Page numbers start at one, so a page number of zero
    /// marks space that was never written.
    fn continues(&mut self, frame: &[u8]) -> bool {
        self.add(&frame[..8]);
        self.add(&frame[FRAME_HEADER..]);
        word(frame, 0) > 0 && self.sums == (word(frame, 16), word(frame, 20))
    }

    fn add(&mut self, bytes: &[u8]) {
        let (mut first, mut second) = self.sums;
        let number = |bytes: [u8; 4]| {
            if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
        };
        for pair in bytes.chunks_exact(8) {
            first = first
                .wrapping_add(number([pair[0], pair[1], pair[2], pair[3]]))
                .wrapping_add(second);
            second = second
                .wrapping_add(number([pair[4], pair[5], pair[6], pair[7]]))
                .wrapping_add(first);
        }
        self.sums = (first, second);
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Fills a buffer; false at the end of the file, also in the middle of a frame, because a crash may
/// leave a frame half written.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_cannot_be_taken_to_disk_is_an_error_and_one_that_is_not_there_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("ledger.db");
        sync_log(&database).unwrap();
        std::fs::write(log_path(&database), "a log").unwrap();
        sync_log(&database).unwrap();
        std::fs::remove_file(log_path(&database)).unwrap();
        // What the system keeps in memory alone has no disk.
        std::os::unix::fs::symlink("/proc/self/status", log_path(&database)).unwrap();
        let error = sync_log(&database).unwrap_err();
        assert!(
            matches!(&error, StoreError::Io { path, .. } if *path == log_path(&database)),
            "{error}"
        );
    }
}
