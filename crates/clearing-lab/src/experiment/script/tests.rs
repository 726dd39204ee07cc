use toml::Table;

use super::{ActionKind, Expected, FigureOf, SeriesFigure};
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
    let keys = ["scale", "scenario", "wallet", "series", "campaign", "contract", "card", "action"];
    for key in keys.into_iter().chain(["assert"]) {
        assert!(!plain.contains_key(key), "{key}");
    }
}

#[test]
fn what_a_script_gets_wrong_is_named_with_its_key() {
    refuses("wallet.1.kind=state", "wallet.1.kind: \"state\" is not a kind of wallet");
    refuses("wallet.1.class=2", "wallet.1.class: 2 is not the class of a government wallet, 1");
    refuses("wallet.2.name=office", "wallet.2.name: \"office\" is taken by another one");
    refuses("wallet.2.name=a.b", "wallet.2.name: \"a.b\" is not 1 to 24 letters, digits, - and _");
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
        "action.1.kind=pay",
        "action.1.kind: \"pay\" is not publish-bills, cancel-bills, refund, exchange-back, sweep-to-treasury, bind-front-end, register-merchant, create-campaign, register, draw, claim, close-campaign, create-contracts, release-lesson, request-lesson, dispute-lesson, refund-contracts, suspend-merchant, resume-merchant, issue-cards, load-cards, tap, report-lost or reissue-cards",
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
