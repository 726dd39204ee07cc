//! The calibrated mixture: payments drawn from flows between groups of wallets.

use clearing_config::ClusterConfig;
use clearing_domain::money::{Amount, BusinessDate, HOUR_MS, WalletNumber};
use clearing_domain::operator::LimitSchedule;

use super::apportion::apportion;
use super::draws::{Block, Draws};
use super::population::{Group, Member, Population, limits, yuan_to_fen};
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
}

/// A flow with the draws of its payments and, where they come in batches, of its batches.
#[derive(Clone, Debug)]
struct FlowDraws {
    flow: Flow,
    payments: Draws,
    batches: Draws,
    again: Draws,
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
        };
        Ok(Self {
            population: Population::new(seed, config, workload)?,
            flows: workload.flows.iter().map(draws).collect(),
            workload: workload.clone(),
            schedule: config.limits,
        })
    }

    pub(super) fn wallets(&self) -> &[Vec<WalletPlan>] {
        &self.population.wallets
    }

    pub(super) fn payments_per_day(&self) -> u64 {
        self.workload.payments_per_day
    }

    /// The payments of a day, counted from 0, flow by flow.
    pub(super) fn day(&self, day: u32, date: BusinessDate) -> Vec<Draft> {
        let shares: Vec<_> = self.flows.iter().map(|draws| draws.flow.share).collect();
        let counts = apportion(self.workload.payments_per_day, &shares);
        let mut drafts = Vec::with_capacity(self.workload.payments_per_day as usize);
        for (draws, count) in self.flows.iter().zip(counts) {
            for index in 0..count {
                // The payments of a day depend on the day and the index in the flow alone: the days
                // of a run can be drawn in any order, and one at a time.
                let mut draft = self.payment(
                    draws,
                    id(day, index),
                    id(day, index / self.workload.payroll_batch),
                );
                draft.at = date.at(draft.at.ms());
                draft.order = drafts.len() as u64;
                drafts.push(draft);
            }
        }
        drafts
    }

    /// One payment; its time counts from midnight.
    fn payment(&self, draws: &FlowDraws, id: u64, batch: u64) -> Draft {
        let block = draws.payments.of(id);
        // A batch has one payer and one time; what differs is drawn payment by payment.
        let common =
            if draws.flow.kind == FlowKind::Payroll { draws.batches.of(batch) } else { block };
        let (payers, payees) = self.groups(draws.flow.kind, &block);
        // A payer is any wallet of its group with the same probability, so operators pay by their
        // wallets.
        let all = payers.of(None);
        let payer = all[common.below(word::PAYER, all.len() as u64) as usize];
        let payee = self.payee(payees, payer, &block);
        Draft {
            operator: payer.operator,
            at: time_of_day(&draws.flow.hours, &common),
            order: 0,
            payer: payer.number,
            payee: payee.number,
            amount: self.amount(draws, id, (payer, payee), &block),
        }
    }

    fn groups(&self, kind: FlowKind, block: &Block) -> (&Group, &Group) {
        let all = &self.population;
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

    /// At the payer's operator with the probability of the bias, else anywhere by the weights.
    fn payee(&self, payees: &Group, payer: Member, block: &Block) -> Member {
        let here = block.unit(word::ON_US) < self.workload.on_us_bias;
        let candidates = payees.of(here.then_some(payer.operator));
        // An operator may have no wallet of the kind, with few wallets in all.
        let candidates = if candidates.is_empty() { payees.of(None) } else { candidates };
        let place = block.below(word::PAYEE, candidates.len() as u64) as usize;
        let drawn = candidates[place];
        if drawn.number == payer.number {
            // The next one instead of a second draw: what is drawn for a payment follows from that
            // payment alone.
            candidates[(place + 1) % candidates.len()]
        } else {
            drawn
        }
    }

    /// A lognormal amount within what the wallets' classes allow for one payment: cut to that, or
    /// drawn again.
    fn amount(
        &self,
        draws: &FlowDraws,
        id: u64,
        (payer, payee): (Member, Member),
        block: &Block,
    ) -> Amount {
        // A payment that a wallet of a class could never make would only be refused, so the limits
        // of both sides bound the draw.
        let single =
            |number: WalletNumber, class| limits(self.schedule, number.kind(), class).single;
        let limits = [single(payer.number, payer.class), single(payee.number, payee.class)];
        let most = limits.into_iter().flatten().fold(self.workload.amount_max, Amount::min);
        let drawn = self.drawn(&draws.flow, block);
        if drawn <= most || self.workload.over_limit == OverLimit::Truncate {
            return drawn.min(most);
        }
        // An id leaves the highest bits free.
        let again = (1..=REDRAWS_MAX)
            .map(|attempt| self.drawn(&draws.flow, &draws.again.of(attempt << 56 | id)));
        again.into_iter().find(|amount| *amount <= most).unwrap_or(most)
    }

    fn drawn(&self, flow: &Flow, block: &Block) -> Amount {
        let yuan = libm::exp(flow.mu + flow.sigma * block.normal(word::AMOUNT));
        let mut fen = yuan_to_fen(yuan);
        if flow.kind == FlowKind::Person && block.unit(word::CHOICE) < self.workload.round_share {
            fen = round_number(fen);
        }
        Amount::from_fen(fen).unwrap_or(Amount::MAX)
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
