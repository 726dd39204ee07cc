//! Every number of every row of a file at the ends of what its column holds.

use std::collections::VecDeque;
use std::convert::Infallible;

use crate::central_bank::bench::{Bench, code, id, request, settings, yuan};
use crate::central_bank::{
    CentralBankLedger, CentralBankRows, QueueRule, SettlementMode, Shortfall,
};
use crate::money::DAY_MS;
use crate::netting::{Algorithm, Priority};
use crate::row::{Malformed, Row, RowReader, RowWriter, Sink, Source, Value};

use super::bench;

/// A value as a file keeps it.
#[derive(Clone, Debug)]
enum Stored {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// The rows of each kind, by their values.
#[derive(Clone, Debug, Default)]
struct Tables(VecDeque<Vec<Values>>);

/// The values of a row.
#[derive(Clone, Debug, Default)]
struct Values {
    list: Vec<Stored>,
    read: usize,
}

impl Sink for Values {
    type Error = Infallible;

    fn put(&mut self, value: Value<'_>) -> Result<(), Infallible> {
        self.list.push(match value {
            Value::Null => Stored::Null,
            Value::Integer(number) => Stored::Integer(number),
            Value::Text(text) => Stored::Text(text.to_owned()),
            Value::Blob(bytes) => Stored::Blob(bytes.to_vec()),
        });
        Ok(())
    }
}

impl Source for Values {
    fn next(&mut self) -> Result<Value<'_>, Malformed> {
        self.read += 1;
        Ok(match &self.list[self.read - 1] {
            Stored::Null => Value::Null,
            Stored::Integer(number) => Value::Integer(*number),
            Stored::Text(text) => Value::Text(text),
            Stored::Blob(bytes) => Value::Blob(bytes),
        })
    }
}

impl RowWriter for Tables {
    type Error = Infallible;

    fn rows<R: Row>(&mut self, rows: &[R]) -> Result<(), Infallible> {
        let values = rows.iter().map(|row| {
            let mut values = Values::default();
            let Ok(()) = row.put(&mut values);
            values
        });
        self.0.push_back(values.collect());
        Ok(())
    }
}

impl RowReader for Tables {
    type Error = Malformed;

    fn rows<R: Row>(&mut self) -> Result<Vec<R>, Malformed> {
        self.0.pop_front().unwrap().iter_mut().map(|values| R::take(values)).collect()
    }
}

impl Tables {
    /// The place of every whole number: its table, row and column.
    fn numbers(&self) -> Vec<(usize, usize, usize)> {
        let mut places = Vec::new();
        for (table, rows) in self.0.iter().enumerate() {
            for (row, values) in rows.iter().enumerate() {
                let numbers = values.list.iter().enumerate();
                let numbers = numbers.filter(|(_, value)| matches!(value, Stored::Integer(_)));
                places.extend(numbers.map(|(column, _)| (table, row, column)));
            }
        }
        places
    }
}

/// A ledger of a cycle that was short, with every operation that callers can ask for, and then a
/// day on which payments wait in a queue.
fn eventful(shortfall: Shortfall) -> Bench {
    let mut settings = settings(SettlementMode::DeferredNet(shortfall), 3, Some(2_000));
    settings.operators[0].stock = yuan(50);
    settings.operators[0].reserves = yuan(100);
    let mut bench = Bench::new(settings);
    bench.paid(0, 1, 200);
    bench.paid(1, 2, 90);
    bench.close();
    let (ledger, now) = (&mut bench.ledger, bench.now);
    ledger.fund(code(1), yuan(70).position(), &request("fund"), now).unwrap();
    ledger.issue(code(1), yuan(30), &request("issue"), now).unwrap();
    ledger.withdraw(code(2), yuan(20), &request("withdraw"), now).unwrap();
    ledger.pledge(code(2), yuan(10).position(), &request("pledge"), now).unwrap();
    ledger.earmark(code(2), yuan(5).position(), &request("earmark"), now).unwrap();
    ledger.set_cap(code(1), Some(yuan(900)), now).unwrap();
    ledger.set_bilateral_limit(code(0), code(1), Some(yuan(800)), now).unwrap();
    ledger.set_receiver_cap(code(1), Some(yuan(700)), now).unwrap();
    ledger.set_active(code(2), false, now).unwrap();
    ledger.set_active(code(2), true, now).unwrap();
    let rule = QueueRule {
        release: Algorithm::BilateralOffset { look_ahead: 3 },
        gross_first: true,
        at_cut_offs: Some(Algorithm::PartialNet),
    };
    ledger.change_mode(SettlementMode::Gross, &request("gross"), now).unwrap();
    ledger.cancel_mode_change(&request("gross"), now).unwrap();
    ledger.change_mode(SettlementMode::Queued(rule), &request("queue"), now).unwrap();
    bench.commit();
    bench.wait(DAY_MS);
    let waiting = [bench.paid(0, 1, 500), bench.paid(0, 2, 600)];
    bench.ledger.change_priority(id(waiting[1]), Priority::ALL[1], bench.now).unwrap();
    bench.ledger.cancel_queued(id(waiting[0]), bench.now).unwrap();
    bench.paid(1, 2, 8);
    bench.commit();
    bench
}

#[test]
fn every_number_at_the_ends_of_its_column_is_refused_or_found_and_nothing_panics() {
    try_extremes(&bench());
    for shortfall in [Shortfall::Unwind, Shortfall::ProRata, Shortfall::CentralBankCredit] {
        try_extremes(&eventful(shortfall));
    }
}

fn try_extremes(bench: &Bench) {
    let file = bench.rows();
    let mut tables = Tables::default();
    let Ok(()) = file.rows.write(&mut tables);
    let numbers = tables.numbers();
    assert!(numbers.len() > 200, "{}", numbers.len());
    for (table, row, column) in numbers {
        for extreme in [i64::MAX, i64::MIN] {
            let mut forged = tables.clone();
            forged.0[table][row].list[column] = Stored::Integer(extreme);
            let shown = format!("{:?}", forged.0[table][row].list);
            let Ok(rows) = CentralBankRows::read(&mut forged) else { continue };
            let mut file = file.clone();
            file.rows = rows;
            let settings = bench.ledger.settings().clone();
            let Ok(restored) = CentralBankLedger::restore(settings, file) else { continue };
            let found = restored.audit(bench.seals()).iter().any(|invariant| !invariant.ok);
            assert!(found, "column {column} of {shown} is seen by nobody");
        }
    }
}
