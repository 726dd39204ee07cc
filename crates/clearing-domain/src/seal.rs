//! The hash chain over a ledger's append-only rows.
//!
//! Every row that is appended to a ledger gets the next number and is hashed; every durable batch
//! stores the hash over the rows it appended and the hash before it. An audit computes the chain
//! again from the file: a changed, missing or added row breaks it.

/// The state of a hash chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The hash of the last sealed batch.
    pub hash: [u8; 32],
    /// The number of the last sealed batch.
    pub batch: u64,
    /// The number of the last appended row.
    pub row: u64,
}

/// A row that can be hashed: the same fields in the same order give the same bytes.
pub trait Canonical {
    /// Appends the row's fields in a fixed order and width.
    fn write_canonical(&self, bytes: &mut Vec<u8>);
}

/// Collects the rows of one batch.
#[derive(Debug, Default)]
pub struct BatchHasher {
    bytes: Vec<u8>,
}

impl BatchHasher {
    /// Adds one appended row.
    pub fn row(&mut self, row: &impl Canonical) {
        row.write_canonical(&mut self.bytes);
    }

    /// Closes the batch: the hash of the previous one, the batch number and the rows.
    pub fn seal(&mut self, previous: &[u8; 32], batch: u64) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(previous).update(&batch.to_le_bytes()).update(&self.bytes);
        self.bytes.clear();
        *hasher.finalize().as_bytes()
    }
}
