//! Limits of wallet classes at their exact edges: equality passes, one fen more is refused.

use clearing_api::v1;
use clearing_api::v1::experiment_service_client::ExperimentServiceClient;
use clearing_domain::Reason;
use clearing_domain::money::{BusinessDate, DAY_MS, WalletNumber};

use crate::support::{TestCluster, config, ending, member, operators, order, refusal};

#[tokio::test]
async fn class_4_pays_2000_at_once_5000_a_day_and_no_fen_more() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open_class(4, "10000").await, abc.open("").await);
    assert_eq!(icbc.pay_to_end(&payer, &payee, "2000.01").await, "REJECTED SINGLE_LIMIT");
    assert_eq!(icbc.pay_to_end(&payer, &payee, "2000").await, "COMPLETED");
    assert_eq!(icbc.pay_to_end(&payer, &payee, "2000").await, "COMPLETED");
    assert_eq!(icbc.pay_to_end(&payer, &payee, "1000.01").await, "REJECTED DAILY_LIMIT");
    assert_eq!(icbc.pay_to_end(&payer, &payee, "1000").await, "COMPLETED");
    assert_eq!(icbc.pay_to_end(&payer, &payee, "0.01").await, "REJECTED DAILY_LIMIT");
    let wallet = icbc.wallet(&payer).await;
    assert_eq!([&wallet.balance, &wallet.daily_used, &wallet.annual_used], ["5000.00"; 3]);
    // Exchange-back is no payment, so it counts against no limit.
    icbc.exchange_back(&payer, "5000").await.unwrap();
    cluster.finish().await;
}

/// What class 4 may pay on ten days, and that is all it may pay in a year.
#[tokio::test]
async fn the_annual_limit_is_used_to_the_fen_and_begins_anew_on_new_years_day_in_shanghai() {
    let lines = "operator_count = 1\nclock = 'lockstep'\nstart = '2022-12-21'\ntick_seconds = 86400\ncycles_per_day = 1";
    let cluster = TestCluster::start(config(lines)).await;
    let icbc = cluster.operator("ICBC");
    let mut days = Days {
        payee: icbc.open("").await,
        payer: icbc.open_class(4, "").await,
        cluster: &cluster,
        day: 0,
    };
    for _ in 0..9 {
        assert_eq!(days.pay(&[200_000, 200_000, 100_000]).await, ["COMPLETED"; 3]);
    }
    assert_eq!(
        days.pay(&[200_000, 200_000, 99_999, 2]).await,
        ["COMPLETED", "COMPLETED", "COMPLETED", "REJECTED DAILY_LIMIT"]
    );
    assert_eq!(
        days.pay(&[2, 1, 1]).await,
        ["REJECTED ANNUAL_LIMIT", "COMPLETED", "REJECTED ANNUAL_LIMIT"]
    );
    // The clock stands at the end of the year's last tick, which is the new year.
    assert_eq!(icbc.wallet(&days.payer).await.annual_used, "0.00");
    assert_eq!(days.pay(&[200_000]).await, ["COMPLETED"]);
    let wallet = icbc.wallet(&days.payer).await;
    assert_eq!([wallet.annual_used, wallet.daily_used], ["2000.00", "0.00"]);
    cluster.finish().await;
}

/// Days of payments from one wallet to another in lockstep, a day to a tick.
struct Days<'a> {
    cluster: &'a TestCluster,
    payer: String,
    payee: String,
    day: u64,
}

impl Days<'_> {
    /// Tops the payer up, pays the sums in fen in the last minute of the next day and says what
    /// became of each.
    async fn pay(&mut self, sums: &[i64]) -> Vec<String> {
        self.day += 1;
        let icbc = self.cluster.operator("ICBC");
        icbc.exchange_out(&self.payer, "5000").await.unwrap();
        let start = BusinessDate::parse("2022-12-21").unwrap().start().ms();
        let count = sums.len();
        let number = |wallet: &str| wallet.parse::<WalletNumber>().unwrap().as_u64();
        let items = v1::TickItems {
            payment_ids: (0..count)
                .flat_map(|item| (self.day * 100 + item as u64).to_be_bytes().repeat(2))
                .collect(),
            payer_wallets: vec![number(&self.payer); count],
            payee_wallets: vec![number(&self.payee); count],
            amounts_fen: sums.to_vec(),
            submit_times_ms: vec![start + self.day as i64 * DAY_MS - 1; count],
            details: None,
        };
        let tick = v1::SubmitTickRequest {
            tick: self.day,
            first_index: 0,
            items: Some(items),
            complete: true,
        };
        let channel = self.cluster.channel(member("ICBC"));
        ExperimentServiceClient::new(channel).submit_tick(tick).await.unwrap();
        let advance = v1::AdvanceRequest { tick: self.day };
        self.cluster.central_bank().clock.clone().advance(advance).await.unwrap();
        let payments = icbc.all_payments().await;
        let rest = icbc.balance(&self.payer).await;
        if rest != "0.00" {
            icbc.exchange_back(&self.payer, &rest).await.unwrap();
        }
        payments[payments.len() - count..].iter().map(ending).collect()
    }
}

#[tokio::test]
async fn a_balance_cap_is_filled_to_the_fen_by_payment_and_by_exchange() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("10000").await, abc.open_class(4, "9999.98").await);
    assert_eq!(icbc.pay_to_end(&payer, &payee, "0.03").await, "RETURNED BALANCE_CAP");
    assert_eq!(icbc.pay_to_end(&payer, &payee, "0.01").await, "COMPLETED");
    refusal(abc.exchange_out(&payee, "0.02").await).is(Reason::BalanceCap, "wallet_number", &payee);
    assert_eq!(abc.exchange_out(&payee, "0.01").await.unwrap().balance, "10000.00");
    assert_eq!(icbc.pay_to_end(&payer, &payee, "0.01").await, "RETURNED BALANCE_CAP");
    assert_eq!(icbc.balance(&payer).await, "9999.99");
    cluster.finish().await;
}

#[tokio::test]
async fn a_returned_payment_does_not_count_against_the_day() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee, frozen) =
        (icbc.open_class(4, "10000").await, abc.open("").await, abc.open("").await);
    abc.freeze(&frozen, false).await.unwrap();
    for _ in 0..3 {
        assert_eq!(icbc.pay_to_end(&payer, &frozen, "2000").await, "RETURNED PAYEE_FROZEN");
    }
    for amount in ["2000", "2000", "1000"] {
        assert_eq!(icbc.pay_to_end(&payer, &payee, amount).await, "COMPLETED");
    }
    cluster.finish().await;
}

#[tokio::test]
async fn an_upgrade_raises_the_limits_and_keeps_the_number_and_what_was_used() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let holder = v1::Holder { phone_number: "13912345678".to_owned(), ..Default::default() };
    let request = v1::OpenWalletRequest {
        kind: v1::WalletKind::Personal.into(),
        wallet_class: Some(4),
        holder: Some(holder),
        opening_amount: "10000".to_owned(),
        ..Default::default()
    };
    let payer = icbc
        .wallets
        .clone()
        .open_wallet(request)
        .await
        .unwrap()
        .into_inner()
        .wallet
        .unwrap()
        .wallet_number;
    let payee = icbc.open("").await;
    icbc.pay(order(&payer, &payee, "2000")).await;
    let upgrade = |wallet_class, holder| v1::UpgradeWalletRequest {
        wallet_number: payer.clone(),
        wallet_class,
        holder: Some(holder),
    };
    let nothing = icbc.wallets.clone().upgrade_wallet(upgrade(3, v1::Holder::default())).await;
    refusal(nothing).is(Reason::HolderDataMissing, "identity_document", "class 3");
    let identity = v1::Holder { identity_document: "1101".to_owned(), ..Default::default() };
    let upgraded = icbc
        .wallets
        .clone()
        .upgrade_wallet(upgrade(3, identity))
        .await
        .unwrap()
        .into_inner()
        .wallet
        .unwrap();
    assert_eq!((upgraded.wallet_class, upgraded.daily_used.as_str()), (3, "2000.00"));
    let back = icbc.wallets.clone().upgrade_wallet(upgrade(4, v1::Holder::default())).await;
    refusal(back).is(Reason::TransitionInvalid, "wallet_class", "class 4");
    assert_eq!(ending(&icbc.pay(order(&payer, &payee, "5000")).await), "COMPLETED");
    cluster.finish().await;
}
