//! Draws that depend on (seed, purpose, id) alone, so that no draw moves another.

/// The draws of one purpose in a run.
#[derive(Clone, Debug)]
pub(super) struct Draws {
    key: [u8; 32],
}

/// The words drawn for one id: the output block of one keyed hash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block([u64; 8]);

impl Draws {
    pub(super) fn new(seed: u64, purpose: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("clearing workload");
        hasher.update(&seed.to_le_bytes()).update(purpose.as_bytes());
        Self { key: *hasher.finalize().as_bytes() }
    }

    /// The block of an id.
    pub(super) fn of(&self, id: u64) -> Block {
        let mut bytes = [0; 64];
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&id.to_le_bytes());
        hasher.finalize_xof().fill(&mut bytes);
        let word = |place: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[place * 8..][..8]);
            u64::from_le_bytes(word)
        };
        Block(std::array::from_fn(word))
    }
}

impl Block {
    /// A whole number below a bound, evenly spread; 0 for the bound 0.
    pub(super) fn below(&self, word: usize, bound: u64) -> u64 {
        // The high half of the product is even but for a part of bound / 2^64, and needs no second
        // draw, which would make a draw depend on others.
        ((u128::from(self.0[word]) * u128::from(bound)) >> 64) as u64
    }

    /// A number from 0 to below 1.
    pub(super) fn unit(&self, word: usize) -> f64 {
        const STEPS: f64 = (1u64 << 53) as f64;
        // A float has 53 bits: more would round, and the largest draws up to 1.
        (self.0[word] >> 11) as f64 / STEPS
    }

    /// A standard normal number from two words, by Box and Muller.
    pub(super) fn normal(&self, word: usize) -> f64 {
        // 1 - u is never 0, so the logarithm is finite. libm computes the same bits on every
        // machine; the functions of the standard library need not.
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit(word)));
        radius * libm::cos(std::f64::consts::TAU * self.unit(word + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_purpose_and_id_alone() {
        let block = |seed, purpose, id| Draws::new(seed, purpose).of(id).0;
        assert_eq!(block(1, "wallet", 7), block(1, "wallet", 7));
        for other in [block(2, "wallet", 7), block(1, "payment", 7), block(1, "wallet", 8)] {
            assert_ne!(block(1, "wallet", 7), other);
        }
    }

    #[test]
    fn draws_are_spread_as_they_should_be() {
        let draws = Draws::new(1, "test");
        let blocks: Vec<_> = (0..20_000).map(|id| draws.of(id)).collect();
        let mean = |value: &dyn Fn(&Block) -> f64| {
            blocks.iter().map(value).sum::<f64>() / blocks.len() as f64
        };
        assert!((mean(&|block| block.unit(0)) - 0.5).abs() < 0.01);
        assert!(mean(&|block| block.normal(1)).abs() < 0.02);
        assert!((mean(&|block| block.normal(1) * block.normal(1)) - 1.0).abs() < 0.03);
        assert!((mean(&|block| block.below(3, 7) as f64) - 3.0).abs() < 0.05);
        assert_eq!(blocks[0].below(3, 0), 0);
    }
}
