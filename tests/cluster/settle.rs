//! Cycles that close, settle and carry; gross settlement; the golden net.

use std::collections::BTreeMap;

use clearing_api::v1;
use clearing_api::v1::cycle::State;
use clearing_api::v1::settlement_mode::{Algorithm, Settlement};
use clearing_domain::Reason;
use serde_json::Value;

use crate::support::{Operator, ROOT, TestCluster, config, member, operators, order, refusal};

/// What settled and what was carried for every operator, as in "ABC 30.00 0.00".
fn settled(positions: &[v1::CyclePosition]) -> Vec<String> {
    let line = |position: &v1::CyclePosition| {
        format!("{} {} {}", position.operator_code, position.settled, position.carried)
    };
    positions.iter().map(line).collect()
}

#[tokio::test]
async fn a_cycle_closes_on_demand_and_moves_the_settlement_accounts() {
    let cluster = TestCluster::start(operators(3)).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (one, other) = (icbc.open("100").await, abc.open("100").await);
    icbc.pay(order(&one, &other, "40")).await;
    abc.pay(order(&other, &one, "10")).await;
    let open = central_bank.cycle(None).await.unwrap();
    assert_eq!((open.cycle, open.state(), open.payments), (1, State::Open, 2));
    assert_eq!([open.gross_value.as_str(), &open.net_value], ["50.00", "30.00"]);
    let closed = central_bank.close_cycle(None).await.unwrap();
    assert_eq!(
        (closed.state(), closed.payments, closed.close_time.is_some()),
        (State::Settled, 2, true)
    );
    assert_eq!(settled(&closed.positions), ["ABC 30.00 0.00", "BOC 0.00 0.00", "ICBC -30.00 0.00"]);
    let held = central_bank.accounts("ICBC").await;
    assert_eq!([held.settlement_balance, held.ecny_held], ["49999999970.00", "49999999970.00"]);
    assert_eq!(central_bank.accounts("ABC").await.settlement_balance, "50000000030.00");
    assert_eq!(central_bank.net_and_headroom("ICBC").await, "0.00, 10000000000.00");
    assert_eq!(central_bank.cycle(None).await.unwrap().cycle, 2);
    cluster.finish().await;
}

#[tokio::test]
async fn an_empty_cycle_settles_and_closing_it_again_changes_nothing() {
    let cluster = TestCluster::start(operators(2)).await;
    let central_bank = cluster.central_bank();
    let first = central_bank.close_cycle(1).await.unwrap();
    assert_eq!(
        (first.state(), first.payments, first.net_value.as_str()),
        (State::Settled, 0, "0.00")
    );
    assert_eq!(central_bank.close_cycle(1).await.unwrap(), first);
    assert_eq!(central_bank.cycle(1).await.unwrap(), first);
    assert_eq!(central_bank.cycle(None).await.unwrap().cycle, 2);
    // Without a number each call closes the cycle that is open then.
    assert_eq!(central_bank.close_cycle(None).await.unwrap().cycle, 2);
    assert_eq!(central_bank.close_cycle(None).await.unwrap().cycle, 3);
    refusal(central_bank.close_cycle(5).await).is(Reason::CycleUnknown, "cycle", "5");
    cluster.finish().await;
}

#[tokio::test]
async fn a_payment_belongs_to_the_cycle_open_when_it_clears() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (one, other) = (icbc.open("100").await, abc.open("").await);
    let mut cycles = Vec::new();
    for _ in 0..3 {
        cycles.push(icbc.pay(order(&one, &other, "1")).await.cycle);
        central_bank.close_cycle(None).await.unwrap();
    }
    assert_eq!(cycles, [1, 2, 3].map(Some));
    let list = v1::ListCyclesRequest { page_size: 3, ..Default::default() };
    let page = central_bank.clearing.clone().list_cycles(list).await.unwrap().into_inner();
    assert_eq!(
        page.cycles.iter().map(|cycle| (cycle.cycle, cycle.payments)).collect::<Vec<_>>(),
        [(1, 1), (2, 1), (3, 1)]
    );
    let list = v1::ListCyclesRequest { page_size: 3, page_token: page.next_page_token };
    let page = central_bank.clearing.clone().list_cycles(list).await.unwrap().into_inner();
    assert_eq!(
        (page.cycles.len(), page.cycles[0].state(), page.next_page_token.as_str()),
        (1, State::Open, "")
    );
    let list = v1::ListSettlementsRequest::default();
    let settlements = central_bank
        .settlement
        .clone()
        .list_settlements(list)
        .await
        .unwrap()
        .into_inner()
        .settlements;
    assert_eq!(settlements.len(), 3);
    assert_eq!(settled(&settlements[1].positions), ["ABC 1.00 0.00", "ICBC -1.00 0.00"]);
    cluster.finish().await;
}

/// A case of tests/cases/clearing, in yuan as it stands there.
fn case(name: &str) -> Value {
    let path = format!("{ROOT}/tests/cases/clearing/{name}.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The values of an object, each as fen.
fn fen_by_operator(object: &Value) -> BTreeMap<String, i64> {
    let object = object.as_object().unwrap();
    object.iter().map(|(code, value)| (code.clone(), fen(value.as_str().unwrap()))).collect()
}

fn fen(yuan: &str) -> i64 {
    let (whole, part) = yuan.split_once('.').unwrap_or((yuan, "00"));
    format!("{whole}{part}").parse().unwrap()
}

#[tokio::test]
async fn the_golden_case_of_four_operators_nets_and_settles_as_published() {
    let case = case("golden-net-four-operators");
    let reserves = case["opening_settlement_balance"].as_str().unwrap();
    let mut lines = format!("regime = 'deposit'\nreserves = {reserves}\n");
    for (code, prefix) in [("A", 101), ("B", 102), ("C", 103), ("D", 104)] {
        lines.push_str(&format!("[[cluster.operators]]\ncode = '{code}'\nprefix = {prefix}\n"));
    }
    let cluster = TestCluster::start(config(&lines)).await;
    let mut operators: BTreeMap<&str, (Operator, String)> = BTreeMap::new();
    for code in ["A", "B", "C", "D"] {
        let operator = cluster.operator(code);
        let wallet = operator.open("1000").await;
        operators.insert(code, (operator, wallet));
    }
    for payment in case["wallet_payments"].as_array().unwrap() {
        let text = |key: &str| payment[key].as_str().unwrap();
        let ((payer, from), (_, to)) = (&operators[text("from")], &operators[text("to")]);
        assert_eq!(payer.pay_to_end(from, to, text("value")).await, "COMPLETED");
    }
    let expect = &case["expect"];
    let closed = cluster.central_bank().close_cycle(None).await.unwrap();
    assert_eq!(fen(&closed.gross_value), fen(expect["gross_value"].as_str().unwrap()));
    assert_eq!(fen(&closed.net_value), fen(expect["net_value"].as_str().unwrap()));
    let by_operator = |of: fn(&v1::CyclePosition) -> &str| -> BTreeMap<String, i64> {
        closed
            .positions
            .iter()
            .map(|position| (position.operator_code.clone(), fen(of(position))))
            .collect()
    };
    assert_eq!(
        by_operator(|position| &position.net_position),
        fen_by_operator(&expect["net_position"])
    );
    let balances = fen_by_operator(&expect["settlement_balance_after"]);
    assert_eq!(by_operator(|position| &position.settlement_balance), balances);
    for (code, balance) in &balances {
        let accounts = cluster.central_bank().accounts(code).await;
        assert_eq!([fen(&accounts.settlement_balance), fen(&accounts.reserves)], [*balance; 2]);
    }
    cluster.finish().await;
}

/// Two operators in the deposit regime; ICBC has reserves of 50.
fn short_operator(shortfall: &str) -> String {
    format!(
        "regime = 'deposit'\nshortfall = '{shortfall}'\n[[cluster.operators]]\ncode = 'ICBC'\nreserves = 50\n\
         [[cluster.operators]]\ncode = 'ABC'\nreserves = 1000"
    )
}

#[tokio::test]
async fn when_one_is_short_what_can_settle_settles_and_the_rest_is_carried_until_it_is_funded() {
    let cluster = TestCluster::start(config(&short_operator("partial-net"))).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    for amount in ["40", "30"] {
        assert_eq!(icbc.pay_to_end(&payer, &payee, amount).await, "COMPLETED");
    }
    let closed = central_bank.close_cycle(None).await.unwrap();
    assert_eq!(closed.state(), State::PartlySettled);
    assert_eq!(settled(&closed.positions), ["ABC 40.00 30.00", "ICBC -40.00 -30.00"]);
    let accounts = central_bank.accounts("ICBC").await;
    assert_eq!([accounts.reserves.as_str(), &accounts.unsettled], ["10.00", "-30.00"]);
    assert_eq!(central_bank.close_cycle(None).await.unwrap().state(), State::Carried);
    let open = central_bank.cycle(None).await.unwrap();
    assert_eq!(open.positions[1].brought_forward, "-30.00");

    central_bank.fund("ICBC", "20").await.unwrap();
    let closed = central_bank.close_cycle(None).await.unwrap();
    assert_eq!((closed.cycle, closed.state()), (3, State::Settled));
    assert_eq!(settled(&closed.positions), ["ABC 30.00 0.00", "ICBC -30.00 0.00"]);
    assert_eq!(central_bank.accounts("ICBC").await.reserves, "0.00");
    assert_eq!(central_bank.accounts("ABC").await.reserves, "1070.00");
    cluster.finish().await;
}

#[tokio::test]
async fn all_or_nothing_carries_everything_when_one_is_short() {
    let cluster = TestCluster::start(config(&short_operator("all-or-nothing"))).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (payer, payee) = (icbc.open("100").await, abc.open("100").await);
    icbc.pay(order(&payer, &payee, "40")).await;
    icbc.pay(order(&payer, &payee, "30")).await;
    let closed = central_bank.close_cycle(None).await.unwrap();
    assert_eq!(closed.state(), State::Carried);
    assert_eq!(settled(&closed.positions), ["ABC 0.00 70.00", "ICBC 0.00 -70.00"]);
    // A payment in the other direction makes the net small enough.
    abc.pay(order(&payee, &payer, "20")).await;
    let closed = central_bank.close_cycle(None).await.unwrap();
    assert_eq!(closed.state(), State::Settled);
    assert_eq!(settled(&closed.positions), ["ABC 50.00 0.00", "ICBC -50.00 0.00"]);
    assert_eq!(central_bank.accounts("ICBC").await.reserves, "0.00");
    cluster.finish().await;
}

#[tokio::test]
async fn a_carried_obligation_still_counts_against_the_cap() {
    let cluster =
        TestCluster::start(config(&format!("cap = 75\n{}", short_operator("partial-net")))).await;
    let (icbc, central_bank) = (cluster.operator("ICBC"), cluster.central_bank());
    let (payer, payee) = (icbc.open("100").await, cluster.operator("ABC").open("").await);
    assert_eq!(icbc.pay_to_end(&payer, &payee, "70").await, "COMPLETED");
    assert_eq!(central_bank.close_cycle(None).await.unwrap().state(), State::Carried);
    assert_eq!(icbc.pay_to_end(&payer, &payee, "5.01").await, "RETURNED NET_DEBIT_CAP");
    assert_eq!(icbc.pay_to_end(&payer, &payee, "5").await, "COMPLETED");
    assert_eq!(central_bank.net_and_headroom("ICBC").await, "-75.00, 0.00");
    cluster.finish().await;
}

#[tokio::test]
async fn gross_settlement_moves_the_accounts_with_each_payment_and_refuses_what_is_not_covered() {
    let lines = "operator_count = 2\nregime = 'deposit'\nsettlement = 'gross'\nreserves = 100";
    let cluster = TestCluster::start(config(lines)).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (one, other) = (icbc.open("500").await, abc.open("500").await);
    let reserves = async |code| central_bank.accounts(code).await.reserves;
    assert_eq!(icbc.pay_to_end(&one, &other, "60").await, "COMPLETED");
    assert_eq!([reserves("ICBC").await, reserves("ABC").await], ["40.00", "160.00"]);
    assert_eq!(icbc.pay_to_end(&one, &other, "40.01").await, "RETURNED COVER_INSUFFICIENT");
    assert_eq!(icbc.pay_to_end(&one, &other, "40").await, "COMPLETED");
    assert_eq!(icbc.pay_to_end(&one, &other, "0.01").await, "RETURNED COVER_INSUFFICIENT");
    assert_eq!(abc.pay_to_end(&other, &one, "25").await, "COMPLETED");
    assert_eq!(icbc.pay_to_end(&one, &other, "25").await, "COMPLETED");
    assert_eq!([reserves("ICBC").await, reserves("ABC").await], ["0.00", "200.00"]);
    assert_eq!(icbc.pay(order(&one, &other, "1")).await.cycle, None);
    cluster.finish().await;
}

#[tokio::test]
async fn gross_settlement_in_the_cash_regime_moves_e_cny_held() {
    let lines = "operator_count = 2\nsettlement = 'gross'\nreserves = 1000\nstock = 100";
    let cluster = TestCluster::start(config(lines)).await;
    let (icbc, central_bank) = (cluster.operator("ICBC"), cluster.central_bank());
    let (payer, payee) = (icbc.open("100").await, cluster.operator("ABC").open("").await);
    assert_eq!(icbc.pay_to_end(&payer, &payee, "70").await, "COMPLETED");
    assert_eq!(central_bank.accounts("ICBC").await.ecny_held, "30.00");
    assert_eq!(central_bank.accounts("ABC").await.ecny_held, "170.00");
    cluster.finish().await;
}

#[tokio::test]
async fn unwinding_leaves_claims_between_operators_and_payments_final() {
    let lines = "operator_count = 2\nregime = 'deposit'\nreserves = 100\nshortfall = 'unwind'";
    let cluster = TestCluster::start(config(lines)).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (one, other) = (icbc.open("1000").await, abc.open("").await);
    assert_eq!(icbc.pay_to_end(&one, &other, "150").await, "COMPLETED");
    let closed = central_bank.close_cycle(None).await.unwrap();
    assert_eq!(closed.state(), State::Unwound);
    assert_eq!(
        closed.positions.iter().map(|position| position.claimed.as_str()).collect::<Vec<_>>(),
        ["150.00", "-150.00"]
    );
    let claims = central_bank
        .settlement
        .clone()
        .list_claims(v1::ListClaimsRequest::default())
        .await
        .unwrap()
        .into_inner()
        .claims;
    let claim = &claims[0];
    let words = [claim.creditor_operator_code.as_str(), &claim.debtor_operator_code, &claim.amount];
    assert_eq!((claims.len(), words), (1, ["ABC", "ICBC", "150.00"]));
    assert_eq!(
        (
            abc.balance(&other).await.as_str(),
            central_bank.accounts("ICBC").await.settlement_balance.as_str()
        ),
        ("150.00", "100.00")
    );
    cluster.finish().await;
}

#[tokio::test]
async fn a_cycle_that_is_not_covered_waits_for_the_money_it_needs() {
    let lines = "operator_count = 2\nregime = 'deposit'\nreserves = 100\nfunding_minutes = 30\nshortfall = 'unwind'";
    let mut cluster = TestCluster::start(config(lines)).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (one, other) = (icbc.open("1000").await, abc.open("").await);
    assert_eq!(icbc.pay_to_end(&one, &other, "250").await, "COMPLETED");
    let frozen = central_bank.close_cycle(None).await.unwrap();
    assert_eq!(
        (frozen.cycle, frozen.state(), settled(&frozen.positions)[1].as_str()),
        (1, State::Frozen, "ICBC 0.00 0.00")
    );
    assert_eq!(icbc.pay_to_end(&one, &other, "5").await, "COMPLETED");
    cluster.crash(member("central-bank")).await;
    let (icbc, central_bank) = (cluster.operator("ICBC"), cluster.central_bank());
    assert_eq!(central_bank.cycle(1).await.unwrap().state(), State::Frozen);
    assert_eq!(central_bank.cycle(None).await.unwrap().payments, 1);
    central_bank.fund("ICBC", "149.99").await.unwrap();
    assert_eq!(central_bank.cycle(1).await.unwrap().state(), State::Frozen);
    central_bank.fund("ICBC", "0.01").await.unwrap();
    let closed = central_bank.cycle(1).await.unwrap();
    assert_eq!(
        (closed.state(), settled(&closed.positions)),
        (State::Settled, vec!["ABC 250.00 0.00".into(), "ICBC -250.00 0.00".into()])
    );
    assert_eq!(icbc.pay_to_end(&one, &other, "1").await, "COMPLETED");
    assert_eq!(central_bank.close_cycle(None).await.unwrap().state(), State::Frozen);
    assert_eq!(central_bank.close_cycle(2).await.unwrap().state(), State::Unwound);
    cluster.finish().await;
}

#[tokio::test]
async fn the_settlement_mode_is_read_and_changes_with_the_next_business_day() {
    let cluster =
        TestCluster::start(config("operator_count = 2\nsettlement = 'hybrid'\nlook_ahead = 3"))
            .await;
    let mut settlement = cluster.central_bank().settlement;
    let found =
        settlement.get_settlement_mode(v1::GetSettlementModeRequest {}).await.unwrap().into_inner();
    let mode = found.mode.unwrap();
    assert_eq!(
        (mode.settlement(), mode.shortfall, mode.algorithm(), mode.look_ahead),
        (Settlement::Hybrid, None, Algorithm::BilateralOffset, Some(3))
    );
    assert!(found.changes.is_empty());
    let change = |settlement: i32, request_id: &str| v1::ChangeSettlementModeRequest {
        request_id: request_id.to_owned(),
        mode: Some(v1::SettlementMode { settlement, ..Default::default() }),
    };
    let gross = || change(Settlement::Gross.into(), "g");
    let first =
        settlement.change_settlement_mode(gross()).await.unwrap().into_inner().change.unwrap();
    let again =
        settlement.change_settlement_mode(gross()).await.unwrap().into_inner().change.unwrap();
    assert_eq!((first.mode.unwrap().settlement(), &first), (Settlement::Gross, &again));
    let other =
        settlement.change_settlement_mode(change(Settlement::DeferredNet.into(), "g")).await;
    refusal(other).is(Reason::RequestIdReused, "request_id", "g");
    for number in [0, 9] {
        refusal(settlement.change_settlement_mode(change(number, "n")).await).is(
            Reason::FieldInvalid,
            "mode.settlement",
            &format!("settlement {number} is no settlement"),
        );
    }
    let blind = v1::ChangeSettlementModeRequest {
        mode: Some(v1::SettlementMode { look_ahead: Some(0), ..found.mode.unwrap() }),
        ..change(0, "n")
    };
    refusal(settlement.change_settlement_mode(blind).await).is(
        Reason::FieldInvalid,
        "mode.look_ahead",
        "0 is not 1 to 1000000",
    );
    let found =
        settlement.get_settlement_mode(v1::GetSettlementModeRequest {}).await.unwrap().into_inner();
    assert_eq!(
        (found.mode.unwrap().settlement(), found.changes),
        (Settlement::Hybrid, vec![first])
    );
    cluster.finish().await;
}

#[tokio::test]
async fn another_settlement_in_the_configuration_is_in_force_from_the_next_start() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (one, other) = (icbc.open("100").await, abc.open("").await);
    assert_eq!(icbc.pay(order(&one, &other, "30")).await.cycle, Some(1));
    let folder = cluster.stop().await;
    let cluster =
        TestCluster::start_in(folder, config("operator_count = 2\nsettlement = 'gross'")).await;
    let (icbc, central_bank) = (cluster.operator("ICBC"), cluster.central_bank());
    assert_eq!(icbc.pay(order(&one, &other, "20")).await.cycle, None);
    assert_eq!(central_bank.accounts("ICBC").await.settlement_balance, "49999999980.00");
    // What was owed in the cycle still settles with it; then there is none.
    let closed = central_bank.close_cycle(None).await.unwrap();
    assert_eq!((closed.cycle, closed.payments, closed.net_value.as_str()), (1, 1, "30.00"));
    refusal(central_bank.close_cycle(None).await).is(Reason::RegimeMismatch, "cycle", "");
    assert_eq!(central_bank.accounts("ICBC").await.settlement_balance, "49999999950.00");
    cluster.finish().await;
}
