//! Checks a file before SQLite opens it, so that a foreign file stays untouched.
//!
//! After a kill or a loss of power the pages of a healthy ledger lie in two files: those that a
//! checkpoint has moved in the database, the others in the log beside it. The header of the
//! database may then count pages that only the log has. So a file that is not whole by itself is
//! checked together with its log, in the state that SQLite will recover.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use super::log::{Log, log_path};
use super::{FileKind, StoreError};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER: usize = 100;
/// How often a file that changes meanwhile is checked. The process that changes it has checked it
/// itself, and SQLite will read one consistent state of it.
const LOOKS: usize = 20;

/// Refuses a file that is not a whole ledger of this kind and schema.
pub(super) fn check(path: &Path, kind: &FileKind) -> Result<(), StoreError> {
    let mut before = stamps(path);
    for _ in 0..LOOKS {
        let Err(refusal) = look(path, kind) else { return Ok(()) };
        let after = stamps(path);
        // A refusal counts only when nothing changed during the check: the header and the log were
        // read one after the other, and a checkpoint between them makes a sound file look short.
        if after == before {
            return Err(refusal);
        }
        before = after;
    }
    Ok(())
}

/// Length and time of the last change of the database and its log.
fn stamps(path: &Path) -> [Option<(u64, SystemTime)>; 2] {
    let stamp = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    };
    [stamp(path), stamp(&log_path(path))]
}

fn look(path: &Path, kind: &FileKind) -> Result<(), StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), source };
    let foreign = |found: String| StoreError::Foreign {
        path: path.to_owned(),
        expected: kind.description,
        found,
    };
    let mut file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    if length < HEADER as u64 {
        return Err(foreign(format!("it has {length} bytes")));
    }
    let mut bytes = [0; HEADER];
    file.read_exact(&mut bytes).map_err(io)?;
    if &bytes[..16] != MAGIC {
        return Err(foreign("it is no SQLite database".to_owned()));
    }
    let header = Header::read(&bytes);
    // The size of a page decides how much of the log is read at a time, so it is checked first.
    if !(header.page_size.is_power_of_two() && header.page_size >= 512) {
        return Err(foreign(format!("it has pages of {} bytes", header.page_size)));
    }
    if header.is_of(kind) && header.pages * header.page_size <= length {
        return Ok(());
    }
    // The length is read again after the log: a running process moves pages from the log to the
    // file, and a page that left the log in between must be counted in the file.
    let log_path = log_path(path);
    let log = Log::read(&log_path, header.page_size);
    let log = log.map_err(|source| StoreError::Io { path: log_path, source })?;
    let length = std::fs::metadata(path).map_err(io)?.len();
    // The newest header is the first page in the log, when the log has one.
    let recovered =
        log.as_ref().and_then(|log| log.first_page.as_deref()).and_then(Header::of_page);
    let header = recovered.unwrap_or(header);
    if header.application != kind.application_id {
        return Err(foreign(format!("it is a database of application {:#x}", header.application)));
    }
    if header.schema != kind.schema {
        return Err(StoreError::Schema {
            path: path.to_owned(),
            expected: kind.schema,
            found: header.schema,
        });
    }
    let whole = length / header.page_size;
    let missing = match &log {
        Some(log) => log.missing(whole),
        None => header.pages.saturating_sub(whole),
    };
    if missing == 0 {
        return Ok(());
    }
    let there = match &log {
        Some(log) => format!("{missing} of {} pages are neither in it nor in its log", log.pages),
        None => format!("{length} of {} bytes are there", header.pages * header.page_size),
    };
    Err(foreign(format!("it is truncated: {there}")))
}

/// The fields of a database's header that are checked.
struct Header {
    page_size: u64,
    pages: u64,
    application: i32,
    schema: i32,
}

impl Header {
    fn read(bytes: &[u8; HEADER]) -> Self {
        let word = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        // Two bytes cannot hold 65,536, for which the format stores 1.
        let page_size = match u16::from_be_bytes([bytes[16], bytes[17]]) {
            1 => 65_536,
            size => u64::from(size),
        };
        Self {
            page_size,
            pages: u64::from(u32::from_be_bytes(word(28))),
            application: i32::from_be_bytes(word(68)),
            schema: i32::from_be_bytes(word(60)),
        }
    }

    fn of_page(page: &[u8]) -> Option<Self> {
        page.first_chunk().map(Self::read)
    }

    fn is_of(&self, kind: &FileKind) -> bool {
        self.application == kind.application_id && self.schema == kind.schema
    }
}

#[cfg(test)]
mod tests;
