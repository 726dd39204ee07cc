//! How releases are split and numbered, and what is due.

use super::*;
use crate::link::{Decision, Instruction};
use crate::money::{Amount, PaymentId, RequestKey, Timestamp, WalletNumber};

const CHAIN: Chain = Chain { hash: [7; 32], batch: 3, row: 9, beside: None };

#[test]
fn what_is_too_large_is_split_in_order_and_the_end_of_the_tick_comes_last() {
    let id = |number: usize| {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
        PaymentId(bytes)
    };
    let count = 2 * ITEMS_MAX + 1;
    let mut end = LinkEnd::<CentralBankMessage>::default();
    end.contents.revokes = (0..count).map(id).collect();
    end.contents.tick_end = Some(7);
    let messages = end.take_messages(5, &CHAIN);
    let shown: Vec<_> = messages
        .iter()
        .map(|message| (message.place.sequence, message.revokes.len(), message.tick_end))
        .collect();
    assert_eq!(shown, [(1, ITEMS_MAX, None), (2, ITEMS_MAX, None), (3, 1, Some(7))]);
    assert!(messages.iter().flat_map(|message| &message.revokes).is_sorted());
    assert!(messages.iter().all(|message| message.place.incarnation == 5 && message.batch == 3));
    assert!(end.take_messages(5, &CHAIN).is_empty());
}

#[test]
fn decisions_come_before_instructions_and_what_speaks_of_completeness_comes_last() {
    let decision =
        Decision { id: PaymentId::default(), rejected: None, decided_at: Timestamp::ZERO };
    let wallet: WalletNumber = "0021000000000013".parse().unwrap();
    let instruction = Instruction {
        id: PaymentId::default(),
        request_key: RequestKey::default(),
        payer: wallet,
        payee: wallet,
        amount: Amount::ZERO,
        submitted_at: Timestamp::ZERO,
        expires_at: Timestamp::ZERO,
        details: None,
    };
    let mut end = LinkEnd::<OperatorMessage>::default();
    end.contents.decisions = vec![decision; 3];
    end.contents.instructions = vec![instruction; ITEMS_MAX];
    end.contents.resend_complete = true;
    let counts: Vec<_> = end
        .take_messages(1, &CHAIN)
        .iter()
        .map(|message| {
            (message.decisions.len(), message.instructions.len(), message.resend_complete)
        })
        .collect();
    assert_eq!(counts, [(3, ITEMS_MAX - 3, false), (0, 3, true)]);
}

#[test]
fn a_batch_is_reported_once_and_only_when_it_is_asked_for() {
    let mut end = LinkEnd::<OperatorMessage>::default();
    assert!(end.take_messages(1, &CHAIN).is_empty());
    end.report(CHAIN.row);
    let reported = end.take_messages(1, &CHAIN);
    assert_eq!((reported.len(), reported[0].head), (1, CHAIN.hash));
    end.report(CHAIN.row);
    assert!(end.take_messages(1, &CHAIN).is_empty());
    end.report(CHAIN.row + 1);
    end.clear();
    assert!(end.take_messages(1, &CHAIN).is_empty());
}

#[test]
fn a_message_is_due_when_all_before_it_have_come() {
    let mut end = LinkEnd::<OperatorMessage>::after(1);
    assert_eq!(
        [1, 2, 4].map(|number| end.arrival(number)),
        [Arrival::Repeated, Arrival::Due, Arrival::Early(2)]
    );
    end.receive();
    assert_eq!(end.arrival(2), Arrival::Repeated);
}
