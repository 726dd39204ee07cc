//! Facts as columns, and columns that are no facts.

use super::*;
use crate::row::Value;

/// Whole numbers or nothing, as a file holds them.
struct Stored(Vec<Option<i64>>);

impl Sink for Stored {
    type Error = std::convert::Infallible;

    fn put(&mut self, value: Value<'_>) -> Result<(), Self::Error> {
        self.0.push(match value {
            Value::Null => None,
            Value::Integer(number) => Some(number),
            Value::Text(_) | Value::Blob(_) => panic!("{value:?} is no number"),
        });
        Ok(())
    }
}

impl Source for Stored {
    fn next(&mut self) -> Result<Value<'_>, Malformed> {
        Ok(self.0.remove(0).map_or(Value::Null, Value::Integer))
    }
}

#[track_caller]
fn check<F: Field + PartialEq + std::fmt::Debug>(fact: F, expected: &[Option<i64>]) {
    let mut stored = Stored(Vec::new());
    let Ok(()) = fact.put(&mut stored);
    assert_eq!(stored.0, expected);
    let mut columns = Vec::new();
    F::columns("fact", &mut columns);
    assert_eq!(columns.len(), expected.len());
    assert_eq!(F::take(&mut stored), Ok(fact));
}

fn fen(fen: i64) -> Amount {
    Amount::from_fen(fen).unwrap()
}

#[test]
fn facts_come_back_as_they_were_put() {
    let expired = Reason::Expired as i64;
    check(Taken::InTransit, &[Some(1), Some(0)]);
    check(Taken::Completed, &[Some(2), Some(0)]);
    check(Taken::Rejected { reason: Reason::Expired }, &[Some(3), Some(expired)]);
    check(Decided::Accepted, &[Some(1), Some(0)]);
    check(Decided::Held, &[Some(4), Some(0)]);
    check(Decided::Rejected { reason: Reason::Expired }, &[Some(2), Some(expired)]);
    let cycle = CycleId::new(7);
    check(End::Cleared { cycle }, &[Some(1), Some(0), Some(7)]);
    check(End::Cleared { cycle: None }, &[Some(1), Some(0), None]);
    check(End::Refused { reason: Reason::Expired }, &[Some(2), Some(expired), None]);
    check(None::<Delivered>, &[None; 5]);
    let class = WalletClass::new(4).unwrap();
    let content = ContentMark::from_number(9);
    let account = BankAccount::from_number(4 << 14 | 77);
    let through = account.map(|account| account.used(true));
    let used = through.map(|used| used.number().cast_signed());
    let linked = account.unwrap();
    let number = Some(linked.number().cast_signed());
    let amount = fen(5);
    for (change, expected) in [
        (
            WalletChange::Opened { class, content: None, account: None },
            [Some(1), None, Some(4), None, None, None],
        ),
        (
            WalletChange::Opened { class, content, account },
            [Some(1), None, Some(4), Some(9), number, None],
        ),
        (
            WalletChange::ExchangedOut { amount, through: None },
            [Some(2), Some(5), None, None, None, None],
        ),
        (
            WalletChange::ExchangedBack { amount, through },
            [Some(3), Some(5), None, None, None, used],
        ),
        (WalletChange::Frozen, [Some(4), None, None, None, None, None]),
        (WalletChange::MadeReceiveOnly, [Some(5), None, None, None, None, None]),
        (WalletChange::Unfrozen, [Some(6), None, None, None, None, None]),
        (WalletChange::Upgraded { class }, [Some(7), None, Some(4), None, None, None]),
        (WalletChange::Closed, [Some(8), None, None, None, None, None]),
        (WalletChange::AliasesGivenUp, [Some(9), None, None, None, None, None]),
        (WalletChange::Loaded { amount }, [Some(10), Some(5), None, None, None, None]),
        (WalletChange::Pooled { amount }, [Some(11), Some(5), None, None, None, None]),
        (WalletChange::PooledAll { amount }, [Some(12), Some(5), None, None, None, None]),
        (
            WalletChange::BankAccountLinked { account: linked },
            [Some(13), None, None, None, number, None],
        ),
        (
            WalletChange::BankAccountUnlinked { account: linked },
            [Some(14), None, None, None, number, None],
        ),
    ] {
        check(change, &expected);
    }
}

/// Every wallet has two or three of them.
#[test]
fn an_event_of_a_wallet_stays_small() {
    assert_eq!(size_of::<WalletChange>(), 16);
}

#[track_caller]
fn refused<F: Field + std::fmt::Debug>(values: &[Option<i64>], column: &str) {
    let error = F::take(&mut Stored(values.to_vec())).unwrap_err();
    assert_eq!(error.column, column, "{error}");
}

#[test]
fn what_no_ledger_writes_is_refused_with_its_column() {
    let expired = Some(Reason::Expired as i64);
    refused::<Taken>(&[Some(4), expired], "state");
    refused::<Taken>(&[Some(3), Some(0)], "reason");
    refused::<Taken>(&[Some(1), expired], "state");
    refused::<Decided>(&[Some(3), Some(0)], "state");
    refused::<Decided>(&[Some(4), expired], "state");
    refused::<End>(&[Some(2), expired, Some(1)], "kind");
    refused::<End>(&[Some(1), Some(0), Some(0)], "cycle");
    refused::<Option<Delivered>>(&[None, None, Some(1), None, None], "payer");
    refused::<Option<Delivered>>(&[None, None, None, None, Some(9)], "details");
    let change = |numbers: [Option<i64>; 4], column| {
        refused::<WalletChange>(&[&numbers[..], &[None, None]].concat(), column);
    };
    change([Some(1), None, None, None], "class");
    change([Some(2), None, None, None], "amount");
    change([Some(4), Some(1), None, None], "kind");
    change([Some(1), None, Some(5), None], "class");
    change([Some(99), None, None, None], "kind");
    change([Some(8), None, None, Some(9)], "kind");
    change([Some(1), None, Some(4), Some(0)], "content");
    let of_account = |number, account, digits, column| {
        refused::<WalletChange>(&[Some(number), None, None, None, account, digits], column);
    };
    of_account(13, None, None, "account");
    of_account(13, Some(0), None, "account");
    of_account(4, None, Some(1), "kind");
    of_account(4, None, Some(10_000), "through");
}
