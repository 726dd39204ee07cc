//! Refusals that leave a row cost a wallet something: it has so many, and gets new ones with time.

use rustc_hash::FxHashMap;

use crate::money::Timestamp;

use super::slot::WalletSlot;

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
pub struct RefusalBudget {
    rate: RefusalRate,
    /// By wallet, when all of it is back again.
    full_at_ms: FxHashMap<WalletSlot, i64>,
}

impl RefusalBudget {
    /// A budget in which every wallet has all of it.
    pub fn new(rate: RefusalRate) -> Self {
        Self { rate, full_at_ms: FxHashMap::default() }
    }

    /// Takes one refusal of a wallet; when it has none left, in how many milliseconds it gets the
    /// next.
    pub fn take(&mut self, wallet: WalletSlot, now: Timestamp) -> Result<(), u32> {
        self.check(wallet, now)?;
        self.owe(wallet, 1, now);
        Ok(())
    }

    /// A refusal comes back after this long; a wallet owes the time of those it has used.
    fn each_ms(&self) -> i64 {
        1_000 / i64::from(self.rate.per_second.clamp(1, 1_000))
    }

    fn owes_ms(&self, wallet: WalletSlot, now: Timestamp) -> i64 {
        self.full_at_ms.get(&wallet).map_or(0, |full_at| (full_at - now.ms()).max(0))
    }

    /// Drops those that have had their time, when there is no room for one more.
    fn forget(&mut self, wallet: WalletSlot, now: i64) {
        if self.full_at_ms.len() >= KEPT && !self.full_at_ms.contains_key(&wallet) {
            #[expect(clippy::disallowed_methods, reason = "what stays is the same in any order")]
            self.full_at_ms.retain(|_, full_at| *full_at > now);
        }
    }

    /// Whether a wallet has one left; when it has none, in how many milliseconds it gets the next.
    pub fn check(&self, wallet: WalletSlot, now: Timestamp) -> Result<(), u32> {
        let wait_ms = self.owes_ms(wallet, now) - self.each_ms() * (i64::from(self.rate.burst) - 1);
        if wait_ms > 0 { Err(u32::try_from(wait_ms).unwrap_or(u32::MAX)) } else { Ok(()) }
    }

    /// Takes so many of a wallet, whether it has them left or not.
    pub fn owe(&mut self, wallet: WalletSlot, count: usize, now: Timestamp) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if count == 0 {
            return;
        }
        self.forget(wallet, now.ms());
        let owed = self.owes_ms(wallet, now).saturating_add(self.each_ms().saturating_mul(count));
        self.full_at_ms.insert(wallet, now.ms().saturating_add(owed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::Slot;

    #[test]
    fn a_wallet_has_a_burst_and_then_a_rate_and_others_have_their_own() {
        let mut budget = RefusalBudget::new(RefusalRate { burst: 3, per_second: 2 });
        let mut takes = |wallet, ms, count| {
            let wallet = WalletSlot::from_number(wallet);
            (0..count).filter(|_| budget.take(wallet, Timestamp::from_ms(ms)).is_ok()).count()
        };
        assert_eq!(takes(1, 1_000, 9), 3);
        assert_eq!(takes(2, 1_000, 2), 2);
        assert_eq!(takes(1, 1_499, 9), 0);
        assert_eq!(takes(1, 2_000, 9), 2);
        // A clock that is set back gives nothing twice.
        assert_eq!(takes(1, 500, 9), 0);
        assert_eq!(takes(1, 60_000, 9), 3);
    }

    #[test]
    fn who_waits_as_long_as_told_is_taken_and_a_moment_before_is_not() {
        for (burst, per_second, wait_ms) in [(1, 1, 1_000), (3, 2, 500), (10, 1_000, 1)] {
            let mut budget = RefusalBudget::new(RefusalRate { burst, per_second });
            let mut take = |ms| budget.take(WalletSlot::from_number(1), Timestamp::from_ms(ms));
            assert!((0..burst).all(|_| take(1_000).is_ok()));
            assert_eq!(take(1_000), Err(wait_ms));
            let then = 1_000 + i64::from(wait_ms);
            assert_eq!(
                (take(then - 1).is_ok(), take(then), take(then)),
                (wait_ms == 0, Ok(()), Err(wait_ms))
            );
            // A clock that is set back makes it longer.
            assert_eq!(take(then - 400), Err(wait_ms + 400));
        }
    }

    #[test]
    fn wallets_that_have_had_their_time_are_forgotten() {
        let mut budget = RefusalBudget::new(RefusalRate { burst: 1, per_second: 1_000 });
        for wallet in 0..100_000 {
            let at = Timestamp::from_ms(i64::from(wallet));
            assert!(budget.take(WalletSlot::from_number(wallet), at).is_ok());
        }
        assert!(budget.full_at_ms.len() <= KEPT);
    }
}
