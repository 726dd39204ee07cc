use std::collections::BTreeMap;

use clearing_domain::Reason;
use clearing_domain::operator::PaymentState;

use super::super::tests::finished;
use crate::engine::FinishedRun;
use crate::experiment::Experiment;

/// Ten payers of a bill each, which the office publishes in the morning.
const BILLS: &str = "
name = 'bills'
[cluster]
operator_count = 3
[[wallet]]
name = 'office'
kind = 'government'
operator = 'BOC'
[[wallet]]
name = 'payer'
kind = 'personal'
class = 3
count = 10
opening = '100'
[[series]]
name = 'tax'
from = 'payer'
to = 'office'
amount = '10.00'
bills = 'tax'
front_end = 'Messenger'
[[action]]
kind = 'publish-bills'
at = '08:00'
series = 'tax'
[[action]]
kind = 'bind-front-end'
at = '08:00'
wallet = 'payer'
front_end = 'Messenger'
region = 'Shenzhen'
";

fn run(more: &str, sets: &[&str]) -> FinishedRun {
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    let experiment = Experiment::from_text(&format!("{BILLS}{more}"), &sets, None).unwrap();
    finished(&experiment).unwrap()
}

/// How many payments of the first series completed, and how many were submitted.
fn paid(run: &FinishedRun) -> [usize; 2] {
    let payments: Vec<_> = run.script.series[0]
        .iter()
        .filter_map(|one| run.ledgers.operators[one.payer.operator].payment(one.id))
        .collect();
    let completed = payments.iter().filter(|one| one.state == PaymentState::Completed);
    [completed.count(), payments.len()]
}

#[test]
fn bills_are_published_paid_given_back_and_exchanged() {
    let more = "
        [[action]]
        kind = 'refund'
        at = '18:00'
        series = 'tax'
        every = 5
        [[action]]
        kind = 'exchange-back'
        at = '19:00'
        wallet = 'office'
    ";
    let run = run(more, &[]);
    assert_eq!(paid(&run), [10, 10]);
    let record = &run.script.actions;
    let of = |place: usize| (record[place].done, record[place].value.to_string());
    assert_eq!(of(0), (10, "100.00".to_owned()));
    assert_eq!((record[1].done, record[1].refused.len()), (10, 0));
    assert_eq!(of(2), (2, "20.00".to_owned()));
    assert_eq!(of(3), (1, "80.00".to_owned()), "what is left after the refunds");
    let office = run.script.wallets[0][0];
    let ledger = &run.ledgers.operators[office.operator];
    assert!(ledger.wallet(office.number).unwrap().balance.fen() == 0);
}

#[test]
fn a_front_end_shows_only_wallets_that_are_bound_to_it() {
    let withheld = |sets: &[&str]| {
        let run = run("", sets);
        (paid(&run), run.script.withheld[0], run.script.actions[1].refused.clone())
    };
    let refused = |reason| BTreeMap::from([(reason, 10)]);
    assert_eq!(
        withheld(&["action.2.at=11:00"]).1 + withheld(&["action.2.at=11:00"]).0[0] as u64,
        10
    );
    for (set, reason) in [
        ("action.2.mismatch=phone", Reason::PhoneMismatch),
        ("action.2.mismatch=identity", Reason::IdentityMismatch),
        ("wallet.2.class=4", Reason::ClassTooWeak),
    ] {
        assert_eq!(withheld(&[set]), ([0, 0], 10, refused(reason)), "{set}");
    }
    let spring = ["action.2.region=Guangzhou", "cluster.start=2022-03-31"];
    assert_eq!(withheld(&spring).2, refused(Reason::RegionNotInPilot));
    assert_eq!(withheld(&["action.2.region=Guangzhou", "cluster.start=2022-04-01"]).0, [10, 10]);
}

#[test]
fn a_bill_that_was_taken_back_is_not_paid() {
    let more = "
        [[action]]
        kind = 'cancel-bills'
        at = '08:30'
        series = 'tax'
        every = 4
    ";
    let run = run(more, &[]);
    assert_eq!(paid(&run), [8, 10]);
    // What is paid already cannot be taken back.
    let late = self::run(more, &["action.3.at=17:30"]);
    assert_eq!(late.script.actions[2].refused, BTreeMap::from([(Reason::BillPaid, 2)]));
}

/// Ten applicants for packets of which four win, and a shop where the money may be spent.
const PACKETS: &str = "
name = 'packets'
days = 4
[cluster]
operator_count = 3
tick_seconds = 600
[[wallet]]
name = 'city'
kind = 'government'
operator = 'BOC'
opening = '100'
[[wallet]]
name = 'person'
kind = 'personal'
class = 3
count = 10
opening = '50'
[[wallet]]
name = 'shop'
kind = 'merchant'
operator = 'ABC'
[[campaign]]
name = 'gift'
sponsor = 'city'
kind = 'red-packet'
face = '20.00'
winners = 4
register = ['1 08:00', '1 12:00']
claim_until = '2 12:00'
valid = ['2 08:00', '3 20:00']
categories = ['catering']
[[series]]
name = 'meal'
from = 'person'
to = 'shop'
days = [3]
amount = '15.00'
campaign = 'gift'
[[action]]
kind = 'register-merchant'
at = '07:00'
wallet = 'shop'
category = 'catering'
[[action]]
kind = 'create-campaign'
at = '07:30'
campaign = 'gift'
[[action]]
kind = 'register'
at = '09:00'
campaign = 'gift'
wallet = 'person'
[[action]]
kind = 'draw'
at = '2 08:00'
campaign = 'gift'
[[action]]
kind = 'claim'
at = '2 09:00'
campaign = 'gift'
wallet = 'person'
[[action]]
kind = 'close-campaign'
at = '4 12:00'
campaign = 'gift'
";

fn packets(sets: &[&str]) -> FinishedRun {
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    finished(&Experiment::from_text(PACKETS, &sets, None).unwrap()).unwrap()
}

#[test]
fn a_packet_is_won_claimed_spent_where_it_may_be_and_taken_back() {
    let run = packets(&[]);
    let pool = run.script.campaigns[0].unwrap();
    let ledger = &run.ledgers.operators[pool.operator];
    let campaign = ledger.campaign(pool.number).unwrap();
    assert_eq!([campaign.registered(), campaign.won(), campaign.claimed()], [10, 4, 4]);
    assert_eq!(run.script.actions[4].refused, BTreeMap::from([(Reason::NotWon, 6)]));
    assert_eq!((paid(&run), run.script.withheld[0]), ([4, 4], 6));
    let redeemed: Vec<_> =
        run.ledgers.operators.iter().map(|operator| operator.redemption(pool.number)).collect();
    let spent: clearing_domain::money::Total = redeemed.iter().map(|one| one.spent).sum();
    assert_eq!(
        (spent.to_string(), campaign.reclaimed().to_string()),
        ("60.00".into(), "20.00".into())
    );
    assert_eq!(ledger.pool_of(pool.number).fen(), 0);
    // Of 100 yuan the city has what was not spent.
    let city = run.script.wallets[0][0];
    assert_eq!(ledger.wallet(city.number).unwrap().balance.fen(), 4_000);
    let elsewhere = packets(&["action.1.category=retail"]);
    let pool = elsewhere.script.campaigns[0].unwrap();
    let ledger = &elsewhere.ledgers.operators[pool.operator];
    assert_eq!(ledger.campaign(pool.number).unwrap().reclaimed().to_string(), "80.00");
}

#[test]
fn campaigns_that_one_tick_creates_have_their_pools_in_the_order_of_the_file() {
    let more = "
        [[campaign]]
        name = 'more'
        sponsor = 'city'
        kind = 'red-packet'
        face = '5.00'
        winners = 2
        register = ['1 08:00', '1 12:00']
        claim_until = '2 12:00'
        valid = ['2 08:00', '3 20:00']
        [[action]]
        kind = 'create-campaign'
        name = 'earlier'
        at = '07:10'
        campaign = 'more'
    ";
    let hours = ["cluster.tick_seconds=3600".parse().unwrap()];
    let experiment = Experiment::from_text(&format!("{PACKETS}{more}"), &hours, None).unwrap();
    let run = finished(&experiment).unwrap();
    let pools = [0, 1].map(|place| run.script.campaigns[place].unwrap());
    let ledger = &run.ledgers.operators[pools[0].operator];
    let faces = pools.map(|pool| ledger.campaign(pool.number).unwrap().row.face.to_string());
    assert_eq!(faces, ["20.00", "5.00"]);
}

#[test]
fn a_voucher_pays_a_part_of_a_payment_at_another_operator() {
    let run = packets(&[
        "campaign.1.kind=voucher",
        "campaign.1.min_spend=\"25\"",
        "series.1.amount=\"30\"",
    ]);
    let pool = run.script.campaigns[0].unwrap();
    let ledger = &run.ledgers.operators[pool.operator];
    let campaign = ledger.campaign(pool.number).unwrap();
    assert_eq!((paid(&run), campaign.redeemed()), ([4, 4], 4));
    assert_eq!(campaign.turnover().to_string(), "120.00");
    let city = run.script.wallets[0][0];
    assert_eq!(ledger.wallet(city.number).unwrap().balance.fen(), 2_000);
}

#[test]
fn a_government_wallet_is_swept_into_the_treasury_or_waits_by_name() {
    let more = "
        [[action]]
        kind = 'sweep-to-treasury'
        at = '18:00'
        wallet = 'office'
    ";
    let swept = |sets: &[&str]| {
        let run = run(more, sets);
        let central_bank = run.ledgers.central_bank;
        let waiting = central_bank.waiting_remittances().map(|one| one.amount.to_string());
        (central_bank.treasury().to_string(), waiting.collect::<Vec<_>>())
    };
    assert_eq!(swept(&[]), ("100.00".to_owned(), Vec::new()));
    let deposit = "cluster.regime=deposit";
    assert_eq!(swept(&[deposit]), ("100.00".to_owned(), Vec::new()));
    let short = [deposit, "cluster.reserves=0", "cluster.cap=unlimited"];
    assert_eq!(swept(&short).1, ["100.00"]);
}
