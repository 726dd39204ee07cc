//! A script as it stands in a file, with every value stated.

use clearing_config::Yuan;
use clearing_domain::Lockstep;
use clearing_domain::details::Purpose;
use clearing_domain::money::{Amount, Timestamp};
use toml::Value;

use super::super::moment;
use super::super::raw::{
    RawAction, RawAssertion, RawExperiment, RawScenario, RawSeries, RawWallet,
};
use super::card;
use super::names::{category_name, kind_name};
use super::{
    Action, ActionKind, Assertion, Expected, Mismatch, NamedWallets, Ratio, Relation, Scenario,
    ScenarioPart, Script, Series, Unit,
};

/// Writes a script into the tables of a file.
pub(in super::super) fn show(script: &Script, lockstep: &Lockstep, raw: &mut RawExperiment) {
    let start = lockstep.start;
    // A file without a script has none of its keys, so that its run keeps its id.
    raw.scale = (script.scale.0 != 1).then_some(script.scale.0);
    raw.scenario = script.scenario.as_ref().map(scenario);
    raw.parts = script.parts.iter().map(ScenarioPart::show).collect();
    raw.wallets = script.wallets.iter().map(wallets).collect();
    raw.series = script.series.iter().map(|one| series(one, script)).collect();
    raw.campaigns = script.campaigns.iter().map(|one| one.show(script, lockstep)).collect();
    raw.contracts = script.contracts.iter().map(|one| one.show(script, lockstep)).collect();
    raw.loans = script.loans.iter().map(|one| one.show(script, lockstep)).collect();
    raw.wealth = script.wealth.iter().map(|one| one.show(script)).collect();
    raw.payrolls = script.payrolls.iter().map(|one| one.show(script)).collect();
    raw.cards = script.cards.iter().map(|one| one.show(script)).collect();
    raw.actions = script.actions.iter().map(|one| action(one, script, start)).collect();
    raw.assertions = script.assertions.iter().map(assertion).collect();
}

fn scenario(scenario: &Scenario) -> RawScenario {
    RawScenario {
        number: scenario.number,
        title: scenario.title.clone(),
        statement: scenario.statement.clone(),
        place: scenario.place.clone(),
        date: scenario.date.clone(),
        story: scenario.story.to_string(),
    }
}

fn wallets(wallets: &NamedWallets) -> RawWallet {
    RawWallet {
        name: wallets.name.clone(),
        kind: kind_name(wallets.kind).to_owned(),
        operator: wallets.operator.map(|code| code.to_string()),
        participant: wallets.participant.map(|code| code.to_string()),
        operators: Some(wallets.operators.iter().map(ToString::to_string).collect())
            .filter(|codes: &Vec<String>| !codes.is_empty()),
        count: Some(wallets.count),
        class: Some(wallets.class.into()),
        opening: Some(Yuan(wallets.opening)),
    }
}

fn series(series: &Series, script: &Script) -> RawSeries {
    let bills = series.bills.map(|place| &script.series[place].name);
    let has_amount = series.redeems.is_none() && bills.is_none_or(|name| *name == series.name);
    RawSeries {
        name: series.name.clone(),
        from: script.wallets[series.from].name.clone(),
        to: script.wallets[series.to].name.clone(),
        count: series.count,
        days: Some(series.days.clone()),
        begin: Some(moment::time_of_day(series.begin)),
        until: Some(moment::time_of_day(series.until)),
        amount: has_amount.then_some(Yuan(series.amount[0])),
        amount_max: has_amount.then_some(Yuan(series.amount[1])),
        purpose: series.purpose.map(Purpose::name).map(str::to_owned),
        bills: bills.cloned(),
        redeems: series.redeems.map(|(of, _)| script.series[of].name.clone()),
        every: series.redeems.map(|(_, every)| every),
        short: (series.short > Amount::ZERO).then_some(Yuan(series.short)),
        campaign: series.campaign.map(|place| script.campaigns[place].name.clone()),
        share: (series.share < Ratio::ALL).then(|| Value::String(series.share.to_string())),
        sticky: (series.sticky > Ratio::NONE).then(|| Value::String(series.sticky.to_string())),
        front_end: series.front_end.clone(),
    }
}

fn action(action: &Action, script: &Script, start: Timestamp) -> RawAction {
    let raw = RawAction {
        kind: action.kind.name().to_owned(),
        name: Some(action.name.clone()),
        at: moment::show(start, action.at),
        ..RawAction::default()
    };
    let series = |place: &usize| Some(script.series[*place].name.clone());
    let campaign = |place: &usize| Some(script.campaigns[*place].name.clone());
    let wallet = |place: &usize| Some(script.wallets[*place].name.clone());
    let payroll = |place: &usize| Some(script.payrolls[*place].name.clone());
    match &action.kind {
        ActionKind::PublishBills { series: of, due, release } => RawAction {
            series: series(of),
            due: due.map(|due| moment::show(start, due)),
            release: release.clone(),
            ..raw
        },
        ActionKind::CancelBills { series: of, every } => {
            RawAction { series: series(of), every: Some(*every), ..raw }
        }
        ActionKind::Refund { series: of, every, amount } => {
            RawAction { series: series(of), every: Some(*every), amount: amount.map(Yuan), ..raw }
        }
        ActionKind::ExchangeBack { wallets, amount }
        | ActionKind::SweepToTreasury { wallets, amount } => {
            RawAction { wallet: wallet(wallets), amount: amount.map(Yuan), ..raw }
        }
        ActionKind::RegisterMerchant { wallets, traits } => RawAction {
            wallet: wallet(wallets),
            category: Some(category_name(traits.category)),
            region: traits.region.map(|region| format!("{region:?}")),
            ..raw
        },
        ActionKind::CreateCampaign(of) | ActionKind::Draw(of) | ActionKind::CloseCampaign(of) => {
            RawAction { campaign: campaign(of), ..raw }
        }
        ActionKind::IssueCards(of)
        | ActionKind::LoadCards { cards: of, .. }
        | ActionKind::ReportLost { cards: of, .. }
        | ActionKind::ReissueCards { cards: of, .. } => {
            card::show_action(&action.kind, &script.cards[*of], raw)
        }
        ActionKind::Tap(taps) => taps.show(script, start, raw),
        ActionKind::Register(part) | ActionKind::Claim(part) => RawAction {
            campaign: campaign(&part.campaign),
            wallet: wallet(&part.wallets),
            except: part.except,
            ..raw
        },
        ActionKind::Contracts { contracts, step, of } => RawAction {
            contract: Some(script.contracts[*contracts].name.clone()),
            lesson: step.lesson(),
            every: of.every,
            except: of.except,
            ..raw
        },
        ActionKind::Loans(action) => action.show(script, raw),
        ActionKind::Wealth(action) => action.show(script, raw),
        ActionKind::PayPayroll(of) => RawAction { payroll: payroll(of), ..raw },
        ActionKind::SuspendMerchant { wallets, .. } => RawAction { wallet: wallet(wallets), ..raw },
        ActionKind::BindFrontEnd { wallets, front_end, region, mismatch } => RawAction {
            wallet: wallet(wallets),
            front_end: Some(front_end.clone()),
            region: Some(format!("{region:?}")),
            mismatch: mismatch.map(Mismatch::name).map(str::to_owned),
            ..raw
        },
    }
}

fn assertion(assertion: &Assertion) -> RawAssertion {
    let expected = match &assertion.expected {
        Expected::Number(number) => match assertion.figure.unit() {
            Unit::Count => Value::Integer(*number),
            Unit::Money => {
                Value::String(clearing_domain::money::Position::from_fen(*number).to_string())
            }
        },
        Expected::Figure(figure) => Value::String(figure.to_string()),
    };
    let of = |relation| (assertion.relation == relation).then(|| expected.clone());
    RawAssertion {
        that: Some(assertion.that.clone()).filter(|that| !that.is_empty()),
        figure: assertion.figure.to_string(),
        equals: of(Relation::Equals),
        at_least: of(Relation::AtLeast),
        at_most: of(Relation::AtMost),
    }
}
