use toml::Table;

use super::{ActionKind, DayFigure, Days, Expected, FigureOf, SeriesFigure};
use crate::experiment::{Experiment, Override};

/// A script with a thing of each kind.
pub(crate) const TAXES: &str = "
name = 'taxes'
days = 2
scale = 10
[scenario]
number = 4
title = 'Taxes'
statement = 'Taxes are paid.'
place = 'Xiamen'
date = '12 August 2022'
story = '{series.tax.completed} of {wallet.payer.count} paid.'
[[wallet]]
name = 'office'
kind = 'government'
operator = 'BOC'
[[wallet]]
name = 'payer'
kind = 'personal'
class = 2
count = 95
opening = '1000'
[[series]]
name = 'tax'
from = 'payer'
to = 'office'
days = [1, 2]
amount = '1.00'
amount_max = '2.00'
purpose = 'tax'
bills = 'tax'
[[series]]
name = 'less'
from = 'payer'
to = 'office'
count = 20
bills = 'tax'
short = '0.01'
front_end = 'Messenger'
[[series]]
name = 'pension'
from = 'office'
to = 'payer'
days = [2]
redeems = 'tax'
every = 10
[[action]]
kind = 'publish-bills'
at = '08:00'
series = 'tax'
due = '2 12:00'
[[action]]
kind = 'cancel-bills'
at = '08:30'
series = 'tax'
every = 5
[[action]]
kind = 'refund'
name = 'back'
at = '2 18:00'
series = 'tax'
every = 2
amount = '0.50'
[[action]]
kind = 'exchange-back'
at = '2 19:00'
wallet = 'office'
[[action]]
kind = 'bind-front-end'
at = '08:00'
wallet = 'payer'
front_end = 'Messenger'
region = \"Xi'an\"
mismatch = 'phone'
[[campaign]]
name = 'gift'
sponsor = 'office'
kind = 'red-packet'
face = '5.00'
winners = 20
register = ['1 08:00', '1 12:00']
claim_until = '1 20:00'
valid = ['1 09:00', '2 20:00']
categories = ['public services']
regions = [\"Xi'an\"]
operators = ['BOC']
[[action]]
kind = 'register'
at = '09:00'
campaign = 'gift'
wallet = 'payer'
except = 3
[[contract]]
name = 'course'
payer = 'payer'
merchant = 'office'
total = '100.00'
lessons = 3
release = 'merchant'
dispute_hours = 5
expires = '2 20:00'
[[action]]
kind = 'dispute-lesson'
at = '10:00'
contract = 'course'
lesson = 2
every = 4
[[card]]
name = 'student'
wallet = 'payer'
float_max = '100'
single_max = '20'
count_max = 5
age_hours = 24
payees = 'office'
loss = 'issuer'
loss_wallet = 'office'
[[action]]
kind = 'issue-cards'
at = '10:00'
card = 'student'
[[action]]
kind = 'tap'
at = '12:00'
begin = '11:00'
card = 'student'
to = 'office'
amount = '1.00'
amount_max = '3.00'
times = 2
every = 2
except = 4
cheats = 6
[[loan]]
name = 'home'
lender = 'office'
borrower = 'payer'
payee = 'office'
principal = '50.00'
repayment = 'annuity'
rate_bp = 310
instalments = 12
first_due = 2
period_months = 3
purpose = 'housing-loan-repayment'
[[wealth]]
name = 'fund'
provider = 'office'
rate_ppm = 20000
subscription_min = '1.00'
total_max = '100.00'
redemption_days = 2
[[payroll]]
name = 'wages'
payer = 'office'
payee = 'payer'
amount = '1.00'
amount_max = '2.00'
[[action]]
kind = 'repay-loans'
at = '12:00'
loan = 'home'
amount = '1.00'
except = 3
[[action]]
kind = 'pay-payroll'
at = '12:00'
payroll = 'wages'
[[assert]]
that = 'some pay'
figure = 'series.tax.completed'
at_least = 1
[[assert]]
figure = 'series.tax.value'
at_most = 'wallet.payer.opened'
[[assert]]
figure = 'operator.BOC.net'
equals = '-12.00'
";

fn read(sets: &[&str]) -> Result<Experiment, String> {
    let sets: Vec<Override> = sets.iter().map(|set| set.parse().unwrap()).collect();
    Experiment::from_text(TAXES, &sets, None).map_err(|error| error.to_string())
}

#[track_caller]
fn refuses(set: &str, sentence: &str) {
    assert_eq!(read(&[set]).unwrap_err(), sentence);
}

#[test]
fn a_script_is_read_and_written_back_whole() {
    let experiment = read(&[]).unwrap();
    let script = &experiment.script;
    assert_eq!(script.payments_a_day(&script.series[0]), 10, "95 at a scale of 10");
    assert_eq!(script.payments_a_day(&script.series[1]), 2);
    assert_eq!(script.payments_a_day(&script.series[2]), 2, "one in ten of twenty");
    assert_eq!(script.series[1].amount, script.series[0].amount, "those of the bills");
    let gift = &script.campaigns[0];
    let [winners, pool] =
        [i64::from(gift.winners_at(script.scale)), gift.pool_at(script.scale).fen()];
    assert_eq!([winners, pool], [2, 1000], "enough for two at a scale of 10");
    assert_eq!(gift.categories, [clearing_domain::merchant::MerchantCategory::PublicServices]);
    assert!(matches!(script.actions[4].kind, ActionKind::BindFrontEnd { .. }));
    assert_eq!(script.assertions[2].expected, Expected::Number(-1200));
    let figure = script.assertions[0].figure.of;
    assert_eq!(figure, FigureOf::Series(0, SeriesFigure::Completed));
    let text = experiment.to_toml(None);
    assert_eq!(Experiment::from_text(&text, &[], None).unwrap(), experiment);
    // An experiment without a script has none of its keys, so that its run keeps its id.
    let plain = Experiment::from_text("name = 'x'", &[], None).unwrap().to_toml(None);
    let plain: Table = plain.parse().unwrap();
    let keys =
        ["scale", "scenario", "wallet", "series", "campaign", "contract", "card", "loan", "wealth"];
    for key in keys.into_iter().chain(["payroll", "action", "assert", "include", "part"]) {
        assert!(!plain.contains_key(key), "{key}");
    }
}

#[test]
fn what_a_script_gets_wrong_is_named_with_its_key() {
    refuses("wallet.1.kind=state", "wallet.1.kind: \"state\" is not a kind of wallet");
    refuses("wallet.1.class=2", "wallet.1.class: 2 is not the class of a government wallet, 1");
    refuses("wallet.2.name=office", "wallet.2.name: \"office\" is taken by another one");
    refuses("series.1.to=x", "series.1.to: \"x\" is not the name of one above");
    refuses("series.1.days=[3]", "series.1.days: [3] are not days of the run, 1 to 2, ascending");
    refuses("series.1.until=\"09:00\"", "series.1.until: is not after begin");
    refuses("series.2.short=\"1.00\"", "series.2.short: is not less than the amount of a bill");
    refuses(
        "series.2.amount=\"1.00\"",
        "series.2.amount: stands beside another series, which has it",
    );
    refuses("series.1.every=2", "series.1.every: stands beside no series that is redeemed");
    refuses(
        "series.3.to=office",
        "series.3.redeems: goes from the payees of a series to its payers, without bills and count",
    );
    refuses("series.2.to=payer", "series.2.bills: are those of other payees");
    refuses(
        "series.1.sticky=2",
        "series.1.sticky: \"2\" is not a part from 0 to 1 with up to six decimals",
    );
    refuses("series.1.share=0.5", "series.1.share: stands beside no campaign");
    refuses(
        "series.1.sticky=0.5",
        "series.1.sticky: stands beside bills, redeems, campaign or front_end",
    );
}

#[test]
fn what_an_action_or_an_assertion_gets_wrong_is_named_with_its_key() {
    refuses(
        "action.1.kind=pay",
        "action.1.kind: \"pay\" is not publish-bills, cancel-bills, refund, exchange-back, sweep-to-treasury, bind-front-end, register-merchant, create-campaign, register, draw, claim, close-campaign, create-contracts, release-lesson, request-lesson, dispute-lesson, refund-contracts, suspend-merchant, resume-merchant, issue-cards, load-cards, tap, report-lost, reissue-cards, agree-loans, grant-mandates, disburse-loans, repay-loans, revoke-mandates, pay-payroll, define-products, subscribe or redeem-products",
    );
    refuses(
        "action.1.at=\"3 10:00\"",
        "action.1.at: \"3 10:00\" is not before the last tick of the run",
    );
    refuses(
        "action.1.at=\"2 23:59\"",
        "action.1.at: \"2 23:59\" is not before the last tick of the run",
    );
    refuses("action.1.series=less", "action.1.series: \"less\" has no bills of its own");
    refuses(
        "action.1.every=2",
        "action.1.every: stands beside kind = \"publish-bills\", which does not have it",
    );
    refuses("card.1.single_max=\"101\"", "card.1.single_max: is not what a card may have");
    refuses("card.1.loss=bank", "card.1.loss: \"bank\" is not payee, issuer or holder");
    refuses("action.9.card=x", "action.9.card: \"x\" is not the name of one above");
    refuses("action.9.begin=\"12:01\"", "action.9.begin: is after at");
    refuses("action.9.amount_max=\"0.50\"", "action.9.amount_max: is less than amount");
    refuses("campaign.1.kind=lottery", "campaign.1.kind: \"lottery\" is not red-packet or voucher");
    refuses("campaign.1.sponsor=x", "campaign.1.sponsor: \"x\" is not the name of one above");
    refuses("campaign.1.regions=[\"Paris\"]", "campaign.1.regions: \"Paris\" is not known");
    refuses("series.1.campaign=x", "series.1.campaign: \"x\" is not the name of one above");
    refuses("action.5.region=Paris", "action.5.region: \"Paris\" is not a region of the pilot");
    refuses(
        "assert.1.figure=series.tax.lost",
        "assert.1.figure: \"series.tax.lost\" is no figure of this experiment; docs/scenarios.md lists them",
    );
    refuses("assert.1.equals=1", "assert.1.figure: needs one of equals, at_least and at_most");
    refuses(
        "assert.2.at_most=completed",
        "assert.2.at_most: \"completed\" counts something else than the figure",
    );
    refuses(
        "assert.1.at_least=\"1.50\"",
        "assert.1.at_least: \"1.50\" is not a number of things and no figure",
    );
    refuses(
        "scenario.story={x}",
        "scenario.story: \"x\" is no figure of this experiment; docs/scenarios.md lists them",
    );
}

#[test]
fn wallets_of_a_bank_are_at_the_operator_that_it_takes_part_through() {
    let listed = "cluster.operators.BOC.indirect=['HXB']";
    let experiment = read(&[listed, "wallet.2.participant=HXB"]).unwrap();
    let payer = &experiment.script.wallets[1];
    let codes = ["BOC", "HXB"].map(|code| Some(code.parse().unwrap()));
    assert_eq!([payer.operator, payer.participant], codes);
    let text = experiment.to_toml(None);
    assert_eq!(Experiment::from_text(&text, &[], None).unwrap(), experiment);
    let figure = "assert.1.figure=participant.HXB.wallets";
    let experiment = read(&[listed, figure]).unwrap();
    assert!(matches!(experiment.script.assertions[0].figure.of, FigureOf::Participant(..)));
    refuses(
        "wallet.2.participant=HXB",
        "wallet.2.participant: \"HXB\" is not in cluster.operators[].indirect",
    );
    let elsewhere = [listed, "wallet.2.participant=HXB", "wallet.2.operator=ABC"];
    assert_eq!(
        read(&elsewhere).unwrap_err(),
        "wallet.2.participant: \"HXB\" takes part through BOC, and not through ABC"
    );
}

/// A series with a habit, beside what cannot be with one.
const HABIT: &str = "
name = 'habit'
days = 9
[[wallet]]
name = 'person'
kind = 'personal'
count = 3
[[wallet]]
name = 'shop'
kind = 'merchant'
[[series]]
name = 'own'
from = 'person'
to = 'shop'
days = [2, 5]
amount = '1.00'
sticky = '0.25'
";

#[test]
fn a_series_with_a_habit_is_read_and_written_back_and_neither_refunded_nor_redeemed() {
    let read = |more: &str| {
        Experiment::from_text(&format!("{HABIT}{more}"), &[], None)
            .map_err(|error| error.to_string())
    };
    let experiment = read("").unwrap();
    assert_eq!(experiment.script.series[0].sticky.to_string(), "0.25");
    assert_eq!(Experiment::from_text(&experiment.to_toml(None), &[], None).unwrap(), experiment);
    let refund = "[[action]]\nkind = 'refund'\nat = '2 18:00'\nseries = 'own'";
    let sentence = "action.1.series: \"own\" has payments that a habit adds";
    assert_eq!(read(refund).unwrap_err(), sentence);
    let redeems = "[[series]]\nname = 'back'\nfrom = 'shop'\nto = 'person'\nredeems = 'own'";
    let sentence = "series.2.redeems: \"own\" has payments that a habit adds";
    assert_eq!(read(redeems).unwrap_err(), sentence);
}

#[test]
fn what_may_not_be_made_is_not_redeemed() {
    let back = "[[series]]\nname = 'back'\nfrom = 'shop'\nto = 'person'\nredeems = 'own'\n";
    let campaign = "[[campaign]]\nname = 'gift'\nsponsor = 'shop'\nkind = 'red-packet'\nface = '1.00'\n\
                    winners = 2\nregister = ['1 08:00', '1 12:00']\nclaim_until = '1 20:00'\n\
                    valid = ['1 09:00', '2 20:00']\n";
    for gate in ["campaign = 'gift'", "front_end = 'Messenger'"] {
        let own = HABIT.replace("sticky = '0.25'", gate);
        let read = |more: &str| {
            Experiment::from_text(&format!("{own}{more}{campaign}"), &[], None)
                .map_err(|error| error.to_string())
        };
        read("").unwrap();
        let sentence =
            "series.2.redeems: \"own\" has payments that a campaign or a front-end withholds";
        assert_eq!(read(back).unwrap_err(), sentence);
    }
}

#[test]
fn figures_of_dates_and_regions_are_those_that_a_run_has() {
    let own = |workload: &str| {
        let text = HABIT.replacen("days = 9", "days = 9\ncluster.start = '2022-05-30'", 1);
        Experiment::from_text(&format!("{text}{workload}"), &[], None).unwrap()
    };
    let lives = own("[workload]\nregions = [{ name = 'Xiamen' }]");
    let known = [
        "by.2022-05-30.completed",
        "by.2022-06-07.value",
        "by.2022-06-07.operator.WEBANK.payments",
        "by.2022-05-30.region.Xiamen.payments",
    ];
    for name in known {
        assert_eq!(lives.figure(name).map(|figure| figure.name), Ok(name.to_owned()));
    }
    let unknown = [
        (&lives, "by.2022-05-29.completed"),
        (&lives, "by.2022-06-08.completed"),
        (&lives, "by.2022-06-08.operator.WEBANK.payments"),
        (&lives, "by.2022-06-08.region.Xiamen.payments"),
        (&lives, "by.2022-05-30.region.Suzhou.payments"),
        (&own(""), "by.2022-05-30.region.Xiamen.payments"),
    ];
    for (experiment, name) in unknown {
        let sentence =
            format!("{name:?} is no figure of this experiment; docs/scenarios.md lists them");
        assert_eq!(experiment.figure(name).map(|figure| figure.name), Err(sentence));
    }
}

#[test]
fn figures_of_days_are_those_of_days_that_there_are() {
    let experiment = Experiment::from_text(HABIT, &[], None).unwrap();
    let days = |first, last| Days { first, last };
    let of = |name: &str| experiment.figure(name).map(|figure| figure.of);
    let value = SeriesFigure::Value;
    assert_eq!(of("series.own.2-4.value"), Ok(FigureOf::SeriesOn(0, days(2, 4), value)));
    assert_eq!(of("series.own.5.value"), Ok(FigureOf::SeriesOn(0, days(5, 5), value)));
    assert_eq!(of("days.9.value"), Ok(FigureOf::RunOn(days(9, 9), DayFigure::Value)));
    for name in [
        "series.own.3-4.value",
        "series.own.5-2.value",
        "series.own.2-.value",
        "series.own.2.withheld",
        "days.1-10.value",
        "days.0-3.value",
        "days.2.net",
    ] {
        let sentence =
            format!("{name:?} is no figure of this experiment; docs/scenarios.md lists them");
        assert_eq!(of(name), Err(sentence));
    }
}

#[test]
fn only_a_part_has_its_name_before_others() {
    refuses(
        "action.1.name=a.b",
        "action.1.name: \"a.b\" belongs to no part, as there is none called a",
    );
    refuses(
        "wallet.2.name=a.b.c",
        "wallet.2.name: \"b.c\" is not 1 to 24 letters, digits, - and _",
    );
    refuses(
        "wallet.1.operators=[\"ABC\"]",
        "wallet.1.operators: stands beside operator; keep one of the two",
    );
}

#[test]
fn what_a_script_gets_wrong_of_loans_and_payrolls_is_named_with_its_key() {
    refuses("loan.1.payee=x", "loan.1.payee: \"x\" is not the name of one above");
    refuses(
        "loan.1.repayment=never",
        "loan.1.repayment: \"never\" is not equal-principal, annuity or flat",
    );
    refuses(
        "loan.1.repayment=flat",
        "loan.1.rate_bp: stands beside a repayment with a sum of interest",
    );
    refuses(
        "loan.1.total_interest=\"1\"",
        "loan.1.total_interest: stands beside a repayment with a rate",
    );
    refuses(
        "loan.1.purpose=gift",
        "loan.1.purpose: \"gift\" is not loan-repayment, housing-loan-repayment or instalment",
    );
    refuses(
        "loan.1.principal=\"0.01\"",
        "loan.1.principal: 0.01 yuan cannot be that of a loan in 12 instalments",
    );
    let sets = ["loan.1.repayment=flat", "loan.1.total_interest=\"50.01\""];
    let flat = TAXES.replace("rate_bp = 310\n", "");
    let sets: Vec<Override> = sets.iter().map(|set| set.parse().unwrap()).collect();
    assert_eq!(
        Experiment::from_text(&flat, &sets, None).unwrap_err().to_string(),
        "loan.1.total_interest: 50.01 yuan cannot be that of a loan in 12 instalments"
    );
    refuses(
        "payroll.1.amount_max=\"0.50\"",
        "payroll.1.amount: is not above 0.00 and up to amount_max",
    );
    refuses("action.10.loan=x", "action.10.loan: \"x\" is not the name of one above");
    refuses(
        "action.11.every=2",
        "action.11.every: stands beside kind = \"pay-payroll\", which does not have it",
    );
}
