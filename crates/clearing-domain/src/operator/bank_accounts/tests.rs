//! Which bank accounts wallets have, and which of them an exchange goes through.

use crate::HashKey;
use crate::money::{WalletKind, WalletNumber};
use crate::operator::test_ledger::{TestLedger, request, settings, yuan};
use crate::operator::{BankAccount, Holder, OperatorError, WalletOrder};

use super::BANK_ACCOUNTS_MAX;

fn account(number: usize) -> BankAccount {
    BankAccount::of(&HashKey::default(), &format!("6222{number:06}")).unwrap()
}

#[track_caller]
fn refused<T>(answer: Result<T, OperatorError>) -> &'static str {
    answer.err().map_or("done", |error| error.reason().name())
}

/// A wallet that was opened with a bank account, or without one.
fn open(test: &mut TestLedger, bank_account: Option<BankAccount>) -> WalletNumber {
    open_class(test, 1, bank_account)
}

fn open_class(test: &mut TestLedger, class: u8, bank_account: Option<BankAccount>) -> WalletNumber {
    let order = WalletOrder {
        request_id: None,
        kind: WalletKind::Personal,
        class,
        holder: Holder::verified(None),
        opening: yuan(10),
        content: None,
    };
    let wallet = test.ledger.open_wallet_from(order, bank_account, test.now).unwrap();
    test.commit();
    wallet
}

/// Exchanges a yuan out under a new name.
fn exchange(
    test: &mut TestLedger,
    wallet: WalletNumber,
    named: Option<BankAccount>,
    name: &str,
) -> &'static str {
    refused(test.ledger.exchange_out_from(wallet, yuan(1), named, request(name), test.now))
}

/// The digits that the statement of a wallet shows, newest first.
fn digits(test: &TestLedger, wallet: WalletNumber) -> Vec<String> {
    let entries = test.ledger.entries(wallet);
    let shown = entries.map(|entry| entry.bank_account.map(|digits| digits.to_string()));
    shown.map(Option::unwrap_or_default).collect()
}

#[test]
fn an_exchange_goes_through_the_account_that_is_named_or_the_only_one() {
    let mut test = TestLedger::new(settings());
    let wallet = open(&mut test, Some(account(1)));
    assert_eq!(exchange(&mut test, wallet, None, "a"), "done");
    assert_eq!(exchange(&mut test, wallet, Some(account(2)), "b"), "BANK_ACCOUNT_NOT_LINKED");
    let now = test.now;
    test.ledger.link_bank_account(wallet, account(2), now).unwrap();
    let rows = test.ledger.chain().row;
    test.ledger.link_bank_account(wallet, account(2), now).unwrap();
    assert_eq!(test.ledger.chain().row, rows, "a repeat changes nothing");
    assert_eq!(exchange(&mut test, wallet, Some(account(2)), "b"), "done");
    assert_eq!(exchange(&mut test, wallet, None, "c"), "BANK_ACCOUNT_NEEDED");
    assert_eq!(exchange(&mut test, wallet, None, "a"), "done", "a repeat");
    assert_eq!(exchange(&mut test, wallet, Some(account(1)), "b"), "REQUEST_ID_REUSED");
    assert!(test.ledger.unlink_bank_account(wallet, account(1), now).unwrap());
    assert!(!test.ledger.unlink_bank_account(wallet, account(1), now).unwrap());
    test.commit();
    test.restart();
    assert_eq!(test.ledger.bank_accounts_of(wallet), [account(2)]);
    let back = test.ledger.exchange_back(wallet, yuan(1), request("d"), test.now);
    assert_eq!(refused(back), "done");
    test.commit();
    assert_eq!(digits(&test, wallet), ["0002", "0002", "0001", "0001"]);
    test.check();
}

#[test]
fn a_wallet_without_an_account_exchanges_over_the_counter() {
    let mut test = TestLedger::new(settings());
    let wallet = open(&mut test, None);
    assert_eq!(exchange(&mut test, wallet, None, "a"), "done");
    assert_eq!(exchange(&mut test, wallet, Some(account(1)), "b"), "BANK_ACCOUNT_NOT_LINKED");
    let with = open_class(&mut test, 3, Some(account(1)));
    test.ledger.unlink_bank_account(with, account(1), test.now).unwrap();
    test.commit();
    test.restart();
    assert_eq!(exchange(&mut test, with, None, "a"), "done");
    assert_eq!(
        (digits(&test, wallet), digits(&test, with)),
        (vec!["".into(), "".into()], vec!["".into(), "0001".into()])
    );
    test.commit();
    test.check();
}

#[test]
fn another_account_of_the_same_digits_or_none_is_another_request() {
    let mut test = TestLedger::new(settings());
    let [one, same_digits] = ["62221110045", "62222220045"]
        .map(|number| BankAccount::of(&HashKey::default(), number).unwrap());
    let wallet = open(&mut test, Some(one));
    assert_eq!(exchange(&mut test, wallet, None, "unnamed"), "done");
    test.ledger.link_bank_account(wallet, same_digits, test.now).unwrap();
    assert_eq!(exchange(&mut test, wallet, Some(one), "named"), "done");
    let back = |test: &mut TestLedger, named| {
        let now = test.now;
        refused(test.ledger.exchange_back_into(wallet, yuan(1), named, request("back"), now))
    };
    assert_eq!(back(&mut test, Some(same_digits)), "done");
    test.commit();
    for _ in 0..2 {
        test.restart();
        for (named, name, answer) in [
            (Some(one), "named", "done"),
            (Some(same_digits), "named", "REQUEST_ID_REUSED"),
            (None, "named", "REQUEST_ID_REUSED"),
            (None, "unnamed", "done"),
            (Some(one), "unnamed", "REQUEST_ID_REUSED"),
            (Some(same_digits), "unnamed", "REQUEST_ID_REUSED"),
        ] {
            assert_eq!(exchange(&mut test, wallet, named, name), answer, "{named:?} {name}");
        }
        assert_eq!(back(&mut test, Some(same_digits)), "done");
        assert_eq!(back(&mut test, Some(one)), "REQUEST_ID_REUSED");
    }
    assert_eq!(digits(&test, wallet), ["0045"; 4]);
    test.check();
}

#[test]
fn the_last_account_of_a_wallet_of_class_1_or_2_stays() {
    let mut test = TestLedger::new(settings());
    for class in [1, 2, 3] {
        let wallet = open_class(&mut test, class, Some(account(1)));
        let unlinked = test.ledger.unlink_bank_account(wallet, account(1), test.now);
        if class == 3 {
            assert_eq!(unlinked, Ok(true));
            let shown = Holder { bank_account: false, ..Holder::verified(None) };
            let upgraded = test.ledger.upgrade(wallet, 2, &shown, test.now);
            assert_eq!(refused(upgraded), "HOLDER_DATA_MISSING");
            test.ledger.upgrade(wallet, 2, &Holder::verified(None), test.now).unwrap();
            continue;
        }
        let error = unlinked.unwrap_err();
        assert_eq!((error.reason().name(), error.field()), ("LAST_BANK_ACCOUNT", "bank_account"));
        assert!(error.to_string().contains(&format!("{wallet} is of class {class}")), "{error}");
        test.ledger.link_bank_account(wallet, account(2), test.now).unwrap();
        assert_eq!(test.ledger.unlink_bank_account(wallet, account(1), test.now), Ok(true));
        assert_eq!(
            refused(test.ledger.unlink_bank_account(wallet, account(2), test.now)),
            "LAST_BANK_ACCOUNT"
        );
    }
    test.commit();
    test.restart();
    test.check();
}

#[test]
fn a_wallet_has_ten_accounts_and_not_one_more() {
    let mut test = TestLedger::new(settings());
    let wallet = open(&mut test, Some(account(1)));
    for number in 2..=BANK_ACCOUNTS_MAX {
        test.ledger.link_bank_account(wallet, account(number), test.now).unwrap();
    }
    let more = test.ledger.link_bank_account(wallet, account(11), test.now);
    assert_eq!(refused(more), "FIELD_INVALID");
    assert_eq!(test.ledger.bank_accounts_of(wallet).len(), BANK_ACCOUNTS_MAX);
    test.commit();
    test.check();
}
