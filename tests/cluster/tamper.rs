//! Whatever is changed by hand in any ledger file is found by the audit.

mod walk;

use std::collections::BTreeSet;

use clearing_api::v1;
use clearing_api::v1::bill_service_client::BillServiceClient;
use clearing_api::v1::campaign_service_client::CampaignServiceClient;
use clearing_api::v1::contract_service_client::ContractServiceClient;
use clearing_api::v1::offline_service_client::OfflineServiceClient;
use clearing_api::v1::payment_code_service_client::PaymentCodeServiceClient;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::offline::{self, Chip};
use crate::support::{
    Operator, TestCluster, assert_audit, clearing, clearing_in, config, eventually, member, order,
    request_id, unknown_wallet,
};
use crate::{campaigns, contracts, loans, payrolls, wealth};

/// A restricted sub-wallet.
async fn keep_a_family(operator: &Operator, parent: &str) {
    let request = v1::OpenSubWalletRequest {
        request_id: "child".to_owned(),
        parent_wallet: parent.to_owned(),
        single_cap: Some("5".to_owned()),
        daily_cap: Some("10".to_owned()),
        restricted: true,
        payees: vec![parent.to_owned()],
        platform: "Canteen".to_owned(),
    };
    operator.families.clone().open_sub_wallet(request).await.unwrap();
}

/// A merchant of another bank, of which the directory knows what it sells and where.
async fn open_a_shop(operator: &Operator) {
    let traits = v1::MerchantTraits {
        category: v1::MerchantCategory::Catering.into(),
        region: v1::Region::Shenzhen.into(),
    };
    let request = v1::OpenWalletRequest {
        request_id: "shop".to_owned(),
        kind: v1::WalletKind::Merchant.into(),
        holder: Some(v1::Holder { name: "Tea House".to_owned(), ..v1::Holder::default() }),
        merchant_traits: Some(traits),
        participant: "HXB".to_owned(),
        ..v1::OpenWalletRequest::default()
    };
    operator.wallets.clone().open_wallet(request).await.unwrap();
}

/// A wallet that a front-end shows.
async fn bind_a_front_end(operator: &Operator) {
    let holder = v1::Holder {
        phone_number: "13912345678".to_owned(),
        identity_document: "11010119900307447X".to_owned(),
        ..v1::Holder::default()
    };
    let request = v1::OpenWalletRequest {
        kind: v1::WalletKind::Personal.into(),
        wallet_class: Some(3),
        holder: Some(holder.clone()),
        ..v1::OpenWalletRequest::default()
    };
    let opened = operator.wallets.clone().open_wallet(request).await.unwrap().into_inner();
    let request = v1::BindFrontEndRequest {
        wallet_number: opened.wallet.unwrap().wallet_number,
        front_end: "WeChat Pay".to_owned(),
        phone_number: holder.phone_number,
        identity_document: holder.identity_document,
        region: v1::Region::Shenzhen.into(),
    };
    operator.profiles.clone().bind_front_end(request).await.unwrap();
}

/// A government wallet that is swept; where reserves are short the sweep waits.
async fn sweep(operator: &Operator, amount: &str) {
    let request = v1::OpenWalletRequest {
        request_id: "customs".to_owned(),
        kind: v1::WalletKind::Government.into(),
        holder: Some(v1::Holder { name: "Customs".to_owned(), ..v1::Holder::default() }),
        opening_amount: amount.to_owned(),
        ..v1::OpenWalletRequest::default()
    };
    let opened = operator.wallets.clone().open_wallet(request).await.unwrap().into_inner();
    let request = v1::SweepToTreasuryRequest {
        request_id: "sweep".to_owned(),
        wallet_number: opened.wallet.unwrap().wallet_number,
        amount: amount.to_owned(),
    };
    operator.profiles.clone().sweep_to_treasury(request).await.unwrap();
}

/// A stopped cluster of two operators whose files hold what can happen while cycles net.
async fn eventful() -> TempDir {
    let cluster = TestCluster::start(config(
        "reserves = 10000\nstock = 5000\ncap = 1000\n[[cluster.operators]]\ncode = 'ICBC'\n\
         indirect = ['HXB']\n[[cluster.operators]]\ncode = 'ABC'",
    ))
    .await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (one, other, friend) = (icbc.open("500").await, abc.open("500").await, icbc.open("").await);
    icbc.link_alias(&one, "phone:13912345678", false).await.unwrap();
    icbc.exchange_out(&one, "20").await.unwrap();
    icbc.exchange_back(&one, "10").await.unwrap();
    for _ in 0..2 {
        icbc.pay(order(&one, &other, "30")).await;
        abc.pay(order(&other, &one, "12.34")).await;
        icbc.pay(order(&one, &friend, "5")).await;
        icbc.pay(order(&one, &unknown_wallet(3), "7")).await;
        icbc.pay(order(&one, &other, "100000")).await;
        central_bank.close_cycle(None).await.unwrap();
    }
    icbc.pay(order(&one, &other, "3")).await;
    central_bank.set_cap("ABC", Some("900")).await.unwrap();
    central_bank.fund("ABC", "50").await.unwrap();
    central_bank.suspend("ABC").await.unwrap();
    central_bank.resume("ABC").await.unwrap();
    let issue = v1::IssueRequest {
        request_id: request_id(),
        operator_code: "ABC".to_owned(),
        amount: "40".to_owned(),
    };
    central_bank.issuance.clone().issue(issue).await.unwrap();
    let withdraw = v1::WithdrawRequest {
        request_id: request_id(),
        operator_code: "ICBC".to_owned(),
        amount: "60".to_owned(),
    };
    eventually("the withdrawal is booked", async || {
        let answer =
            central_bank.issuance.clone().withdraw(withdraw.clone()).await.unwrap().into_inner();
        (answer.operation.unwrap().state() == v1::issuance_operation::State::Booked).then_some(())
    })
    .await;
    // Held at the central bank, but in wallets: more than there is to set aside.
    let declined =
        v1::WithdrawRequest { amount: "4800".to_owned(), request_id: request_id(), ..withdraw };
    eventually("the withdrawal is declined", async || {
        let answer =
            central_bank.issuance.clone().withdraw(declined.clone()).await.unwrap().into_inner();
        (answer.operation.unwrap().state() == v1::issuance_operation::State::Declined).then_some(())
    })
    .await;
    keep_a_family(&icbc, &friend).await;
    bind_a_front_end(&icbc).await;
    open_a_shop(&icbc).await;
    sweep(&icbc, "20").await;
    icbc.freeze(&friend, true).await.unwrap();
    bill(&cluster, &icbc, &one).await;
    tap_cards(&cluster, &icbc, &other).await;
    charge_a_code(&cluster, &one).await;
    run_a_campaign(&cluster, &icbc, &other).await;
    pay_with_a_voucher(&cluster, (&one, &other)).await;
    prepay(&cluster, &icbc).await;
    pay_wages(&cluster, &other).await;
    lend(&cluster, &one).await;
    invest(&cluster, &one).await;
    cluster.stop().await
}

/// A loan within the operator, of which an instalment is paid.
async fn lend(cluster: &TestCluster, borrower: &str) {
    let service = loans::at(cluster, "ICBC");
    let lender = loans::lender(cluster, "ICBC", "100").await;
    let terms = loans::terms([&lender, borrower, borrower], 3);
    let loan = loans::agree(&service, "loan", terms).await.unwrap();
    loans::grant(&service, &loan).await.unwrap();
    loans::disburse(&service, &loan.loan_id).await.unwrap();
    loans::until(&service, &loan.loan_id, v1::loan::State::Disbursed, "60.00").await;
}

/// A wealth product within the operator, of which a part is redeemed, and another taken back.
async fn invest(cluster: &TestCluster, holder: &str) {
    let service = wealth::at(cluster, "ICBC");
    let provider = wealth::provider(cluster, "ICBC").await;
    wealth::subscribe(&service, [holder, &provider], ("fund", "30")).await.unwrap();
    let asked = wealth::redeem(&service, [holder, &provider], ("part", "10")).await.unwrap();
    wealth::until(&service, &asked.redemption_id, v1::wealth_redemption::State::Paid).await;
    cluster.operator("ICBC").exchange_back(&provider, "25").await.unwrap();
    let asked = wealth::redeem(&service, [holder, &provider], ("gone", "10")).await.unwrap();
    wealth::until(&service, &asked.redemption_id, v1::wealth_redemption::State::Waiting).await;
    wealth::cancel(&service, &asked.redemption_id).await.unwrap();
}

/// A payroll of a good and a bad line that is confirmed.
async fn pay_wages(cluster: &TestCluster, payee: &str) {
    let icbc = cluster.operator("ICBC");
    let payer = icbc.open_kind(v1::WalletKind::Corporate).await;
    icbc.exchange_out(&payer, "10").await.unwrap();
    let service = payrolls::at(cluster, "ICBC");
    let lines = vec![payrolls::line(payee, "6"), payrolls::line(&payer, "3")];
    let prepared = payrolls::prepare(&service, payrolls::payroll(&payer, lines)).await.unwrap();
    let payroll = prepared.payroll.unwrap();
    payrolls::confirm(&service, &payroll.payroll_id, "6").await.unwrap();
}

/// A card that is caught and replaced, whose vouchers end in each way.
async fn tap_cards(cluster: &TestCluster, icbc: &Operator, payee: &str) {
    let [issuer, elsewhere] =
        ["ICBC", "ABC"].map(|code| OfflineServiceClient::new(cluster.channel(member(code))));
    let (parent, shop) = (icbc.open("100").await, icbc.open("").await);
    let purse = icbc.open_kind(v1::WalletKind::Operator).await;
    icbc.exchange_out(&purse, "50").await.unwrap();
    let brief = |terms| v1::HardWalletTerms {
        voucher_age_seconds: 1,
        loss_party: v1::LossParty::Issuer.into(),
        loss_wallet: purse.clone(),
        ..terms
    };
    let chip = Chip::issue(&issuer, &parent, 1, brief).await;
    chip.load(&issuer, "60").await.unwrap();
    icbc.freeze(&shop, false).await.unwrap();
    let vouchers = [(1, "10"), (2, "55"), (1, "9")].map(|(at, sum)| chip.sign(at, &shop, sum));
    offline::upload(&issuer, &vouchers).await;
    offline::upload(&elsewhere, &[chip.sign(3, payee, "2")]).await;
    let thaw = v1::UnfreezeWalletRequest { wallet_number: shop.clone() };
    icbc.wallets.clone().unfreeze_wallet(thaw).await.unwrap();
    let claim = v1::PayUnclaimedRequest { card_number: chip.number.clone(), counter: 1 };
    issuer.clone().pay_unclaimed(claim).await.unwrap();
    let request = v1::ReissueHardWalletRequest {
        request_id: "again".to_owned(),
        card_number: chip.number.clone(),
        terms: chip.card.terms.clone(),
    };
    eventually("no voucher can come any more", async || {
        issuer.clone().reissue_hard_wallet(request.clone()).await.ok()
    })
    .await;
}

/// A code of a wallet that a merchant of the same operator charges.
async fn charge_a_code(cluster: &TestCluster, payer: &str) {
    let payee_wallet = cluster.operator("ICBC").open_kind(v1::WalletKind::Merchant).await;
    let mut codes = PaymentCodeServiceClient::new(cluster.channel(member("ICBC")));
    let create = v1::CreatePaymentCodeRequest {
        payer_wallet: payer.to_owned(),
        amount: Some("2".to_owned()),
        front_end: String::new(),
    };
    let made = codes.create_payment_code(create).await.unwrap().into_inner();
    let charge = v1::ChargePaymentCodeRequest {
        request_id: "till".to_owned(),
        payment_code: made.payment_code.unwrap().payment_code,
        payee_wallet,
        amount: "2".to_owned(),
        wait_ms: None,
    };
    codes.charge_payment_code(charge).await.unwrap();
}

/// A packet that a wallet of the other operator wins, and one of the same operator that is spent.
async fn run_a_campaign(cluster: &TestCluster, sponsors: &Operator, winner: &str) {
    let at = |code| CampaignServiceClient::new(cluster.channel(member(code)));
    let (here, elsewhere) = (at("ICBC"), at("ABC"));
    let sponsor = sponsors.open_kind(v1::WalletKind::Corporate).await;
    sponsors.exchange_out(&sponsor, "100").await.unwrap();
    let campaign = campaigns::create(&here, campaigns::drawn(&sponsor)).await.campaign_wallet;
    let own = sponsors.open("").await;
    campaigns::register(&here, &campaign, &own).await.unwrap();
    campaigns::register(&elsewhere, &campaign, winner).await.unwrap();
    campaigns::draw(&here, &campaign).await;
    campaigns::claim(&here, &campaign, &own).await.unwrap();
    campaigns::claim(&elsewhere, &campaign, winner).await.unwrap();
    campaigns::left(&elsewhere, winner, "20.00").await;
    let shop = sponsors.open_kind(v1::WalletKind::Merchant).await;
    sponsors.pay(order(&own, &shop, "5")).await;
}

/// A voucher of the other operator that a wallet names where it does not pay: its operator declines,
/// which is a row.
async fn pay_with_a_voucher(cluster: &TestCluster, (payer, payee): (&str, &str)) {
    let at = |code| CampaignServiceClient::new(cluster.channel(member(code)));
    let sponsor = campaigns::sponsor(&cluster.operator("ABC"), "100").await;
    let voucher = v1::NewCampaign {
        kind: v1::campaign::Kind::Voucher.into(),
        eligibility: Some(v1::Eligibility { min_spend: "50".to_owned(), ..Default::default() }),
        ..campaigns::first_come(&sponsor)
    };
    let campaign_wallet = campaigns::create(&at("ABC"), voucher).await.campaign_wallet;
    campaigns::claim(&at("ICBC"), &campaign_wallet, payer).await.unwrap();
    let voucher = v1::Voucher { campaign_wallet, discount: "1".to_owned() };
    let paid = v1::NewPayment { voucher: Some(voucher), ..order(payer, payee, "4") };
    cluster.operator("ICBC").pay(paid).await;
}

/// A contract of which a lesson is asked for, one of which a lesson is released, and a merchant that
/// is suspended.
async fn prepay(cluster: &TestCluster, icbc: &Operator) {
    let (payer, school) = (icbc.open("100").await, icbc.open_kind(v1::WalletKind::Merchant).await);
    let mut contracts = ContractServiceClient::new(cluster.channel(member("ICBC")));
    let by_payer = contracts::terms(&payer, &school);
    let by_merchant = v1::ContractTerms {
        release: v1::contract_terms::Release::ByMerchant.into(),
        dispute_window_ms: 86_400_000,
        ..by_payer.clone()
    };
    let by_code = v1::ContractTerms {
        release: v1::contract_terms::Release::ByCode.into(),
        codes_hash: "ab".repeat(32),
        ..by_payer.clone()
    };
    let asked = contracts::contract(&mut contracts, by_merchant).await;
    let request = v1::RequestLessonRequest {
        merchant_wallet: school.clone(),
        payer_wallet: payer.clone(),
        contract_id: asked,
        lesson: 2,
        code: String::new(),
    };
    contracts.request_lesson(request).await.unwrap();
    contracts::contract(&mut contracts, by_code).await;
    let released = contracts::contract(&mut contracts, by_payer).await;
    contracts::release(&mut contracts, &released, 1).await;
    let suspend = v1::SuspendMerchantRequest { merchant_wallet: school };
    contracts.suspend_merchant(suspend).await.unwrap();
}

/// A bill that is paid by a wallet and in part given back, and one that is taken back.
async fn bill(cluster: &TestCluster, payer_operator: &Operator, payer: &str) {
    let biller = payer_operator.open_kind(v1::WalletKind::Government).await;
    let mut bills = BillServiceClient::new(cluster.channel(member("ICBC")));
    for reference in ["TAX-1", "TAX-2"] {
        let bill = v1::NewBill {
            biller_wallet: biller.clone(),
            reference: reference.to_owned(),
            amount: "9".to_owned(),
            due_time: Some(prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 }),
            purpose: v1::Purpose::Tax.into(),
            subject: "2022".to_owned(),
            release: "certificate".to_owned(),
        };
        bills.publish_bill(v1::PublishBillRequest { bill: Some(bill) }).await.unwrap();
    }
    let paid = v1::NewPayment { bill_reference: "TAX-1".to_owned(), ..order(payer, &biller, "9") };
    let paid = payer_operator.pay(paid).await;
    let refund = v1::RefundPaymentRequest {
        request_id: "refund".to_owned(),
        payment_id: paid.payment_id,
        amount: "4".to_owned(),
        ..v1::RefundPaymentRequest::default()
    };
    payer_operator.payments.clone().refund_payment(refund).await.unwrap();
    let cancel = v1::CancelBillRequest { biller_wallet: biller, reference: "TAX-2".to_owned() };
    bills.cancel_bill(cancel).await.unwrap();
}

/// A stopped cluster of two operators whose files hold what can happen while payments wait for
/// cover.
async fn waiting() -> TempDir {
    let lines =
        "operator_count = 2\nregime = 'deposit'\nsettlement = 'gross-queue'\nreserves = 100";
    let cluster = TestCluster::start(config(lines)).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (one, other, friend) =
        (icbc.open("10000").await, abc.open("10000").await, icbc.open("").await);
    for amount in ["30", "150", "40", "160", "170"] {
        icbc.pay(order(&one, &other, amount)).await;
        icbc.pay(order(&one, &friend, "5")).await;
        abc.pay(order(&other, &one, "12.34")).await;
    }
    icbc.pay(v1::NewPayment { remark: "rent".to_owned(), ..order(&one, &other, "180") }).await;
    central_bank.fund("ABC", "50").await.unwrap();
    let corporate = v1::OpenWalletRequest {
        kind: v1::WalletKind::Corporate.into(),
        wallet_class: Some(1),
        holder: Some(v1::Holder { name: "Tea House".to_owned(), ..v1::Holder::default() }),
        ..v1::OpenWalletRequest::default()
    };
    icbc.wallets.clone().open_wallet(corporate).await.unwrap();
    let earlier = v1::SetNetDebitCapRequest {
        operator_code: "ABC".to_owned(),
        net_debit_cap: Some("7000".to_owned()),
    };
    central_bank.limits.clone().set_net_debit_cap(earlier).await.unwrap();
    sweep(&icbc, "9000").await;
    cluster.stop().await
}

/// A run of two days, of which the second is an interest date.
async fn earning() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let text = "name = 'earning'\ndays = 2\n[cluster]\nstart = '2026-09-20'\noperator_count = 2\nregime = 'deposit'\n\
                tick_seconds = 3600\ninterest_rate = 30\n[workload]\nwallets = 6\npayments_per_day = 4\n";
    std::fs::write(directory.path().join("earning.toml"), text).unwrap();
    clearing_in(directory.path(), ["run", "earning.toml", "--out", "out"]).await.succeeded();
    directory
}

/// Columns that decide nothing, each with the reason.
const WITHOUT_EFFECT: [(&str, &str, &str); 1] = [(
    "batches",
    "written_at",
    "when a batch was written: for people who look into a file, read by nothing",
)];

#[tokio::test]
async fn a_change_in_any_column_of_any_table_is_found() {
    let (eventful, waiting, earning) = tokio::join!(eventful(), waiting(), earning());
    let run = earning.path().join("out/cluster");
    let mut tables = BTreeSet::new();
    for directory in [eventful.path(), waiting.path(), &run] {
        for member in ["central-bank", "ICBC", "ABC"] {
            let walk = walk::Walk::new(directory, member);
            tables.extend(
                walk.tables_with_rows()
                    .into_iter()
                    .map(|table| format!("{} {table}", kind(member))),
            );
            let unseen = walk.unseen();
            let unseen: Vec<_> =
                unseen.iter().filter(|(table, column)| !is_without_effect(table, column)).collect();
            assert!(unseen.is_empty(), "{member}: {unseen:?}");
        }
        assert_audit(directory);
    }
    let empty: Vec<_> = ["central-bank", "ICBC"]
        .into_iter()
        .flat_map(|member| {
            let all = walk::Walk::new(eventful.path(), member).tables();
            all.into_iter().map(move |table| format!("{} {table}", kind(member)))
        })
        .filter(|table| !tables.contains(table))
        .collect();
    assert!(empty.is_empty(), "nothing was tried on {empty:?}");
}

fn kind(member: &str) -> &str {
    if member == "central-bank" { "central bank" } else { "operator" }
}

fn is_without_effect(table: &str, column: &str) -> bool {
    WITHOUT_EFFECT.iter().any(|(known, name, _)| (*known, *name) == (table, column))
}

#[tokio::test]
async fn the_audit_says_broken_with_the_figures_and_exits_1() {
    let directory = eventful().await;
    let path = directory.path().to_str().unwrap();
    let clean = clearing(["audit", "--data-dir", path]).await;
    clean.succeeded();
    assert!(
        clean.stdout.lines().count() > 20
            && clean.stdout.lines().all(|line| !line.starts_with("BROKEN")),
        "{clean:?}"
    );
    let file = Connection::open(directory.path().join("ABC/ledger.db")).unwrap();
    file.execute_batch("UPDATE accounts SET balance = balance + 1 WHERE name = 'wallets'").unwrap();
    let found = clearing(["audit", "--data-dir", path]).await;
    found.failed(1, "invariants are broken");
    let lines: Vec<_> = found.stdout.lines().filter(|line| line.starts_with("BROKEN ")).collect();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("ABC: books balance: ") && line.contains("difference")),
        "{found:?}"
    );
    assert!(lines.iter().all(|line| line.contains("ABC") || line.contains("all: ")), "{found:?}");
    // A row that makes the history impossible is a finding, too.
    file.execute_batch("UPDATE payments SET amount = 100000000 WHERE state = 2").unwrap();
    file.execute_batch("UPDATE wallet_events SET amount = 1 WHERE amount > 0").unwrap();
    clearing(["audit", "--data-dir", path]).await.failed(1, "invariants are broken");
}
