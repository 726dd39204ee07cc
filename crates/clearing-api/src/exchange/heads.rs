//! Heads of hash chains, which are empty on the wire where none is known.

use clearing_domain::link::Head;

use super::columns::{ColumnError, value};

pub(super) fn head(head: &Head) -> Vec<u8> {
    if *head == Head::default() { Vec::new() } else { head.to_vec() }
}

pub(super) fn read_head(name: &'static str, bytes: &[u8]) -> Result<Head, ColumnError> {
    if bytes.is_empty() {
        return Ok(Head::default());
    }
    Head::try_from(bytes)
        .map_err(|_| value(name, format!("{} bytes", bytes.len()), "a hash of 32 bytes"))
}
