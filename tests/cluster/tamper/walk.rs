//! Changes every column of every table of a ledger file, one at a time, and asks whether it is
//! seen.

use std::path::{Path, PathBuf};

use clearing_cluster::audit::audit;
use clearing_cluster::cluster::Member;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::support::member;

/// A ledger file of a stopped cluster.
pub(super) struct Walk {
    data_dir: PathBuf,
    member: Member,
    file: Connection,
}

/// One row of a table, by all its columns.
struct Row {
    table: String,
    columns: Vec<String>,
    values: Vec<Value>,
}

impl Walk {
    pub(super) fn new(data_dir: &Path, name: &str) -> Self {
        let file = Connection::open(data_dir.join(name).join("ledger.db")).unwrap();
        // Nobody pulls the plug of a test.
        file.execute_batch("PRAGMA synchronous = OFF").unwrap();
        Self { data_dir: data_dir.to_owned(), member: member(name), file }
    }

    /// Every table that the file has.
    pub(super) fn tables(&self) -> Vec<String> {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
        let mut statement = self.file.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    pub(super) fn tables_with_rows(&self) -> Vec<String> {
        self.tables().into_iter().filter(|table| !self.rows(table).is_empty()).collect()
    }

    /// The tables and columns of which a change went unseen; `*` stands for a row that was deleted.
    pub(super) fn unseen(&self) -> Vec<(String, String)> {
        let mut unseen = Vec::new();
        for table in self.tables() {
            let rows = self.rows(&table);
            let Some(last) = rows.len().checked_sub(1) else { continue };
            let mut tried = vec![0, last / 2, last];
            tried.dedup();
            for row in tried.into_iter().map(|index| &rows[index]) {
                let hidden = row
                    .columns
                    .iter()
                    .enumerate()
                    .filter(|(column, _)| !self.change_is_seen(row, *column));
                unseen.extend(hidden.map(|(_, column)| (table.clone(), column.clone())));
            }
            if !self.deletion_is_seen(&rows[last]) {
                unseen.push((table, "*".to_owned()));
            }
        }
        unseen.sort();
        unseen.dedup();
        unseen
    }

    fn rows(&self, table: &str) -> Vec<Row> {
        let mut statement = self.file.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let count = columns.len();
        let values = statement
            .query_map([], |row| (0..count).map(|column| row.get(column)).collect())
            .unwrap();
        let row = |values: Result<Vec<Value>, _>| Row {
            table: table.to_owned(),
            columns: columns.clone(),
            values: values.unwrap(),
        };
        values.map(row).collect()
    }

    fn change_is_seen(&self, row: &Row, column: usize) -> bool {
        let mut changed = row.values.clone();
        changed[column] = forged(&row.columns[column], &row.values[column]);
        // What the tables themselves do not allow needs no audit.
        if self.set(row, &row.values, &changed).is_err() {
            return true;
        }
        let seen = self.is_seen();
        self.set(row, &changed, &row.values).unwrap();
        seen
    }

    fn deletion_is_seen(&self, row: &Row) -> bool {
        let sql = format!("DELETE FROM {} WHERE {}", row.table, row.condition());
        assert_eq!(self.file.execute(&sql, params_from_iter(&row.values)).unwrap(), 1, "{sql}");
        let seen = self.is_seen();
        let places = vec!["?"; row.values.len()].join(", ");
        let sql = format!("INSERT INTO {} VALUES ({places})", row.table);
        self.file.execute(&sql, params_from_iter(&row.values)).unwrap();
        seen
    }

    fn set(&self, row: &Row, from: &[Value], to: &[Value]) -> rusqlite::Result<()> {
        let assignments: Vec<_> =
            row.columns.iter().map(|column| format!("{column} = ?")).collect();
        let sql = format!(
            "UPDATE {} SET {} WHERE {}",
            row.table,
            assignments.join(", "),
            row.condition()
        );
        let changed = self.file.execute(&sql, params_from_iter(to.iter().chain(from)))?;
        assert_eq!(changed, 1, "{sql}");
        Ok(())
    }

    /// Asks the file for itself first, which is faster than asking all.
    fn is_seen(&self) -> bool {
        let folder = self.data_dir.join(self.member.to_string());
        let invariants = match self.member {
            Member::CentralBank => clearing_central_bank::store::load(&folder)
                .map(|(ledger, seals)| ledger.audit(&seals)),
            Member::Operator(code) => clearing_operator::store::load(&folder, code)
                .map(|(ledger, seals)| ledger.audit(&seals)),
        };
        let alone =
            invariants.map_or(true, |invariants| invariants.iter().any(|invariant| !invariant.ok));
        alone || audit(&self.data_dir).map_or(true, |lines| lines.iter().any(|line| !line.ok))
    }
}

impl Row {
    fn condition(&self) -> String {
        self.columns.iter().map(|column| format!("{column} IS ?")).collect::<Vec<_>>().join(" AND ")
    }
}

/// Another value that the column could hold.
fn forged(column: &str, value: &Value) -> Value {
    match value {
        Value::Null if ["name", "remark", "request_id"].contains(&column) => {
            Value::Text("forged".to_owned())
        }
        Value::Null if column == "phone_hash" => Value::Blob(vec![1; 16]),
        Value::Null if column == "beside" => Value::Blob(vec![1; 32]),
        Value::Null => Value::Integer(1),
        Value::Integer(number) => Value::Integer(number ^ 1),
        Value::Real(_) => panic!("{column} holds a number that is no whole one"),
        Value::Text(text) => Value::Text(format!("Z{}", text.get(1..).unwrap_or_default())),
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            bytes[0] ^= 1;
            Value::Blob(bytes)
        }
    }
}
