//! A repeat is a repeat only of the same thing: every request with a request id, with every field
//! changed once.

use clearing_api::v1;
use clearing_api::v1::new_payment::Payee;
use clearing_api::v1::settlement_mode::{Settlement, Shortfall};
use clearing_domain::Reason;
use tonic::Status;

use crate::support::{TestCluster, config, operators, order, refusal};

/// The same again answers the same; anything else in the request is refused.
async fn check<R: Clone, A: std::fmt::Debug + PartialEq>(
    id: &str,
    send: impl AsyncFn(R) -> Result<A, Status>,
    first: R,
    others: Vec<R>,
) {
    let answer = send(first.clone()).await.unwrap();
    assert_eq!(send(first.clone()).await.unwrap(), answer, "{id}");
    for other in others {
        refusal(send(other).await).is(Reason::RequestIdReused, "request_id", id);
    }
    assert_eq!(send(first).await.unwrap(), answer, "{id}");
}

#[tokio::test]
async fn payments_are_repeated_with_all_that_was_sent() {
    let mut cluster = TestCluster::start(operators(3)).await;
    let (icbc, abc, boc) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.operator("BOC"));
    let (payer, bob, carol) = (icbc.open("100").await, abc.open("").await, boc.open("").await);
    abc.link_alias(&bob, "merchant:BOB", false).await.unwrap();
    abc.link_alias(&bob, "merchant:BOB-2", false).await.unwrap();
    boc.link_alias(&carol, "merchant:CAROL", false).await.unwrap();
    let alias = |alias: &str| Some(Payee::PayeeAlias(alias.to_owned()));
    let wallet = |number: &str| Some(Payee::PayeeWallet(number.to_owned()));
    let by_alias = v1::NewPayment { payee: alias("merchant:BOB"), ..order(&payer, "", "7") };
    let by_number = v1::NewPayment { remark: "tea".to_owned(), ..order(&payer, &bob, "3") };
    // Once before and once after a restart of the payer's operator.
    for _ in 0..2 {
        let icbc = cluster.operator("ICBC");
        for (first, payees) in [
            (
                &by_alias,
                vec![
                    alias("merchant:CAROL"),
                    alias("merchant:BOB-2"),
                    alias("merchant:NOBODY"),
                    wallet(&bob),
                ],
            ),
            (
                &by_number,
                vec![
                    alias("merchant:CAROL"),
                    alias("merchant:BOB"),
                    alias("merchant:NOBODY"),
                    wallet(&carol),
                ],
            ),
        ] {
            let mut others: Vec<_> =
                payees.into_iter().map(|payee| v1::NewPayment { payee, ..first.clone() }).collect();
            others.push(v1::NewPayment { remark: "another invoice".to_owned(), ..first.clone() });
            others.push(v1::NewPayment { amount: "7.01".to_owned(), ..first.clone() });
            check(
                &first.request_id,
                async |order| icbc.try_pay(order).await,
                first.clone(),
                others,
            )
            .await;
        }
        assert_eq!(icbc.balance(&payer).await, "90.00");
        cluster.crash(crate::support::member("ICBC")).await;
    }
    assert_eq!([abc.balance(&bob).await, boc.balance(&carol).await], ["10.00", "0.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn wallets_and_exchanges_are_repeated_with_all_that_was_sent() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let holder = v1::Holder {
        phone_number: "13912345678".to_owned(),
        identity_document: "110101199003074477".to_owned(),
        bank_account: "6222020200112233445".to_owned(),
        face_to_face: true,
        name: "Li".to_owned(),
    };
    let first = v1::OpenWalletRequest {
        request_id: "open".to_owned(),
        kind: v1::WalletKind::Personal.into(),
        wallet_class: Some(2),
        holder: Some(holder.clone()),
        opening_amount: "100".to_owned(),
        merchant_traits: None,
        participant: String::new(),
    };
    let with = |holder: v1::Holder| v1::OpenWalletRequest { holder: Some(holder), ..first.clone() };
    let others = vec![
        v1::OpenWalletRequest { kind: v1::WalletKind::Hard.into(), ..first.clone() },
        v1::OpenWalletRequest { wallet_class: Some(3), ..first.clone() },
        v1::OpenWalletRequest { opening_amount: "100.01".to_owned(), ..first.clone() },
        with(v1::Holder { phone_number: "13912345679".to_owned(), ..holder.clone() }),
        with(v1::Holder { identity_document: "110101199003074478".to_owned(), ..holder.clone() }),
        with(v1::Holder { bank_account: "6222020200112233446".to_owned(), ..holder.clone() }),
        with(v1::Holder { face_to_face: false, ..holder.clone() }),
        with(v1::Holder { name: "Wang".to_owned(), ..holder }),
    ];
    let open = async |request| Ok(icbc.wallets.clone().open_wallet(request).await?.into_inner());
    check("open", open, first.clone(), others).await;
    let number = icbc.all_wallets().await.pop().unwrap().wallet_number;

    let out = v1::ExchangeOutRequest {
        request_id: "x".into(),
        wallet_number: number.clone(),
        amount: "5".into(),
        bank_account: String::new(),
    };
    let more = v1::ExchangeOutRequest { amount: "6".into(), ..out.clone() };
    let account = |number: &str| number.to_owned();
    // The account that it went through, and another one of the same last digits.
    let named = ["6222020200112233445", "6222020200112243445"].map(account);
    let named = |out: &v1::ExchangeOutRequest| {
        named.clone().map(|bank_account| v1::ExchangeOutRequest { bank_account, ..out.clone() })
    };
    let others = [vec![more], named(&out).to_vec()].concat();
    let send = async |request| Ok(icbc.wallets.clone().exchange_out(request).await?.into_inner());
    check("x", send, out.clone(), others).await;
    let [first, other] = named(&v1::ExchangeOutRequest { request_id: "z".into(), ..out });
    let unnamed = v1::ExchangeOutRequest { bank_account: String::new(), ..first.clone() };
    check("z", send, first, vec![other, unnamed]).await;
    let back = v1::ExchangeBackRequest {
        request_id: "y".into(),
        wallet_number: number.clone(),
        amount: "5".into(),
        bank_account: String::new(),
    };
    let more = v1::ExchangeBackRequest { amount: "6".into(), ..back.clone() };
    let of_another = v1::ExchangeBackRequest { request_id: "x".into(), ..back.clone() };
    let send = async |request| Ok(icbc.wallets.clone().exchange_back(request).await?.into_inner());
    check("y", send, back, vec![more]).await;
    refusal(send(of_another).await).is(Reason::RequestIdReused, "request_id", "x");
    let payment = v1::NewPayment { request_id: "x".into(), ..order(&number, &number, "5") };
    refusal(icbc.try_pay(payment).await).is(Reason::RequestIdReused, "request_id", "x");
    assert_eq!(icbc.balance(&number).await, "105.00");
    cluster.finish().await;
}

/// Sends requests of one shape, and each with another operator and another amount.
macro_rules! check_operation {
    ($client:expr, $call:ident, $request:ident, $id:expr) => {
        let request = |code: &str, amount: &str| v1::$request {
            request_id: $id.to_owned(),
            operator_code: code.to_owned(),
            amount: amount.to_owned(),
        };
        // How far a withdrawal has come may differ from one answer to the next.
        let send = async |request| $client.clone().$call(request).await.map(drop);
        check(
            $id,
            send,
            request("ICBC", "10"),
            vec![request("ABC", "10"), request("ICBC", "10.01")],
        )
        .await;
    };
}

#[tokio::test]
async fn operations_of_the_central_bank_are_repeated_with_all_that_was_sent() {
    let cluster = TestCluster::start(operators(2)).await;
    let central_bank = cluster.central_bank();
    check_operation!(central_bank.settlement, fund_account, FundAccountRequest, "fund");
    check_operation!(central_bank.limits, pledge_collateral, PledgeCollateralRequest, "pledge");
    check_operation!(central_bank.limits, earmark_funds, EarmarkFundsRequest, "earmark");
    check_operation!(central_bank.issuance, issue, IssueRequest, "issue");
    check_operation!(central_bank.issuance, withdraw, WithdrawRequest, "withdraw");
    let issue = v1::IssueRequest {
        request_id: "fund".into(),
        operator_code: "ICBC".into(),
        amount: "10".into(),
    };
    refusal(central_bank.issuance.clone().issue(issue).await).is(
        Reason::RequestIdReused,
        "request_id",
        "fund",
    );
    cluster.finish().await;
}

#[tokio::test]
async fn a_change_of_the_mode_is_repeated_cancelled_and_refused_without_a_mode() {
    let cluster = TestCluster::start(config("operator_count = 2\nsettlement = 'hybrid'")).await;
    let settlement = cluster.central_bank().settlement;
    let mode = |settlement: Settlement| v1::SettlementMode {
        settlement: settlement.into(),
        ..Default::default()
    };
    let unwind = Some(Shortfall::Unwind.into());
    let request = |mode| v1::ChangeSettlementModeRequest { request_id: "m".to_owned(), mode };
    let send =
        async |request| Ok(settlement.clone().change_settlement_mode(request).await?.into_inner());
    refusal(send(request(None)).await).is(Reason::FieldInvalid, "mode", "not given");
    let others = vec![
        request(Some(mode(Settlement::Hybrid))),
        request(Some(mode(Settlement::GrossQueue))),
        request(Some(v1::SettlementMode { shortfall: unwind, ..mode(Settlement::DeferredNet) })),
    ];
    check("m", send, request(Some(mode(Settlement::Gross))), others).await;
    let unused = v1::SettlementMode { shortfall: unwind, ..mode(Settlement::Gross) };
    refusal(send(request(Some(unused))).await).is(Reason::FieldInvalid, "mode.shortfall", "UNWIND");

    let cancel = async |id: &str| {
        let request = v1::CancelSettlementModeChangeRequest { request_id: id.to_owned() };
        Ok::<_, Status>(
            settlement
                .clone()
                .cancel_settlement_mode_change(request)
                .await?
                .into_inner()
                .change
                .unwrap(),
        )
    };
    refusal(cancel("n").await).is(Reason::FieldInvalid, "request_id", "n");
    let cancelled = cancel("m").await.unwrap();
    assert_eq!(cancel("m").await.unwrap(), cancelled);
    assert_eq!(cancelled.mode.unwrap().settlement(), Settlement::Gross);
    let found = settlement
        .clone()
        .get_settlement_mode(v1::GetSettlementModeRequest {})
        .await
        .unwrap()
        .into_inner();
    assert!(found.changes.is_empty(), "{found:?}");
    refusal(send(request(Some(mode(Settlement::Gross)))).await).is(
        Reason::Cancelled,
        "request_id",
        "m",
    );
    cluster.finish().await;
}
