//! Suspensions by several operators, in any order, and without end.

use crate::Reason;
use crate::money::{OperatorCode, WalletKind, WalletNumber};
use crate::operator::test_ledger::{TestLedger, abroad, elsewhere, school, settings};
use crate::operator::{ContractState, ContractTerms, ReleaseRule};

use super::{MERCHANTS_MAX, WORDS_MAX};

fn code(code: &str) -> OperatorCode {
    code.parse().unwrap()
}

/// The operator of the school says something of it.
fn hear(test: &mut TestLedger, suspended: bool, sequence: u64) -> Result<(), Reason> {
    let by = (code("B"), sequence);
    let done = test.ledger.suspend_merchant_of(school(), suspended, by, test.now);
    test.commit();
    done.map_err(|error| {
        assert_eq!((error.field(), error.reason()), ("sequence", Reason::TransitionInvalid));
        error.reason()
    })
}

fn here(test: &mut TestLedger, suspended: bool) {
    test.ledger.suspend_merchant(school(), suspended, test.now).unwrap();
    test.commit();
}

#[test]
fn the_word_of_one_operator_ends_no_suspension_by_another() {
    let mut test = TestLedger::new(settings());
    let is_suspended = |test: &TestLedger| test.ledger.contracts().is_suspended(school());
    here(&mut test, true);
    hear(&mut test, true, 7).unwrap();
    hear(&mut test, false, 9).unwrap();
    assert!(is_suspended(&test), "the supervisor here has not ended it");
    here(&mut test, false);
    assert!(!is_suspended(&test));
    hear(&mut test, true, 12).unwrap();
    here(&mut test, true);
    here(&mut test, false);
    assert!(is_suspended(&test), "the operator of the school has not ended it");
    test.check();
    test.restart();
    assert!(is_suspended(&test));
    test.check();
}

#[test]
fn a_word_that_comes_after_a_later_one_is_refused() {
    let mut test = TestLedger::new(settings());
    // The end of a suspension overtakes it.
    hear(&mut test, false, 9).unwrap();
    assert_eq!(hear(&mut test, true, 7), Err(Reason::TransitionInvalid));
    assert!(!test.ledger.contracts().is_suspended(school()));
    // What was said in between never came: the last word counts, and no earlier one after it.
    hear(&mut test, true, 11).unwrap();
    hear(&mut test, true, 15).unwrap();
    assert_eq!(hear(&mut test, false, 13), Err(Reason::TransitionInvalid));
    assert!(test.ledger.contracts().is_suspended(school()));
    let rows = test.ledger.contracts().suspensions().len();
    hear(&mut test, true, 15).unwrap();
    assert_eq!(test.ledger.contracts().suspensions().len(), rows, "a repeat changes nothing");
    assert_eq!(hear(&mut test, false, 15), Err(Reason::TransitionInvalid));
    test.check();
}

#[test]
fn an_operator_answers_the_same_word_to_a_repeat() {
    let mut test = TestLedger::new(settings());
    let mut say = |suspended| test.ledger.suspend_merchant(school(), suspended, test.now).unwrap();
    assert_eq!(say(false), 0);
    let first = say(true);
    assert_eq!((say(true), say(false) > first), (first, true));
}

#[test]
fn one_merchant_is_suspended_so_often_and_goes_on_in_the_end() {
    let mut test = TestLedger::new(settings());
    for word in 0..WORDS_MAX {
        here(&mut test, word % 2 == 0);
    }
    let mut say = |suspended| test.ledger.suspend_merchant(school(), suspended, test.now);
    let error = say(true).unwrap_err();
    assert_eq!((error.field(), error.reason()), ("merchant_wallet", Reason::TooManySuspensions));
    assert!(error.to_string().contains(&school().to_string()), "{error}");
    // Another operator has words of its own, and whoever is suspended may go on.
    for word in 1..WORDS_MAX {
        hear(&mut test, word % 2 == 1, word.into()).unwrap();
    }
    hear(&mut test, false, WORDS_MAX.into()).unwrap();
    assert!(!test.ledger.contracts().is_suspended(school()));
    let more = (code("B"), u64::from(WORDS_MAX) + 1);
    let error = test.ledger.suspend_merchant_of(school(), false, more, test.now).unwrap_err();
    assert_eq!(error.reason(), Reason::TooManySuspensions, "nobody goes on without end");
    test.check();
}

#[test]
fn the_last_suspension_is_ended_once_beyond_the_bound() {
    let mut test = TestLedger::new(settings());
    for word in 1..=WORDS_MAX {
        hear(&mut test, true, word.into()).unwrap();
    }
    let rows = |test: &TestLedger| test.ledger.contracts().suspensions().len();
    hear(&mut test, false, u64::from(WORDS_MAX) + 1).unwrap();
    let kept = rows(&test);
    for word in 2..4 {
        let more = (code("B"), u64::from(WORDS_MAX) + word);
        let error = test.ledger.suspend_merchant_of(school(), false, more, test.now).unwrap_err();
        assert_eq!(error.reason(), Reason::TooManySuspensions);
    }
    test.commit();
    assert_eq!((rows(&test), test.ledger.contracts().is_suspended(school())), (kept, false));
    test.check();
}

#[test]
fn so_many_merchants_are_suspended_and_no_more() {
    let mut test = TestLedger::new(settings());
    let merchant = |serial| WalletNumber::new(abroad().prefix(), WalletKind::Merchant, serial);
    for serial in 1..=MERCHANTS_MAX as u64 + 1 {
        let merchant = merchant(serial).unwrap();
        let done = test.ledger.suspend_merchant(merchant, true, test.now);
        let expected = (serial > MERCHANTS_MAX as u64).then_some(Reason::TooManySuspensions);
        assert_eq!(done.err().map(|error| error.reason()), expected, "{serial}");
    }
    test.commit();
    test.check();
}

#[test]
fn totals_of_a_merchant_are_what_its_contracts_come_to() {
    let mut test = TestLedger::new(settings());
    let by_merchant =
        |terms| ContractTerms { release: ReleaseRule::ByMerchant { dispute_ms: 1_000 }, ..terms };
    let contracts: Vec<_> = (0..4)
        .map(|_| {
            let payer = test.wallet(1, 30);
            let terms = by_merchant(test.contract_terms(payer, school()));
            test.contract(terms)
        })
        .collect();
    test.ask(contracts[0], 1, None).unwrap();
    test.release(contracts[1], 1).unwrap();
    test.ledger.refund_contract(contracts[2], test.now).unwrap();
    test.commit();
    let states = |test: &TestLedger| {
        let totals = test.ledger.contracts().totals_of(school());
        let sums = (totals.locked, totals.released, totals.refunded);
        let by_one = test.ledger.contracts().of_merchant(school());
        let mut counted = std::collections::BTreeMap::new();
        for contract in by_one {
            *counted.entry(test.ledger.contracts().state_of(contract)).or_insert(0) += 1;
        }
        assert_eq!(totals.contracts, counted);
        (totals.contracts.into_iter().collect::<Vec<_>>(), sums.0.to_string())
    };
    use ContractState::{Active, Funded, Refunded, Suspended};
    assert_eq!(states(&test), (vec![(Funded, 1), (Active, 2), (Refunded, 1)], "26.67".into()));
    here(&mut test, true);
    assert_eq!(states(&test), (vec![(Refunded, 1), (Suspended, 3)], "26.67".into()));
    // What was asked for of this merchant alone is forgotten.
    here(&mut test, false);
    test.wait(2_000);
    assert_eq!(states(&test), (vec![(Funded, 1), (Active, 2), (Refunded, 1)], "26.67".into()));
    assert_eq!(test.ledger.contracts().totals_of(elsewhere()), Default::default());
    test.check();
}
