//! The scenario that a run has modelled, on top of its report.

use crate::page::escape;
use crate::results::{AssertionSummary, CampaignChange, CampaignSummary, StorySummary};
use crate::text::yuan;

use super::charts::CAMPAIGNS_MAX;
use super::files::SummaryFile;
use super::table::{Table, cells};

/// The section of the scenario; nothing of a run that models none.
pub(super) fn section(summary: &SummaryFile) -> String {
    let table = assertions(&summary.assertions).html() + &campaigns(summary);
    let Some(story) = &summary.story else {
        return if table.is_empty() { table } else { in_section("Assertions", &table) };
    };
    let StorySummary { number, title, statement, place, date, told } = story;
    let paragraphs: String = [statement, &format!("{place}, {date}."), told]
        .into_iter()
        .map(|text| format!("<p>{}</p>\n", escape(text)))
        .collect();
    in_section(&format!("Scenario S{number:02}: {title}"), &(paragraphs + &table))
}

/// Each campaign as charts and a table.
fn campaigns(summary: &SummaryFile) -> String {
    let figure = |place: usize, chart: &str, caption: &str| {
        format!(
            "<figure>\n<figcaption>{}</figcaption>\n<div class=\"chart\" data-chart=\"{chart}\" \
             data-place=\"{place}\"></div>\n</figure>\n",
            escape(caption)
        )
    };
    let drawn = summary.campaigns.iter().enumerate().take(CAMPAIGNS_MAX);
    let figures = drawn.map(|(place, campaign)| {
        let title = &campaign.title;
        let operator = summary.operators.get(campaign.operator);
        let code = operator.map_or("", |operator| operator.code.as_str());
        let nets = format!(
            "{title}: net position of {code} with the payments of the campaign, and without"
        );
        figure(place, "campaign", &format!("{title}: the pool, and what became of it"))
            + &figure(place, "campaignNets", &nets)
    });
    figures.collect::<String>() + &campaign_table(summary).html()
}

/// What became of the money of campaigns.
fn campaign_table(summary: &SummaryFile) -> Table {
    let row = |campaign: &CampaignSummary| {
        let sum =
            |of: fn(&CampaignChange) -> i64| yuan(campaign.changes.iter().map(of).sum::<i64>());
        let moved = yuan(campaign.net_fen.iter().sum::<i64>());
        let operator = summary.operators.get(campaign.operator);
        let code = operator.map(|operator| operator.code.clone()).unwrap_or_default();
        let left = sum(|change| change.pool_fen);
        let [claimed, spent, back] = [
            sum(|change| change.claimed_fen),
            sum(|change| change.redeemed_fen),
            sum(|change| change.reclaimed_fen),
        ];
        vec![campaign.title.clone(), code, claimed, spent, back, left, moved]
    };
    Table {
        caption: "Campaigns, in yuan".to_owned(),
        header: cells([
            "campaign",
            "operator",
            "claimed",
            "spent",
            "given back",
            "left in the pool",
            "net moved",
        ]),
        text: &[0, 1],
        rows: summary.campaigns.iter().map(row).collect(),
    }
}

fn in_section(heading: &str, content: &str) -> String {
    format!("<section id=\"scenario\">\n<h2>{}</h2>\n{content}</section>\n\n", escape(heading))
}

/// What the experiment claims of its run.
fn assertions(all: &[AssertionSummary]) -> Table {
    let row = |one: &AssertionSummary| {
        let relation = one.relation.replace('_', " ");
        let verdict = if one.ok { "ok" } else { "FAILED" };
        let that = if one.that.is_empty() { &one.figure } else { &one.that };
        cells([that, &one.figure, &one.found, &format!("{relation} {}", one.expected), verdict])
    };
    Table {
        caption: "What the experiment claims of the run".to_owned(),
        header: cells(["claim", "figure", "found", "expected", "verdict"]),
        text: &[1, 3, 4],
        rows: all.iter().map(row).collect(),
    }
}
