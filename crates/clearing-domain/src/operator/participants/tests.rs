//! Wallets of other banks and what they make of the operator's position.

use crate::Reason;
use crate::link::{Outcome, Side};
use crate::money::{CycleId, WalletNumber};
use crate::operator::test_ledger::{TestLedger, abroad, bank, elsewhere, request, settings};
use crate::operator::{IndirectPosition, LoadedOperator, OperatorLedger, Part, Period};

const FIRST: Outcome = Outcome::Cleared(Some(CycleId::FIRST));

/// A ledger with a wallet of the operator's own and two of other banks, each with 100 yuan.
fn three() -> (TestLedger, [WalletNumber; 3]) {
    let mut test = TestLedger::new(settings());
    test.ledger.list_participants(&["HXB", "CEB"].map(bank));
    let wallets = [None, Some("HXB"), Some("CEB")]
        .map(|code| test.open_for(code.unwrap_or("own"), code, 100).unwrap());
    (test, wallets)
}

/// A position as sent, received and net, and on us sent and received, in yuan.
fn yuan_of(position: Option<&IndirectPosition>) -> Option<[i128; 5]> {
    let IndirectPosition { sent, received, on_us_sent, on_us_received } = *position?;
    let all = [sent, received, position?.net(), on_us_sent, on_us_received];
    Some(all.map(|sum| sum.fen() / 100))
}

#[track_caller]
fn expect(test: &TestLedger, period: Period, code: &str, expected: [i128; 5]) {
    let part: Part = (code != "own").then(|| bank(code));
    let found = yuan_of(test.ledger.participants().position(period, part));
    assert_eq!(found, Some(expected), "{code} {period:?}");
}

#[test]
fn a_wallet_belongs_to_the_bank_that_its_opening_names() {
    let (mut test, [own, hxb, _]) = three();
    let of = |test: &TestLedger, wallet| test.ledger.participant_of(wallet);
    assert_eq!((of(&test, own), of(&test, hxb)), (None, Some(bank("HXB"))));
    let sub = test.sub_wallet(hxb);
    assert_eq!(of(&test, sub), Some(bank("HXB")), "that of its parent");
    test.restart();
    assert_eq!((of(&test, hxb), of(&test, sub)), (Some(bank("HXB")), Some(bank("HXB"))));
    let participants = test.ledger.participants();
    assert_eq!(participants.codes(), [bank("CEB"), bank("HXB")], "whatever is configured");
    assert_eq!(participants.wallets_of(bank("HXB")), 1);
    test.check();
}

#[test]
fn a_repeat_opens_nothing_and_an_unknown_bank_is_refused() {
    let (mut test, [_, hxb, _]) = three();
    let wallets = test.ledger.wallets().len();
    assert_eq!(test.open_for("HXB", Some("HXB"), 100), Ok(hxb));
    for other in [None, Some("CEB")] {
        let refused = test.open_for("HXB", other, 100).unwrap_err();
        assert_eq!(refused.reason(), Reason::RequestIdReused, "{other:?}");
    }
    let refused = test.open_for("new", Some("CMBC"), 0).unwrap_err();
    assert_eq!(
        (refused.reason(), refused.field(), refused.to_string().as_str()),
        (
            Reason::ParticipantUnknown,
            "participant",
            "participant CMBC does not take part through A"
        )
    );
    assert_eq!(test.ledger.wallets().len(), wallets);
    // The configuration no longer names the bank: its wallet is still that of the request.
    test.ledger.list_participants(&[]);
    assert_eq!(test.open_for("HXB", Some("HXB"), 100), Ok(hxb));
    assert!(test.open_for("another", Some("HXB"), 100).is_err());
    test.check();
}

#[test]
fn what_clears_counts_in_its_cycle_and_what_is_refused_nowhere() {
    let (mut test, [own, hxb, ceb]) = three();
    let first = Period::Cycle(CycleId::FIRST);
    for (number, (payer, amount)) in (1..).zip([(own, 10), (hxb, 20), (hxb, 5), (ceb, 7)]) {
        test.pay(payer, abroad(), amount);
        assert_eq!(test.ledger.participants().position(first, Some(bank("CEB"))), None);
        let refused = payer == ceb;
        test.notify(
            number,
            Side::Payer,
            if refused { Outcome::Refused(Reason::Expired) } else { FIRST },
        );
    }
    test.deliver(8, hxb, 40);
    test.notify(8, Side::Payee, FIRST);
    test.holding = true;
    test.deliver(9, ceb, 3);
    test.deliver(10, ceb, 4);
    test.notify(9, Side::Payee, Outcome::Refused(Reason::Expired));
    test.notify(10, Side::Payee, FIRST);
    expect(&test, first, "own", [10, 0, -10, 0, 0]);
    expect(&test, first, "HXB", [25, 40, 15, 0, 0]);
    expect(&test, first, "CEB", [0, 4, 4, 0, 0]);
    assert_eq!(test.ledger.participants().net_in(CycleId::FIRST).fen(), 900);
    assert_eq!(test.position(1), 9);
    test.restart();
    expect(&test, first, "HXB", [25, 40, 15, 0, 0]);
    test.check();
}

#[test]
fn what_settles_by_itself_and_on_us_counts_on_its_day() {
    let (mut test, [own, hxb, ceb]) = three();
    let today = Period::Day(test.now.date());
    let sub = test.sub_wallet(hxb);
    test.pay(hxb, abroad(), 20);
    test.notify(1, Side::Payer, Outcome::Cleared(None));
    test.pay(hxb, ceb, 30);
    test.pay(ceb, own, 8);
    test.pay(own, hxb, 1);
    // Within one bank nothing is owed.
    let more = test.open_for("more", Some("HXB"), 50).unwrap();
    test.pay(more, hxb, 50);
    test.ledger
        .load_sub_wallet(sub, crate::operator::test_ledger::yuan(5), request("l"), test.now)
        .unwrap();
    test.commit();
    test.pay(sub, ceb, 5);
    expect(&test, today, "own", [0, 0, 0, 1, 8]);
    expect(&test, today, "HXB", [20, 0, -20, 35, 1]);
    expect(&test, today, "CEB", [0, 0, 0, 8, 35]);
    test.check();
}

#[test]
fn a_discount_counts_for_the_bank_of_the_campaign() {
    let (mut test, [own, hxb, ceb]) = three();
    let (first, today) = (Period::Cycle(CycleId::FIRST), Period::Day(test.now.date()));
    // Of a payment elsewhere, of one of a wallet here to another operator, and of one within.
    test.fund(20, hxb, 30);
    test.notify(20, Side::Sponsor, FIRST);
    assert_eq!(test.pay_with(own, elsewhere(), 50, (hxb, 10)), "InTransit");
    test.notify(1, Side::Payer, FIRST);
    assert_eq!(test.pay_with(own, ceb, 20, (hxb, 5)), "Completed");
    expect(&test, first, "own", [40, 0, -40, 0, 0]);
    expect(&test, first, "HXB", [40, 0, -40, 0, 0]);
    expect(&test, today, "own", [0, 0, 0, 15, 0]);
    expect(&test, today, "HXB", [0, 0, 0, 5, 0]);
    expect(&test, today, "CEB", [0, 0, 0, 0, 20]);
    test.restart();
    test.check();
}

#[test]
fn a_row_that_says_otherwise_whose_a_wallet_is_is_refused() {
    let check = |change: fn(&mut LoadedOperator), expected: &str| {
        let (mut test, [_, hxb, _]) = three();
        test.sub_wallet(hxb);
        let mut stored = test.stored();
        change(&mut stored);
        let restored = OperatorLedger::restore(*test.ledger.settings(), stored);
        assert_eq!(restored.err().map(|error| error.to_string()).as_deref(), Some(expected));
    };
    let says = |row: u64, wallet: &str| {
        format!("row {row} says whose wallet {wallet} is, which cannot be")
    };
    let (test, [own, hxb, ceb]) = three();
    let row = test.stored().rows.participants[1].row;
    check(
        |stored| stored.rows.participants[1].wallet = abroad(),
        &format!("row {row} names wallet {}, which was never opened", abroad()),
    );
    // A wallet that was opened long before: the operator's own, or one that has a bank.
    check(
        |stored| stored.rows.participants[1].wallet = stored.rows.events[0].wallet,
        &says(row, &own.to_string()),
    );
    check(
        |stored| stored.rows.participants[1].wallet = stored.rows.participants[0].wallet,
        &says(row, &hxb.to_string()),
    );
    check(
        |stored| stored.rows.participants[1].participant = bank("A"),
        &says(row, &ceb.to_string()),
    );
}

#[test]
fn a_wallet_of_a_bank_becomes_no_sub_wallet() {
    let (mut test, [own, _, _]) = three();
    test.sub_wallet(own);
    let mut stored = test.stored();
    let opened = stored.rows.events.last().unwrap().wallet;
    // The row that made it a sub-wallet is pushed back by one that says whose it is.
    let row = stored.rows.sub_wallets[0].row;
    stored.rows.sub_wallets[0].row += 1;
    let mut other = stored.rows.participants[0];
    (other.row, other.wallet) = (row, opened);
    stored.rows.participants.push(other);
    stored.chain.row += 1;
    let restored = OperatorLedger::restore(*test.ledger.settings(), stored);
    let expected = format!(
        "row {} takes wallet {opened} for a sub-wallet, which it is not or cannot be",
        row + 1
    );
    assert_eq!(restored.err().map(|error| error.to_string()), Some(expected));
}

#[test]
fn a_position_that_is_not_what_the_rows_say_is_found_by_the_audit() {
    let (mut test, [_, hxb, ceb]) = three();
    test.pay(hxb, ceb, 30);
    assert!(test.ledger.check_participants().ok);
    let today = Period::Day(test.now.date());
    test.ledger.participants.position_mut(today, Some(bank("HXB"))).sent +=
        crate::operator::test_ledger::yuan(1);
    let found = test.ledger.check_participants();
    assert!(!found.ok && found.detail.ends_with("1 differ: HXB on 2022-08-24"), "{found:?}");
}
