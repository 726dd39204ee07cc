use super::super::cycle::CycleState;
use super::super::lending::Lending;
use super::super::settlement_mode::{SettlementMode, Shortfall};
use super::super::test_ledger::{TestLedger, code, request, settings, yuan};
use super::*;
use crate::Regime;

const HOUR: i64 = 3_600_000;

fn test_ledger(
    mode: SettlementMode,
    regime: Regime,
    change: impl FnOnce(&mut super::super::CentralBankSettings),
) -> TestLedger {
    let mut settings = settings(mode, 2, None);
    settings.regime = regime;
    change(&mut settings);
    TestLedger::new(settings)
}

fn lending(regime: Regime) -> TestLedger {
    test_ledger(SettlementMode::DeferredNet(Shortfall::CentralBankCredit), regime, |_| ())
}

/// Drawn, repaid and overdrawn, in yuan.
fn lent(test: &TestLedger, operator: usize) -> [i64; 3] {
    let Lending { drawn, repaid, overdraft, .. } = test.ledger.accounts()[operator].lending;
    [drawn, repaid, overdraft].map(|sum| sum.fen() / 100)
}

fn overdrafts(test: &TestLedger) -> Vec<(u16, String, i64)> {
    let overdrafts = test.ledger.overdrafts();
    overdrafts
        .map(|one| (one.operator.get(), one.at.date().to_string(), one.sum.fen() / 100))
        .collect()
}

/// The process starts again, and its operators come back.
fn restart(test: &mut TestLedger) {
    test.restart();
    (0..2).for_each(|operator| test.up(operator));
    (0..2).for_each(|operator| drop(test.heard(operator)));
}

#[test]
fn what_was_lent_is_repaid_at_the_close_from_what_came_in_meanwhile() {
    let mut test = lending(Regime::Deposit);
    test.paid(0, 1, 1_570);
    test.wait(6 * HOUR);
    assert_eq!((lent(&test, 0), test.money(0)), ([70, 0, 0], (0, 0)));
    test.paid(1, 0, 100);
    restart(&mut test);
    test.wait(6 * HOUR);
    assert_eq!(test.heard(0), "cycle 2 settled 100 carried 0; reserves -70");
    assert_eq!((lent(&test, 0), test.money(0)), ([70, 70, 0], (30, 0)));
    assert_eq!((overdrafts(&test), test.ledger.accounts.credit_due()), (vec![], None));
    test.check();
}

#[test]
fn what_is_left_is_an_overdraft_on_every_day_until_it_ends() {
    let mut test = lending(Regime::Deposit);
    test.paid(0, 1, 1_570);
    test.wait(6 * HOUR);
    test.paid(1, 0, 30);
    test.wait(6 * HOUR);
    assert_eq!((lent(&test, 0), test.money(0)), ([70, 30, 40], (0, 0)));
    restart(&mut test);
    test.wait(24 * HOUR);
    test.ledger.fund(code(0), yuan(50).position(), &request("more"), test.now).unwrap();
    test.commit();
    assert_eq!(lent(&test, 0), [70, 30, 40]);
    test.wait(24 * HOUR);
    assert_eq!((lent(&test, 0), test.money(0)), ([70, 70, 0], (10, 0)));
    let days = [("2022-08-25", 40), ("2022-08-26", 40), ("2022-08-27", 0)];
    assert_eq!(overdrafts(&test), days.map(|(day, sum)| (0, day.to_owned(), sum)));
    assert_eq!(test.ledger.accounts.credit_due(), None);
    test.check();
}

#[test]
fn a_credit_line_in_use_at_the_close_is_an_overdraft_and_within_the_day_is_none() {
    let line =
        |settings: &mut super::super::CentralBankSettings| settings.operators[0].credit = yuan(300);
    let mut test = test_ledger(SettlementMode::Gross, Regime::Deposit, line);
    test.paid(0, 1, 1_600);
    test.wait(HOUR);
    test.paid(1, 0, 100);
    test.wait(11 * HOUR);
    assert_eq!(overdrafts(&test), []);
    // The close itself still belongs to the day.
    test.wait(1);
    test.paid(0, 1, 200);
    restart(&mut test);
    test.wait(24 * HOUR);
    test.paid(1, 0, 500);
    restart(&mut test);
    test.wait(24 * HOUR);
    assert_eq!(
        overdrafts(&test),
        [(0, "2022-08-26".to_owned(), 200), (0, "2022-08-27".to_owned(), 0)]
    );
    test.check();
}

#[test]
fn what_is_earmarked_does_not_repay_and_e_cny_of_wallets_neither() {
    let little =
        |settings: &mut super::super::CentralBankSettings| settings.operators[0].stock = yuan(50);
    let mut test = test_ledger(
        SettlementMode::DeferredNet(Shortfall::CentralBankCredit),
        Regime::Cash,
        little,
    );
    test.ledger.earmark(code(0), yuan(1_400).position(), &request("guarantee"), test.now).unwrap();
    test.paid(0, 1, 120);
    test.wait(12 * HOUR);
    // Of 1,450 in reserves 50 are free.
    assert_eq!((lent(&test, 0), test.money(0)), ([70, 50, 20], (0, 0)));
    assert_eq!(test.ledger.accounts()[0].reserves, yuan(1_400).position());
    test.check();
}

#[test]
fn credit_lent_at_the_last_cut_off_comes_due_at_that_close() {
    let mut test = lending(Regime::Deposit);
    test.wait(12 * HOUR - 1);
    test.paid(0, 1, 1_570);
    test.wait(1);
    assert_eq!(overdrafts(&test), [(0, "2022-08-25".to_owned(), 70)]);
    assert_eq!(test.ledger.accounts.credit_due(), Some(test.now.plus_ms(24 * HOUR)));
    test.check();
}

fn refusing(settings: &mut super::super::CentralBankSettings) {
    settings.overdrafts = Overdrafts::Refused;
}

#[test]
fn where_overdrafts_are_refused_so_are_payments_until_what_is_owed_has_come_in() {
    let mut test = test_ledger(
        SettlementMode::DeferredNet(Shortfall::CentralBankCredit),
        Regime::Deposit,
        refusing,
    );
    test.paid(0, 1, 1_570);
    test.wait(6 * HOUR);
    let within_the_day = test.paid(0, 1, 1);
    test.paid(1, 0, 31);
    test.wait(6 * HOUR);
    assert_eq!(
        (lent(&test, 0), test.state(within_the_day)),
        ([70, 30, 40], "cleared 2".to_owned())
    );
    let events = format!("{:?}", overdrafts(&test));
    assert_eq!(events, "[(0, \"2022-08-25\", 40)]");
    restart(&mut test);
    let (of_the_debtor, of_the_other) = (test.pay(0, 1, 1), test.paid(1, 0, 5));
    assert_eq!(test.state(of_the_debtor), "refused OVERDRAFT_REFUSED");
    assert!(test.state(of_the_other).starts_with("cleared"));
    test.ledger.fund(code(0), yuan(39).position(), &request("little"), test.now).unwrap();
    let refused = test.pay(0, 1, 1);
    test.ledger.fund(code(0), yuan(1).position(), &request("rest"), test.now).unwrap();
    let taken = test.paid(0, 1, 1);
    assert_eq!(test.state(refused), "refused OVERDRAFT_REFUSED");
    assert!(test.state(taken).starts_with("cleared"), "{}", test.state(taken));
    test.wait(24 * HOUR);
    assert_eq!(lent(&test, 0), [70, 70, 0]);
    test.check();
}

#[test]
fn a_credit_line_in_use_at_the_close_is_refused_too_and_nothing_is_lent_in_default() {
    let mut test = test_ledger(
        SettlementMode::DeferredNet(Shortfall::CentralBankCredit),
        Regime::Deposit,
        |settings| {
            refusing(settings);
            settings.operators[0].credit = yuan(300);
        },
    );
    test.paid(0, 1, 1_600);
    test.wait(12 * HOUR - 1);
    // Admitted before the default and accepted after it, so that the operator is 50 short at a
    // cut-off.
    let late = test.pay(0, 1, 250);
    test.wait(1);
    assert_eq!(test.money(0), (-100, 0));
    let refused = test.pay(0, 1, 1);
    assert_eq!(test.state(refused), "refused OVERDRAFT_REFUSED");
    test.decide(1, late, None);
    assert_eq!(test.state(late), "cleared 3");
    test.heard(0);
    test.wait(6 * HOUR);
    assert_eq!(
        (test.heard(0).as_str(), lent(&test, 0), test.money(0)),
        ("cycle 3 settled 0 carried -250", [0, 0, 100], (-100, -250))
    );
    test.paid(1, 0, 350);
    test.wait(6 * HOUR);
    let taken = test.paid(0, 1, 1);
    assert!(test.state(taken).starts_with("cleared"), "{}", test.state(taken));
    test.check();
}

#[test]
fn a_default_makes_no_other() {
    for regime in [Regime::Cash, Regime::Deposit] {
        let mut settings =
            settings(SettlementMode::DeferredNet(Shortfall::CentralBankCredit), 3, None);
        settings.regime = regime;
        refusing(&mut settings);
        // In the cash regime e-CNY settles and reserves repay: all of them went into e-CNY.
        let all = if regime == Regime::Cash { 1_000 } else { 1_500 };
        settings.operators[0].reserves = yuan(all);
        let mut test = TestLedger::new(settings);
        test.paid(0, 2, all + 70);
        test.wait(11 * HOUR);
        // Under way before the default, decided after it.
        let late = test.pay(0, 2, 10);
        test.wait(HOUR);
        assert_eq!(lent(&test, 0)[2], 70, "{regime:?}");
        test.decide(2, late, None);
        test.paid(1, 2, all + 50);
        let carried = test.ledger.cycles().len();
        test.wait(6 * HOUR);
        assert_eq!(test.ledger.cycles()[carried].state, CycleState::Carried, "{regime:?}");
        assert_eq!(
            lent(&test, 1),
            [0; 3],
            "{regime:?}: nothing is lent for a cycle that does not settle"
        );
        test.check();
    }
}

#[test]
fn who_has_repaid_may_use_the_credit_of_the_next_day() {
    let mut test = test_ledger(SettlementMode::Gross, Regime::Deposit, |settings| {
        refusing(settings);
        settings.operators[0].credit = yuan(300);
    });
    test.paid(0, 1, 1_600);
    test.wait(12 * HOUR);
    let refused = test.pay(0, 1, 1);
    assert_eq!(test.state(refused), "refused OVERDRAFT_REFUSED");
    test.ledger.fund(code(0), yuan(100).position(), &request("back"), test.now).unwrap();
    test.wait(HOUR);
    for _ in 0..3 {
        let taken = test.paid(0, 1, 1);
        assert!(test.state(taken).starts_with("cleared"), "{}", test.state(taken));
    }
    assert_eq!(test.money(0), (-3, 0));
    test.check();
}
