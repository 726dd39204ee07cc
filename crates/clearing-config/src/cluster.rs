//! The configuration of a cluster, checked and without gaps.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clearing_domain::Lockstep;
use clearing_domain::Regime;
use clearing_domain::central_bank::{
    CentralBankSettings, Guarantees, ModeChange, OperatorOpening, Overdrafts, Reserved,
    SettlementHours, SettlementMode,
};
use clearing_domain::money::{Amount, InterestRate, OperatorCode, Prefix};
use clearing_domain::operator::{LimitSchedule, OperatorSettings, RefusalRate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::ConfigError;
use super::keys::{CLUSTER_KEYS, EXPERIMENT_KEYS, Key, check_keys, parse_table, read_value};
use super::raw::RawCluster;
use super::roster::{Opening, operator_at};
use super::transport::TransportLimits;

/// The most operators of a cluster of processes.
pub const OPERATORS_MAX: usize = 50;
/// The most participants of a run in one process.
pub const PARTICIPANTS_MAX: usize = 500;
/// The most banks that take part through one operator.
pub(crate) const INDIRECT_MAX: usize = 100;

/// What every process of a cluster is configured with; all of them get the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawCluster", into = "RawCluster")]
pub struct ClusterConfig {
    /// Cash or deposit.
    pub regime: Regime,
    /// How obligations settle at the start.
    pub mode: SettlementMode,
    /// How they settle from certain business days on.
    pub changes: Vec<ModeChange>,
    /// How long after a cut-off operators may bring in money, in milliseconds.
    pub funding_window_ms: i64,
    /// Cut-offs in milliseconds of the day in Asia/Shanghai, ascending, the last at 24:00.
    pub cut_offs: Vec<i64>,
    /// When anything settles.
    pub hours: SettlementHours,
    /// Whether business time advances in ticks instead of following the wall clock.
    pub lockstep_clock: bool,
    /// How ticks map to business time, when they do.
    pub lockstep: Lockstep,
    /// The limits of wallets.
    pub limits: LimitSchedule,
    /// How long a payment may wait for its decision under the wall clock.
    pub expiry_seconds: u32,
    /// How long a payment may wait for its decision under lockstep.
    pub expiry_ticks: u32,
    /// How many commands may wait for a ledger.
    pub queue_capacity: usize,
    /// How many of its payments a wallet may have refused.
    pub refusals: RefusalRate,
    /// Whether an operator proves itself with its secret before its link is served.
    pub link_secrets: bool,
    /// How many pages of 4 KiB the log of a ledger has when it starts anew.
    pub log_pages: u32,
    /// What strangers may hold of a process.
    pub transport: TransportLimits,
    /// What is taken off the value of collateral, in thousandths.
    pub haircut_permille: u16,
    /// What a million yuan of intraday credit cost in an hour, in yuan.
    pub credit_price: Decimal,
    /// What becomes of what an operator cannot repay at the close of a day.
    pub overdrafts: Overdrafts,
    /// What an overdraft at the close of a day costs, in percent a year.
    pub overdraft_rate: Decimal,
    /// The yearly rate of interest on wallets (deposit regime).
    pub interest_rate: InterestRate,
    /// What each operator may pay each other net on a day, unless they have a limit of their own;
    /// `None` is unlimited.
    pub bilateral_limit: Option<Amount>,
    /// The operators in the order of the roster.
    pub operators: Vec<OperatorConfig>,
}

/// An operator of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorConfig {
    /// Its code.
    pub code: OperatorCode,
    /// What files of payments and results call it, where that is not the code.
    pub identifier: Option<String>,
    /// Its English name.
    pub name: String,
    /// Its Chinese name.
    pub name_zh: String,
    /// The prefix of its wallets.
    pub prefix: Prefix,
    /// Its share in the wallets of a generated workload.
    pub weight: u32,
    /// The reserve account it opens with.
    pub reserves: Amount,
    /// e-CNY issued to it at the start (cash regime).
    pub stock: Amount,
    /// Its net debit cap; `None` is unlimited.
    pub cap: Option<Amount>,
    /// How far its reserve account may go below zero in settlement (deposit regime).
    pub credit: Amount,
    /// What it puts up for its cap at the start, which then follows from it.
    pub guarantees: Guarantees,
    /// What it may pay single other operators net on a day; `None` is unlimited.
    pub bilateral_limits: BTreeMap<OperatorCode, Option<Amount>>,
    /// What it may receive net on a day; `None` is unlimited.
    pub receiver_cap: Option<Amount>,
    /// What it keeps for levels of the queue.
    pub reserved: Reserved,
    /// Its customers' bank deposits outside wallets (deposit regime).
    pub deposits: Amount,
    /// The banks that take part through it.
    pub indirect: Vec<OperatorCode>,
    /// The share of them in its wallets of a generated workload, in thousandths.
    pub indirect_permille: u16,
}

/// The tutorial cluster: ten operators, cash, deferred net with four cycles a day, the wall clock,
/// and money enough for anything a newcomer does.
impl Default for ClusterConfig {
    #[expect(
        clippy::expect_used,
        reason = "the values are constants of this crate, and a test holds them"
    )]
    fn default() -> Self {
        Self::try_from(RawCluster::default()).expect("the default configuration is valid")
    }
}

impl OperatorConfig {
    /// What results call it: its identifier, else its code.
    pub fn label(&self) -> &str {
        self.identifier.as_deref().unwrap_or(self.code.as_str())
    }
}

impl ClusterConfig {
    /// Reads a file with a `[cluster]` table for processes. The tables of an experiment may stand
    /// beside it.
    pub fn from_file_text(text: &str) -> Result<Self, ConfigError> {
        let config = Self::from_value(Self::value_of_file(text)?)?;
        config.check_processes()?;
        Ok(config)
    }

    /// The value of `cluster` in a file, an empty table without one. The tables of an experiment
    /// may stand beside it.
    pub fn value_of_file(text: &str) -> Result<Value, ConfigError> {
        let mut table = parse_table(text)?;
        let cluster = table.remove("cluster").unwrap_or_else(|| Value::Table(Table::new()));
        // The other tables are the experiment's own; only their names are looked at.
        let names: Vec<_> =
            EXPERIMENT_KEYS.iter().map(|path| Key { path, ..CLUSTER_KEYS[0] }).collect();
        check_keys("", &Value::Table(table), &names)?;
        Ok(cluster)
    }

    /// The operator that a file of payments means by a text: its identifier, else its code.
    pub fn operator_named(&self, text: &str) -> Option<&OperatorConfig> {
        // An identifier stands over a code: a file may call one operator what is the code of
        // another.
        let by_identifier =
            self.operators.iter().find(|operator| operator.identifier.as_deref() == Some(text));
        by_identifier
            .or_else(|| self.operators.iter().find(|operator| operator.code.as_str() == text))
    }

    /// Refuses more operators than processes are started for.
    pub fn check_processes(&self) -> Result<(), ConfigError> {
        let operators = self.operators.len();
        if operators <= OPERATORS_MAX {
            return Ok(());
        }
        let message = format!(
            "{operators} are more than the {OPERATORS_MAX} that run as processes; up to {PARTICIPANTS_MAX} run in one \
             process, with --in-process"
        );
        Err(ConfigError::value("cluster.operators", message))
    }

    /// Reads the value of `cluster`.
    pub fn from_value(value: Value) -> Result<Self, ConfigError> {
        let document = Value::Table(Table::from_iter([("cluster".to_owned(), value.clone())]));
        check_keys("", &document, &CLUSTER_KEYS)?;
        read_value::<RawCluster>("cluster", value)?.try_into()
    }

    /// The configuration as a file with every value stated.
    pub fn to_toml(&self) -> String {
        let raw = Value::try_from(RawCluster::from(self.clone()));
        let table = Table::from_iter(raw.ok().map(|raw| ("cluster".to_owned(), raw)));
        toml::to_string(&table).unwrap_or_default()
    }

    /// The same cluster with another number of operators: the first of its list, and beyond its end
    /// OP11 with prefix 012 and so on.
    pub fn with_operators(mut self, count: usize) -> Result<Self, ConfigError> {
        // Those that are left keep their numbers, prefixes and money.
        self.operators.truncate(count);
        let first = self.operators.first();
        let opening = first.map_or_else(
            || Opening::from(&RawCluster::default()),
            |first| Opening {
                reserves: first.reserves,
                stock: first.stock,
                cap: first.cap,
                credit: first.credit,
                guarantees: first.guarantees,
                receiver_cap: first.receiver_cap,
                reserved: first.reserved,
                deposits: first.deposits,
            },
        );
        // One too many is enough for the check to see it.
        let added = self.operators.len()..count.min(PARTICIPANTS_MAX + 1);
        self.operators.extend(added.filter_map(|place| operator_at(place, opening)));
        self.validate()?;
        self.check_processes()?;
        Ok(self)
    }

    /// The same cluster in lockstep, as every run is.
    pub fn in_lockstep(mut self) -> Result<Self, ConfigError> {
        self.lockstep_clock = true;
        self.validate()?;
        Ok(self)
    }

    fn lockstep_settings(&self) -> Option<Lockstep> {
        self.lockstep_clock.then_some(self.lockstep)
    }

    /// How long a payment may wait for its decision, in milliseconds.
    pub fn expiry_ms(&self) -> i64 {
        if self.lockstep_clock {
            self.lockstep.tick_ms.saturating_mul(i64::from(self.expiry_ticks))
        } else {
            i64::from(self.expiry_seconds) * 1000
        }
    }

    /// The settings of the central bank's ledger, operators sorted by code.
    pub fn central_bank_settings(&self) -> CentralBankSettings {
        let opening = |operator: &OperatorConfig| OperatorOpening {
            code: operator.code,
            name: operator.name.as_str().into(),
            name_zh: operator.name_zh.as_str().into(),
            prefix: operator.prefix,
            reserves: operator.reserves,
            // In the deposit regime the central bank issues nothing at the start.
            stock: if self.regime == Regime::Cash { operator.stock } else { Amount::ZERO },
            cap: operator.cap,
            credit: operator.credit,
            guarantees: operator.guarantees,
            bilateral_limits: self.bilateral_limits(operator),
            receiver_cap: operator.receiver_cap,
            reserved: operator.reserved,
        };
        let mut operators: Vec<_> = self.operators.iter().map(opening).collect();
        // The order of the file must not matter: numbers of operators are in rows and hashes.
        operators.sort_by_key(|operator| operator.code);
        CentralBankSettings {
            regime: self.regime,
            mode: self.mode,
            changes: self.changes.clone(),
            funding_window_ms: self.funding_window_ms,
            overdrafts: self.overdrafts,
            cut_offs: self.cut_offs.clone(),
            hours: self.hours.clone(),
            haircut_permille: self.haircut_permille,
            lockstep: self.lockstep_settings(),
            operators,
        }
    }

    /// The limits of an operator: its own, else the cluster's.
    fn bilateral_limits(&self, payer: &OperatorConfig) -> Vec<(OperatorCode, Amount)> {
        let others =
            self.operators.iter().map(|operator| operator.code).filter(|code| *code != payer.code);
        let limit =
            |code| payer.bilateral_limits.get(&code).copied().unwrap_or(self.bilateral_limit);
        others.filter_map(|code| Some((code, limit(code)?))).collect()
    }

    /// The settings of an operator's ledger.
    pub fn operator_settings(&self, code: OperatorCode) -> Result<OperatorSettings, ConfigError> {
        let operator = self.operators.iter().find(|operator| operator.code == code);
        let operator = operator.ok_or(ConfigError::OperatorUnknown(code))?;
        Ok(OperatorSettings {
            code,
            prefix: operator.prefix,
            regime: self.regime,
            limits: self.limits,
            expiry_ms: self.expiry_ms(),
            lockstep: self.lockstep_settings(),
            opening_deposits: operator.deposits,
            interest: self.interest(),
            any_pool: false,
        })
    }

    /// The rate that wallets earn, which is none in the cash regime.
    fn interest(&self) -> InterestRate {
        match self.regime {
            Regime::Cash => InterestRate::ZERO,
            Regime::Deposit => self.interest_rate,
        }
    }

    /// The banks that take part through an operator.
    pub fn indirect(&self, code: OperatorCode) -> &[OperatorCode] {
        let operator = self.operators.iter().find(|operator| operator.code == code);
        operator.map_or(&[], |operator| &operator.indirect)
    }

    /// The values that may not change over the life of a ledger file, as canonical text.
    pub fn ledger_identity(&self) -> String {
        let clock = self.lockstep_settings().map_or_else(
            || "wall".to_owned(),
            |lockstep| {
                format!("lockstep from {} in ticks of {} ms", lockstep.start, lockstep.tick_ms)
            },
        );
        let mut text = format!(
            "regime {}; clock {clock}; limits {}; operators",
            self.regime.name(),
            self.limits.name
        );
        let mut operators: Vec<_> =
            self.operators.iter().map(|operator| (operator.code, operator.prefix)).collect();
        // Sorted, so that a roster in another order is the same cluster.
        operators.sort_unstable();
        for (code, prefix) in operators {
            let _ = write!(text, " {code}:{prefix}");
        }
        // Interest that was credited is checked against what the days before have earned.
        let interest = self.interest();
        if interest > InterestRate::ZERO {
            let _ = write!(text, "; interest {interest}");
        }
        // Caps that follow from guarantees are counted again from the rows, so what they count may
        // not change.
        let _ = write!(text, "; haircut {}; credit", self.haircut_permille);
        let mut credit: Vec<_> =
            self.operators.iter().map(|operator| (operator.code, operator.credit)).collect();
        credit.sort_unstable();
        for (code, credit) in credit.into_iter().filter(|(_, credit)| *credit > Amount::ZERO) {
            let _ = write!(text, " {code}:{credit}");
        }
        text
    }

    /// Whether the central bank opens an operator's accounts with money.
    pub fn opens_with_money(&self, code: OperatorCode) -> bool {
        let operator = self.operators.iter().find(|operator| operator.code == code);
        operator.is_some_and(|operator| operator.reserves > Amount::ZERO)
    }
}
