//! What parameters, their values and indicators are called in figures.

use std::borrow::Cow;

use toml::Value;

use super::keys::SweepFigure;
use super::row::FEN;
use super::tables::plain;

/// How the values of an indicator are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Fen, shown in yuan or thousands, millions or billions of them.
    Fen,
    /// Yuan, shown alike.
    Yuan,
    /// Something that is counted or has no unit, by its name.
    Named(&'static str),
}

/// An indicator that is drawn when its values differ.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    /// Its column.
    pub(super) indicator: Cow<'static, str>,
    /// What it is called.
    pub(super) heading: Cow<'static, str>,
    /// What it is, in a few words more.
    pub(super) title: Cow<'static, str>,
    pub(super) unit: Unit,
    /// The column of what theory says, if it says something.
    pub(super) law: Option<&'static str>,
}

const fn drawn(
    indicator: &'static str,
    unit: Unit,
    heading: &'static str,
    title: &'static str,
) -> Drawn {
    Drawn {
        indicator: Cow::Borrowed(indicator),
        heading: Cow::Borrowed(heading),
        title: Cow::Borrowed(title),
        unit,
        law: None,
    }
}

impl Drawn {
    /// A figure of scripts that a sweep names, by its column.
    pub(super) fn of_script(figure: &SweepFigure, column: &str) -> Self {
        let name = figure.figure.as_str();
        let unit = if column.ends_with(FEN) { Fen } else { Named("number") };
        Self {
            indicator: Cow::Owned(column.to_owned()),
            heading: Cow::Owned(figure.title.clone().unwrap_or_else(|| name.to_owned())),
            title: Cow::Owned(format!("The figure {name}")),
            unit,
            law: None,
        }
    }
}

use Unit::{Fen, Named, Yuan};

/// What is drawn, in order.
pub(super) static DRAWN: [Drawn; 17] = [
    drawn(
        "delay_indicator",
        Named("delay indicator"),
        "Delay",
        "Delay indicator: 0 when nothing waits, 1 when everything waits for the close of its day",
    ),
    drawn("total_cost", Yuan, "Cost", "Cost of liquidity, delay and intraday credit"),
    drawn(
        "unsettled_fen",
        Fen,
        "Unsettled value",
        "Value that never settled; what was paid of an obligation is not part of it",
    ),
    drawn(
        "losses_fen",
        Fen,
        "Losses",
        "Claims that operators got in the place of money, all bearers together",
    ),
    drawn(
        "largest_loss_fen",
        Fen,
        "Largest loss",
        "The most of these claims that one operator bears",
    ),
    drawn(
        "claims_fen",
        Fen,
        "Claims at the end",
        "What operators owe each other outside settlement at the end",
    ),
    drawn(
        "central_bank_credit_drawn_fen",
        Fen,
        "Credit of the central bank, drawn",
        "What the central bank lent to operators that were short at a cut-off",
    ),
    drawn(
        "central_bank_credit_open_fen",
        Fen,
        "Credit of the central bank, not repaid",
        "What of it was not repaid at the end",
    ),
    drawn(
        "overdraft_fen",
        Fen,
        "Overdrafts",
        "What operators owed the central bank after the last close of a day",
    ),
    drawn("refused", Named("payments"), "Refused payments", "Payments rejected or returned"),
    drawn(
        "withheld",
        Named("payments"),
        "Withheld payments",
        "Payments that were never submitted because of faults",
    ),
    drawn(
        "most_owed_fen",
        Fen,
        "Owed between settlements",
        "The most that each operator owed between settlements, summed over operators",
    ),
    drawn(
        "mean_asked_fen",
        Fen,
        "Asked for at a cut-off",
        "What a cut-off asks of all operators together, on average",
    ),
    drawn(
        "largest_asked_fen",
        Fen,
        "Most asked for at a cut-off",
        "The most that a cut-off asks of all operators together",
    ),
    drawn(
        "sufficient_fen",
        Fen,
        "Liquidity that would have sufficed",
        "The cover with which no operator would have been short at any time, summed over operators",
    ),
    drawn(
        "turnover_ratio",
        Named("turnover ratio"),
        "Turnover",
        "Turnover ratio: value over the liquidity that settles all at once",
    ),
    Drawn {
        indicator: Cow::Borrowed("cycle_netting_ratio"),
        heading: Cow::Borrowed("Netting ratio"),
        title: Cow::Borrowed(
            "What netting in cycles leaves to settle over gross value; dashed: the square-root law",
        ),
        unit: Named("net over gross"),
        law: Some("square_root_law"),
    },
];

/// Keys whose values are counted: "5 operators".
const COUNTED: [(&str, &str); 6] = [
    ("cluster.cycles_per_day", "cycles a day"),
    ("cluster.operator_count", "operators"),
    ("days", "business days"),
    ("workload.payments_per_day", "payments a day"),
    ("workload.wallets", "wallets"),
    ("workload.random_flow.payments_per_pair", "payments a day of each pair"),
];

const CALLED: [(&str, &str); 15] = [
    ("cluster.settlement", "settlement"),
    ("cluster.shortfall", "rule for shortfalls"),
    ("cluster.algorithm", "release of the queue"),
    ("cluster.regime", "regime"),
    ("cluster.tick_seconds", "length of a tick in seconds"),
    ("cluster.cap", "net debit cap in yuan"),
    ("cluster.reserves", "opening reserves in yuan"),
    ("cluster.credit", "credit line in yuan"),
    ("cluster.credit_price", "price of credit, yuan for a million in an hour"),
    ("cluster.overdraft_rate", "rate of overdrafts, percent a year"),
    ("cluster.funding_minutes", "minutes to bring in money"),
    ("cluster.bilateral_limit", "bilateral limit in yuan"),
    ("cluster.receiver_cap", "receiver cap in yuan"),
    ("workload.on_us_bias", "probability of a payee at the same operator"),
    ("liquidity_level", "level of liquidity: 0 is the lower bound, 1 the upper bound"),
];

const VALUES: [(&str, &str); 18] = [
    ("deferred-net", "deferred net settlement"),
    ("gross", "gross settlement"),
    ("gross-queue", "gross settlement with a queue"),
    ("hybrid", "hybrid settlement"),
    ("partial-net", "partial netting"),
    ("all-or-nothing", "all or nothing"),
    ("unwind", "unwinding"),
    ("loss-sharing", "loss sharing"),
    ("pro-rata", "pro rata"),
    ("central-bank-credit", "central-bank credit"),
    ("gross_fifo", "first in, first out"),
    ("gross_bypass", "bypassing first in, first out"),
    ("all_or_nothing", "all or nothing"),
    ("partial_net", "partial netting"),
    ("bilateral_offset", "bilateral offsetting"),
    ("bilateral_then_multilateral", "bilateral, then multilateral offsetting"),
    ("cash", "cash regime"),
    ("deposit", "deposit regime"),
];

fn find(list: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    list.iter().find(|(known, _)| *known == key).map(|(_, words)| *words)
}

/// What a parameter is called, by its key.
pub(super) fn parameter(key: &str) -> String {
    if let Some(words) = find(&COUNTED, key).or_else(|| find(&CALLED, key)) {
        return words.to_owned();
    }
    let parts: Vec<_> = key.split('.').collect();
    let last = parts.last().copied().unwrap_or(key).replace('_', " ");
    match parts[..] {
        ["fault", number, "share"] => format!("share that fault {number} takes"),
        ["campaign", number, "held"] => format!("campaign {number}"),
        ["series", number, "share"] => {
            format!("share of payments of series {number} with a voucher or red packet")
        }
        ["series", number, "sticky"] => format!("stickiness of series {number}"),
        ["fault", number, _] => format!("{last} of fault {number}"),
        ["treasury", number, _] => format!("{last} of treasurer {number}"),
        ["cluster", "operators", code, _] => format!("{last} of {code}"),
        _ => last,
    }
}

/// The value of a parameter, with what it is of where it does not tell.
pub(super) fn value_of(key: &str, value: &Value) -> String {
    let text = plain(value);
    if let Some(words) = find(&VALUES, &text) {
        return words.to_owned();
    }
    if let (true, Some(is_held)) = (key.ends_with(".held"), value.as_bool()) {
        return format!("{} {}", if is_held { "with" } else { "without" }, parameter(key));
    }
    match find(&COUNTED, key) {
        Some(words) if text == "1" => format!(
            "1 {}",
            words
                .replacen("cycles", "cycle", 1)
                .replacen("payments", "payment", 1)
                .trim_end_matches('s')
        ),
        Some(words) => format!("{text} {words}"),
        None => format!("{} {text}", parameter(key)),
    }
}

/// A value of a parameter where its name stands beside it.
pub(super) fn bare_value(value: &Value) -> String {
    let text = plain(value);
    find(&VALUES, &text).map_or(text, str::to_owned)
}

impl Unit {
    /// What values up to a size are told in, and by what they are divided for it.
    pub(super) fn scaled(self, most: f64) -> (&'static str, f64) {
        let yuan = |per_yuan: f64| match most / per_yuan {
            size if size < 1e4 => ("yuan", per_yuan),
            size if size < 1e6 => ("thousand yuan", per_yuan * 1e3),
            size if size < 1e10 => ("million yuan", per_yuan * 1e6),
            _ => ("billion yuan", per_yuan * 1e9),
        };
        match self {
            Fen => yuan(100.0),
            Yuan => yuan(1.0),
            Named(name) => (name, 1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_values_are_named_in_words() {
        assert_eq!(parameter("cluster.cycles_per_day"), "cycles a day");
        assert_eq!(parameter("fault.1.share"), "share that fault 1 takes");
        assert_eq!(parameter("treasury.2.target"), "target of treasurer 2");
        assert_eq!(parameter("cluster.operators.ICBC.reserves"), "reserves of ICBC");
        assert_eq!(parameter("workload.transit.share_of_day"), "share of day");
        assert_eq!(value_of("cluster.operator_count", &Value::Integer(5)), "5 operators");
        assert_eq!(value_of("cluster.cycles_per_day", &Value::Integer(1)), "1 cycle a day");
        assert_eq!(value_of("workload.wallets", &Value::Integer(1)), "1 wallet");
        let held = [false, true].map(|held| value_of("campaign.1.held", &Value::Boolean(held)));
        assert_eq!(held, ["without campaign 1", "with campaign 1"]);
        assert_eq!(parameter("series.2.sticky"), "stickiness of series 2");
        let share = "share of payments of series 1 with a voucher or red packet";
        assert_eq!(parameter("series.1.share"), share);
        assert_eq!(value_of("cluster.shortfall", &Value::String("pro-rata".into())), "pro rata");
        let regimes = ["cash", "deposit"]
            .map(|regime| value_of("cluster.regime", &Value::String(regime.into())));
        assert_eq!(regimes, ["cash regime", "deposit regime"]);
        assert_eq!(
            value_of("cluster.tick_seconds", &Value::Integer(60)),
            "length of a tick in seconds 60"
        );
    }

    #[test]
    fn money_is_told_in_the_unit_that_leaves_few_digits() {
        assert_eq!(Fen.scaled(999_900.0), ("yuan", 100.0));
        assert_eq!(Fen.scaled(5e7), ("thousand yuan", 100_000.0));
        assert_eq!(Yuan.scaled(5e6), ("million yuan", 1e6));
        assert_eq!(Named("payments").scaled(5e6), ("payments", 1.0));
    }
}
