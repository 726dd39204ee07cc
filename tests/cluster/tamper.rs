//! One fen changed by hand in any ledger file is found by the audit.

use std::path::Path;

use clearing_api::v1;
use clearing_lab::audit::audit;
use rusqlite::{Connection, types::Value};
use tempfile::TempDir;

use crate::support::{TestCluster, clearing, config, eventually, order, request_id, unknown_wallet};

/// A stopped cluster in whose files every table has rows: two operators, one cycle closed and one open.
async fn eventful() -> TempDir {
    let cluster = TestCluster::start(config("operator_count = 2\nreserves = 10000\nstock = 5000\ncap = 1000")).await;
    let (icbc, abc, central_bank) = (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
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
        central_bank.close_cycle(0).await.unwrap();
    }
    icbc.pay(order(&one, &other, "3")).await;
    central_bank.set_cap("ABC", Some("900")).await.unwrap();
    central_bank.fund("ABC", "50").await.unwrap();
    central_bank.suspend("ABC").await.unwrap();
    central_bank.resume("ABC").await.unwrap();
    let issue = v1::IssueRequest { request_id: request_id(), operator_code: "ABC".to_owned(), amount: "40".to_owned() };
    central_bank.issuance.clone().issue(issue).await.unwrap();
    let withdraw =
        v1::WithdrawRequest { request_id: request_id(), operator_code: "ICBC".to_owned(), amount: "60".to_owned() };
    eventually("the withdrawal is booked", async || {
        let answer = central_bank.issuance.clone().withdraw(withdraw.clone()).await.unwrap().into_inner();
        (answer.operation.unwrap().state() == v1::issuance_operation::State::Booked).then_some(())
    })
    .await;
    cluster.stop().await
}

/// Every place where a ledger file keeps money.
const MONEY: [(&str, &str, &[&str]); 10] = [
    ("ICBC", "wallet_events", &["amount"]),
    ("ICBC", "payments", &["amount"]),
    ("ICBC", "inbound", &["amount"]),
    ("ICBC", "accounts", &["balance"]),
    ("central-bank", "transfers", &["amount"]),
    ("central-bank", "operations", &["sum"]),
    ("central-bank", "advices", &["first", "second"]),
    ("central-bank", "cycles", &["gross"]),
    (
        "central-bank",
        "cycle_positions",
        &["sent", "received", "net", "brought", "settled", "carried", "peak_net_debit", "balance_after"],
    ),
    (
        "central-bank",
        "accounts",
        &["cap", "reserves", "held", "withdrawing", "unsettled", "outstanding", "peak_net_debit"],
    ),
];

/// The values of a column with the condition that picks each row.
fn rows(file: &Connection, table: &str, column: &str) -> Vec<(String, i64)> {
    let keys = match table {
        "accounts" if file.prepare("SELECT name FROM accounts").is_ok() => {
            "name = ' || quote(name) || ' AND cycle = ' || cycle"
        }
        "accounts" => "operator = ' || operator",
        "cycle_positions" => "cycle = ' || cycle || ' AND operator = ' || operator",
        _ => "row = ' || row",
    };
    let sql = format!("SELECT '{keys}, {column} FROM {table} WHERE {column} IS NOT NULL");
    let mut statement = file.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn set(file: &Connection, table: &str, column: &str, row: &str, value: Value) {
    let changed = file.execute(&format!("UPDATE {table} SET {column} = ? WHERE {row}"), [value]).unwrap();
    assert_eq!(changed, 1, "{table}.{column} where {row}");
}

/// The names of the invariants that do not hold.
fn broken(data_dir: &Path) -> Vec<String> {
    audit(data_dir).unwrap().into_iter().filter(|line| !line.ok).map(|line| line.name).collect()
}

#[tokio::test]
async fn one_fen_more_in_any_row_of_any_table_is_found() {
    let directory = eventful().await;
    let mut changes = 0;
    for (name, table, columns) in MONEY {
        let file = Connection::open(directory.path().join(name).join("ledger.db")).unwrap();
        for column in columns {
            let rows = rows(&file, table, column);
            assert!(!rows.is_empty(), "{table}.{column} has no rows");
            for (row, fen) in rows {
                set(&file, table, column, &row, Value::Integer(fen + 1));
                assert_ne!(broken(directory.path()), Vec::<String>::new(), "{name}: {table}.{column} where {row}");
                set(&file, table, column, &row, Value::Integer(fen));
                changes += 1;
            }
        }
    }
    assert!(changes > 100, "{changes} changes");
    assert_eq!(broken(directory.path()), Vec::<String>::new());
}

#[tokio::test]
async fn the_audit_says_broken_with_the_figures_and_exits_1() {
    let directory = eventful().await;
    let path = directory.path().to_str().unwrap();
    let clean = clearing(["audit", "--data-dir", path]).await;
    clean.succeeded();
    assert!(
        clean.stdout.lines().count() > 20 && clean.stdout.lines().all(|line| line.starts_with("ok  ")),
        "{clean:?}"
    );
    let file = Connection::open(directory.path().join("ABC/ledger.db")).unwrap();
    file.execute_batch("UPDATE accounts SET balance = balance + 1 WHERE name = 'wallets'").unwrap();
    let found = clearing(["audit", "--data-dir", path]).await;
    found.failed(1, "invariants are broken");
    let lines: Vec<_> = found.stdout.lines().filter(|line| line.starts_with("BROKEN ")).collect();
    assert!(lines.iter().any(|line| line.contains("ABC: books balance: ") && line.contains("difference")), "{found:?}");
    assert!(lines.iter().all(|line| line.contains("ABC") || line.contains("all: ")), "{found:?}");
    // A row that makes the history impossible is a finding, too.
    file.execute_batch("UPDATE payments SET amount = 100000000 WHERE state = 2").unwrap();
    file.execute_batch("UPDATE wallet_events SET amount = 1 WHERE amount > 0").unwrap();
    clearing(["audit", "--data-dir", path]).await.failed(1, "invariants are broken");
}
