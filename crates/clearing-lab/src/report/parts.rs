//! The scenarios that are parts of a run: when each went on, what it moved, and between whom.

use crate::page::escape;
use crate::results::{PartSummary, RegionSummary};

use super::files::SummaryFile;
use super::table::{Table, cells};
use super::text::{counted, grouped, yuan};

/// The section of the parts; nothing of a run that has none.
pub(super) fn section(summary: &SummaryFile) -> String {
    if summary.parts.is_empty() {
        return String::new();
    }
    let figure = |chart: &str, caption: &str| {
        format!(
            "<figure>\n<figcaption>{caption}</figcaption>\n<div class=\"chart\" \
             data-chart=\"{chart}\"></div>\n</figure>\n"
        )
    };
    let figures = [
        figure(
            "timeline",
            "When each scenario went on, and the yuan that it moved; orange ones hand out red packets or vouchers",
        ),
        figure(
            "packets",
            "Red packets and vouchers of all campaigns: claimed, spent and given back so far",
        ),
        figure(
            "partNets",
            "What the payments of each scenario moved each operator's net position by",
        ),
        figure("adoption", "Payments of each region in each month"),
    ];
    let [timeline, packets, nets, adoption] = figures;
    format!(
        "<section id=\"parts\">\n<h2>Scenarios over the calendar</h2>\n<p>{}</p>\n{timeline}{}{packets}{nets}{}{adoption}{}{}\
         </section>\n\n",
        escape(&sentence(summary)),
        money(&summary.parts).html(),
        liquidity(summary).html(),
        regions(summary).html(),
        stories(&summary.parts),
    )
}

/// What the scenarios did together.
fn sentence(summary: &SummaryFile) -> String {
    let parts: Vec<_> = summary.parts.iter().filter(|part| !part.background).collect();
    let sum = |of: fn(&PartSummary) -> i64| -> i64 { parts.iter().map(|part| of(part)).sum() };
    let payments: u64 = parts.iter().map(|part| part.payments).sum();
    let mut text = format!(
        "{} with wallets of their own made {} and moved {} yuan.",
        counted(parts.len() as u64, "scenario", "scenarios"),
        counted(payments, "payment", "payments"),
        yuan(sum(|part| part.value_fen)),
    );
    let granted = sum(|part| part.granted_fen);
    if granted > 0 {
        text += &format!(
            " {} yuan of red packets and vouchers were claimed: {} yuan were spent, with {} yuan of the payers' own on \
             top, and {} yuan went back.",
            yuan(granted),
            yuan(sum(|part| part.spent_fen)),
            yuan(sum(|part| part.added_fen)),
            yuan(sum(|part| part.reclaimed_fen)),
        );
    }
    if !summary.regions.is_empty() {
        let payments = summary.regions.iter().flat_map(|region| &region.months);
        let payments: u64 = payments.map(|month| month.payments).sum();
        text += &format!(
            " Wallets in {} made {} beside them.",
            counted(summary.regions.len() as u64, "region", "regions"),
            counted(payments, "payment", "payments"),
        );
    }
    text
}

/// A part by its number and what it is called.
pub(super) fn title(part: &PartSummary) -> String {
    format!("S{:02} {}", part.number, part.title)
}

fn money(parts: &[PartSummary]) -> Table {
    let row = |part: &PartSummary| {
        // A scenario without a campaign has no money of one.
        let of_campaign =
            |fen: i64| if part.granted_fen > 0 { yuan(fen) } else { "–".to_owned() };
        vec![
            title(part),
            part.date.clone(),
            grouped(part.payments),
            grouped(part.completed),
            yuan(part.value_fen),
            of_campaign(part.granted_fen),
            of_campaign(part.spent_fen),
            of_campaign(part.added_fen),
            of_campaign(part.reclaimed_fen),
        ]
    };
    Table {
        caption:
            "What each scenario moved, and what became of its red packets and vouchers, in yuan"
                .to_owned(),
        header: cells([
            "scenario",
            "date",
            "payments",
            "completed",
            "value",
            "claimed",
            "spent",
            "added by payers",
            "given back",
        ]),
        text: &[1],
        rows: in_time(parts).into_iter().map(row).collect(),
    }
}

fn liquidity(summary: &SummaryFile) -> Table {
    let row = |part: &PartSummary| {
        let nets = part.received_fen.iter().zip(&part.sent_fen).map(|(one, other)| one - other);
        let named = summary.operators.iter().map(|operator| operator.code.as_str()).zip(nets);
        let of = |found: Option<(&str, i64)>, is: fn(i64) -> bool| {
            let found = found.filter(|(_, net)| is(*net));
            found
                .map_or_else(|| "–".to_owned(), |(code, net)| format!("{code} {}", yuan(net.abs())))
        };
        let (least, most) =
            (named.clone().min_by_key(|(_, net)| *net), named.max_by_key(|(_, net)| *net));
        vec![
            title(part),
            yuan(part.gross_fen),
            yuan(part.net_fen),
            of(least, |net| net < 0),
            of(most, |net| net > 0),
        ]
    };
    Table {
        caption: "What operators owed each other for each scenario, in yuan; net: the net debits of all cycles, were its \
                  payments the only ones"
            .to_owned(),
        header: cells(["scenario", "between operators", "net", "pays most on balance", "receives most on balance"]),
        text: &[3, 4],
        rows: in_time(&summary.parts).into_iter().map(row).collect(),
    }
}

fn regions(summary: &SummaryFile) -> Table {
    let row = |region: &RegionSummary| {
        let payments: u64 = region.months.iter().map(|month| month.payments).sum();
        let value: i64 = region.months.iter().map(|month| month.completed_fen).sum();
        let cells = [grouped(region.wallets), grouped(payments), yuan(value)];
        [region.name.clone(), region.from.clone()].into_iter().chain(cells).collect()
    };
    Table {
        caption: "Regions: from which day on their wallets pay, and what they paid, in yuan"
            .to_owned(),
        header: cells(["region", "from", "wallets", "payments", "value"]),
        text: &[1],
        rows: summary.regions.iter().map(row).collect(),
    }
}

/// What happened in each scenario, as it tells it.
fn stories(parts: &[PartSummary]) -> String {
    let story = |part: &PartSummary| {
        let place = format!("{}, {}.", part.place, part.date);
        format!(
            "<dt>{}</dt>\n<dd>{} {}</dd>\n",
            escape(&title(part)),
            escape(&place),
            escape(&part.told)
        )
    };
    let stories: String = in_time(parts).into_iter().map(story).collect();
    format!("<h3>What happened</h3>\n<dl class=\"stories\">\n{stories}</dl>\n")
}

/// The parts in the order in which they begin.
pub(super) fn in_time(parts: &[PartSummary]) -> Vec<&PartSummary> {
    let mut parts: Vec<_> = parts.iter().collect();
    // A stable sort leaves those of one day in the order of the experiment.
    parts.sort_by_key(|part| (part.background, part.first_day, part.last_day));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::part_charts::PartCharts;
    use crate::results::{CampaignChange, CampaignSummary, RegionMonth};

    fn part(number: u32, first_day: u32, background: bool) -> PartSummary {
        PartSummary {
            number,
            title: "A & B".to_owned(),
            background,
            first_day,
            last_day: first_day + 1,
            payments: 3,
            value_fen: 1_000,
            sent_fen: vec![700, 0],
            received_fen: vec![200, 500],
            granted_fen: i64::from(number == 8) * 600,
            spent_fen: i64::from(number == 8) * 400,
            ..PartSummary::default()
        }
    }

    fn summary() -> SummaryFile {
        let month = |month: &str, payments| RegionMonth {
            month: month.to_owned(),
            payments,
            completed_fen: 5,
        };
        let region = |name: &str, months| RegionSummary {
            name: name.to_owned(),
            months,
            ..RegionSummary::default()
        };
        let change = CampaignChange { at: 3_600_000, claimed_fen: 9, ..CampaignChange::default() };
        SummaryFile {
            parts: vec![part(15, 1, true), part(14, 9, false), part(8, 2, false)],
            regions: vec![
                region("Suzhou", vec![month("2021-01", 4), month("2021-03", 6)]),
                region("Xiamen", vec![month("2021-02", 7)]),
            ],
            campaigns: vec![CampaignSummary {
                changes: vec![change],
                ..CampaignSummary::default()
            }],
            ..SummaryFile::default()
        }
    }

    #[test]
    fn the_section_tells_what_the_scenarios_did_in_the_order_of_time() {
        let html = section(&summary());
        for text in [
            "2 scenarios with wallets of their own made 6 payments and moved 20.00 yuan.",
            "6.00 yuan of red packets and vouchers were claimed: 4.00 yuan were spent",
            "Wallets in 2 regions made 17 payments beside them.",
            "S08 A &amp; B",
        ] {
            assert!(html.contains(text), "{text} is not in {html}");
        }
        let places = ["S08 ", "S14 ", "S15 "].map(|name| html.find(name).unwrap());
        assert!(places.is_sorted(), "what is drawn comes last");
        assert_eq!(section(&SummaryFile::default()), "");
    }

    #[test]
    fn charts_draw_scenarios_with_wallets_and_every_month() {
        let charts = PartCharts::new(&summary(), 0, 86_400);
        let bars: Vec<_> = charts.parts.iter().map(|bar| (bar.days, bar.campaign)).collect();
        assert_eq!(bars, [([1, 3], true), ([8, 10], false)]);
        assert_eq!(charts.parts[0].nets, [-500, 500]);
        assert_eq!(charts.months, ["2021-01", "2021-02", "2021-03"]);
        assert_eq!(charts.regions[0].months, [(0, 4, 5), (2, 6, 5)]);
        assert_eq!(charts.regions[1].months, [(1, 7, 5)]);
        assert_eq!(charts.packets, [vec![[0, 0], [3_600, 9], [86_400, 9]], vec![], vec![]]);
    }
}
