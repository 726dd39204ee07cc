//! Intraday credit: how far and for how long accounts were below zero, and its cost.

use rust_decimal::Decimal;

use crate::money::Position;

use super::record::at_each_time;

/// A change of a participant's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// The number of the participant.
    pub who: usize,
    /// The time.
    pub at: i64,
    /// The change.
    pub sum: Position,
}

/// The credit that a participant used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CreditUse {
    /// The most credit at any time: max(0, max_t −b(t)) with the balance b.
    pub peak: i128,
    /// Value times time: ∫ max(0, −b(t)) dt.
    pub value_time: i128,
}

/// The credit that each participant used from one time to another. Accounts start at zero, so the
/// opening balance is a change. Changes of one time count together (Federal Reserve, Guide to the
/// Payment System Risk Policy: daylight overdrafts at the end of each minute).
pub fn credit_use(
    participants: usize,
    changes: &[AccountChange],
    from: i64,
    until: i64,
) -> Vec<CreditUse> {
    let mut balances = vec![0_i128; participants];
    let mut used = vec![CreditUse::default(); participants];
    let mut since = from;
    let mut pass = |balances: &[i128], to: i64| {
        // Changes before the start only set the balances; time counts between start and end.
        let to = to.clamp(since, until.max(since));
        for (used, balance) in
            used.iter_mut().zip(balances).filter(|(_, balance)| **balance < 0 && to > since)
        {
            used.peak = used.peak.max(-balance);
            used.value_time += -balance * i128::from(to - since);
        }
        since = to;
    };
    let ordered = changes
        .iter()
        .map(|change| (change.at, (change.who, i128::from(change.sum.fen()))))
        .collect();
    at_each_time(ordered, |at, changed| {
        pass(&balances, at);
        changed.for_each(|(who, sum)| balances[who] += sum);
    });
    pass(&balances, until);
    used
}

/// The least balance of each participant's account. Changes of one time count together; an account
/// opens with its first change.
pub fn least_balances(participants: usize, changes: &[AccountChange]) -> Vec<i128> {
    let (mut balances, mut least) = (vec![0_i128; participants], vec![None; participants]);
    let ordered = changes
        .iter()
        .map(|change| (change.at, (change.who, i128::from(change.sum.fen()))))
        .collect();
    at_each_time(ordered, |_, changed| {
        // The minimum is computed after all changes of the time, whose order within it is unknown.
        let mut touched = Vec::new();
        for (who, sum) in changed {
            balances[who] += sum;
            touched.push(who);
        }
        for who in touched {
            least[who] =
                Some(least[who].map_or(balances[who], |least: i128| least.min(balances[who])));
        }
    });
    least.into_iter().map(Option::unwrap_or_default).collect()
}

/// The cost of credit at a price for a million over one unit of time, such as an hour; `unit` is
/// its length in the unit of time of `value_time`.
pub fn credit_cost(value_time: i128, unit: i64, price: Decimal) -> Decimal {
    let million_units = Decimal::from(1_000_000) * Decimal::from(unit);
    let value_time = Decimal::try_from_i128_with_scale(value_time, 0).unwrap_or(Decimal::MAX);
    (value_time / million_units).checked_mul(price).unwrap_or(Decimal::MAX)
}

/// The cost of overdrafts that lasted one night each, from their sum over the nights, at a rate in
/// percent for a year of 360 days, as money markets count.
pub fn overdraft_cost(sum: i128, percent_a_year: Decimal) -> Decimal {
    let sum = Decimal::try_from_i128_with_scale(sum, 0).unwrap_or(Decimal::MAX);
    (sum / Decimal::from(36_000)).checked_mul(percent_a_year).unwrap_or(Decimal::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn change(who: usize, at: i64, fen: i64) -> AccountChange {
        AccountChange { who, at, sum: Position::from_fen(fen) }
    }

    #[test]
    fn credit_is_what_lies_below_zero_while_it_lasts() {
        let changes = [
            change(0, 0, 100),
            change(0, 10, -150),
            change(0, 30, 20),
            change(0, 40, 500),
            change(1, 35, -7),
        ];
        let used = credit_use(2, &changes, 0, 50);
        assert_eq!(used[0], CreditUse { peak: 50, value_time: 50 * 20 + 30 * 10 });
        assert_eq!(used[1], CreditUse { peak: 7, value_time: 7 * 15 });
        let later = credit_use(2, &changes, 35, 45);
        assert_eq!(later[0], CreditUse { peak: 30, value_time: 30 * 5 });
        assert_eq!(later[1], CreditUse { peak: 7, value_time: 7 * 10 });
    }

    #[test]
    fn the_least_balance_is_the_lowest_after_the_opening() {
        let changes = [
            change(0, 0, 100),
            change(0, 10, -150),
            change(0, 10, 20),
            change(0, 40, 500),
            change(1, 5, 7),
        ];
        assert_eq!(least_balances(3, &changes), [-30, 7, 0]);
    }

    #[test]
    fn changes_of_one_time_count_together() {
        let used =
            credit_use(1, &[change(0, 10, -100), change(0, 10, 100), change(0, 5, 0)], 0, 20);
        assert_eq!(used, [CreditUse::default()]);
    }

    #[test]
    fn an_overdraft_costs_its_rate_by_the_night() {
        // A million for two nights at 7.2 percent: 200 a night.
        assert_eq!(overdraft_cost(2_000_000, Decimal::new(72, 1)), Decimal::from(400));
        assert_eq!(overdraft_cost(0, Decimal::ONE), Decimal::ZERO);
    }

    #[test]
    fn the_price_is_for_a_million_and_an_hour() {
        let price = Decimal::new(25, 1);
        assert_eq!(credit_cost(4_000_000 * 3_600_000, 3_600_000, price), Decimal::from(10));
        assert_eq!(credit_cost(0, 3_600_000, price), Decimal::ZERO);
    }

    proptest! {
        #[test]
        fn it_is_the_sum_over_every_unit_of_time(
            changes in prop::collection::vec((0..3_usize, 0..30_i64, -50..50_i64), 0..20),
            from in 0..10_i64,
            length in 0..30_i64,
        ) {
            let changes: Vec<_> = changes.into_iter().map(|(who, at, fen)| change(who, at, fen)).collect();
            let used = credit_use(3, &changes, from, from + length);
            for (who, used) in used.iter().enumerate() {
                let balance = |time: i64| -> i64 {
                    changes.iter().filter(|one| one.who == who && one.at <= time).map(|one| one.sum.fen()).sum()
                };
                let overdrafts = (from..from + length).map(|time| i128::from((-balance(time)).max(0)));
                let expected = overdrafts.fold(CreditUse::default(), |sum, one| CreditUse {
                    peak: sum.peak.max(one),
                    value_time: sum.value_time + one,
                });
                prop_assert_eq!(*used, expected);
            }
        }
    }
}
