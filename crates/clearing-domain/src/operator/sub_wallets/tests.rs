//! Sub-wallets: what they share with their parents, and what they may do.

use std::collections::BTreeSet;

use crate::Reason;
use crate::link::{Outcome, Side};
use crate::money::{Amount, Position, WalletKind, WalletNumber};
use crate::operator::test_ledger::{TestLedger, abroad, request, settings, yuan};
use crate::operator::{
    EntryKind, Holder, OperatorError, SUB_WALLETS_MAX, SubWalletOrder, SubWalletUse, WalletOrder,
    WalletStatus,
};

use super::FamilyMove;

fn order(parent: WalletNumber) -> SubWalletOrder {
    SubWalletOrder {
        request_id: Some(request("sub")),
        parent,
        used_for: SubWalletUse::Ordinary,
        single: None,
        daily: None,
        payees: None,
        platform: None,
        content: None,
    }
}

#[track_caller]
fn refused<T>(answer: Result<T, OperatorError>) -> &'static str {
    answer.err().map_or("done", |error| error.reason().name())
}

/// Moves whole yuan under a new name and answers what became of it.
fn load(test: &mut TestLedger, child: WalletNumber, amount: i64, name: &str) -> &'static str {
    refused(test.ledger.load_sub_wallet(child, yuan(amount), request(name), test.now))
}

fn pool(
    test: &mut TestLedger,
    child: WalletNumber,
    amount: Option<i64>,
    name: &str,
) -> &'static str {
    refused(test.ledger.pool_sub_wallet(child, amount.map(yuan), request(name), test.now))
}

fn wallet_of_kind(test: &mut TestLedger, kind: WalletKind, opening: i64) -> WalletNumber {
    let holder = Holder::verified(Some("name"));
    let opening = yuan(opening);
    let order = WalletOrder { request_id: None, kind, class: 1, holder, opening, content: None };
    let wallet = test.ledger.open_wallet(order, test.now).unwrap();
    test.commit();
    wallet
}

/// A parent with 100 yuan and a sub-wallet on these terms.
fn family(
    test: &mut TestLedger,
    terms: impl FnOnce(&mut SubWalletOrder),
) -> (WalletNumber, WalletNumber) {
    let parent = test.wallet(2, 100);
    let mut order = order(parent);
    terms(&mut order);
    let child = test.ledger.open_sub_wallet(order, test.now).unwrap();
    test.commit();
    (parent, child)
}

#[test]
fn a_sub_wallet_is_of_the_holder_kind_and_class_of_its_parent_and_opened_once_per_request() {
    let mut test = TestLedger::new(settings());
    let (parent, child) = family(&mut test, |_| ());
    for _ in 0..2 {
        assert_eq!(test.ledger.open_sub_wallet(order(parent), test.now).unwrap(), child);
        let capped = SubWalletOrder { single: Some(yuan(1)), ..order(parent) };
        assert_eq!(refused(test.ledger.open_sub_wallet(capped, test.now)), "REQUEST_ID_REUSED");
        let (one, other) =
            (test.ledger.wallet(parent).unwrap(), test.ledger.wallet(child).unwrap());
        assert_eq!(
            (one.kind(), one.class, &one.holder),
            (other.kind(), other.class, &other.holder)
        );
        let slot = test.ledger.wallets.slot_of(parent).unwrap();
        assert_eq!(test.ledger.sub_wallet(other).unwrap().parent, slot);
        assert_eq!(test.ledger.sub_wallets_of(parent, 0).count(), 1);
        test.restart();
        test.up();
    }
    let below = SubWalletOrder { request_id: None, ..order(child) };
    assert_eq!(refused(test.ledger.open_sub_wallet(below, test.now)), "IS_SUB_WALLET");
    test.check();
}

#[test]
fn money_moves_between_parent_and_sub_wallet_without_consuming_limits() {
    let mut test = TestLedger::new(settings());
    let (parent, child) = family(&mut test, |_| ());
    assert_eq!(load(&mut test, child, 101, "a"), "INSUFFICIENT_FUNDS");
    assert_eq!(load(&mut test, child, 100, "a"), "done");
    assert_eq!(load(&mut test, child, 100, "a"), "done", "a repeat");
    assert_eq!(load(&mut test, child, 99, "a"), "REQUEST_ID_REUSED");
    assert_eq!((test.balance(parent), test.balance(child)), (0, 100));
    assert_eq!(pool(&mut test, child, Some(101), "b"), "INSUFFICIENT_FUNDS");
    assert_eq!(pool(&mut test, child, Some(30), "b"), "done");
    assert_eq!(pool(&mut test, child, None, "c"), "done");
    assert_eq!(pool(&mut test, child, None, "c"), "done", "a repeat, of an empty wallet");
    assert_eq!(pool(&mut test, child, Some(70), "c"), "REQUEST_ID_REUSED");
    assert_eq!(pool(&mut test, child, None, "d"), "INSUFFICIENT_FUNDS");
    assert_eq!((test.balance(parent), test.balance(child)), (100, 0));
    for wallet in [parent, child] {
        assert_eq!(test.ledger.wallet(wallet).unwrap().annual_used, Amount::ZERO);
    }
    test.commit();
    test.restart();
    let entries = |test: &TestLedger, wallet| -> Vec<_> {
        let entries = test.ledger.entries(wallet);
        entries.map(|entry| (entry.kind, entry.change, entry.counterparty)).collect()
    };
    let line = |kind, yuan: i64, other| (kind, Position::from_fen(yuan * 100), Some(other));
    use EntryKind::{MovedIn, MovedOut};
    let of_child =
        [line(MovedOut, -70, parent), line(MovedOut, -30, parent), line(MovedIn, 100, parent)];
    assert_eq!(entries(&test, child), of_child);
    let of_parent =
        [line(MovedIn, 70, child), line(MovedIn, 30, child), line(MovedOut, -100, child)];
    assert_eq!(entries(&test, parent)[..3], of_parent);
    assert_eq!(entries(&test, parent)[3].0, EntryKind::ExchangedOut);
    test.check();
}

#[test]
fn caps_of_its_own_hold_to_the_fen_and_money_that_comes_back_counts_no_more() {
    let mut test = TestLedger::new(settings());
    let (_, child) = family(&mut test, |order| {
        order.single = Some(yuan(10));
        order.daily = Some(yuan(15));
    });
    assert_eq!(load(&mut test, child, 50, "load"), "done");
    assert_eq!(test.pay(child, abroad(), 11), "Rejected SINGLE_LIMIT");
    assert_eq!(test.pay(child, abroad(), 10), "InTransit");
    assert_eq!(test.pay(child, abroad(), 6), "Rejected DAILY_LIMIT");
    assert_eq!(test.pay(child, abroad(), 5), "InTransit");
    assert_eq!(test.pay(child, abroad(), 1), "Rejected DAILY_LIMIT");
    test.notify(2, Side::Payer, Outcome::Refused(Reason::Expired));
    assert_eq!(test.pay(child, abroad(), 10), "InTransit");
    test.check();
}

#[test]
fn a_restricted_sub_wallet_pays_those_on_its_list_alone() {
    let mut test = TestLedger::new(settings());
    let shop = test.wallet(1, 0);
    let only = |wallet: WalletNumber| BTreeSet::from([wallet]);
    let (parent, child) = family(&mut test, |order| order.payees = Some(only(shop)));
    assert_eq!(load(&mut test, child, 50, "load"), "done");
    for _ in 0..2 {
        assert_eq!(test.pay(child, shop, 1), "Completed");
        assert_eq!(test.pay(child, abroad(), 1), "Rejected PAYEE_NOT_ALLOWED");
        assert_eq!(test.pay(child, parent, 1), "Rejected PAYEE_NOT_ALLOWED");
        test.restart();
        test.up();
    }
    let (none, now) = (BTreeSet::new(), test.now);
    let both = test.ledger.allow_payees(child, &only(shop), &only(shop), now);
    assert_eq!(refused(both), "FIELD_INVALID");
    test.ledger.allow_payees(child, &only(abroad()), &only(shop), now).unwrap();
    let rows = test.ledger.chain().row;
    test.ledger.allow_payees(child, &only(abroad()), &only(shop), now).unwrap();
    assert_eq!(test.ledger.chain().row, rows, "a repeat changes nothing");
    test.commit();
    test.restart();
    test.up();
    assert_eq!(test.pay(child, shop, 1), "Rejected PAYEE_NOT_ALLOWED");
    assert_eq!(test.pay(child, abroad(), 1), "InTransit");
    let (_, free) = family(&mut test, |order| order.request_id = None);
    assert_eq!(refused(test.ledger.allow_payees(free, &none, &none, now)), "NOT_RESTRICTED");
    test.check();
}

#[test]
fn a_list_holds_a_thousand_payees_and_not_one_more() {
    let mut test = TestLedger::new(settings());
    let payees = |count: u64| -> BTreeSet<_> {
        let number = |serial| WalletNumber::new(abroad().prefix(), abroad().kind(), serial);
        (1..=count).filter_map(number).collect()
    };
    let (parent, child) = family(&mut test, |order| order.payees = Some(payees(1_000)));
    let more = SubWalletOrder { request_id: None, payees: Some(payees(1_001)), ..order(parent) };
    assert_eq!(refused(test.ledger.open_sub_wallet(more, test.now)), "FIELD_INVALID");
    let (one, none) = (payees(1_001).difference(&payees(1_000)).copied().collect(), payees(0));
    assert_eq!(refused(test.ledger.allow_payees(child, &one, &none, test.now)), "FIELD_INVALID");
    test.ledger.allow_payees(child, &one, &payees(1), test.now).unwrap();
    test.commit();
    test.check();
}

#[test]
fn a_stopped_wallet_neither_gives_nor_takes() {
    let mut test = TestLedger::new(settings());
    let (parent, child) = family(&mut test, |_| ());
    assert_eq!(load(&mut test, child, 50, "load"), "done");
    test.ledger.freeze(parent, true, test.now).unwrap();
    assert_eq!(load(&mut test, child, 1, "a"), "WALLET_RECEIVE_ONLY");
    assert_eq!(pool(&mut test, child, Some(1), "b"), "done", "a parent that receives only");
    test.ledger.freeze(parent, false, test.now).unwrap();
    assert_eq!(load(&mut test, child, 1, "a"), "WALLET_FROZEN");
    assert_eq!(pool(&mut test, child, Some(1), "c"), "WALLET_FROZEN");
    let another = SubWalletOrder { request_id: None, ..order(parent) };
    assert_eq!(refused(test.ledger.open_sub_wallet(another, test.now)), "WALLET_FROZEN");
    test.ledger.unfreeze(parent, test.now).unwrap();
    test.ledger.freeze(child, false, test.now).unwrap();
    assert_eq!(load(&mut test, child, 1, "a"), "WALLET_FROZEN");
    assert_eq!(pool(&mut test, child, Some(1), "c"), "WALLET_FROZEN");
    assert_eq!((test.balance(parent), test.balance(child)), (51, 49));
    test.commit();
    test.check();
}

#[test]
fn a_closed_sub_wallet_has_no_list_and_its_opening_is_repeated_as_before() {
    let mut test = TestLedger::new(settings());
    let parent = wallet_of_kind(&mut test, WalletKind::Personal, 10);
    let terms = SubWalletOrder { payees: Some(BTreeSet::from([abroad()])), ..order(parent) };
    let child = test.ledger.open_sub_wallet(terms.clone(), test.now).unwrap();
    test.ledger.close_wallet(child, test.now).unwrap();
    test.commit();
    for _ in 0..2 {
        let found = test.ledger.wallet(child).and_then(|wallet| test.ledger.sub_wallet(wallet));
        assert_eq!(found.unwrap().payees, Some(BTreeSet::new()));
        assert_eq!(test.ledger.open_sub_wallet(terms.clone(), test.now), Ok(child));
        test.restart();
    }
    test.check();
}

#[test]
fn a_parent_is_closed_after_its_sub_wallets() {
    let mut test = TestLedger::new(settings());
    let (parent, child) = family(&mut test, |_| ());
    assert_eq!(load(&mut test, child, 100, "load"), "done");
    assert_eq!(refused(test.ledger.close_wallet(parent, test.now)), "SUB_WALLETS_OPEN");
    assert_eq!(refused(test.ledger.close_wallet(child, test.now)), "WALLET_NOT_EMPTY");
    assert_eq!(pool(&mut test, child, None, "pool"), "done");
    test.ledger.close_wallet(child, test.now).unwrap();
    assert_eq!(load(&mut test, child, 1, "late"), "WALLET_CLOSED");
    test.ledger.exchange_back(parent, yuan(100), request("back"), test.now).unwrap();
    test.ledger.close_wallet(parent, test.now).unwrap();
    test.commit();
    test.check();
}

#[test]
fn an_open_sub_wallet_of_a_closed_parent_is_found_by_the_audit() {
    let mut test = TestLedger::new(settings());
    let (parent, child) = family(&mut test, |_| ());
    assert!(test.ledger.check_families().ok);
    let slot = test.ledger.wallets.slot_of(parent).unwrap();
    test.ledger.wallets.set_status(slot, WalletStatus::Closed);
    let found = test.ledger.check_families();
    assert!(!found.ok && found.detail.contains(&child.to_string()), "{found:?}");
}

#[test]
fn only_its_parent_brings_money_of_a_bank_account_or_another_class() {
    let mut test = TestLedger::new(settings());
    let (parent, child) = family(&mut test, |_| ());
    let (all, now) = (Holder::verified(None), test.now);
    let ledger = &mut test.ledger;
    let out = ledger.exchange_out(child, yuan(1), request("out"), now);
    assert_eq!(refused(out), "IS_SUB_WALLET");
    let back = ledger.exchange_back(child, yuan(1), request("back"), now);
    assert_eq!(refused(back), "IS_SUB_WALLET");
    assert_eq!(refused(ledger.upgrade(child, 1, &all, now)), "IS_SUB_WALLET");
    ledger.upgrade(parent, 1, &all, now).unwrap();
    test.commit();
    test.restart();
    assert_eq!(test.ledger.wallet(child).unwrap().class.get(), 1);
    assert_eq!(load(&mut test, parent, 1, "load"), "NOT_SUB_WALLET");
    test.check();
}

#[test]
fn the_pool_of_a_campaign_takes_no_orders_of_its_holder() {
    let mut test = TestLedger::new(settings());
    let parent = wallet_of_kind(&mut test, WalletKind::Corporate, 100);
    let pool_of = |parent| SubWalletOrder {
        request_id: None,
        used_for: SubWalletUse::Campaign,
        ..order(parent)
    };
    let child = test.ledger.open_sub_wallet(pool_of(parent), test.now).unwrap();
    assert_eq!(load(&mut test, child, 10, "a"), "CAMPAIGN_WALLET");
    let (down, up) = (FamilyMove::Load(yuan(40)), FamilyMove::PoolAll);
    test.ledger.move_in_family(child, down, None, test.now).unwrap();
    assert_eq!(test.pay(child, parent, 1), "Rejected CAMPAIGN_WALLET");
    assert_eq!(pool(&mut test, child, None, "b"), "CAMPAIGN_WALLET");
    assert_eq!((test.balance(parent), test.balance(child)), (60, 40));
    assert_eq!(test.ledger.move_in_family(child, up, None, test.now).unwrap(), yuan(40));
    test.commit();
    test.restart();
    assert_eq!((test.balance(parent), test.balance(child)), (100, 0));
    test.check();
}

#[test]
fn the_kind_of_a_wallet_decides_what_sub_wallets_it_has() {
    let mut test = TestLedger::new(settings());
    let card = wallet_of_kind(&mut test, WalletKind::Hard, 0);
    assert_eq!(refused(test.ledger.open_sub_wallet(order(card), test.now)), "KIND_NOT_ALLOWED");
    let person = test.wallet(1, 0);
    let sponsor = SubWalletOrder { used_for: SubWalletUse::Campaign, ..order(person) };
    assert_eq!(refused(test.ledger.open_sub_wallet(sponsor, test.now)), "KIND_NOT_ALLOWED");
}

#[test]
fn what_a_sub_wallet_may_hold_is_bounded_by_its_class() {
    let mut test = TestLedger::new(settings());
    let (one, other) = (test.wallet(4, 9_000), test.wallet(1, 9_000));
    let child = test.ledger.open_sub_wallet(order(one), test.now).unwrap();
    test.commit();
    assert_eq!(test.pay(other, child, 1_001), "Completed");
    assert_eq!(load(&mut test, child, 9_000, "a"), "BALANCE_CAP");
    assert_eq!(load(&mut test, child, 8_999, "a"), "done");
    assert_eq!(test.balance(child), 10_000);
    test.commit();
    test.check();
}

#[test]
fn whoever_freezes_a_parent_freezes_its_sub_wallets() {
    let mut test = TestLedger::new(settings());
    let (parent, child) = family(&mut test, |_| ());
    assert_eq!(load(&mut test, child, 50, "load"), "done");
    assert_eq!(test.pay(child, abroad(), 5), "InTransit");
    test.ledger.freeze(parent, false, test.now).unwrap();
    assert_eq!(test.pay(child, abroad(), 5), "Rejected WALLET_FROZEN");
    test.deliver(9, child, 1);
    assert!(test.said().ends_with("reject #9 PAYEE_FROZEN"));
    // What comes back is a return.
    test.notify(1, Side::Payer, Outcome::Refused(Reason::Expired));
    assert_eq!(test.balance(child), 50);
    test.ledger.unfreeze(parent, test.now).unwrap();
    assert_eq!(test.pay(child, abroad(), 5), "InTransit");
    test.check();
}

#[test]
fn a_wallet_has_no_more_sub_wallets_than_it_may_have() {
    let mut test = TestLedger::new(settings());
    let parent = test.wallet(1, 0);
    let next = |test: &mut TestLedger| {
        test.ledger.open_sub_wallet(SubWalletOrder { request_id: None, ..order(parent) }, test.now)
    };
    for _ in 0..SUB_WALLETS_MAX {
        next(&mut test).unwrap();
    }
    assert_eq!(next(&mut test), Err(OperatorError::TooManySubWallets(SUB_WALLETS_MAX)));
    test.commit();
    test.check();
}
