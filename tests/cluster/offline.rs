//! Hard wallets between processes: the issuer at one operator, payees at others, processes killed on
//! the way.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clearing_api::v1;
use clearing_api::v1::offline_service_client::OfflineServiceClient;
use clearing_api::v1::voucher_outcome::Outcome;
use clearing_card::{Key, SignedVoucher, to_hex};
use clearing_domain::Reason;
use clearing_domain::money::{Amount, Timestamp};
use clearing_domain::operator::OfflineVoucher;
use tonic::Status;
use tonic::transport::Channel;

use crate::support::{
    Operator, TestCluster, clearing_in, eventually, member, operators, order, refusal, request_id,
};

pub(crate) type Offline = OfflineServiceClient<Channel>;

/// A chip: its key, and the number that its issuer has given it.
pub(crate) struct Chip {
    key: Key,
    pub(crate) number: String,
    pub(crate) card: v1::HardWallet,
}

/// What cards of these tests may do: 100 yuan, 50 at once, ten vouchers that wait, one day.
pub(crate) fn terms(key: &Key) -> v1::HardWalletTerms {
    v1::HardWalletTerms {
        public_key: to_hex(&key.public()),
        float_cap: "100".to_owned(),
        single_cap: "50".to_owned(),
        voucher_count_cap: 10,
        voucher_age_seconds: 86_400,
        ..Default::default()
    }
}

impl Chip {
    /// A card of a wallet, with money on it.
    pub(crate) async fn issue(
        issuer: &Offline,
        parent: &str,
        seed: u8,
        change: impl FnOnce(v1::HardWalletTerms) -> v1::HardWalletTerms,
    ) -> Self {
        let key = Key::from_seed(&[seed; 32]);
        let request = v1::IssueHardWalletRequest {
            request_id: request_id(),
            parent_wallet: parent.to_owned(),
            terms: Some(change(terms(&key))),
        };
        let issued = issuer.clone().issue_hard_wallet(request.clone()).await.unwrap().into_inner();
        let again = issuer.clone().issue_hard_wallet(request).await.unwrap().into_inner();
        assert_eq!(issued, again);
        let card = issued.hard_wallet.unwrap();
        Self { key, number: card.card_number.clone(), card }
    }

    pub(crate) async fn load(&self, issuer: &Offline, amount: &str) -> Result<String, Status> {
        let request = v1::LoadHardWalletRequest {
            request_id: request_id(),
            card_number: self.number.clone(),
            amount: amount.to_owned(),
        };
        let loaded = issuer.clone().load_hard_wallet(request).await?.into_inner();
        Ok(loaded.hard_wallet.unwrap().float)
    }

    pub(crate) fn sign(&self, counter: u64, payee: &str, amount: &str) -> v1::SignedVoucher {
        self.sign_ago(Duration::ZERO, counter, payee, amount)
    }

    /// A voucher that was signed so long ago.
    pub(crate) fn sign_ago(
        &self,
        ago: Duration,
        counter: u64,
        payee: &str,
        amount: &str,
    ) -> v1::SignedVoucher {
        let at = (SystemTime::now() - ago).duration_since(UNIX_EPOCH).unwrap();
        let voucher = OfflineVoucher {
            card: self.number.parse().unwrap(),
            counter,
            payee: payee.parse().unwrap(),
            amount: Amount::positive(amount).unwrap(),
            signed_at: Timestamp::from_ms(i64::try_from(at.as_millis()).unwrap()),
        };
        let signed = SignedVoucher::new(voucher, &self.key);
        v1::SignedVoucher {
            card_number: self.number.clone(),
            counter,
            payee_wallet: payee.to_owned(),
            amount: amount.to_owned(),
            sign_time: Some(clearing_api::text::timestamp(voucher.signed_at)),
            signature: to_hex(&signed.signature),
        }
    }
}

/// What was decided on vouchers.
pub(crate) async fn upload(at: &Offline, vouchers: &[v1::SignedVoucher]) -> Vec<Outcome> {
    let request = v1::UploadVouchersRequest { vouchers: vouchers.to_vec() };
    let answer = at.clone().upload_vouchers(request).await.unwrap().into_inner();
    answer.outcomes.into_iter().map(|outcome| outcome.outcome.unwrap()).collect()
}

/// An outcome in a word.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted(_) => "accepted",
        Outcome::Refused(refused) => short(refused.reason()),
        Outcome::Error(error) => short(error.reason()),
    }
}

fn short(reason: v1::ErrorReason) -> &'static str {
    reason.as_str_name().trim_start_matches("ERROR_REASON_")
}

/// Whether an issuer has decided; one that is away has not.
fn is_decided(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Error(_))
}

async fn words(at: &Offline, vouchers: &[v1::SignedVoucher]) -> Vec<&'static str> {
    upload(at, vouchers).await.iter().map(word).collect()
}

async fn hard_wallet(issuer: &Offline, card: &str) -> v1::HardWallet {
    let request = v1::GetHardWalletRequest { card_number: card.to_owned() };
    issuer.clone().get_hard_wallet(request).await.unwrap().into_inner().hard_wallet.unwrap()
}

async fn holds(operator: &Operator, wallet: &str, amount: &str) {
    eventually(&format!("{wallet} holds {amount}"), async || {
        (operator.balance(wallet).await == amount).then_some(())
    })
    .await;
}

fn service(cluster: &TestCluster, code: &str) -> Offline {
    OfflineServiceClient::new(cluster.channel(member(code)))
}

#[tokio::test]
async fn a_counter_used_at_two_merchants_of_two_operators_is_paid_once_through_kills() {
    let mut cluster = TestCluster::start(operators(3)).await;
    let [icbc, abc, boc] = ["ICBC", "ABC", "BOC"].map(|code| cluster.operator(code));
    let [issuer, at_abc, at_boc] = ["ICBC", "ABC", "BOC"].map(|code| service(&cluster, code));
    let parent = icbc.open("200").await;
    let shop = abc.open_kind(v1::WalletKind::Merchant).await;
    let kiosk = boc.open_kind(v1::WalletKind::Merchant).await;
    let chip = Chip::issue(&issuer, &parent, 1, |terms| terms).await;
    assert_eq!(chip.load(&issuer, "80").await.unwrap(), "80.00");
    let over = chip.load(&issuer, "20.01").await;
    assert_eq!(refusal(over).reason, Reason::BalanceCap);
    // A tap without network: nobody can spend its value before it is uploaded.
    let (one, other) = (chip.sign(1, &shop, "30"), chip.sign(1, &kiosk, "30"));
    let spent = abc.pay_to_end(&shop, &parent, "1").await;
    assert_eq!(spent, "REJECTED INSUFFICIENT_FUNDS");
    let first = upload(&at_abc, std::slice::from_ref(&one)).await;
    assert_eq!(word(&first[0]), "accepted");
    for killed in ["ICBC", "ABC", "central-bank"] {
        cluster.crash(member(killed)).await;
        let again = eventually("the upload is answered again", async || {
            let request = v1::UploadVouchersRequest { vouchers: vec![one.clone()] };
            let answer = at_abc.clone().upload_vouchers(request).await.ok()?.into_inner();
            answer.outcomes.into_iter().next()?.outcome.filter(is_decided)
        })
        .await;
        assert_eq!(again, first[0], "after {killed} was killed");
    }
    holds(&abc, &shop, "30.00").await;
    let caught = eventually("the second voucher is decided on", async || {
        let request = v1::UploadVouchersRequest { vouchers: vec![other.clone()] };
        let answer = at_boc.clone().upload_vouchers(request).await.ok()?.into_inner();
        answer.outcomes.into_iter().next()?.outcome.filter(is_decided)
    })
    .await;
    let Outcome::Refused(refused) = &caught else { panic!("{caught:?}") };
    assert_eq!(
        (refused.reason(), refused.loss_party()),
        (v1::ErrorReason::CounterReused, v1::LossParty::Payee)
    );
    cluster.crash(member("ICBC")).await;
    let frozen = hard_wallet(&issuer, &chip.number).await;
    assert_eq!(
        (frozen.state(), frozen.float.as_str()),
        (v1::hard_wallet::State::DoubleSpent, "50.00")
    );
    assert_eq!(refusal(chip.load(&issuer, "1").await).reason, Reason::CardFrozen);
    assert_eq!(boc.balance(&kiosk).await, "0.00");
    cluster.finish().await;
}

#[tokio::test]
async fn the_issuer_refuses_each_bad_voucher_with_its_reason() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (issuer, at_abc) = (service(&cluster, "ICBC"), service(&cluster, "ABC"));
    let (parent, shop) = (icbc.open("500").await, abc.open_kind(v1::WalletKind::Merchant).await);
    let closed = abc.open_kind(v1::WalletKind::Merchant).await;
    abc.close(&closed).await.unwrap();
    let payees = vec![shop.clone(), closed.clone()];
    let listed = |terms| v1::HardWalletTerms { payees: payees.clone(), ..terms };
    let chip = Chip::issue(&issuer, &parent, 1, listed).await;
    let other = Chip::issue(&issuer, &parent, 2, |terms| terms).await;
    chip.load(&issuer, "60").await.unwrap();
    let day = Duration::from_secs(86_400);
    let elsewhere = abc.open("").await;
    let good = chip.sign(1, &shop, "20");
    let vouchers = [
        good.clone(),
        v1::SignedVoucher { amount: "21".to_owned(), ..good.clone() },
        v1::SignedVoucher { signature: other.sign(1, &shop, "20").signature, ..good.clone() },
        chip.sign_ago(day + Duration::from_secs(60), 2, &shop, "1"),
        chip.sign(3, &shop, "50.01"),
        chip.sign(4, &elsewhere, "1"),
        chip.sign(5, &shop, "41"),
        chip.sign(16, &shop, "1"),
        chip.sign(6, &parent, "1"),
        v1::SignedVoucher { card_number: parent.clone(), ..good.clone() },
        v1::SignedVoucher { signature: "00".to_owned(), ..good.clone() },
        good.clone(),
    ];
    let expected = [
        "accepted",
        "VOUCHER_FORGED",
        "VOUCHER_FORGED",
        "VOUCHER_TOO_OLD",
        "SINGLE_LIMIT",
        "PAYEE_NOT_ALLOWED",
        "CARD_FLOAT_EXCEEDED",
        "CARD_COUNT_CAP",
        "WALLET_UNKNOWN",
        "CARD_UNKNOWN",
        "FIELD_INVALID",
        "accepted",
    ];
    assert_eq!(words(&at_abc, &vouchers).await, expected);
    assert_eq!(words(&at_abc, &vouchers).await, expected);
    holds(&abc, &shop, "20.00").await;
    // What its payee cannot take is not the card's again.
    assert_eq!(words(&at_abc, &[chip.sign(7, &closed, "15")]).await, ["accepted"]);
    eventually("the value is unclaimed", async || {
        let card = hard_wallet(&issuer, &chip.number).await;
        let found = (card.unclaimed_amount.as_str(), card.float.as_str());
        (found == ("15.00", "25.00")).then_some(())
    })
    .await;
    let claim = v1::PayUnclaimedRequest { card_number: chip.number.clone(), counter: 7 };
    issuer.clone().pay_unclaimed(claim).await.unwrap();
    // A card is unloaded by a voucher to its parent, and takes no other order.
    assert_eq!(words(&issuer, &[chip.sign(8, &parent, "5")]).await, ["accepted"]);
    assert_eq!(icbc.balance(&parent).await, "445.00");
    let ordered = icbc.try_pay(order(&chip.number, &shop, "1")).await.unwrap();
    assert_eq!(ordered.reason(), v1::ErrorReason::HardWallet);
    let list =
        v1::ListOfflineVouchersRequest { card_number: chip.number.clone(), ..Default::default() };
    let listed = issuer.clone().list_offline_vouchers(list).await.unwrap().into_inner().vouchers;
    assert_eq!(listed.len(), 8);
    cluster.finish().await;
}

#[tokio::test]
async fn a_lost_card_is_frozen_and_only_later_issued_again() {
    let cluster = TestCluster::start(operators(2)).await;
    let icbc = cluster.operator("ICBC");
    let issuer = service(&cluster, "ICBC");
    let parent = icbc.open("100").await;
    let purse = icbc.open_kind(v1::WalletKind::Operator).await;
    icbc.exchange_out(&purse, "100").await.unwrap();
    let borne = |terms| v1::HardWalletTerms {
        loss_party: v1::LossParty::Issuer.into(),
        loss_wallet: purse.clone(),
        voucher_age_seconds: 1,
        ..terms
    };
    let chip = Chip::issue(&issuer, &parent, 1, borne).await;
    chip.load(&issuer, "60").await.unwrap();
    let (one, other) = (chip.sign(1, &purse, "10"), chip.sign(1, &parent, "7"));
    assert_eq!(words(&issuer, &[one]).await, ["accepted"]);
    let caught = upload(&issuer, &[other]).await;
    let Outcome::Refused(refused) = &caught[0] else { panic!("{caught:?}") };
    assert_eq!(refused.loss_party(), v1::LossParty::Issuer);
    assert_eq!(icbc.balance(&purse).await, "103.00");
    let lose = v1::ReportLostRequest { card_number: chip.number.clone() };
    issuer.clone().report_lost(lose).await.unwrap();
    let request = v1::ReissueHardWalletRequest {
        request_id: "again".to_owned(),
        card_number: chip.number.clone(),
        terms: Some(terms(&Key::from_seed(&[3; 32]))),
    };
    let new = eventually("no voucher can come any more", async || {
        let answer = issuer.clone().reissue_hard_wallet(request.clone()).await;
        answer.ok()?.into_inner().hard_wallet
    })
    .await;
    // What the issuer bore was paid back first.
    assert_eq!((new.float.as_str(), &new.replaced_card), ("43.00", &chip.number));
    assert_eq!(icbc.balance(&purse).await, "110.00");
    let again = issuer.clone().reissue_hard_wallet(request).await.unwrap().into_inner();
    assert_eq!(again.hard_wallet.unwrap(), new);
    let empty = v1::EmptyHardWalletRequest { card_number: new.card_number.clone() };
    let emptied = issuer.clone().empty_hard_wallet(empty).await;
    assert_eq!(refusal(emptied).reason, Reason::CardActive);
    icbc.close(&chip.number).await.unwrap();
    cluster.finish().await;
}

#[tokio::test]
async fn the_command_plays_the_chip_and_the_phone() {
    let directory = tempfile::tempdir().unwrap();
    let run = async |arguments: &[&str]| clearing_in(directory.path(), arguments).await;
    let made = run(&["card", "new", "card.toml"]).await;
    made.succeeded();
    let twice = run(&["card", "new", "card.toml"]).await;
    twice.failed(2, "is there already");
    let public: [u8; 32] = clearing_card::from_hex(made.stdout.trim()).unwrap();
    let issuer = Key::from_seed(&[9; 32]);
    let number = "0025000000000019";
    let certificate = issuer.certify(number.parse().unwrap(), &public);
    let (key, signature) = (to_hex(&issuer.public()), to_hex(&certificate.signature));
    let early = run(&["card", "sign", "card.toml", "--payee", number, "--amount", "1"]).await;
    early.failed(2, "is not certified yet");
    let certify = ["card", "certify", "card.toml", "--number", number, "--certificate", &signature];
    run(&[&certify[..], &["--issuer", &"ab".repeat(32)]].concat())
        .await
        .failed(1, "not one of that");
    run(&[&certify[..], &["--issuer", &key]].concat()).await.succeeded();
    run(&["card", "load", "card.toml", "--amount", "5"]).await.succeeded();
    let payee = "0033000000000019";
    let sign = ["card", "sign", "card.toml", "--payee", payee, "--amount"];
    run(&[&sign[..], &["5.01"]].concat()).await.failed(1, "the card holds 5.00 yuan");
    let tap = run(&[&sign[..], &["3.50"]].concat()).await;
    tap.succeeded();
    let seen = run(&["card", "verify", tap.stdout.trim(), "--issuer", &key]).await;
    seen.succeeded();
    assert!(
        seen.stdout.contains("\"counter\": \"1\"") && seen.stdout.contains("\"amount\": \"3.50\"")
    );
    run(&["card", "verify", tap.stdout.trim(), "--issuer", &"ab".repeat(32)])
        .await
        .failed(1, "issuer");
    let shown = run(&["card", "show", "card.toml"]).await;
    assert!(
        shown.stdout.contains("\"float\": \"1.50\"") && shown.stdout.contains("\"counter\": 1")
    );
}

#[tokio::test]
async fn an_issuer_that_is_away_delays_its_own_vouchers_alone() {
    let mut cluster = TestCluster::start(operators(3)).await;
    let [icbc, abc, boc] = ["ICBC", "ABC", "BOC"].map(|code| cluster.operator(code));
    let [at_icbc, at_abc, at_boc] = ["ICBC", "ABC", "BOC"].map(|code| service(&cluster, code));
    let shop = icbc.open("").await;
    let mut chips = Vec::new();
    for (operator, issuer) in [(&icbc, &at_icbc), (&abc, &at_abc), (&boc, &at_boc)] {
        let parent = operator.open("100").await;
        let chip = Chip::issue(issuer, &parent, 1, |terms| terms).await;
        chip.load(issuer, "50").await.unwrap();
        chips.push(chip);
    }
    let vouchers: Vec<_> = chips.iter().map(|chip| chip.sign(1, &shop, "10")).collect();
    cluster.processes().kill(member("ABC")).await.unwrap();
    assert_eq!(words(&at_icbc, &vouchers).await, ["accepted", "UNAVAILABLE", "accepted"]);
    holds(&icbc, &shop, "20.00").await;
    cluster.processes().restart(member("ABC")).await.unwrap();
    eventually("the issuer is back", async || {
        (words(&at_icbc, &vouchers).await == ["accepted"; 3]).then_some(())
    })
    .await;
    holds(&icbc, &shop, "30.00").await;
    cluster.finish().await;
}
