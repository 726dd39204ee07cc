//! Wealth products where something goes wrong: redemptions that cannot be paid, wallets that close,
//! notices dated early, and what would be gained by many small steps.

use crate::Reason;
use crate::link::{CentralBankMessage, Notice, Outcome, Side};
use crate::money::{Amount, CycleId, DAY_MS, RedemptionId, RequestKey, WalletNumber};
use crate::operator::slot::{HoldingSlot, ProductSlot};
use crate::operator::test_ledger::{
    TestLedger, abroad, code, id, product_terms, request, settings, yuan,
};
use crate::operator::{
    CancelledRedemptionRow, OperatorLedger, ProductRow, ProductTerms, RedemptionRow,
    RedemptionState,
};
use crate::slots::Slot;

use RedemptionState::{Cancelled, Paid, Pending, Waiting};

/// A provider with some yuan, and a holder with 5,000 of which 1,000 are in product `P`.
fn held(opening: i64) -> (TestLedger, WalletNumber, WalletNumber) {
    let mut test = TestLedger::new(settings());
    let (provider, holder) = (test.provider(opening), test.wallet(2, 5_000));
    assert_eq!(test.subscribe(holder, provider, 1_000), "Completed");
    (test, provider, holder)
}

fn earned(test: &TestLedger, redemption: RedemptionId) -> i64 {
    test.ledger.wealth_redemption(redemption).unwrap().row.earned.fen()
}

fn cancel(test: &mut TestLedger, redemption: RedemptionId) -> Result<(), Reason> {
    let done = test.ledger.cancel_redemption(redemption, test.now);
    test.commit();
    done.map_err(|error| {
        assert_eq!(error.field(), "redemption_id");
        error.reason()
    })
}

#[test]
fn a_redemption_beyond_what_the_class_of_the_holder_may_hold_is_made_in_parts() {
    let mut test = TestLedger::new(settings());
    let provider = test.corporate(0);
    test.define(provider, ProductTerms { maximum: yuan(2_000_000), ..product_terms() });
    test.deliver_subscription((abroad(), 2), 200, (provider, 400_000));
    test.deliver_subscription((abroad(), 2), 201, (provider, 400_000));
    assert_eq!(test.redeem(abroad(), provider, None), Err(Reason::BalanceCap));
    assert_eq!(test.redeem(abroad(), provider, Some(500_001)), Err(Reason::BalanceCap));
    test.redeem(abroad(), provider, Some(500_000)).unwrap();
    test.check();
    // A wallet of class 1 may hold anything.
    test.deliver_subscription((abroad(), 1), 202, (provider, 300_000));
    test.redeem(abroad(), provider, None).unwrap();
    test.check();
}

#[test]
fn a_redemption_that_nobody_can_pay_is_taken_back_with_its_days() {
    let (mut test, provider, holder) = held(0);
    assert_eq!(test.pay(provider, abroad(), 600), "InTransit");
    test.wait(10 * DAY_MS);
    let redemption = test.redeem(holder, provider, None).unwrap();
    assert_eq!((test.redemption_state(redemption), earned(&test, redemption)), (Pending, 100));
    assert_eq!(cancel(&mut test, redemption), Err(Reason::RedemptionNotDue));
    test.wait(DAY_MS);
    assert_eq!(test.redemption_state(redemption), Waiting);
    assert_eq!(cancel(&mut test, redemption), Ok(()));
    assert_eq!(cancel(&mut test, redemption), Ok(()), "a repeat");
    assert_eq!(
        (test.redemption_state(redemption), test.held(provider, holder)),
        (Cancelled, 100_000)
    );
    test.check();
    test.restart();
    test.up();
    let payments = test.ledger.payments().len();
    test.refill(provider, yuan(610));
    test.wait(DAY_MS);
    assert_eq!(test.ledger.payments().len(), payments, "it is tried no more");
    let refused = test.ledger.pay_redemption(redemption, test.now).unwrap_err();
    assert_eq!(refused.reason(), Reason::TransitionInvalid);
    // Ten days and one; the day on which it waited has earned nothing.
    let again = test.redeem(holder, provider, None).unwrap();
    test.wait(DAY_MS);
    assert_eq!((test.redemption_state(again), test.fen(holder)), (Paid, 500_110));
    assert_eq!(cancel(&mut test, again), Err(Reason::TransitionInvalid));
    test.check();
}

#[test]
fn a_redemption_whose_room_others_have_taken_is_not_taken_back() {
    let (mut test, provider, holder) = held(0);
    let other = test.wallet(1, 20_000);
    test.ledger.freeze(provider, true, test.now).unwrap();
    let redemption = test.redeem(holder, provider, None).unwrap();
    test.wait(DAY_MS);
    assert_eq!(test.redemption_state(redemption), Waiting);
    assert_eq!(test.subscribe(other, provider, 9_001), "Completed");
    assert_eq!(cancel(&mut test, redemption), Err(Reason::ProductSoldOut));
    test.redeem(other, provider, Some(1)).unwrap();
    assert_eq!(cancel(&mut test, redemption), Ok(()));
    test.check();
}

#[test]
fn a_wallet_that_holds_a_product_here_or_is_owed_a_redemption_stays_open() {
    let (mut test, provider, holder) = held(0);
    let empty = |test: &mut TestLedger, name: &str| {
        let all = yuan(test.balance(holder));
        test.ledger.exchange_back(holder, all, request(name), test.now).unwrap();
        test.commit();
    };
    let close = |test: &mut TestLedger| {
        let closed = test.ledger.close_wallet(holder, test.now);
        test.commit();
        closed.map_err(|error| error.reason())
    };
    empty(&mut test, "first");
    assert_eq!(close(&mut test), Err(Reason::ObligationsOpen));
    test.redeem(holder, provider, None).unwrap();
    assert_eq!(close(&mut test), Err(Reason::ObligationsOpen));
    test.wait(DAY_MS);
    empty(&mut test, "last");
    assert_eq!(close(&mut test), Ok(()));
    test.check();
}

#[test]
fn what_the_central_bank_dates_before_a_redemption_counts_from_it_on() {
    let mut test = TestLedger::new(settings());
    let provider = test.provider(10);
    test.deliver_subscription((abroad(), 2), 200, (provider, 500));
    test.holding = true;
    test.deliver_subscription((abroad(), 2), 201, (provider, 400));
    test.wait(DAY_MS);
    let at = test.now;
    test.wait(DAY_MS);
    let first = test.redeem(abroad(), provider, Some(100)).unwrap();
    let (side, outcome) = (Side::Payee, Outcome::Cleared(CycleId::new(1)));
    let notices = vec![Notice { id: id(201), side, outcome, at }];
    test.hear(CentralBankMessage { notices, ..CentralBankMessage::default() });
    assert_eq!(test.held(provider, abroad()), 80_000);
    test.check();
    test.wait(DAY_MS);
    let last = test.redeem(abroad(), provider, None).unwrap();
    // 500 yuan for two days, of which a fifth went, and then 800 for one.
    assert_eq!([first, last].map(|redemption| earned(&test, redemption)), [2, 16]);
    test.check();
    test.restart();
    test.check();
}

#[test]
fn many_small_redemptions_earn_no_more_than_one() {
    let (mut test, provider, holder) = held(100);
    test.wait(DAY_MS);
    // Ten fen in all, half a fen for each twentieth.
    let parts: Vec<_> = (0..16).map(|_| test.redeem(holder, provider, Some(50)).unwrap()).collect();
    let sum = |test: &TestLedger, parts: &[RedemptionId]| -> i64 {
        parts.iter().map(|redemption| earned(test, *redemption)).sum()
    };
    assert_eq!(sum(&test, &parts), 8);
    test.wait(DAY_MS);
    let rest: Vec<_> = (0..4).map(|_| test.redeem(holder, provider, Some(50)).unwrap()).collect();
    assert_eq!(sum(&test, &rest), 4);
    test.check();
}

#[test]
fn taking_back_what_was_rounded_down_gains_nothing() {
    let (mut test, provider, holder) = held(0);
    test.ledger.freeze(provider, true, test.now).unwrap();
    test.wait(DAY_MS);
    let parts: Vec<_> = (0..16).map(|_| test.redeem(holder, provider, Some(50)).unwrap()).collect();
    test.wait(DAY_MS);
    for redemption in parts {
        if earned(&test, redemption) == 0 {
            cancel(&mut test, redemption).unwrap();
        }
    }
    test.check();
    let rest = test.redeem(holder, provider, None).unwrap();
    // Eight fen are asked for. The ten of the first day and two of the last 200 yuan are all there is.
    assert_eq!(earned(&test, rest), 4);
    test.check();
}

#[test]
fn the_audit_finds_rooms_and_sums_that_no_rows_say() {
    let forge: [fn(&mut OperatorLedger); 3] = [
        |ledger| ledger.wealth.forge_room(ProductSlot::from_place(0), yuan(1)),
        |ledger| ledger.wealth.redemptions.forge_open(HoldingSlot::from_place(0), yuan(1)),
        |ledger| ledger.wealth.redemptions.forge_redeemed(HoldingSlot::from_place(0), yuan(1)),
    ];
    for forge in forge {
        let (mut test, provider, holder) = held(0);
        test.redeem(holder, provider, Some(10)).unwrap();
        assert!(test.ledger.check_wealth().ok);
        forge(&mut test.ledger);
        let found = test.ledger.check_wealth();
        assert!(!found.ok, "{found:?}");
    }
}

#[test]
fn rows_that_no_step_writes_are_refused() {
    let (mut test, provider, holder) = held(0);
    let at = test.now;
    let product = |provider, code_of: &str| ProductRow {
        row: 0,
        provider,
        product: code(code_of),
        name: "Daily".into(),
        terms: product_terms(),
        at,
    };
    assert_eq!(test.ledger.check_product_row(&product(provider, "Q")), Ok(()));
    assert!(test.ledger.check_product_row(&product(holder, "Q")).is_err(), "of a person");
    for number in 1..100 {
        let row = product(provider, &format!("P-{number}"));
        test.ledger.append(row, crate::operator::apply::Known::Nothing);
    }
    assert!(test.ledger.check_product_row(&product(provider, "Q")).is_err(), "one too many");
    for _ in 0..16 {
        test.redeem(holder, provider, Some(10)).unwrap();
    }
    let request_id = request("more");
    let key = RequestKey::new(holder, &request_id);
    let row = RedemptionRow {
        row: 0,
        redemption: RedemptionId::of_request(provider, "P", key),
        request_id,
        provider,
        product: code("P"),
        holder,
        principal: yuan(10),
        earned: Amount::ZERO,
        salt: None,
        at,
    };
    assert!(test.ledger.check_redemption_row(&row).is_err(), "one too many");
    test.wait(DAY_MS);
    let row = RedemptionRow { at: test.now, earned: Amount::from_fen(0).unwrap(), ..row };
    let row = RedemptionRow { principal: yuan(1), ..row };
    assert_eq!(test.ledger.check_redemption_row(&row), Ok(()));
    let paid = test.ledger.wealth().redemptions().list().iter().next().unwrap().row.redemption;
    for redemption in [paid, RedemptionId([9; 16])] {
        let row = CancelledRedemptionRow { row: 0, redemption, at: test.now };
        assert!(test.ledger.check_cancelled_redemption(&row).is_err(), "{redemption}");
    }
}
