//! What researchers measure about a run, from its obligations between operators.

use std::collections::BTreeMap;

use clearing_domain::Reason;
use clearing_domain::central_bank::{CentralBankLedger, CycleDefault, LegSlot, TransferState};
use clearing_domain::indicators::{
    Day, Flows, Record, average_payment_time, bilateral_netting_ratio, cap_utilisation, contagion,
    delay_indicator, density, headroom, herfindahl_index, link_reciprocity, lower_bound_liquidity,
    mean_delay, mean_delay_unweighted, multilateral_netting_ratio, netting_efficiency,
    netting_factor, provision_relative_to_usage, queue_statistics, throughput, top_share,
    turnover_ratio, upper_bound_liquidity, value_reciprocity,
};
use clearing_domain::money::{Amount, CycleId, DAY_MS, HOUR_MS, Position, Timestamp};
use clearing_domain::netting::Detail;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::credit::{Credit, least_settlement_balances};
use super::need::Need;
use super::settled::Settlement;
use super::tables::all_cycles;

/// A business day is open around the clock. It is one of 24 hours, as times are those that the
/// clocks show.
pub(super) const DAY: Day = Day { open: 0, close: DAY_MS, length: Some(DAY_MS) };
/// How many of the largest senders share in the concentration.
const LARGEST: usize = 4;

/// The indicators of a run over all its days; money in fen, null without a denominator.
/// `docs/indicators.md` defines them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunIndicators {
    /// The sum of the upper bounds of liquidity.
    pub upper_bound_fen: i64,
    /// The sum of the lower bounds of liquidity.
    pub lower_bound_fen: i64,
    /// Gross value over the upper bound.
    pub turnover_ratio: Option<f64>,
    /// How long obligations waited for settlement, as a share of the longest they could.
    pub delay_indicator: Option<f64>,
    /// The mean wait, weighted with value.
    pub mean_delay_seconds: Option<f64>,
    /// The mean wait of an obligation.
    pub mean_delay_unweighted_seconds: Option<f64>,
    /// The value that waited, on average over time.
    pub average_queued_fen: Option<f64>,
    /// The most value that waited at any time.
    pub largest_queued_fen: i64,
    /// How many obligations waited, on average over time.
    pub mean_queue_length: Option<f64>,
    /// The most obligations that waited at any time.
    pub largest_queue_length: i64,
    /// The mean wait of those that had to wait.
    pub mean_queue_seconds: Option<f64>,
    /// The time of day at which money was paid, weighted with value.
    pub average_payment_seconds: Option<f64>,
    /// Net over gross, everything netted at once.
    pub multilateral_netting_ratio: Option<f64>,
    /// One minus that ratio.
    pub netting_efficiency: Option<f64>,
    /// Gross over net.
    pub netting_factor: Option<f64>,
    /// The same for netting between pairs.
    pub bilateral_netting_ratio: Option<f64>,
    /// The concentration of value sent.
    pub hhi_sent: Option<f64>,
    /// The share of the four largest senders.
    pub top_4_share_sent: Option<f64>,
    /// Links over possible links.
    pub density: Option<f64>,
    /// Links whose opposite is there.
    pub link_reciprocity: Option<f64>,
    /// Value that flows back.
    pub value_reciprocity: Option<f64>,
    /// The sum of the most intraday credit that each operator used.
    pub credit_used_fen: i64,
    /// Intraday credit times the hours it was used.
    pub credit_fen_hours: Option<f64>,
    /// What it costs at the price of the configuration.
    pub credit_cost_fen: Option<f64>,
    /// What overdrafts at the closes of days cost at the rate of the configuration.
    pub overdraft_cost_fen: Option<f64>,
    /// The sum of the most that each operator owed between settlements.
    pub most_owed_fen: i64,
    /// The most that a cut-off asked of all operators together.
    pub largest_asked_fen: i64,
    /// What a cut-off asked of all operators together, on average; null without cut-offs.
    pub mean_asked_fen: Option<f64>,
    /// What would have sufficed: the sum of the cover with which each operator would have been
    /// short of nothing.
    pub sufficient_fen: i64,
    /// How the unwindings spread.
    pub contagion: Vec<UnwindingSummary>,
    /// The share of value settled by each hour of its day.
    pub throughput: Vec<HourThroughput>,
    /// Each operator, ascending by code.
    pub operators: Vec<OperatorIndicators>,
}

/// How much was settled by an hour of the day.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HourThroughput {
    /// The hour, 1 to 24.
    pub hour: i64,
    /// The cumulative share of value.
    pub share: Option<f64>,
}

/// How the unwinding of a cycle spread.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UnwindingSummary {
    /// The cycle.
    pub cycle: u32,
    /// How many operators failed in each round.
    pub failures: Vec<usize>,
    /// The value taken out in each round.
    pub unwound_fen: Vec<i64>,
    /// All of that over the value cleared in the cycle.
    pub share: Option<f64>,
}

/// The indicators of an operator.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OperatorIndicators {
    /// Its code.
    pub code: String,
    /// The upper bound of its liquidity.
    pub upper_bound_fen: i64,
    /// The lower bound of its liquidity.
    pub lower_bound_fen: i64,
    /// Its share of the upper bound minus its share of value sent.
    pub provision_relative_to_usage: Option<f64>,
    /// The most it owed over its cap at the end; null without a cap.
    pub cap_utilisation: Option<f64>,
    /// That cap minus the most it owed; null without a cap.
    pub least_headroom_fen: Option<i64>,
    /// The most intraday credit it used.
    pub credit_used_fen: i64,
    /// Its intraday credit times the hours it was used.
    pub credit_fen_hours: Option<f64>,
    /// What that costs.
    pub credit_cost_fen: Option<f64>,
    /// What its overdrafts at the closes of days cost.
    pub overdraft_cost_fen: Option<f64>,
    /// The most it owed between settlements.
    pub most_owed_fen: i64,
    /// The most that a cut-off asked it for.
    pub largest_asked_fen: i64,
    /// The cover with which it would have been short of nothing.
    pub sufficient_fen: i64,
    /// The least that its settlement account held.
    pub least_balance_fen: i64,
}

/// The obligations between operators, with the cycles they were cleared in.
pub(super) struct Records {
    pub(super) operators: usize,
    pub(super) cycles: Vec<Option<CycleId>>,
    pub(super) records: Vec<Record>,
    /// Those, and the payments that waited for cover until they were returned at the end of their
    /// day, or wait on: what never settled was delayed, too.
    pub(super) submitted: Vec<Record>,
    /// The same by value, where pro rata obligations were paid in part: the part that was paid and
    /// the rest.
    parts: Option<Vec<Record>>,
    /// The parts of cleared obligations that were paid while the rest was not.
    pub(super) paid_in_part: Vec<Record>,
    /// The payments that wait in the queue at the end.
    pub(super) waiting: Vec<Record>,
}

impl Records {
    /// Takes the transfers that cleared or waited in vain. Times are those of the clocks in
    /// Shanghai and count from the midnight at which the first day starts.
    pub(super) fn new(
        ledger: &CentralBankLedger,
        settlements: &[Settlement],
        day_one: Timestamp,
    ) -> Self {
        let unpaid = unpaid(ledger);
        let mut records = Self {
            operators: ledger.accounts().len(),
            cycles: Vec::new(),
            records: Vec::new(),
            submitted: Vec::new(),
            parts: (!unpaid.is_empty()).then(Vec::new),
            paid_in_part: Vec::new(),
            waiting: Vec::new(),
        };
        let first = day_one.date();
        let since = |at: Timestamp| at.ms_by_clocks_since(first);
        // Where clocks show an hour twice, a later moment may show an earlier time; nothing waits
        // less than no time.
        let until = |submitted: Timestamp, settled: Timestamp| since(settled).max(since(submitted));
        for ((slot, transfer), settlement) in ledger.transfers().enumerate().zip(settlements) {
            // What was refused for cover waited in vain and counts for delays, as does what still
            // waits; it is no obligation and no part of flows.
            let cleared = transfer.state == TransferState::Cleared;
            let counts = cleared
                || transfer.state == TransferState::Queued
                || (transfer.queued().is_some() && transfer.reason.is_some_and(waited_in_vain));
            for (number, leg) in transfer.legs().enumerate().filter(|_| counts) {
                let record = Record {
                    sender: usize::from(leg.debtor),
                    receiver: usize::from(leg.creditor),
                    value: leg.amount,
                    submitted: since(transfer.submitted_at),
                    settled: settlement.settled_at.map(|at| until(transfer.submitted_at, at)),
                };
                if cleared {
                    records.cycles.push(transfer.cycle);
                    records.records.push(record);
                }
                if transfer.state == TransferState::Queued {
                    records.waiting.push(record);
                }
                let part = unpaid.get(&LegSlot::new(slot, number)).and_then(|(unpaid, at)| {
                    let paid = Amount::from_fen((leg.amount.position() - *unpaid).fen()).ok()?;
                    (paid > Amount::ZERO).then_some(Record {
                        value: paid,
                        settled: Some(until(transfer.submitted_at, *at)),
                        ..record
                    })
                });
                records.submit(record, part);
            }
        }
        records
    }

    /// Adds an obligation that was submitted, and the part of it that was paid when its cycle left
    /// the rest to claims.
    fn submit(&mut self, record: Record, part: Option<Record>) {
        self.submitted.push(record);
        self.paid_in_part.extend(part);
        if let Some(parts) = &mut self.parts {
            let rest =
                part.and_then(|part| record.value.checked_sub(part.value)).unwrap_or(record.value);
            parts.extend(part.into_iter().chain([Record { value: rest, ..record }]));
        }
    }

    /// What was submitted, by value: obligations paid in part are two.
    pub(super) fn by_value(&self) -> &[Record] {
        self.parts.as_deref().unwrap_or(&self.submitted)
    }

    /// Those that were submitted since a time.
    pub(super) fn since(self, from: i64) -> Self {
        let kept = self
            .cycles
            .into_iter()
            .zip(self.records)
            .filter(|(_, record)| record.submitted >= from);
        let (cycles, records) = kept.unzip();
        let late = |list: Vec<Record>| {
            list.into_iter().filter(|record| record.submitted >= from).collect::<Vec<_>>()
        };
        Self {
            operators: self.operators,
            cycles,
            records,
            submitted: late(self.submitted),
            parts: self.parts.map(late),
            paid_in_part: late(self.paid_in_part),
            waiting: late(self.waiting),
        }
    }

    /// What the operators paid each other in each cycle, and outside of cycles.
    pub(super) fn cycle_flows(&self) -> BTreeMap<Option<CycleId>, Flows> {
        let mut flows = BTreeMap::new();
        for (cycle, record) in self.cycles.iter().zip(&self.records) {
            flows.entry(*cycle).or_insert_with(|| Flows::of(self.operators, [])).add(record);
        }
        flows
    }

    /// How the unwindings of cycles spread over the payments cleared in them.
    fn contagion(&self, ledger: &CentralBankLedger) -> Vec<UnwindingSummary> {
        let unwound = ledger.defaults().iter().filter_map(|default| match &default.detail {
            Detail::Rounds(rounds) => Some((default.cycle, rounds)),
            Detail::None | Detail::Contributions(_) | Detail::Cleared(_) => None,
        });
        // The flows of all cycles are worth computing only where one was unwound.
        let unwound: Vec<_> = unwound.collect();
        if unwound.is_empty() {
            return Vec::new();
        }
        let flows = self.cycle_flows();
        let spread = |(cycle, rounds): (CycleId, &Vec<Vec<usize>>)| {
            let spread = contagion(flows.get(&Some(cycle))?, rounds);
            let unwound_fen = spread.unwound.into_iter().map(fen).collect();
            Some(UnwindingSummary {
                cycle: cycle.number(),
                failures: spread.failures,
                unwound_fen,
                share: float(spread.share),
            })
        };
        unwound.into_iter().filter_map(spread).collect()
    }

    /// Measures them.
    pub(super) fn indicators(
        &self,
        ledger: &CentralBankLedger,
        credit: &Credit,
        need: &Need,
    ) -> RunIndicators {
        let of_all = credit.total();
        let records = &self.records;
        let flows = Flows::of(self.operators, records);
        let (lower, upper) =
            (lower_bound_liquidity(&flows), upper_bound_liquidity(self.operators, records));
        let (queue, values) =
            (queue_statistics(&self.submitted, &DAY), queue_statistics(self.by_value(), &DAY));
        let hour = |(until, share)| HourThroughput { hour: until / HOUR_MS, share: float(share) };
        RunIndicators {
            upper_bound_fen: fen(upper.iter().sum()),
            lower_bound_fen: fen(lower.iter().sum()),
            turnover_ratio: float(turnover_ratio(&flows, &upper)),
            delay_indicator: float(delay_indicator(self.by_value(), &DAY)),
            mean_delay_seconds: seconds(mean_delay(self.by_value(), &DAY)),
            mean_delay_unweighted_seconds: seconds(mean_delay_unweighted(&self.submitted, &DAY)),
            average_queued_fen: float(values.average_value),
            largest_queued_fen: fen(values.most_value),
            mean_queue_length: float(queue.mean_length),
            largest_queue_length: queue.most_length,
            mean_queue_seconds: seconds(queue.mean_time),
            average_payment_seconds: seconds(average_payment_time(records, &DAY)),
            multilateral_netting_ratio: float(multilateral_netting_ratio(&flows)),
            netting_efficiency: float(netting_efficiency(&flows)),
            netting_factor: float(netting_factor(&flows)),
            bilateral_netting_ratio: float(bilateral_netting_ratio(&flows)),
            hhi_sent: float(herfindahl_index(&flows)),
            top_4_share_sent: float(top_share(&flows, LARGEST)),
            density: float(density(&flows)),
            link_reciprocity: float(link_reciprocity(&flows)),
            value_reciprocity: float(value_reciprocity(&flows)),
            credit_used_fen: fen(of_all.peak),
            credit_fen_hours: Credit::fen_hours(&of_all),
            credit_cost_fen: credit.cost_fen(&of_all),
            overdraft_cost_fen: credit.overdrafts_cost_fen(),
            throughput: throughput(self.by_value(), &DAY, HOUR_MS).into_iter().map(hour).collect(),
            most_owed_fen: fen(need.sum(|one| one.most_owed)),
            largest_asked_fen: fen(need.largest_asked()),
            mean_asked_fen: need.mean_asked(),
            sufficient_fen: fen(need.sum(|one| one.sufficient)),
            contagion: self.contagion(ledger),
            operators: operators(ledger, &flows, (&lower, &upper), credit, need),
        }
    }
}

fn operators(
    ledger: &CentralBankLedger,
    flows: &Flows,
    (lower, upper): (&[i128], &[i128]),
    credit: &Credit,
    need: &Need,
) -> Vec<OperatorIndicators> {
    let relative = provision_relative_to_usage(flows, upper);
    let least = least_settlement_balances(ledger);
    let peak =
        |place: usize| all_cycles(ledger).map(|cycle| cycle.positions[place].peak_net_debit).max();
    let one = |(place, account): (usize, &clearing_domain::central_bank::OperatorAccount)| {
        let cap = account.cap.map(|cap| i128::from(cap.fen()));
        let peak = peak(place).map_or(0, |peak: Amount| i128::from(peak.fen()));
        OperatorIndicators {
            code: account.code.to_string(),
            upper_bound_fen: fen(upper[place]),
            lower_bound_fen: fen(lower[place]),
            provision_relative_to_usage: float(relative.as_ref().map(|relative| relative[place])),
            cap_utilisation: float(cap.and_then(|cap| cap_utilisation(peak, cap))),
            least_headroom_fen: cap.map(|cap| fen(headroom(peak, cap))),
            credit_used_fen: fen(credit.used[place].peak),
            credit_fen_hours: Credit::fen_hours(&credit.used[place]),
            credit_cost_fen: credit.cost_fen(&credit.used[place]),
            overdraft_cost_fen: credit.overdraft_cost_fen(place),
            most_owed_fen: fen(need.operators[place].most_owed),
            largest_asked_fen: fen(need.operators[place].largest_asked),
            sufficient_fen: fen(need.operators[place].sufficient),
            least_balance_fen: fen(least[place]),
        }
    };
    ledger.accounts().iter().enumerate().map(one).collect()
}

/// Whether a payment was returned for want of cover.
fn waited_in_vain(reason: Reason) -> bool {
    matches!(reason, Reason::EndOfDay | Reason::SettlementTimeOver)
}

/// What was not paid of obligations that did not settle in full, and when their cycle closed.
fn unpaid(ledger: &CentralBankLedger) -> BTreeMap<LegSlot, (Position, Timestamp)> {
    let closed_at = |id: CycleId| ledger.cycles().get(id.index()).and_then(|cycle| cycle.closed_at);
    let of = |default: &CycleDefault| {
        let at = closed_at(default.cycle).unwrap_or_default();
        let rows = default
            .unsettled
            .iter()
            .zip(&default.unpaid)
            .map(move |(slot, unpaid)| (*slot, (*unpaid, at)));
        rows.collect::<Vec<_>>()
    };
    ledger.defaults().iter().flat_map(of).collect()
}

/// A sum as an integer of results.
pub(super) fn fen(sum: i128) -> i64 {
    // Money of a run fits; a sum of bounds over many operators need not, and saturates.
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

/// A ratio as a number of results.
pub(super) fn float(ratio: Option<Decimal>) -> Option<f64> {
    // Through text the float is the nearest one; a conversion by arithmetic may be the next to it.
    ratio.and_then(|ratio| ratio.to_string().parse().ok())
}

pub(super) fn seconds(ms: Option<Decimal>) -> Option<f64> {
    float(ms.map(|ms| ms / Decimal::ONE_THOUSAND))
}
