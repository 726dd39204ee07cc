//! What operators say that cannot be.

use crate::central_bank::bench::NET;
use crate::central_bank::bench::{Bench, code, id, in_lockstep, operator, settings, wallet};
use crate::central_bank::error::CentralBankError;
use crate::link::{
    Decision, INCARNATION_STEP_MAX, LinkPlace, OperationId, OperatorMessage, Registration,
    TickDone, WithdrawalAnswer,
};

fn place(incarnation: u64) -> LinkPlace {
    LinkPlace { incarnation, sequence: 1 }
}

#[track_caller]
fn refused(bench: &mut Bench, place: LinkPlace, registration: &Registration, field: &str) {
    let before = bench.ledger.account_row(operator(0));
    match bench.ledger.register(place, registration, None, bench.now) {
        Err(CentralBankError::OutOfBounds { field: found, .. }) => assert_eq!(found, field),
        other => panic!("{field}: {other:?}"),
    }
    let after = bench.ledger.account_row(operator(0));
    assert!(
        after.incarnation <= before.incarnation + INCARNATION_STEP_MAX
            && after.batch_seen == before.batch_seen
    );
}

#[test]
fn a_registration_takes_small_steps_and_nothing_of_a_refused_one_stays() {
    let mut bench = Bench::net(2, Some(100));
    let honest = bench.registration(0);
    for incarnation in [1 + INCARNATION_STEP_MAX + 1, 1 << 62, i64::MAX as u64, u64::MAX] {
        refused(&mut bench, place(incarnation), &honest, "incarnation");
    }
    for batch in [1 << 62, 1 << 40, u64::MAX] {
        refused(&mut bench, place(2), &Registration { batch, ..honest }, "batch");
        refused(
            &mut bench,
            place(2),
            &Registration { central_bank_batch: batch | 1 << 62, ..honest },
            "central_bank_batch",
        );
    }
    refused(&mut bench, LinkPlace { incarnation: 2, sequence: 2 }, &honest, "sequence");
    assert!(bench.is_up(0));
    let mut next = 2;
    for registration in
        [Registration { advice: 99, ..honest }, Registration { tick_ended: 1, ..honest }]
    {
        let field = if registration.advice == 99 { "advice" } else { "tick_ended" };
        refused(&mut bench, place(next), &registration, field);
        next += 1;
    }
    assert_eq!(bench.ledger.register(place(next), &honest, None, bench.now), Ok(operator(0)));
    assert_eq!(
        bench.ledger.register(place(next + INCARNATION_STEP_MAX), &honest, None, bench.now),
        Ok(operator(0))
    );
    bench.commit();
    bench.check_audit();
}

#[test]
fn an_operator_that_is_refused_for_its_ledger_may_go_on_counting_for_ever() {
    let mut bench = Bench::net(2, Some(100));
    let own = bench.ledger.chain().batch;
    let ahead = Registration { central_bank_batch: own + 9, ..bench.registration(0) };
    for incarnation in 2..3 * INCARNATION_STEP_MAX {
        assert!(matches!(
            bench.ledger.register(place(incarnation), &ahead, None, bench.now),
            Err(CentralBankError::CentralBankBehind { .. })
        ));
    }
    let honest = bench.registration(0);
    assert_eq!(
        bench.ledger.register(place(3 * INCARNATION_STEP_MAX), &honest, None, bench.now),
        Ok(operator(0))
    );
}

#[test]
fn an_operator_that_counted_where_nobody_heard_it_comes_back_and_what_it_said_fences_nothing() {
    let mut bench = Bench::net(2, Some(100));
    let honest = bench.registration(0);
    // Nothing that is far away comes near by being said again and again.
    for _ in 0..5 {
        refused(&mut bench, place(u64::MAX), &honest, "incarnation");
    }
    assert_eq!(bench.ledger.register(place(2), &honest, None, bench.now), Ok(operator(0)));
    let ran_away = 2 + 5 * INCARNATION_STEP_MAX;
    for attempt in 0..4 {
        refused(&mut bench, place(ran_away + attempt), &honest, "incarnation");
    }
    // The fifth step reaches one step less than its attempts have counted on.
    refused(&mut bench, place(ran_away + 4), &honest, "incarnation");
    assert_eq!(
        bench.ledger.register(place(ran_away + 5), &honest, None, bench.now),
        Ok(operator(0))
    );
    // Linked again, it takes small steps as before.
    refused(&mut bench, place(ran_away + 6 + INCARNATION_STEP_MAX), &honest, "incarnation");
    bench.commit();
    bench.check_audit();
}

#[test]
fn only_two_operators_together_say_that_the_central_bank_is_behind() {
    let mut bench = Bench::net(3, Some(100));
    let own = bench.ledger.chain().batch;
    let claim = |bench: &Bench, number| Registration {
        central_bank_batch: own + 9,
        ..bench.registration(number)
    };
    let (first, second) = (claim(&bench, 0), claim(&bench, 1));
    for incarnation in [2, 3] {
        let refused =
            bench.ledger.register(place(incarnation), &first, None, bench.now).unwrap_err();
        assert!(!refused.is_agreed(), "{refused}");
        assert!(!bench.is_up(0));
    }
    // One that takes its word back is no witness.
    let honest = bench.registration(0);
    bench.ledger.register(place(4), &honest, None, bench.now).unwrap();
    assert!(!bench.ledger.register(place(2), &second, None, bench.now).unwrap_err().is_agreed());
    let agreed = bench.ledger.register(place(5), &first, None, bench.now).unwrap_err();
    assert!(agreed.is_agreed());
    let text = agreed.to_string();
    assert!(
        text.contains(&format!("batch {}", own + 9))
            && text.contains("operator A has, as operator B has, heard"),
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
        let mut bench = Bench::new(in_lockstep(settings(NET, 2, None)));
        bench.send(0, message);
        let [(0, CentralBankError::OutOfBounds { field: found, .. })] = bench.refused[..] else {
            panic!("{field}: {:?}", bench.refused);
        };
        assert_eq!((found, bench.disconnected.as_slice()), (field, &[0][..]));
        bench.up(0);
        bench.check_audit();
    }
}

#[test]
fn what_cannot_be_meant_is_answered_and_counted_and_the_rest_of_the_message_holds() {
    let mut bench = Bench::net(3, Some(100));
    let foreign = bench.instruction(1, 1, 2, 5);
    let own = crate::link::Instruction { payee: wallet(0), ..bench.instruction(2, 0, 1, 5) };
    let (first, again) = (bench.instruction(3, 0, 1, 5), bench.instruction(3, 0, 1, 6));
    let decision = |number| Decision { id: id(number), rejected: None, decided_at: bench.now };
    bench.send(
        0,
        OperatorMessage {
            decisions: (100..130).map(decision).collect(),
            instructions: vec![foreign, own, first, again],
            withdrawals: vec![WithdrawalAnswer { operation: OperationId([9; 16]), held: true }],
            tick_done: Some(TickDone::new(1, Vec::new())),
            ..OperatorMessage::default()
        },
    );
    assert_eq!(bench.refused_items, 30 + 3 + 1 + 1);
    // Sixteen in words and one that counts the others.
    assert_eq!((bench.alarms.len(), bench.heard(0).matches("refused: ").count()), (17, 17));
    assert_eq!([1, 2, 3].map(|number| bench.state(number)), ["unknown", "unknown", "delivered"]);
    assert_eq!((bench.is_up(0), bench.ledger.accounts()[0].code), (true, code(0)));
    bench.check_audit();
}
