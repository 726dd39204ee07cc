//! How the operator's link begins, resends and breaks.

use crate::Ledger;
use crate::link::{CentralBankMessage, LinkPlace};
use crate::money::PaymentId;
use crate::operator::LinkPhase;
use crate::operator::bench::{Bench, abroad, settings};

#[test]
fn nothing_is_said_while_the_link_is_down_and_everything_undecided_after() {
    let mut bench = Bench::new(settings());
    let payer = bench.wallet(1, 100);
    bench.pay(payer, abroad(), 1);
    bench.ledger.link_down();
    bench.pay(payer, abroad(), 2);
    assert_eq!(bench.said(), "instruct #1");
    bench.deliver(9, payer, 5);
    assert_eq!((bench.said().as_str(), bench.balance(payer)), ("", 97));
    bench.up();
    assert_eq!(bench.said(), "register; instruct #1; instruct #2; that is all");
    bench.check();
}

#[test]
fn messages_of_an_old_link_and_repeats_are_dropped_and_a_gap_starts_anew() {
    let mut bench = Bench::new(settings());
    let payee = bench.wallet(1, 0);
    bench.deliver(1, payee, 5);
    let message = |incarnation: u64, sequence: u64| CentralBankMessage {
        place: LinkPlace { incarnation, sequence },
        revokes: vec![PaymentId([7; 16])],
        ..CentralBankMessage::default()
    };
    for (incarnation, sequence) in [(1, 3), (0, 4), (2, 4)] {
        bench.ledger.receive(message(incarnation, sequence), bench.now);
    }
    assert_eq!((bench.ledger.inbound().len(), bench.ledger.link_phase()), (1, LinkPhase::Up));
    bench.ledger.receive(message(1, 5), bench.now);
    assert_eq!((bench.ledger.inbound().len(), bench.ledger.link_phase()), (1, LinkPhase::Down));
    assert!(bench.ledger.take_batch().1.reconnect);
}

#[test]
fn a_payment_that_stays_here_is_told_once_as_the_batch_and_the_head_of_the_chain() {
    let mut bench = Bench::new(settings());
    let [payer, payee] = [bench.wallet(1, 100), bench.wallet(1, 0)];
    let told = |bench: &mut Bench| {
        bench.ledger.send_witness();
        let messages = bench.ledger.take_batch().1.messages;
        messages.iter().map(|message| (message.batch, message.head)).collect::<Vec<_>>()
    };
    told(&mut bench);
    bench.pay(payer, payee, 40);
    bench.said();
    let chain = bench.ledger.chain();
    assert_eq!(told(&mut bench), [(chain.batch, chain.hash)]);
    assert_eq!(told(&mut bench), []);
    bench.ledger.link_down();
    bench.pay(payer, payee, 2);
    assert_eq!(told(&mut bench), []);
}

#[test]
fn the_highest_batch_of_the_central_bank_is_kept_with_its_head() {
    let mut bench = Bench::new(settings());
    for (batch, head) in [(1 << 20, [1; 32]), (5, [2; 32])] {
        bench.hear(CentralBankMessage { batch, head, ..CentralBankMessage::default() });
    }
    let link = bench.ledger.link();
    assert_eq!((link.central_bank_batch, link.central_bank_head), (1 << 20, [1; 32]));
    bench.restart();
    let link = bench.ledger.link();
    assert_eq!((link.central_bank_batch, link.central_bank_head), (1 << 20, [1; 32]));
    bench.check();
}
