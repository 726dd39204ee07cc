//! Payment codes and merchant codes, across operators and across crashes.

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::answer_questions_request::answered::Outcome;
use clearing_api::v1::new_payment::Payee;
use clearing_api::v1::payment_code::State;
use clearing_api::v1::payment_code_service_client::PaymentCodeServiceClient;
use clearing_cluster::cluster::Member;
use clearing_domain::Reason;
use clearing_domain::money::{PaymentCode, Prefix, WalletKind, WalletNumber};
use clearing_node::crash::POINTS;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use crate::clock::FakeClock;
use crate::link::Bank;
use crate::relay::{Answering, answering, ask};
use crate::support::{
    DEADLINE, Operator, TestCluster, ending, eventually, member, operators, order, refusal,
    request_id, send_signal,
};

pub(crate) type Codes = PaymentCodeServiceClient<Channel>;

fn codes(cluster: &TestCluster, code: &str) -> Codes {
    Codes::new(cluster.channel(member(code)))
}

/// A code of a wallet that is bound to no amount and to no front-end.
fn of(wallet: &str) -> v1::CreatePaymentCodeRequest {
    v1::CreatePaymentCodeRequest { payer_wallet: wallet.to_owned(), ..Default::default() }
}

async fn make(codes: &Codes, request: v1::CreatePaymentCodeRequest) -> Result<String, Status> {
    let made = codes.clone().create_payment_code(request).await?.into_inner();
    Ok(made.payment_code.unwrap().payment_code)
}

async fn get(codes: &Codes, payment_code: &str) -> v1::PaymentCode {
    let request = v1::GetPaymentCodeRequest { payment_code: payment_code.to_owned() };
    codes.clone().get_payment_code(request).await.unwrap().into_inner().payment_code.unwrap()
}

/// A charge under a name of its own.
fn charge_of(code: &str, payee: &str, amount: &str) -> v1::ChargePaymentCodeRequest {
    v1::ChargePaymentCodeRequest {
        request_id: request_id(),
        payment_code: code.to_owned(),
        payee_wallet: payee.to_owned(),
        amount: amount.to_owned(),
        wait_ms: Some(20_000),
    }
}

async fn charge(
    codes: &Codes,
    request: &v1::ChargePaymentCodeRequest,
) -> Result<v1::Payment, Status> {
    let charged = codes.clone().charge_payment_code(request.clone()).await?;
    Ok(charged.into_inner().payment.unwrap())
}

/// A merchant of each operator.
async fn shop(cluster: &TestCluster, code: &str) -> String {
    cluster.operator(code).open_kind(v1::WalletKind::Merchant).await
}

/// Waits until an operator answers the questions of another.
async fn until_heard(cluster: &TestCluster, asking: &str, prefix: &str) {
    let (codes, payee) = (codes(cluster, asking), shop(cluster, asking).await);
    let unknown = charge_of(&valid(prefix), &payee, "1");
    eventually("questions are answered", async || {
        let refused = charge(&codes, &unknown).await.unwrap_err();
        (reason_of(&refused) == Some(Reason::CodeUnknown)).then_some(())
    })
    .await;
}

/// A code with the prefix of an operator that nobody has made.
fn valid(prefix: &str) -> String {
    let codes = (0..10).map(|digit| format!("{prefix}{:014}{digit}", 0));
    let mut valid = codes.filter(|code| code.parse::<PaymentCode>().is_ok());
    valid.next().unwrap()
}

async fn three() -> TestCluster {
    let cluster = TestCluster::start(operators(3)).await;
    for asking in ["ABC", "BOC"] {
        until_heard(&cluster, asking, "002").await;
    }
    cluster
}

#[tokio::test]
async fn a_code_pays_one_charge_of_any_operator_once_and_its_repeat_is_the_same_payment() {
    let cluster = three().await;
    let payer = cluster.operator("ICBC").open("100").await;
    let icbc = codes(&cluster, "ICBC");
    for (at, paid) in [("ABC", "30.00"), ("ICBC", "30.00")] {
        let (merchant, payee) = (codes(&cluster, at), shop(&cluster, at).await);
        let code = make(&icbc, of(&payer)).await.unwrap();
        assert_eq!((code.len(), get(&icbc, &code).await.state()), (18, State::Open));
        let request = charge_of(&code, &payee, "30");
        let payment = charge(&merchant, &request).await.unwrap();
        assert_eq!(ending(&payment), "COMPLETED");
        assert_eq!((payment.payee_wallet.as_str(), payment.request_id.as_str()), (&*payee, ""));
        assert_eq!(charge(&merchant, &request).await.unwrap(), payment);
        let again = charge(&merchant, &charge_of(&code, &payee, "30")).await;
        refusal(again).is(Reason::CodeUsed, "payment_code", &code);
        let used = get(&icbc, &code).await;
        assert_eq!((used.state(), used.payment_id), (State::Used, payment.payment_id));
        assert_eq!(cluster.operator(at).balance(&payee).await, paid);
    }
    assert_eq!(cluster.operator("ICBC").balance(&payer).await, "40.00");
    cluster.finish().await;
}

#[tokio::test]
async fn what_cannot_be_charged_is_refused_with_its_reason_and_moves_nothing() {
    let cluster = three().await;
    let (icbc, abc) = (codes(&cluster, "ICBC"), codes(&cluster, "ABC"));
    let payer = cluster.operator("ICBC").open("100").await;
    let (payee, person) = (shop(&cluster, "ABC").await, cluster.operator("ABC").open("").await);
    let foreign = shop(&cluster, "BOC").await;
    let bound = v1::CreatePaymentCodeRequest { amount: Some("5".to_owned()), ..of(&payer) };
    let code = make(&icbc, bound).await.unwrap();
    let wrong = format!("{}{}", &code[..17], (code.as_bytes()[17] - b'0' + 1) % 10);
    for (request, reason, field) in [
        (charge_of(&code, &payee, "5.01"), Reason::CodeAmount, "amount"),
        (charge_of(&code, &person, "5"), Reason::KindNotAllowed, "payee_wallet"),
        (charge_of(&code, &foreign, "5"), Reason::WalletUnknown, "payee_wallet"),
        (charge_of(&wrong, &payee, "5"), Reason::FieldInvalid, "payment_code"),
        (charge_of("1", &payee, "5"), Reason::FieldInvalid, "payment_code"),
        (charge_of(&valid("999"), &payee, "5"), Reason::WalletPrefixUnknown, "payment_code"),
    ] {
        let refused = refusal(charge(&abc, &request).await);
        assert_eq!((refused.reason, refused.field.as_str()), (reason, field), "{refused:?}");
    }
    assert_eq!(ending(&charge(&abc, &charge_of(&code, &payee, "5")).await.unwrap()), "COMPLETED");
    // A rejected payment has used its code up.
    let code = make(&icbc, of(&payer)).await.unwrap();
    let rejected = charge(&abc, &charge_of(&code, &payee, "1000")).await.unwrap();
    assert_eq!(ending(&rejected), "REJECTED INSUFFICIENT_FUNDS");
    refusal(charge(&abc, &charge_of(&code, &payee, "1")).await).is(
        Reason::CodeUsed,
        "payment_code",
        &code,
    );
    // Nobody else makes a request under the name of one of a code.
    let named =
        v1::NewPayment { request_id: format!("payment-code:{code}"), ..order(&payer, &payee, "1") };
    let request = v1::CreatePaymentRequest { payment: Some(named), wait_ms: None };
    let refused = cluster.operator("ICBC").payments.clone().create_payment(request).await;
    assert_eq!(refusal(refused).reason, Reason::RequestIdMalformed);
    cluster.finish().await;
}

#[tokio::test]
async fn of_two_operators_that_charge_at_once_one_is_paid_and_the_other_hears_that_it_is_used() {
    let cluster = three().await;
    let icbc = codes(&cluster, "ICBC");
    let payer = cluster.operator("ICBC").open("100").await;
    let (abc, boc) = (codes(&cluster, "ABC"), codes(&cluster, "BOC"));
    let (one, other) = (shop(&cluster, "ABC").await, shop(&cluster, "BOC").await);
    for _ in 0..10 {
        let code = make(&icbc, of(&payer)).await.unwrap();
        let requests = (charge_of(&code, &one, "1"), charge_of(&code, &other, "1"));
        let charged = tokio::join!(charge(&abc, &requests.0), charge(&boc, &requests.1));
        let (paid, refused) = match charged {
            (Ok(paid), Err(refused)) | (Err(refused), Ok(paid)) => (paid, refused),
            both => panic!("{both:?}"),
        };
        assert_eq!(ending(&paid), "COMPLETED");
        assert_eq!(reason_of(&refused), Some(Reason::CodeUsed), "{refused:?}");
    }
    assert_eq!(cluster.operator("ICBC").balance(&payer).await, "90.00");
    cluster.finish().await;
}

/// Arms a point of a process, charges until it has died there, mends it, and charges again.
async fn crash_at(
    cluster: &mut TestCluster,
    (payer, payee): &(String, String),
    victim: Member,
    point: &str,
) {
    let code = make(&codes(cluster, "ICBC"), of(payer)).await.unwrap();
    let armed = ("FAILPOINTS".to_owned(), format!("{point}=return"));
    cluster.processes().set_variable(victim, Some(armed));
    cluster.processes().kill(victim).await.unwrap();
    let started = cluster.processes().restart(victim).await;
    cluster.processes().set_variable(victim, None);
    let request = charge_of(&code, payee, "1");
    let quick = v1::ChargePaymentCodeRequest { wait_ms: Some(50), ..request.clone() };
    // Whatever is not answered is charged again below.
    let _ = charge(&codes(cluster, "ABC"), &quick).await;
    if started.is_ok() {
        let died = tokio::time::timeout(DEADLINE, cluster.processes().next_exit()).await;
        assert_eq!(died.unwrap_or_else(|_| panic!("{victim} lives on at {point}")).0, victim);
    }
    cluster.processes().restart(victim).await.unwrap_or_else(|error| panic!("{error}"));
    let what = format!("the charge ends after {victim} died at {point}");
    let payment = eventually(&what, async || {
        let payment = charge(&codes(cluster, "ABC"), &request).await.ok()?;
        (payment.state() != v1::payment::State::InTransit).then_some(payment)
    });
    assert_eq!(ending(&payment.await), "COMPLETED");
    let again = charge(&codes(cluster, "ABC"), &charge_of(&code, payee, "1")).await;
    assert_eq!(refusal(again).reason, Reason::CodeUsed);
}

async fn crash_everywhere(victim: &str) {
    let mut cluster = TestCluster::start(operators(2)).await;
    let payer = cluster.operator("ICBC").open("100").await;
    let wallets = (payer, shop(&cluster, "ABC").await);
    for point in POINTS {
        crash_at(&mut cluster, &wallets, member(victim), point).await;
    }
    let paid = format!("{}.00", POINTS.len());
    assert_eq!(cluster.operator("ABC").balance(&wallets.1).await, paid);
    cluster.finish().await;
}

#[tokio::test]
async fn a_code_pays_once_wherever_the_payers_operator_dies_during_the_charge() {
    crash_everywhere("ICBC").await;
}

#[tokio::test]
async fn a_code_pays_once_wherever_the_merchants_operator_dies_during_the_charge() {
    crash_everywhere("ABC").await;
}

#[tokio::test]
async fn a_code_pays_once_wherever_the_central_bank_dies_during_the_charge() {
    crash_everywhere("central-bank").await;
}

#[tokio::test]
async fn a_code_expires_by_the_clock_and_a_repeat_of_its_charge_does_not() {
    let clock = FakeClock::new();
    clock.show("2026-11-30", 8);
    let cluster = clock.cluster().await;
    let (icbc, abc) = (codes(&cluster, "ICBC"), codes(&cluster, "ABC"));
    until_heard(&cluster, "ABC", "002").await;
    let payer = cluster.operator("ICBC").open("100").await;
    let payee = shop(&cluster, "ABC").await;
    let [used, unused] = [make(&icbc, of(&payer)).await, make(&icbc, of(&payer)).await];
    let (used, unused) = (used.unwrap(), unused.unwrap());
    let request = charge_of(&used, &payee, "1");
    let payment = charge(&abc, &request).await.unwrap();
    clock.show("2026-11-30", 9);
    let refused = charge(&abc, &charge_of(&unused, &payee, "1")).await;
    refusal(refused).is(Reason::CodeExpired, "payment_code", &unused);
    assert_eq!(get(&icbc, &unused).await.state(), State::Expired);
    assert_eq!(charge(&abc, &request).await.unwrap(), payment);
    cluster.finish().await;
}

#[tokio::test]
async fn an_operator_that_stops_waits_for_no_answer_of_one_that_hangs() {
    let mut cluster = three().await;
    let payer = cluster.operator("ICBC").open("100").await;
    let code = make(&codes(&cluster, "ICBC"), of(&payer)).await.unwrap();
    let (abc, payee) = (codes(&cluster, "ABC"), shop(&cluster, "ABC").await);
    let request =
        v1::ChargePaymentCodeRequest { wait_ms: Some(60_000), ..charge_of(&code, &payee, "1") };
    let hangs = cluster.processes().pid(member("ICBC")).unwrap();
    send_signal(hangs, "STOP").await;
    let stops = cluster.processes().pid(member("ABC")).unwrap();
    let stop = async {
        // By then the charge has come, too, and its question waits.
        until_heard(&cluster, "BOC", "003").await;
        send_signal(stops, "TERM").await;
    };
    let (charged, ()) = tokio::join!(charge(&abc, &request), stop);
    // The sentence depends on how far the charge came; it is to be asked again in any case.
    assert_eq!(charged.unwrap_err().code(), Code::Unavailable);
    assert_eq!(cluster.processes().next_exit().await.0, member("ABC"));
    let log = std::fs::read_to_string(cluster.folder().log(member("ABC"))).unwrap();
    assert!(!log.contains("some calls did not finish in time"), "{log}");
    send_signal(hangs, "CONT").await;
    cluster.processes().restart(member("ABC")).await.unwrap_or_else(|error| panic!("{error}"));
    let payment = eventually("the charge ends", async || {
        charge(&codes(&cluster, "ABC"), &request).await.ok()
    });
    assert_eq!(ending(&payment.await), "COMPLETED");
    cluster.finish().await;
}

/// A real operator ICBC, and ABC played by this test.
pub(crate) async fn with_a_played_operator() -> (Bank, Answering, Operator, Codes) {
    let mut bank = Bank::start_with(operators(2)).await;
    let address = bank.cluster.restart(member("ICBC")).await.unwrap();
    let abc = answering(&bank, "ABC", 1).await;
    let url = format!("http://{address}");
    let channel = Endpoint::from_shared(url.clone()).unwrap().connect_lazy();
    (bank, abc, Operator::at(&url), Codes::new(channel))
}

#[tokio::test]
async fn an_operator_that_answers_with_another_payment_is_not_believed() {
    let (_bank, mut abc, icbc, codes) = with_a_played_operator().await;
    let payee = icbc.open_kind(v1::WalletKind::Merchant).await;
    let payment = v1::Payment {
        payment_id: "01a20fd3-7319-7a30-8a6f-1fb47d0cac3b".to_owned(),
        payee_wallet: payee.clone(),
        amount: "5.00".to_owned(),
        state: v1::payment::State::Completed.into(),
        ..Default::default()
    };
    let with = |payment| {
        let charge = v1::answer::ChargePaymentCode { payment };
        v1::Answer { kind: Some(v1::answer::Kind::ChargePaymentCode(charge)) }
    };
    let hostile = [
        v1::Answer::default(),
        with(None),
        with(Some(v1::Payment { amount: "4.00".to_owned(), ..payment.clone() })),
        with(Some(v1::Payment { payee_wallet: "1".to_owned(), ..payment.clone() })),
        with(Some(v1::Payment { payment_id: "1".to_owned(), ..payment.clone() })),
        with(Some(v1::Payment { state: 77, ..payment.clone() })),
    ];
    let count = hostile.len();
    let answers = async {
        for answer in hostile.into_iter().chain([with(Some(payment.clone()))]) {
            let number = abc.next().await.unwrap().unwrap().number;
            abc.answer(number, Outcome::Answer(answer)).await;
        }
    };
    let request = charge_of(&valid("003"), &payee, "5");
    let asks = async {
        for _ in 0..count {
            let refused = charge(&codes, &request).await.unwrap_err();
            assert_eq!(refused.code(), Code::Internal, "{refused:?}");
        }
        assert_eq!(charge(&codes, &request).await.unwrap(), payment);
    };
    tokio::join!(asks, answers);
    // Its word moves no money.
    assert_eq!(icbc.balance(&payee).await, "0.00");
}

/// The number of a wallet of the operator that this test plays.
fn of_abc(kind: WalletKind) -> String {
    WalletNumber::new(Prefix::new(3).unwrap(), kind, 1).unwrap().to_string()
}

#[tokio::test]
async fn an_operator_charges_only_for_its_own_wallets_and_with_fields_that_can_be() {
    let (bank, _abc, icbc, codes) = with_a_played_operator().await;
    let code = make(&codes, of(&icbc.open("100").await)).await.unwrap();
    let own = icbc.open_kind(v1::WalletKind::Merchant).await;
    let good = v1::question::ChargePaymentCode {
        payment_code: code.clone(),
        payee_wallet: of_abc(WalletKind::Merchant),
        amount: "1".to_owned(),
        request_id: "a".to_owned(),
        wait_ms: 0,
    };
    for (charge, reason) in [
        (v1::question::ChargePaymentCode { payee_wallet: own, ..good.clone() }, Reason::NotAllowed),
        (
            v1::question::ChargePaymentCode { amount: "-1".to_owned(), ..good.clone() },
            Reason::AmountNotPositive,
        ),
        (
            v1::question::ChargePaymentCode { request_id: String::new(), ..good.clone() },
            Reason::RequestIdMalformed,
        ),
        (
            v1::question::ChargePaymentCode { payment_code: "x".to_owned(), ..good.clone() },
            Reason::FieldInvalid,
        ),
        (
            v1::question::ChargePaymentCode { wait_ms: u32::MAX, ..good.clone() },
            Reason::FieldInvalid,
        ),
        (
            v1::question::ChargePaymentCode {
                payee_wallet: of_abc(WalletKind::Personal),
                ..good.clone()
            },
            Reason::KindNotAllowed,
        ),
    ] {
        let kind = Some(v1::question::Kind::ChargePaymentCode(charge.clone()));
        let refused = ask(&bank, ("ABC", "ABC"), 2, v1::Question { kind }).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(reason), "{charge:?}: {refused:?}");
    }
    let refused = ask(&bank, ("ABC", "ABC"), 2, v1::Question::default()).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(Reason::FieldInvalid));
    assert_eq!(get(&codes, &code).await.state(), State::Open);
}

#[tokio::test]
async fn a_merchant_code_that_a_payer_scans_names_a_merchant_and_never_a_person() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, person) = (icbc.open("100").await, abc.open("").await);
    let payee = shop(&cluster, "ABC").await;
    let refused = abc.link_alias(&person, "M20220042", false).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(Reason::KindNotAllowed));
    abc.link_alias(&payee, "M20220042", false).await.unwrap();
    let scanned = v1::NewPayment {
        payee: Some(Payee::PayeeAlias("M20220042".to_owned())),
        ..order(&payer, "", "12.50")
    };
    let payment = icbc.pay(scanned).await;
    assert_eq!((ending(&payment).as_str(), &payment.payee_wallet), ("COMPLETED", &payee));
    let request = v1::CloseWalletRequest { wallet_number: payee.clone() };
    assert!(abc.wallets.clone().close_wallet(request).await.is_err(), "it holds money");
    assert_eq!(abc.balance(&payee).await, "12.50");
    cluster.finish().await;
}

#[tokio::test]
async fn a_front_end_shows_codes_of_the_wallets_that_are_bound_to_it() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let icbc = cluster.operator("ICBC");
    let holder = v1::Holder {
        phone_number: "13912345678".to_owned(),
        identity_document: "11010119900307447X".to_owned(),
        ..Default::default()
    };
    let request = v1::OpenWalletRequest {
        kind: v1::WalletKind::Personal.into(),
        wallet_class: Some(3),
        holder: Some(holder.clone()),
        opening_amount: "100".to_owned(),
        ..Default::default()
    };
    let opened = icbc.wallets.clone().open_wallet(request).await.unwrap().into_inner();
    let payer = opened.wallet.unwrap().wallet_number;
    let shown = v1::CreatePaymentCodeRequest { front_end: "WeChat Pay".to_owned(), ..of(&payer) };
    let refused = make(&codes(&cluster, "ICBC"), shown.clone()).await;
    refusal(refused).is(Reason::FrontEndNotBound, "front_end", &payer);
    let bind = v1::BindFrontEndRequest {
        wallet_number: payer.clone(),
        front_end: "WeChat Pay".to_owned(),
        phone_number: holder.phone_number,
        identity_document: holder.identity_document,
        region: v1::Region::Shenzhen.into(),
    };
    icbc.profiles.clone().bind_front_end(bind).await.unwrap();
    let code = make(&codes(&cluster, "ICBC"), shown).await.unwrap();
    cluster.crash(member("ICBC")).await;
    let payee = shop(&cluster, "ICBC").await;
    let payment = charge(&codes(&cluster, "ICBC"), &charge_of(&code, &payee, "8")).await.unwrap();
    assert_eq!(ending(&payment), "COMPLETED");
    assert_eq!(get(&codes(&cluster, "ICBC"), &code).await.front_end, "WeChat Pay");
    cluster.finish().await;
}
