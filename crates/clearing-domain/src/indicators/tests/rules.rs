//! What holds on every day.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::super::queue_day::{QueueAlgorithm, settle_day};
use super::super::*;
use super::any_records;

const DAY: Day = Day::single(0, 40);
const PARTICIPANTS: usize = 4;

/// The delay indicator at levels from 0 to 1, in tenths.
fn delays(records: &[Record], algorithm: QueueAlgorithm) -> Vec<Decimal> {
    let upper = upper_bound_liquidity(PARTICIPANTS, records);
    let lower = lower_bound_liquidity(&Flows::of(PARTICIPANTS, records));
    let delay = |tenths: i64| {
        let level = |(lower, upper): (&i128, &i128)| {
            liquidity_level(*lower, *upper, Decimal::new(tenths, 1)).unwrap()
        };
        let opening: Vec<_> = lower.iter().zip(&upper).map(level).collect();
        delay_indicator(&settle_day(&opening, records, algorithm), &DAY).unwrap()
    };
    (0..=10).map(delay).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn bounds_and_ratios_are_in_order(records in any_records(PARTICIPANTS, 30)) {
        let flows = Flows::of(PARTICIPANTS, &records);
        let upper = upper_bound_liquidity(PARTICIPANTS, &records);
        for ((lower, upper), sent) in lower_bound_liquidity(&flows).iter().zip(&upper).zip(flows.sent()) {
            prop_assert!(0 <= *lower && lower <= upper && *upper <= sent);
        }
        let [multilateral, bilateral, reciprocity] =
            [multilateral_netting_ratio, bilateral_netting_ratio, value_reciprocity].map(|ratio| ratio(&flows).unwrap());
        prop_assert!(Decimal::ZERO <= multilateral && multilateral <= bilateral && bilateral <= Decimal::ONE);
        prop_assert_eq!((bilateral + reciprocity).round_dp(19), Decimal::ONE);
        prop_assert_eq!((netting_efficiency(&flows).unwrap() + multilateral).round_dp(19), Decimal::ONE);
    }

    #[test]
    fn delay_is_a_share_and_falls_with_liquidity(records in any_records(PARTICIPANTS, 30)) {
        for algorithm in QueueAlgorithm::ALL {
            let delays = delays(&records, algorithm);
            prop_assert!(delays.iter().all(|rho| (Decimal::ZERO..=Decimal::ONE).contains(rho)));
            let monotone = algorithm != QueueAlgorithm::GrossBypass;
            prop_assert!(!monotone || delays.is_sorted_by(|less, more| less >= more), "{:?}: {:?}", algorithm, delays);
        }
    }

    #[test]
    fn netting_never_delays_and_settles_everything_at_the_lower_bound(records in any_records(PARTICIPANTS, 30)) {
        let [fifo, netted] = [QueueAlgorithm::GrossFifo, QueueAlgorithm::GrossFifoWithPartialNet]
            .map(|algorithm| delays(&records, algorithm));
        prop_assert!(fifo.iter().zip(&netted).all(|(fifo, netted)| netted <= fifo));
        prop_assert_eq!(netted.last(), Some(&Decimal::ZERO));
        let lower = lower_bound_liquidity(&Flows::of(PARTICIPANTS, &records));
        let settled = settle_day(&lower, &records, QueueAlgorithm::GrossFifoWithPartialNet);
        prop_assert!(settled.iter().all(|record| record.settled.is_some()));
    }
}
