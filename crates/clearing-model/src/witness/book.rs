//! A ledger file as far as witnesses go: its hash chain, what must not be lost, and what it heard
//! of others.

use crate::ids::Ids;

/// The most batches of a file.
const BATCHES: usize = 24;
/// The most operators.
pub const OPERATORS: usize = 2;

/// A batch of a ledger and the head of its chain there, as its owner told it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Witness {
    /// The number of the batch; 0 when nothing was told.
    pub batch: u8,
    /// The head of the chain at that batch.
    pub head: u32,
    /// What was told of up to there, for the checker.
    pub acts: Ids,
}

impl Witness {
    /// Takes a later word. Gives back false when it contradicts the one before.
    pub fn hear(&mut self, later: Self) -> bool {
        let agrees = later.batch != self.batch || later.head == self.head;
        let acts = self.acts.union(later.acts);
        if later.batch > self.batch {
            *self = later;
        }
        self.acts = acts;
        agrees
    }
}

/// A ledger file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Book {
    heads: [u32; BATCHES],
    batch: u8,
    /// What nobody else has a record of: payments inside an operator, administration at the central
    /// bank.
    pub acts: Ids,
    /// The last that each of the others told of its own ledger; an operator keeps the central
    /// bank's first.
    pub heard: [Witness; OPERATORS],
}

impl Book {
    /// Writes a batch. After a loss nothing is written as it was before: times differ.
    pub fn write(&mut self, life: u8) {
        let before = self.head();
        let content =
            u32::from(life) << 16 | u32::from(self.acts.len()) << 8 | u32::from(self.batch);
        let mixed = (before.rotate_left(7) ^ content).wrapping_mul(0x9e37_79b1);
        self.heads[usize::from(self.batch)] = mixed ^ mixed >> 15;
        self.batch += 1;
    }

    /// The number of the last batch.
    pub fn batch(&self) -> u8 {
        self.batch
    }

    fn head(&self) -> u32 {
        self.head_at(self.batch).unwrap_or_default()
    }

    /// The head of the chain at a batch; `None` where the file has no such batch.
    pub fn head_at(&self, batch: u8) -> Option<u32> {
        let index = batch.checked_sub(1)?;
        (batch <= self.batch).then(|| self.heads[usize::from(index)])
    }

    /// How far the ledger is.
    pub fn witness(&self) -> Witness {
        Witness { batch: self.batch, head: self.head(), acts: self.acts }
    }

    /// Whether the file holds what was told of it.
    pub fn agrees_with(&self, told: Witness) -> bool {
        told.batch == 0 || self.head_at(told.batch) == Some(told.head)
    }
}
