//! A symmetric random flow, for studies that compare with what theory says of netting.

use clearing_config::ClusterConfig;
use clearing_domain::Regime;
use clearing_domain::money::{Amount, BusinessDate, DAY_MS, WalletKind, WalletNumber};

use super::WalletPlan;
use super::draws::{Block, Draws};
use super::population::yuan_to_fen;
use super::schedule::Draft;
use crate::experiment::RandomFlow;

/// The words of a payment's block.
mod word {
    pub(super) const GAP: usize = 0;
    pub(super) const VALUE: usize = 1;
}

/// Generates the payments of any day: each ordered pair of operators pays in a Poisson process, so
/// that the counts of a pair in cycles of any length are independent Poisson numbers.
#[derive(Clone, Debug)]
pub(super) struct RandomFlows {
    flow: RandomFlow,
    draws: Draws,
    /// One wallet per operator.
    wallets: Vec<Vec<WalletPlan>>,
}

impl RandomFlows {
    /// Opens a wallet of a legal entity at every operator, which has no limits, with everything
    /// that the operator can distribute.
    pub(super) fn new(seed: u64, config: &ClusterConfig, flow: RandomFlow) -> Self {
        let wallet = |operator: &clearing_config::OperatorConfig| {
            let number = WalletNumber::new(operator.prefix, WalletKind::Corporate, 1);
            let opening = match config.regime {
                Regime::Cash => operator.stock,
                Regime::Deposit => operator.deposits,
            };
            number
                .map(|number| WalletPlan {
                    number,
                    class: 1,
                    opening,
                    is_known: false,
                    participant: None,
                })
                .into_iter()
                .collect()
        };
        let wallets = config.operators.iter().map(wallet).collect();
        Self { flow, draws: Draws::new(seed, "random flow"), wallets }
    }

    pub(super) fn wallets(&self) -> &[Vec<WalletPlan>] {
        &self.wallets
    }

    /// How many payments a day has on average.
    pub(super) fn payments_per_day(&self) -> u64 {
        let operators = self.wallets.len() as f64;
        libm::round(self.flow.payments_per_pair * operators * (operators - 1.0)) as u64
    }

    /// The payments of a day, counted from 0, pair by pair.
    pub(super) fn day(&self, day: u32, date: BusinessDate) -> Vec<Draft> {
        let mut drafts = Vec::with_capacity(self.payments_per_day() as usize);
        // Pair by pair: the draws of a pair come from its own ids, so an operator more adds
        // payments and changes none.
        for (from, payers) in (0..).zip(&self.wallets) {
            for (to, payees) in (0..).zip(&self.wallets).filter(|(to, _)| *to != from) {
                for (payer, payee) in payers.iter().zip(payees) {
                    self.pair(day, (from, payer.number), (to, payee.number), date, &mut drafts);
                }
            }
        }
        drafts
    }

    /// What one operator pays another: the gaps between payments are exponential.
    fn pair(
        &self,
        day: u32,
        (from, payer): (u16, WalletNumber),
        (to, payee): (u16, WalletNumber),
        date: BusinessDate,
        drafts: &mut Vec<Draft>,
    ) {
        let mean_gap_ms = DAY_MS as f64 / self.flow.payments_per_pair;
        let mut ms = 0.0;
        for index in 0.. {
            let block = self.draws.of(id(day, from, to, index));
            ms += mean_gap_ms * exponential(&block, word::GAP);
            // No payment per pair gives an infinite gap.
            if ms.is_nan() || ms >= DAY_MS as f64 {
                return;
            }
            // On a day on which clocks change the flow goes by what they show, as all days have the
            // same length in it.
            let at = date.at(ms as i64);
            let amount = self.value(&block);
            drafts.push(Draft {
                operator: from,
                at,
                order: drafts.len() as u64,
                payer,
                payee,
                amount,
            });
        }
    }

    fn value(&self, block: &Block) -> Amount {
        let yuan = self.flow.value_mean.fen() as f64 / 100.0 * exponential(block, word::VALUE);
        Amount::from_fen(yuan_to_fen(yuan)).unwrap_or(Amount::MAX)
    }
}

/// Distinct over days, pairs and payments of a pair; the same however many operators there are.
fn id(day: u32, from: u16, to: u16, index: u64) -> u64 {
    u64::from(day) << 52 | u64::from(from) << 46 | u64::from(to) << 40 | index
}

/// An exponential number with the mean 1.
fn exponential(block: &Block, word: usize) -> f64 {
    -libm::log(1.0 - block.unit(word))
}

#[cfg(test)]
mod tests;
