//! How links begin, fence each other and end.

use crate::Ledger;
use crate::central_bank::bench::{Bench, code, operator};
use crate::central_bank::error::CentralBankError;
use crate::link::{LinkPlace, OperatorMessage, Registration};

#[test]
fn a_new_link_fences_the_old_one() {
    let mut bench = Bench::net(2, Some(100));
    let late = OperatorMessage {
        place: LinkPlace { incarnation: 1, sequence: 3 },
        instructions: vec![bench.instruction(1, 0, 1, 10)],
        ..OperatorMessage::default()
    };
    bench.up(0);
    bench.ledger.receive(operator(0), late, bench.now);
    bench.ledger.link_down(operator(0), 1);
    assert!(bench.is_up(0));
    assert_eq!(bench.state(1), "unknown");
    let registration = bench.registration(0);
    for incarnation in [1, 2] {
        let place = LinkPlace { incarnation, sequence: 1 };
        let refused = bench.ledger.register(place, &registration, None, bench.now);
        let expected = CentralBankError::Fenced { operator: code(0), seen: 2, found: incarnation };
        assert_eq!(refused, Err(expected));
    }
    bench.check();
}

#[test]
fn a_ledger_that_forgot_what_was_acknowledged_is_refused() {
    let mut bench = Bench::net(2, Some(100));
    bench.send(0, OperatorMessage { batch: 7, ..OperatorMessage::default() });
    let place = |incarnation| LinkPlace { incarnation, sequence: 1 };
    let registration = Registration { batch: 6, ..bench.registration(0) };
    let behind = CentralBankError::OperatorBehind { operator: code(0), seen: 7, found: 6 };
    assert_eq!(bench.ledger.register(place(9), &registration, None, bench.now), Err(behind));
    let own = bench.ledger.chain().batch;
    let registration = Registration { batch: 7, central_bank_batch: own + 1, ..registration };
    let behind = CentralBankError::CentralBankBehind {
        operator: code(0),
        known: own + 1,
        own,
        agreed: None,
    };
    assert_eq!(bench.ledger.register(place(10), &registration, None, bench.now), Err(behind));
    let registration = Registration { central_bank_batch: own, ..registration };
    assert_eq!(
        bench.ledger.register(place(11), &registration, Some([0; 32]), bench.now),
        Ok(operator(0))
    );
    let unknown = Registration { operator: "X".parse().unwrap(), ..registration };
    assert!(bench.ledger.register(place(12), &unknown, None, bench.now).is_err());
}

#[test]
fn a_ledger_with_another_past_is_named_a_fork() {
    let mut bench = Bench::net(2, Some(100));
    let place = |incarnation| LinkPlace { incarnation, sequence: 1 };
    bench.send(0, OperatorMessage { batch: 7, head: [1; 32], ..OperatorMessage::default() });
    // An older word does not take the place of a newer one.
    bench.send(0, OperatorMessage { batch: 6, head: [3; 32], ..OperatorMessage::default() });
    let own = bench.ledger.chain().batch;
    let heard = Registration {
        central_bank_batch: own,
        central_bank_head: [5; 32],
        ..bench.registration(0)
    };
    let registration = Registration { batch: 7, head: [2; 32], ..heard };
    let forked = CentralBankError::OperatorForked { operator: code(0), batch: 7 };
    assert_eq!(
        bench.ledger.register(place(9), &registration, Some([5; 32]), bench.now),
        Err(forked)
    );
    // What was told stays known until the operator has compared it: its registration alone changes
    // nothing.
    let later = Registration { batch: 8, head: [2; 32], ..heard };
    assert_eq!(bench.ledger.register(place(10), &later, Some([5; 32]), bench.now), Ok(operator(0)));
    let told = crate::link::Witness { batch: 7, head: [1; 32] };
    assert_eq!(bench.ledger.witness_of(operator(0)), told);
    let (_, effects) = bench.ledger.take_batch();
    assert_eq!(effects.messages.last().and_then(|(_, message)| message.witness), Some(told));
    let honest = Registration { batch: 7, head: [1; 32], ..heard };
    let forked =
        CentralBankError::CentralBankForked { operator: code(0), batch: own, agreed: None };
    assert_eq!(bench.ledger.register(place(11), &honest, Some([6; 32]), bench.now), Err(forked));
    let other = Registration { operator: code(1), batch: 0, ..honest };
    let agreed = bench.ledger.register(place(9), &other, Some([6; 32]), bench.now).unwrap_err();
    assert!(agreed.is_agreed(), "{agreed}");
}

#[test]
fn an_operator_that_heard_of_a_batch_whose_head_is_not_known_is_told_to_try_again() {
    let mut bench = Bench::net(2, Some(100));
    let place = |incarnation| LinkPlace { incarnation, sequence: 1 };
    bench.send(0, OperatorMessage { batch: 7, head: [1; 32], ..OperatorMessage::default() });
    let told = bench.ledger.witness_of(operator(0));
    // The head is looked up before; the chain goes on to the batch in between.
    let own = bench.ledger.chain().batch;
    let fork = Registration {
        batch: 8,
        central_bank_batch: own,
        central_bank_head: [5; 32],
        ..bench.registration(0)
    };
    for incarnation in [9, 10] {
        let unknown = CentralBankError::OwnHeadUnknown { operator: code(0), batch: own };
        assert_eq!(bench.ledger.register(place(incarnation), &fork, None, bench.now), Err(unknown));
        assert!(!bench.is_up(0));
        assert_eq!(bench.ledger.witness_of(operator(0)), told);
    }
    // One that has heard of nothing has nothing to compare.
    let new = Registration { central_bank_batch: 0, ..fork };
    assert_eq!(bench.ledger.register(place(11), &new, None, bench.now), Ok(operator(0)));
    let known = Registration { central_bank_head: [6; 32], ..fork };
    assert_eq!(bench.ledger.register(place(12), &known, Some([6; 32]), bench.now), Ok(operator(0)));
}

#[test]
fn what_was_appended_is_told_once_to_operators_that_did_not_hear_of_it() {
    let mut bench = Bench::net(2, Some(100));
    bench.ledger.send_witness();
    bench.commit();
    bench.ledger.set_active(code(1), false, bench.now).unwrap();
    bench.commit();
    for expected in [2, 0] {
        bench.ledger.send_witness();
        let (_, effects) = bench.ledger.take_batch();
        let told: Vec<_> =
            effects.messages.iter().map(|(_, message)| (message.batch, message.head)).collect();
        let chain = bench.ledger.chain();
        assert_eq!(told, vec![(chain.batch, chain.hash); expected]);
    }
}

#[test]
fn a_repeated_message_changes_nothing_and_a_gap_closes_the_link() {
    let mut bench = Bench::net(2, Some(100));
    let message = |sequence: u64, number: u8, bench: &Bench| OperatorMessage {
        place: LinkPlace { incarnation: 1, sequence },
        instructions: vec![bench.instruction(number, 0, 1, 10)],
        ..OperatorMessage::default()
    };
    let [first, repeat, gap] =
        [(3, 1), (3, 2), (5, 3)].map(|(sequence, number)| message(sequence, number, &bench));
    for message in [first, repeat, gap] {
        bench.ledger.receive(operator(0), message, bench.now);
    }
    bench.commit();
    assert_eq!([1, 2, 3].map(|number| bench.state(number)), ["delivered", "unknown", "unknown"]);
    assert_eq!((bench.disconnected.as_slice(), bench.is_up(0)), (&[0][..], false));
}

#[test]
fn a_link_that_follows_in_the_same_batch_is_not_closed() {
    let mut bench = Bench::net(1, None);
    let gap = OperatorMessage {
        place: LinkPlace { incarnation: 1, sequence: 9 },
        ..OperatorMessage::default()
    };
    bench.ledger.receive(operator(0), gap, bench.now);
    bench.register(0).unwrap();
    assert_eq!((bench.disconnected.as_slice(), bench.is_up(0)), (&[][..], true));
}

#[test]
fn advices_follow_the_notices_of_what_was_said_again() {
    let mut bench = Bench::net(2, None);
    let instruction = bench.instruction(1, 0, 1, 10);
    bench.instruct(0, vec![instruction]);
    bench.down(0);
    bench.decide(1, 1, None);
    bench.close();
    bench.register(0).unwrap();
    bench.instruct(0, vec![instruction]);
    assert_eq!(bench.heard(0), "roster; #1 cleared 1 to payer");
    bench.send(0, OperatorMessage { resend_complete: true, ..OperatorMessage::default() });
    assert_eq!(bench.heard(0), "cycle 1 settled -10 carried 0");
    bench.up(0);
    assert_eq!(bench.heard(0), "roster");
    bench.check();
}

#[test]
fn what_an_operator_opens_with_comes_by_advice() {
    let mut bench = Bench::net(1, None);
    bench.restart();
    let registration = Registration { advice: 0, ..bench.registration(0) };
    let place = LinkPlace { incarnation: 5, sequence: 1 };
    bench.ledger.register(place, &registration, None, bench.now).unwrap();
    let place = LinkPlace { incarnation: 5, sequence: 2 };
    let said = OperatorMessage { place, resend_complete: true, ..OperatorMessage::default() };
    bench.ledger.receive(operator(0), said, bench.now);
    bench.commit();
    assert_eq!(bench.heard(0), "roster; reserves 1500; issued 1000");
}
