//! Who may bind a wallet to a front-end.

use crate::HashKey;
use crate::money::{BusinessDate, WalletKind, WalletNumber};
use crate::operator::test_ledger::{TestLedger, settings, yuan};
use crate::operator::{
    BankAccount, FrontEndOrder, Holder, IdentityHash, OperatorError, SubWalletOrder, SubWalletUse,
    WalletOrder,
};
use crate::region::Region;

use super::FRONT_ENDS_MAX;

fn person() -> Holder {
    Holder {
        phone_hash: Some([1; 16]),
        identity_hash: IdentityHash::from_number(1),
        ..Holder::verified(Some("name"))
    }
}

fn open(test: &mut TestLedger, kind: WalletKind, class: u8) -> WalletNumber {
    let (holder, opening) = (person(), yuan(0));
    let order = WalletOrder { request_id: None, kind, class, holder, opening, content: None };
    let wallet = test.ledger.open_wallet(order, test.now).unwrap();
    test.commit();
    wallet
}

fn order(wallet: WalletNumber) -> FrontEndOrder {
    FrontEndOrder {
        wallet,
        front_end: "WeChat Pay".into(),
        phone_hash: [1; 16],
        identity_hash: IdentityHash::from_number(1).unwrap(),
        region: Region::Shenzhen,
    }
}

/// Asks for a binding and answers what became of it.
#[track_caller]
fn bind(test: &mut TestLedger, order: FrontEndOrder) -> &'static str {
    let bound: Result<(), OperatorError> = test.ledger.bind_front_end(order, test.now);
    bound.err().map_or("done", |error| error.reason().name())
}

#[test]
fn phone_and_document_must_be_those_of_the_holder() {
    let mut test = TestLedger::new(settings());
    let wallet = open(&mut test, WalletKind::Personal, 3);
    let stranger = FrontEndOrder { phone_hash: [2; 16], ..order(wallet) };
    assert_eq!(bind(&mut test, stranger), "PHONE_MISMATCH");
    let identity_hash = IdentityHash::from_number(2).unwrap();
    let namesake = FrontEndOrder { identity_hash, ..order(wallet) };
    assert_eq!(bind(&mut test, namesake), "IDENTITY_MISMATCH");
    for _ in 0..2 {
        assert_eq!(bind(&mut test, order(wallet)), "done");
        let bound: Vec<_> = test.ledger.front_ends_of(wallet).collect();
        assert_eq!(bound, [("WeChat Pay", Region::Shenzhen)]);
        test.commit();
        test.restart();
    }
    let moved = FrontEndOrder { region: Region::Xiamen, ..order(wallet) };
    assert_eq!(bind(&mut test, moved), "done");
    let unbound = |test: &mut TestLedger| {
        test.ledger.unbind_front_end(wallet, "WeChat Pay".into(), test.now).unwrap()
    };
    assert_eq!((unbound(&mut test), unbound(&mut test)), (true, false));
    test.commit();
    test.restart();
    assert_eq!(test.ledger.front_ends_of(wallet).count(), 0);
    test.check();
}

#[test]
fn a_closed_wallet_is_bound_to_nothing() {
    let mut test = TestLedger::new(settings());
    let wallet = open(&mut test, WalletKind::Personal, 3);
    let account = BankAccount::of(&HashKey::default(), "62220045").unwrap();
    test.ledger.link_bank_account(wallet, account, test.now).unwrap();
    assert_eq!(bind(&mut test, order(wallet)), "done");
    test.ledger.close_wallet(wallet, test.now).unwrap();
    test.commit();
    for _ in 0..2 {
        assert_eq!(test.ledger.front_ends_of(wallet).count(), 0);
        assert_eq!(test.ledger.bank_accounts_of(wallet), []);
        assert_eq!(bind(&mut test, order(wallet)), "WALLET_CLOSED");
        test.restart();
    }
    test.check();
}

#[test]
fn only_a_normal_personal_wallet_of_class_3_or_better_is_bound() {
    let mut test = TestLedger::new(settings());
    let weak = open(&mut test, WalletKind::Personal, 4);
    assert_eq!(bind(&mut test, order(weak)), "CLASS_TOO_WEAK");
    let shop = open(&mut test, WalletKind::Merchant, 1);
    assert_eq!(bind(&mut test, order(shop)), "KIND_NOT_ALLOWED");
    let wallet = open(&mut test, WalletKind::Personal, 3);
    let child = SubWalletOrder {
        request_id: None,
        parent: wallet,
        used_for: SubWalletUse::Ordinary,
        single: None,
        daily: None,
        payees: None,
        platform: None,
        content: None,
    };
    let child = test.ledger.open_sub_wallet(child, test.now).unwrap();
    assert_eq!(bind(&mut test, order(child)), "IS_SUB_WALLET");
    test.ledger.freeze(wallet, true, test.now).unwrap();
    assert_eq!(bind(&mut test, order(wallet)), "WALLET_RECEIVE_ONLY");
    test.ledger.freeze(wallet, false, test.now).unwrap();
    assert_eq!(bind(&mut test, order(wallet)), "WALLET_FROZEN");
    test.ledger.unfreeze(wallet, test.now).unwrap();
    assert_eq!(bind(&mut test, order(wallet)), "done");
    test.commit();
    test.check();
}

#[test]
fn a_region_is_bound_from_the_day_on_which_it_joined() {
    let mut test = TestLedger::new(settings());
    test.now = BusinessDate::from_ymd(2022, 4, 1).unwrap().start().plus_ms(-1);
    let wallet = open(&mut test, WalletKind::Personal, 3);
    let tianjin = FrontEndOrder { region: Region::Tianjin, ..order(wallet) };
    assert_eq!(bind(&mut test, tianjin.clone()), "REGION_NOT_IN_PILOT");
    assert_eq!(bind(&mut test, order(wallet)), "done");
    test.now = test.now.plus_ms(1);
    assert_eq!(bind(&mut test, tianjin), "done");
    test.commit();
    test.check();
}

#[test]
fn a_wallet_has_ten_front_ends_and_not_one_more() {
    let mut test = TestLedger::new(settings());
    let wallet = open(&mut test, WalletKind::Personal, 3);
    let named = |number: usize| {
        let front_end = format!("front-end {number}").into();
        FrontEndOrder { front_end, ..order(wallet) }
    };
    for number in 0..FRONT_ENDS_MAX {
        assert_eq!(bind(&mut test, named(number)), "done");
    }
    assert_eq!(bind(&mut test, named(FRONT_ENDS_MAX)), "FIELD_INVALID");
    assert_eq!(bind(&mut test, named(0)), "done", "a repeat");
    test.commit();
    test.check();
}
