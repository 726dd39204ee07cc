//! Which ticks of a day there are, and what falls into each.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use clearing_config::ClusterConfig;
use clearing_domain::Lockstep;
use clearing_domain::money::Timestamp;
use clearing_domain::operator::TickItem;

/// The tick that a time falls into; one on the end of a tick belongs to the next.
pub(super) fn tick_of(lockstep: &Lockstep, at: Timestamp) -> u64 {
    let ticks = (at.ms() - lockstep.start.ms()).div_euclid(lockstep.tick_ms) + 1;
    u64::try_from(ticks).unwrap_or_default()
}

/// The ticks in which somebody pays, ascending. The lists are those of the operators, each in the
/// order of time.
pub(super) fn ticks_of<'a>(lists: &'a [Vec<TickItem>], lockstep: &Lockstep) -> Vec<u64> {
    let same_tick = |left: &TickItem, right: &TickItem| {
        tick_of(lockstep, left.at) == tick_of(lockstep, right.at)
    };
    // A list ascends in time, so the payments of a tick stand together and each tick of a list is
    // found once.
    let of_list = |list: &'a Vec<TickItem>| {
        list.chunk_by(same_tick).map(|chunk| tick_of(lockstep, chunk[0].at))
    };
    let mut ticks: Vec<u64> = lists.iter().flat_map(of_list).collect();
    ticks.sort_unstable();
    ticks.dedup();
    ticks
}

/// What each operator is to submit in a tick.
pub(super) fn in_tick<'a>(
    lists: &'a [Vec<TickItem>],
    lockstep: &Lockstep,
    tick: u64,
) -> Vec<&'a [TickItem]> {
    let slice = |list: &Vec<TickItem>| {
        let from = list.partition_point(|item| tick_of(lockstep, item.at) < tick);
        let to = from + list[from..].partition_point(|item| tick_of(lockstep, item.at) == tick);
        from..to
    };
    lists.iter().map(|list| &list[slice(list)]).collect()
}

/// The ticks with whose end payments of a day may settle from a queue at the earliest, or are
/// returned from it at the latest.
pub(super) fn times_of<'a>(
    lists: &'a [Vec<TickItem>],
    lockstep: &'a Lockstep,
) -> impl Iterator<Item = u64> + 'a {
    let times = lists.iter().flatten().filter_map(|item| Some(item.details.as_ref()?.times));
    let moments = times.flat_map(|times| times.earliest.into_iter().chain(times.latest));
    // The first tick that ends no sooner: one that ends on a time is the tick of the time.
    moments.map(move |at| tick_of(lockstep, at.plus_ms(-1)))
}

/// The ticks of a day, counted from 0.
pub(super) fn ticks_of_day(lockstep: &Lockstep, day: u32) -> RangeInclusive<u64> {
    lockstep.ticks_by(lockstep.day(day).start()) + 1
        ..=lockstep.ticks_by(lockstep.day(day + 1).start())
}

/// The ticks with whose end the time to bring in money is over for cycles that ended on a day or at
/// the end of the one before; none when there is no such time.
pub(super) fn window_ticks(config: &ClusterConfig, day: u32) -> impl Iterator<Item = u64> + '_ {
    let (tick_ms, window) = (config.lockstep.tick_ms, config.funding_window_ms);
    let ends = move |cut_off: u64| cut_off + (window / tick_ms).unsigned_abs();
    let before = day.checked_sub(1).map(|day| *ticks_of_day(&config.lockstep, day).end());
    let cut_offs = before.into_iter().chain(cut_off_ticks(config, day));
    cut_offs.chain(opening_tick(config, day)).filter(move |_| window > 0).map(ends)
}

/// The tick with whose end settlement opens on a day, where it does not go on all the time.
pub(super) fn opening_tick(config: &ClusterConfig, day: u32) -> Option<u64> {
    let day = config.lockstep.day(day);
    let opens = !config.hours.is_always() && config.hours.has(day);
    opens.then(|| config.lockstep.ticks_by(day.at(config.hours.opens_ms())))
}

/// The ticks after some days in which their last cycle settles: where settlement is closed at their
/// end, its opening, the end of the time to bring in money, where it is open, and every end of a
/// day up to then.
pub(super) fn last_ticks(config: &ClusterConfig, days: u32) -> BTreeSet<u64> {
    let (lockstep, end) = (&config.lockstep, config.lockstep.day(days).start());
    let opens = config.hours.first_open(end);
    let window = config.funding_window_ms;
    let last = if window > 0 { config.hours.first_open(opens.plus_ms(window)) } else { opens };
    let midnights = std::iter::successors(Some(end.next_day()), |at| Some(at.next_day()));
    let moments = midnights.take_while(|at| *at < last).chain([opens, last]);
    moments.filter(|at| *at > end).map(|at| lockstep.ticks_by(at)).collect()
}

/// The ticks with whose end cycles end; the last is the end of the day.
pub(super) fn cut_off_ticks(config: &ClusterConfig, day: u32) -> impl Iterator<Item = u64> + '_ {
    let day = config.lockstep.day(day);
    config.cut_offs.iter().map(move |cut_off| config.lockstep.ticks_by(day.at(*cut_off)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::small;
    use crate::workload::Workload;

    #[test]
    fn every_payment_of_a_day_falls_into_one_of_its_ticks() {
        let experiment = small(1, &[]);
        let lockstep = &experiment.cluster.lockstep;
        let lists = Workload::new(&experiment).unwrap().day(0).lists;
        let ticks = ticks_of(&lists, lockstep);
        assert!(ticks.first() >= Some(&1) && ticks.last() <= Some(&1440));
        let mut seen = 0;
        for tick in ticks {
            for slice in in_tick(&lists, lockstep, tick) {
                assert!(slice.iter().all(|item| tick_of(lockstep, item.at) == tick));
                seen += slice.len();
            }
        }
        assert_eq!(seen, 6_000);
    }
}
