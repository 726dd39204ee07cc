//! Wealth products: what is subscribed to, earned, redeemed, refused and tried again, each at its
//! edge.

use crate::Reason;
use crate::details::{Details, WealthPart};
use crate::link::{Outcome, Side};
use crate::money::{Amount, CycleId, DAY_MS, InterestRate, PaymentId, RedemptionId, WalletNumber};
use crate::operator::slot::HoldingSlot;
use crate::operator::test_ledger::{
    TestLedger, abroad, code, day, elsewhere, id, in_lockstep, product_terms, request, settings,
    yuan,
};
use crate::operator::{
    PaymentOrder, ProductOrder, ProductTerms, RedemptionOrder, RedemptionState, RefundOrder,
    SubscriptionOrder, TRY_DAYS,
};
use crate::slots::Slot;

use RedemptionState::{Overdue, Paid, Paying, Pending, Waiting};

/// A provider with some yuan, and a holder with 5,000 of which 1,000 are in product `P`.
fn held(opening: i64) -> (TestLedger, WalletNumber, WalletNumber) {
    let mut test = TestLedger::new(settings());
    let (provider, holder) = (test.provider(opening), test.wallet(2, 5_000));
    assert_eq!(test.subscribe(holder, provider, 1_000), "Completed");
    (test, provider, holder)
}

fn count(test: &TestLedger) -> usize {
    test.ledger.payments().len()
}

fn last(test: &TestLedger) -> PaymentId {
    test.ledger.payments().iter().next_back().unwrap().id
}

fn payments_of(test: &TestLedger, redemption: RedemptionId) -> Vec<String> {
    let part = Some(WealthPart::Redemption(redemption));
    let payments = test.ledger.payments().iter();
    let of = payments.filter(|paid| paid.details().is_some_and(|details| details.wealth == part));
    of.map(|payment| format!("{:?}", payment.state)).collect()
}

#[test]
fn a_holding_is_redeemed_with_its_yield_on_the_day_that_the_product_says() {
    let (mut test, provider, holder) = held(10);
    assert_eq!((test.balance(holder), test.held(provider, holder)), (4_000, 100_000));
    test.wait(10 * DAY_MS);
    let redemption = test.redeem(holder, provider, None).unwrap();
    assert_eq!((test.redemption_state(redemption), test.held(provider, holder)), (Pending, 0));
    test.wait(1);
    assert_eq!(payments_of(&test, redemption), [""; 0]);
    test.wait(DAY_MS);
    // Ten days at ten fen; what is asked for earns nothing more.
    assert_eq!((test.fen(holder), test.fen(provider)), (500_100, 900));
    assert_eq!(test.redemption_state(redemption), Paid);
    test.check();
}

#[test]
fn every_day_earns_on_its_closing_holding_and_a_part_takes_its_share() {
    let (mut test, provider, holder) = held(100);
    // What comes and goes within one day leaves the closing holding.
    assert_eq!(test.subscribe(holder, provider, 2_000), "Completed");
    test.redeem(holder, provider, Some(2_000)).unwrap();
    let earned = |test: &TestLedger, amount: i64| {
        let (product, holding) = test.ledger.holding(provider, code("P"), holder).unwrap();
        holding.earned(product, yuan(amount), test.now.date()).map(Amount::fen)
    };
    assert_eq!(earned(&test, 1_000), Some(0));
    test.wait(3 * DAY_MS);
    assert_eq!(earned(&test, 1_000), Some(30));
    assert_eq!(test.subscribe(holder, provider, 1_000), "Completed");
    test.wait(DAY_MS);
    // 30 fen and 20: a quarter of the holding takes a quarter of them, half a fen up.
    assert_eq!(earned(&test, 2_000), Some(50));
    assert_eq!(earned(&test, 500), Some(13));
    test.redeem(holder, provider, Some(500)).unwrap();
    // What the part has too much the rest has not.
    assert_eq!(earned(&test, 1_500), Some(37));
    assert_eq!(earned(&test, 1_501), None);
    test.check();
}

#[test]
fn a_product_refuses_what_its_terms_do_not_allow_and_keeps_nothing() {
    let mut test = TestLedger::new(settings());
    let provider = test.provider(0);
    let [first, second, third, fourth] =
        [1, 2, 3, 4].map(|class| test.wallet(class, if class < 3 { 20_000 } else { 5_000 }));
    assert_eq!(test.subscribe(third, provider, 100), "Rejected PRODUCT_CLASS");
    assert_eq!(test.subscribe(fourth, provider, 100), "Rejected PRODUCT_CLASS");
    assert_eq!(test.subscribe(second, provider, 99), "Rejected SUBSCRIPTION_MINIMUM");
    assert_eq!(test.subscribe(second, provider, 100), "Completed");
    assert_eq!(test.subscribe(first, provider, 9_901), "Rejected PRODUCT_SOLD_OUT");
    assert_eq!(test.subscribe(first, provider, 9_900), "Completed");
    assert_eq!(test.subscribe(first, provider, 100), "Rejected PRODUCT_SOLD_OUT");
    assert_eq!(test.subscribe(first, second, 100), "Rejected PRODUCT_UNKNOWN");
    assert_eq!([third, fourth].map(|wallet| test.balance(wallet)), [5_000; 2]);
    // What is redeemed may be held by others at once.
    test.redeem(first, provider, Some(100)).unwrap();
    assert_eq!(test.subscribe(first, provider, 100), "Completed");
    test.check();
}

#[test]
fn the_money_of_a_subscription_that_is_refused_elsewhere_comes_back() {
    let mut test = TestLedger::new(settings());
    let holder = test.wallet(3, 1_000);
    assert_eq!(test.subscribe(holder, elsewhere(), 400), "InTransit");
    assert_eq!(test.balance(holder), 600);
    let sent = test.ledger.payment(last(&test)).unwrap().details().unwrap().wealth;
    assert_eq!(sent, Some(WealthPart::Subscription { product: code("P"), class: 3 }));
    test.notify_id(last(&test), Side::Payer, Outcome::Refused(Reason::ProductClass));
    assert_eq!((test.balance(holder), test.state(1)), (1_000, "Returned PRODUCT_CLASS".into()));
    test.check();
}

#[test]
fn a_subscription_of_another_operator_counts_when_it_is_accepted_and_not_before() {
    let mut test = TestLedger::new(settings());
    let provider = test.provider(0);
    for (class, number, amount, said) in [
        (2, 200, 100, "accept #200"),
        (3, 201, 100, "reject #201 PRODUCT_CLASS"),
        (0, 202, 100, "reject #202 PRODUCT_CLASS"),
        (1, 203, 99, "reject #203 SUBSCRIPTION_MINIMUM"),
    ] {
        let heard = test.deliver_subscription((abroad(), class), number, (provider, amount));
        assert_eq!(heard, said);
    }
    assert_eq!(test.held(provider, abroad()), 10_000);
    // Room is held: others cannot take it, and the holding grows when the money is there.
    test.holding = true;
    test.deliver_subscription((abroad(), 1), 204, (provider, 9_900));
    assert_eq!(test.held(provider, abroad()), 10_000);
    let heard = test.deliver_subscription((abroad(), 1), 205, (provider, 100));
    assert_eq!(heard, "reject #205 PRODUCT_SOLD_OUT");
    test.check();
    test.end_inbound(id(204), true);
    assert_eq!(test.held(provider, abroad()), 1_000_000);
    test.check();
    test.redeem(abroad(), provider, Some(9_900)).unwrap();
    test.deliver_subscription((abroad(), 1), 206, (provider, 9_900));
    test.end_inbound(id(206), false);
    assert_eq!(test.held(provider, abroad()), 10_000);
    test.deliver_subscription((abroad(), 1), 207, (provider, 9_900));
    test.end_inbound(id(207), true);
    assert_eq!(test.held(provider, abroad()), 1_000_000);
    test.check();
}

#[test]
fn a_redemption_without_money_waits_and_is_tried_once_a_day() {
    let (mut test, provider, holder) = held(0);
    assert_eq!(test.pay(provider, abroad(), 600), "InTransit");
    test.wait(DAY_MS);
    let redemption = test.redeem(holder, provider, None).unwrap();
    assert_eq!(
        test.ledger.pay_redemption(redemption, test.now).unwrap_err().reason(),
        Reason::RedemptionNotDue
    );
    test.until(day(8, 26));
    assert_eq!(
        (payments_of(&test, redemption).len(), test.redemption_state(redemption)),
        (1, Waiting)
    );
    test.refill(provider, yuan(601));
    test.wait(1);
    assert_eq!(payments_of(&test, redemption), ["Rejected"]);
    test.until(day(8, 27));
    assert_eq!(payments_of(&test, redemption), ["Rejected", "Completed"]);
    test.until(day(8, 29));
    assert_eq!(test.ledger.pay_redemption(redemption, test.now), Ok(last(&test)));
    assert_eq!((count(&test), test.redemption_state(redemption)), (4, Paid));
    assert_eq!(test.fen(holder), 500_010);
    test.check();
}

#[test]
fn a_redemption_that_nobody_can_pay_is_overdue_and_never_lost() {
    let (mut test, provider, holder) = held(0);
    test.ledger.freeze(provider, false, test.now).unwrap();
    let redemption = test.redeem(holder, provider, Some(400)).unwrap();
    let due = day(8, 25);
    test.until(due.plus_days(TRY_DAYS));
    let tries = usize::try_from(TRY_DAYS).unwrap() + 1;
    assert_eq!(
        (payments_of(&test, redemption).len(), test.redemption_state(redemption)),
        (tries, Waiting)
    );
    test.until(due.plus_days(TRY_DAYS + 3));
    assert_eq!(
        (payments_of(&test, redemption).len(), test.redemption_state(redemption)),
        (tries, Overdue)
    );
    let refused = test.ledger.pay_redemption(redemption, test.now).unwrap_err();
    assert_eq!((refused.reason(), refused.field()), (Reason::WalletFrozen, "redemption_id"));
    test.ledger.unfreeze(provider, test.now).unwrap();
    test.ledger.pay_redemption(redemption, test.now).unwrap();
    test.commit();
    assert_eq!((test.redemption_state(redemption), test.balance(holder)), (Paid, 4_400));
    test.check();
}

#[test]
fn a_redemption_to_another_operator_that_comes_back_is_paid_on_the_next_day_and_once() {
    let mut test = TestLedger::new(settings());
    let provider = test.provider(0);
    test.deliver_subscription((abroad(), 2), 200, (provider, 500));
    test.notify(200, Side::Payee, Outcome::Cleared(CycleId::new(1)));
    let redemption = test.redeem(abroad(), provider, None).unwrap();
    test.until(day(8, 25));
    assert_eq!((test.redemption_state(redemption), test.balance(provider)), (Paying, 0));
    test.restart();
    test.up();
    let first = last(&test);
    test.wait(DAY_MS);
    assert_eq!(test.ledger.pay_redemption(redemption, test.now), Ok(first));
    test.end(first, false);
    assert_eq!((test.redemption_state(redemption), test.balance(provider)), (Waiting, 500));
    test.wait(1);
    assert_eq!(count(&test), 1);
    test.wait(DAY_MS);
    let second = last(&test);
    assert_ne!(second, first);
    test.end(second, true);
    test.wait(3 * DAY_MS);
    assert_eq!((test.redemption_state(redemption), count(&test)), (Paid, 2));
    test.check();
}

#[test]
fn a_provider_stays_open_until_nobody_holds_its_products_or_is_to_be_paid() {
    let (mut test, provider, holder) = held(0);
    test.wait(1);
    let close = |test: &mut TestLedger| {
        let closed = test.ledger.close_wallet(provider, test.now);
        test.commit();
        closed.map_err(|error| error.reason())
    };
    let all = yuan(test.balance(provider));
    test.ledger.exchange_back(provider, all, request("lend"), test.now).unwrap();
    assert_eq!(close(&mut test), Err(Reason::ObligationsOpen));
    test.redeem(holder, provider, None).unwrap();
    assert_eq!(close(&mut test), Err(Reason::ObligationsOpen));
    test.refill(provider, all);
    test.wait(DAY_MS);
    assert_eq!(test.balance(holder), 5_000);
    assert_eq!(close(&mut test), Ok(()));
    test.check();
}

#[test]
fn a_repeat_finds_what_was_asked_for_and_other_content_is_refused() {
    let (mut test, provider, holder) = held(0);
    let asked = |amount: Option<i64>| RedemptionOrder {
        request_id: request("all"),
        provider,
        product: code("P"),
        holder,
        principal: amount.map(yuan),
        salt: None,
    };
    let now = test.now;
    let first = test.ledger.redeem_wealth(asked(None), now).unwrap();
    assert_eq!(test.ledger.redeem_wealth(asked(None), now), Ok(first));
    assert_eq!(test.ledger.redeem_wealth(asked(Some(1_000)), now), Ok(first));
    let other = test.ledger.redeem_wealth(asked(Some(999)), now).unwrap_err();
    assert_eq!(other.reason(), Reason::RequestIdReused);
    assert_eq!(test.redeem(holder, provider, None), Err(Reason::HoldingExceeded));
    assert_eq!(test.redeem(abroad(), provider, None), Err(Reason::HoldingExceeded));
    let order = SubscriptionOrder {
        id: id(90),
        request_id: request("s"),
        holder,
        provider,
        product: code("P"),
        amount: yuan(100),
    };
    let slot = test.ledger.subscribe(order.clone(), now).unwrap();
    assert_eq!(test.ledger.subscribe(SubscriptionOrder { id: id(91), ..order }, now), Ok(slot));
    test.commit();
    assert_eq!(test.held(provider, holder), 10_000);
    test.check();
}

#[test]
fn a_holding_has_so_many_redemptions_that_are_not_paid() {
    let (mut test, provider, holder) = held(0);
    for _ in 0..16 {
        test.redeem(holder, provider, Some(10)).unwrap();
    }
    assert_eq!(test.redeem(holder, provider, Some(10)), Err(Reason::TooManyRedemptions));
    test.wait(DAY_MS);
    assert!(test.redeem(holder, provider, Some(10)).is_ok());
    test.check();
}

#[test]
fn no_client_says_that_a_payment_is_a_part_and_none_is_refunded() {
    let (mut test, provider, holder) = held(0);
    for wealth in [
        WealthPart::Subscription { product: code("P"), class: 1 },
        WealthPart::Redemption(RedemptionId([1; 16])),
    ] {
        let details = Details { wealth: Some(wealth), ..Details::default() }.boxed();
        let order = PaymentOrder { details, ..test.order(holder, provider, 100) };
        assert_eq!(test.submit(order), "FIELD_INVALID");
    }
    let payment_id = test.ledger.payments().iter().next().unwrap().id;
    let order = RefundOrder {
        original: payment_id,
        amount: None,
        request_id: request("r"),
        remark: None,
        id: id(80),
    };
    let refused = test.ledger.refund(order, test.now).unwrap_err();
    assert_eq!(refused.reason(), Reason::NotRefundable);
    test.check();
}

#[test]
fn terms_outside_their_ranges_are_refused_by_field_and_a_code_has_one_meaning() {
    let mut test = TestLedger::new(settings());
    let (provider, holder, now) = (test.provider(0), test.wallet(1, 0), test.now);
    let good = product_terms();
    let order = |provider, terms| ProductOrder {
        provider,
        product: code("P"),
        name: "Daily".into(),
        terms,
    };
    test.ledger.define_product(order(provider, good), now).unwrap();
    let other = ProductTerms { redemption_days: 2, ..good };
    let company = test.corporate(0);
    for (wallet, terms, field, reason) in [
        (provider, other, "product_code", Reason::ProductTerms),
        (holder, good, "provider_wallet", Reason::KindNotAllowed),
        (
            company,
            ProductTerms { redemption_days: 31, ..good },
            "redemption_days",
            Reason::FieldInvalid,
        ),
        (company, ProductTerms { maximum: yuan(99), ..good }, "total_max", Reason::FieldInvalid),
    ] {
        let error = test.ledger.define_product(order(wallet, terms), now).unwrap_err();
        assert_eq!((error.field(), error.reason()), (field, reason), "{error}");
    }
    for number in 1..100 {
        let product = code(&format!("P-{number}"));
        let order = ProductOrder { product, ..order(provider, good) };
        test.ledger.define_product(order, now).unwrap();
    }
    let more = ProductOrder { product: code("P-100"), ..order(provider, good) };
    let refused = test.ledger.define_product(more, now).unwrap_err();
    assert_eq!(refused.reason(), Reason::TooManyProducts);
    test.commit();
    test.check();
}

#[test]
fn the_largest_holding_earns_over_the_longest_time_without_a_wrap() {
    let mut test = TestLedger::new(settings());
    let provider = test.corporate(0);
    let rate = InterestRate::MAX;
    test.define(provider, ProductTerms { rate, maximum: Amount::MAX, ..product_terms() });
    let product = test.ledger.wealth_product(provider, code("P")).unwrap().clone();
    let mut wealth = super::Wealth::default();
    wealth.define(product.row.clone());
    wealth.subscribe((Slot::from_place(0), 1), (abroad(), Amount::MAX), day(1, 1));
    let holding = *wealth.holding(provider, code("P"), abroad()).unwrap();
    let last = crate::money::Timestamp::MAX.date();
    assert_eq!(holding.earned(&product, Amount::MAX, last), None);
    let half = Amount::from_fen(Amount::MAX.fen() / 2).unwrap();
    assert_eq!(holding.earned(&product, half, day(1, 1).plus_days(365)), Some(half));
}

#[test]
fn under_lockstep_redemptions_are_paid_when_a_tick_ends() {
    let mut test = TestLedger::new(in_lockstep());
    let (provider, holder) = (test.corporate(0), test.wallet(1, 200));
    test.define(provider, ProductTerms { redemption_days: 0, ..product_terms() });
    test.subscribe(holder, provider, 100);
    test.redeem(holder, provider, None).unwrap();
    assert_eq!(count(&test), 1);
    test.ledger.end_tick(1);
    test.commit();
    assert_eq!((count(&test), test.balance(holder)), (2, 200));
    test.check();
}

#[test]
fn the_audit_finds_a_holding_that_its_subscriptions_do_not_leave() {
    let (mut test, _, holder) = held(0);
    assert!(test.ledger.check_wealth().ok);
    test.ledger.wealth.forge_less(HoldingSlot::from_place(0), yuan(1));
    let found = test.ledger.check_wealth();
    assert!(!found.ok && found.detail.contains(&holder.to_string()), "{found:?}");
}

#[test]
fn a_file_with_a_redemption_of_more_than_is_held_or_earned_is_refused() {
    let (mut test, provider, holder) = held(10);
    test.wait(10 * DAY_MS);
    test.redeem(holder, provider, None).unwrap();
    test.wait(DAY_MS);
    let changes: [fn(&mut crate::operator::RedemptionRow); 3] = [
        |row| row.principal = yuan(1_001),
        |row| row.principal = yuan(999),
        |row| row.earned = yuan(2),
    ];
    for change in changes {
        let mut stored = test.stored();
        change(&mut stored.rows.redemptions[0]);
        let refused = crate::operator::OperatorLedger::restore(*test.ledger.settings(), stored);
        let error = refused.unwrap_err();
        assert!(error.to_string().contains("wealth product is refused"), "{error}");
    }
}
