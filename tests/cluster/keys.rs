//! Hashes of phone numbers, documents and aliases are made with secrets of their processes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use clearing_api::v1;
use clearing_api::v1::new_payment::Payee;
use clearing_domain::{HashKey, Reason};
use rusqlite::Connection;
use tonic::Code;

use crate::support::{Operator, TestCluster, ending, member, operators, order, refusal};

const PHONE: &str = "13912345678";
const DOCUMENT: &str = "11010119900307447X";
const ALIASES: [&str; 2] = ["phone:13912345678", "merchant:TEA-1"];

fn by_alias(payer: &str, alias: &str) -> v1::NewPayment {
    v1::NewPayment { payee: Some(Payee::PayeeAlias(alias.to_owned())), ..order(payer, "", "1") }
}

/// What a file of a stopped cluster keeps in the first column of a query.
fn kept<T: rusqlite::types::FromSql>(data_dir: &Path, process: &str, query: &str) -> Vec<T> {
    let file = Connection::open(data_dir.join(process).join("ledger.db")).unwrap();
    let mut statement = file.prepare(query).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn hashes(data_dir: &Path, operator: &str) -> Vec<Vec<u8>> {
    kept(data_dir, operator, "SELECT phone_hash FROM wallets ORDER BY slot")
}

async fn open(operator: &Operator, request_id: &str) -> v1::Wallet {
    let holder = v1::Holder {
        phone_number: PHONE.to_owned(),
        identity_document: DOCUMENT.to_owned(),
        ..v1::Holder::default()
    };
    let request = v1::OpenWalletRequest {
        request_id: request_id.to_owned(),
        kind: v1::WalletKind::Personal.into(),
        wallet_class: Some(4),
        holder: Some(holder),
        ..v1::OpenWalletRequest::default()
    };
    operator.wallets.clone().open_wallet(request).await.unwrap().into_inner().wallet.unwrap()
}

#[tokio::test]
async fn a_phone_number_has_one_hash_at_an_operator_and_another_at_the_next() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let first = open(&icbc, "one").await;
    open(&icbc, "two").await;
    open(&abc, "one").await;
    cluster.crash(member("ICBC")).await;
    let icbc = cluster.operator("ICBC");
    assert_eq!(
        open(&icbc, "one").await.wallet_number,
        first.wallet_number,
        "a repeat after a restart"
    );
    open(&icbc, "three").await;
    let directory = cluster.stop().await;
    let (of_icbc, of_abc) = (hashes(directory.path(), "ICBC"), hashes(directory.path(), "ABC"));
    assert_eq!((of_icbc.len(), of_abc.len()), (3, 1));
    assert!(of_icbc.iter().all(|hash| *hash == of_icbc[0]) && of_icbc[0] != of_abc[0]);
    let plain = HashKey::default().hash(PHONE);
    assert!(of_icbc[0] != plain && of_abc[0] != plain);
    // The marks of all that was sent, documents among them, differ as well, though the request was
    // the same.
    let marks = |operator| -> Vec<i64> {
        kept(
            directory.path(),
            operator,
            "SELECT content FROM wallet_events WHERE content IS NOT NULL ORDER BY row",
        )
    };
    assert_ne!(marks("ICBC")[0], marks("ABC")[0]);
    for (process, key) in [
        ("ICBC", "phone-key"),
        ("ABC", "phone-key"),
        ("central-bank", "alias-key"),
        ("central-bank", "secrets/identity-key"),
    ] {
        let metadata = fs::metadata(directory.path().join(process).join(key)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{process}/{key}");
    }
}

#[tokio::test]
async fn aliases_are_found_whoever_was_away_and_hashed_otherwise_in_every_cluster() {
    let mut kept_by = Vec::new();
    for _ in 0..2 {
        let mut cluster = TestCluster::start(operators(2)).await;
        let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
        let (payer, payee) = (icbc.open("100").await, abc.open("").await);
        for alias in ALIASES {
            abc.link_alias(&payee, alias, false).await.unwrap();
        }
        // An operator that starts before the central bank has no directory until that is there.
        cluster.processes().kill(member("central-bank")).await.unwrap();
        cluster.crash(member("ABC")).await;
        let abc = cluster.operator("ABC");
        let away = abc.link_alias(&payee, "merchant:TEA-2", false).await.unwrap_err();
        assert_eq!(away.code(), Code::Unavailable, "{away:?}");
        cluster.processes().restart(member("central-bank")).await.unwrap();
        for code in ["ICBC", "ABC"] {
            cluster.central_bank().until_connected(code, true).await;
        }
        abc.link_alias(&payee, "merchant:TEA-2", false).await.unwrap();
        for alias in ALIASES.into_iter().chain(["merchant:TEA-2"]) {
            let payment = icbc.pay(by_alias(&payer, alias)).await;
            assert_eq!(
                (ending(&payment).as_str(), &payment.payee_wallet),
                ("COMPLETED", &payee),
                "{alias}"
            );
        }
        refusal(icbc.link_alias(&payer, ALIASES[0], false).await).is(
            Reason::AliasTaken,
            "alias",
            ALIASES[0],
        );
        let directory = cluster.stop().await;
        kept_by.push(kept::<Vec<u8>>(
            directory.path(),
            "central-bank",
            "SELECT alias FROM aliases ORDER BY row",
        ));
    }
    let plain = ALIASES.map(|alias| HashKey::default().hash(alias).to_vec());
    assert_eq!((kept_by[0].len(), kept_by[1].len()), (3, 3));
    for (one, other) in kept_by[0].iter().zip(&kept_by[1]) {
        assert!(one != other && !plain.contains(one) && !plain.contains(other));
    }
}

#[tokio::test]
async fn a_central_bank_that_has_lost_the_key_of_its_aliases_does_not_start() {
    let mut cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("100").await, icbc.open("").await);
    icbc.link_alias(&payee, ALIASES[1], false).await.unwrap();
    let key = cluster.folder().of(member("central-bank")).join("alias-key");
    let kept = key.with_extension("kept");
    cluster.processes().kill(member("central-bank")).await.unwrap();
    fs::rename(&key, &kept).unwrap();
    for other in [None, Some("00".repeat(32))] {
        if let Some(other) = &other {
            fs::write(&key, other).unwrap();
        }
        let error =
            cluster.processes().restart(member("central-bank")).await.unwrap_err().to_string();
        assert!(error.contains("alias-key: put the file back"), "{error}");
        assert_eq!(fs::read_to_string(&key).ok(), other, "nothing is made in its place");
    }
    fs::rename(&kept, &key).unwrap();
    cluster.processes().restart(member("central-bank")).await.unwrap();
    cluster.central_bank().until_connected("ICBC", true).await;
    assert_eq!(icbc.pay(by_alias(&payer, ALIASES[1])).await.payee_wallet, payee);
    cluster.finish().await;
}

#[tokio::test]
async fn a_person_has_one_hash_at_every_operator_and_one_wallet_of_class_1_or_2_at_each() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let request = |class: u32, document: &str| v1::OpenWalletRequest {
        kind: v1::WalletKind::Personal.into(),
        wallet_class: Some(class),
        holder: Some(v1::Holder {
            phone_number: PHONE.to_owned(),
            identity_document: document.to_owned(),
            bank_account: "6222020200112233445".to_owned(),
            face_to_face: true,
            name: String::new(),
        }),
        ..v1::OpenWalletRequest::default()
    };
    for code in ["ICBC", "ABC"] {
        let mut wallets = cluster.operator(code).wallets;
        wallets.open_wallet(request(2, DOCUMENT)).await.unwrap();
        wallets.open_wallet(request(3, &DOCUMENT.to_lowercase())).await.unwrap();
    }
    cluster.crash(member("ICBC")).await;
    let icbc = cluster.operator("ICBC");
    let second = icbc.wallets.clone().open_wallet(request(1, DOCUMENT)).await;
    refusal(second).is(Reason::HolderHasWallet, "identity_document", "class 1");
    icbc.wallets.clone().open_wallet(request(1, "110101199003074477")).await.unwrap();
    let directory = cluster.stop().await;
    let identities = |operator| -> Vec<i64> {
        kept(directory.path(), operator, "SELECT identity FROM wallets ORDER BY slot")
    };
    let (of_icbc, of_abc) = (identities("ICBC"), identities("ABC"));
    assert_eq!((of_icbc[0], of_icbc[0]), (of_icbc[1], of_abc[0]));
    assert_ne!(of_icbc[0], of_icbc[2]);
}

#[tokio::test]
async fn without_the_key_of_the_cluster_no_document_is_taken() {
    let mut cluster = TestCluster::start(operators(1)).await;
    let key = cluster.folder().of(member("central-bank")).join("secrets/identity-key");
    let away = key.with_file_name("elsewhere");
    fs::rename(&key, &away).unwrap();
    let request = v1::OpenWalletRequest {
        kind: v1::WalletKind::Personal.into(),
        wallet_class: Some(3),
        holder: Some(v1::Holder {
            phone_number: PHONE.to_owned(),
            identity_document: DOCUMENT.to_owned(),
            ..v1::Holder::default()
        }),
        ..v1::OpenWalletRequest::default()
    };
    let mut wallets = cluster.operator("ICBC").wallets;
    let missing = wallets.open_wallet(request.clone()).await;
    refusal(missing).is(Reason::Unavailable, "identity_document", "identity-key");
    fs::rename(&away, &key).unwrap();
    wallets.open_wallet(request).await.unwrap();
    cluster.crash(member("central-bank")).await;
    cluster.finish().await;
}
