//! How obligations settle, as it stands in a file: at the start, and from certain days on.

use clearing_domain::central_bank::{EndOfDay, ModeChange, QueueRule, SettlementMode, Shortfall};
use clearing_domain::money::BusinessDate;
use clearing_domain::netting::{Algorithm, LOOK_AHEAD, LOOK_AHEAD_MAX};
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::choice::one_of;

/// The keys of a settlement mode; every one may be absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct ModeKeys<'a> {
    /// How obligations settle.
    pub settlement: Option<&'a str>,
    /// What happens at a cut-off when an operator cannot cover its net.
    pub shortfall: Option<&'a str>,
    /// How a queue is released.
    pub algorithm: Option<&'a str>,
    /// Whether payments that fit by themselves go first.
    pub gross_first: Option<bool>,
    /// How far bilateral offsetting looks.
    pub look_ahead: Option<usize>,
    /// What becomes of a queue at the end of the day.
    pub queue_end_of_day: Option<&'a str>,
}

/// A settlement mode with every key stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeNames {
    mode: SettlementMode,
    /// How obligations settle.
    pub settlement: &'static str,
    /// What happens at a cut-off when an operator cannot cover its net.
    pub shortfall: &'static str,
    /// How a queue is released.
    pub algorithm: &'static str,
    /// Whether payments that fit by themselves go first.
    pub gross_first: bool,
    /// How far bilateral offsetting looks.
    pub look_ahead: usize,
    /// What becomes of a queue at the end of the day.
    pub queue_end_of_day: &'static str,
}

crate::table! {
    /// One of `[[cluster.changes]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct RawChange at "cluster.changes[]" {
        /// The business day from which on another settlement mode is in force; a list of changes.
        from: String = else "none", "date in Shanghai", "1900-01-01 and later";
        /// How obligations settle from then on.
        settlement: Option<String> = else "deferred-net", "", "as cluster.settlement";
        /// What happens then at a cut-off when an operator cannot cover its net.
        shortfall: Option<String> = else "partial-net", "", "as cluster.shortfall";
        /// How a queue is released then.
        algorithm: Option<String> = else "from settlement", "", "as cluster.algorithm";
        /// Whether payments that fit by themselves go first then.
        gross_first: Option<bool> = else "true", "", "true | false";
        /// How far bilateral offsetting looks then.
        look_ahead: Option<usize> = else "10", "payments", "1 to 1000000";
        /// What becomes then of payments that wait when the business day ends.
        queue_end_of_day: Option<String> = else "return", "", "as cluster.queue_end_of_day";
    }
}

const SHORTFALLS: [(&str, Shortfall); 6] = [
    ("partial-net", Shortfall::PartialNet),
    ("all-or-nothing", Shortfall::AllOrNothing),
    ("unwind", Shortfall::Unwind),
    ("loss-sharing", Shortfall::LossSharing),
    ("pro-rata", Shortfall::ProRata),
    ("central-bank-credit", Shortfall::CentralBankCredit),
];

const ENDS_OF_DAY: [(&str, EndOfDay); 3] = [
    ("return", EndOfDay::Return),
    ("carry", EndOfDay::Carry),
    ("force-credit", EndOfDay::ForceCredit),
];

/// The algorithms that can release payments from a queue, with the usual look-ahead.
pub const QUEUE_ALGORITHMS: [Algorithm; 7] = [
    Algorithm::GrossFifo,
    Algorithm::GrossBypass,
    Algorithm::BilateralOffset { look_ahead: LOOK_AHEAD },
    Algorithm::PartialNet,
    Algorithm::AllOrNothing,
    Algorithm::BilateralThenMultilateral { look_ahead: LOOK_AHEAD },
    Algorithm::Optimal,
];

impl ModeKeys<'_> {
    /// The mode that the keys mean; an error names the key under a path.
    pub fn read(&self, path: &str) -> Result<SettlementMode, ConfigError> {
        let at = |key: &str| format!("{path}.{key}");
        let shortfall = one_of(&at("shortfall"), self.shortfall, &SHORTFALLS)?;
        let look_ahead = self.look_ahead.unwrap_or(LOOK_AHEAD);
        if look_ahead == 0 || look_ahead > LOOK_AHEAD_MAX {
            return Err(ConfigError::value(
                at("look_ahead"),
                format!("{look_ahead} is not 1 to {LOOK_AHEAD_MAX}"),
            ));
        }
        let end_of_day = one_of(&at("queue_end_of_day"), self.queue_end_of_day, &ENDS_OF_DAY)?;
        // Every key is read in every mode, so that a wrong one is named also where it has no
        // effect.
        let releases = QUEUE_ALGORITHMS.map(|algorithm| (algorithm.name(), algorithm));
        let named = self.algorithm.map(|name| one_of(&at("algorithm"), Some(name), &releases));
        let named = named.transpose()?;
        let queue = |usual: QueueRule| {
            SettlementMode::Queued(QueueRule {
                release: named.unwrap_or(usual.release).looking_ahead(look_ahead),
                gross_first: self.gross_first.unwrap_or(usual.gross_first),
                end_of_day,
                ..usual
            })
        };
        let choices = [
            SettlementMode::DeferredNet(shortfall),
            SettlementMode::Gross,
            queue(QueueRule::GROSS_QUEUE),
            queue(QueueRule::HYBRID),
        ];
        one_of(&at("settlement"), self.settlement, &choices.map(|mode| (mode.name(), mode)))
    }
}

impl ModeNames {
    /// The names of a mode.
    pub fn of(mode: SettlementMode) -> Self {
        let (shortfall, algorithm) = match mode {
            SettlementMode::Gross => (Shortfall::default(), Algorithm::GrossFifo),
            SettlementMode::DeferredNet(shortfall) => (shortfall, Algorithm::GrossFifo),
            SettlementMode::Queued(QueueRule { release, .. }) => (Shortfall::default(), release),
        };
        let end_of_day = match mode {
            SettlementMode::Queued(rule) => rule.end_of_day,
            SettlementMode::Gross | SettlementMode::DeferredNet(_) => EndOfDay::Return,
        };
        let shortfall =
            SHORTFALLS.iter().find(|(_, rule)| *rule == shortfall).map_or("", |(name, _)| name);
        Self {
            mode,
            settlement: mode.name(),
            shortfall,
            algorithm: algorithm.name(),
            gross_first: !matches!(
                mode,
                SettlementMode::Queued(QueueRule { gross_first: false, .. })
            ),
            look_ahead: algorithm.look_ahead().unwrap_or(LOOK_AHEAD),
            queue_end_of_day: ENDS_OF_DAY
                .iter()
                .find(|(_, rule)| *rule == end_of_day)
                .map_or("", |(name, _)| name),
        }
    }

    /// The rule of the mode beside its name: for shortfalls or of the queue; empty when it has
    /// none.
    pub fn rule(&self) -> &'static str {
        match self.mode {
            SettlementMode::Gross => "",
            SettlementMode::DeferredNet(_) => self.shortfall,
            SettlementMode::Queued(_) => self.algorithm,
        }
    }
}

impl RawChange {
    pub(super) fn read(&self, place: usize) -> Result<ModeChange, ConfigError> {
        let path = format!("cluster.changes.{}", place + 1);
        let date = BusinessDate::parse(&self.from).ok_or_else(|| {
            ConfigError::value(
                format!("{path}.from"),
                format!("{:?} is not a date from 1971 to 9999 as in 2022-08-25", self.from),
            )
        })?;
        let keys = ModeKeys {
            settlement: self.settlement.as_deref(),
            shortfall: self.shortfall.as_deref(),
            algorithm: self.algorithm.as_deref(),
            gross_first: self.gross_first,
            look_ahead: self.look_ahead,
            queue_end_of_day: self.queue_end_of_day.as_deref(),
        };
        Ok(ModeChange { from: date.start(), mode: keys.read(&path)? })
    }
}

impl From<ModeChange> for RawChange {
    fn from(change: ModeChange) -> Self {
        let mode = ModeNames::of(change.mode);
        Self {
            from: change.from.date().to_string(),
            settlement: Some(mode.settlement.to_owned()),
            shortfall: Some(mode.shortfall.to_owned()),
            algorithm: Some(mode.algorithm.to_owned()),
            gross_first: Some(mode.gross_first),
            look_ahead: Some(mode.look_ahead),
            queue_end_of_day: Some(mode.queue_end_of_day.to_owned()),
        }
    }
}
