//! What operators say that cannot be.

use crate::central_bank::error::CentralBankError;
use crate::central_bank::test_ledger::NET;
use crate::central_bank::test_ledger::{
    TestLedger, code, id, in_lockstep, operator, settings, wallet,
};
use crate::link::{
    Decision, INCARNATION_STEP_MAX, LinkPlace, OperationId, OperatorMessage, Registration,
    TickDone, WithdrawalAnswer,
};

fn place(incarnation: u64) -> LinkPlace {
    LinkPlace { incarnation, sequence: 1 }
}

#[track_caller]
fn refused(test: &mut TestLedger, place: LinkPlace, registration: &Registration, field: &str) {
    let before = test.ledger.account_row(operator(0));
    match test.ledger.register(place, registration, None, test.now) {
        Err(CentralBankError::OutOfBounds { field: found, .. }) => assert_eq!(found, field),
        other => panic!("{field}: {other:?}"),
    }
    let after = test.ledger.account_row(operator(0));
    assert!(
        after.incarnation <= before.incarnation + INCARNATION_STEP_MAX
            && after.batch_seen == before.batch_seen
    );
}

#[test]
fn a_registration_takes_small_steps_and_nothing_of_a_refused_one_stays() {
    let mut test = TestLedger::net(2, Some(100));
    let honest = test.registration(0);
    for incarnation in [1 + INCARNATION_STEP_MAX + 1, 1 << 62, i64::MAX as u64, u64::MAX] {
        refused(&mut test, place(incarnation), &honest, "incarnation");
    }
    for batch in [1 << 62, 1 << 40, u64::MAX] {
        refused(&mut test, place(2), &Registration { batch, ..honest }, "batch");
        refused(
            &mut test,
            place(2),
            &Registration { central_bank_batch: batch | 1 << 62, ..honest },
            "central_bank_batch",
        );
    }
    refused(&mut test, LinkPlace { incarnation: 2, sequence: 2 }, &honest, "sequence");
    assert!(test.is_up(0));
    let mut next = 2;
    for registration in
        [Registration { advice: 99, ..honest }, Registration { tick_ended: 1, ..honest }]
    {
        let field = if registration.advice == 99 { "advice" } else { "tick_ended" };
        refused(&mut test, place(next), &registration, field);
        next += 1;
    }
    assert_eq!(test.ledger.register(place(next), &honest, None, test.now), Ok(operator(0)));
    assert_eq!(
        test.ledger.register(place(next + INCARNATION_STEP_MAX), &honest, None, test.now),
        Ok(operator(0))
    );
    test.commit();
    test.check_audit();
}

#[test]
fn an_operator_that_is_refused_for_its_ledger_may_go_on_counting_for_ever() {
    let mut test = TestLedger::net(2, Some(100));
    let own = test.ledger.chain().batch;
    let ahead = Registration { central_bank_batch: own + 9, ..test.registration(0) };
    for incarnation in 2..3 * INCARNATION_STEP_MAX {
        assert!(matches!(
            test.ledger.register(place(incarnation), &ahead, None, test.now),
            Err(CentralBankError::CentralBankBehind { .. })
        ));
    }
    let honest = test.registration(0);
    assert_eq!(
        test.ledger.register(place(3 * INCARNATION_STEP_MAX), &honest, None, test.now),
        Ok(operator(0))
    );
}

#[test]
fn an_operator_that_counted_where_nobody_heard_it_comes_back_and_what_it_said_fences_nothing() {
    let mut test = TestLedger::net(2, Some(100));
    let honest = test.registration(0);
    // Nothing that is far away comes near by being said again and again.
    for _ in 0..5 {
        refused(&mut test, place(u64::MAX), &honest, "incarnation");
    }
    assert_eq!(test.ledger.register(place(2), &honest, None, test.now), Ok(operator(0)));
    let ran_away = 2 + 5 * INCARNATION_STEP_MAX;
    for attempt in 0..4 {
        refused(&mut test, place(ran_away + attempt), &honest, "incarnation");
    }
    // The fifth step reaches one step less than its attempts have counted on.
    refused(&mut test, place(ran_away + 4), &honest, "incarnation");
    assert_eq!(test.ledger.register(place(ran_away + 5), &honest, None, test.now), Ok(operator(0)));
    // Linked again, it takes small steps as before.
    refused(&mut test, place(ran_away + 6 + INCARNATION_STEP_MAX), &honest, "incarnation");
    test.commit();
    test.check_audit();
}

#[test]
fn only_two_operators_together_say_that_the_central_bank_is_behind() {
    let mut test = TestLedger::net(3, Some(100));
    let own = test.ledger.chain().batch;
    let claim = |test: &TestLedger, number| Registration {
        central_bank_batch: own + 9,
        ..test.registration(number)
    };
    let (first, second) = (claim(&test, 0), claim(&test, 1));
    for incarnation in [2, 3] {
        let refused = test.ledger.register(place(incarnation), &first, None, test.now).unwrap_err();
        assert!(!refused.is_agreed(), "{refused}");
        assert!(!test.is_up(0));
    }
    // One that takes its word back is no witness.
    let honest = test.registration(0);
    test.ledger.register(place(4), &honest, None, test.now).unwrap();
    assert!(!test.ledger.register(place(2), &second, None, test.now).unwrap_err().is_agreed());
    let agreed = test.ledger.register(place(5), &first, None, test.now).unwrap_err();
    assert!(agreed.is_agreed());
    let text = agreed.to_string();
    assert!(
        text.contains(&format!("batch {}", own + 9))
            && text.contains("operator A has, as operator B has, seen"),
        "{text}"
    );
}

#[test]
fn numbers_of_messages_that_cannot_be_end_the_link_with_why() {
    let message = OperatorMessage::default();
    for (field, message) in [
        ("batch", OperatorMessage { batch: 1 << 62, ..message.clone() }),
        ("advice", OperatorMessage { advice: u64::MAX, ..message.clone() }),
        (
            "tick_acknowledged",
            OperatorMessage { tick_acknowledged: Some(u64::MAX), ..message.clone() },
        ),
        (
            "tick_done",
            OperatorMessage { tick_done: Some(TickDone::new(u64::MAX, Vec::new())), ..message },
        ),
    ] {
        let mut test = TestLedger::new(in_lockstep(settings(NET, 2, None)));
        test.send(0, message);
        let [(0, CentralBankError::OutOfBounds { field: found, .. })] = test.refused[..] else {
            panic!("{field}: {:?}", test.refused);
        };
        assert_eq!((found, test.disconnected.as_slice()), (field, &[0][..]));
        test.up(0);
        test.check_audit();
    }
}

#[test]
fn what_cannot_be_meant_is_answered_and_counted_and_the_rest_of_the_message_holds() {
    let mut test = TestLedger::net(3, Some(100));
    let foreign = test.instruction(1, 1, 2, 5);
    let own = crate::link::Instruction { payee: wallet(0), ..test.instruction(2, 0, 1, 5) };
    let (first, again) = (test.instruction(3, 0, 1, 5), test.instruction(3, 0, 1, 6));
    let decision = |number| Decision { id: id(number), rejected: None, decided_at: test.now };
    test.send(
        0,
        OperatorMessage {
            decisions: (100..130).map(decision).collect(),
            instructions: vec![foreign, own, first, again],
            withdrawals: vec![WithdrawalAnswer { operation: OperationId([9; 16]), held: true }],
            tick_done: Some(TickDone::new(1, Vec::new())),
            ..OperatorMessage::default()
        },
    );
    assert_eq!(test.refused_items, 30 + 3 + 1 + 1);
    // Sixteen in words and one that counts the others.
    assert_eq!((test.alarms.len(), test.heard(0).matches("refused: ").count()), (17, 17));
    assert_eq!([1, 2, 3].map(|number| test.state(number)), ["unknown", "unknown", "delivered"]);
    assert_eq!((test.is_up(0), test.ledger.accounts()[0].code), (true, code(0)));
    test.check_audit();
}
