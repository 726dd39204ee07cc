//! How cycles close.

use crate::central_bank::cycle::CycleState;
use crate::central_bank::error::CentralBankError;
use crate::central_bank::settlement_mode::{SettlementMode, Shortfall};
use crate::central_bank::test_ledger::{NET, TestLedger, code, request, settings, yuan};
use crate::money::{CycleId, Position};
use crate::slots::Slot;

fn short_of_money(shortfall: Shortfall) -> TestLedger {
    let mut settings = settings(SettlementMode::DeferredNet(shortfall), 3, None);
    settings.operators[0].stock = yuan(50);
    TestLedger::new(settings)
}

#[track_caller]
fn check_last(test: &TestLedger, state: CycleState, settled: [i64; 3], carried: [i64; 3]) {
    let cycle = test.ledger.cycles().last().unwrap();
    let whole = |sum: crate::money::Position| sum.fen() / 100;
    let found: Vec<_> = cycle.positions.iter().map(|position| whole(position.settled)).collect();
    let left: Vec<_> = cycle.positions.iter().map(|position| whole(position.carried)).collect();
    assert_eq!(
        (cycle.state, found.as_slice(), left.as_slice()),
        (state, &settled[..], &carried[..])
    );
    test.check();
}

/// The claims by the places of both operators.
fn claims_of(test: &TestLedger) -> Vec<((usize, usize), Position)> {
    let claims = test.ledger.claims();
    claims.map(|((one, other), sum)| ((one.place(), other.place()), sum)).collect()
}

#[test]
fn a_cycle_settles_its_nets() {
    let mut test = TestLedger::net(3, None);
    test.paid(0, 1, 300);
    test.paid(1, 2, 200);
    test.paid(2, 0, 50);
    test.heard(0);
    test.close();
    check_last(&test, CycleState::Settled, [-250, 100, 150], [0, 0, 0]);
    assert_eq!([0, 1, 2].map(|number| test.money(number)), [(750, 0), (1_100, 0), (1_150, 0)]);
    assert_eq!(test.heard(0), "cycle 1 settled -250 carried 0");
    let cycle = &test.ledger.cycles()[0];
    assert_eq!((cycle.payments, cycle.gross.fen()), (3, 55_000));
    assert_eq!(cycle.positions[0].peak_net_debit, yuan(300));
}

#[test]
fn an_empty_cycle_and_zero_nets_settle_trivially() {
    let mut test = TestLedger::net(3, None);
    test.close();
    check_last(&test, CycleState::Settled, [0; 3], [0; 3]);
    test.paid(0, 1, 20);
    test.paid(1, 0, 20);
    (0..2).for_each(|number| drop(test.heard(number)));
    test.close();
    check_last(&test, CycleState::Settled, [0; 3], [0; 3]);
    assert_eq!((test.heard(0), test.ledger.cycles()[1].payments), (String::new(), 2));
}

#[test]
fn a_cycle_closes_once() {
    let mut test = TestLedger::net(2, None);
    test.paid(0, 1, 20);
    for _ in 0..2 {
        assert_eq!(test.ledger.close_cycle(Some(CycleId::FIRST), test.now), Ok(CycleId::FIRST));
    }
    test.commit();
    assert_eq!((test.ledger.cycles().len(), test.money(0)), (1, (980, 0)));
    let unknown = CycleId::new(3).unwrap();
    let refused = Err(CentralBankError::CycleUnknown(unknown));
    assert_eq!(test.ledger.close_cycle(Some(unknown), test.now), refused);
    test.check();
}

#[test]
fn what_clears_after_the_close_belongs_to_the_next_cycle() {
    let mut test = TestLedger::net(2, None);
    let [before, after] = [test.paid(0, 1, 20), test.pay(0, 1, 30)];
    test.close();
    test.decide(1, after, None);
    assert_eq!((test.state(before), test.state(after)), ("cleared 1".into(), "cleared 2".into()));
    assert_eq!(test.ledger.open_cycle().unwrap().gross.fen(), 3_000);
    test.check();
}

#[test]
fn all_or_nothing_carries_everything_when_one_is_short_and_settles_it_later() {
    let mut test = short_of_money(Shortfall::AllOrNothing);
    test.paid(0, 1, 60);
    test.paid(1, 2, 10);
    test.heard(0);
    test.close();
    check_last(&test, CycleState::Carried, [0; 3], [-60, 50, 10]);
    assert_eq!(test.heard(0), "cycle 1 settled 0 carried -60");
    test.paid(2, 0, 10);
    test.close();
    check_last(&test, CycleState::Settled, [-50, 50, 0], [0; 3]);
    assert_eq!(test.money(0), (0, 0));
}

#[test]
fn partial_netting_settles_what_can_and_carries_the_last_ones() {
    let mut test = short_of_money(Shortfall::PartialNet);
    test.paid(0, 1, 40);
    test.paid(0, 2, 30);
    test.paid(0, 1, 5);
    test.paid(1, 2, 100);
    test.close();
    // Without the last two of A it has 10 left; the order of its queue is kept.
    check_last(&test, CycleState::PartlySettled, [-40, -60, 100], [-35, 5, 30]);
    test.paid(1, 0, 25);
    test.close();
    check_last(&test, CycleState::Settled, [-10, -20, 30], [0; 3]);
    assert_eq!(test.ledger.cycles()[1].positions[0].brought.fen(), -3_500);
    assert_eq!(test.money(0), (0, 0));
}

#[test]
fn what_is_carried_comes_first_in_the_next_cycle() {
    let mut test = short_of_money(Shortfall::PartialNet);
    test.paid(0, 1, 60);
    test.close();
    check_last(&test, CycleState::Carried, [0; 3], [-60, 60, 0]);
    test.paid(0, 2, 45);
    test.paid(1, 0, 20);
    test.close();
    check_last(&test, CycleState::PartlySettled, [-40, 40, 0], [-45, 0, 45]);
}

#[test]
fn what_is_carried_keeps_its_order_and_starts_the_peak_of_the_next_cycle() {
    let mut test = short_of_money(Shortfall::PartialNet);
    test.paid(0, 1, 60);
    test.paid(0, 2, 70);
    test.close();
    test.paid(1, 0, 20);
    test.close();
    // With 50 and 20 the first one fits; the second would fit, too, but comes after it.
    check_last(&test, CycleState::PartlySettled, [-40, 40, 0], [-70, 0, 70]);
    let peaks = [0, 1].map(|cycle| test.ledger.cycles()[cycle].positions[0].peak_net_debit);
    assert_eq!(peaks, [130, 130].map(yuan));
    test.ledger.fund(code(0), Position::from_fen(1), &request("f"), test.now).unwrap();
    test.close();
    assert_eq!(test.ledger.cycles()[2].positions[0].peak_net_debit, yuan(70));
}

#[test]
fn what_is_carried_counts_against_the_cap() {
    let mut settings = settings(SettlementMode::DeferredNet(Shortfall::AllOrNothing), 2, Some(100));
    settings.operators[0].stock = yuan(10);
    let mut test = TestLedger::new(settings);
    test.paid(0, 1, 70);
    test.close();
    assert_eq!(test.headroom(0), Some(30));
    let refused = test.pay(0, 1, 31);
    assert_eq!(test.state(refused), "refused NET_DEBIT_CAP");
    test.check();
}

#[test]
fn the_clock_closes_a_cycle_at_its_first_cut_off_and_only_once() {
    let mut test = TestLedger::new(settings(NET, 2, None));
    let hour = 3_600_000;
    let cut_off = test.now.plus_ms(6 * hour);
    assert_eq!(test.ledger.next_due(), Some(cut_off));
    test.wait(6 * hour - 1);
    assert_eq!(test.ledger.cycles().len(), 0);
    test.wait(1);
    assert_eq!(test.ledger.cycles()[0].closed_at, Some(cut_off));
    // Three days away: every cut-off is made up for at its own moment.
    test.wait(72 * hour + 1);
    assert_eq!(test.ledger.cycles().len(), 13);
    assert_eq!(test.ledger.open_cycle().unwrap().opened_at, cut_off.plus_ms(72 * hour));
    assert_eq!(test.ledger.next_due(), Some(cut_off.plus_ms(78 * hour)));
    test.check();
}

#[test]
fn deposits_settle_in_reserves() {
    let mut settings = settings(NET, 2, None);
    settings.regime = crate::Regime::Deposit;
    let mut test = TestLedger::new(settings);
    test.paid(0, 1, 1_500);
    test.close();
    assert_eq!((test.money(0), test.money(1)), ((0, 0), (3_000, 0)));
    test.check();
}

#[test]
fn unwinding_turns_what_the_short_one_owes_and_is_owed_into_claims() {
    let mut test = short_of_money(Shortfall::Unwind);
    test.paid(0, 1, 100);
    test.paid(2, 0, 20);
    let other = test.paid(1, 2, 30);
    test.heard(0);
    test.close();
    // A has 50 and nets -80: its payments leave, and B pays C alone.
    check_last(&test, CycleState::Unwound, [0, -30, 30], [0; 3]);
    assert_eq!(test.heard(0), "cycle 1 claimed -80");
    let claims: Vec<_> =
        claims_of(&test).into_iter().map(|(pair, sum)| (pair, sum.fen() / 100)).collect();
    assert_eq!(claims, [((0, 1), -100), ((0, 2), 20)]);
    let claims: Vec<_> = test.ledger.outstanding_claims();
    let claims: Vec<_> = claims
        .iter()
        .map(|claim| (claim.debtor.place(), claim.creditor.place(), claim.amount.fen() / 100))
        .collect();
    assert_eq!(claims, [(0, 1, 100), (2, 0, 20)]);
    assert_eq!(
        test.ledger.losses().iter().map(|sum| sum.fen() / 100).collect::<Vec<_>>(),
        [20, 100, 0]
    );
    assert_eq!(
        ([0, 1, 2].map(|number| test.money(number).1), test.state(other)),
        ([0; 3], "cleared 1".into())
    );
    test.paid(0, 1, 10);
    test.close();
    check_last(&test, CycleState::Settled, [-10, 10, 0], [0; 3]);
    let audited = test.ledger.claims().count();
    test.restart();
    assert_eq!(test.ledger.claims().count(), audited);
    test.check();
}

#[test]
fn sharing_a_loss_settles_everything_and_leaves_claims_on_the_short_one() {
    let mut test = short_of_money(Shortfall::LossSharing);
    test.paid(0, 1, 60);
    test.paid(0, 2, 30);
    test.close();
    // A lacks 40; B and C were to get 60 and 30 of it.
    check_last(&test, CycleState::LossShared, [-50, 33, 16], [0; 3]);
    let claims: Vec<_> =
        claims_of(&test).into_iter().map(|(pair, sum)| (pair, sum.fen())).collect();
    assert_eq!(claims, [((0, 1), -2_667), ((0, 2), -1_333)]);
    assert_eq!((test.money(0), test.money(1).1), ((0, 0), 0));
    test.restart();
    assert_eq!(test.ledger.claims().count(), 2);
    test.check();
}

#[test]
fn the_central_bank_lends_what_is_short() {
    for regime in [crate::Regime::Cash, crate::Regime::Deposit] {
        let mut settings =
            settings(SettlementMode::DeferredNet(Shortfall::CentralBankCredit), 2, None);
        settings.regime = regime;
        let mut test = TestLedger::new(settings);
        let all = test.money(0).0;
        test.paid(0, 1, all + 70);
        test.heard(0);
        test.close();
        let lent = if regime == crate::Regime::Cash {
            "reserves 70; issued 70; "
        } else {
            "reserves 70; "
        };
        assert_eq!(test.heard(0), format!("{lent}cycle 1 settled -{} carried 0", all + 70));
        assert_eq!((test.money(0), test.money(1)), ((0, 0), (2 * all + 70, 0)));
        test.check();
    }
}

/// A is 150 short in a cycle that was frozen at 18:00, with a quarter of an hour to bring in money.
fn frozen(shortfall: Shortfall) -> TestLedger {
    let mut settings = settings(SettlementMode::DeferredNet(shortfall), 3, None);
    settings.operators[0].stock = yuan(50);
    settings.funding_window_ms = 15 * 60_000;
    let mut test = TestLedger::new(settings);
    test.paid(0, 1, 200);
    test.paid(1, 2, 30);
    test.wait(6 * 3_600_000);
    test
}

fn bring_in(test: &mut TestLedger, amount: i64) {
    let (request_id, sum) = (request(&format!("bring-{amount}")), Position::from_fen(amount * 100));
    test.ledger.fund(code(0), sum, &request_id, test.now).unwrap();
    test.ledger
        .issue(code(0), yuan(amount), &request(&format!("issue-{amount}")), test.now)
        .unwrap();
    test.commit();
}

#[test]
fn a_cycle_that_is_not_covered_waits_for_money_and_takes_no_more_payments() {
    let mut test = frozen(Shortfall::Unwind);
    let frozen = test.ledger.frozen_cycle().unwrap();
    assert_eq!((frozen.id, frozen.state, frozen.payments), (CycleId::FIRST, CycleState::Frozen, 2));
    let number = test.paid(0, 2, 10);
    assert_eq!((test.state(number), test.money(0)), ("cleared 2".to_owned(), (50, -210)));
    bring_in(&mut test, 149);
    assert!(test.ledger.frozen_cycle().is_some());
    bring_in(&mut test, 1);
    check_last(&test, CycleState::Settled, [-200, 170, 30], [0; 3]);
    assert_eq!((test.money(0), test.ledger.frozen_cycle()), ((0, -10), None));
    let cycle = &test.ledger.cycles()[0];
    assert_eq!((cycle.payments, cycle.positions[0].peak_net_debit), (2, yuan(200)));
}

#[test]
fn when_no_money_comes_the_rule_for_shortfalls_decides_at_the_end_of_the_window() {
    for (shortfall, state, settled, carried) in [
        (Shortfall::PartialNet, CycleState::PartlySettled, [0, -30, 30], [-200, 200, 0]),
        (Shortfall::Unwind, CycleState::Unwound, [0, -30, 30], [0, 0, 0]),
        (Shortfall::ProRata, CycleState::ProRata, [-50, 20, 30], [0, 0, 0]),
    ] {
        let mut test = frozen(shortfall);
        test.paid(2, 0, 20);
        test.restart();
        (0..3).for_each(|number| test.up(number));
        assert_eq!(test.ledger.next_due(), Some(test.now.plus_ms(15 * 60_000)));
        test.wait(15 * 60_000 - 1);
        assert!(test.ledger.frozen_cycle().is_some());
        test.wait(1);
        check_last(&test, state, settled, carried);
        let open = test.ledger.open_cycle().unwrap();
        assert_eq!(
            (open.id, open.positions[0].brought.fen()),
            (CycleId::FIRST.next(), carried[0] * 100)
        );
        test.wait(6 * 3_600_000);
        test.wait(15 * 60_000);
        assert_eq!(test.ledger.cycles()[1].id, CycleId::FIRST.next());
        test.check();
    }
}

#[test]
fn the_next_cycle_ends_after_the_frozen_one() {
    let mut test = frozen(Shortfall::AllOrNothing);
    test.paid(2, 1, 5);
    assert_eq!(test.ledger.close_cycle(None, test.now), Ok(CycleId::FIRST.next()));
    test.commit();
    assert_eq!(test.ledger.cycles()[0].state, CycleState::Carried);
    let frozen = test.ledger.frozen_cycle().unwrap();
    assert_eq!((frozen.id, frozen.positions[0].brought.fen()), (CycleId::FIRST.next(), -20_000));
    assert_eq!(
        test.ledger.close_cycle(Some(CycleId::FIRST.next()), test.now),
        Ok(CycleId::FIRST.next())
    );
    test.commit();
    assert_eq!((test.ledger.cycles().len(), test.ledger.frozen_cycle()), (2, None));
    test.check();
}

#[test]
fn who_is_short_pays_everyone_the_same_part_of_what_it_owes() {
    let mut test = short_of_money(Shortfall::ProRata);
    test.paid(0, 1, 150);
    test.paid(0, 2, 50);
    test.paid(1, 2, 10);
    test.close();
    check_last(&test, CycleState::ProRata, [-50, 27, 22], [0; 3]);
    let claims: Vec<_> =
        claims_of(&test).into_iter().map(|(pair, sum)| (pair, sum.fen())).collect();
    assert_eq!(claims, [((0, 1), -11_250), ((0, 2), -3_750)]);
    let default = &test.ledger.defaults()[0];
    let unsettled: Vec<_> = default.unsettled.iter().map(|leg| leg.transfer().place()).collect();
    assert_eq!((default.cycle, unsettled), (CycleId::FIRST, vec![0, 1]));
    // Of 150 and 50 a quarter was paid.
    let told = |test: &TestLedger| {
        (test.ledger.unpaid(), test.ledger.losses(), test.ledger.outstanding_claims())
    };
    let fen = |sums: &[i64]| sums.iter().copied().map(Position::from_fen).collect::<Vec<_>>();
    let (unpaid, losses, claims) = told(&test);
    assert_eq!(
        unpaid.into_iter().map(|(slot, sum)| (slot.place(), sum)).collect::<Vec<_>>(),
        [(0, fen(&[11_250])[0]), (1, fen(&[3_750])[0])]
    );
    assert_eq!((losses.to_vec(), claims.len()), (fen(&[0, 11_250, 3_750]), 2));
    let before = told(&test);
    test.restart();
    assert_eq!((test.ledger.defaults().len(), told(&test)), (1, before));
    test.check();
}
