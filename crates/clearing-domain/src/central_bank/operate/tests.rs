//! What the central bank does with its operators.

use crate::central_bank::operation::Action;
use crate::central_bank::settlement_mode::SettlementMode;
use crate::central_bank::test_ledger::{NET, TestLedger, code, request, settings, yuan};
use crate::link::{OperationId, OperatorMessage, WithdrawalAnswer};
use crate::money::{Position, RequestKey};
use crate::{Reason, Regime};

fn answer(test: &mut TestLedger, request_id: &str, held: bool) {
    let operation = OperationId(RequestKey::without_wallet(&request(request_id)).0);
    let withdrawals = vec![WithdrawalAnswer { operation, held }];
    test.send(0, OperatorMessage { withdrawals, ..OperatorMessage::default() });
}

/// Reserves and holding of operator A in yuan.
fn balances(test: &TestLedger) -> (i64, i64) {
    let account = &test.ledger.accounts()[0];
    (account.reserves.fen() / 100, account.held.fen() / 100)
}

#[test]
fn an_issue_turns_reserves_into_e_cny_once() {
    let mut test = TestLedger::net(1, None);
    for _ in 0..2 {
        test.ledger.issue(code(0), yuan(200), &request("i"), test.now).unwrap();
        test.commit();
    }
    assert_eq!((balances(&test), test.heard(0).as_str()), ((300, 1_200), "issued 200"));
    assert_eq!((test.ledger.issued().fen(), test.ledger.withdrawn().fen()), (120_000, 0));
    assert!(test.ledger.issue(code(0), yuan(201), &request("i"), test.now).is_err());
    assert!(test.ledger.issue(code(0), yuan(301), &request("j"), test.now).is_err());
    test.check();
}

#[test]
fn a_withdrawal_moves_the_holding_only_when_the_operator_has_set_it_aside() {
    let mut test = TestLedger::net(1, None);
    test.ledger.withdraw(code(0), yuan(400), &request("w"), test.now).unwrap();
    test.commit();
    assert_eq!((balances(&test), test.heard(0).as_str()), ((500, 1_000), "set aside 400"));
    assert!(test.ledger.withdraw(code(0), yuan(601), &request("x"), test.now).is_err());
    answer(&mut test, "w", true);
    answer(&mut test, "w", true);
    assert_eq!((balances(&test), test.heard(0).as_str()), ((900, 600), "withdrawn 400"));
    let last = test.ledger.withdraw(code(0), yuan(400), &request("w"), test.now).unwrap();
    assert_eq!(last.action, Action::Withdraw { amount: yuan(400) });
    test.check();
}

#[test]
fn a_declined_withdrawal_changes_nothing() {
    let mut test = TestLedger::net(1, None);
    test.ledger.withdraw(code(0), yuan(400), &request("w"), test.now).unwrap();
    answer(&mut test, "w", false);
    answer(&mut test, "w", true);
    assert_eq!(balances(&test), (500, 1_000));
    assert_eq!(test.ledger.accounts()[0].withdrawing, yuan(0));
    test.check();
}

#[test]
fn a_withdrawal_that_is_declined_while_it_waits_is_not_booked_with_the_next_inflow() {
    let mut test = TestLedger::net(2, None);
    test.ledger.withdraw(code(0), yuan(1_000), &request("w"), test.now).unwrap();
    test.paid(0, 1, 300);
    test.close();
    answer(&mut test, "w", true);
    answer(&mut test, "w", false);
    test.paid(1, 0, 300);
    test.close();
    assert_eq!(balances(&test), (500, 1_000));
    let last = test.ledger.withdraw(code(0), yuan(1_000), &request("w"), test.now).unwrap();
    assert_eq!(last.action, Action::DeclineWithdrawal { amount: yuan(1_000) });
    test.check();
}

#[test]
fn a_withdrawal_waits_for_inflow_when_settlement_took_the_holding() {
    let mut test = TestLedger::net(2, None);
    test.ledger.withdraw(code(0), yuan(1_000), &request("w"), test.now).unwrap();
    test.paid(0, 1, 300);
    test.close();
    answer(&mut test, "w", true);
    assert_eq!(balances(&test), (500, 700));
    test.paid(1, 0, 300);
    test.heard(0);
    test.close();
    assert_eq!(
        (balances(&test), test.heard(0).as_str()),
        ((1_500, 0), "cycle 2 settled 300 carried 0; withdrawn 1000")
    );
    test.check();
}

#[test]
fn gross_settlement_withdraws_nothing_that_covers_a_payment() {
    let mut test = TestLedger::new(settings(SettlementMode::Gross, 2, None));
    let number = test.pay(0, 1, 700);
    assert!(test.ledger.withdraw(code(0), yuan(301), &request("w"), test.now).is_err());
    test.ledger.withdraw(code(0), yuan(300), &request("x"), test.now).unwrap();
    test.pay(0, 1, 300);
    answer(&mut test, "x", true);
    assert_eq!(balances(&test), (500, 1_000));
    test.decide(1, number, Some(crate::Reason::PayeeUnknown));
    assert_eq!(balances(&test), (800, 700));
    test.check();
}

#[test]
fn deposits_know_no_issue_and_reserves_are_never_overdrawn() {
    let mut settings = settings(NET, 1, None);
    settings.regime = Regime::Deposit;
    let mut test = TestLedger::new(settings);
    assert!(test.ledger.issue(code(0), yuan(1), &request("i"), test.now).is_err());
    let out = |yuan: i64| Position::from_fen(-100 * yuan);
    assert!(test.ledger.fund(code(0), out(1_501), &request("f"), test.now).is_err());
    test.ledger.fund(code(0), out(1_500), &request("g"), test.now).unwrap();
    test.commit();
    assert_eq!((balances(&test), test.heard(0).as_str()), ((0, 0), "reserves -1500"));
    test.check();
}

#[test]
fn a_cap_lowered_below_the_exposure_binds_the_next_admission_only() {
    let mut test = TestLedger::net(2, Some(100));
    test.paid(0, 1, 80);
    test.ledger.set_cap(code(0), Some(yuan(50)), test.now).unwrap();
    let refused = test.pay(0, 1, 1);
    assert_eq!(
        (test.headroom(0), test.state(refused).as_str()),
        (Some(-30), "refused NET_DEBIT_CAP")
    );
    test.ledger.set_cap(code(0), None, test.now).unwrap();
    let admitted = test.pay(0, 1, 900);
    assert_eq!((test.headroom(0), test.state(admitted).as_str()), (None, "delivered"));
    test.check();
}

#[test]
fn an_alias_names_one_wallet_and_is_replaced_only_on_purpose() {
    use crate::central_bank::test_ledger::wallet;
    let mut test = TestLedger::net(2, None);
    test.ledger.link_alias("phone:1", wallet(0), false).unwrap();
    test.ledger.link_alias("phone:1", wallet(0), false).unwrap();
    assert!(test.ledger.link_alias("phone:1", wallet(1), false).is_err());
    test.ledger.link_alias("phone:1", wallet(1), true).unwrap();
    assert_eq!(test.ledger.look_up("phone:1"), Some(wallet(1)));
    assert!(test.ledger.unlink_alias("phone:1", wallet(0)).is_err());
    test.ledger.unlink_alias("phone:1", wallet(1)).unwrap();
    test.ledger.unlink_alias("phone:1", wallet(1)).unwrap();
    test.commit();
    test.restart();
    assert_eq!((test.ledger.look_up("phone:1"), test.ledger.alias_rows().len()), (None, 3));
    test.check();
}

#[test]
fn the_cap_follows_what_an_operator_puts_up() {
    let mut settings = settings(NET, 2, None);
    settings.haircut_permille = 100;
    settings.operators[0].guarantees =
        super::super::guarantees::Guarantees { earmarked: yuan(100), collateral: yuan(50) };
    let mut test = TestLedger::new(settings);
    assert_eq!(test.headroom(0), Some(145));
    let [admitted, refused] = [test.paid(0, 1, 140), test.pay(0, 1, 6)];
    assert_eq!(
        [admitted, refused].map(|number| test.state(number)),
        ["cleared 1", "refused NET_DEBIT_CAP"]
    );
    test.ledger.pledge(code(0), yuan(10).position(), &request("p"), test.now).unwrap();
    test.ledger.pledge(code(0), yuan(10).position(), &request("p"), test.now).unwrap();
    assert_eq!(test.headroom(0), Some(14));
    let uncovered =
        test.ledger.earmark(code(0), -yuan(15).position(), &request("e"), test.now).unwrap_err();
    assert_eq!((uncovered.reason(), uncovered.field()), (Reason::NetDebitCap, "amount"));
    let unpledged =
        test.ledger.pledge(code(0), -yuan(61).position(), &request("q"), test.now).unwrap_err();
    assert_eq!(unpledged.reason(), Reason::ReservesInsufficient);
    test.ledger.earmark(code(0), -yuan(14).position(), &request("f"), test.now).unwrap();
    assert_eq!(test.headroom(0), Some(0));
    test.commit();
    test.restart();
    assert_eq!(test.headroom(0), Some(0));
    test.check();
}

#[test]
fn earmarked_reserves_settle_but_do_not_leave() {
    let mut test = TestLedger::net(2, None);
    test.ledger.earmark(code(0), yuan(400).position(), &request("e"), test.now).unwrap();
    let kept =
        test.ledger.fund(code(0), -yuan(101).position(), &request("f"), test.now).unwrap_err();
    assert_eq!(kept.reason(), Reason::ReservesInsufficient);
    test.ledger.fund(code(0), -yuan(100).position(), &request("g"), test.now).unwrap();
    let more =
        test.ledger.earmark(code(0), yuan(1).position(), &request("h"), test.now).unwrap_err();
    assert_eq!(more.reason(), Reason::ReservesInsufficient);
    test.commit();
    test.check();
}

#[test]
fn earmarked_reserves_that_settlement_used_are_freed_but_do_not_leave() {
    let mut settings = settings(NET, 2, None);
    settings.regime = Regime::Deposit;
    settings.operators[0].reserves = yuan(100);
    settings.operators[0].stock = yuan(0);
    let mut test = TestLedger::new(settings);
    let earmark = |test: &mut TestLedger, whole: i64, id: &str| {
        let sum = Position::from_fen(whole * 100);
        test.ledger.earmark(code(0), sum, &request(id), test.now).map(drop)
    };
    earmark(&mut test, 80, "e").unwrap();
    test.paid(0, 1, 60);
    test.close();
    // Of the 80 that are earmarked 40 are left.
    earmark(&mut test, -30, "f").unwrap();
    assert_eq!((test.money(0), test.headroom(0)), ((40, 0), Some(50)));
    let leave = |test: &mut TestLedger, whole: i64, id: &str| {
        let sum = Position::from_fen(-whole * 100);
        test.ledger.fund(code(0), sum, &request(id), test.now).map(drop)
    };
    let short = leave(&mut test, 1, "g").unwrap_err();
    assert_eq!(short.reason(), Reason::ReservesInsufficient);
    // What is freed no longer carries a cap.
    test.pay(0, 1, 45);
    let uncovered = earmark(&mut test, -6, "h").unwrap_err();
    assert_eq!(uncovered.reason(), Reason::NetDebitCap);
    earmark(&mut test, -5, "i").unwrap();
    assert_eq!(test.headroom(0), Some(0));
    leave(&mut test, 1, "j").unwrap_err();
    test.commit();
    test.restart();
    test.check();
}

#[test]
fn once_everything_put_up_is_released_the_cap_from_before_holds() {
    for cap in [None, Some(100)] {
        let mut test = TestLedger::net(2, cap);
        let put_up = |test: &mut TestLedger, yuan_: i64, id: &str| {
            let sum = crate::money::Position::from_fen(yuan_ * 100);
            test.ledger.pledge(code(0), sum, &request(id), test.now).map(drop)
        };
        put_up(&mut test, 50, "p").unwrap();
        assert_eq!(test.headroom(0), Some(50));
        test.commit();
        test.restart();
        put_up(&mut test, -50, "q").unwrap();
        assert_eq!(test.headroom(0), cap);
        // A cap set in between is the one that comes back.
        put_up(&mut test, 50, "r").unwrap();
        test.ledger.set_cap(code(0), Some(yuan(70)), test.now).unwrap();
        put_up(&mut test, 20, "s").unwrap();
        assert_eq!(test.headroom(0), Some(70));
        put_up(&mut test, -70, "t").unwrap();
        assert_eq!(test.headroom(0), Some(70));
        test.commit();
        test.check();
    }
}

#[test]
fn a_closed_wallet_gives_up_its_aliases_and_nobody_elses() {
    use crate::central_bank::test_ledger::wallet;
    let mut test = TestLedger::net(2, None);
    for (alias, owner) in
        [("merchant:A", 0), ("phone:12345", 0), ("merchant:B", 0), ("merchant:C", 1)]
    {
        test.ledger.link_alias(alias, wallet(owner), false).unwrap();
    }
    test.ledger.link_alias("merchant:B", wallet(1), true).unwrap();
    let listed = |test: &TestLedger, owner: usize| -> Vec<String> {
        let rows = test.ledger.aliases_of(wallet(owner));
        rows.map(|row| row.shown.as_deref().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(listed(&test, 0), ["merchant:A", "phone:***45"]);
    test.commit();
    test.restart();
    assert_eq!(listed(&test, 1), ["merchant:C", "merchant:B"]);
    test.ledger.give_up_aliases(wallet(0));
    test.ledger.give_up_aliases(wallet(0));
    test.commit();
    test.restart();
    assert_eq!((listed(&test, 0).len(), listed(&test, 1).len()), (0, 2));
    let found = ["merchant:A", "phone:12345", "merchant:B"].map(|alias| test.ledger.look_up(alias));
    assert_eq!(found, [None, None, Some(wallet(1))]);
    test.check();
}

#[test]
fn a_merchant_code_names_only_a_wallet_that_may_charge() {
    use crate::central_bank::test_ledger::wallet;
    use crate::money::{WalletKind, WalletNumber};
    let mut test = TestLedger::net(1, None);
    let of_kind = |kind| WalletNumber::new(wallet(0).prefix(), kind, 7).unwrap();
    for kind in WalletKind::ALL {
        let linked = test.ledger.link_alias("M123456", of_kind(kind), true);
        let expected = match kind {
            WalletKind::Corporate | WalletKind::Merchant | WalletKind::Government => Ok(()),
            WalletKind::Personal | WalletKind::Hard | WalletKind::Operator => {
                Err(crate::Reason::KindNotAllowed)
            }
        };
        assert_eq!(linked.map_err(|error| error.reason()), expected, "{kind:?}");
    }
    assert_eq!(test.ledger.look_up("M123456"), Some(of_kind(WalletKind::Government)));
    test.commit();
    test.check();
}

#[test]
fn aliases_from_before_there_was_a_key_are_found_and_moved_and_new_ones_are_hashed_with_it() {
    use crate::HashKey;
    use crate::central_bank::AliasHash;
    use crate::central_bank::test_ledger::wallet;
    let (key, other) = (HashKey::new([1; 32]), HashKey::new([2; 32]));
    let mut test = TestLedger::net(2, None);
    test.ledger.link_alias("phone:12345", wallet(0), false).unwrap();
    test.ledger.link_alias("merchant:OLD", wallet(0), false).unwrap();
    test.commit();
    assert!(test.ledger.is_alias_key(&HashKey::default()) && test.ledger.is_alias_key(&key));
    for round in 0..2 {
        test.restart();
        test.ledger.key_aliases(key);
        assert!(
            test.ledger.link_alias("phone:12345", wallet(1 - round), false).is_err(),
            "it is taken, {round}"
        );
        test.ledger.link_alias("phone:12345", wallet(1 - round), true).unwrap();
        test.ledger.link_alias("merchant:NEW", wallet(0), false).unwrap();
        let found =
            ["phone:12345", "merchant:OLD", "merchant:NEW"].map(|alias| test.ledger.look_up(alias));
        assert_eq!(found, [Some(wallet(1 - round)), Some(wallet(0)), Some(wallet(0))]);
        assert_eq!(test.ledger.aliases().len(), 3, "each has one hash");
        test.commit();
    }
    let known =
        |key: HashKey, alias: &str| test.ledger.aliases().contains_key(&AliasHash::of(&key, alias));
    assert!(known(key, "merchant:NEW") && !known(HashKey::default(), "merchant:NEW"));
    assert!(known(HashKey::default(), "merchant:OLD") && !known(key, "merchant:OLD"));
    assert!(test.ledger.is_alias_key(&key));
    assert!(!test.ledger.is_alias_key(&other) && !test.ledger.is_alias_key(&HashKey::default()));
    test.ledger.unlink_alias("merchant:OLD", wallet(0)).unwrap();
    test.ledger.link_alias("merchant:OLD", wallet(0), false).unwrap();
    test.commit();
    let known =
        |key: HashKey| test.ledger.aliases().contains_key(&AliasHash::of(&key, "merchant:OLD"));
    assert!(known(key) && !known(HashKey::default()));
    test.check();
}
