//! Looks at a file before SQLite opens it, so that a foreign one stays untouched.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{FileKind, StoreError};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER: usize = 100;

/// Refuses what is not a whole ledger file of this kind and schema.
pub(super) fn check(path: &Path, kind: &FileKind) -> Result<(), StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), source };
    let foreign = |found: String| StoreError::Foreign { path: path.to_owned(), expected: kind.description, found };
    let mut file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut header = [0; HEADER];
    if length < HEADER as u64 {
        return Err(foreign(format!("it has {length} bytes")));
    }
    file.read_exact(&mut header).map_err(io)?;
    if &header[..16] != MAGIC {
        return Err(foreign("it is no SQLite database".to_owned()));
    }
    let application = i32::from_be_bytes(word(&header, 68));
    if application != kind.application_id {
        return Err(foreign(format!("it is a database of application {application:#x}")));
    }
    let schema = i32::from_be_bytes(word(&header, 60));
    if schema == kind.upgrade.from {
        return Err(StoreError::Earlier { path: path.to_owned(), expected: kind.schema, found: schema });
    }
    if schema != kind.schema {
        return Err(StoreError::Schema { path: path.to_owned(), expected: kind.schema, found: schema });
    }
    let page_size = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let pages = u64::from(u32::from_be_bytes(word(&header, 28)));
    if pages * page_size > length {
        return Err(foreign(format!("it is truncated: {length} of {} bytes are there", pages * page_size)));
    }
    Ok(())
}

fn word(header: &[u8; HEADER], at: usize) -> [u8; 4] {
    [header[at], header[at + 1], header[at + 2], header[at + 3]]
}
