//! Business time in ticks: payments end with their tick, cycles with their cut-off.

use clearing_api::v1;
use clearing_api::v1::clock::Mode;
use clearing_api::v1::cycle::State;
use clearing_api::v1::experiment_service_client::ExperimentServiceClient;
use clearing_domain::Reason;
use clearing_domain::money::BusinessDate;

use crate::support::{CentralBank, TestCluster, config, ending, member, operators, order, refusal};

/// Ticks of an hour from the first business day of the pilot month on.
const HOURS: &str = "operator_count = 2\nclock = 'lockstep'\ntick_seconds = 3600\ncycles_per_day = 4";

async fn advance(central_bank: &CentralBank, tick: u64) -> v1::Clock {
    let answer = central_bank.clock.clone().advance(v1::AdvanceRequest { tick }).await.unwrap();
    answer.into_inner().clock.unwrap()
}

/// Hours since the first business day began.
fn hours(at: Option<prost_types::Timestamp>) -> i64 {
    let start = BusinessDate::parse("2022-08-24").unwrap().start().ms() / 1000;
    (at.unwrap().seconds - start) / 3600
}

#[tokio::test]
async fn a_payment_is_answered_at_once_in_business_time_and_ends_with_its_tick() {
    let cluster = TestCluster::start(config(HOURS)).await;
    let (icbc, abc, central_bank) = (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    assert_eq!(hours(icbc.wallet(&payer).await.create_time), 0);
    let first = order(&payer, &payee, "40");
    let payment = icbc.pay(first.clone()).await;
    assert_eq!((ending(&payment).as_str(), hours(payment.create_time)), ("IN_TRANSIT", 0));
    let clock = advance(&central_bank, 1).await;
    assert_eq!((clock.mode(), clock.tick, clock.tick_over, hours(clock.business_time)), (Mode::Lockstep, 1, true, 1));
    let payment = icbc.pay(first).await;
    assert_eq!((ending(&payment).as_str(), hours(payment.finish_time)), ("COMPLETED", 1));
    assert_eq!(abc.balance(&payee).await, "40.00");
    let second = icbc.pay(order(&payer, &payee, "60.01")).await;
    assert_eq!((ending(&second).as_str(), hours(second.create_time)), ("REJECTED INSUFFICIENT_FUNDS", 1));
    cluster.finish().await;
}

#[tokio::test]
async fn a_tick_that_is_over_is_answered_again_and_several_may_be_skipped() {
    let cluster = TestCluster::start(config(HOURS)).await;
    let central_bank = cluster.central_bank();
    let clock = advance(&central_bank, 5).await;
    assert_eq!((clock.tick, hours(clock.business_time)), (5, 5));
    assert_eq!(advance(&central_bank, 3).await, clock);
    let asked = central_bank.clock.clone().get_clock(v1::GetClockRequest {}).await.unwrap().into_inner().clock;
    assert_eq!(asked, Some(clock));
    cluster.finish().await;
}

#[tokio::test]
async fn cycles_close_at_their_cut_offs_also_across_a_crash() {
    let mut cluster = TestCluster::start(config(HOURS)).await;
    let (icbc, abc, central_bank) = (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    for tick in 1..=24 {
        assert_eq!(ending(&icbc.pay(order(&payer, &payee, "1")).await), "IN_TRANSIT");
        if tick % 6 == 0 {
            cluster.crash(member("central-bank")).await;
            cluster.crash(member("ABC")).await;
        }
        advance(&central_bank, tick).await;
    }
    for number in 1..=4 {
        let cycle = central_bank.cycle(number).await.unwrap();
        assert_eq!(
            (cycle.state(), cycle.payments, hours(cycle.close_time)),
            (State::Settled, 6, 6 * i64::from(number))
        );
    }
    assert_eq!(central_bank.cycle(0).await.unwrap().cycle, 5);
    assert_eq!(abc.balance(&payee).await, "24.00");
    cluster.finish().await;
}

#[tokio::test]
async fn ticks_are_refused_under_the_wall_clock() {
    let cluster = TestCluster::start(operators(1)).await;
    let clock = cluster.central_bank().clock.clone().get_clock(v1::GetClockRequest {}).await.unwrap();
    assert_eq!(clock.into_inner().clock.unwrap().mode(), Mode::Wall);
    let tick = v1::SubmitTickRequest { tick: 1, complete: true, ..Default::default() };
    let refused = ExperimentServiceClient::new(cluster.channel(member("ICBC"))).submit_tick(tick).await;
    refusal(refused).is(Reason::ClockMismatch, "tick", "wall clock");
    cluster.finish().await;
}
