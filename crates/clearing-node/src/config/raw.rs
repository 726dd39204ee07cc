//! The configuration as it stands in a file: every key may be absent.

use clearing_domain::Regime;
use clearing_domain::central_bank::{CentralBankSettings, Guarantees, QueueRule, SettlementMode, Shortfall};
use clearing_domain::money::{BusinessDate, OperatorCode};
use clearing_domain::netting::{Algorithm, LOOK_AHEAD};
use clearing_domain::operator::{LimitSchedule, Lockstep, SCHEDULES};
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::cluster::{ClusterConfig, OPERATORS_MAX, OperatorConfig};
use super::roster::{Opening, ROSTER, operator_at, roster_member};
use super::values::{Cap, PrefixText, TimeOfDay, Yuan};

/// The `[cluster]` table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCluster {
    pub(super) regime: Option<String>,
    pub(super) settlement: Option<String>,
    pub(super) shortfall: Option<String>,
    pub(super) algorithm: Option<String>,
    pub(super) gross_first: Option<bool>,
    pub(super) look_ahead: Option<usize>,
    pub(super) cycles_per_day: Option<u32>,
    pub(super) cut_offs: Option<Vec<TimeOfDay>>,
    pub(super) clock: Option<String>,
    pub(super) start: Option<String>,
    pub(super) tick_seconds: Option<u32>,
    pub(super) limits: Option<String>,
    pub(super) expiry_seconds: Option<u32>,
    pub(super) expiry_ticks: Option<u32>,
    pub(super) queue_capacity: Option<usize>,
    pub(super) operator_count: Option<usize>,
    pub(super) reserves: Option<Yuan>,
    pub(super) stock: Option<Yuan>,
    pub(super) cap: Option<Cap>,
    pub(super) credit: Option<Yuan>,
    pub(super) earmarked: Option<Yuan>,
    pub(super) collateral: Option<Yuan>,
    pub(super) haircut_permille: Option<u16>,
    pub(super) deposits: Option<Yuan>,
    pub(super) operators: Option<Vec<RawOperator>>,
}

/// One of `[[cluster.operators]]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOperator {
    pub(super) code: String,
    pub(super) name: Option<String>,
    pub(super) name_zh: Option<String>,
    pub(super) prefix: Option<PrefixText>,
    pub(super) weight: Option<u32>,
    pub(super) reserves: Option<Yuan>,
    pub(super) stock: Option<Yuan>,
    pub(super) cap: Option<Cap>,
    pub(super) credit: Option<Yuan>,
    pub(super) earmarked: Option<Yuan>,
    pub(super) collateral: Option<Yuan>,
    pub(super) deposits: Option<Yuan>,
}

impl TryFrom<RawCluster> for ClusterConfig {
    type Error = ConfigError;

    fn try_from(raw: RawCluster) -> Result<Self, ConfigError> {
        let config = Self {
            regime: one_of("regime", raw.regime.as_deref(), &REGIMES)?,
            mode: mode(&raw)?,
            cut_offs: cut_offs(&raw)?,
            lockstep_clock: one_of("clock", raw.clock.as_deref(), &CLOCKS)?,
            lockstep: lockstep(&raw)?,
            limits: one_of("limits", raw.limits.as_deref(), &SCHEDULES.map(|schedule| (schedule.name, schedule)))?,
            expiry_seconds: raw.expiry_seconds.unwrap_or(30),
            expiry_ticks: raw.expiry_ticks.unwrap_or(2),
            queue_capacity: raw.queue_capacity.unwrap_or(16_384),
            haircut_permille: raw.haircut_permille.unwrap_or(0),
            operators: operators(&raw)?,
        };
        config.validate()?;
        Ok(config)
    }
}

const REGIMES: [(&str, Regime); 2] = [("cash", Regime::Cash), ("deposit", Regime::Deposit)];
const CLOCKS: [(&str, bool); 2] = [("wall", false), ("lockstep", true)];
const SHORTFALLS: [(&str, Shortfall); 5] = [
    ("partial-net", Shortfall::PartialNet),
    ("all-or-nothing", Shortfall::AllOrNothing),
    ("unwind", Shortfall::Unwind),
    ("loss-sharing", Shortfall::LossSharing),
    ("central-bank-credit", Shortfall::CentralBankCredit),
];

/// The value of a name; the first of the choices when the key is absent.
fn one_of<T: Copy>(key: &str, name: Option<&str>, choices: &[(&str, T)]) -> Result<T, ConfigError> {
    let found = match name {
        None => choices.first(),
        Some(name) => choices.iter().find(|(choice, _)| *choice == name),
    };
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = choices.iter().map(|(choice, _)| *choice).collect();
        let name = name.unwrap_or_default();
        ConfigError::value(format!("cluster.{key}"), format!("{name:?} is none of {}", names.join(", ")))
    })
}

fn name_of<T: PartialEq>(value: &T, choices: &[(&str, T)]) -> String {
    choices.iter().find(|(_, choice)| choice == value).map(|(name, _)| (*name).to_owned()).unwrap_or_default()
}

/// The algorithms that can release payments from a queue, with the usual look-ahead.
pub const QUEUE_ALGORITHMS: [Algorithm; 6] = [
    Algorithm::GrossFifo,
    Algorithm::GrossBypass,
    Algorithm::BilateralOffset { look_ahead: LOOK_AHEAD },
    Algorithm::PartialNet,
    Algorithm::AllOrNothing,
    Algorithm::BilateralThenMultilateral { look_ahead: LOOK_AHEAD },
];

fn mode(raw: &RawCluster) -> Result<SettlementMode, ConfigError> {
    let shortfall = one_of("shortfall", raw.shortfall.as_deref(), &SHORTFALLS)?;
    let look_ahead = raw.look_ahead.unwrap_or(LOOK_AHEAD);
    if look_ahead == 0 || look_ahead > 1_000_000 {
        return Err(ConfigError::value("cluster.look_ahead", format!("{look_ahead} is not 1 to 1000000")));
    }
    let releases = QUEUE_ALGORITHMS.map(|algorithm| (algorithm.name(), algorithm));
    let named = |default| one_of("algorithm", raw.algorithm.as_deref().or(Some(default)), &releases);
    let gross_first = raw.gross_first.unwrap_or(true);
    let queue = |default, at_cut_offs| {
        let release = named(default)?.looking_ahead(look_ahead);
        Ok::<_, ConfigError>(SettlementMode::Queued(QueueRule { release, gross_first, at_cut_offs }))
    };
    let choices = [
        ("deferred-net", SettlementMode::DeferredNet(shortfall)),
        ("gross", SettlementMode::Gross),
        (GROSS_QUEUE, queue("gross_fifo", None)?),
        (HYBRID, queue("bilateral_offset", Some(Algorithm::PartialNet))?),
    ];
    one_of("settlement", raw.settlement.as_deref(), &choices)
}

const GROSS_QUEUE: &str = "gross-queue";
const HYBRID: &str = "hybrid";

/// How a mode is written: settlement, shortfall, algorithm and look-ahead.
fn mode_names(mode: SettlementMode) -> (&'static str, Shortfall, Algorithm) {
    match mode {
        SettlementMode::Gross => ("gross", Shortfall::PartialNet, Algorithm::GrossFifo),
        SettlementMode::DeferredNet(shortfall) => ("deferred-net", shortfall, Algorithm::GrossFifo),
        SettlementMode::Queued(QueueRule { release, at_cut_offs, .. }) => {
            (if at_cut_offs.is_none() { GROSS_QUEUE } else { HYBRID }, Shortfall::PartialNet, release)
        }
    }
}

fn guarantees(earmarked: Option<Yuan>, collateral: Option<Yuan>, default: Guarantees) -> Guarantees {
    Guarantees {
        earmarked: earmarked.map_or(default.earmarked, |yuan| yuan.0),
        collateral: collateral.map_or(default.collateral, |yuan| yuan.0),
    }
}

/// How far an algorithm looks ahead; the usual distance for those that do not.
fn look_ahead(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::BilateralOffset { look_ahead } | Algorithm::BilateralThenMultilateral { look_ahead } => look_ahead,
        Algorithm::GrossFifo
        | Algorithm::GrossBypass
        | Algorithm::AllOrNothing
        | Algorithm::PartialNet
        | Algorithm::Unwind
        | Algorithm::LossSharing
        | Algorithm::EisenbergNoe
        | Algorithm::Optimal => LOOK_AHEAD,
    }
}

fn cut_offs(raw: &RawCluster) -> Result<Vec<i64>, ConfigError> {
    match (raw.cycles_per_day, &raw.cut_offs) {
        (Some(_), Some(_)) => {
            Err(ConfigError::value("cluster.cut_offs", "stands beside cycles_per_day; keep one of the two"))
        }
        (None, Some(times)) => Ok(times.iter().map(|time| time.0).collect()),
        (per_day, None) => {
            let per_day = per_day.unwrap_or(4);
            if per_day == 0 || 1440 % per_day != 0 {
                return Err(ConfigError::value(
                    "cluster.cycles_per_day",
                    format!("{per_day} does not divide the 1440 minutes of a day"),
                ));
            }
            Ok(CentralBankSettings::equal_cut_offs(per_day))
        }
    }
}

fn lockstep(raw: &RawCluster) -> Result<Lockstep, ConfigError> {
    let start = raw.start.as_deref().unwrap_or("2022-08-24");
    let date = BusinessDate::parse(start)
        .ok_or_else(|| ConfigError::value("cluster.start", format!("{start:?} is not a date as in 2022-08-24")))?;
    Ok(Lockstep { start: date.start(), tick_ms: i64::from(raw.tick_seconds.unwrap_or(60)) * 1000 })
}

fn operators(raw: &RawCluster) -> Result<Vec<OperatorConfig>, ConfigError> {
    let tutorial = Opening::tutorial();
    let opening = Opening {
        reserves: raw.reserves.map_or(tutorial.reserves, |yuan| yuan.0),
        stock: raw.stock.map_or(tutorial.stock, |yuan| yuan.0),
        cap: raw.cap.map_or(tutorial.cap, |cap| cap.0),
        credit: raw.credit.map_or(tutorial.credit, |yuan| yuan.0),
        guarantees: guarantees(raw.earmarked, raw.collateral, tutorial.guarantees),
        deposits: raw.deposits.map_or(tutorial.deposits, |yuan| yuan.0),
    };
    match (&raw.operators, raw.operator_count) {
        (Some(_), Some(_)) => {
            Err(ConfigError::value("cluster.operator_count", "stands beside operators; keep one of the two"))
        }
        (Some(list), None) => list.iter().map(|operator| operator.resolve(opening)).collect(),
        (None, count) => {
            let count = count.unwrap_or(ROSTER.len());
            // One too many is enough for the check of the range to see it.
            Ok((0..count.min(OPERATORS_MAX + 1)).filter_map(|place| operator_at(place, opening)).collect())
        }
    }
}

impl RawOperator {
    fn resolve(&self, opening: Opening) -> Result<OperatorConfig, ConfigError> {
        let at = |key: &str| format!("cluster.operators.{}.{key}", self.code);
        let code: OperatorCode =
            self.code.parse().map_err(|error| ConfigError::value("cluster.operators[].code", error))?;
        let member = roster_member(code);
        let of_roster = member.and_then(|member| clearing_domain::money::Prefix::new(member.prefix));
        let prefix = self.prefix.map(|prefix| prefix.0).or(of_roster);
        Ok(OperatorConfig {
            code,
            name: self.name.clone().unwrap_or_else(|| member.map_or(&*self.code, |member| member.name).to_owned()),
            name_zh: self.name_zh.clone().unwrap_or_else(|| member.map_or("", |member| member.name_zh).to_owned()),
            prefix: prefix
                .ok_or_else(|| ConfigError::value(at("prefix"), "is missing, and the code is not in the roster"))?,
            weight: self.weight.unwrap_or_else(|| member.map_or(1, |member| member.weight)),
            reserves: self.reserves.map_or(opening.reserves, |yuan| yuan.0),
            stock: self.stock.map_or(opening.stock, |yuan| yuan.0),
            cap: self.cap.map_or(opening.cap, |cap| cap.0),
            credit: self.credit.map_or(opening.credit, |yuan| yuan.0),
            guarantees: guarantees(self.earmarked, self.collateral, opening.guarantees),
            deposits: self.deposits.map_or(opening.deposits, |yuan| yuan.0),
        })
    }
}

/// The resolved form: operators and cut-offs are listed, so nothing depends on a default.
impl From<ClusterConfig> for RawCluster {
    fn from(config: ClusterConfig) -> Self {
        let (settlement, shortfall, algorithm) = mode_names(config.mode);
        let limits: LimitSchedule = config.limits;
        Self {
            regime: Some(config.regime.name().to_owned()),
            settlement: Some(settlement.to_owned()),
            shortfall: Some(name_of(&shortfall, &SHORTFALLS)),
            algorithm: Some(algorithm.name().to_owned()),
            gross_first: Some(!matches!(config.mode, SettlementMode::Queued(QueueRule { gross_first: false, .. }))),
            look_ahead: Some(look_ahead(algorithm)),
            cut_offs: Some(config.cut_offs.iter().copied().map(TimeOfDay).collect()),
            clock: Some(name_of(&config.lockstep_clock, &CLOCKS)),
            start: Some(config.lockstep.start.date().to_string()),
            tick_seconds: u32::try_from(config.lockstep.tick_ms / 1000).ok(),
            limits: Some(limits.name.to_owned()),
            expiry_seconds: Some(config.expiry_seconds),
            expiry_ticks: Some(config.expiry_ticks),
            queue_capacity: Some(config.queue_capacity),
            haircut_permille: Some(config.haircut_permille),
            operators: Some(config.operators.into_iter().map(RawOperator::from).collect()),
            ..Self::default()
        }
    }
}

impl From<OperatorConfig> for RawOperator {
    fn from(operator: OperatorConfig) -> Self {
        Self {
            code: operator.code.to_string(),
            name: Some(operator.name),
            name_zh: Some(operator.name_zh),
            prefix: Some(PrefixText(operator.prefix)),
            weight: Some(operator.weight),
            reserves: Some(Yuan(operator.reserves)),
            stock: Some(Yuan(operator.stock)),
            cap: Some(Cap(operator.cap)),
            credit: Some(Yuan(operator.credit)),
            earmarked: Some(Yuan(operator.guarantees.earmarked)),
            collateral: Some(Yuan(operator.guarantees.collateral)),
            deposits: Some(Yuan(operator.deposits)),
        }
    }
}
