//! What an algorithm made of a case, as one JSON object.

use std::fmt;

use clearing_domain::money::Position;
use clearing_domain::netting::{
    Algorithm, ClearingVector, Detail, Fraction, Obligation, Outcome, Resolution, balances_after,
    eisenberg_noe_beside, net_positions,
};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::case::Case;
use super::error::CaseError;

/// The result of one algorithm on one case; displays as a line of JSON. Money is in yuan, in the
/// shortest decimals.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The name of the algorithm.
    pub algorithm: &'static str,
    /// `settled`, `partial`, `gridlock`, `deadlock` or `empty`.
    pub outcome: &'static str,
    /// The payments that settle in full, in queue order.
    pub settled: Vec<String>,
    /// The others, in queue order.
    pub queued: Vec<String>,
    /// The value of those that settle.
    pub settled_value: String,
    /// What each participant has after it, without its credit.
    pub balances: PerParticipant,
    /// What the payments that settle bring each participant net.
    pub net_positions: PerParticipant,
    /// Of unwind: who was removed in each round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<Vec<Vec<String>>>,
    /// Of loss_sharing: what each participant pays in for others; negative for whom they pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contributions: Option<PerParticipant>,
    /// Of eisenberg_noe: what each participant pays, as a reduced fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payments_made: Option<PerParticipant>,
    /// Of eisenberg_noe with claims from outside: what each participant pays on them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_paid: Option<PerParticipant>,
    /// Of eisenberg_noe: what each participant has left, as a reduced fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equity: Option<PerParticipant>,
}

/// A value for each participant, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerParticipant(pub Vec<(String, String)>);

impl Case {
    /// Resolves the case by an algorithm.
    pub fn resolve(&self, algorithm: Algorithm) -> Result<Report, CaseError> {
        if algorithm == Algorithm::EisenbergNoe && self.has_outside() {
            return Ok(self.beside_outside());
        }
        Ok(self.report(algorithm, algorithm.run(&self.usable(), &self.queue)?))
    }

    /// The clearing vector beside what participants have and owe outside.
    fn beside_outside(&self) -> Report {
        let usable = self.usable().into_iter().zip(&self.outside);
        let endowments: Vec<_> =
            usable.map(|(usable, outside)| usable + outside.assets.position()).collect();
        let claims: Vec<_> = self.outside.iter().map(|outside| outside.claims).collect();
        let (vector, paid) = eisenberg_noe_beside(&endowments, &self.queue, &claims);
        let equity = vector.equity.clone();
        let resolution = Resolution::cleared(vector, &self.queue);
        let mut report = self.report(Algorithm::EisenbergNoe, resolution);
        // What it has afterwards is what it has left of its endowment; its credit is no part of it.
        let left = |who: usize| equity[who].less(self.credits[who].position());
        report.balances = self.each(|who| yuan_or_fraction(&left(who)));
        report.external_paid = Some(self.each(|who| paid[who].in_yuan().to_string()));
        report
    }

    /// What an algorithm made of the case.
    pub(super) fn report(&self, algorithm: Algorithm, resolution: Resolution) -> Report {
        let Resolution { settles, detail } = resolution;
        let ids = |wanted: bool| {
            let chosen =
                self.payments.iter().zip(&settles).filter(|(_, settled)| **settled == wanted);
            chosen.map(|(id, _)| id.clone()).collect()
        };
        let chosen: Vec<Obligation> = self
            .queue
            .iter()
            .zip(&settles)
            .filter(|(_, settled)| **settled)
            .map(|(payment, _)| *payment)
            .collect();
        let nets = net_positions(self.codes.len(), &chosen);
        let after = balances_after(&self.balances, &self.queue, &settles);
        let mut report = Report {
            algorithm: algorithm.name(),
            outcome: Outcome::of(&self.usable(), &self.queue, &settles).name(),
            settled: ids(true),
            queued: ids(false),
            settled_value: yuan(chosen.iter().map(|payment| payment.amount.position()).sum()),
            balances: self.each(|who| yuan(after[who])),
            net_positions: self.each(|who| yuan(nets[who])),
            rounds: None,
            contributions: None,
            payments_made: None,
            external_paid: None,
            equity: None,
        };
        match detail {
            Detail::None => {}
            Detail::Rounds(rounds) => {
                report.rounds = Some(rounds.iter().map(|round| self.names(round)).collect())
            }
            Detail::Contributions(paid) => {
                report.balances = self.each(|who| yuan(after[who] - paid[who]));
                report.contributions = Some(self.each(|who| yuan(paid[who])));
            }
            Detail::Cleared(ClearingVector { payments_made, equity, rounds: _ }) => {
                report.balances = self
                    .each(|who| yuan_or_fraction(&equity[who].less(self.credits[who].position())));
                report.payments_made =
                    Some(self.each(|who| payments_made[who].in_yuan().to_string()));
                report.equity = Some(self.each(|who| equity[who].in_yuan().to_string()));
            }
        }
        report
    }

    fn each(&self, value: impl Fn(usize) -> String) -> PerParticipant {
        PerParticipant(
            self.listed.iter().map(|who| (self.codes[*who].clone(), value(*who))).collect(),
        )
    }

    fn names(&self, numbers: &[usize]) -> Vec<String> {
        numbers.iter().map(|who| self.codes[*who].clone()).collect()
    }
}

/// The shortest decimals of a sum of money.
fn yuan(position: Position) -> String {
    position.to_decimal().normalize().to_string()
}

/// Decimals where the sum is of whole fen, a fraction where it is not.
fn yuan_or_fraction(fen: &Fraction) -> String {
    fen.whole().map_or_else(|| fen.in_yuan().to_string(), yuan)
}

impl Serialize for PerParticipant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (code, value) in &self.0 {
            map.serialize_entry(code, value)?;
        }
        map.end()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}
