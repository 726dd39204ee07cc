//! The hash chain over a ledger's append-only rows.
//!
//! Every row that is appended to a ledger has the next number and is hashed; every batch stores the
//! hash over its rows and the hash before it. An audit computes the chain again from the file: a
//! changed, missing or added row breaks it.
//!
//! The values that are kept beside the rows and overwritten (balances, links, ticks, holders, the
//! file's own texts) enter each batch as a digest, which is stored with the batch: the last digest
//! must be that of the file.

use crate::money::OperatorCode;

/// The state of a hash chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The hash of the last sealed batch.
    pub hash: [u8; 32],
    /// The number of the last sealed batch.
    pub batch: u64,
    /// The number of the last appended row.
    pub row: u64,
    /// The digest of the values beside the rows after the last batch. `None` before the first
    /// batch, and after one of a program that did not cover it.
    pub beside: Option<[u8; 32]>,
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
    /// A hasher that hashes nothing, for a ledger without a file: its batches are only counted.
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

    /// Where the bytes of an appended row go.
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Closes the batch: the hash of the previous one, the batch number, the rows and what is
    /// beside them.
    pub fn seal(&mut self, previous: &[u8; 32], batch: u64, beside: Option<&[u8; 32]>) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(previous).update(&batch.to_le_bytes()).update(&self.bytes);
        beside.into_iter().for_each(|digest| {
            hasher.update(digest);
        });
        self.bytes.clear();
        *hasher.finalize().as_bytes()
    }
}

/// Collects the values that are kept beside the rows, in a fixed order.
#[derive(Debug)]
pub struct Beside {
    bytes: Vec<u8>,
}

impl Beside {
    /// Starts with the number of the batch and the digest of the file's own texts.
    pub fn new(batch: u64, file: &[u8; 32]) -> Self {
        let mut bytes = Vec::with_capacity(1024);
        bytes.extend(batch.to_le_bytes());
        bytes.extend(file);
        Self { bytes }
    }

    /// Adds a part.
    pub fn part(&mut self, part: &impl Canonical) -> &mut Self {
        part.write_canonical(&mut self.bytes);
        self
    }

    /// The digest of everything added.
    pub fn digest(&self) -> [u8; 32] {
        *blake3::hash(&self.bytes).as_bytes()
    }
}

/// The digest of a set that changes element by element: the sum of its elements' hashes, whatever
/// their order. So the cost of a change does not depend on the size of the set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetDigest([u64; 4]);

impl SetDigest {
    /// Adds an element.
    pub fn insert(&mut self, element: &[u8]) {
        self.change(element, u64::wrapping_add);
    }

    /// Removes an element that is in the set.
    pub fn remove(&mut self, element: &[u8]) {
        self.change(element, u64::wrapping_sub);
    }

    fn change(&mut self, element: &[u8], apply: fn(u64, u64) -> u64) {
        let hash = blake3::hash(element);
        let (words, _) = hash.as_bytes().as_chunks::<8>();
        for (sum, word) in self.0.iter_mut().zip(words) {
            *sum = apply(*sum, u64::from_le_bytes(*word));
        }
    }
}

impl Canonical for SetDigest {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        self.0.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
    }
}

impl Canonical for OperatorCode {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.extend((self.as_str().len() as u64).to_le_bytes());
        bytes.extend(self.as_str().as_bytes());
    }
}

/// The digest of texts, each with its length.
pub fn digest_of_texts(texts: &[&str]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    *hasher.finalize().as_bytes()
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
    /// The digest of the values beside the rows; `None` when its program did not cover them.
    pub beside: Option<[u8; 32]>,
}

impl From<Chain> for BatchSeal {
    fn from(chain: Chain) -> Self {
        Self { batch: chain.batch, last_row: chain.row, hash: chain.hash, beside: chain.beside }
    }
}

impl From<BatchSeal> for Chain {
    fn from(seal: BatchSeal) -> Self {
        Self { batch: seal.batch, row: seal.last_row, hash: seal.hash, beside: seal.beside }
    }
}

/// One fact that must hold, and whether it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// The fact, as a short sentence.
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
            return Invariant::new(
                NAME,
                false,
                format!("batch {} follows batch {}", seal.batch, previous.batch),
            );
        }
        // A batch without rows hashes the same whatever its last row, so the order is checked
        // apart.
        if seal.last_row < previous.row {
            let (batch, row) = (seal.batch, seal.last_row);
            return Invariant::new(
                NAME,
                false,
                format!("batch {batch} ends at row {row}, before {}", previous.row),
            );
        }
        if hash_of(&previous.hash, seal) != seal.hash {
            let rows = format!("rows {} to {}", previous.row + 1, seal.last_row);
            return Invariant::new(
                NAME,
                false,
                format!("batch {} does not match its hash ({rows})", seal.batch),
            );
        }
        // A later batch without the digest would hide a change of the values beside the rows.
        if previous.beside.is_some() && seal.beside.is_none() {
            return Invariant::new(
                NAME,
                false,
                format!("batch {} does not cover what is beside its rows", seal.batch),
            );
        }
        previous = Chain::from(*seal);
    }
    let detail = format!("{} batches, {} rows", previous.batch, previous.row);
    Invariant::new(NAME, previous == chain, detail)
}

/// Checks what a ledger keeps beside its rows against what its last batch sealed.
pub(crate) fn check_beside(chain: Chain, found: [u8; 32]) -> Invariant {
    const NAME: &str = "what is kept beside the rows is what was sealed";
    let batch = chain.batch;
    match chain.beside {
        None if batch == 0 => Invariant::new(NAME, true, "no batch yet".to_owned()),
        None => Invariant::new(
            NAME,
            true,
            format!("batch {batch} is of an earlier program and does not cover it"),
        ),
        Some(sealed) if sealed == found => {
            Invariant::new(NAME, true, format!("as of batch {batch}"))
        }
        Some(_) => Invariant::new(NAME, false, format!("it is not what batch {batch} sealed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_one_digest_whatever_the_order() {
        let mut one = SetDigest::default();
        let mut other = SetDigest::default();
        ["a", "b", "c"].iter().for_each(|element| one.insert(element.as_bytes()));
        ["c", "a", "x", "b"].iter().for_each(|element| other.insert(element.as_bytes()));
        assert_ne!(one, other);
        other.remove(b"x");
        assert_eq!(one, other);
    }

    #[test]
    fn texts_are_told_apart_by_their_lengths() {
        assert_ne!(digest_of_texts(&["ab", "c"]), digest_of_texts(&["a", "bc"]));
    }
}
