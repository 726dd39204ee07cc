//! The net position of each participant within one day: how deep, how high and how long.

use super::record::at_each_time;
use super::{Day, Record, ratio};
use rust_decimal::Decimal;

/// The net positions of one participant within a day, each payment settling when it is submitted.
///
/// Payments of one time are netted together. Source of the averages: CPMI working group on
/// liquidity, as in the Bank of Canada's CPMI statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayPosition {
    /// The most it owed at any time, in fen.
    pub most_debit: i128,
    /// The most it was owed at any time, in fen.
    pub most_credit: i128,
    /// Σ of debits times their weights, over [`DayPosition::of`]'s divisor.
    debit: i128,
    credit: i128,
    divisor: i128,
}

impl DayPosition {
    /// The positions of all participants on one day.
    ///
    /// The average is 2 / (T − t₀) ∫ max(0, −n_i(t)) (T − t) / (T − t₀) dt from the opening t₀ to
    /// the close T: what is owed early counts more, because it is owed for longer. The integral is
    /// exact, since n_i changes only at payments. Payments outside the hours count at the opening
    /// and not at all after the close.
    pub fn of(participants: usize, records: &[Record], day: &Day) -> Vec<Self> {
        let hours = i128::from(day.close) - i128::from(day.open);
        let mut found = vec![Self { divisor: hours * hours, ..Self::default() }; participants];
        // The net of each, and since when; times are counted back from the close.
        let mut nets = vec![(0_i128, hours); participants];
        let changes = records.iter().map(|record| (day.time_of_day(record.submitted), record));
        at_each_time(changes.collect(), |time, records| {
            let left = (i128::from(day.close) - i128::from(time)).clamp(0, hours);
            let mut touched = Vec::new();
            for record in records {
                let fen = i128::from(record.value.fen());
                for (who, change) in [(record.sender, -fen), (record.receiver, fen)] {
                    found[who].pass(&mut nets[who], left);
                    nets[who].0 += change;
                    touched.push(who);
                }
            }
            for who in touched {
                found[who].most_debit = found[who].most_debit.max(-nets[who].0);
                found[who].most_credit = found[who].most_credit.max(nets[who].0);
            }
        });
        for (position, net) in found.iter_mut().zip(&mut nets) {
            position.pass(net, 0);
        }
        found
    }

    /// Counts the time from the last change to one that is so far from the close.
    fn pass(&mut self, net: &mut (i128, i128), left: i128) {
        let weight = net.1 * net.1 - left * left;
        self.debit += (-net.0).max(0) * weight;
        self.credit += net.0.max(0) * weight;
        net.1 = left;
    }

    /// The average net debit position, in fen; `None` when the day has no hours.
    pub fn average_debit(&self) -> Option<Decimal> {
        ratio(self.debit, self.divisor)
    }

    /// The average net credit position, in fen.
    pub fn average_credit(&self) -> Option<Decimal> {
        ratio(self.credit, self.divisor)
    }

    /// The average net debit positions of all participants, summed.
    pub fn average_debits(all: &[Self]) -> Option<Decimal> {
        ratio(all.iter().map(|one| one.debit).sum(), all.first()?.divisor)
    }

    /// The average net credit positions of all participants, summed.
    pub fn average_credits(all: &[Self]) -> Option<Decimal> {
        ratio(all.iter().map(|one| one.credit).sum(), all.first()?.divisor)
    }
}

/// Costs are compared to so many decimals.
const COST_PARTS: i128 = 1_000_000_000_000;

/// The Gini coefficient of the cost of liquidity of a day: 0 when every payment of every
/// participant costs the same, near 1 when few bear all.
///
/// c_i is the most that i owed over what it sent, n_i the number of its payments, N their sum:
/// Σ_{i<j} n_i n_j |c_i − c_j| / (N Σ n_i c_i). Costs are rounded to twelve decimals, half up.
/// `None` when nobody owed anything. Source: the Bank of Canada's CPMI statistics.
pub fn gini_of_liquidity_cost(positions: &[DayPosition], records: &[Record]) -> Option<Decimal> {
    let mut sent = vec![(0_i128, 0_i128); positions.len()];
    for record in records {
        sent[record.sender].0 += i128::from(record.value.fen());
        sent[record.sender].1 += 1;
    }
    let senders = positions.iter().zip(sent).filter(|(_, (_, payments))| *payments > 0);
    let costs: Vec<(i128, i128)> = senders
        .map(|(position, (value, payments))| {
            // A participant owes at most what it sent, so the cost is at most one.
            ((2 * position.most_debit * COST_PARTS + value) / (2 * value), payments)
        })
        .collect();
    let payments: i128 = costs.iter().map(|(_, payments)| payments).sum();
    let weighted: i128 = costs.iter().map(|(cost, payments)| cost * payments).sum();
    let pairs = costs.iter().enumerate().flat_map(|(place, one)| {
        costs[..place].iter().map(move |other| (one.0 - other.0).abs() * one.1 * other.1)
    });
    ratio(pairs.sum(), payments * weighted)
}
