//! The configuration as it stands in a file: every key may be absent.

use std::collections::BTreeMap;

use clearing_domain::Lockstep;
use clearing_domain::Regime;
use clearing_domain::central_bank::{CentralBankSettings, Guarantees, ModeChange, Overdrafts};
use clearing_domain::money::{Amount, BusinessDate, OperatorCode};
use clearing_domain::operator::{LimitSchedule, RefusalRate, SCHEDULES};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::transport::TransportLimits;

use super::ConfigError;
use super::choice::{name_of, one_of};
use super::cluster::{ClusterConfig, OperatorConfig, PARTICIPANTS_MAX};
use super::mode::{ModeKeys, ModeNames, RawChange};
use super::roster::{Opening, ROSTER, operator_at, roster_member};
use super::transport::RawTransport;
use super::values::{Cap, PrefixText, Price, TimeOfDay, Yuan};

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
    pub(super) changes: Option<Vec<RawChange>>,
    pub(super) funding_minutes: Option<u32>,
    pub(super) cycles_per_day: Option<u32>,
    pub(super) cut_offs: Option<Vec<TimeOfDay>>,
    pub(super) clock: Option<String>,
    pub(super) start: Option<String>,
    pub(super) tick_seconds: Option<u32>,
    pub(super) limits: Option<String>,
    pub(super) expiry_seconds: Option<u32>,
    pub(super) expiry_ticks: Option<u32>,
    pub(super) queue_capacity: Option<usize>,
    pub(super) refusals_burst: Option<u32>,
    pub(super) refusals_per_second: Option<u32>,
    pub(super) link_secrets: Option<bool>,
    pub(super) log_pages: Option<u32>,
    pub(super) transport: Option<RawTransport>,
    pub(super) operator_count: Option<usize>,
    pub(super) reserves: Option<Yuan>,
    pub(super) stock: Option<Yuan>,
    pub(super) cap: Option<Cap>,
    pub(super) credit: Option<Yuan>,
    pub(super) earmarked: Option<Yuan>,
    pub(super) collateral: Option<Yuan>,
    pub(super) haircut_permille: Option<u16>,
    pub(super) credit_price: Option<Price>,
    pub(super) overdrafts: Option<String>,
    pub(super) overdraft_rate: Option<Price>,
    pub(super) bilateral_limit: Option<Cap>,
    pub(super) receiver_cap: Option<Cap>,
    pub(super) deposits: Option<Yuan>,
    pub(super) operators: Option<Vec<RawOperator>>,
}

/// One of `[[cluster.operators]]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOperator {
    pub(super) code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identifier: Option<String>,
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
    pub(super) bilateral_limits: Option<BTreeMap<String, Cap>>,
    pub(super) receiver_cap: Option<Cap>,
    pub(super) deposits: Option<Yuan>,
}

impl TryFrom<RawCluster> for ClusterConfig {
    type Error = ConfigError;

    fn try_from(raw: RawCluster) -> Result<Self, ConfigError> {
        let config = Self {
            regime: one_of("cluster.regime", raw.regime.as_deref(), &REGIMES)?,
            mode: mode(&raw).read("cluster")?,
            changes: changes(&raw)?,
            funding_window_ms: i64::from(raw.funding_minutes.unwrap_or(0)) * 60_000,
            cut_offs: cut_offs(&raw)?,
            lockstep_clock: one_of("cluster.clock", raw.clock.as_deref(), &CLOCKS)?,
            lockstep: lockstep(&raw)?,
            limits: one_of(
                "cluster.limits",
                raw.limits.as_deref(),
                &SCHEDULES.map(|schedule| (schedule.name, schedule)),
            )?,
            expiry_seconds: raw.expiry_seconds.unwrap_or(30),
            expiry_ticks: raw.expiry_ticks.unwrap_or(2),
            queue_capacity: raw.queue_capacity.unwrap_or(16_384),
            refusals: RefusalRate {
                burst: raw.refusals_burst.unwrap_or(1_000),
                per_second: raw.refusals_per_second.unwrap_or(10),
            },
            link_secrets: raw.link_secrets.unwrap_or(true),
            log_pages: raw.log_pages.unwrap_or(16_000),
            transport: raw.transport.map_or_else(TransportLimits::default, RawTransport::resolve),
            haircut_permille: raw.haircut_permille.unwrap_or(0),
            credit_price: raw.credit_price.map_or(Decimal::ZERO, |price| price.0),
            overdrafts: one_of("cluster.overdrafts", raw.overdrafts.as_deref(), &OVERDRAFTS)?,
            overdraft_rate: raw.overdraft_rate.map_or(Decimal::ZERO, |rate| rate.0),
            bilateral_limit: raw.bilateral_limit.and_then(|limit| limit.0),
            operators: operators(&raw)?,
        };
        config.validate()?;
        Ok(config)
    }
}

const REGIMES: [(&str, Regime); 2] = [("cash", Regime::Cash), ("deposit", Regime::Deposit)];
const OVERDRAFTS: [(&str, Overdrafts); 2] =
    [("allowed", Overdrafts::Allowed), ("refused", Overdrafts::Refused)];
const CLOCKS: [(&str, bool); 2] = [("wall", false), ("lockstep", true)];
fn mode(raw: &RawCluster) -> ModeKeys<'_> {
    ModeKeys {
        settlement: raw.settlement.as_deref(),
        shortfall: raw.shortfall.as_deref(),
        algorithm: raw.algorithm.as_deref(),
        gross_first: raw.gross_first,
        look_ahead: raw.look_ahead,
    }
}

fn changes(raw: &RawCluster) -> Result<Vec<ModeChange>, ConfigError> {
    let changes = raw.changes.iter().flatten().enumerate();
    changes.map(|(place, change)| change.read(place)).collect()
}

fn guarantees(
    earmarked: Option<Yuan>,
    collateral: Option<Yuan>,
    default: Guarantees,
) -> Guarantees {
    Guarantees {
        earmarked: earmarked.map_or(default.earmarked, |yuan| yuan.0),
        collateral: collateral.map_or(default.collateral, |yuan| yuan.0),
    }
}

fn cut_offs(raw: &RawCluster) -> Result<Vec<i64>, ConfigError> {
    match (raw.cycles_per_day, &raw.cut_offs) {
        (Some(_), Some(_)) => Err(ConfigError::value(
            "cluster.cut_offs",
            "stands beside cycles_per_day; keep one of the two",
        )),
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
    let date = BusinessDate::parse(start).ok_or_else(|| {
        ConfigError::value(
            "cluster.start",
            format!("{start:?} is not a date from 1971 to 9999 as in 2022-08-24"),
        )
    })?;
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
        receiver_cap: raw.receiver_cap.map_or(tutorial.receiver_cap, |cap| cap.0),
        deposits: raw.deposits.map_or(tutorial.deposits, |yuan| yuan.0),
    };
    match (&raw.operators, raw.operator_count) {
        (Some(_), Some(_)) => Err(ConfigError::value(
            "cluster.operator_count",
            "stands beside operators; keep one of the two",
        )),
        (Some(list), None) => list.iter().map(|operator| operator.resolve(opening)).collect(),
        (None, count) => {
            let count = count.unwrap_or(ROSTER.len());
            // One too many is enough for the check of the range to see it.
            Ok((0..count.min(PARTICIPANTS_MAX + 1))
                .filter_map(|place| operator_at(place, opening))
                .collect())
        }
    }
}

impl RawOperator {
    fn resolve(&self, opening: Opening) -> Result<OperatorConfig, ConfigError> {
        let at = |key: &str| format!("cluster.operators.{}.{key}", self.code);
        let code: OperatorCode = self
            .code
            .parse()
            .map_err(|error| ConfigError::value("cluster.operators[].code", error))?;
        let member = roster_member(code);
        let of_roster =
            member.and_then(|member| clearing_domain::money::Prefix::new(member.prefix));
        let prefix = self.prefix.map(|prefix| prefix.0).or(of_roster);
        Ok(OperatorConfig {
            code,
            identifier: self.identifier.clone(),
            name: self
                .name
                .clone()
                .unwrap_or_else(|| member.map_or(&*self.code, |member| member.name).to_owned()),
            name_zh: self
                .name_zh
                .clone()
                .unwrap_or_else(|| member.map_or("", |member| member.name_zh).to_owned()),
            prefix: prefix.ok_or_else(|| {
                ConfigError::value(at("prefix"), "is missing, and the code is not in the roster")
            })?,
            weight: self.weight.unwrap_or_else(|| member.map_or(1, |member| member.weight)),
            reserves: self.reserves.map_or(opening.reserves, |yuan| yuan.0),
            stock: self.stock.map_or(opening.stock, |yuan| yuan.0),
            cap: self.cap.map_or(opening.cap, |cap| cap.0),
            credit: self.credit.map_or(opening.credit, |yuan| yuan.0),
            guarantees: guarantees(self.earmarked, self.collateral, opening.guarantees),
            bilateral_limits: self.bilateral_limits()?,
            receiver_cap: self.receiver_cap.map_or(opening.receiver_cap, |cap| cap.0),
            deposits: self.deposits.map_or(opening.deposits, |yuan| yuan.0),
        })
    }
}

impl RawOperator {
    fn bilateral_limits(&self) -> Result<BTreeMap<OperatorCode, Option<Amount>>, ConfigError> {
        let read = |(code, limit): (&String, &Cap)| {
            let path = format!("cluster.operators.{}.bilateral_limits", self.code);
            Ok((code.parse().map_err(|error| ConfigError::value(path, error))?, limit.0))
        };
        self.bilateral_limits.iter().flatten().map(read).collect()
    }
}

/// The resolved form: operators and cut-offs are listed, so nothing depends on a default.
impl From<ClusterConfig> for RawCluster {
    fn from(config: ClusterConfig) -> Self {
        let limits: LimitSchedule = config.limits;
        let mode = ModeNames::of(config.mode);
        Self {
            regime: Some(config.regime.name().to_owned()),
            settlement: Some(mode.settlement.to_owned()),
            shortfall: Some(mode.shortfall.to_owned()),
            algorithm: Some(mode.algorithm.to_owned()),
            gross_first: Some(mode.gross_first),
            look_ahead: Some(mode.look_ahead),
            changes: Some(config.changes.iter().copied().map(RawChange::from).collect()),
            funding_minutes: u32::try_from(config.funding_window_ms / 60_000).ok(),
            cut_offs: Some(config.cut_offs.iter().copied().map(TimeOfDay).collect()),
            clock: Some(name_of(&config.lockstep_clock, &CLOCKS)),
            start: Some(config.lockstep.start.date().to_string()),
            tick_seconds: u32::try_from(config.lockstep.tick_ms / 1000).ok(),
            limits: Some(limits.name.to_owned()),
            expiry_seconds: Some(config.expiry_seconds),
            expiry_ticks: Some(config.expiry_ticks),
            queue_capacity: Some(config.queue_capacity),
            refusals_burst: Some(config.refusals.burst),
            refusals_per_second: Some(config.refusals.per_second),
            link_secrets: Some(config.link_secrets),
            log_pages: Some(config.log_pages),
            transport: Some(config.transport.into()),
            haircut_permille: Some(config.haircut_permille),
            credit_price: Some(Price(config.credit_price)),
            overdrafts: Some(name_of(&config.overdrafts, &OVERDRAFTS)),
            overdraft_rate: Some(Price(config.overdraft_rate)),
            bilateral_limit: Some(Cap(config.bilateral_limit)),
            operators: Some(config.operators.into_iter().map(RawOperator::from).collect()),
            ..Self::default()
        }
    }
}

impl From<OperatorConfig> for RawOperator {
    fn from(operator: OperatorConfig) -> Self {
        Self {
            code: operator.code.to_string(),
            identifier: operator.identifier,
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
            bilateral_limits: Some(
                operator
                    .bilateral_limits
                    .into_iter()
                    .map(|(code, limit)| (code.to_string(), Cap(limit)))
                    .collect(),
            ),
            receiver_cap: Some(Cap(operator.receiver_cap)),
            deposits: Some(Yuan(operator.deposits)),
        }
    }
}
