//! How links begin, fence each other and end.

use crate::central_bank::bench::{Bench, code};
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
    bench.ledger.receive(0, late, bench.now);
    bench.ledger.link_down(0, 1);
    assert!(bench.ledger.accounts()[0].is_connected());
    assert_eq!(bench.state(1), "unknown");
    let registration = bench.registration(0);
    for incarnation in [1, 2] {
        let place = LinkPlace { incarnation, sequence: 1 };
        let refused = bench.ledger.register(place, &registration, bench.now);
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
    assert_eq!(bench.ledger.register(place(9), &registration, bench.now), Err(behind));
    let own = bench.ledger.chain().batch;
    let registration = Registration { batch: 7, central_bank_batch: own + 1, ..registration };
    let behind = CentralBankError::CentralBankBehind { operator: code(0), heard: own + 1, own, agreed: None };
    assert_eq!(bench.ledger.register(place(10), &registration, bench.now), Err(behind));
    let registration = Registration { central_bank_batch: own, ..registration };
    assert_eq!(bench.ledger.register(place(11), &registration, bench.now), Ok(0));
    let unknown = Registration { operator: "X".parse().unwrap(), ..registration };
    assert!(bench.ledger.register(place(12), &unknown, bench.now).is_err());
}

#[test]
fn a_repeated_message_changes_nothing_and_a_gap_closes_the_link() {
    let mut bench = Bench::net(2, Some(100));
    let message = |sequence: u64, number: u8, bench: &Bench| OperatorMessage {
        place: LinkPlace { incarnation: 1, sequence },
        instructions: vec![bench.instruction(number, 0, 1, 10)],
        ..OperatorMessage::default()
    };
    let [first, repeat, gap] = [(3, 1), (3, 2), (5, 3)].map(|(sequence, number)| message(sequence, number, &bench));
    for message in [first, repeat, gap] {
        bench.ledger.receive(0, message, bench.now);
    }
    bench.commit();
    assert_eq!([1, 2, 3].map(|number| bench.state(number)), ["delivered", "unknown", "unknown"]);
    assert_eq!((bench.disconnected.as_slice(), bench.ledger.accounts()[0].is_connected()), (&[0][..], false));
}

#[test]
fn a_link_that_follows_in_the_same_batch_is_not_closed() {
    let mut bench = Bench::net(1, None);
    let gap = OperatorMessage { place: LinkPlace { incarnation: 1, sequence: 9 }, ..OperatorMessage::default() };
    bench.ledger.receive(0, gap, bench.now);
    bench.register(0).unwrap();
    assert_eq!((bench.disconnected.as_slice(), bench.ledger.accounts()[0].is_connected()), (&[][..], true));
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
    bench.ledger.register(place, &registration, bench.now).unwrap();
    let place = LinkPlace { incarnation: 5, sequence: 2 };
    let said = OperatorMessage { place, resend_complete: true, ..OperatorMessage::default() };
    bench.ledger.receive(0, said, bench.now);
    bench.commit();
    assert_eq!(bench.heard(0), "roster; reserves 1500; issued 1000");
}
