//! The configuration as it stands in a file: every key may be absent.

use std::collections::BTreeMap;

use clearing_domain::Lockstep;
use clearing_domain::Regime;
use clearing_domain::central_bank::{CentralBankSettings, Guarantees, ModeChange, Overdrafts};
use clearing_domain::money::{Amount, BusinessDate, InterestRate, MINUTE_MS, OperatorCode};
use clearing_domain::operator::{LimitSchedule, RefusalRate, SCHEDULES};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};

use super::choice::{name_of, one_of};
use super::cluster::{ClusterConfig, OperatorConfig, PARTICIPANTS_MAX};
use super::mode::{ModeKeys, ModeNames, RawChange};
use super::roster::{Opening, ROSTER, operator_at, roster_member};
use super::transport::TransportLimits;
use super::values::{Cap, OpeningTime, PrefixText, Price, TimeOfDay, Yuan};
use super::{ConfigError, Described as _, hours, reserved};

crate::table! {
    /// The `[cluster]` table.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub(super) struct RawCluster at "cluster" {
        /// What a wallet balance is: cash issued by the central bank, or the operator's liability.
        regime: String = "cash", "", "cash | deposit";
        /// Whether obligations settle in cycles; each on payment, refused without cover; each on
        /// payment, waiting in a queue without cover; or from a queue that is offset bilaterally
        /// all day and multilaterally at the cut-offs.
        settlement: String = "deferred-net", "", "deferred-net | gross | gross-queue | hybrid";
        /// What happens at a cut-off when an operator cannot cover its net: what can settle settles
        /// and the rest is carried to the next cycle; all is carried; those who are short are taken
        /// out, and what they owe and are owed becomes claims; the others pay what is short and
        /// claim it; those who are short pay all they have, pro rata, and the rest becomes claims;
        /// the central bank lends it.
        shortfall: String = "partial-net", "",
            "partial-net | all-or-nothing | unwind | loss-sharing | pro-rata | central-bank-credit";
        /// How long a cycle that is not covered at its cut-off waits for operators to bring in
        /// money: it takes no more payments, settles as soon as it is covered, and else at the end
        /// by the rule for shortfalls.
        funding_minutes: u32 = 0, "minutes", "0 to less than the shortest cycle";
        /// How a queue is released beside the payments that fit by themselves (gross-queue,
        /// hybrid); optimal leaves a queue of more than 24 payments alone.
        algorithm: Option<String> = else "from settlement: gross_fifo, in hybrid bilateral_offset", "",
            "gross_fifo | gross_bypass | bilateral_offset | partial_net | all_or_nothing | bilateral_then_multilateral | optimal";
        /// Whether payments that fit by themselves go before an algorithm that offsets, and again
        /// after it until nothing settles; otherwise it runs alone and once.
        gross_first: bool = true, "", "true | false";
        /// How many payments of each of a pair bilateral offsetting looks at.
        look_ahead: usize = 10, "payments", "1 to 1000000";
        /// What becomes of payments that still wait when the business day ends (gross-queue,
        /// hybrid): they are returned; they wait on, before all of the next day in their level; or
        /// the central bank lends what is short and they settle (deposit regime).
        queue_end_of_day: String = "return", "", "return | carry | force-credit";
        changes: Vec<RawChange>;
        /// Cycles at equal distances, the last ending at 24:00; not together with cut_offs.
        cycles_per_day: Option<u32> = else "4", "cycles", "a divisor of 1440";
        /// When cycles end on each day.
        cut_offs: Option<Vec<TimeOfDay>> = else "from cycles_per_day", "HH:MM in Shanghai",
            "ascending, the last 24:00";
        /// When settlement opens on a day: before it nothing leaves a queue, payments that would
        /// settle by themselves at once are refused, and cycles whose cut-off has come wait.
        settlement_opens: OpeningTime = "00:00", "HH:MM in Shanghai", "00:00 to 23:59";
        /// When settlement closes on a day; what happens at this very moment still settles.
        settlement_closes: TimeOfDay = "24:00", "HH:MM in Shanghai",
            "00:01 to 24:00, after settlement_opens";
        /// The days on which nothing settles.
        #[serde(skip_serializing_if = "Option::is_none")]
        settlement_closed_days: Option<Vec<String>> = else "[]", "",
            "at most 1000 of monday to sunday and dates in Shanghai as in 2022-10-01, not all weekdays";
        /// Whether business time is the clock on the wall, or advances in ticks as fast as the
        /// machine allows; runs are always in lockstep.
        clock: String = "wall", "", "wall | lockstep";
        /// The first business day under lockstep.
        start: String = "2022-08-24", "date in Shanghai", "1900-01-01 and later";
        /// The length of a tick under lockstep.
        tick_seconds: u32 = 60, "seconds", "1 to 86400, a divisor of 86400";
        /// The dated schedule of wallet limits.
        limits: String = "2021", "", "2021 | 2020-pilot";
        /// How long a payment may wait for its decision under the wall clock.
        expiry_seconds: u32 = 30, "seconds", 1 to 86400;
        /// How long a payment may wait for its decision under lockstep.
        expiry_ticks: u32 = 2, "ticks", 1 to 1440;
        /// How many commands wait for a ledger before more are refused.
        queue_capacity: usize = 16384, "commands", 1 to 1048576;
        /// How many payments of one wallet may be refused at once for its funds, limits or
        /// standing, each of which leaves a row, before it is asked to wait (wall clock).
        refusals_burst: u32 = 1000, "payments", 1 to 1000000;
        /// How many more may be refused in each second.
        refusals_per_second: u32 = 10, "payments", 1 to 1000;
        /// Whether an operator proves itself with its secret before its link is served.
        link_secrets: bool = true, "", "true | false";
        /// How long the log of a ledger becomes before it is moved into the file and starts anew: a
        /// short log costs speed and saves room.
        log_pages: u32 = 16000, "pages of 4 KiB", 16 to 1048576;
        transport: TransportLimits;
        /// The first operators of the roster, then OP11 and so on; not together with operators.
        operator_count: Option<usize> = else "10", "operators",
            "1 to 50; 500 for listed payments in one process";
        /// The reserve account every operator opens with.
        #[serde(skip_serializing)]
        reserves: Yuan = "100000000000.00", "yuan", "0 to 10000000000000.00";
        /// E-CNY issued at the start to every operator out of its reserves (cash regime).
        #[serde(skip_serializing)]
        stock: Yuan = "50000000000.00", "yuan", "0 to reserves";
        /// The net debit cap of every operator, unless it puts up earmarked reserves or collateral:
        /// then the cap is those, the collateral less its haircut, plus the credit line.
        #[serde(skip_serializing)]
        cap: Cap = "10000000000.00", "yuan", "0 to 10000000000000.00, or unlimited";
        /// How far every operator's reserve account may go below zero in settlement (deposit
        /// regime).
        #[serde(skip_serializing)]
        credit: Yuan = "0.00", "yuan", "0 to 10000000000000.00";
        /// Reserves every operator earmarks for its cap: they settle, but cannot be taken out.
        #[serde(skip_serializing)]
        earmarked: Yuan = "0.00", "yuan", "0 to reserves";
        /// Collateral every operator pledges for its cap, before the haircut.
        #[serde(skip_serializing)]
        collateral: Yuan = "0.00", "yuan", "0 to 10000000000000.00";
        /// What is taken off the value of collateral.
        haircut_permille: u16 = 0, "thousandths", 0 to 1000;
        /// What a million yuan of intraday credit cost in an hour: reserve accounts below zero are
        /// counted and priced in the results of a run (deposit regime).
        credit_price: Price = "0", "yuan", "0 to 1000000";
        /// What becomes of what an operator still owes the central bank after the close of a day:
        /// an overdraft for the night; or refused, a default until it is repaid, in which the
        /// operator is lent nothing and its payments are refused.
        overdrafts: String = "allowed", "", "allowed | refused";
        /// What operators pay for what they still owe the central bank after the close of a day, by
        /// the night: counted and priced in the results of a run.
        overdraft_rate: Price = "0", "percent a year",
            "0 to 1000000; 0 where overdrafts are refused";
        /// The yearly rate of interest on wallets of classes 1 to 3, counted on the balance at the
        /// close of each day and credited on the 21st of March, June, September and December
        /// (deposit regime).
        interest_rate: Price = "0.05", "percent a year", "0 to 100, with at most 4 decimals";
        /// What every operator may pay each other one on a business day, net of what that paid it;
        /// beyond it payments wait in a queue, and are refused where there is none.
        bilateral_limit: Cap = "unlimited", "yuan", "0 to 10000000000000.00, or unlimited";
        /// What every operator may receive on a business day, net of what it sent; beyond it as
        /// with bilateral_limit.
        #[serde(skip_serializing)]
        receiver_cap: Cap = "unlimited", "yuan", "0 to 10000000000000.00, or unlimited";
        /// What every operator keeps of its cover for levels of the queue and those before them, by
        /// their names: { urgent = "1000.00" }. Payments of lower levels may not use it; those of the
        /// level use it up, until the next business day (gross-queue, hybrid).
        #[serde(skip_serializing)]
        reserved: Option<BTreeMap<String, Yuan>> = else "{}", "yuan",
            "error_reversal, extra_urgent, interest_and_fees, clearing_nets or urgent, each with 0 to 10000000000000.00";
        /// Bank deposits of every operator's customers outside wallets (deposit regime).
        #[serde(skip_serializing)]
        deposits: Yuan = "50000000000.00", "yuan", "0 to 10000000000000.00";
        operators: Option<Vec<RawOperator>>;
    }
}

crate::table! {
    /// One of `[[cluster.operators]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct RawOperator at "cluster.operators[]" {
        /// The operator; a list of operators replaces the ten of the roster.
        code: String = else "none", "", "1 to 8 letters or digits";
        /// What files of payments and results call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        identifier: Option<String> = else "the code", "",
            "1 to 35 characters, none of them a control character";
        /// Its English name.
        name: Option<String> = else "of the roster, else the code", "", "any text";
        /// Its Chinese name.
        name_zh: Option<String> = else "of the roster, else empty", "", "any text";
        /// The first three digits of its wallet numbers.
        prefix: Option<PrefixText> = else "of the roster", "", "001 to 999";
        /// Its share in the wallets of a generated workload.
        weight: Option<u32> = else "of the roster, else 1", "", "0 to 1000000";
        /// Its reserve account at the start.
        reserves: Option<Yuan> = else "cluster.reserves", "yuan", "as cluster.reserves";
        /// E-CNY issued to it at the start (cash regime).
        stock: Option<Yuan> = else "cluster.stock", "yuan", "as cluster.stock";
        /// Its net debit cap.
        cap: Option<Cap> = else "cluster.cap", "yuan", "as cluster.cap";
        /// How far its reserve account may go below zero in settlement (deposit regime).
        credit: Option<Yuan> = else "cluster.credit", "yuan", "as cluster.credit";
        /// Reserves it earmarks for its cap.
        earmarked: Option<Yuan> = else "cluster.earmarked", "yuan", "as cluster.earmarked";
        /// Collateral it pledges for its cap, before the haircut.
        collateral: Option<Yuan> = else "cluster.collateral", "yuan", "as cluster.collateral";
        /// What it may pay single other operators net on a business day, by their codes: { ABC =
        /// "1000.00" }.
        bilateral_limits: Option<BTreeMap<String, Cap>> = else "cluster.bilateral_limit", "yuan",
            "as cluster.bilateral_limit";
        /// What it may receive net on a business day.
        receiver_cap: Option<Cap> = else "cluster.receiver_cap", "yuan", "as cluster.receiver_cap";
        /// What it keeps of its cover for levels of the queue.
        reserved: Option<BTreeMap<String, Yuan>> = else "cluster.reserved", "yuan", "as cluster.reserved";
        /// Its customers' bank deposits outside wallets (deposit regime).
        deposits: Option<Yuan> = else "cluster.deposits", "yuan", "as cluster.deposits";
        /// The banks that take part through it: their customers have wallets at the operator, which
        /// settles for them.
        #[serde(skip_serializing_if = "Option::is_none")]
        indirect: Option<Vec<String>> = else "none", "",
            "at most 100 codes of 1 to 8 letters or digits, of no operator and each at one operator alone";
        /// Their share in its wallets of a generated workload, which they have in turn.
        #[serde(skip_serializing_if = "Option::is_none")]
        indirect_permille: Option<u16> = else "0", "thousandths",
            "0 to 1000; above 0 with indirect alone";
    }
}

impl TryFrom<RawCluster> for ClusterConfig {
    type Error = ConfigError;

    fn try_from(raw: RawCluster) -> Result<Self, ConfigError> {
        let config = Self {
            regime: one_of("cluster.regime", Some(&raw.regime), &REGIMES)?,
            mode: mode(&raw).read("cluster")?,
            changes: changes(&raw)?,
            funding_window_ms: i64::from(raw.funding_minutes) * MINUTE_MS,
            cut_offs: cut_offs(&raw)?,
            hours: hours::read(
                raw.settlement_opens,
                raw.settlement_closes,
                raw.settlement_closed_days.as_deref().unwrap_or_default(),
            )?,
            lockstep_clock: one_of("cluster.clock", Some(&raw.clock), &CLOCKS)?,
            lockstep: lockstep(&raw)?,
            limits: one_of(
                "cluster.limits",
                Some(&raw.limits),
                &SCHEDULES.map(|schedule| (schedule.name, schedule)),
            )?,
            expiry_seconds: raw.expiry_seconds,
            expiry_ticks: raw.expiry_ticks,
            queue_capacity: raw.queue_capacity,
            refusals: RefusalRate {
                burst: raw.refusals_burst,
                per_second: raw.refusals_per_second,
            },
            link_secrets: raw.link_secrets,
            log_pages: raw.log_pages,
            transport: raw.transport,
            haircut_permille: raw.haircut_permille,
            credit_price: raw.credit_price.0,
            overdrafts: one_of("cluster.overdrafts", Some(&raw.overdrafts), &OVERDRAFTS)?,
            overdraft_rate: raw.overdraft_rate.0,
            interest_rate: interest_rate(raw.interest_rate.0)?,
            bilateral_limit: raw.bilateral_limit.0,
            operators: operators(&raw)?,
        };
        // After the conversion, whose errors name what a value means; before what must hold between
        // values.
        raw.check_ranges()?;
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
        settlement: Some(&raw.settlement),
        shortfall: Some(&raw.shortfall),
        algorithm: raw.algorithm.as_deref(),
        gross_first: Some(raw.gross_first),
        look_ahead: Some(raw.look_ahead),
        queue_end_of_day: Some(&raw.queue_end_of_day),
    }
}

fn changes(raw: &RawCluster) -> Result<Vec<ModeChange>, ConfigError> {
    let changes = raw.changes.iter().enumerate();
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
    let start = raw.start.as_str();
    let date = BusinessDate::parse(start).ok_or_else(|| {
        ConfigError::value(
            "cluster.start",
            format!("{start:?} is not a date from 1971 to 9999 as in 2022-08-24"),
        )
    })?;
    Ok(Lockstep { start: date.start(), tick_ms: i64::from(raw.tick_seconds) * 1000 })
}

/// Reads a rate in percent; ledgers count in millionths.
fn interest_rate(percent: Decimal) -> Result<InterestRate, ConfigError> {
    let millionths = percent.checked_mul(Decimal::from(10_000)).filter(Decimal::is_integer);
    let rate = millionths.and_then(|millionths| millionths.to_u32());
    rate.and_then(InterestRate::from_millionths).ok_or_else(|| {
        let message = format!("{percent} is not a rate from 0 to 100 with at most 4 decimals");
        ConfigError::value("cluster.interest_rate", message)
    })
}

fn operators(raw: &RawCluster) -> Result<Vec<OperatorConfig>, ConfigError> {
    let listed = raw.reserved.as_ref();
    let kept = listed.map(|listed| reserved::read("cluster.reserved", listed)).transpose()?;
    let opening = Opening { reserved: kept.unwrap_or_default(), ..Opening::from(raw) };
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
            reserved: match &self.reserved {
                Some(listed) => reserved::read(&at("reserved"), listed)?,
                None => opening.reserved,
            },
            deposits: self.deposits.map_or(opening.deposits, |yuan| yuan.0),
            indirect: self.indirect()?,
            indirect_permille: self.indirect_permille.unwrap_or_default(),
        })
    }
}

impl RawOperator {
    fn indirect(&self) -> Result<Vec<OperatorCode>, ConfigError> {
        let read = |code: &String| {
            let path = format!("cluster.operators.{}.indirect", self.code);
            code.parse().map_err(|_| {
                ConfigError::value(path, format!("{code:?} is not 1 to 8 letters or digits"))
            })
        };
        self.indirect.iter().flatten().map(read).collect()
    }

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
            regime: config.regime.name().to_owned(),
            settlement: mode.settlement.to_owned(),
            shortfall: mode.shortfall.to_owned(),
            algorithm: Some(mode.algorithm.to_owned()),
            gross_first: mode.gross_first,
            look_ahead: mode.look_ahead,
            queue_end_of_day: mode.queue_end_of_day.to_owned(),
            changes: config.changes.iter().copied().map(RawChange::from).collect(),
            funding_minutes: u32::try_from(config.funding_window_ms / MINUTE_MS)
                .unwrap_or(u32::MAX),
            cut_offs: Some(config.cut_offs.iter().copied().map(TimeOfDay).collect()),
            settlement_opens: OpeningTime(config.hours.opens_ms()),
            settlement_closes: TimeOfDay(config.hours.closes_ms()),
            settlement_closed_days: hours::closed_days(&config.hours),
            clock: name_of(&config.lockstep_clock, &CLOCKS),
            start: config.lockstep.start.date().to_string(),
            tick_seconds: u32::try_from(config.lockstep.tick_ms / 1000).unwrap_or(u32::MAX),
            limits: limits.name.to_owned(),
            expiry_seconds: config.expiry_seconds,
            expiry_ticks: config.expiry_ticks,
            queue_capacity: config.queue_capacity,
            refusals_burst: config.refusals.burst,
            refusals_per_second: config.refusals.per_second,
            link_secrets: config.link_secrets,
            log_pages: config.log_pages,
            transport: config.transport,
            haircut_permille: config.haircut_permille,
            credit_price: Price(config.credit_price),
            overdrafts: name_of(&config.overdrafts, &OVERDRAFTS),
            overdraft_rate: Price(config.overdraft_rate),
            interest_rate: Price(Decimal::new(config.interest_rate.millionths().into(), 4)),
            bilateral_limit: Cap(config.bilateral_limit),
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
            reserved: Some(reserved::listed(&operator.reserved)),
            deposits: Some(Yuan(operator.deposits)),
            indirect: (!operator.indirect.is_empty())
                .then(|| operator.indirect.iter().map(ToString::to_string).collect()),
            indirect_permille: Some(operator.indirect_permille).filter(|permille| *permille > 0),
        }
    }
}
