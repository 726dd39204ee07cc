//! Bills: published once, paid once, in their sum, until they are due.

use crate::Reason;
use crate::link::{Outcome, Side};
use crate::money::{CycleId, WalletNumber};
use crate::operator::test_ledger::{TestLedger, id, settings, yuan};
use crate::operator::{BillOrder, BillState, OperatorError};

fn order(test: &TestLedger, biller: WalletNumber) -> BillOrder {
    BillOrder {
        biller,
        reference: "TAX-1".parse().unwrap(),
        amount: yuan(80),
        due_at: test.now,
        purpose: None,
        subject: None,
        release: Some("goods".into()),
    }
}

fn publish(test: &mut TestLedger, order: BillOrder) -> Result<(), Reason> {
    let published = test.ledger.publish_bill(order, test.now);
    test.commit();
    published.map(|_| ()).map_err(|error: OperatorError| error.reason())
}

#[test]
fn a_bill_is_published_once_under_its_reference() {
    let mut test = TestLedger::new(settings());
    let [biller, person] = [test.corporate(0), test.wallet(1, 0)];
    let bill = order(&test, biller);
    assert_eq!(publish(&mut test, bill.clone()), Ok(()));
    assert_eq!(publish(&mut test, bill.clone()), Ok(()));
    assert_eq!(test.ledger.bills_of(biller).unwrap().len(), 1);
    for other in [
        BillOrder { amount: yuan(81), ..bill.clone() },
        BillOrder { release: None, ..bill.clone() },
        BillOrder { subject: Some("x".into()), ..bill.clone() },
        BillOrder { due_at: test.now.plus_ms(1), ..bill.clone() },
    ] {
        assert_eq!(publish(&mut test, other), Err(Reason::BillTaken));
    }
    let of_person = BillOrder { biller: person, ..bill.clone() };
    assert_eq!(publish(&mut test, of_person), Err(Reason::KindNotAllowed));
    let late =
        BillOrder { reference: "TAX-2".parse().unwrap(), due_at: test.now.plus_ms(-1), ..bill };
    assert_eq!(publish(&mut test, late), Err(Reason::BillOverdue));
    test.check();
}

#[test]
fn a_bill_is_paid_once_in_its_sum_and_until_it_is_due() {
    let mut test = TestLedger::new(settings());
    let [payer, biller] = [test.wallet(1, 500), test.corporate(0)];
    let bill = order(&test, biller);
    publish(&mut test, bill).unwrap();
    assert_eq!(test.pay_bill(payer, biller, "TAX-9", 80), "Rejected BILL_UNKNOWN");
    assert_eq!(test.pay_bill(payer, biller, "TAX-1", 79), "Rejected BILL_AMOUNT");
    test.now = test.now.plus_ms(1);
    assert_eq!(test.pay_bill(payer, biller, "TAX-1", 80), "Rejected BILL_OVERDUE");
    test.now = test.now.plus_ms(-1);
    assert_eq!(test.pay_bill(payer, biller, "TAX-1", 80), "Completed");
    assert_eq!(test.bill_state(biller, "TAX-1"), BillState::Paid(test.last_payment()));
    assert_eq!(test.pay_bill(payer, biller, "TAX-1", 80), "Rejected BILL_PAID");
    assert_eq!((test.balance(payer), test.balance(biller)), (420, 80));
    test.check();
}

#[test]
fn of_two_payers_at_once_one_pays_and_the_other_has_it_back() {
    let mut test = TestLedger::new(settings());
    let biller = test.corporate(0);
    let bill = order(&test, biller);
    publish(&mut test, bill).unwrap();
    test.deliver_with(201, biller, 80, TestLedger::pays("TAX-1"));
    test.deliver_with(202, biller, 80, TestLedger::pays("TAX-1"));
    test.deliver_with(201, biller, 80, TestLedger::pays("TAX-1"));
    assert_eq!(test.said(), "accept #201; reject #202 BILL_PAID; accept #201");
    assert_eq!(test.bill_state(biller, "TAX-1"), BillState::Paid(id(201)));
    test.check();
}

/// A vote reserves the bill; who waits for cover and does not get it gives the bill free.
#[test]
fn a_payment_that_waits_reserves_the_bill() {
    let mut test = TestLedger::new(settings());
    test.holding = true;
    let biller = test.corporate(0);
    let bill = order(&test, biller);
    publish(&mut test, bill).unwrap();
    test.deliver_with(201, biller, 80, TestLedger::pays("TAX-1"));
    assert_eq!(test.bill_state(biller, "TAX-1"), BillState::Reserved(id(201)));
    test.deliver_with(202, biller, 80, TestLedger::pays("TAX-1"));
    test.check();
    test.notify(201, Side::Payee, Outcome::Refused(Reason::EndOfDay));
    assert_eq!(test.bill_state(biller, "TAX-1"), BillState::Open);
    test.deliver_with(203, biller, 80, TestLedger::pays("TAX-1"));
    test.notify(203, Side::Payee, Outcome::Cleared(CycleId::new(1)));
    assert_eq!(test.said(), "accept #201; reject #202 BILL_PAID; accept #203");
    assert_eq!(test.bill_state(biller, "TAX-1"), BillState::Paid(id(203)));
    test.check();
}

#[test]
fn a_bill_that_is_taken_back_is_not_paid_and_a_paid_one_not_taken_back() {
    let mut test = TestLedger::new(settings());
    let [payer, biller] = [test.wallet(1, 500), test.corporate(0)];
    for reference in ["A", "B"] {
        test.bill(biller, reference, 10);
    }
    for _ in 0..2 {
        test.ledger.cancel_bill(biller, "A".parse().unwrap(), test.now).unwrap();
        test.commit();
    }
    assert_eq!(test.pay_bill(payer, biller, "A", 10), "Rejected BILL_CANCELLED");
    assert_eq!(test.pay_bill(payer, biller, "B", 10), "Completed");
    let taken = test.ledger.cancel_bill(biller, "B".parse().unwrap(), test.now);
    assert_eq!(taken.unwrap_err().reason(), Reason::BillPaid);
    test.check();
}
