//! How wallets are opened, changed and closed.

use crate::money::WalletKind;
use crate::operator::bench::{Bench, abroad, request, settings, yuan};
use crate::operator::{Account, EntryKind, Holder, OperatorError, WalletOrder};

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
    let mut bench = Bench::new(settings());
    let first = bench.ledger.open_wallet(order(1, Holder::verified(None)), bench.now).unwrap();
    assert_eq!(
        bench.ledger.open_wallet(order(1, Holder::verified(None)), bench.now).unwrap(),
        first
    );
    assert_eq!(
        refused(bench.ledger.open_wallet(order(2, Holder::verified(None)), bench.now)),
        "REQUEST_ID_REUSED"
    );
    let richer = WalletOrder { opening: yuan(11), ..order(1, Holder::verified(None)) };
    assert_eq!(refused(bench.ledger.open_wallet(richer, bench.now)), "REQUEST_ID_REUSED");
    bench.commit();
    assert_eq!(
        (bench.ledger.wallets().len(), bench.balance(first), bench.account(Account::Stock)),
        (1, 10, 99_990)
    );
    bench.check();
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
    let mut bench = Bench::new(settings());
    let sent = WalletOrder { content: mark("document 1"), ..order(3, Holder::verified(None)) };
    let first = bench.ledger.open_wallet(sent.clone(), bench.now).unwrap();
    for _ in 0..2 {
        bench.commit();
        bench.restart();
        assert_eq!(bench.ledger.open_wallet(sent.clone(), bench.now).unwrap(), first);
        let less = Holder { face_to_face: false, ..Holder::verified(None) };
        for other in [
            WalletOrder { content: mark("document 2"), ..sent.clone() },
            WalletOrder { content: mark("less"), holder: less, ..sent.clone() },
            WalletOrder { content: None, ..sent.clone() },
        ] {
            assert_eq!(refused(bench.ledger.open_wallet(other, bench.now)), "REQUEST_ID_REUSED");
        }
    }
    bench.check();
}

#[test]
fn classes_need_what_identifies_their_holders() {
    let mut bench = Bench::new(settings());
    let phone = Holder { phone_hash: Some([1; 16]), ..Holder::default() };
    assert_eq!(
        refused(bench.ledger.open_wallet(order(3, phone.clone()), bench.now)),
        "HOLDER_DATA_MISSING"
    );
    assert_eq!(
        refused(bench.ledger.open_wallet(order(5, phone.clone()), bench.now)),
        "WALLET_CLASS_INVALID"
    );
    let wallet = bench.ledger.open_wallet(order(4, phone.clone()), bench.now).unwrap();
    assert_eq!(refused(bench.ledger.upgrade(wallet, 3, &phone, bench.now)), "HOLDER_DATA_MISSING");
    let shown = Holder { identity: true, ..Holder::default() };
    bench.ledger.upgrade(wallet, 3, &shown, bench.now).unwrap();
    assert_eq!(refused(bench.ledger.upgrade(wallet, 4, &shown, bench.now)), "TRANSITION_INVALID");
    assert_eq!(
        bench.ledger.open_wallet(order(4, phone), bench.now).unwrap(),
        wallet,
        "a repeat finds it upgraded"
    );
    bench.commit();
    bench.restart();
    assert_eq!(bench.ledger.wallet(wallet).unwrap().class.get(), 3);
    bench.check();
}

#[test]
fn a_receive_only_wallet_receives_and_a_frozen_one_does_not() {
    let mut bench = Bench::new(settings());
    let [one, other] = [bench.wallet(1, 100), bench.wallet(1, 100)];
    bench.ledger.freeze(one, true, bench.now).unwrap();
    assert_eq!(
        (bench.pay(one, other, 1), bench.pay(other, one, 1)),
        ("Rejected WALLET_RECEIVE_ONLY".into(), "Completed".into())
    );
    bench.ledger.freeze(one, false, bench.now).unwrap();
    assert_eq!(bench.pay(other, one, 1), "Rejected PAYEE_FROZEN");
    bench.ledger.unfreeze(one, bench.now).unwrap();
    assert_eq!(bench.pay(one, other, 1), "Completed");
    bench.commit();
    bench.check();
}

#[test]
fn only_an_empty_wallet_with_nothing_in_transit_is_closed_and_stays_so() {
    let mut bench = Bench::new(settings());
    let wallet = bench.wallet(1, 10);
    assert_eq!(refused(bench.ledger.close_wallet(wallet, bench.now)), "WALLET_NOT_EMPTY");
    bench.pay(wallet, abroad(), 10);
    assert_eq!(refused(bench.ledger.close_wallet(wallet, bench.now)), "WALLET_BUSY");
    let cleared = crate::link::Outcome::Cleared(crate::money::CycleId::new(1));
    bench.notify(1, crate::link::Side::Payer, cleared);
    bench.ledger.close_wallet(wallet, bench.now).unwrap();
    bench.ledger.close_wallet(wallet, bench.now).unwrap();
    assert_eq!(refused(bench.ledger.unfreeze(wallet, bench.now)), "WALLET_CLOSED");
    let answer = bench.ledger.exchange_out(wallet, yuan(1), request("x"), bench.now);
    assert_eq!(refused(answer), "WALLET_CLOSED");
    bench.commit();
    bench.check();
}

#[test]
fn exchanges_move_stock_once_per_request() {
    let mut bench = Bench::new(settings());
    let wallet = bench.wallet(1, 0);
    for _ in 0..2 {
        bench.ledger.exchange_out(wallet, yuan(500), request("out"), bench.now).unwrap();
        bench.ledger.exchange_back(wallet, yuan(200), request("back"), bench.now).unwrap();
    }
    bench.commit();
    assert_eq!((bench.balance(wallet), bench.account(Account::Stock)), (300, 99_700));
    let again = |bench: &mut Bench, amount: i64| {
        bench.ledger.exchange_out(wallet, yuan(amount), request("out"), bench.now)
    };
    assert_eq!(refused(again(&mut bench, 501)), "REQUEST_ID_REUSED");
    let too_much = bench.ledger.exchange_out(wallet, yuan(99_701), request("more"), bench.now);
    assert_eq!(refused(too_much), "STOCK_INSUFFICIENT");
    let too_much = bench.ledger.exchange_back(wallet, yuan(301), request("most"), bench.now);
    assert_eq!(refused(too_much), "INSUFFICIENT_FUNDS");
    bench.check();
}

#[test]
fn a_statement_shows_every_entry_with_the_balance_after_it() {
    let mut bench = Bench::new(settings());
    let [wallet, other] = [bench.wallet(1, 100), bench.wallet(1, 0)];
    bench.pay(wallet, other, 10);
    bench.pay(wallet, abroad(), 20);
    bench.notify(
        2,
        crate::link::Side::Payer,
        crate::link::Outcome::Refused(crate::Reason::Expired),
    );
    bench.deliver(9, wallet, 5);
    let check = |bench: &Bench| {
        let entries: Vec<_> = bench
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
    check(&bench);
    bench.restart();
    check(&bench);
}

#[test]
fn a_refusal_names_the_evidence_that_is_missing() {
    let mut bench = Bench::new(settings());
    let phone = Holder { phone_hash: Some([1; 16]), ..Holder::default() };
    let wallet = bench.ledger.open_wallet(order(4, phone.clone()), bench.now).unwrap();
    let error = bench.ledger.upgrade(wallet, 2, &phone, bench.now).unwrap_err();
    assert_eq!(error.field(), "identity_document");
    let said = "a wallet of class 2 needs identity_document and bank_account, which the holder has not shown";
    assert_eq!(error.to_string(), said);
    let shown = Holder { identity: true, ..Holder::default() };
    assert_eq!(
        bench.ledger.upgrade(wallet, 2, &shown, bench.now).unwrap_err().field(),
        "bank_account"
    );
    let class = bench.ledger.upgrade(wallet, 9, &shown, bench.now).unwrap_err();
    assert_eq!((class.reason().name(), class.field()), ("WALLET_CLASS_INVALID", "wallet_class"));
}

#[test]
fn an_exchange_out_says_nothing_of_payees() {
    let mut bench = Bench::new(settings());
    let wallet = bench.wallet(4, 9_000);
    let out = |bench: &mut Bench| {
        bench.ledger.exchange_out(wallet, yuan(2_000), request("x"), bench.now).unwrap_err()
    };
    let error = out(&mut bench);
    assert!(
        error.reason().name() == "BALANCE_CAP" && !error.to_string().contains("payee"),
        "{error}"
    );
    bench.ledger.freeze(wallet, false, bench.now).unwrap();
    let error = out(&mut bench);
    assert!(
        error.reason().name() == "WALLET_FROZEN" && !error.to_string().contains("payee"),
        "{error}"
    );
}

#[test]
fn a_closed_wallet_waits_until_its_aliases_are_given_up() {
    let mut bench = Bench::new(settings());
    let [one, other] = [bench.wallet(4, 0), bench.wallet(4, 0)];
    for wallet in [one, other] {
        bench.ledger.close_wallet(wallet, bench.now).unwrap();
    }
    bench.ledger.aliases_given_up(one, bench.now);
    bench.ledger.aliases_given_up(one, bench.now);
    bench.commit();
    bench.restart();
    assert_eq!(bench.ledger.giving_up().collect::<Vec<_>>(), [other]);
    bench.check();
}
