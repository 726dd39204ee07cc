//! Every list gives the same by pages of one as whole, and no token of one list skips in another.

use std::fmt::Debug;

use clearing_api::v1;
use clearing_domain::Reason;
use tonic::Status;

use crate::support::{TestCluster, config, order, refusal};

/// A list, page by page.
async fn all<T>(
    size: i32,
    mut page: impl AsyncFnMut(i32, String) -> Result<(Vec<T>, String), Status>,
) -> Vec<T> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let (items, next) = page(size, token).await.unwrap();
        assert!(items.len() <= usize::try_from(size).unwrap(), "a page is larger than asked for");
        found.extend(items);
        if next.is_empty() {
            return found;
        }
        token = next;
    }
}

/// Walks a list by one, by two and whole; it must have so many elements.
async fn check<T: Debug + PartialEq>(
    length: usize,
    mut page: impl AsyncFnMut(i32, String) -> Result<(Vec<T>, String), Status>,
) {
    let whole = all(100, &mut page).await;
    assert_eq!(whole.len(), length, "{whole:?}");
    for size in [1, 2] {
        assert_eq!(all(size, &mut page).await, whole);
    }
    for token in ["x", "p", "p-1", "p99999999999999999999"] {
        refusal(page(1, token.to_owned()).await).is(Reason::PageInvalid, "page_token", token);
    }
}

/// A page of a list of a service of the central bank.
macro_rules! list {
    ($client:expr, $call:ident, $Request:ident, $items:ident) => {{
        let client = $client.clone();
        async move |page_size, page_token| {
            let request = v1::$Request { page_size, page_token };
            let answer = client.clone().$call(request).await?.into_inner();
            Ok((answer.$items, answer.next_page_token))
        }
    }};
}

#[tokio::test]
async fn the_lists_of_the_central_bank_are_the_same_by_pages_of_any_size() {
    let lines = "operator_count = 3\nregime = 'deposit'\nreserves = 100\nshortfall = 'unwind'";
    let cluster = TestCluster::start(config(lines)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let boc = cluster.operator("BOC");
    let (payer, one, two) = (icbc.open("900").await, abc.open("").await, boc.open("").await);
    let central_bank = cluster.central_bank();
    // In each of two cycles the payer's operator owes more than it has, and all of it is unwound.
    for payee in [&one, &two, &one] {
        icbc.pay(order(&payer, payee, "150")).await;
        central_bank.close_cycle(None).await.unwrap();
    }
    let (clearing, settlement) = (&central_bank.clearing, &central_bank.settlement);
    check(3, list!(central_bank.directory, list_operators, ListOperatorsRequest, operators)).await;
    check(3, list!(clearing, list_positions, ListPositionsRequest, positions)).await;
    check(4, list!(clearing, list_cycles, ListCyclesRequest, cycles)).await;
    check(3, list!(settlement, list_accounts, ListAccountsRequest, accounts)).await;
    check(3, list!(settlement, list_settlements, ListSettlementsRequest, settlements)).await;
    check(2, list!(settlement, list_claims, ListClaimsRequest, claims)).await;
    cluster.finish().await;
}
