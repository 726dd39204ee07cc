//! Figures by their names.

use clearing_config::ClusterConfig;
use clearing_domain::Reason;
use clearing_domain::money::BusinessDate;

use super::Script;
use super::figure::{
    ActionFigure, CampaignFigure, CardFigure, ContractFigure, DayFigure, Days, FigureOf,
    LoanFigure, OperatorFigure, ParticipantFigure, PayrollFigure, RunFigure, SeriesFigure,
    WalletFigure, WealthFigure,
};
use super::names::region_named;
use super::part_figure::{ByFigure, PartFigure, PartOperatorFigure};

/// The figure of a name.
pub(super) fn find(name: &str, script: &Script, cluster: &ClusterConfig) -> Option<FigureOf> {
    let pieces = pieces(name, script);
    let pieces: Vec<_> = pieces.iter().map(String::as_str).collect();
    match pieces[0] {
        "part" | "by" => of_part(&pieces, script, cluster),
        _ => of_script(&pieces, script, cluster),
    }
}

fn of_script(pieces: &[&str], script: &Script, cluster: &ClusterConfig) -> Option<FigureOf> {
    let series = |name: &str| script.series.iter().position(|series| series.name == name);
    let action = |name: &str| script.actions.iter().position(|action| action.name == name);
    Some(match *pieces {
        [figure] => FigureOf::Run(RunFigure::named(figure)?),
        ["days", days, figure] => {
            let days = Days::named(days).filter(|days| days.last <= script.days)?;
            FigureOf::RunOn(days, DayFigure::named(figure)?)
        }
        ["refused", reason] => FigureOf::Refused(Reason::from_name(reason)?),
        ["series", name, figure] => FigureOf::Series(series(name)?, SeriesFigure::named(figure)?),
        ["series", name, "refused", reason] => {
            FigureOf::SeriesRefused(series(name)?, Reason::from_name(reason)?)
        }
        ["series", name, days, figure] => {
            let place = series(name)?;
            let on = |days: &Days| script.series[place].days.iter().any(|one| days.has(*one));
            let days = Days::named(days).filter(on)?;
            // What a front-end does not show is counted over the whole run alone.
            let figure = SeriesFigure::named(figure).filter(|one| *one != SeriesFigure::Withheld);
            FigureOf::SeriesOn(place, days, figure?)
        }
        ["wallet", name, figure] => {
            let place = script.wallets.iter().position(|wallets| wallets.name == name)?;
            FigureOf::Wallet(place, WalletFigure::named(figure)?)
        }
        ["action", name, figure] => FigureOf::Action(action(name)?, ActionFigure::named(figure)?),
        ["action", name, "refused", reason] => {
            FigureOf::ActionRefused(action(name)?, Reason::from_name(reason)?)
        }
        ["campaign", name, figure] => {
            let place = script.campaigns.iter().position(|campaign| campaign.name == name)?;
            FigureOf::Campaign(place, CampaignFigure::named(figure)?)
        }
        ["contract", name, figure] => {
            let place = script.contracts.iter().position(|contracts| contracts.name == name)?;
            FigureOf::Contracts(place, ContractFigure::named(figure)?)
        }
        ["loan", name, figure] => {
            let place = script.loans.iter().position(|loans| loans.name == name)?;
            FigureOf::Loans(place, LoanFigure::named(figure)?)
        }
        ["wealth", name, figure] => {
            let place = script.wealth.iter().position(|products| products.name == name)?;
            FigureOf::Wealth(place, WealthFigure::named(figure)?)
        }
        ["payroll", name, figure] => {
            let place = script.payrolls.iter().position(|payrolls| payrolls.name == name)?;
            FigureOf::Payrolls(place, PayrollFigure::named(figure)?)
        }
        ["card", name, figure] => {
            let place = script.cards.iter().position(|cards| cards.name == name)?;
            FigureOf::Cards(place, CardFigure::named(figure)?)
        }
        ["operator", name, figure] => {
            FigureOf::Operator(operator(name, cluster)?, OperatorFigure::named(figure)?)
        }
        ["participant", name, figure] => {
            let mut codes = cluster.operators.iter().flat_map(|operator| &operator.indirect);
            let code = *codes.find(|code| code.as_str() == name)?;
            FigureOf::Participant(code, ParticipantFigure::named(figure)?)
        }
        _ => return None,
    })
}

/// A figure of a part of the experiment, or of the run up to a day.
fn of_part(pieces: &[&str], script: &Script, cluster: &ClusterConfig) -> Option<FigureOf> {
    Some(match *pieces {
        ["part", name, figure] => {
            FigureOf::Part(script.part_named(name)?, PartFigure::named(figure)?)
        }
        ["part", name, "refused", reason] => {
            FigureOf::PartRefused(script.part_named(name)?, Reason::from_name(reason)?)
        }
        ["part", name, "operator", code, figure] => {
            let figure = PartOperatorFigure::named(figure)?;
            FigureOf::PartOperator(script.part_named(name)?, operator(code, cluster)?, figure)
        }
        ["by", day, figure] => FigureOf::By(date(day, script, cluster)?, ByFigure::named(figure)?),
        ["by", day, "operator", name, "payments"] => {
            FigureOf::ByOperator(date(day, script, cluster)?, operator(name, cluster)?)
        }
        ["by", day, "region", name, "payments"] => {
            // Where nobody lives, nobody ever pays.
            let region = region_named(name).filter(|region| script.regions.contains(region));
            FigureOf::ByRegion(date(day, script, cluster)?, region?)
        }
        _ => return None,
    })
}

/// A day of the run by its date.
fn date(text: &str, script: &Script, cluster: &ClusterConfig) -> Option<BusinessDate> {
    let day = |number| cluster.lockstep.day(number);
    let days = day(0)..=day(script.days.saturating_sub(1));
    BusinessDate::parse(text).filter(|date| days.contains(date))
}

/// The place of an operator in the roster.
fn operator(name: &str, cluster: &ClusterConfig) -> Option<usize> {
    let code = cluster.operator_named(name)?.code;
    cluster.operators.iter().position(|operator| operator.code == code)
}

/// The names that a figure consists of; what belongs to a part has its name before its own.
fn pieces(name: &str, script: &Script) -> Vec<String> {
    let mut pieces: Vec<_> = name.split('.').map(str::to_owned).collect();
    let is_of_part = pieces.len() > 3
        && !["part", "by"].contains(&pieces[0].as_str())
        && script.parts.iter().any(|part| part.name == pieces[1]);
    if is_of_part {
        let own = pieces.remove(2);
        pieces[1] = format!("{}.{own}", pieces[1]);
    }
    pieces
}
