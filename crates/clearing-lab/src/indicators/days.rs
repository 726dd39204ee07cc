//! The indicators of each day of a file.

use clearing_domain::indicators::{
    DayFigures, DayPosition, average_payment_time, bilateral_netting_ratio, clustering, degrees,
    density, herfindahl_index, link_reciprocity, lower_bound_liquidity, multilateral_netting_ratio,
    provision_relative_to_usage, turnover_ratio,
};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};

use super::input::{PaymentDay, TOTAL};
use super::numbers::{Pairs, duration, each, number, time, yuan};

/// The figures of a day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct DayReport {
    /// Counted from 1.
    day: i64,
    payments: usize,
    gross_value: Value,
    upper_bound_liquidity: Pairs<String>,
    lower_bound_liquidity: Pairs<String>,
    net_position: Pairs<String>,
    maximum_net_credit: Pairs<String>,
    average_net_debit: Pairs<String>,
    average_net_credit: Pairs<String>,
    gini_of_liquidity_cost: Value,
    multilateral_netting_ratio: Value,
    bilateral_netting_ratio: Value,
    turnover_ratio: Value,
    hhi_sent: Value,
    average_payment_time: Value,
    deciles_of_payment_time: Vec<Value>,
    liquidity_provision_relative_to_usage: Pairs<String>,
    density: Value,
    link_reciprocity: Value,
    clustering: Value,
    out_degree: Pairs<String>,
    in_degree: Pairs<String>,
    page_rank: Pairs<String>,
    core: Vec<String>,
    core_error_score: Value,
}

/// The days of the file that have payments.
pub(super) fn days(input: &PaymentDay) -> Vec<DayReport> {
    let days = DayFigures::of(input.names.len(), &input.records, &input.day);
    days.iter().map(|figures| day(input, figures)).collect()
}

fn day(input: &PaymentDay, figures: &DayFigures) -> DayReport {
    let (names, hours) = (&input.names, &input.day);
    let DayFigures { flows, upper, positions, records, .. } = figures;
    let sums = |sums: Vec<i128>| {
        let total = yuan(sums.iter().sum());
        let mut pairs = each(names, sums, yuan);
        pairs.0.push((TOTAL.to_owned(), total));
        pairs
    };
    let averages = |of: fn(&DayPosition) -> Option<Decimal>, total: Option<Decimal>| {
        let mut pairs = each(names, positions, |position| average(of(position)));
        pairs.0.push((TOTAL.to_owned(), average(total)));
        pairs
    };
    let relative = provision_relative_to_usage(flows, upper)
        .map_or_else(|| vec![None; names.len()], |all| all.into_iter().map(Some).collect());
    let degrees = degrees(flows);
    let members = figures.core.iter().flat_map(|found| names.iter().zip(&found.core));
    DayReport {
        day: figures.number + 1,
        payments: records.len(),
        gross_value: yuan(flows.gross()),
        upper_bound_liquidity: sums(upper.clone()),
        lower_bound_liquidity: sums(lower_bound_liquidity(flows)),
        net_position: each(names, flows.nets(), yuan),
        maximum_net_credit: sums(positions.iter().map(|one| one.most_credit).collect()),
        average_net_debit: averages(
            DayPosition::average_debit,
            DayPosition::average_debits(positions),
        ),
        average_net_credit: averages(
            DayPosition::average_credit,
            DayPosition::average_credits(positions),
        ),
        gini_of_liquidity_cost: number(figures.gini, 6),
        multilateral_netting_ratio: number(multilateral_netting_ratio(flows), 6),
        bilateral_netting_ratio: number(bilateral_netting_ratio(flows), 6),
        turnover_ratio: number(turnover_ratio(flows, upper), 6),
        hhi_sent: number(herfindahl_index(flows), 2),
        average_payment_time: duration(average_payment_time(records, hours), 4),
        deciles_of_payment_time: figures.deciles.iter().map(|decile| time(*decile)).collect(),
        liquidity_provision_relative_to_usage: each(names, relative, |one| number(one, 6)),
        density: number(density(flows), 6),
        link_reciprocity: number(link_reciprocity(flows), 6),
        clustering: number(clustering(flows), 6),
        out_degree: each(names, &degrees, |degree| json!(degree.0)),
        in_degree: each(names, &degrees, |degree| json!(degree.1)),
        page_rank: each(names, &figures.ranks, |rank| number(Some(*rank), 6)),
        core: members.filter(|(_, member)| **member).map(|(name, _)| name.clone()).collect(),
        core_error_score: number(figures.core.as_ref().and_then(|core| core.error_score), 6),
    }
}

/// A mean of fen as yuan in decimal text, to a hundredth of a fen.
fn average(fen: Option<Decimal>) -> Value {
    let yuan = fen.map(|fen| (fen / Decimal::ONE_HUNDRED).round_dp(4).normalize().to_string());
    yuan.map_or(Value::Null, Value::String)
}
