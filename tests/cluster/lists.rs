//! Lists cost what their pages cost, refusals have a price, and questions without an answer are
//! answered.

use clearing_api::v1;
use clearing_domain::Reason;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_types::StatusExt;

use crate::support::{Operator, TestCluster, config, ending, member, operators, order, refusal};

/// All pages of the payments of a payer, by their request ids.
async fn payments_of(operator: &Operator, payer: &str, page_size: i32) -> Vec<String> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            v1::ListPaymentsRequest { payer_wallet: payer.to_owned(), page_size, page_token };
        let page = operator.payments.clone().list_payments(request).await.unwrap().into_inner();
        found.extend(page.payments.into_iter().map(|payment| payment.request_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

/// All pages of a statement: kinds and balances.
async fn statement(operator: &Operator, wallet: &str, page_size: i32) -> Vec<(i32, String)> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            v1::ListEntriesRequest { wallet_number: wallet.to_owned(), page_size, page_token };
        let page = operator.wallets.clone().list_entries(request).await.unwrap().into_inner();
        found.extend(page.entries.into_iter().map(|entry| (entry.kind, entry.balance_after)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

#[tokio::test]
async fn payments_and_entries_of_a_wallet_are_listed_by_pages_before_and_after_a_restart() {
    let mut cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (first, second, idle) =
        (icbc.open("100").await, icbc.open("100").await, icbc.open("").await);
    let mut expected = [Vec::new(), Vec::new()];
    for number in 0..11 {
        let place = usize::from(number % 3 == 0);
        let (payer, payee) = if place == 0 { (&first, &second) } else { (&second, &first) };
        let order = order(payer, payee, if number % 4 == 0 { "500" } else { "1" });
        expected[place].push(order.request_id.clone());
        icbc.pay(order).await;
    }
    for restarted in [false, true] {
        if restarted {
            cluster.crash(member("ICBC")).await;
        }
        let icbc = cluster.operator("ICBC");
        for size in [1, 3, 100] {
            assert_eq!(payments_of(&icbc, &first, size).await, expected[0]);
            assert_eq!(payments_of(&icbc, &second, size).await, expected[1]);
            assert_eq!(statement(&icbc, &first, size).await, statement(&icbc, &first, 100).await);
        }
        assert!(payments_of(&icbc, &idle, 1).await.is_empty());
        assert_eq!(icbc.all_payments().await.len(), 11);
    }
    let icbc = cluster.operator("ICBC");
    // A token of one wallet's list opens no other's.
    let page = async |payer: &str, page_token: &str| {
        let (payer_wallet, page_token) = (payer.to_owned(), page_token.to_owned());
        let request = v1::ListPaymentsRequest { payer_wallet, page_size: 1, page_token };
        icbc.payments.clone().list_payments(request).await
    };
    let token = page(&second, "").await.unwrap().into_inner().next_page_token;
    refusal(page(&first, &token).await).is(Reason::PageInvalid, "page_token", &token);
    let entries = async |page_token: &str| {
        let (wallet_number, page_token) = (first.clone(), page_token.to_owned());
        icbc.wallets
            .clone()
            .list_entries(v1::ListEntriesRequest { wallet_number, page_size: 1, page_token })
            .await
    };
    // The balance in a token is what the caller says: none makes the walk leave the range of money.
    let token = entries("").await.unwrap().into_inner().next_page_token;
    let slot = token.split('.').next().unwrap().to_owned();
    for fen in [i64::MIN + 1, -1, i64::MAX] {
        refusal(entries(&format!("{slot}.{fen}")).await).is(
            Reason::PageInvalid,
            "page_token",
            &slot,
        );
    }
    let wallets = async |page_token: &str| {
        let request = v1::ListWalletsRequest { page_size: 1, page_token: page_token.to_owned() };
        icbc.wallets.clone().list_wallets(request).await
    };
    for token in [token.as_str(), "p18446744073709551615"] {
        refusal(wallets(token).await).is(Reason::PageInvalid, "page_token", token);
    }
    let entries =
        v1::ListEntriesRequest { wallet_number: idle, page_size: 1, page_token: "p0.0".to_owned() };
    refusal(icbc.wallets.clone().list_entries(entries).await).is(
        Reason::PageInvalid,
        "page_token",
        "p0",
    );
    cluster.finish().await;
}

#[tokio::test]
async fn a_wallet_that_keeps_asking_for_what_is_refused_is_told_to_wait() {
    let lines = "operator_count = 1\nrefusals_burst = 3\nrefusals_per_second = 1";
    let cluster = TestCluster::start(config(lines)).await;
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("10").await, icbc.open("").await);
    let orders = (0..50).map(|_| order(&payer, &payee, "500")).collect();
    let outcomes = icbc.pay_batch(orders).await.unwrap();
    let taken = |outcome: &&v1::PaymentOutcome| {
        matches!(outcome.outcome, Some(v1::payment_outcome::Outcome::Payment(_)))
    };
    assert_eq!(outcomes.iter().filter(taken).count(), 3);
    let status = icbc.try_pay(order(&payer, &payee, "500")).await.unwrap_err();
    // Of one a second, the third has just been taken.
    let wait = status.get_error_details().retry_info().and_then(|info| info.retry_delay).unwrap();
    assert!(wait <= std::time::Duration::from_secs(1), "{wait:?}");
    assert!(
        status.message().contains(&format!("in {} ms", wait.as_millis())),
        "{}",
        status.message()
    );
    refusal::<v1::Payment>(Err(status)).is(Reason::RefusedTooOften, "payer_wallet", &payer);
    // What it can pay it pays, and others have their own.
    assert_eq!(icbc.pay_to_end(&payer, &payee, "1").await, "COMPLETED");
    assert_eq!(icbc.pay_to_end(&payee, &payer, "500").await, "REJECTED INSUFFICIENT_FUNDS");
    let states: Vec<_> = icbc.all_payments().await.iter().map(ending).collect();
    assert_eq!(
        states.iter().filter(|state| *state == "REJECTED INSUFFICIENT_FUNDS").count(),
        4,
        "{states:?}"
    );
    let mut node = v1::node_service_client::NodeServiceClient::new(cluster.channel(member("ICBC")));
    let refusals = node
        .get_node(v1::GetNodeRequest {})
        .await
        .unwrap()
        .into_inner()
        .node
        .unwrap()
        .refusals
        .unwrap();
    assert_eq!(refusals.payments, 48);
    cluster.finish().await;
}

#[tokio::test]
async fn reflection_answers_an_unknown_symbol_and_goes_on() {
    let cluster = TestCluster::start(operators(1)).await;
    let mut client = ServerReflectionClient::new(cluster.channel(member("ICBC")));
    let ask =
        |question| ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let questions = [
        ask(MessageRequest::FileContainingSymbol("no.such.Symbol".to_owned())),
        ask(MessageRequest::FileByFilename("no/such.proto".to_owned())),
        ServerReflectionRequest::default(),
        ask(MessageRequest::FileContainingSymbol("clearing.v1.PaymentService".to_owned())),
    ];
    let mut answers =
        client.server_reflection_info(tokio_stream::iter(questions)).await.unwrap().into_inner();
    for code in [5, 5, 3] {
        let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
        let MessageResponse::ErrorResponse(error) = answer else { panic!("{answer:?}") };
        assert_eq!(error.error_code, code);
    }
    let file = answers.message().await.unwrap().unwrap().message_response.unwrap();
    assert!(matches!(file, MessageResponse::FileDescriptorResponse(_)));
    assert!(answers.message().await.unwrap().is_none());
    cluster.finish().await;
}
