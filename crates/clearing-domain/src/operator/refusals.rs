//! Refusals that leave a row cost a wallet something: it has so many, and gets new ones with time.

use rustc_hash::FxHashMap;

use crate::money::Timestamp;

/// How many entries are kept before those are dropped that have had their time.
const KEPT: usize = 4_096;

/// How many of its payments a wallet may have refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalRate {
    /// At once.
    pub burst: u32,
    /// And then in each second.
    pub per_second: u32,
}

/// What each wallet has left; those with all of it have no entry.
#[derive(Debug)]
pub(super) struct RefusalBudget {
    rate: RefusalRate,
    /// By wallet, when all of it is back again.
    full_at_ms: FxHashMap<u32, i64>,
}

impl RefusalBudget {
    pub(super) fn new(rate: RefusalRate) -> Self {
        Self { rate, full_at_ms: FxHashMap::default() }
    }

    /// Takes one refusal of a wallet; `false` when it has none left.
    pub(super) fn take(&mut self, wallet: u32, now: Timestamp) -> bool {
        let now = now.ms();
        // A refusal comes back after this long; a wallet owes the time of those it has used.
        let each = 1_000 / i64::from(self.rate.per_second.clamp(1, 1_000));
        let full_at = self.full_at_ms.get(&wallet).copied().unwrap_or(now).max(now);
        if full_at - now > each * (i64::from(self.rate.burst) - 1) {
            return false;
        }
        if self.full_at_ms.len() >= KEPT && !self.full_at_ms.contains_key(&wallet) {
            self.full_at_ms.retain(|_, full_at| *full_at > now);
        }
        self.full_at_ms.insert(wallet, full_at + each);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_has_a_burst_and_then_a_rate_and_others_have_their_own() {
        let mut budget = RefusalBudget::new(RefusalRate { burst: 3, per_second: 2 });
        let mut takes = |wallet, ms, count| (0..count).filter(|_| budget.take(wallet, Timestamp::from_ms(ms))).count();
        assert_eq!(takes(1, 1_000, 9), 3);
        assert_eq!(takes(2, 1_000, 2), 2);
        assert_eq!(takes(1, 1_499, 9), 0);
        assert_eq!(takes(1, 2_000, 9), 2);
        // A clock that is set back gives nothing twice.
        assert_eq!(takes(1, 500, 9), 0);
        assert_eq!(takes(1, 60_000, 9), 3);
    }

    #[test]
    fn wallets_that_have_had_their_time_are_forgotten() {
        let mut budget = RefusalBudget::new(RefusalRate { burst: 1, per_second: 1_000 });
        for wallet in 0..100_000 {
            assert!(budget.take(wallet, Timestamp::from_ms(i64::from(wallet))));
        }
        assert!(budget.full_at_ms.len() <= KEPT);
    }
}
