//! What must hold between the values of a configuration.

use std::collections::{BTreeMap, BTreeSet};

use clearing_domain::Regime;
use clearing_domain::central_bank::{Overdrafts, SettlementMode};
use clearing_domain::money::{Amount, DAY_MS, HOUR_MS, MINUTE_MS, OperatorCode};

use super::ConfigError;
use super::cluster::{ClusterConfig, INDIRECT_MAX, OperatorConfig, PARTICIPANTS_MAX};
use super::identifier::check_identifier;

/// The years in which Shanghai had summer time.
const SUMMER_TIME: std::ops::RangeInclusive<i32> = 1986..=1991;

impl ClusterConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        within("cluster.operators", self.operators.len(), 1, PARTICIPANTS_MAX)?;
        self.validate_time()?;
        // The roster comes before the limits, which name operators.
        self.validate_roster()?;
        self.validate_window()?;
        self.validate_overdrafts()?;
        self.validate_end_of_day()?;
        self.validate_hours()?;
        self.operators.iter().try_for_each(|operator| self.validate_limits(operator))?;
        self.operators.iter().try_for_each(|operator| validate_operator(operator, self.regime))
    }

    /// Days must start and cycles must end with a tick, so that nothing happens within one.
    fn validate_time(&self) -> Result<(), ConfigError> {
        let tick_ms = self.lockstep.tick_ms;
        if tick_ms <= 0 || DAY_MS % tick_ms != 0 {
            let seconds = tick_ms / 1000;
            return Err(ConfigError::value(
                "cluster.tick_seconds",
                format!("{seconds} does not divide a day"),
            ));
        }
        // On such a day an hour is left out or comes twice, and a tick must not lie across it.
        if SUMMER_TIME.contains(&self.lockstep.start.date().year()) && HOUR_MS % tick_ms != 0 {
            let seconds = tick_ms / 1000;
            let message = format!(
                "{seconds} does not divide an hour; from 1986 to 1991 days had 23 and 25 of them"
            );
            return Err(ConfigError::value("cluster.tick_seconds", message));
        }
        let refuse = |message: &str| Err(ConfigError::value("cluster.cut_offs", message));
        if self.cut_offs.last() != Some(&DAY_MS) {
            return refuse("must end with 24:00");
        }
        if !self.cut_offs.is_sorted_by(|earlier, later| earlier < later) {
            return refuse("must be in ascending order");
        }
        if self.lockstep_clock && self.cut_offs.iter().any(|cut_off| cut_off % tick_ms != 0) {
            return refuse("must be at the end of a tick");
        }
        if self.lockstep_clock {
            let ends = [
                ("cluster.settlement_opens", self.hours.opens_ms()),
                ("cluster.settlement_closes", self.hours.closes_ms()),
            ];
            if let Some((path, _)) = ends.into_iter().find(|(_, ms)| ms % tick_ms != 0) {
                return Err(ConfigError::value(path, "must be at the end of a tick"));
            }
        }
        Ok(())
    }

    fn validate_overdrafts(&self) -> Result<(), ConfigError> {
        if self.overdrafts == Overdrafts::Refused && !self.overdraft_rate.is_zero() {
            let message = format!(
                "{} is the rate of nothing: cluster.overdrafts refuses them",
                self.overdraft_rate
            );
            return Err(ConfigError::value("cluster.overdraft_rate", message));
        }
        Ok(())
    }

    /// What settles on credit at the end of a day is an overdraft of the night.
    fn validate_end_of_day(&self) -> Result<(), ConfigError> {
        let lends = self.regime == Regime::Deposit && self.overdrafts == Overdrafts::Allowed;
        if let Some(table) = self.table_of_mode(SettlementMode::forces_credit).filter(|_| !lends) {
            let message = "force-credit needs the deposit regime, and overdrafts that are allowed";
            return Err(ConfigError::value(format!("{table}.queue_end_of_day"), message));
        }
        Ok(())
    }

    /// Under gross settlement a payment that comes outside the hours could only be refused, also
    /// one that an operator sends by itself at midnight, again and again.
    fn validate_hours(&self) -> Result<(), ConfigError> {
        let is_gross = |mode| mode == SettlementMode::Gross;
        match self.table_of_mode(is_gross).filter(|_| !self.hours.is_always()) {
            Some(table) => {
                let message = "gross has no settlement_opens, settlement_closes and \
                               settlement_closed_days: in gross-queue payments wait for the opening";
                Err(ConfigError::value(format!("{table}.settlement"), message))
            }
            None => Ok(()),
        }
    }

    /// The table that states the first mode of a kind.
    fn table_of_mode(&self, is_meant: impl Fn(SettlementMode) -> bool) -> Option<String> {
        if is_meant(self.mode) {
            return Some("cluster".to_owned());
        }
        let place = self.changes.iter().position(|change| is_meant(change.mode))?;
        Some(format!("cluster.changes.{}", place + 1))
    }

    /// A cycle must be settled before the next one ends.
    fn validate_window(&self) -> Result<(), ConfigError> {
        let minutes = self.funding_window_ms / MINUTE_MS;
        let refuse = |message: String| Err(ConfigError::value("cluster.funding_minutes", message));
        let first = self.cut_offs.first().copied().unwrap_or(DAY_MS);
        // The first cycle of a day begins at midnight, with the last cut-off of the day before.
        let gaps = self.cut_offs.windows(2).map(|pair| pair[1] - pair[0]).chain([first]);
        // Cycles end at the opening, too, where cut-offs came while settlement was closed.
        let opens = self.hours.opens_ms();
        let after = self.cut_offs.iter().find(|cut_off| **cut_off > opens);
        let gaps = gaps.chain(after.map(|cut_off| cut_off - opens));
        if gaps.min().is_some_and(|least| least <= self.funding_window_ms) {
            return refuse(format!("{minutes} is not shorter than the shortest cycle"));
        }
        if self.lockstep_clock && self.funding_window_ms % self.lockstep.tick_ms != 0 {
            return refuse(format!("{minutes} must be a whole number of ticks"));
        }
        Ok(())
    }

    fn validate_limits(&self, operator: &OperatorConfig) -> Result<(), ConfigError> {
        let path = || format!("cluster.operators.{}.bilateral_limits", operator.code);
        for code in operator.bilateral_limits.keys() {
            if *code == operator.code {
                return Err(ConfigError::value(
                    path(),
                    format!("{code} cannot have a limit on itself"),
                ));
            }
            if !self.operators.iter().any(|other| other.code == *code) {
                return Err(ConfigError::value(path(), format!("{code} is not in the roster")));
            }
        }
        Ok(())
    }

    fn validate_roster(&self) -> Result<(), ConfigError> {
        let (mut codes, mut prefixes) = (BTreeSet::new(), BTreeSet::new());
        for operator in &self.operators {
            if !codes.insert(operator.code) {
                return Err(ConfigError::value(
                    "cluster.operators",
                    format!("code {} is there twice", operator.code),
                ));
            }
            if !prefixes.insert(operator.prefix) {
                let message = format!("prefix {} is there twice", operator.prefix);
                return Err(ConfigError::value("cluster.operators", message));
            }
        }
        self.operators.iter().try_for_each(|operator| self.validate_identifier(operator))?;
        self.validate_indirect(&codes)
    }

    /// A code names one institution, whichever operator it takes part through.
    fn validate_indirect(&self, operators: &BTreeSet<OperatorCode>) -> Result<(), ConfigError> {
        let mut through = BTreeMap::new();
        for operator in &self.operators {
            let path = format!("cluster.operators.{}.indirect", operator.code);
            let count = operator.indirect.len();
            if count > INDIRECT_MAX {
                let message = format!("{count} are more than the {INDIRECT_MAX} of an operator");
                return Err(ConfigError::value(path, message));
            }
            let (permille, most) = (operator.indirect_permille, if count == 0 { 0 } else { 1000 });
            within(&format!("{path}_permille"), permille, 0, most)?;
            for code in &operator.indirect {
                if operators.contains(code) {
                    let message = format!("{code} is an operator itself");
                    return Err(ConfigError::value(path, message));
                }
                if let Some(other) = through.insert(*code, operator.code) {
                    let message = format!("{code} takes part through {other} already");
                    return Err(ConfigError::value(path, message));
                }
            }
        }
        Ok(())
    }

    /// A file of payments must not be able to mean two operators by one text.
    fn validate_identifier(&self, operator: &OperatorConfig) -> Result<(), ConfigError> {
        let Some(identifier) = &operator.identifier else { return Ok(()) };
        let path = || format!("cluster.operators.{}.identifier", operator.code);
        check_identifier(identifier).map_err(|error| ConfigError::value(path(), error))?;
        let others = self.operators.iter().filter(|other| other.code != operator.code);
        match others
            .into_iter()
            .find(|other| other.label() == identifier || other.code.as_str() == identifier)
        {
            None => Ok(()),
            Some(other) => Err(ConfigError::value(
                path(),
                format!("{identifier:?} means {} as well", other.code),
            )),
        }
    }
}

fn validate_operator(operator: &OperatorConfig, regime: Regime) -> Result<(), ConfigError> {
    within(&format!("cluster.operators.{}.weight", operator.code), operator.weight, 0, 1_000_000)?;
    if regime == Regime::Cash && operator.stock > operator.reserves {
        let message =
            format!("{} is more than the reserves of {}", operator.stock, operator.reserves);
        return Err(ConfigError::value(
            format!("cluster.operators.{}.stock", operator.code),
            message,
        ));
    }
    // What is issued has left the reserves when earmarking begins.
    let issued = if regime == Regime::Cash { operator.stock } else { Amount::ZERO };
    let left = operator.reserves.checked_sub(issued).unwrap_or_default();
    if operator.guarantees.earmarked > left {
        let message = format!(
            "{} is more than the {left} of reserves that are not issued",
            operator.guarantees.earmarked
        );
        return Err(ConfigError::value(
            format!("cluster.operators.{}.earmarked", operator.code),
            message,
        ));
    }
    Ok(())
}

/// A value, refused where it is not between two others.
pub fn within<T: PartialOrd + std::fmt::Display>(
    path: &str,
    value: T,
    least: T,
    most: T,
) -> Result<T, ConfigError> {
    if value >= least && value <= most {
        return Ok(value);
    }
    Err(ConfigError::value(path, format!("{value} is not between {least} and {most}")))
}
