//! The edges that the random commands rarely meet.

use super::*;

#[test]
fn a_return_finds_the_room_that_the_payment_left() {
    let mut test = TestLedger::new(settings());
    test.advise(AdviceEvent::Issued { operation: OperationId::default(), amount: Amount::MAX });
    let wallet = test.wallet(1, 0);
    test.refill(wallet, Amount::MAX);
    assert_eq!(test.pay(wallet, abroad(), 10_000_000_000_000), "InTransit");
    // The wallet holds nothing, but all of it may come back.
    test.deliver(201, wallet, 1);
    assert_eq!(
        test.ledger.transfer(crate::operator::test_ledger::id(201)).unwrap().reason,
        Some(Reason::BalanceCap)
    );
    test.notify(1, Side::Payer, Outcome::Refused(Reason::BalanceCap));
    assert_eq!(test.ledger.wallet(wallet).unwrap().balance, Amount::MAX);
    test.check();
}

#[test]
fn what_a_wallet_pays_in_a_year_is_counted_exactly_and_never_beyond_the_largest_sum() {
    let mut test = TestLedger::new(settings());
    test.advise(AdviceEvent::Issued { operation: OperationId::default(), amount: Amount::MAX });
    let [one, other] = [test.wallet(1, 0), test.wallet(1, 0)];
    test.refill(one, Amount::MAX);
    let mut pay = |number: u64, payer: WalletNumber, payee: WalletNumber, fen: i64| {
        let order = PaymentOrder {
            id: numbered(1_000 + number),
            request_id: RequestId::Text(format!("y{number}").into()),
            payer,
            payee: Ok(payee),
            alias: None,
            amount: Ok(amount(fen)),
            remark: None,
            details: None,
        };
        let slot = test.ledger.pay(order, test.now).unwrap();
        (test.ledger.payments()[slot].reason, test.ledger.wallet(one).unwrap().annual_used)
    };
    for round in 0..999 {
        pay(2 * round, one, other, Amount::MAX.fen());
        pay(2 * round + 1, other, one, Amount::MAX.fen());
    }
    let used = 999 * Amount::MAX.fen();
    assert_eq!(
        pay(3_000, one, other, 1),
        (None, Amount::from_sum(Position::from_fen(used + 1)).unwrap())
    );
    pay(3_001, other, one, 1);
    let (refused, counted) = pay(3_002, one, other, Amount::MAX.fen());
    assert_eq!((refused, counted.fen()), (Some(Reason::SumTooLarge), used + 1));
    test.commit();
    test.restart();
    assert_eq!(test.ledger.wallet(one).unwrap().annual_used.fen(), used + 1);
    test.check();
}

#[test]
fn what_would_overflow_the_books_is_not_applied_and_the_link_starts_anew() {
    let mut test = TestLedger::new(settings());
    let issued = |fen: i64| AdviceEvent::Issued {
        operation: OperationId::default(),
        amount: Amount::from_sum(Position::from_fen(fen)).unwrap(),
    };
    let before = test.ledger.link().advice;
    test.advise(issued(i64::MAX));
    assert_eq!(test.ledger.link_phase(), crate::operator::LinkPhase::Down);
    assert_eq!((test.ledger.link().advice, test.account(Account::Stock)), (before, 100_000));
    assert!(test.alarms.pop().unwrap().contains("would pass the largest sum"));
    test.up();
    test.advise(issued(yuan(1).fen()));
    assert_eq!(test.account(Account::Stock), 100_001);
    test.check();
}
