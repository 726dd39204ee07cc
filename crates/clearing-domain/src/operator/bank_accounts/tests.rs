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
    let order = WalletOrder {
        request_id: None,
        kind: WalletKind::Personal,
        class: 1,
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
    let with = open(&mut test, Some(account(1)));
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
