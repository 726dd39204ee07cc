//! The calibrated mixture: payments drawn from flows between groups of wallets.

use clearing_config::ClusterConfig;
use clearing_domain::money::{Amount, BusinessDate, HOUR_MS, WalletNumber};
use clearing_domain::operator::LimitSchedule;

use super::apportion::apportion;
use super::draws::{Block, Draws};
use super::homes::Homes;
use super::population::{Epoch, Group, Groups, Member, Population, limits, yuan_to_fen};
use super::quantile::{normal_quantile, strata};
use super::schedule::Draft;
use super::{WalletPlan, WorkloadError};
use crate::experiment::{Flow, FlowKind, Generated, OverLimit};

/// The words of a payment's block.
mod word {
    pub(super) const HOUR: usize = 0;
    pub(super) const TIME: usize = 1;
    pub(super) const PAYER: usize = 2;
    pub(super) const ON_US: usize = 3;
    pub(super) const PAYEE: usize = 4;
    /// Takes two words.
    pub(super) const AMOUNT: usize = 5;
    pub(super) const CHOICE: usize = 7;
}

/// After so many draws above the limit the amount is cut to it all the same.
const REDRAWS_MAX: u64 = 100;

/// Generates the payments of any day from the seed.
#[derive(Clone, Debug)]
pub(super) struct Generator {
    workload: Generated,
    population: Population,
    schedule: LimitSchedule,
    flows: Vec<FlowDraws>,
    /// Which flow a payment belongs to, where that is drawn.
    choice: Draws,
}

/// A flow with the draws of its payments and, where they come in batches, of its batches.
#[derive(Clone, Debug)]
struct FlowDraws {
    flow: Flow,
    payments: Draws,
    batches: Draws,
    again: Draws,
    strata: Draws,
}

/// One of equally likely parts of all amounts, counted from 0.
#[derive(Clone, Copy, Debug)]
struct Stratum {
    number: u64,
    of: u64,
}

impl Generator {
    pub(super) fn new(
        seed: u64,
        config: &ClusterConfig,
        workload: &Generated,
    ) -> Result<Self, WorkloadError> {
        let draws = |flow: &Flow| FlowDraws {
            flow: flow.clone(),
            payments: Draws::new(seed, flow.kind.name()),
            batches: Draws::new(seed, &format!("{} batch", flow.kind.name())),
            again: Draws::new(seed, &format!("{} amount again", flow.kind.name())),
            strata: Draws::new(seed, &format!("{} stratum", flow.kind.name())),
        };
        Ok(Self {
            population: Population::new(seed, config, workload)?,
            flows: workload.flows.iter().map(draws).collect(),
            choice: Draws::new(seed, "flow"),
            workload: workload.clone(),
            schedule: config.limits,
        })
    }

    pub(super) fn wallets(&self) -> &[Vec<WalletPlan>] {
        &self.population.wallets
    }

    pub(super) fn payments_on(&self, date: BusinessDate) -> u64 {
        self.workload.payments_on(date)
    }

    pub(super) fn homes(&self) -> &Homes {
        &self.population.homes
    }

    /// The payments of a day, counted from 0, flow by flow.
    pub(super) fn day(&self, day: u32, date: BusinessDate) -> Vec<Draft> {
        let Some(epoch) = self.population.on(date) else { return Vec::new() };
        let counts = self.counts(day, date);
        let mut drafts = Vec::with_capacity(self.payments_on(date) as usize);
        for (draws, count) in self.flows.iter().zip(counts) {
            let strata = self.strata(draws, day, count);
            for index in 0..count {
                // The payments of a day depend on the day and the index in the flow alone: the days
                // of a run can be drawn in any order, and one at a time.
                let batch = id(day, index / self.workload.payroll_batch);
                let stratum =
                    strata.get(index as usize).map(|number| Stratum { number: *number, of: count });
                let ids = (id(day, index), batch);
                let Some(mut draft) = self.payment(epoch, draws, ids, stratum) else { continue };
                draft.at = date.at(draft.at.ms());
                draft.order = drafts.len() as u64;
                drafts.push(draft);
            }
        }
        drafts
    }

    /// The stratum of each payment of a flow on a day, where amounts are drawn by strata.
    fn strata(&self, draws: &FlowDraws, day: u32, count: u64) -> Vec<u64> {
        if !self.workload.stratified_corporate || draws.flow.kind != FlowKind::Corporate {
            return Vec::new();
        }
        strata(&draws.strata, (0..count).map(|index| id(day, index)))
    }

    /// How many payments of each flow a day has.
    fn counts(&self, day: u32, date: BusinessDate) -> Vec<u64> {
        let shares: Vec<_> = self.flows.iter().map(|draws| draws.flow.share).collect();
        let payments = self.payments_on(date);
        if self.workload.growth.is_empty() {
            return apportion(payments, &shares);
        }
        // Few payments a day would never have one of a rare flow, were each day split alike.
        let mut counts = vec![0; shares.len()];
        let sum = shares.iter().sum::<f64>();
        for index in 0..payments {
            let mut rest = self.choice.of(id(day, index)).unit(0) * sum;
            let drawn = shares.iter().position(|share| {
                rest -= share;
                rest < 0.0
            });
            if let Some(place) = drawn {
                counts[place] += 1;
            }
        }
        counts
    }

    /// One payment; its time counts from midnight. `None` where nobody is there to pay or to be paid.
    fn payment(
        &self,
        epoch: &Epoch,
        draws: &FlowDraws,
        (id, batch): (u64, u64),
        stratum: Option<Stratum>,
    ) -> Option<Draft> {
        let block = draws.payments.of(id);
        // A batch has one payer and one time; what differs is drawn payment by payment.
        let common =
            if draws.flow.kind == FlowKind::Payroll { draws.batches.of(batch) } else { block };
        let kind = draws.flow.kind;
        let (payers, payees) = groups(&epoch.all, kind, &block);
        // A payer is any wallet of its group with the same probability, so operators pay by their
        // wallets.
        let all = payers.of(None);
        let payer = *all.get(common.below(word::PAYER, all.len() as u64) as usize)?;
        let around = epoch.around(payer).filter(|_| is_local(kind));
        let around = around.map(|around| groups(around, kind, &block).1);
        let payee = self.payee([around, Some(payees)], payer, &block)?;
        Some(Draft {
            operator: payer.operator,
            at: time_of_day(&draws.flow.hours, &common),
            order: 0,
            payer: payer.number,
            payee: payee.number,
            amount: self.amount(draws, id, (payer, payee), (&block, stratum)),
        })
    }

    /// At the payer's operator with the probability of the bias, else anywhere by the weights; in the
    /// first group where anybody is.
    fn payee(&self, groups: [Option<&Group>; 2], payer: Member, block: &Block) -> Option<Member> {
        let here = block.unit(word::ON_US) < self.workload.on_us_bias;
        let others = |found: &[Member]| found.iter().any(|one| one.number != payer.number);
        // An operator or a region may have no wallet of the kind, with few wallets in all.
        let places = groups.into_iter().flatten().flat_map(|payees| {
            let at_operator = here.then(|| payees.of(Some(payer.operator)));
            at_operator.into_iter().chain([payees.of(None)])
        });
        let candidates = places.into_iter().find(|found| others(found))?;
        let place = block.below(word::PAYEE, candidates.len() as u64) as usize;
        let drawn = candidates[place];
        if drawn.number == payer.number {
            // The next one instead of a second draw: what is drawn for a payment follows from that
            // payment alone.
            Some(candidates[(place + 1) % candidates.len()])
        } else {
            Some(drawn)
        }
    }

    /// A lognormal amount within what the wallets' classes allow for one payment: cut to that, or
    /// drawn again.
    fn amount(
        &self,
        draws: &FlowDraws,
        id: u64,
        (payer, payee): (Member, Member),
        (block, stratum): (&Block, Option<Stratum>),
    ) -> Amount {
        // A payment that a wallet of a class could never make would only be refused, so the limits
        // of both sides bound the draw.
        let single =
            |number: WalletNumber, class| limits(self.schedule, number.kind(), class).single;
        let limits = [single(payer.number, payer.class), single(payee.number, payee.class)];
        let most = limits.into_iter().flatten().fold(self.workload.amount_max, Amount::min);
        let drawn = self.drawn(&draws.flow, block, stratum);
        if drawn <= most || self.workload.over_limit == OverLimit::Truncate {
            return drawn.min(most);
        }
        // An id leaves the highest bits free.
        let again = (1..=REDRAWS_MAX)
            .map(|attempt| self.drawn(&draws.flow, &draws.again.of(attempt << 56 | id), stratum));
        again.into_iter().find(|amount| *amount <= most).unwrap_or(most)
    }

    fn drawn(&self, flow: &Flow, block: &Block, stratum: Option<Stratum>) -> Amount {
        let normal = stratum.map_or_else(|| block.normal(word::AMOUNT), |one| one.normal(block));
        let yuan = libm::exp(flow.mu + flow.sigma * normal);
        let mut fen = yuan_to_fen(yuan);
        if flow.kind == FlowKind::Person && block.unit(word::CHOICE) < self.workload.round_share {
            fen = round_number(fen);
        }
        Amount::from_fen(fen).unwrap_or(Amount::MAX)
    }
}

impl Stratum {
    /// A normal number of this part of all.
    fn normal(self, block: &Block) -> f64 {
        // A draw of 0 in the first stratum would have no finite quantile.
        let within = block.unit(word::AMOUNT).max(f64::EPSILON);
        normal_quantile((self.number as f64 + within) / self.of as f64)
    }
}

/// Who pays whom.
fn groups<'a>(all: &'a Groups, kind: FlowKind, block: &Block) -> (&'a Group, &'a Group) {
    match kind {
        FlowKind::Consumer => (&all.people, &all.merchants),
        FlowKind::Transit => (&all.people, &all.carriers),
        FlowKind::Person => (&all.people, &all.people),
        FlowKind::Bill if block.below(word::CHOICE, 2) == 0 => (&all.people, &all.companies),
        FlowKind::Bill => (&all.people, &all.authorities),
        FlowKind::Payroll => (&all.companies, &all.employees),
        FlowKind::Corporate => (&all.companies, &all.companies),
    }
}

/// Whether payments of a kind stay in a region.
const fn is_local(kind: FlowKind) -> bool {
    match kind {
        FlowKind::Consumer | FlowKind::Transit | FlowKind::Bill | FlowKind::Payroll => true,
        FlowKind::Person | FlowKind::Corporate => false,
    }
}

/// Distinct over days and payments of a day.
fn id(day: u32, index: u64) -> u64 {
    u64::from(day) << 40 | index
}

/// Milliseconds since midnight: an hour by its weight, evenly spread within.
fn time_of_day(hours: &[u32; 24], block: &Block) -> clearing_domain::money::Timestamp {
    let total: u64 = hours.iter().copied().map(u64::from).sum();
    let mut rest = block.below(word::HOUR, total);
    let mut hour = 0;
    for (place, weight) in hours.iter().enumerate() {
        if rest < u64::from(*weight) {
            hour = place as u64;
            break;
        }
        rest -= u64::from(*weight);
    }
    let hour_ms = HOUR_MS.unsigned_abs();
    let ms = hour * hour_ms + block.below(word::TIME, hour_ms);
    clearing_domain::money::Timestamp::from_ms(ms as i64)
}

/// The nearest number of yuan with one leading digit and zeros, as people give one another.
fn round_number(fen: i64) -> i64 {
    let yuan = fen / 100;
    let unit = 10_i64.pow(yuan.max(1).ilog10());
    ((yuan + unit / 2) / unit).max(1) * unit * 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_numbers_have_one_digit_before_the_zeros() {
        let yuan = |fen| round_number(fen) / 100;
        assert_eq!(
            [1, 99, 150, 1_499, 8_888, 95_000, 123_456].map(yuan),
            [1, 1, 1, 10, 90, 1_000, 1_000]
        );
    }

    #[test]
    fn hours_without_weight_have_no_payments() {
        let mut hours = [0; 24];
        (hours[9], hours[17]) = (1, 1);
        let draws = Draws::new(3, "test");
        let drawn: Vec<_> =
            (0..200).map(|id| time_of_day(&hours, &draws.of(id)).ms() / HOUR_MS).collect();
        assert!(
            drawn.iter().all(|hour| [9, 17].contains(hour))
                && drawn.contains(&9)
                && drawn.contains(&17)
        );
    }
}
