//! A day of payments settled from queues, which shows how long each payment waits at a level of
//! liquidity.
//!
//! Every participant opens with a balance, settles the payments that it covers as they arrive, and
//! keeps the others in its queue, oldest first. Payments arrive in the order of their submission,
//! those of one time one after the other in their order in the list. Payments that wait at a close
//! go on waiting on the next day.

mod bypass;
mod fifo;
mod partial;
mod proof;

#[cfg(test)]
mod tests;

use super::Record;

/// The algorithm that releases payments from the queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueueAlgorithm {
    /// The head of a queue while it fits; a head that does not fit blocks those behind it.
    GrossFifo,
    /// Every payment that fits, oldest first, participants in the order of their codes until
    /// nothing moves. **Not monotone in liquidity**: with more liquidity less may settle.
    GrossBypass,
    /// As the first, and then the largest set of queued payments that keeps queue order and that
    /// every participant covers, until nothing moves.
    GrossFifoWithPartialNet,
}

impl QueueAlgorithm {
    /// All algorithms.
    pub const ALL: [Self; 3] = [Self::GrossFifo, Self::GrossBypass, Self::GrossFifoWithPartialNet];

    /// The name in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GrossFifo => "gross_fifo",
            Self::GrossBypass => "gross_bypass",
            Self::GrossFifoWithPartialNet => "gross_fifo_with_partial_net",
        }
    }

    /// The algorithm of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// The time at which each payment settles with these opening balances in fen, none of them
/// negative; `None` for a payment that stays in a queue. Times of settlement in the records are
/// ignored.
pub fn settlement_times(
    opening: &[i128],
    records: &[Record],
    algorithm: QueueAlgorithm,
) -> Vec<Option<i64>> {
    assert!(opening.iter().all(|balance| *balance >= 0), "a balance opens below zero");
    match algorithm {
        QueueAlgorithm::GrossFifo => run(records, &mut fifo::Fifo::new(opening, records)),
        QueueAlgorithm::GrossBypass => run(records, &mut bypass::Bypass::new(opening, records)),
        QueueAlgorithm::GrossFifoWithPartialNet => {
            run(records, &mut partial::Partial::new(opening, records))
        }
    }
}

/// The records with the times at which they settle.
pub fn settle_day(opening: &[i128], records: &[Record], algorithm: QueueAlgorithm) -> Vec<Record> {
    let times = settlement_times(opening, records, algorithm);
    records.iter().zip(times).map(|(record, settled)| Record { settled, ..*record }).collect()
}

/// Queues that process one payment after the other.
trait Queues {
    /// Adds a payment by its place among the records, and calls `settle` for each that settles now.
    fn arrive(&mut self, place: usize, settle: &mut dyn FnMut(usize));
}

fn run(records: &[Record], queues: &mut dyn Queues) -> Vec<Option<i64>> {
    let mut times = vec![None; records.len()];
    for place in in_order(records) {
        let now = records[place].submitted;
        queues.arrive(place, &mut |settled| times[settled] = Some(now));
    }
    times
}

/// The places of records in the order of their submission.
fn in_order(records: &[Record]) -> Vec<usize> {
    let mut order: Vec<_> = (0..records.len()).collect();
    // A stable sort: payments of one time stay in the order of the file.
    order.sort_by_key(|place| records[*place].submitted);
    order
}
