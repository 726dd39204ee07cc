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
    off: bool,
}

impl BatchHasher {
    /// Hashes nothing, for a ledger of which no file is kept: its batches are only counted.
    pub fn off() -> Self {
        Self { bytes: Vec::new(), off: true }
    }

    /// Whether nothing is hashed.
    pub fn is_off(&self) -> bool {
        self.off
    }

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

/// The stored seal of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSeal {
    /// The number of the batch.
    pub batch: u64,
    /// The last row it appended, or the last row before it.
    pub last_row: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// One fact that must hold, and whether it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// What must hold.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// The figures compared.
    pub detail: String,
}

impl Invariant {
    /// A fact with its figures.
    pub fn new(name: &'static str, ok: bool, detail: String) -> Self {
        Self { name, ok, detail }
    }
}

/// Checks stored seals against hashes computed again, and the last of them against the chain.
pub(crate) fn check_chain(
    seals: &[BatchSeal],
    chain: Chain,
    mut hash_of: impl FnMut(&[u8; 32], &BatchSeal) -> [u8; 32],
) -> Invariant {
    const NAME: &str = "hash chain";
    let mut previous = Chain::default();
    for seal in seals {
        if seal.batch != previous.batch + 1 {
            return Invariant::new(NAME, false, format!("batch {} follows batch {}", seal.batch, previous.batch));
        }
        if hash_of(&previous.hash, seal) != seal.hash {
            let rows = format!("rows {} to {}", previous.row + 1, seal.last_row);
            return Invariant::new(NAME, false, format!("batch {} does not match its hash ({rows})", seal.batch));
        }
        previous = Chain { hash: seal.hash, batch: seal.batch, row: seal.last_row };
    }
    let detail = format!("{} batches, {} rows", previous.batch, previous.row);
    Invariant::new(NAME, previous == chain, detail)
}
