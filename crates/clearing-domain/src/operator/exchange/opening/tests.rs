//! How wallets are opened, changed and closed.

use crate::money::WalletKind;
use crate::operator::test_ledger::{TestLedger, abroad, request, settings, yuan};
use crate::operator::{
    Account, EntryKind, Holder, IdentityHash, OperatorError, SubWalletOrder, SubWalletUse,
    WalletOrder,
};

fn order(class: u8, holder: Holder) -> WalletOrder {
    let request_id = Some(request("open"));
    WalletOrder {
        request_id,
        kind: WalletKind::Personal,
        class,
        holder,
        opening: yuan(10),
        content: None,
    }
}

#[track_caller]
fn refused<T>(answer: Result<T, OperatorError>) -> &'static str {
    answer.err().map_or("done", |error| error.reason().name())
}

#[test]
fn a_wallet_is_opened_once_per_request() {
    let mut test = TestLedger::new(settings());
    let first = test.ledger.open_wallet(order(1, Holder::verified(None)), test.now).unwrap();
    assert_eq!(test.ledger.open_wallet(order(1, Holder::verified(None)), test.now).unwrap(), first);
    assert_eq!(
        refused(test.ledger.open_wallet(order(2, Holder::verified(None)), test.now)),
        "REQUEST_ID_REUSED"
    );
    let richer = WalletOrder { opening: yuan(11), ..order(1, Holder::verified(None)) };
    assert_eq!(refused(test.ledger.open_wallet(richer, test.now)), "REQUEST_ID_REUSED");
    test.commit();
    assert_eq!(
        (test.ledger.wallets().len(), test.balance(first), test.account(Account::Stock)),
        (1, 10, 99_990)
    );
    test.check();
}

#[test]
fn an_opening_is_repeated_only_with_all_that_was_sent() {
    let mark = |text: &str| {
        Some(crate::operator::ContentMark::of(
            &Default::default(),
            &Default::default(),
            &[text.as_bytes()],
        ))
    };
    let mut test = TestLedger::new(settings());
    let sent = WalletOrder { content: mark("document 1"), ..order(3, Holder::verified(None)) };
    let first = test.ledger.open_wallet(sent.clone(), test.now).unwrap();
    for _ in 0..2 {
        test.commit();
        test.restart();
        assert_eq!(test.ledger.open_wallet(sent.clone(), test.now).unwrap(), first);
        let less = Holder { face_to_face: false, ..Holder::verified(None) };
        for other in [
            WalletOrder { content: mark("document 2"), ..sent.clone() },
            WalletOrder { content: mark("less"), holder: less, ..sent.clone() },
            WalletOrder { content: None, ..sent.clone() },
        ] {
            assert_eq!(refused(test.ledger.open_wallet(other, test.now)), "REQUEST_ID_REUSED");
        }
    }
    test.check();
}

#[test]
fn classes_need_what_identifies_their_holders() {
    let mut test = TestLedger::new(settings());
    let phone = Holder { phone_hash: Some([1; 16]), ..Holder::default() };
    assert_eq!(
        refused(test.ledger.open_wallet(order(3, phone.clone()), test.now)),
        "HOLDER_DATA_MISSING"
    );
    assert_eq!(
        refused(test.ledger.open_wallet(order(5, phone.clone()), test.now)),
        "WALLET_CLASS_INVALID"
    );
    let wallet = test.ledger.open_wallet(order(4, phone.clone()), test.now).unwrap();
    assert_eq!(refused(test.ledger.upgrade(wallet, 3, &phone, test.now)), "HOLDER_DATA_MISSING");
    let shown = Holder { identity: true, ..Holder::default() };
    test.ledger.upgrade(wallet, 3, &shown, test.now).unwrap();
    assert_eq!(refused(test.ledger.upgrade(wallet, 4, &shown, test.now)), "TRANSITION_INVALID");
    assert_eq!(
        test.ledger.open_wallet(order(4, phone), test.now).unwrap(),
        wallet,
        "a repeat finds it upgraded"
    );
    test.commit();
    test.restart();
    assert_eq!(test.ledger.wallet(wallet).unwrap().class.get(), 3);
    test.check();
}

#[test]
fn a_receive_only_wallet_receives_and_a_frozen_one_does_not() {
    let mut test = TestLedger::new(settings());
    let [one, other] = [test.wallet(1, 100), test.wallet(1, 100)];
    test.ledger.freeze(one, true, test.now).unwrap();
    assert_eq!(
        (test.pay(one, other, 1), test.pay(other, one, 1)),
        ("Rejected WALLET_RECEIVE_ONLY".into(), "Completed".into())
    );
    test.ledger.freeze(one, false, test.now).unwrap();
    assert_eq!(test.pay(other, one, 1), "Rejected PAYEE_FROZEN");
    test.ledger.unfreeze(one, test.now).unwrap();
    assert_eq!(test.pay(one, other, 1), "Completed");
    test.commit();
    test.check();
}

#[test]
fn only_an_empty_wallet_with_nothing_in_transit_is_closed_and_stays_so() {
    let mut test = TestLedger::new(settings());
    let wallet = test.wallet(1, 10);
    assert_eq!(refused(test.ledger.close_wallet(wallet, test.now)), "WALLET_NOT_EMPTY");
    test.pay(wallet, abroad(), 10);
    assert_eq!(refused(test.ledger.close_wallet(wallet, test.now)), "WALLET_BUSY");
    let cleared = crate::link::Outcome::Cleared(crate::money::CycleId::new(1));
    test.notify(1, crate::link::Side::Payer, cleared);
    test.ledger.close_wallet(wallet, test.now).unwrap();
    test.ledger.close_wallet(wallet, test.now).unwrap();
    assert_eq!(refused(test.ledger.unfreeze(wallet, test.now)), "WALLET_CLOSED");
    let answer = test.ledger.exchange_out(wallet, yuan(1), request("x"), test.now);
    assert_eq!(refused(answer), "WALLET_CLOSED");
    test.commit();
    test.check();
}

#[test]
fn exchanges_move_stock_once_per_request() {
    let mut test = TestLedger::new(settings());
    let wallet = test.wallet(1, 0);
    for _ in 0..2 {
        test.ledger.exchange_out(wallet, yuan(500), request("out"), test.now).unwrap();
        test.ledger.exchange_back(wallet, yuan(200), request("back"), test.now).unwrap();
    }
    test.commit();
    assert_eq!((test.balance(wallet), test.account(Account::Stock)), (300, 99_700));
    let again = |test: &mut TestLedger, amount: i64| {
        test.ledger.exchange_out(wallet, yuan(amount), request("out"), test.now)
    };
    assert_eq!(refused(again(&mut test, 501)), "REQUEST_ID_REUSED");
    let too_much = test.ledger.exchange_out(wallet, yuan(99_701), request("more"), test.now);
    assert_eq!(refused(too_much), "STOCK_INSUFFICIENT");
    let too_much = test.ledger.exchange_back(wallet, yuan(301), request("most"), test.now);
    assert_eq!(refused(too_much), "INSUFFICIENT_FUNDS");
    test.check();
}

#[test]
fn a_statement_shows_every_entry_with_the_balance_after_it() {
    let mut test = TestLedger::new(settings());
    let [wallet, other] = [test.wallet(1, 100), test.wallet(1, 0)];
    test.pay(wallet, other, 10);
    test.pay(wallet, abroad(), 20);
    test.notify(2, crate::link::Side::Payer, crate::link::Outcome::Refused(crate::Reason::Expired));
    test.deliver(9, wallet, 5);
    let check = |test: &TestLedger| {
        let entries: Vec<_> = test
            .ledger
            .entries(wallet)
            .map(|entry| (entry.kind, entry.balance_after.fen() / 100))
            .collect();
        let expected = [
            (EntryKind::PaymentReceived, 95),
            (EntryKind::PaymentReturned, 90),
            (EntryKind::PaymentSent, 70),
            (EntryKind::PaymentSent, 90),
            (EntryKind::ExchangedOut, 100),
        ];
        assert_eq!(entries, expected);
    };
    check(&test);
    test.restart();
    check(&test);
}

#[test]
fn a_refusal_names_the_evidence_that_is_missing() {
    let mut test = TestLedger::new(settings());
    let phone = Holder { phone_hash: Some([1; 16]), ..Holder::default() };
    let wallet = test.ledger.open_wallet(order(4, phone.clone()), test.now).unwrap();
    let error = test.ledger.upgrade(wallet, 2, &phone, test.now).unwrap_err();
    assert_eq!(error.field(), "identity_document");
    let said = "a wallet of class 2 needs identity_document and bank_account, which the holder has not shown";
    assert_eq!(error.to_string(), said);
    let shown = Holder { identity: true, ..Holder::default() };
    assert_eq!(
        test.ledger.upgrade(wallet, 2, &shown, test.now).unwrap_err().field(),
        "bank_account"
    );
    let class = test.ledger.upgrade(wallet, 9, &shown, test.now).unwrap_err();
    assert_eq!((class.reason().name(), class.field()), ("WALLET_CLASS_INVALID", "wallet_class"));
}

#[test]
fn an_exchange_out_says_nothing_of_payees() {
    let mut test = TestLedger::new(settings());
    let wallet = test.wallet(4, 9_000);
    let out = |test: &mut TestLedger| {
        test.ledger.exchange_out(wallet, yuan(2_000), request("x"), test.now).unwrap_err()
    };
    let error = out(&mut test);
    assert!(
        error.reason().name() == "BALANCE_CAP" && !error.to_string().contains("payee"),
        "{error}"
    );
    test.ledger.freeze(wallet, false, test.now).unwrap();
    let error = out(&mut test);
    assert!(
        error.reason().name() == "WALLET_FROZEN" && !error.to_string().contains("payee"),
        "{error}"
    );
}

#[test]
fn a_closed_wallet_waits_until_its_aliases_are_given_up() {
    let mut test = TestLedger::new(settings());
    let [one, other] = [test.wallet(4, 0), test.wallet(4, 0)];
    for wallet in [one, other] {
        test.ledger.close_wallet(wallet, test.now).unwrap();
    }
    test.ledger.aliases_given_up(one, test.now);
    test.ledger.aliases_given_up(one, test.now);
    test.commit();
    test.restart();
    assert_eq!(test.ledger.giving_up().collect::<Vec<_>>(), [other]);
    test.check();
}

/// A person with this document, who has shown everything.
fn person(document: u64) -> Holder {
    Holder { identity_hash: IdentityHash::from_number(document), ..Holder::verified(None) }
}

#[test]
fn a_person_has_one_wallet_of_class_1_or_2_at_an_operator() {
    let mut test = TestLedger::new(settings());
    let open = |test: &mut TestLedger, kind, class, document| {
        let order = WalletOrder { request_id: None, kind, ..order(class, person(document)) };
        let order = WalletOrder {
            holder: Holder { name: Some("name".into()), ..order.holder.clone() },
            opening: yuan(0),
            ..order
        };
        let opened = test.ledger.open_wallet(order, test.now);
        test.commit();
        opened
    };
    let personal = WalletKind::Personal;
    let first = open(&mut test, personal, 2, 1).unwrap();
    for _ in 0..2 {
        for class in [1, 2] {
            assert_eq!(refused(open(&mut test, personal, class, 1)), "HOLDER_HAS_WALLET");
        }
        test.restart();
    }
    open(&mut test, personal, 2, 2).unwrap();
    let third = open(&mut test, personal, 3, 1).unwrap();
    open(&mut test, WalletKind::Hard, 2, 1).unwrap();
    open(&mut test, WalletKind::Merchant, 1, 1).unwrap();
    let upgraded = test.ledger.upgrade(third, 2, &Holder::default(), test.now);
    assert_eq!(refused(upgraded), "HOLDER_HAS_WALLET");
    test.ledger.upgrade(first, 1, &Holder::default(), test.now).unwrap();
    test.ledger.close_wallet(first, test.now).unwrap();
    test.ledger.upgrade(third, 2, &Holder::default(), test.now).unwrap();
    assert_eq!(refused(open(&mut test, personal, 2, 1)), "HOLDER_HAS_WALLET");
    test.check();
}

#[test]
fn a_sub_wallet_is_no_second_wallet_of_its_holder() {
    let mut test = TestLedger::new(settings());
    let parent = test.ledger.open_wallet(order(1, person(1)), test.now).unwrap();
    let child = SubWalletOrder {
        request_id: None,
        parent,
        used_for: SubWalletUse::Ordinary,
        single: None,
        daily: None,
        payees: None,
        platform: None,
        content: None,
    };
    test.ledger.open_sub_wallet(child, test.now).unwrap();
    test.ledger.exchange_back(parent, yuan(10), request("back"), test.now).unwrap();
    test.commit();
    test.restart();
    assert_eq!(refused(test.ledger.close_wallet(parent, test.now)), "SUB_WALLETS_OPEN");
    let again = WalletOrder { request_id: None, ..order(1, person(1)) };
    assert_eq!(refused(test.ledger.open_wallet(again, test.now)), "HOLDER_HAS_WALLET");
    test.check();
}

#[test]
fn an_upgrade_shows_the_document_of_the_same_person() {
    let mut test = TestLedger::new(settings());
    let wallet = test.ledger.open_wallet(order(3, person(1)), test.now).unwrap();
    let upgraded = test.ledger.upgrade(wallet, 2, &person(2), test.now);
    assert_eq!(refused(upgraded), "IDENTITY_MISMATCH");
    test.ledger.upgrade(wallet, 2, &person(1), test.now).unwrap();
    let phone = Holder { phone_hash: Some([1; 16]), ..Holder::default() };
    let other = WalletOrder { request_id: None, ..order(4, phone) };
    let other = test.ledger.open_wallet(other, test.now).unwrap();
    let upgraded = test.ledger.upgrade(other, 2, &person(1), test.now);
    assert_eq!(refused(upgraded), "HOLDER_HAS_WALLET");
    test.ledger.upgrade(other, 2, &person(2), test.now).unwrap();
    test.commit();
    test.restart();
    assert_eq!(test.ledger.wallet(other).unwrap().holder.identity_hash, person(2).identity_hash);
    let again = WalletOrder { request_id: None, ..order(2, person(2)) };
    assert_eq!(refused(test.ledger.open_wallet(again, test.now)), "HOLDER_HAS_WALLET");
    test.check();
}

/// An index has one entry for a key: with one for each wallet of a person the search would pass all
/// of them, and so would every start.
#[test]
fn a_person_is_found_at_once_however_many_wallets_come_and_go() {
    let mut test = TestLedger::new(settings());
    let identity_hash = IdentityHash::from_number(7);
    let holder = Holder { identity_hash, ..Holder::verified(None) };
    let order =
        |class| WalletOrder { request_id: None, opening: yuan(0), ..order(class, holder.clone()) };
    for _ in 0..50 {
        test.ledger.open_wallet(order(3), test.now).unwrap();
    }
    for _ in 0..50 {
        let wallet = test.ledger.open_wallet(order(2), test.now).unwrap();
        assert_eq!(refused(test.ledger.open_wallet(order(1), test.now)), "HOLDER_HAS_WALLET");
        test.commit();
        test.restart();
        assert_eq!(refused(test.ledger.open_wallet(order(2), test.now)), "HOLDER_HAS_WALLET");
        test.ledger.close_wallet(wallet, test.now).unwrap();
    }
    assert_eq!(test.ledger.identified.len(), 1);
    test.commit();
    test.check();
}
