//! What the central bank does with its operators.

use crate::central_bank::bench::{Bench, NET, code, request, settings, yuan};
use crate::central_bank::operation::Action;
use crate::central_bank::settlement_mode::SettlementMode;
use crate::link::{OperationId, OperatorMessage, WithdrawalAnswer};
use crate::money::{Position, RequestKey};
use crate::{Reason, Regime};

fn answer(bench: &mut Bench, request_id: &str, held: bool) {
    let operation = OperationId(RequestKey::without_wallet(&request(request_id)).0);
    let withdrawals = vec![WithdrawalAnswer { operation, held }];
    bench.send(0, OperatorMessage { withdrawals, ..OperatorMessage::default() });
}

/// Reserves and holding of operator A in yuan.
fn balances(bench: &Bench) -> (i64, i64) {
    let account = &bench.ledger.accounts()[0];
    (account.reserves.fen() / 100, account.held.fen() / 100)
}

#[test]
fn an_issue_turns_reserves_into_e_cny_once() {
    let mut bench = Bench::net(1, None);
    for _ in 0..2 {
        bench.ledger.issue(code(0), yuan(200), &request("i"), bench.now).unwrap();
        bench.commit();
    }
    assert_eq!((balances(&bench), bench.heard(0).as_str()), ((300, 1_200), "issued 200"));
    assert_eq!((bench.ledger.issued().fen(), bench.ledger.withdrawn().fen()), (120_000, 0));
    assert!(bench.ledger.issue(code(0), yuan(201), &request("i"), bench.now).is_err());
    assert!(bench.ledger.issue(code(0), yuan(301), &request("j"), bench.now).is_err());
    bench.check();
}

#[test]
fn a_withdrawal_moves_the_holding_only_when_the_operator_has_set_it_aside() {
    let mut bench = Bench::net(1, None);
    bench.ledger.withdraw(code(0), yuan(400), &request("w"), bench.now).unwrap();
    bench.commit();
    assert_eq!((balances(&bench), bench.heard(0).as_str()), ((500, 1_000), "set aside 400"));
    assert!(bench.ledger.withdraw(code(0), yuan(601), &request("x"), bench.now).is_err());
    answer(&mut bench, "w", true);
    answer(&mut bench, "w", true);
    assert_eq!((balances(&bench), bench.heard(0).as_str()), ((900, 600), "withdrawn 400"));
    let last = bench.ledger.withdraw(code(0), yuan(400), &request("w"), bench.now).unwrap();
    assert_eq!(last.action, Action::Withdraw { amount: yuan(400) });
    bench.check();
}

#[test]
fn a_declined_withdrawal_changes_nothing() {
    let mut bench = Bench::net(1, None);
    bench.ledger.withdraw(code(0), yuan(400), &request("w"), bench.now).unwrap();
    answer(&mut bench, "w", false);
    answer(&mut bench, "w", true);
    assert_eq!(balances(&bench), (500, 1_000));
    assert_eq!(bench.ledger.accounts()[0].withdrawing, yuan(0));
    bench.check();
}

#[test]
fn a_withdrawal_that_is_declined_while_it_waits_is_not_booked_with_the_next_inflow() {
    let mut bench = Bench::net(2, None);
    bench.ledger.withdraw(code(0), yuan(1_000), &request("w"), bench.now).unwrap();
    bench.paid(0, 1, 300);
    bench.close();
    answer(&mut bench, "w", true);
    answer(&mut bench, "w", false);
    bench.paid(1, 0, 300);
    bench.close();
    assert_eq!(balances(&bench), (500, 1_000));
    let last = bench.ledger.withdraw(code(0), yuan(1_000), &request("w"), bench.now).unwrap();
    assert_eq!(last.action, Action::DeclineWithdrawal { amount: yuan(1_000) });
    bench.check();
}

#[test]
fn a_withdrawal_waits_for_inflow_when_settlement_took_the_holding() {
    let mut bench = Bench::net(2, None);
    bench.ledger.withdraw(code(0), yuan(1_000), &request("w"), bench.now).unwrap();
    bench.paid(0, 1, 300);
    bench.close();
    answer(&mut bench, "w", true);
    assert_eq!(balances(&bench), (500, 700));
    bench.paid(1, 0, 300);
    bench.heard(0);
    bench.close();
    assert_eq!(
        (balances(&bench), bench.heard(0).as_str()),
        ((1_500, 0), "cycle 2 settled 300 carried 0; withdrawn 1000")
    );
    bench.check();
}

#[test]
fn gross_settlement_withdraws_nothing_that_covers_a_payment() {
    let mut bench = Bench::new(settings(SettlementMode::Gross, 2, None));
    let number = bench.pay(0, 1, 700);
    assert!(bench.ledger.withdraw(code(0), yuan(301), &request("w"), bench.now).is_err());
    bench.ledger.withdraw(code(0), yuan(300), &request("x"), bench.now).unwrap();
    bench.pay(0, 1, 300);
    answer(&mut bench, "x", true);
    assert_eq!(balances(&bench), (500, 1_000));
    bench.decide(1, number, Some(crate::Reason::PayeeUnknown));
    assert_eq!(balances(&bench), (800, 700));
    bench.check();
}

#[test]
fn deposits_know_no_issue_and_reserves_are_never_overdrawn() {
    let mut settings = settings(NET, 1, None);
    settings.regime = Regime::Deposit;
    let mut bench = Bench::new(settings);
    assert!(bench.ledger.issue(code(0), yuan(1), &request("i"), bench.now).is_err());
    let out = |yuan: i64| Position::from_fen(-100 * yuan);
    assert!(bench.ledger.fund(code(0), out(1_501), &request("f"), bench.now).is_err());
    bench.ledger.fund(code(0), out(1_500), &request("g"), bench.now).unwrap();
    bench.commit();
    assert_eq!((balances(&bench), bench.heard(0).as_str()), ((0, 0), "reserves -1500"));
    bench.check();
}

#[test]
fn a_cap_lowered_below_the_exposure_binds_the_next_admission_only() {
    let mut bench = Bench::net(2, Some(100));
    bench.paid(0, 1, 80);
    bench.ledger.set_cap(code(0), Some(yuan(50)), bench.now).unwrap();
    let refused = bench.pay(0, 1, 1);
    assert_eq!(
        (bench.headroom(0), bench.state(refused).as_str()),
        (Some(-30), "refused NET_DEBIT_CAP")
    );
    bench.ledger.set_cap(code(0), None, bench.now).unwrap();
    let admitted = bench.pay(0, 1, 900);
    assert_eq!((bench.headroom(0), bench.state(admitted).as_str()), (None, "delivered"));
    bench.check();
}

#[test]
fn an_alias_names_one_wallet_and_is_replaced_only_on_purpose() {
    use crate::central_bank::bench::wallet;
    let mut bench = Bench::net(2, None);
    bench.ledger.link_alias("phone:1", wallet(0), false).unwrap();
    bench.ledger.link_alias("phone:1", wallet(0), false).unwrap();
    assert!(bench.ledger.link_alias("phone:1", wallet(1), false).is_err());
    bench.ledger.link_alias("phone:1", wallet(1), true).unwrap();
    assert_eq!(bench.ledger.look_up("phone:1"), Some(wallet(1)));
    assert!(bench.ledger.unlink_alias("phone:1", wallet(0)).is_err());
    bench.ledger.unlink_alias("phone:1", wallet(1)).unwrap();
    bench.ledger.unlink_alias("phone:1", wallet(1)).unwrap();
    bench.commit();
    bench.restart();
    assert_eq!((bench.ledger.look_up("phone:1"), bench.ledger.alias_rows().len()), (None, 3));
    bench.check();
}

#[test]
fn the_cap_follows_what_an_operator_puts_up() {
    let mut settings = settings(NET, 2, None);
    settings.haircut_permille = 100;
    settings.operators[0].guarantees =
        super::super::guarantees::Guarantees { earmarked: yuan(100), collateral: yuan(50) };
    let mut bench = Bench::new(settings);
    assert_eq!(bench.headroom(0), Some(145));
    let [admitted, refused] = [bench.paid(0, 1, 140), bench.pay(0, 1, 6)];
    assert_eq!(
        [admitted, refused].map(|number| bench.state(number)),
        ["cleared 1", "refused NET_DEBIT_CAP"]
    );
    bench.ledger.pledge(code(0), yuan(10).position(), &request("p"), bench.now).unwrap();
    bench.ledger.pledge(code(0), yuan(10).position(), &request("p"), bench.now).unwrap();
    assert_eq!(bench.headroom(0), Some(14));
    let uncovered =
        bench.ledger.earmark(code(0), -yuan(15).position(), &request("e"), bench.now).unwrap_err();
    assert_eq!((uncovered.reason(), uncovered.field()), (Reason::NetDebitCap, "amount"));
    let unpledged =
        bench.ledger.pledge(code(0), -yuan(61).position(), &request("q"), bench.now).unwrap_err();
    assert_eq!(unpledged.reason(), Reason::ReservesInsufficient);
    bench.ledger.earmark(code(0), -yuan(14).position(), &request("f"), bench.now).unwrap();
    assert_eq!(bench.headroom(0), Some(0));
    bench.commit();
    bench.restart();
    assert_eq!(bench.headroom(0), Some(0));
    bench.check();
}

#[test]
fn earmarked_reserves_settle_but_do_not_leave() {
    let mut bench = Bench::net(2, None);
    bench.ledger.earmark(code(0), yuan(400).position(), &request("e"), bench.now).unwrap();
    let kept =
        bench.ledger.fund(code(0), -yuan(101).position(), &request("f"), bench.now).unwrap_err();
    assert_eq!(kept.reason(), Reason::ReservesInsufficient);
    bench.ledger.fund(code(0), -yuan(100).position(), &request("g"), bench.now).unwrap();
    let more =
        bench.ledger.earmark(code(0), yuan(1).position(), &request("h"), bench.now).unwrap_err();
    assert_eq!(more.reason(), Reason::ReservesInsufficient);
    bench.commit();
    bench.check();
}

#[test]
fn earmarked_reserves_that_settlement_used_are_freed_but_do_not_leave() {
    let mut settings = settings(NET, 2, None);
    settings.regime = Regime::Deposit;
    settings.operators[0].reserves = yuan(100);
    settings.operators[0].stock = yuan(0);
    let mut bench = Bench::new(settings);
    let earmark = |bench: &mut Bench, whole: i64, id: &str| {
        let sum = Position::from_fen(whole * 100);
        bench.ledger.earmark(code(0), sum, &request(id), bench.now).map(drop)
    };
    earmark(&mut bench, 80, "e").unwrap();
    bench.paid(0, 1, 60);
    bench.close();
    // Of the 80 that are earmarked 40 are left.
    earmark(&mut bench, -30, "f").unwrap();
    assert_eq!((bench.money(0), bench.headroom(0)), ((40, 0), Some(50)));
    let leave = |bench: &mut Bench, whole: i64, id: &str| {
        let sum = Position::from_fen(-whole * 100);
        bench.ledger.fund(code(0), sum, &request(id), bench.now).map(drop)
    };
    let short = leave(&mut bench, 1, "g").unwrap_err();
    assert_eq!(short.reason(), Reason::ReservesInsufficient);
    // What is freed no longer carries a cap.
    bench.pay(0, 1, 45);
    let uncovered = earmark(&mut bench, -6, "h").unwrap_err();
    assert_eq!(uncovered.reason(), Reason::NetDebitCap);
    earmark(&mut bench, -5, "i").unwrap();
    assert_eq!(bench.headroom(0), Some(0));
    leave(&mut bench, 1, "j").unwrap_err();
    bench.commit();
    bench.restart();
    bench.check();
}

#[test]
fn once_everything_put_up_is_released_the_cap_from_before_holds() {
    for cap in [None, Some(100)] {
        let mut bench = Bench::net(2, cap);
        let put_up = |bench: &mut Bench, yuan_: i64, id: &str| {
            let sum = crate::money::Position::from_fen(yuan_ * 100);
            bench.ledger.pledge(code(0), sum, &request(id), bench.now).map(drop)
        };
        put_up(&mut bench, 50, "p").unwrap();
        assert_eq!(bench.headroom(0), Some(50));
        bench.commit();
        bench.restart();
        put_up(&mut bench, -50, "q").unwrap();
        assert_eq!(bench.headroom(0), cap);
        // A cap set in between is the one that comes back.
        put_up(&mut bench, 50, "r").unwrap();
        bench.ledger.set_cap(code(0), Some(yuan(70)), bench.now).unwrap();
        put_up(&mut bench, 20, "s").unwrap();
        assert_eq!(bench.headroom(0), Some(70));
        put_up(&mut bench, -70, "t").unwrap();
        assert_eq!(bench.headroom(0), Some(70));
        bench.commit();
        bench.check();
    }
}

#[test]
fn a_closed_wallet_gives_up_its_aliases_and_nobody_elses() {
    use crate::central_bank::bench::wallet;
    let mut bench = Bench::net(2, None);
    for (alias, owner) in
        [("merchant:A", 0), ("phone:12345", 0), ("merchant:B", 0), ("merchant:C", 1)]
    {
        bench.ledger.link_alias(alias, wallet(owner), false).unwrap();
    }
    bench.ledger.link_alias("merchant:B", wallet(1), true).unwrap();
    let listed = |bench: &Bench, owner: usize| -> Vec<String> {
        let rows = bench.ledger.aliases_of(wallet(owner));
        rows.map(|row| row.shown.as_deref().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(listed(&bench, 0), ["merchant:A", "phone:***45"]);
    bench.commit();
    bench.restart();
    assert_eq!(listed(&bench, 1), ["merchant:C", "merchant:B"]);
    bench.ledger.give_up_aliases(wallet(0));
    bench.ledger.give_up_aliases(wallet(0));
    bench.commit();
    bench.restart();
    assert_eq!((listed(&bench, 0).len(), listed(&bench, 1).len()), (0, 2));
    let found =
        ["merchant:A", "phone:12345", "merchant:B"].map(|alias| bench.ledger.look_up(alias));
    assert_eq!(found, [None, None, Some(wallet(1))]);
    bench.check();
}

#[test]
fn aliases_from_before_there_was_a_key_are_found_and_moved_and_new_ones_are_hashed_with_it() {
    use crate::HashKey;
    use crate::central_bank::AliasHash;
    use crate::central_bank::bench::wallet;
    let (key, other) = (HashKey::new([1; 32]), HashKey::new([2; 32]));
    let mut bench = Bench::net(2, None);
    bench.ledger.link_alias("phone:12345", wallet(0), false).unwrap();
    bench.ledger.link_alias("merchant:OLD", wallet(0), false).unwrap();
    bench.commit();
    assert!(bench.ledger.is_alias_key(&HashKey::default()) && bench.ledger.is_alias_key(&key));
    for round in 0..2 {
        bench.restart();
        bench.ledger.key_aliases(key);
        assert!(
            bench.ledger.link_alias("phone:12345", wallet(1 - round), false).is_err(),
            "it is taken, {round}"
        );
        bench.ledger.link_alias("phone:12345", wallet(1 - round), true).unwrap();
        bench.ledger.link_alias("merchant:NEW", wallet(0), false).unwrap();
        let found = ["phone:12345", "merchant:OLD", "merchant:NEW"]
            .map(|alias| bench.ledger.look_up(alias));
        assert_eq!(found, [Some(wallet(1 - round)), Some(wallet(0)), Some(wallet(0))]);
        assert_eq!(bench.ledger.aliases().len(), 3, "each has one hash");
        bench.commit();
    }
    let known = |key: HashKey, alias: &str| {
        bench.ledger.aliases().contains_key(&AliasHash::of(&key, alias))
    };
    assert!(known(key, "merchant:NEW") && !known(HashKey::default(), "merchant:NEW"));
    assert!(known(HashKey::default(), "merchant:OLD") && !known(key, "merchant:OLD"));
    assert!(bench.ledger.is_alias_key(&key));
    assert!(!bench.ledger.is_alias_key(&other) && !bench.ledger.is_alias_key(&HashKey::default()));
    bench.ledger.unlink_alias("merchant:OLD", wallet(0)).unwrap();
    bench.ledger.link_alias("merchant:OLD", wallet(0), false).unwrap();
    bench.commit();
    let known =
        |key: HashKey| bench.ledger.aliases().contains_key(&AliasHash::of(&key, "merchant:OLD"));
    assert!(known(key) && !known(HashKey::default()));
    bench.check();
}
