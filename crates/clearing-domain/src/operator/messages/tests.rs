//! How the operator's link begins, resends and breaks.

use crate::Ledger;
use crate::link::{CentralBankMessage, LinkPlace};
use crate::money::PaymentId;
use crate::operator::LinkPhase;
use crate::operator::test_ledger::{TestLedger, abroad, settings};

#[test]
fn nothing_is_said_while_the_link_is_down_and_everything_undecided_after() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 100);
    test.pay(payer, abroad(), 1);
    test.ledger.link_down();
    test.pay(payer, abroad(), 2);
    assert_eq!(test.said(), "instruct #1");
    test.deliver(9, payer, 5);
    assert_eq!((test.said().as_str(), test.balance(payer)), ("", 97));
    test.up();
    assert_eq!(test.said(), "register; instruct #1; instruct #2; that is all");
    test.check();
}

#[test]
fn messages_of_an_old_link_and_repeats_are_dropped_and_a_gap_starts_anew() {
    let mut test = TestLedger::new(settings());
    let payee = test.wallet(1, 0);
    test.deliver(1, payee, 5);
    let message = |incarnation: u64, sequence: u64| CentralBankMessage {
        place: LinkPlace { incarnation, sequence },
        revokes: vec![PaymentId([7; 16])],
        ..CentralBankMessage::default()
    };
    for (incarnation, sequence) in [(1, 3), (0, 4), (2, 4)] {
        test.ledger.receive(message(incarnation, sequence), test.now);
    }
    assert_eq!((test.ledger.inbound().len(), test.ledger.link_phase()), (1, LinkPhase::Up));
    test.ledger.receive(message(1, 5), test.now);
    assert_eq!((test.ledger.inbound().len(), test.ledger.link_phase()), (1, LinkPhase::Down));
    assert!(test.ledger.take_batch().1.reconnect);
}

#[test]
fn a_payment_that_stays_here_is_told_once_as_the_batch_and_the_head_of_the_chain() {
    let mut test = TestLedger::new(settings());
    let [payer, payee] = [test.wallet(1, 100), test.wallet(1, 0)];
    let told = |test: &mut TestLedger| {
        test.ledger.send_witness();
        let messages = test.ledger.take_batch().1.messages;
        messages.iter().map(|message| (message.batch, message.head)).collect::<Vec<_>>()
    };
    told(&mut test);
    test.pay(payer, payee, 40);
    test.said();
    let chain = test.ledger.chain();
    assert_eq!(told(&mut test), [(chain.batch, chain.hash)]);
    assert_eq!(told(&mut test), []);
    test.ledger.link_down();
    test.pay(payer, payee, 2);
    assert_eq!(told(&mut test), []);
}

#[test]
fn the_highest_batch_of_the_central_bank_is_kept_with_its_head() {
    let mut test = TestLedger::new(settings());
    for (batch, head) in [(1 << 20, [1; 32]), (5, [2; 32])] {
        test.hear(CentralBankMessage { batch, head, ..CentralBankMessage::default() });
    }
    let link = test.ledger.link();
    assert_eq!((link.central_bank_batch, link.central_bank_head), (1 << 20, [1; 32]));
    test.restart();
    let link = test.ledger.link();
    assert_eq!((link.central_bank_batch, link.central_bank_head), (1 << 20, [1; 32]));
    test.check();
}
