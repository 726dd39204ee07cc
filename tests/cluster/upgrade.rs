//! Ledger files that the program before left are upgraded at the start, and what they hold is
//! repeated as before.

use std::fs;
use std::path::Path;

use clearing_api::v1;
use clearing_api::v1::new_payment::Payee;
use clearing_domain::Reason;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{ROOT, TestCluster, ending, member, operators, order, refusal};

/// What the payer of the files has.
const PAYER: &str = "0021000000000013";
/// The wallet that merchant:TEA and merchant:TEA-2 name; merchant:RICE names another.
const TEA: &str = "0031000000000011";

/// A folder with the files of a cluster of two operators, in which ICBC has paid 10 yuan to
/// merchant:TEA under request id "tea", and 5 yuan to a wallet of its own under "friend".
fn earlier() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for name in ["central-bank", "ICBC", "ABC"] {
        let folder = directory.path().join(name);
        fs::create_dir(&folder).unwrap();
        let tables =
            fs::read_to_string(Path::new(ROOT).join(format!("tests/cases/upgrade/{name}.sql")))
                .unwrap();
        let file = Connection::open(folder.join("ledger.db")).unwrap();
        file.execute_batch(&format!("PRAGMA journal_mode = WAL; {tables}")).unwrap();
    }
    directory
}

fn schema(folder: &Path, name: &str) -> u32 {
    let file = Connection::open(folder.join(name).join("ledger.db")).unwrap();
    file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

fn by_alias(id: &str, alias: &str, amount: &str) -> v1::NewPayment {
    let payee = Some(Payee::PayeeAlias(alias.to_owned()));
    v1::NewPayment { request_id: id.to_owned(), payee, ..order(PAYER, "", amount) }
}

#[tokio::test]
async fn a_payment_by_alias_of_a_file_of_the_program_before_is_repeated_after_the_upgrade() {
    let directory = earlier();
    let folder = directory.path().to_owned();
    assert_eq!(["central-bank", "ICBC", "ABC"].map(|name| schema(&folder, name)), [3, 2, 2]);
    let mut cluster = TestCluster::start_in(directory, operators(2)).await;
    let new = by_alias("new", "merchant:TEA", "1");
    // Once after the upgrade and once after a restart of what was upgraded.
    for _ in 0..2 {
        let icbc = cluster.operator("ICBC");
        for (id, alias, amount, payment_id) in [
            ("tea", "merchant:TEA", "10", "019ba5a1-d2dc-78e7-9ba7-896c3c270038"),
            ("friend", "phone:13912345678", "5", "019ba5a1-d2de-7186-bbf9-f58ea7f0bef3"),
        ] {
            let repeated = icbc.pay(by_alias(id, alias, amount)).await;
            assert_eq!(
                (repeated.payment_id.as_str(), ending(&repeated).as_str()),
                (payment_id, "COMPLETED")
            );
            for alias in ["merchant:RICE", "merchant:NOBODY"] {
                let refused = refusal(icbc.try_pay(by_alias(id, alias, amount)).await);
                refused.is(Reason::RequestIdReused, "request_id", id);
            }
            let refused = refusal(icbc.try_pay(by_alias(id, alias, "10.01")).await);
            refused.is(Reason::RequestIdReused, "request_id", id);
        }
        // What is paid now is repeated by the alias itself.
        assert_eq!(ending(&icbc.pay(new.clone()).await), "COMPLETED");
        let refused = refusal(icbc.try_pay(by_alias("new", "merchant:TEA-2", "1")).await);
        refused.is(Reason::RequestIdReused, "request_id", "new");
        assert_eq!(
            [icbc.balance(PAYER).await, cluster.operator("ABC").balance(TEA).await],
            ["84.00", "11.00"]
        );
        assert_eq!(icbc.all_payments().await.len(), 3);
        cluster.crash(member("ICBC")).await;
    }
    let directory = cluster.stop().await;
    assert_eq!(
        ["central-bank", "ICBC", "ABC"].map(|name| schema(directory.path(), name)),
        [4, 3, 3]
    );
}
