//! Business time in ticks: payments end with their tick, cycles with their cut-off.

use clearing_api::v1;
use clearing_api::v1::clock::Mode;
use clearing_api::v1::cycle::State;
use clearing_api::v1::experiment_service_client::ExperimentServiceClient;
use clearing_domain::Reason;
use clearing_domain::money::{BusinessDate, PaymentId, WalletNumber};
use tonic::Status;

use crate::support::{
    CentralBank, Operator, TestCluster, config, ending, member, operators, order, refusal,
};

/// Ticks of an hour from the first business day of the pilot month on.
const HOURS: &str =
    "operator_count = 2\nclock = 'lockstep'\ntick_seconds = 3600\ncycles_per_day = 4";

async fn advance(central_bank: &CentralBank, tick: u64) -> v1::Clock {
    let answer = central_bank.clock.clone().advance(v1::AdvanceRequest { tick }).await.unwrap();
    answer.into_inner().clock.unwrap()
}

async fn clock(central_bank: &CentralBank) -> v1::Clock {
    let answer = central_bank.clock.clone().get_clock(v1::GetClockRequest {}).await.unwrap();
    answer.into_inner().clock.unwrap()
}

async fn progress(cluster: &TestCluster, code: &str) -> v1::TickProgress {
    let mut operator = ExperimentServiceClient::new(cluster.channel(member(code)));
    operator.get_tick(v1::GetTickRequest {}).await.unwrap().into_inner().progress.unwrap()
}

/// Hours since the first business day began.
fn hours(at: Option<prost_types::Timestamp>) -> i64 {
    let start = BusinessDate::parse("2022-08-24").unwrap().start().ms() / 1000;
    (at.unwrap().seconds - start) / 3600
}

#[tokio::test]
async fn a_payment_is_answered_at_once_in_business_time_and_ends_with_its_tick() {
    let cluster = TestCluster::start(config(HOURS)).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    assert_eq!(hours(icbc.wallet(&payer).await.create_time), 0);
    assert_eq!(clock(&central_bank).await.tick, None);
    assert_eq!(progress(&cluster, "ICBC").await, v1::TickProgress::default());
    let first = order(&payer, &payee, "40");
    let payment = icbc.pay(first.clone()).await;
    assert_eq!((ending(&payment).as_str(), hours(payment.create_time)), ("IN_TRANSIT", 0));
    let clock = advance(&central_bank, 1).await;
    assert_eq!(
        (clock.mode(), clock.tick, clock.tick_over, hours(clock.business_time)),
        (Mode::Lockstep, Some(1), true, 1)
    );
    let progress = progress(&cluster, "ICBC").await;
    assert_eq!((progress.tick, progress.tick_ended), (Some(1), Some(1)));
    let payment = icbc.pay(first).await;
    assert_eq!((ending(&payment).as_str(), hours(payment.finish_time)), ("COMPLETED", 1));
    assert_eq!(abc.balance(&payee).await, "40.00");
    let second = icbc.pay(order(&payer, &payee, "60.01")).await;
    assert_eq!(
        (ending(&second).as_str(), hours(second.create_time)),
        ("REJECTED INSUFFICIENT_FUNDS", 1)
    );
    cluster.finish().await;
}

#[tokio::test]
async fn a_tick_that_is_over_is_answered_again_and_several_may_be_skipped() {
    let cluster = TestCluster::start(config(HOURS)).await;
    let central_bank = cluster.central_bank();
    let clock = advance(&central_bank, 5).await;
    assert_eq!((clock.tick, hours(clock.business_time)), (Some(5), 5));
    assert_eq!(advance(&central_bank, 3).await, clock);
    assert_eq!(self::clock(&central_bank).await, clock);
    cluster.finish().await;
}

#[tokio::test]
async fn cycles_close_at_their_cut_offs_also_across_a_crash() {
    let mut cluster = TestCluster::start(config(HOURS)).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
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
    assert_eq!(central_bank.cycle(None).await.unwrap().cycle, 5);
    assert_eq!(abc.balance(&payee).await, "24.00");
    cluster.finish().await;
}

/// A payment of 10 yuan within the first hour, whose id is a byte repeated.
fn item(id: u8, payer: &str, payee: &str) -> (Vec<u8>, u64, u64) {
    let number = |wallet: &str| wallet.parse::<WalletNumber>().unwrap().as_u64();
    (vec![id; 16], number(payer), number(payee))
}

/// Submits all items of the first tick.
async fn submit(
    cluster: &TestCluster,
    code: &str,
    items: &[(Vec<u8>, u64, u64)],
) -> Result<u64, Status> {
    let start = BusinessDate::parse("2022-08-24").unwrap().start().ms();
    let items = v1::TickItems {
        payment_ids: items.iter().flat_map(|(id, ..)| id.clone()).collect(),
        payer_wallets: items.iter().map(|(_, payer, _)| *payer).collect(),
        payee_wallets: items.iter().map(|(.., payee)| *payee).collect(),
        amounts_fen: vec![1_000; items.len()],
        submit_times_ms: vec![start; items.len()],
        details: None,
    };
    let tick =
        v1::SubmitTickRequest { tick: 1, first_index: 0, items: Some(items), complete: true };
    let answer =
        ExperimentServiceClient::new(cluster.channel(member(code))).submit_tick(tick).await?;
    Ok(answer.into_inner().progress.unwrap().next_index)
}

#[tokio::test]
async fn an_id_that_is_used_twice_stops_no_tick_and_loses_no_money() {
    let mut cluster = TestCluster::start(config(HOURS)).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (one, two) = (icbc.open("100").await, icbc.open("100").await);
    let payee = abc.open("100").await;
    let twice = [item(7, &one, &payee), item(7, &two, &payee)];
    refusal(submit(&cluster, "ICBC", &twice).await).is(
        Reason::RequestIdReused,
        "items.payment_ids",
        "[1]",
    );
    let list = [item(7, &one, &payee), item(8, &two, &payee)];
    for _ in 0..2 {
        assert_eq!(
            submit(&cluster, "ICBC", &list).await.unwrap(),
            2,
            "a repeat of an honest list is one"
        );
    }
    assert_eq!(submit(&cluster, "ABC", &[item(8, &payee, &one)]).await.unwrap(), 1);
    assert!(advance(&central_bank, 1).await.tick_over);
    cluster.crash(member("central-bank")).await;
    assert!(advance(&central_bank, 2).await.tick_over);
    let of = async |operator: &Operator| {
        operator.all_payments().await.iter().map(ending).collect::<Vec<_>>()
    };
    // Submitted at the same moment: the operator whose code comes first has the id.
    let of_icbc = ["COMPLETED", "RETURNED REQUEST_ID_REUSED"].map(str::to_owned).to_vec();
    assert_eq!((of(&icbc).await, of(&abc).await), (of_icbc, vec!["COMPLETED".to_owned()]));
    let rest = [icbc.balance(&one).await, icbc.balance(&two).await, abc.balance(&payee).await];
    assert_eq!(rest, ["100.00"; 3], "one paid and was paid, the other's funds came back");
    cluster.finish().await;
}

#[tokio::test]
async fn levels_of_a_tick_are_counted_and_unknown_ones_refused() {
    let cluster = TestCluster::start(config(HOURS)).await;
    let central_bank = cluster.central_bank();
    let level = |id: u8, priority: i32| v1::PaymentPriority {
        payment_id: PaymentId([id; 16]).to_string(),
        priority,
    };
    let set = async |priorities: Vec<v1::PaymentPriority>| {
        let request = v1::SetTickPrioritiesRequest { tick: 1, priorities };
        let set = central_bank.clock.clone().set_tick_priorities(request).await?;
        Ok::<_, Status>(set.into_inner().payments)
    };
    assert_eq!(set(vec![level(1, 5), level(2, 6)]).await.unwrap(), 2);
    assert_eq!(set(vec![level(2, 1), level(3, 5)]).await.unwrap(), 3);
    for number in [0, 8] {
        let refused = set(vec![level(4, 5), level(5, number)]).await;
        refusal(refused).is(Reason::FieldInvalid, "priorities", &format!("priority {number} is"));
    }
    assert_eq!(set(Vec::new()).await.unwrap(), 3);
    advance(&central_bank, 1).await;
    assert_eq!(set(vec![level(1, 5)]).await.unwrap(), 0);
    cluster.finish().await;
}

#[tokio::test]
async fn ticks_are_refused_under_the_wall_clock() {
    let cluster = TestCluster::start(operators(1)).await;
    let clock = clock(&cluster.central_bank()).await;
    assert_eq!((clock.mode(), clock.tick, clock.tick_over), (Mode::Wall, None, true));
    let tick = v1::SubmitTickRequest { tick: 1, complete: true, ..Default::default() };
    let refused =
        ExperimentServiceClient::new(cluster.channel(member("ICBC"))).submit_tick(tick).await;
    refusal(refused).is(Reason::ClockMismatch, "tick", "wall clock");
    cluster.finish().await;
}
