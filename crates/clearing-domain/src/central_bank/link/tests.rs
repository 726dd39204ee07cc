//! How links begin, fence each other and end.

use crate::Ledger;
use crate::central_bank::error::CentralBankError;
use crate::central_bank::test_ledger::{TestLedger, code, operator};
use crate::link::{LinkPlace, OperatorMessage, Registration};

#[test]
fn a_new_link_fences_the_old_one() {
    let mut test = TestLedger::net(2, Some(100));
    let late = OperatorMessage {
        place: LinkPlace { incarnation: 1, sequence: 3 },
        instructions: vec![test.instruction(1, 0, 1, 10)],
        ..OperatorMessage::default()
    };
    test.up(0);
    test.ledger.receive(operator(0), late, test.now);
    test.ledger.link_down(operator(0), 1);
    assert!(test.is_up(0));
    assert_eq!(test.state(1), "unknown");
    let registration = test.registration(0);
    for incarnation in [1, 2] {
        let place = LinkPlace { incarnation, sequence: 1 };
        let refused = test.ledger.register(place, &registration, None, test.now);
        let expected = CentralBankError::Fenced { operator: code(0), seen: 2, found: incarnation };
        assert_eq!(refused, Err(expected));
    }
    test.check();
}

#[test]
fn a_ledger_that_forgot_what_was_acknowledged_is_refused() {
    let mut test = TestLedger::net(2, Some(100));
    test.send(0, OperatorMessage { batch: 7, ..OperatorMessage::default() });
    let place = |incarnation| LinkPlace { incarnation, sequence: 1 };
    let registration = Registration { batch: 6, ..test.registration(0) };
    let behind = CentralBankError::OperatorBehind { operator: code(0), seen: 7, found: 6 };
    assert_eq!(test.ledger.register(place(9), &registration, None, test.now), Err(behind));
    let own = test.ledger.chain().batch;
    let registration = Registration { batch: 7, central_bank_batch: own + 1, ..registration };
    let behind = CentralBankError::CentralBankBehind {
        operator: code(0),
        known: own + 1,
        own,
        agreed: None,
    };
    assert_eq!(test.ledger.register(place(10), &registration, None, test.now), Err(behind));
    let registration = Registration { central_bank_batch: own, ..registration };
    assert_eq!(
        test.ledger.register(place(11), &registration, Some([0; 32]), test.now),
        Ok(operator(0))
    );
    let unknown = Registration { operator: "X".parse().unwrap(), ..registration };
    assert!(test.ledger.register(place(12), &unknown, None, test.now).is_err());
}

#[test]
fn a_ledger_with_another_past_is_named_a_fork() {
    let mut test = TestLedger::net(2, Some(100));
    let place = |incarnation| LinkPlace { incarnation, sequence: 1 };
    test.send(0, OperatorMessage { batch: 7, head: [1; 32], ..OperatorMessage::default() });
    // An older word does not take the place of a newer one.
    test.send(0, OperatorMessage { batch: 6, head: [3; 32], ..OperatorMessage::default() });
    let own = test.ledger.chain().batch;
    let heard = Registration {
        central_bank_batch: own,
        central_bank_head: [5; 32],
        ..test.registration(0)
    };
    let registration = Registration { batch: 7, head: [2; 32], ..heard };
    let forked = CentralBankError::OperatorForked { operator: code(0), batch: 7 };
    assert_eq!(test.ledger.register(place(9), &registration, Some([5; 32]), test.now), Err(forked));
    // What was told stays known until the operator has compared it: its registration alone changes
    // nothing.
    let later = Registration { batch: 8, head: [2; 32], ..heard };
    assert_eq!(test.ledger.register(place(10), &later, Some([5; 32]), test.now), Ok(operator(0)));
    let told = crate::link::Witness { batch: 7, head: [1; 32] };
    assert_eq!(test.ledger.witness_of(operator(0)), told);
    let (_, effects) = test.ledger.take_batch();
    assert_eq!(effects.messages.last().and_then(|(_, message)| message.witness), Some(told));
    let honest = Registration { batch: 7, head: [1; 32], ..heard };
    let forked =
        CentralBankError::CentralBankForked { operator: code(0), batch: own, agreed: None };
    assert_eq!(test.ledger.register(place(11), &honest, Some([6; 32]), test.now), Err(forked));
    let other = Registration { operator: code(1), batch: 0, ..honest };
    let agreed = test.ledger.register(place(9), &other, Some([6; 32]), test.now).unwrap_err();
    assert!(agreed.is_agreed(), "{agreed}");
}

#[test]
fn an_operator_that_heard_of_a_batch_whose_head_is_not_known_is_told_to_try_again() {
    let mut test = TestLedger::net(2, Some(100));
    let place = |incarnation| LinkPlace { incarnation, sequence: 1 };
    test.send(0, OperatorMessage { batch: 7, head: [1; 32], ..OperatorMessage::default() });
    let told = test.ledger.witness_of(operator(0));
    // The head is looked up before; the chain goes on to the batch in between.
    let own = test.ledger.chain().batch;
    let fork = Registration {
        batch: 8,
        central_bank_batch: own,
        central_bank_head: [5; 32],
        ..test.registration(0)
    };
    for incarnation in [9, 10] {
        let unknown = CentralBankError::OwnHeadUnknown { operator: code(0), batch: own };
        assert_eq!(test.ledger.register(place(incarnation), &fork, None, test.now), Err(unknown));
        assert!(!test.is_up(0));
        assert_eq!(test.ledger.witness_of(operator(0)), told);
    }
    // One that has heard of nothing has nothing to compare.
    let new = Registration { central_bank_batch: 0, ..fork };
    assert_eq!(test.ledger.register(place(11), &new, None, test.now), Ok(operator(0)));
    let known = Registration { central_bank_head: [6; 32], ..fork };
    assert_eq!(test.ledger.register(place(12), &known, Some([6; 32]), test.now), Ok(operator(0)));
}

#[test]
fn what_was_appended_is_told_once_to_operators_that_did_not_hear_of_it() {
    let mut test = TestLedger::net(2, Some(100));
    test.ledger.send_witness();
    test.commit();
    test.ledger.set_active(code(1), false, test.now).unwrap();
    test.commit();
    for expected in [2, 0] {
        test.ledger.send_witness();
        let (_, effects) = test.ledger.take_batch();
        let told: Vec<_> =
            effects.messages.iter().map(|(_, message)| (message.batch, message.head)).collect();
        let chain = test.ledger.chain();
        assert_eq!(told, vec![(chain.batch, chain.hash); expected]);
    }
}

#[test]
fn a_repeated_message_changes_nothing_and_a_gap_closes_the_link() {
    let mut test = TestLedger::net(2, Some(100));
    let message = |sequence: u64, number: u8, test: &TestLedger| OperatorMessage {
        place: LinkPlace { incarnation: 1, sequence },
        instructions: vec![test.instruction(number, 0, 1, 10)],
        ..OperatorMessage::default()
    };
    let [first, repeat, gap] =
        [(3, 1), (3, 2), (5, 3)].map(|(sequence, number)| message(sequence, number, &test));
    for message in [first, repeat, gap] {
        test.ledger.receive(operator(0), message, test.now);
    }
    test.commit();
    assert_eq!([1, 2, 3].map(|number| test.state(number)), ["delivered", "unknown", "unknown"]);
    assert_eq!((test.disconnected.as_slice(), test.is_up(0)), (&[0][..], false));
}

#[test]
fn a_link_that_follows_in_the_same_batch_is_not_closed() {
    let mut test = TestLedger::net(1, None);
    let gap = OperatorMessage {
        place: LinkPlace { incarnation: 1, sequence: 9 },
        ..OperatorMessage::default()
    };
    test.ledger.receive(operator(0), gap, test.now);
    test.register(0).unwrap();
    assert_eq!((test.disconnected.as_slice(), test.is_up(0)), (&[][..], true));
}

#[test]
fn advices_follow_the_notices_of_what_was_said_again() {
    let mut test = TestLedger::net(2, None);
    let instruction = test.instruction(1, 0, 1, 10);
    test.instruct(0, vec![instruction.clone()]);
    test.down(0);
    test.decide(1, 1, None);
    test.close();
    test.register(0).unwrap();
    test.instruct(0, vec![instruction]);
    assert_eq!(test.heard(0), "roster; #1 cleared 1 to payer");
    test.send(0, OperatorMessage { resend_complete: true, ..OperatorMessage::default() });
    assert_eq!(test.heard(0), "cycle 1 settled -10 carried 0");
    test.up(0);
    assert_eq!(test.heard(0), "roster");
    test.check();
}

#[test]
fn what_an_operator_opens_with_comes_by_advice() {
    let mut test = TestLedger::net(1, None);
    test.restart();
    let registration = Registration { advice: 0, ..test.registration(0) };
    let place = LinkPlace { incarnation: 5, sequence: 1 };
    test.ledger.register(place, &registration, None, test.now).unwrap();
    let place = LinkPlace { incarnation: 5, sequence: 2 };
    let said = OperatorMessage { place, resend_complete: true, ..OperatorMessage::default() };
    test.ledger.receive(operator(0), said, test.now);
    test.commit();
    assert_eq!(test.heard(0), "roster; reserves 1500; issued 1000");
}
