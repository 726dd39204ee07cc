//! Two legs at the central bank: who is asked when, what counts against whom, and how it ends.

use crate::link::OperatorMessage;
use crate::{Reason, Regime};

use super::super::settlement_mode::{QueueRule, SettlementMode};
use super::super::test_ledger::{NET, TestLedger, id, in_lockstep, settings, yuan};
use crate::netting::Algorithm;

/// Operators by their parts: payer, sponsor, payee.
const PARTS: [usize; 3] = [0, 2, 1];

#[test]
fn the_sponsor_is_asked_first_then_the_payee_and_both_legs_clear_together() {
    let mut test = TestLedger::net(3, Some(100));
    let number = test.pay_with(PARTS, 100, 30);
    assert_eq!(test.state(number), "funding");
    assert_eq!([0, 1, 2].map(|operator| test.headroom(operator)), [30, 100, 70].map(Some));
    assert_eq!([1, 2].map(|operator| test.heard(operator)), ["", "fund #1"]);
    test.fund(2, number, None);
    assert_eq!((test.state(number).as_str(), test.heard(1).as_str()), ("delivered", "deliver #1"));
    test.decide(1, number, None);
    assert_eq!([0, 1, 2].map(|operator| test.money(operator).1), [-70, 100, -30]);
    assert_eq!(test.heard(0), "#1 cleared 1 to payer");
    assert_eq!(test.heard(1), "#1 cleared 1 to payee");
    assert_eq!(test.heard(2), "#1 cleared 1 to sponsor");
    let open = test.ledger.open_cycle().unwrap();
    assert_eq!((open.payments, open.gross), (1, yuan(100).position()));
    test.close();
    assert_eq!([0, 1, 2].map(|operator| test.money(operator).0), [930, 1_100, 970]);
    test.restart_linked();
    test.check();
}

#[test]
fn a_decline_refuses_both_legs_for_the_sponsors_reason() {
    let mut test = TestLedger::net(3, Some(100));
    let number = test.pay_with(PARTS, 100, 30);
    test.fund(2, number, Some(Reason::PoolInsufficient));
    assert_eq!(test.state(number), "refused POOL_INSUFFICIENT");
    assert_eq!([0, 2].map(|operator| test.headroom(operator)), [Some(100); 2]);
    assert_eq!(test.heard(0), "#1 refused POOL_INSUFFICIENT to payer");
    assert_eq!(
        (test.heard(1), test.heard(2)),
        (String::new(), "fund #1; #1 refused POOL_INSUFFICIENT to sponsor".into())
    );
    test.check();
}

#[test]
fn a_rejection_of_the_payee_gives_both_legs_back() {
    let mut test = TestLedger::net(3, Some(100));
    let number = test.pay_with(PARTS, 100, 30);
    test.fund(2, number, None);
    test.decide(1, number, Some(Reason::PayeeFrozen));
    assert_eq!(test.heard(2), "fund #1; #1 refused PAYEE_FROZEN to sponsor");
    assert_eq!([0, 2].map(|operator| test.headroom(operator)), [Some(100); 2]);
    test.check();
}

#[test]
fn what_expires_while_its_sponsor_is_asked_is_refused_and_a_late_answer_hears_it() {
    let mut test = TestLedger::net(3, None);
    let number = test.pay_with(PARTS, 100, 30);
    test.wait(30_001);
    assert_eq!(test.state(number), "refused EXPIRED");
    assert_eq!(test.heard(2), "fund #1; #1 refused EXPIRED to sponsor");
    for declined in [None, Some(Reason::PoolInsufficient)] {
        test.fund(2, number, declined);
        assert_eq!(test.heard(2), "#1 refused EXPIRED to sponsor");
    }
    assert_eq!(test.heard(0), "#1 refused EXPIRED to payer");
    test.check();
}

#[test]
fn the_end_of_the_day_ends_what_its_sponsor_has_not_answered() {
    let mut test = TestLedger::net(3, None);
    test.wait(12 * 3_600_000 - 10_000);
    let number = test.pay_with(PARTS, 100, 30);
    test.wait(9_999);
    assert_eq!(test.state(number), "funding");
    test.wait(1);
    assert_eq!(test.state(number), "refused END_OF_DAY");
    test.check();
}

#[test]
fn an_operator_suspended_meanwhile_ends_what_is_not_delivered() {
    for suspended in 0..3 {
        let mut test = TestLedger::net(3, None);
        let number = test.pay_with(PARTS, 100, 30);
        let code = super::super::test_ledger::code(suspended);
        test.ledger.set_active(code, false, test.now).unwrap();
        test.fund(2, number, None);
        assert_eq!(test.state(number), "refused OPERATOR_INACTIVE", "{suspended}");
        let number = test.pay_with(PARTS, 100, 30);
        assert_eq!(test.state(number), "refused OPERATOR_INACTIVE", "{suspended}");
        test.check();
    }
}

#[test]
fn each_leg_is_held_to_the_cap_of_its_own_operator() {
    let mut test = TestLedger::net(3, Some(100));
    let met = test.pay_with(PARTS, 200, 100);
    assert_eq!(test.state(met), "funding");
    assert_eq!([0, 2].map(|operator| test.headroom(operator)), [Some(0); 2]);
    test.fund(2, met, Some(Reason::CampaignInactive));
    for (amount, discount) in [(201, 100), (201, 101), (199, 101)] {
        let number = test.pay_with(PARTS, amount, discount);
        assert_eq!(test.state(number), "refused NET_DEBIT_CAP", "{amount} {discount}");
    }
    assert_eq!([0, 2].map(|operator| test.headroom(operator)), [Some(100); 2]);
    test.check();
}

#[test]
fn each_leg_needs_its_own_cover_and_both_settle_at_once() {
    for regime in [Regime::Cash, Regime::Deposit] {
        let mut settings = settings(SettlementMode::Gross, 3, None);
        settings.regime = regime;
        let mut test = TestLedger::new(settings);
        let before = [0, 1, 2].map(|operator| test.money(operator).0);
        let cover = before[0];
        let number = test.pay_with(PARTS, 2 * cover, cover);
        let short = test.pay_with(PARTS, 2, 1);
        assert_eq!(test.state(short), "refused COVER_INSUFFICIENT");
        test.fund(2, number, None);
        test.decide(1, number, None);
        let after = [0, 1, 2].map(|operator| test.money(operator).0);
        assert_eq!(after, [0, before[1] + 2 * cover, 0]);
        assert_eq!(test.state(number), "cleared 0");
        test.check();
    }
}

#[test]
fn where_others_wait_for_cover_one_with_a_sponsor_does_not() {
    let rule =
        QueueRule { release: Algorithm::PartialNet, gross_first: true, ..QueueRule::GROSS_QUEUE };
    let mut test = TestLedger::new(settings(SettlementMode::Queued(rule), 3, None));
    let short = test.pay_with(PARTS, 2_000, 999);
    assert_eq!(test.state(short), "refused COVER_INSUFFICIENT");
    let number = test.pay_with(PARTS, 2_000, 1_000);
    test.fund(2, number, None);
    test.decide(1, number, None);
    assert_eq!(test.state(number), "cleared 0");
    // The payer's operator holds both legs of this one, which is one like any other.
    let waits = test.pay_with([0, 0, 1], 10, 3);
    test.decide(1, waits, None);
    assert_eq!(test.state(waits), "queued");
    test.check();
}

#[test]
fn what_waits_for_cover_settles_when_a_payment_with_a_sponsor_brings_it_or_frees_it() {
    let rule =
        QueueRule { release: Algorithm::GrossFifo, gross_first: true, ..QueueRule::GROSS_QUEUE };
    let queued = || TestLedger::new(settings(SettlementMode::Queued(rule), 3, None));
    let mut test = queued();
    let waits = test.pay(1, 0, 1_500);
    test.decide(0, waits, None);
    assert_eq!(test.state(waits), "queued");
    let number = test.pay_with(PARTS, 600, 300);
    test.fund(2, number, None);
    test.decide(1, number, None);
    assert_eq!([number, waits].map(|number| test.state(number)), ["cleared 0", "cleared 0"]);
    test.check();

    let mut test = queued();
    let number = test.pay_with(PARTS, 600, 300);
    let waits = test.pay(2, 0, 800);
    test.decide(0, waits, None);
    assert_eq!(test.state(waits), "queued");
    test.fund(2, number, Some(Reason::CampaignInactive));
    assert_eq!(test.state(waits), "cleared 0");
    test.check();
}

#[test]
fn limits_count_each_leg_between_its_operators_and_all_at_the_receiver() {
    let mut settings = settings(NET, 3, None);
    settings.operators[2].bilateral_limits = vec![(super::super::test_ledger::code(1), yuan(30))];
    settings.operators[1].receiver_cap = Some(yuan(150));
    let mut test = TestLedger::new(settings);
    let beyond = test.pay_with(PARTS, 100, 31);
    assert_eq!(test.state(beyond), "refused BILATERAL_LIMIT");
    let met = test.pay_with(PARTS, 150, 30);
    assert_eq!(test.state(met), "funding");
    test.fund(2, met, Some(Reason::CampaignInactive));
    let beyond = test.pay_with(PARTS, 151, 30);
    assert_eq!(test.state(beyond), "refused RECEIVER_CAP");
    test.check();
}

/// Which parts coincide, what each operator then owes or is owed, and who is asked for a discount.
#[test]
fn operators_may_have_two_parts() {
    for (parts, positions, asked) in [
        ([0, 1, 1], [-70, 70, 0], "fund #1"),
        ([1, 2, 1], [0, 30, -30], ""),
        ([0, 0, 1], [-100, 100, 0], ""),
    ] {
        let mut test = TestLedger::net(3, Some(100));
        let number = test.pay_with(parts, 100, 30);
        let [payer, sponsor, payee] = parts;
        if sponsor != payer {
            test.fund(sponsor, number, None);
        }
        assert!(test.heard(payee).starts_with(asked));
        test.decide(payee, number, None);
        assert_eq!([0, 1, 2].map(|operator| test.money(operator).1), positions, "{parts:?}");
        let told = test.heard(payer);
        assert!(told.contains("#1 cleared 1 to payer"), "{parts:?}: {told}");
        test.restart_linked();
        test.check();
    }
    // All of one operator never comes here.
    let mut test = TestLedger::net(3, None);
    test.pay_with([1, 1, 1], 100, 30);
    assert_eq!((test.state(1).as_str(), test.alarms.len()), ("unknown", 1));
}

#[test]
fn what_a_voucher_claims_is_not_believed() {
    let mut test = TestLedger::net(3, None);
    for discount in [0, 100, 101] {
        let number = test.pay_with(PARTS, 100, discount);
        assert_eq!(test.state(number), "refused VOUCHER_INVALID");
    }
    let mut nowhere = test.sponsored(9, PARTS, 100, 30);
    nowhere.details.as_mut().unwrap().voucher.as_mut().unwrap().campaign =
        "9992000000000019".parse().unwrap();
    test.instruct(0, vec![nowhere]);
    assert_eq!(test.state(9), "refused WALLET_PREFIX_UNKNOWN");
    test.restart_linked();
    test.check();
}

#[test]
fn an_answer_that_cannot_be_is_an_alarm_and_changes_nothing() {
    let mut test = TestLedger::net(3, None);
    let number = test.pay_with(PARTS, 100, 30);
    let plain = test.pay(0, 1, 10);
    for (operator, number) in [(1, number), (0, number), (2, 77), (2, plain)] {
        test.fund(operator, number, None);
    }
    test.decide(1, number, None);
    assert_eq!((test.alarms.len(), test.state(number).as_str()), (5, "funding"));
    test.fund(2, number, None);
    test.fund(2, number, Some(Reason::PoolInsufficient));
    assert_eq!((test.alarms.len(), test.state(number).as_str()), (6, "delivered"));
    test.decide(1, number, None);
    test.fund(2, number, Some(Reason::PoolInsufficient));
    assert_eq!((test.alarms.len(), test.state(number).as_str()), (7, "cleared 1"));
    // Two payers of one id: the second gets its funds back, and the sponsor is asked once.
    let other = test.sponsored(number, [1, 2, 0], 100, 30);
    test.instruct(1, vec![other]);
    assert!(test.heard(1).contains("refused REQUEST_ID_REUSED"));
    test.check_audit();
}

#[test]
fn a_repeat_is_answered_from_the_record_and_another_content_never_funds() {
    let mut test = TestLedger::net(3, None);
    let number = test.pay_with(PARTS, 100, 30);
    let again = test.sponsored(number, PARTS, 100, 30);
    let other = test.sponsored(number, PARTS, 100, 31);
    test.instruct(0, vec![again, other]);
    assert_eq!((test.heard(2).as_str(), test.alarms.len()), ("fund #1", 1));
    test.fund(2, number, None);
    test.fund(2, number, None);
    test.decide(1, number, None);
    test.heard(2);
    test.fund(2, number, None);
    assert_eq!(test.heard(2), "#1 cleared 1 to sponsor");
    test.check_audit();
}

#[test]
fn a_sponsor_without_a_link_is_asked_when_it_has_resent_and_after_every_restart() {
    let mut test = TestLedger::net(3, None);
    test.down(2);
    let number = test.pay_with(PARTS, 100, 30);
    assert_eq!(test.heard(2), "");
    test.up(2);
    assert_eq!(test.heard(2), "roster; fund #1");
    test.restart_linked();
    assert_eq!(test.heard(2), "roster; fund #1");
    // The payee's operator is away: the answer is kept, and it is asked when it comes.
    test.down(1);
    test.fund(2, number, None);
    assert_eq!(test.state(number), "admitted");
    test.restart_linked();
    assert_eq!(test.state(number), "delivered");
    assert_eq!(test.heard(1), "roster; roster; deliver #1");
    test.check();
}

/// Both operators of a tick report it complete.
fn complete(test: &mut TestLedger, tick: u64, of: [Vec<u8>; 3]) {
    for (operator, numbers) in of.into_iter().enumerate() {
        let ids = numbers.into_iter().map(id).collect();
        let tick_done = Some(crate::link::TickDone::new(tick, ids));
        test.send(operator, OperatorMessage { tick_done, ..OperatorMessage::default() });
    }
}

#[test]
fn in_a_tick_all_sponsors_answer_before_anything_is_delivered() {
    let mut test = TestLedger::new(in_lockstep(settings(NET, 3, None)));
    let plain = test.pay(0, 1, 5);
    let funded = test.pay_with(PARTS, 100, 30);
    let declined = test.pay_with([1, 2, 0], 100, 30);
    complete(&mut test, 1, [vec![plain, funded], vec![declined], vec![]]);
    let states = |test: &TestLedger| [plain, funded, declined].map(|number| test.state(number));
    assert_eq!(states(&test), ["admitted", "funding", "funding"]);
    assert_eq!((test.heard(1).as_str(), test.heard(2).as_str()), ("", "fund #2; fund #3"));
    test.fund(2, declined, Some(Reason::PoolInsufficient));
    test.restart_linked();
    assert_eq!(test.ledger.tick_clock().missing, ["C".parse().unwrap()]);
    assert_eq!(
        (test.heard(1), test.heard(2)),
        ("roster".into(), "roster; fund #2; fund #3".into())
    );
    test.fund(2, declined, Some(Reason::PoolInsufficient));
    test.fund(2, funded, None);
    assert_eq!(states(&test), ["delivered", "delivered", "refused POOL_INSUFFICIENT"]);
    assert_eq!(test.heard(1), "#3 refused POOL_INSUFFICIENT to payer; deliver #1; deliver #2");
    test.decide(1, plain, None);
    test.decide(1, funded, None);
    assert_eq!(
        test.heard(2),
        "#3 refused POOL_INSUFFICIENT to sponsor; #2 cleared 1 to sponsor; tick 1 ends"
    );
    test.check();
}

#[test]
fn a_tick_of_which_no_payment_with_a_sponsor_is_admitted_is_delivered_at_once() {
    let mut test = TestLedger::new(in_lockstep(settings(NET, 3, Some(10))));
    let plain = test.pay(0, 1, 5);
    let refused = test.pay_with(PARTS, 100, 30);
    complete(&mut test, 1, [vec![plain, refused], vec![], vec![]]);
    assert_eq!(
        (test.state(plain).as_str(), test.state(refused).as_str()),
        ("delivered", "refused NET_DEBIT_CAP")
    );
    test.check();
}

#[test]
fn what_the_wall_clock_left_with_its_sponsor_is_expired_by_a_tick_that_does_not_wait_for_it() {
    let mut test = TestLedger::net(3, None);
    let left = test.pay_with(PARTS, 100, 30);
    let settings = in_lockstep(test.ledger.settings().clone());
    test.restart_under(settings);
    (0..3).for_each(|operator| test.up(operator));
    test.wait(40_000);
    assert_eq!(test.state(left), "funding", "the clock has passed its expiry, no tick has");
    test.fund(2, left, None);
    assert_eq!((test.state(left).as_str(), test.refused_items), ("funding", 1));
    let funded = test.pay_with([1, 2, 0], 50, 20);
    complete(&mut test, 1, [vec![], vec![funded], vec![]]);
    test.fund(2, funded, None);
    assert_eq!(test.state(funded), "delivered", "the tick waits for its own answers alone");
    assert_eq!(test.state(left), "funding");
    test.decide(0, funded, None);
    assert_eq!([left, funded].map(|number| test.state(number)), ["refused EXPIRED", "cleared 1"]);
    assert_eq!(test.alarms.len(), 1, "the answer of no tick is reported: {:?}", test.alarms);
    test.check_audit();
}
