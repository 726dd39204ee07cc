//! The keys of the configuration, described once: for people, and to find typing errors.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::ConfigError;

/// A key of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The path; `[]` follows a list of tables.
    pub path: &'static str,
    /// What holds when it is absent.
    pub default: &'static str,
    /// The unit of the value, empty when it has none.
    pub unit: &'static str,
    /// What is allowed.
    pub range: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// The keys and tables of an experiment; of these a cluster reads `[cluster]` alone.
pub const EXPERIMENT_KEYS: &[&str] =
    &["name", "description", "seed", "days", "workload", "fault", "run", "cluster"];

/// Declares described keys: the meaning as a comment, then path = default, unit, range.
#[macro_export]
macro_rules! config_keys {
    ($($(#[doc = $meaning:literal])+ $path:literal = $default:literal, $unit:literal, $range:literal;)+) => {
        &[$($crate::config::Key {
            path: $path,
            default: $default,
            unit: $unit,
            range: $range,
            meaning: concat!($($meaning),+).trim_ascii(),
        },)+]
    };
}

/// The keys of a cluster.
pub const CLUSTER_KEYS: &[Key] = config_keys! {
    /// What a wallet balance is: cash issued by the central bank, or the operator's liability.
    "cluster.regime" = "cash", "", "cash | deposit";
    /// Whether obligations settle in cycles; each on payment, refused without cover; each on
    /// payment, waiting in a queue without cover; or from a queue that is offset bilaterally all
    /// day and multilaterally at the cut-offs.
    "cluster.settlement" = "deferred-net", "", "deferred-net | gross | gross-queue | hybrid";
    /// What happens at a cut-off when an operator cannot cover its net: what can settle settles and
    /// the rest is carried to the next cycle; all is carried; those who are short are taken out,
    /// and what they owe and are owed becomes claims; the others pay what is short and claim it;
    /// those who are short pay all they have, pro rata, and the rest becomes claims; the central
    /// bank lends it.
    "cluster.shortfall" = "partial-net", "",
        "partial-net | all-or-nothing | unwind | loss-sharing | pro-rata | central-bank-credit";
    /// How long a cycle that is not covered at its cut-off waits for operators to bring in money:
    /// it takes no more payments, settles as soon as it is covered, and else at the end by the rule
    /// for shortfalls.
    "cluster.funding_minutes" = "0", "minutes", "0 to less than the shortest cycle";
    /// How a queue is released beside the payments that fit by themselves (gross-queue, hybrid);
    /// optimal leaves a queue of more than 24 payments alone.
    "cluster.algorithm" = "from settlement: gross_fifo, in hybrid bilateral_offset", "",
        "gross_fifo | gross_bypass | bilateral_offset | partial_net | all_or_nothing | bilateral_then_multilateral | optimal";
    /// Whether payments that fit by themselves go before an algorithm that offsets, and again after
    /// it until nothing settles; otherwise it runs alone and once.
    "cluster.gross_first" = "true", "", "true | false";
    /// How many payments of each of a pair bilateral offsetting looks at.
    "cluster.look_ahead" = "10", "payments", "1 to 1000000";
    /// The business day from which on another settlement mode is in force; a list of changes.
    "cluster.changes[].from" = "none", "date in Shanghai", "1900-01-01 and later";
    /// How obligations settle from then on.
    "cluster.changes[].settlement" = "deferred-net", "", "as cluster.settlement";
    /// What happens then at a cut-off when an operator cannot cover its net.
    "cluster.changes[].shortfall" = "partial-net", "", "as cluster.shortfall";
    /// How a queue is released then.
    "cluster.changes[].algorithm" = "from settlement", "", "as cluster.algorithm";
    /// Whether payments that fit by themselves go first then.
    "cluster.changes[].gross_first" = "true", "", "true | false";
    /// How far bilateral offsetting looks then.
    "cluster.changes[].look_ahead" = "10", "payments", "1 to 1000000";
    /// Cycles at equal distances, the last ending at 24:00; not together with cut_offs.
    "cluster.cycles_per_day" = "4", "cycles", "a divisor of 1440";
    /// When cycles end on each day.
    "cluster.cut_offs" = "from cycles_per_day", "HH:MM in Shanghai", "ascending, the last 24:00";
    /// Whether business time is the clock on the wall, or advances in ticks as fast as the machine
    /// allows; runs are always in lockstep.
    "cluster.clock" = "wall", "", "wall | lockstep";
    /// The first business day under lockstep.
    "cluster.start" = "2022-08-24", "date in Shanghai", "1900-01-01 and later";
    /// The length of a tick under lockstep.
    "cluster.tick_seconds" = "60", "seconds", "1 to 86400, a divisor of 86400";
    /// The dated schedule of wallet limits.
    "cluster.limits" = "2021", "", "2021 | 2020-pilot";
    /// How long a payment may wait for its decision under the wall clock.
    "cluster.expiry_seconds" = "30", "seconds", "1 to 86400";
    /// How long a payment may wait for its decision under lockstep.
    "cluster.expiry_ticks" = "2", "ticks", "1 to 1440";
    /// How many commands wait for a ledger before more are refused.
    "cluster.queue_capacity" = "16384", "commands", "1 to 1048576";
    /// How many payments of one wallet may be refused at once for its funds, limits or standing,
    /// each of which leaves a row, before it is told to wait (wall clock).
    "cluster.refusals_burst" = "1000", "payments", "1 to 1000000";
    /// How many more may be refused in each second.
    "cluster.refusals_per_second" = "10", "payments", "1 to 1000";
    /// Whether an operator proves itself with its secret before its link is served.
    "cluster.link_secrets" = "true", "", "true | false";
    /// How long the log of a ledger becomes before it is moved into the file and starts anew: a
    /// short log costs speed and saves room.
    "cluster.log_pages" = "16000", "pages of 4 KiB", "16 to 1048576";
    /// The most connections of a process; beyond them the one that has been idle or quiet for
    /// longest makes room.
    "cluster.transport.connections" = "1024", "connections", "1 to 1048576, and what the system leaves of its descriptors";
    /// The most calls under way on one connection; a client waits with more.
    "cluster.transport.streams" = "256", "calls", "1 to 1048576";
    /// The most subscribers of one kind of event.
    "cluster.transport.subscribers" = "1024", "subscribers", "0 to 1048576";
    /// The most bytes of messages on one connection that are not complete.
    "cluster.transport.connection_bytes" = "67108864", "bytes", "1048576 to 17179869184";
    /// The most bytes of messages in all that are not complete; the first 16 KiB of each have as
    /// much room of their own.
    "cluster.transport.bytes" = "268435456", "bytes", "1048576 to 17179869184";
    /// The most bytes of the headers of a call.
    "cluster.transport.header_bytes" = "16384", "bytes", "4096 to 16777216";
    /// How long a new connection may take until it speaks HTTP/2.
    "cluster.transport.handshake_seconds" = "10", "seconds", "1 to 86400";
    /// How long a connection may be open without a call.
    "cluster.transport.idle_seconds" = "900", "seconds", "1 to 86400";
    /// How long a message may take from its first byte to its last; an answer waits at least twice
    /// as long for its client.
    "cluster.transport.message_seconds" = "20", "seconds", "1 to 86400";
    /// How often a connection is asked whether its peer is there.
    "cluster.transport.keepalive_seconds" = "20", "seconds", "1 to 86400";
    /// How long the peer may take to answer.
    "cluster.transport.keepalive_timeout_seconds" = "20", "seconds", "1 to 86400";
    /// The first operators of the roster, then OP11 and so on; not together with operators.
    "cluster.operator_count" = "10", "operators", "1 to 50; 500 for listed payments in one process";
    /// The reserve account every operator opens with.
    "cluster.reserves" = "100000000000.00", "yuan", "0 to 10000000000000.00";
    /// E-CNY issued at the start to every operator out of its reserves (cash regime).
    "cluster.stock" = "50000000000.00", "yuan", "0 to reserves";
    /// The net debit cap of every operator, unless it puts up earmarked reserves or collateral:
    /// then the cap is those, the collateral less its haircut, plus the credit line.
    "cluster.cap" = "10000000000.00", "yuan", "0 to 10000000000000.00, or unlimited";
    /// How far every operator's reserve account may go below zero in settlement (deposit regime).
    "cluster.credit" = "0.00", "yuan", "0 to 10000000000000.00";
    /// Reserves every operator earmarks for its cap: they settle, but cannot be taken out.
    "cluster.earmarked" = "0.00", "yuan", "0 to reserves";
    /// Collateral every operator pledges for its cap, before the haircut.
    "cluster.collateral" = "0.00", "yuan", "0 to 10000000000000.00";
    /// What is taken off the value of collateral.
    "cluster.haircut_permille" = "0", "thousandths", "0 to 1000";
    /// What a million yuan of intraday credit cost in an hour: reserve accounts below zero are
    /// counted and priced in the results of a run (deposit regime).
    "cluster.credit_price" = "0", "yuan", "0 to 1000000";
    /// What becomes of what an operator still owes the central bank after the close of a day: an
    /// overdraft for the night; or refused, a default until it is repaid, in which the operator is
    /// lent nothing and its payments are refused.
    "cluster.overdrafts" = "allowed", "", "allowed | refused";
    /// What operators pay for what they still owe the central bank after the close of a day, by the
    /// night: counted and priced in the results of a run.
    "cluster.overdraft_rate" = "0", "percent a year", "0 to 1000000; 0 where overdrafts are refused";
    /// What every operator may pay each other one on a business day, net of what that paid it;
    /// beyond it payments wait in a queue, and are refused where there is none.
    "cluster.bilateral_limit" = "unlimited", "yuan", "0 to 10000000000000.00, or unlimited";
    /// What every operator may receive on a business day, net of what it sent; beyond it as with
    /// bilateral_limit.
    "cluster.receiver_cap" = "unlimited", "yuan", "0 to 10000000000000.00, or unlimited";
    /// Bank deposits of every operator's customers outside wallets (deposit regime).
    "cluster.deposits" = "50000000000.00", "yuan", "0 to 10000000000000.00";
    /// The operator; a list of operators replaces the ten of the roster.
    "cluster.operators[].code" = "none", "", "1 to 8 letters or digits";
    /// What files of payments and results call it.
    "cluster.operators[].identifier" = "the code", "", "1 to 35 characters, none of them a control character";
    /// Its English name.
    "cluster.operators[].name" = "of the roster, else the code", "", "any text";
    /// Its Chinese name.
    "cluster.operators[].name_zh" = "of the roster, else empty", "", "any text";
    /// The first three digits of its wallet numbers.
    "cluster.operators[].prefix" = "of the roster", "", "001 to 999";
    /// Its share in the wallets of a generated workload.
    "cluster.operators[].weight" = "of the roster, else 1", "", "0 to 1000000";
    /// Its reserve account at the start.
    "cluster.operators[].reserves" = "cluster.reserves", "yuan", "as cluster.reserves";
    /// E-CNY issued to it at the start (cash regime).
    "cluster.operators[].stock" = "cluster.stock", "yuan", "as cluster.stock";
    /// Its net debit cap.
    "cluster.operators[].cap" = "cluster.cap", "yuan", "as cluster.cap";
    /// How far its reserve account may go below zero in settlement (deposit regime).
    "cluster.operators[].credit" = "cluster.credit", "yuan", "as cluster.credit";
    /// Reserves it earmarks for its cap.
    "cluster.operators[].earmarked" = "cluster.earmarked", "yuan", "as cluster.earmarked";
    /// Collateral it pledges for its cap, before the haircut.
    "cluster.operators[].collateral" = "cluster.collateral", "yuan", "as cluster.collateral";
    /// What it may pay single other operators net on a business day, by their codes: { ABC =
    /// "1000.00" }.
    "cluster.operators[].bilateral_limits" = "cluster.bilateral_limit", "yuan", "as cluster.bilateral_limit";
    /// What it may receive net on a business day.
    "cluster.operators[].receiver_cap" = "cluster.receiver_cap", "yuan", "as cluster.receiver_cap";
    /// Its customers' bank deposits outside wallets (deposit regime).
    "cluster.operators[].deposits" = "cluster.deposits", "yuan", "as cluster.deposits";
};

/// Reads a TOML text without looking at its keys.
pub fn parse_table(text: &str) -> Result<Table, ConfigError> {
    text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        ConfigError::Syntax { line, message: error.message().replace('\n', ", ") }
    })
}

/// Reads a value that was found under a path; an error names the key at fault.
pub fn read_value<T: DeserializeOwned>(path: &str, value: Value) -> Result<T, ConfigError> {
    value.try_into().map_err(|error: toml::de::Error| {
        let text = error.to_string();
        let within =
            text.lines().last().and_then(|line| line.strip_prefix("in `")?.strip_suffix('`'));
        let path = within.map_or_else(|| path.to_owned(), |within| format!("{path}.{within}"));
        ConfigError::Value { path, message: error.message().replace('\n', ", ") }
    })
}

/// Refuses a key that is not described, and suggests the one that was probably meant.
///
/// Under a path that itself is a described key everything is that key's own matter.
pub fn check_keys(path: &str, value: &Value, keys: &[Key]) -> Result<(), ConfigError> {
    if keys.iter().any(|key| key.path == path) {
        return Ok(());
    }
    match value {
        Value::Table(table) => table.iter().try_for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let within = |key: &Key| {
                key.path
                    .strip_prefix(&path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            if !keys.iter().any(within) {
                return Err(ConfigError::UnknownKey { suggestion: nearest(&path, keys), path });
            }
            check_keys(&path, value, keys)
        }),
        Value::Array(items) => {
            let path = format!("{path}[]");
            items.iter().try_for_each(|item| check_keys(&path, item, keys))
        }
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_) => {
            Err(ConfigError::value(path, "is a single value where a table is meant"))
        }
    }
}

/// The described key, or table of keys, that looks most like a path.
fn nearest(path: &str, keys: &[Key]) -> Option<String> {
    let depth = path.matches('.').count() + 1;
    let candidates =
        keys.iter().map(|key| key.path.split('.').take(depth).collect::<Vec<_>>().join("."));
    let likeness = |candidate: &String| strsim::damerau_levenshtein(candidate, path);
    let best = candidates.min_by_key(likeness)?;
    // Someone who mistypes a name gets most of its letters right.
    let name = path.rsplit('.').next().unwrap_or(path);
    (likeness(&best) * 2 <= name.chars().count()).then_some(best)
}
