//! Messages of the link read back as written, and malformed ones are named.

use clearing_domain::details::{Purpose, Voucher};
use clearing_domain::link::*;
use clearing_domain::merchant::{MerchantCategory, MerchantTraits};
use clearing_domain::money::{
    Amount, CycleId, PaymentId, Position, Prefix, RequestKey, Timestamp, WalletNumber,
};
use clearing_domain::operator::TickItem;
use clearing_domain::region::Region;
use clearing_domain::{Details, Reason};

use super::columns::ColumnError;
use crate::v1;
use crate::v1::advice::{Claimed, Event, Issued, Settled, Withdrawn};

fn wallet(prefix: u16) -> WalletNumber {
    WalletNumber::new(Prefix::new(prefix).unwrap(), clearing_domain::money::WalletKind::Personal, 7)
        .unwrap()
}

fn amount(fen: i64) -> Amount {
    Amount::from_fen(fen).unwrap()
}

/// Odd payments say what they are for.
fn details(id: u8) -> Option<Box<Details>> {
    let details = Details { purpose: Some(Purpose::Tax), ..Details::default() };
    (id % 2 == 1).then_some(details).and_then(Details::boxed)
}

fn instruction(id: u8) -> Instruction {
    Instruction {
        id: PaymentId([id; 16]),
        request_key: RequestKey([id + 100; 16]),
        payer: wallet(2),
        payee: wallet(3),
        amount: amount(i64::from(id) + 1),
        submitted_at: Timestamp::from_ms(5),
        expires_at: Timestamp::from_ms(-5),
        details: details(id),
    }
}

fn fund() -> Fund {
    Fund {
        id: PaymentId([6; 16]),
        payer: wallet(2),
        payee: wallet(3),
        amount: amount(6),
        voucher: Voucher { campaign: wallet(4), discount: amount(2) },
        purpose: Some(Purpose::Catering),
        merchant: Some(MerchantTraits {
            category: MerchantCategory::Catering,
            region: Some(Region::Fuzhou),
        }),
        submitted_at: Timestamp::from_ms(1),
        expires_at: Timestamp::from_ms(2),
    }
}

fn operator_message() -> OperatorMessage {
    OperatorMessage {
        place: LinkPlace { incarnation: 3, sequence: 9 },
        batch: 12,
        head: [7; 32],
        advice: 4,
        registration: Some(Registration {
            operator: "ICBC".parse().unwrap(),
            batch: 11,
            head: [6; 32],
            central_bank_batch: 10,
            central_bank_head: [5; 32],
            advice: 4,
            tick_ended: 2,
        }),
        decisions: vec![
            Decision { id: PaymentId([1; 16]), rejected: None, decided_at: Timestamp::from_ms(8) },
            Decision {
                id: PaymentId([2; 16]),
                rejected: Some(Reason::BalanceCap),
                decided_at: Timestamp::from_ms(9),
            },
        ],
        fundings: vec![
            FundingAnswer {
                id: PaymentId([3; 16]),
                declined: None,
                decided_at: Timestamp::from_ms(8),
            },
            FundingAnswer {
                id: PaymentId([4; 16]),
                declined: Some(Reason::PoolInsufficient),
                decided_at: Timestamp::from_ms(9),
            },
        ],
        instructions: vec![instruction(1), instruction(2)],
        withdrawals: vec![WithdrawalAnswer { operation: OperationId([5; 16]), held: true }],
        remittances: vec![Remittance { operation: OperationId([6; 16]), amount: amount(9) }],
        resend_complete: true,
        tick_done: Some(TickDone::new(2, vec![PaymentId([1; 16])])),
        tick_acknowledged: Some(1),
    }
}

#[test]
fn a_message_of_an_operator_reads_back_as_written() {
    for message in [operator_message(), OperatorMessage::default()] {
        assert_eq!(
            OperatorMessage::try_from(v1::ExchangeRequest::from(message.clone())),
            Ok(message)
        );
    }
}

#[test]
fn a_message_of_the_central_bank_reads_back_as_written() {
    let operation = OperationId([7; 16]);
    let settled = AdviceEvent::Settled {
        cycle: CycleId::new(3).unwrap(),
        settled: Position::from_fen(-5),
        carried: Position::from_fen(2),
        carried_to: CycleId::new(4),
    };
    let events = [
        AdviceEvent::Issued { operation, amount: amount(1) },
        AdviceEvent::WithdrawalRequested { operation, amount: amount(2) },
        AdviceEvent::Withdrawn { operation, amount: amount(3) },
        AdviceEvent::Remitted { operation, amount: amount(4) },
        AdviceEvent::ReservesChanged { operation, change: Position::from_fen(-4) },
        settled,
        AdviceEvent::Settled {
            cycle: CycleId::new(4).unwrap(),
            settled: Position::from_fen(5),
            carried: Position::ZERO,
            carried_to: None,
        },
        AdviceEvent::Claimed { cycle: CycleId::new(3).unwrap(), claimed: Position::from_fen(-6) },
    ];
    let delivery = Delivery {
        id: PaymentId([1; 16]),
        payer: wallet(2),
        payee: wallet(3),
        amount: amount(6),
        submitted_at: Timestamp::from_ms(1),
        expires_at: Timestamp::from_ms(2),
        hold: false,
        details: None,
    };
    let notice =
        |side, outcome| Notice { id: PaymentId([9; 16]), side, outcome, at: Timestamp::from_ms(3) };
    let message = CentralBankMessage {
        place: LinkPlace { incarnation: 1, sequence: 2 },
        batch: 3,
        head: [4; 32],
        witness: Some(Witness { batch: 9, head: [3; 32] }),
        roster: vec![RosterEntry { code: "ABC".parse().unwrap(), prefix: Prefix::new(3).unwrap() }],
        refused: vec!["why".to_owned()],
        notices: vec![
            notice(Side::Payer, Outcome::Cleared(CycleId::new(3))),
            notice(Side::Payee, Outcome::Refused(Reason::Expired)),
            notice(Side::Payer, Outcome::Queued),
            notice(Side::Sponsor, Outcome::Cleared(None)),
        ],
        advices: (1..).zip(events).map(|(number, event)| Advice { number, event }).collect(),
        funds: vec![fund()],
        deliveries: vec![
            delivery.clone(),
            Delivery { hold: true, details: details(1), ..delivery },
        ],
        revokes: vec![PaymentId([4; 16]), PaymentId([5; 16])],
        tick_end: Some(6),
        tick_close: Some(7),
    };
    for message in [message, CentralBankMessage::default()] {
        assert_eq!(
            CentralBankMessage::try_from(v1::ExchangeResponse::from(message.clone())),
            Ok(message)
        );
    }
}

#[test]
fn items_of_a_tick_read_back_as_written() {
    let item = TickItem {
        id: PaymentId([1; 16]),
        payer: wallet(2),
        payee: wallet(3),
        amount: amount(9),
        at: Timestamp::from_ms(4),
        details: None,
    };
    let items = vec![item.clone(), TickItem { details: details(1), ..item }];
    assert_eq!(super::read_tick_items(super::tick_items(&items)), Ok(items));
}

#[track_caller]
fn refused(change: impl FnOnce(&mut v1::Instructions), expected: &str) {
    let mut message = v1::ExchangeRequest::from(operator_message());
    change(message.instructions.as_mut().unwrap());
    let error: ColumnError = OperatorMessage::try_from(message).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn columns_that_do_not_fit_are_named() {
    refused(
        |columns| columns.payment_ids = vec![0; 16 * (ITEMS_MAX + 1)],
        "instructions has 16385 items, more than 16384",
    );
    refused(
        |columns| columns.expire_times_ms[1] = 253_402_300_800_000,
        "instructions has 253402300800000 where a time up to the year 9999 is due",
    );
    refused(|columns| columns.amounts_fen.truncate(1), "instructions has columns of 2 and 1 items");
    refused(
        |columns| columns.payment_ids.truncate(31),
        "instructions has 31 bytes of identities, not a multiple of 16",
    );
    refused(
        |columns| columns.payer_wallets[0] = 1,
        "instructions has wallet number \"0000000000000001\" is not 16 digits with a known kind where a wallet number is due",
    );
    refused(
        |columns| columns.amounts_fen[1] = -1,
        "instructions has amount -0.01 is not positive where an amount is due",
    );
}

#[test]
fn a_request_without_a_discount_and_a_notice_to_two_sides_are_named() {
    let funds = v1::Funds {
        payment_ids: vec![1; 16],
        payer_wallets: vec![wallet(2).as_u64()],
        payee_wallets: vec![wallet(3).as_u64()],
        amounts_fen: vec![1],
        submit_times_ms: vec![1],
        expire_times_ms: vec![1],
        details: vec![v1::PaymentDetails::default()],
        merchants: vec![v1::MerchantTraits::default()],
    };
    let notices = v1::Notices {
        payment_ids: vec![1; 16],
        to_payee: vec![true],
        reasons: vec![0],
        cycles: vec![1],
        times_ms: vec![1],
        queued: Vec::new(),
        to_sponsor: vec![true],
    };
    let read = |message: v1::ExchangeResponse| {
        CentralBankMessage::try_from(message).unwrap_err().to_string()
    };
    assert_eq!(
        read(v1::ExchangeResponse { funds: Some(funds), ..Default::default() }),
        "funds has a payment without a discount where one with a discount is due"
    );
    assert_eq!(
        read(v1::ExchangeResponse { notices: Some(notices), ..Default::default() }),
        "notices has both sides where one side is due"
    );
}

#[test]
fn an_identity_of_another_length_is_named_with_both_lengths() {
    for length in [0, 15, 17, 32] {
        let mut message = v1::ExchangeRequest::from(operator_message());
        message.tick_done.as_mut().unwrap().hash = vec![1; length];
        let error: ColumnError = OperatorMessage::try_from(message).unwrap_err();
        let expected = format!("tick_done has {length} bytes where a value of 16 bytes is due");
        assert_eq!(error.to_string(), expected);
    }
}

#[track_caller]
fn advice_refused(event: Option<Event>, expected: &str) {
    let advices = vec![v1::Advice { number: 1, event }];
    let message = v1::ExchangeResponse { advices, ..v1::ExchangeResponse::default() };
    let error: ColumnError = CentralBankMessage::try_from(message).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn an_advice_that_lacks_a_part_is_named() {
    advice_refused(None, "advices has no event where a kind of advice is due");
    let short = Issued { operation_id: vec![1; 15], amount_fen: 1 };
    advice_refused(
        Some(Event::Issued(short)),
        "advices has 15 bytes where a value of 16 bytes is due",
    );
    let negative = Withdrawn { operation_id: vec![1; 16], amount_fen: -1 };
    advice_refused(Some(Event::Withdrawn(negative)), "advices has -1 where an amount is due");
    let nowhere = Claimed { cycle: 0, claimed_fen: 1 };
    advice_refused(
        Some(Event::Claimed(nowhere)),
        "advices has 0 where the number of a cycle is due",
    );
    let carried_to_none = Settled { cycle: 1, carried_to_cycle: Some(0), ..Settled::default() };
    advice_refused(
        Some(Event::Settled(carried_to_none)),
        "advices has 0 where the number of a cycle is due",
    );
    let carried_nowhere = Settled { cycle: 1, carried_fen: -7, ..Settled::default() };
    advice_refused(
        Some(Event::Settled(carried_nowhere)),
        "advices has -7 fen carried to no cycle where the number of a cycle is due",
    );
}
