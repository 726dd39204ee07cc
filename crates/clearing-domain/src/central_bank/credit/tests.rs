use super::super::bench::{Bench, code, request, settings, yuan};
use super::super::cycle::CycleState;
use super::super::lending::Lending;
use super::super::settlement_mode::{SettlementMode, Shortfall};
use super::*;
use crate::Regime;

const HOUR: i64 = 3_600_000;

fn bench(
    mode: SettlementMode,
    regime: Regime,
    change: impl FnOnce(&mut super::super::CentralBankSettings),
) -> Bench {
    let mut settings = settings(mode, 2, None);
    settings.regime = regime;
    change(&mut settings);
    Bench::new(settings)
}

fn lending(regime: Regime) -> Bench {
    bench(SettlementMode::DeferredNet(Shortfall::CentralBankCredit), regime, |_| ())
}

/// Drawn, repaid and overdrawn, in yuan.
fn lent(bench: &Bench, operator: usize) -> [i64; 3] {
    let Lending { drawn, repaid, overdraft, .. } = bench.ledger.accounts()[operator].lending;
    [drawn, repaid, overdraft].map(|sum| sum.fen() / 100)
}

fn overdrafts(bench: &Bench) -> Vec<(u16, String, i64)> {
    let overdrafts = bench.ledger.overdrafts();
    overdrafts
        .map(|one| (one.operator.get(), one.at.date().to_string(), one.sum.fen() / 100))
        .collect()
}

/// The process starts again, and its operators come back.
fn restart(bench: &mut Bench) {
    bench.restart();
    (0..2).for_each(|operator| bench.up(operator));
    (0..2).for_each(|operator| drop(bench.heard(operator)));
}

#[test]
fn what_was_lent_is_repaid_at_the_close_from_what_came_in_meanwhile() {
    let mut bench = lending(Regime::Deposit);
    bench.paid(0, 1, 1_570);
    bench.wait(6 * HOUR);
    assert_eq!((lent(&bench, 0), bench.money(0)), ([70, 0, 0], (0, 0)));
    bench.paid(1, 0, 100);
    restart(&mut bench);
    bench.wait(6 * HOUR);
    assert_eq!(bench.heard(0), "cycle 2 settled 100 carried 0; reserves -70");
    assert_eq!((lent(&bench, 0), bench.money(0)), ([70, 70, 0], (30, 0)));
    assert_eq!((overdrafts(&bench), bench.ledger.accounts.credit_due()), (vec![], None));
    bench.check();
}

#[test]
fn what_is_left_is_an_overdraft_on_every_day_until_it_ends() {
    let mut bench = lending(Regime::Deposit);
    bench.paid(0, 1, 1_570);
    bench.wait(6 * HOUR);
    bench.paid(1, 0, 30);
    bench.wait(6 * HOUR);
    assert_eq!((lent(&bench, 0), bench.money(0)), ([70, 30, 40], (0, 0)));
    restart(&mut bench);
    bench.wait(24 * HOUR);
    bench.ledger.fund(code(0), yuan(50).position(), &request("more"), bench.now).unwrap();
    bench.commit();
    assert_eq!(lent(&bench, 0), [70, 30, 40]);
    bench.wait(24 * HOUR);
    assert_eq!((lent(&bench, 0), bench.money(0)), ([70, 70, 0], (10, 0)));
    let days = [("2022-08-25", 40), ("2022-08-26", 40), ("2022-08-27", 0)];
    assert_eq!(overdrafts(&bench), days.map(|(day, sum)| (0, day.to_owned(), sum)));
    assert_eq!(bench.ledger.accounts.credit_due(), None);
    bench.check();
}

#[test]
fn a_credit_line_in_use_at_the_close_is_an_overdraft_and_within_the_day_is_none() {
    let line =
        |settings: &mut super::super::CentralBankSettings| settings.operators[0].credit = yuan(300);
    let mut bench = bench(SettlementMode::Gross, Regime::Deposit, line);
    bench.paid(0, 1, 1_600);
    bench.wait(HOUR);
    bench.paid(1, 0, 100);
    bench.wait(11 * HOUR);
    assert_eq!(overdrafts(&bench), []);
    // The close itself still belongs to the day.
    bench.wait(1);
    bench.paid(0, 1, 200);
    restart(&mut bench);
    bench.wait(24 * HOUR);
    bench.paid(1, 0, 500);
    restart(&mut bench);
    bench.wait(24 * HOUR);
    assert_eq!(
        overdrafts(&bench),
        [(0, "2022-08-26".to_owned(), 200), (0, "2022-08-27".to_owned(), 0)]
    );
    bench.check();
}

#[test]
fn what_is_earmarked_does_not_repay_and_e_cny_of_wallets_neither() {
    let little =
        |settings: &mut super::super::CentralBankSettings| settings.operators[0].stock = yuan(50);
    let mut bench =
        bench(SettlementMode::DeferredNet(Shortfall::CentralBankCredit), Regime::Cash, little);
    bench
        .ledger
        .earmark(code(0), yuan(1_400).position(), &request("guarantee"), bench.now)
        .unwrap();
    bench.paid(0, 1, 120);
    bench.wait(12 * HOUR);
    // Of 1,450 in reserves 50 are free.
    assert_eq!((lent(&bench, 0), bench.money(0)), ([70, 50, 20], (0, 0)));
    assert_eq!(bench.ledger.accounts()[0].reserves, yuan(1_400).position());
    bench.check();
}

#[test]
fn credit_lent_at_the_last_cut_off_comes_due_at_that_close() {
    let mut bench = lending(Regime::Deposit);
    bench.wait(12 * HOUR - 1);
    bench.paid(0, 1, 1_570);
    bench.wait(1);
    assert_eq!(overdrafts(&bench), [(0, "2022-08-25".to_owned(), 70)]);
    assert_eq!(bench.ledger.accounts.credit_due(), Some(bench.now.plus_ms(24 * HOUR)));
    bench.check();
}

fn refusing(settings: &mut super::super::CentralBankSettings) {
    settings.overdrafts = Overdrafts::Refused;
}

#[test]
fn where_overdrafts_are_refused_so_are_payments_until_what_is_owed_has_come_in() {
    let mut bench =
        bench(SettlementMode::DeferredNet(Shortfall::CentralBankCredit), Regime::Deposit, refusing);
    bench.paid(0, 1, 1_570);
    bench.wait(6 * HOUR);
    let within_the_day = bench.paid(0, 1, 1);
    bench.paid(1, 0, 31);
    bench.wait(6 * HOUR);
    assert_eq!(
        (lent(&bench, 0), bench.state(within_the_day)),
        ([70, 30, 40], "cleared 2".to_owned())
    );
    let events = format!("{:?}", overdrafts(&bench));
    assert_eq!(events, "[(0, \"2022-08-25\", 40)]");
    restart(&mut bench);
    let (of_the_debtor, of_the_other) = (bench.pay(0, 1, 1), bench.paid(1, 0, 5));
    assert_eq!(bench.state(of_the_debtor), "refused OVERDRAFT_REFUSED");
    assert!(bench.state(of_the_other).starts_with("cleared"));
    bench.ledger.fund(code(0), yuan(39).position(), &request("little"), bench.now).unwrap();
    let refused = bench.pay(0, 1, 1);
    bench.ledger.fund(code(0), yuan(1).position(), &request("rest"), bench.now).unwrap();
    let taken = bench.paid(0, 1, 1);
    assert_eq!(bench.state(refused), "refused OVERDRAFT_REFUSED");
    assert!(bench.state(taken).starts_with("cleared"), "{}", bench.state(taken));
    bench.wait(24 * HOUR);
    assert_eq!(lent(&bench, 0), [70, 70, 0]);
    bench.check();
}

#[test]
fn a_credit_line_in_use_at_the_close_is_refused_too_and_nothing_is_lent_in_default() {
    let mut bench = bench(
        SettlementMode::DeferredNet(Shortfall::CentralBankCredit),
        Regime::Deposit,
        |settings| {
            refusing(settings);
            settings.operators[0].credit = yuan(300);
        },
    );
    bench.paid(0, 1, 1_600);
    bench.wait(12 * HOUR - 1);
    // Admitted before the default and accepted after it, so that the operator is 50 short at a
    // cut-off.
    let late = bench.pay(0, 1, 250);
    bench.wait(1);
    assert_eq!(bench.money(0), (-100, 0));
    let refused = bench.pay(0, 1, 1);
    assert_eq!(bench.state(refused), "refused OVERDRAFT_REFUSED");
    bench.decide(1, late, None);
    assert_eq!(bench.state(late), "cleared 3");
    bench.heard(0);
    bench.wait(6 * HOUR);
    assert_eq!(
        (bench.heard(0).as_str(), lent(&bench, 0), bench.money(0)),
        ("cycle 3 settled 0 carried -250", [0, 0, 100], (-100, -250))
    );
    bench.paid(1, 0, 350);
    bench.wait(6 * HOUR);
    let taken = bench.paid(0, 1, 1);
    assert!(bench.state(taken).starts_with("cleared"), "{}", bench.state(taken));
    bench.check();
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
        let mut bench = Bench::new(settings);
        bench.paid(0, 2, all + 70);
        bench.wait(11 * HOUR);
        // Under way before the default, decided after it.
        let late = bench.pay(0, 2, 10);
        bench.wait(HOUR);
        assert_eq!(lent(&bench, 0)[2], 70, "{regime:?}");
        bench.decide(2, late, None);
        bench.paid(1, 2, all + 50);
        let carried = bench.ledger.cycles().len();
        bench.wait(6 * HOUR);
        assert_eq!(bench.ledger.cycles()[carried].state, CycleState::Carried, "{regime:?}");
        assert_eq!(
            lent(&bench, 1),
            [0; 3],
            "{regime:?}: nothing is lent for a cycle that does not settle"
        );
        bench.check();
    }
}

#[test]
fn who_has_repaid_may_use_the_credit_of_the_next_day() {
    let mut bench = bench(SettlementMode::Gross, Regime::Deposit, |settings| {
        refusing(settings);
        settings.operators[0].credit = yuan(300);
    });
    bench.paid(0, 1, 1_600);
    bench.wait(12 * HOUR);
    let refused = bench.pay(0, 1, 1);
    assert_eq!(bench.state(refused), "refused OVERDRAFT_REFUSED");
    bench.ledger.fund(code(0), yuan(100).position(), &request("back"), bench.now).unwrap();
    bench.wait(HOUR);
    for _ in 0..3 {
        let taken = bench.paid(0, 1, 1);
        assert!(bench.state(taken).starts_with("cleared"), "{}", bench.state(taken));
    }
    assert_eq!(bench.money(0), (-3, 0));
    bench.check();
}
