//! Bad input of every kind: each gets its named reason, and nothing changes.

use clearing_api::v1;
use clearing_api::v1::new_payment::Payee;
use clearing_domain::Reason;

use crate::support::{
    CentralBank, Operator, TestCluster, config, operators, order, refusal, request_id,
    unknown_wallet,
};

/// Two operators with a funded wallet each.
struct Scene {
    cluster: TestCluster,
    icbc: Operator,
    abc: Operator,
    central_bank: CentralBank,
    payer: String,
    payee: String,
}

impl Scene {
    async fn start() -> Self {
        let cluster = TestCluster::start(operators(2)).await;
        let (icbc, abc, central_bank) =
            (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
        let (payer, payee) = (icbc.open("1000").await, abc.open("1000").await);
        Self { cluster, icbc, abc, central_bank, payer, payee }
    }

    /// Everything a refusal could have changed.
    async fn everything(&self) -> String {
        let accounts =
            [self.central_bank.accounts("ICBC").await, self.central_bank.accounts("ABC").await];
        let wallets = [self.icbc.all_wallets().await, self.abc.all_wallets().await];
        let payments = [self.icbc.all_payments().await, self.abc.all_payments().await];
        format!("{accounts:#?} {wallets:#?} {payments:#?}")
    }

    fn order(&self, amount: &str) -> v1::NewPayment {
        order(&self.payer, &self.payee, amount)
    }

    async fn refuses(&self, order: v1::NewPayment, reason: Reason, field: &str, value: &str) {
        let shown = format!("{order:?}");
        let refused = refusal(self.icbc.try_pay(order).await);
        let named = (refused.reason, refused.field.as_str());
        assert_eq!(named, (reason, field), "{shown}: {}", refused.message);
        refused.is(reason, field, value);
    }
}

#[tokio::test]
async fn a_bad_amount_is_refused_by_name_and_leaves_no_payment() {
    let scene = Scene::start().await;
    let before = scene.everything().await;
    for (amount, reason, value) in [
        ("-5", Reason::AmountNotPositive, "-5"),
        ("0", Reason::AmountNotPositive, "0"),
        ("0.00", Reason::AmountNotPositive, "0.00"),
        ("1.005", Reason::AmountScale, "1.005"),
        ("", Reason::AmountMalformed, "\"\""),
        ("ten", Reason::AmountMalformed, "\"ten\""),
        ("1e3", Reason::AmountMalformed, "\"1e3\""),
        ("1,000", Reason::AmountMalformed, "\"1,000\""),
        ("NaN", Reason::AmountMalformed, "\"NaN\""),
        ("10000000000000.01", Reason::AmountTooLarge, "10000000000000.01"),
        ("99999999999999999999999999999999", Reason::AmountTooLarge, "9999999999999999999999999"),
    ] {
        scene.refuses(scene.order(amount), reason, "amount", value).await;
    }
    assert_eq!(scene.everything().await, before);
    scene.cluster.finish().await;
}

#[tokio::test]
async fn a_bad_order_is_refused_by_name_and_leaves_no_payment() {
    let scene = Scene::start().await;
    let before = scene.everything().await;
    let (payer, payee) = (scene.payer.clone(), scene.payee.clone());
    let long = "x".repeat(65);
    let named =
        |request_id: &str| v1::NewPayment { request_id: request_id.to_owned(), ..scene.order("1") };
    let remarked = |chars| v1::NewPayment { remark: "中".repeat(chars), ..scene.order("1") };
    let to_alias = |alias: &str| v1::NewPayment {
        payee: Some(Payee::PayeeAlias(alias.to_owned())),
        ..scene.order("1")
    };
    let (nobody, foreign) = (unknown_wallet(2), unknown_wallet(999));
    let wrong_digit = wrong_check_digit(&payee);
    let cases = [
        (order("12", &payee, "1"), Reason::WalletNumberMalformed, "payer_wallet", "\"12\""),
        (
            order(&wrong_check_digit(&payer), &payee, "1"),
            Reason::WalletNumberCheckDigit,
            "payer_wallet",
            &wrong_check_digit(&payer),
        ),
        (order(&nobody, &payee, "1"), Reason::WalletUnknown, "payer_wallet", &nobody),
        (order(&payee, &payer, "1"), Reason::WalletUnknown, "payer_wallet", &payee),
        (order(&payer, "", "1"), Reason::WalletNumberMalformed, "payee_wallet", "\"\""),
        (
            order(&payer, "12345678901234567", "1"),
            Reason::WalletNumberMalformed,
            "payee_wallet",
            "\"12345678901234567\"",
        ),
        (
            order(&payer, &wrong_digit, "1"),
            Reason::WalletNumberCheckDigit,
            "payee_wallet",
            &wrong_digit,
        ),
        (order(&payer, &foreign, "1"), Reason::WalletPrefixUnknown, "payee_wallet", &foreign),
        (order(&payer, &payer, "1"), Reason::SameWallet, "payee_wallet", &payer),
        (to_alias("phone:13900000000"), Reason::AliasUnknown, "payee_alias", "phone:13900000000"),
        (to_alias("mail:a@b"), Reason::AliasMalformed, "payee_alias", "mail:a@b"),
        (
            v1::NewPayment { payee: None, ..scene.order("1") },
            Reason::FieldInvalid,
            "payee",
            "payee_wallet",
        ),
        (named(""), Reason::RequestIdMalformed, "request_id", "\"\""),
        (named(&long), Reason::RequestIdMalformed, "request_id", &long[..40]),
        (named("with\nline"), Reason::RequestIdMalformed, "request_id", "with"),
        (named("茶"), Reason::RequestIdMalformed, "request_id", "茶"),
        (remarked(141), Reason::FieldInvalid, "remark", "141"),
    ];
    for (order, reason, field, value) in cases {
        scene.refuses(order, reason, field, value).await;
    }
    assert_eq!(scene.everything().await, before);
    assert_eq!(crate::support::ending(&scene.icbc.pay(remarked(140)).await), "COMPLETED");
    scene.cluster.finish().await;
}

/// The number with another last digit.
fn wrong_check_digit(number: &str) -> String {
    let (body, last) = number.split_at(15);
    format!("{body}{}", (last.parse::<u8>().unwrap() + 1) % 10)
}

#[tokio::test]
async fn a_payment_is_waited_for_a_minute_at_most() {
    let scene = Scene::start().await;
    let before = scene.everything().await;
    let refused = refusal(scene.icbc.pay_within(scene.order("1"), 60_001).await);
    refused.is(Reason::FieldInvalid, "wait_ms", "60001");
    assert_eq!(scene.everything().await, before);
    scene.cluster.finish().await;
}

#[tokio::test]
async fn a_refused_order_of_a_known_payer_is_a_rejected_payment_that_moves_nothing() {
    let scene = Scene::start().await;
    let (icbc, payer, payee) = (&scene.icbc, &scene.payer, &scene.payee);
    let states = [(false, "REJECTED WALLET_FROZEN"), (true, "REJECTED WALLET_RECEIVE_ONLY")];
    for (receive_only, expected) in states {
        icbc.freeze(payer, receive_only).await.unwrap();
        let refused = icbc.pay(scene.order("1")).await;
        assert_eq!(
            (crate::support::ending(&refused).as_str(), refused.create_time),
            (expected, refused.finish_time)
        );
    }
    let unfreeze = v1::UnfreezeWalletRequest { wallet_number: payer.clone() };
    icbc.wallets.clone().unfreeze_wallet(unfreeze).await.unwrap();
    let closed = icbc.open("").await;
    icbc.close(&closed).await.unwrap();
    assert_eq!(icbc.pay_to_end(&closed, payee, "1").await, "REJECTED WALLET_CLOSED");
    assert_eq!(icbc.pay_to_end(payer, payee, "1000.01").await, "REJECTED INSUFFICIENT_FUNDS");
    for (payee, expected) in
        [(&unknown_wallet(2), "REJECTED PAYEE_UNKNOWN"), (&closed, "REJECTED PAYEE_CLOSED")]
    {
        assert_eq!(icbc.pay_to_end(payer, payee, "1").await, expected);
    }
    let wallet = icbc.wallet(payer).await;
    assert_eq!(
        [wallet.balance.as_str(), &wallet.daily_used, &wallet.in_transit],
        ["1000.00", "0.00", "0.00"]
    );
    assert_eq!(icbc.pay_to_end(payer, payee, "1000").await, "COMPLETED");
    scene.cluster.finish().await;
}

#[tokio::test]
async fn bad_requests_to_the_wallet_service_are_refused_by_name() {
    let scene = Scene::start().await;
    let before = scene.everything().await;
    let (icbc, payer) = (&scene.icbc, scene.payer.as_str());
    let nobody = unknown_wallet(2);
    refusal(icbc.freeze(&nobody, false).await).is(Reason::WalletUnknown, "wallet_number", &nobody);
    refusal(icbc.freeze("2", false).await).is(
        Reason::WalletNumberMalformed,
        "wallet_number",
        "\"2\"",
    );
    refusal(icbc.close(&nobody).await).is(Reason::WalletUnknown, "wallet_number", &nobody);
    refusal(icbc.close(payer).await).is(Reason::WalletNotEmpty, "wallet_number", payer);
    refusal(icbc.link_alias(payer, "phone:12", false).await).is(
        Reason::AliasMalformed,
        "alias",
        "phone:12",
    );
    refusal(icbc.link_alias(&nobody, "phone:12345", false).await).is(
        Reason::WalletUnknown,
        "wallet_number",
        &nobody,
    );
    for (amount, reason) in [
        ("-1", Reason::AmountNotPositive),
        ("0", Reason::AmountNotPositive),
        ("0.001", Reason::AmountScale),
        ("lots", Reason::AmountMalformed),
    ] {
        refusal(icbc.exchange_out(payer, amount).await).is(reason, "amount", amount);
        refusal(icbc.exchange_back(payer, amount).await).is(reason, "amount", amount);
    }
    refusal(icbc.exchange_back(payer, "1000.01").await).is(
        Reason::InsufficientFunds,
        "amount",
        "1000.01",
    );
    refusal(icbc.exchange_out(payer, "60000000000").await).is(
        Reason::StockInsufficient,
        "amount",
        "60000000000.00",
    );
    refusal(icbc.exchange_out(&nobody, "1").await).is(
        Reason::WalletUnknown,
        "wallet_number",
        &nobody,
    );
    let request = v1::GetWalletRequest { wallet_number: nobody.clone() };
    refusal(icbc.wallets.clone().get_wallet(request).await).is(
        Reason::WalletUnknown,
        "wallet_number",
        &nobody,
    );
    assert_eq!(scene.everything().await, before);
    scene.cluster.finish().await;
}

#[tokio::test]
async fn a_wallet_opens_only_with_what_its_class_needs() {
    let scene = Scene::start().await;
    let before = scene.everything().await;
    let shown = [
        v1::Holder { phone_number: "13912345678".to_owned(), ..Default::default() },
        v1::Holder { identity_document: "1101".to_owned(), ..Default::default() },
        v1::Holder { bank_account: "6222".to_owned(), ..Default::default() },
        v1::Holder { face_to_face: true, ..Default::default() },
    ];
    // Class 4 needs the first of these, class 3 the first two and so on; each lacks its last.
    for class in 1..=4_u32 {
        let holder = shown[..4 - class as usize].iter().fold(v1::Holder::default(), |all, more| {
            v1::Holder {
                phone_number: all.phone_number + &more.phone_number,
                identity_document: all.identity_document + &more.identity_document,
                bank_account: all.bank_account + &more.bank_account,
                ..more.clone()
            }
        });
        let refused = open(&scene.icbc, personal(class, holder)).await;
        let missing = ["face_to_face", "bank_account", "identity_document", "phone_number"]
            [class as usize - 1];
        refusal(refused).is(
            Reason::HolderDataMissing,
            missing,
            &format!("class {class} needs {missing}"),
        );
    }
    let bad_phone = v1::Holder { phone_number: "abc".to_owned(), ..Default::default() };
    refusal(open(&scene.icbc, personal(4, bad_phone)).await).is(
        Reason::HolderDataMissing,
        "phone_number",
        "abc",
    );
    for class in [0, 5, 300] {
        let refused = open(&scene.icbc, personal(class, shown[0].clone())).await;
        refusal(refused).is(Reason::WalletClassInvalid, "wallet_class", &class.to_string());
    }
    let classless = open(&scene.icbc, personal(None, shown[0].clone())).await;
    refusal(classless).is(Reason::WalletClassInvalid, "wallet_class", "not given");
    for kind in [0, 7] {
        let refused =
            open(&scene.icbc, v1::OpenWalletRequest { kind, ..personal(4, shown[0].clone()) })
                .await;
        refusal(refused).is(Reason::FieldInvalid, "kind", &kind.to_string());
    }
    let full = v1::OpenWalletRequest {
        opening_amount: "10000.01".to_owned(),
        ..personal(4, shown[0].clone())
    };
    refusal(open(&scene.icbc, full).await).is(Reason::BalanceCap, "opening_amount", "class 4");
    let merchant = v1::OpenWalletRequest {
        kind: v1::WalletKind::Merchant.into(),
        ..personal(None, shown[0].clone())
    };
    assert_eq!(refusal(open(&scene.icbc, merchant).await).reason, Reason::HolderDataMissing);
    assert_eq!(scene.everything().await, before);
    scene.cluster.finish().await;
}

fn personal(class: impl Into<Option<u32>>, holder: v1::Holder) -> v1::OpenWalletRequest {
    v1::OpenWalletRequest {
        kind: v1::WalletKind::Personal.into(),
        wallet_class: class.into(),
        holder: Some(holder),
        ..Default::default()
    }
}

async fn open(
    operator: &Operator,
    request: v1::OpenWalletRequest,
) -> Result<v1::Wallet, tonic::Status> {
    Ok(operator.wallets.clone().open_wallet(request).await?.into_inner().wallet.unwrap())
}

#[tokio::test]
async fn bad_pages_are_refused_by_every_list() {
    let scene = Scene::start().await;
    for (page_size, page_token, field, value) in [
        (-1, "", "page_size", "-1"),
        (1001, "", "page_size", "1001"),
        (0, "next", "page_token", "\"next\""),
    ] {
        let token = || page_token.to_owned();
        let (icbc, central_bank) = (&scene.icbc, &scene.central_bank);
        let request =
            v1::ListPaymentsRequest { page_size, page_token: token(), ..Default::default() };
        refusal(icbc.payments.clone().list_payments(request).await).is(
            Reason::PageInvalid,
            field,
            value,
        );
        let request = v1::ListWalletsRequest { page_size, page_token: token() };
        refusal(icbc.wallets.clone().list_wallets(request).await).is(
            Reason::PageInvalid,
            field,
            value,
        );
        let request = v1::ListEntriesRequest {
            wallet_number: scene.payer.clone(),
            page_size,
            page_token: token(),
        };
        refusal(icbc.wallets.clone().list_entries(request).await).is(
            Reason::PageInvalid,
            field,
            value,
        );
        let request = v1::ListCyclesRequest { page_size, page_token: token() };
        refusal(central_bank.clearing.clone().list_cycles(request).await).is(
            Reason::PageInvalid,
            field,
            value,
        );
        let request = v1::ListSettlementsRequest { page_size, page_token: token() };
        refusal(central_bank.settlement.clone().list_settlements(request).await).is(
            Reason::PageInvalid,
            field,
            value,
        );
    }
    scene.cluster.finish().await;
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let scene = Scene::start().await;
    let icbc = &scene.icbc;
    let id = "018f0000-0000-7000-8000-000000000000";
    refusal(icbc.payment(id).await).is(Reason::PaymentUnknown, "payment_id", id);
    refusal(icbc.payment("12").await).is(Reason::FieldInvalid, "payment_id", "12");
    let nobody = unknown_wallet(2);
    let list = v1::ListPaymentsRequest { payer_wallet: nobody.clone(), ..Default::default() };
    refusal(icbc.payments.clone().list_payments(list).await).is(
        Reason::WalletUnknown,
        "payer_wallet",
        &nobody,
    );
    let watch = v1::WatchPaymentsRequest { wallet_number: nobody.clone() };
    let watched = icbc.payments.clone().watch_payments(watch).await.map(drop);
    refusal(watched).is(Reason::WalletUnknown, "wallet_number", &nobody);
    let entries = v1::ListEntriesRequest { wallet_number: nobody.clone(), ..Default::default() };
    refusal(icbc.wallets.clone().list_entries(entries).await).is(
        Reason::WalletUnknown,
        "wallet_number",
        &nobody,
    );
    scene.cluster.finish().await;
}

#[tokio::test]
async fn bad_requests_to_the_central_bank_are_refused_by_name_and_change_nothing() {
    let scene = Scene::start().await;
    let (central_bank, before) = (&scene.central_bank, scene.everything().await);
    refusal(central_bank.operator("HSBC").await).is(
        Reason::OperatorUnknown,
        "operator_code",
        "HSBC",
    );
    refusal(central_bank.operator("no-code").await).is(
        Reason::FieldInvalid,
        "operator_code",
        "no-code",
    );
    refusal(central_bank.suspend("HSBC").await).is(
        Reason::OperatorUnknown,
        "operator_code",
        "HSBC",
    );
    refusal(central_bank.resume("HSBC").await).is(Reason::OperatorUnknown, "operator_code", "HSBC");
    refusal(central_bank.fund("HSBC", "1").await).is(
        Reason::OperatorUnknown,
        "operator_code",
        "HSBC",
    );
    refusal(central_bank.fund("ICBC", "0").await).is(Reason::AmountNotPositive, "amount", "0");
    refusal(central_bank.fund("ICBC", "1.001").await).is(Reason::AmountScale, "amount", "1.001");
    refusal(central_bank.fund("ICBC", "-50000000000.01").await).is(
        Reason::ReservesInsufficient,
        "amount",
        "50000000000.01",
    );
    refusal(central_bank.set_cap("ICBC", Some("-1")).await).is(
        Reason::AmountNotPositive,
        "net_debit_cap",
        "-1",
    );
    refusal(central_bank.set_cap("HSBC", None).await).is(
        Reason::OperatorUnknown,
        "operator_code",
        "HSBC",
    );
    // Zero names no cycle: it must not read or close the open one.
    for number in [0, 7] {
        let named = number.to_string();
        refusal(central_bank.cycle(number).await).is(Reason::CycleUnknown, "cycle", &named);
        refusal(central_bank.close_cycle(number).await).is(Reason::CycleUnknown, "cycle", &named);
    }
    let advance = central_bank.clock.clone().advance(v1::AdvanceRequest { tick: 1 }).await;
    assert_eq!(refusal(advance).reason, Reason::ClockMismatch);
    let look_up =
        central_bank.directory.clone().look_up_wallet(v1::LookUpWalletRequest { name: None }).await;
    refusal(look_up).is(Reason::FieldInvalid, "name", "alias");
    let issue = |operator_code: &str, amount: &str| v1::IssueRequest {
        request_id: request_id(),
        operator_code: operator_code.to_owned(),
        amount: amount.to_owned(),
    };
    let mut issuance = central_bank.issuance.clone();
    let refused = issuance.issue(issue("ICBC", "50000000000.01")).await;
    refusal(refused).is(Reason::ReservesInsufficient, "amount", "50000000000.01");
    let refused = issuance.issue(issue("HSBC", "1")).await;
    refusal(refused).is(Reason::OperatorUnknown, "operator_code", "HSBC");
    let refused = issuance.issue(issue("ICBC", "-1")).await;
    refusal(refused).is(Reason::AmountNotPositive, "amount", "-1");
    let nameless = v1::IssueRequest { request_id: String::new(), ..issue("ICBC", "1") };
    refusal(issuance.issue(nameless).await).is(Reason::RequestIdMalformed, "request_id", "\"\"");
    assert_eq!(scene.everything().await, before);
    scene.cluster.finish().await;
}

#[tokio::test]
async fn operations_of_another_regime_or_mode_are_refused_by_name() {
    let cluster =
        TestCluster::start(config("operator_count = 2\nregime = 'deposit'\nsettlement = 'gross'"))
            .await;
    let central_bank = cluster.central_bank();
    let request = v1::IssueRequest {
        request_id: request_id(),
        operator_code: "ICBC".to_owned(),
        amount: "1".to_owned(),
    };
    refusal(central_bank.issuance.clone().issue(request).await).is(
        Reason::RegimeMismatch,
        "",
        "deposit regime",
    );
    refusal(central_bank.close_cycle(None).await).is(Reason::RegimeMismatch, "cycle", "gross");
    refusal(central_bank.cycle(None).await).is(Reason::CycleUnknown, "cycle", "no cycle is open");
    let positions = v1::ListPositionsRequest::default();
    let positions = central_bank.clearing.clone().list_positions(positions).await.unwrap();
    assert_eq!(positions.into_inner().cycle, None);
    cluster.finish().await;
}
