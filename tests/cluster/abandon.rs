//! Clients that give up while an alias is being linked: it is linked whole or not at all.

use std::time::Duration;

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::look_up_wallet_request::Name;
use clearing_domain::Reason;
use tonic::{Request, Status};

use crate::support::{
    Operator, TestCluster, ending, eventually, member, operators, order, send_signal,
};

/// The wallet that an alias names; `None` where it is unknown.
fn named<T>(answer: Result<T, Status>, wallet: impl FnOnce(T) -> String) -> Option<String> {
    match answer {
        Ok(found) => Some(wallet(found)),
        Err(status) if reason_of(&status) == Some(Reason::AliasUnknown) => None,
        Err(status) => panic!("{status:?}"),
    }
}

/// Who is paid by an alias, asked of the directory and of each operator with a payer there.
async fn payees(
    cluster: &TestCluster,
    payers: &[(Operator, String)],
    alias: &str,
) -> Vec<Option<String>> {
    let request = v1::LookUpWalletRequest { name: Some(Name::Alias(alias.to_owned())) };
    let found = cluster.central_bank().directory.clone().look_up_wallet(request).await;
    let mut payees = vec![named(found, |found| found.into_inner().wallet_number)];
    for (operator, payer) in payers {
        let payee = Some(v1::new_payment::Payee::PayeeAlias(alias.to_owned()));
        let paid = operator.try_pay(v1::NewPayment { payee, ..order(payer, "", "0.01") }).await;
        payees.push(named(paid, |payment| {
            assert_eq!(ending(&payment), "COMPLETED");
            payment.payee_wallet
        }));
    }
    payees
}

/// The answer of all when an alias names a wallet.
fn everywhere(wallet: &str) -> [Option<String>; 3] {
    [(); 3].map(|()| Some(wallet.to_owned()))
}

/// Operators, each with a wallet there that pays.
async fn payers(cluster: &TestCluster) -> Vec<(Operator, String)> {
    let mut payers = Vec::new();
    for code in ["ICBC", "ABC"] {
        let operator = cluster.operator(code);
        let payer = operator.open("1").await;
        payers.push((operator, payer));
    }
    payers
}

/// Whether an alias is being linked to a wallet that holds money.
async fn is_linking(operator: &Operator, wallet: &str) -> bool {
    match reason_of(&operator.close(wallet).await.unwrap_err()) {
        Some(Reason::WalletBusy) => true,
        Some(Reason::WalletNotEmpty) => false,
        reason => panic!("{wallet} is not closed because of {reason:?}"),
    }
}

/// Begins to link an alias, waits until its operator has begun, too, and gives up.
async fn give_up_midway(operator: &Operator, wallet: &str, alias: &str) {
    let (clerk, number, alias) = (operator.clone(), wallet.to_owned(), alias.to_owned());
    let link = tokio::spawn(async move { clerk.link_alias(&number, &alias, false).await });
    eventually("linking begins", async || is_linking(operator, wallet).await.then_some(())).await;
    link.abort();
    assert!(link.await.unwrap_err().is_cancelled(), "the central bank answered");
}

#[tokio::test]
async fn a_link_that_its_client_gave_up_is_made_once_the_central_bank_answers() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let payers = payers(&cluster).await;
    let (abc, alias) = (cluster.operator("ABC"), "merchant:TEA");
    let payee = abc.open("1").await;
    let pid = cluster.processes().pid(member("central-bank")).unwrap();
    send_signal(pid, "STOP").await;
    give_up_midway(&abc, &payee, alias).await;
    send_signal(pid, "CONT").await;
    eventually("the alias is linked", async || (!is_linking(&abc, &payee).await).then_some(()))
        .await;
    assert_eq!(payees(&cluster, &payers, alias).await, everywhere(&payee));
    abc.link_alias(&payee, alias, false).await.unwrap();
    assert_eq!(payees(&cluster, &payers, alias).await, everywhere(&payee));
    cluster.finish().await;
}

#[tokio::test]
async fn a_link_that_its_client_gave_up_is_made_everywhere_or_nowhere_when_the_central_bank_dies() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let payers = payers(&cluster).await;
    let (abc, alias) = (cluster.operator("ABC"), "merchant:TEA");
    let payee = abc.open("1").await;
    send_signal(cluster.processes().pid(member("central-bank")).unwrap(), "STOP").await;
    give_up_midway(&abc, &payee, alias).await;
    cluster.crash(member("central-bank")).await;
    for code in ["ICBC", "ABC"] {
        cluster.central_bank().until_connected(code, true).await;
    }
    eventually("linking ends", async || (!is_linking(&abc, &payee).await).then_some(())).await;
    let found = payees(&cluster, &payers, alias).await;
    assert!(found == everywhere(&payee) || found == [const { None }; 3], "{found:?}");
    abc.link_alias(&payee, alias, false).await.unwrap();
    assert_eq!(payees(&cluster, &payers, alias).await, everywhere(&payee));
    cluster.finish().await;
}

/// Links an alias for a client that waits no longer than this, and hangs up or sets a deadline.
async fn link_within(
    operator: &Operator,
    wallet: &str,
    alias: &str,
    wait: Duration,
    hangs_up: bool,
) {
    if hangs_up {
        drop(tokio::time::timeout(wait, operator.link_alias(wallet, alias, false)).await);
        return;
    }
    let (wallet_number, alias) = (wallet.to_owned(), alias.to_owned());
    let mut request = Request::new(v1::LinkAliasRequest { wallet_number, alias, replace: false });
    request.set_timeout(wait);
    drop(operator.wallets.clone().link_alias(request).await);
}

#[tokio::test]
async fn at_whatever_moment_a_client_gives_up_its_wallet_can_be_linked_again_and_closed_with_its_alias()
 {
    let cluster = TestCluster::start(operators(2)).await;
    let payers = payers(&cluster).await;
    let (icbc, alias) = (cluster.operator("ICBC"), "merchant:TEA");
    for step in 0..24 {
        let wallet = icbc.open("").await;
        link_within(&icbc, &wallet, alias, Duration::from_micros(200 * step), step % 2 == 0).await;
        if step % 3 == 0 {
            icbc.link_alias(&wallet, alias, false).await.unwrap();
            assert_eq!(payees(&cluster, &payers, alias).await, everywhere(&wallet));
            icbc.exchange_back(&wallet, "0.02").await.unwrap();
        }
        eventually("the wallet closes", async || icbc.close(&wallet).await.ok()).await;
        let given_up = async || payees(&cluster, &[], alias).await[0].is_none().then_some(());
        eventually("the alias is given up", given_up).await;
        assert_eq!(payees(&cluster, &payers, alias).await, [const { None }; 3]);
    }
    cluster.finish().await;
}
