//! Business hours, and what a ledger does outside them.

use super::*;
use crate::Regime;
use crate::central_bank::error::CentralBankError;
use crate::central_bank::settings::CentralBankSettings;
use crate::central_bank::settlement_mode::{EndOfDay, QueueRule, SettlementMode};
use crate::central_bank::test_ledger::{
    NET, TestLedger, code, noon, operator, request, settings, yuan,
};

const HOUR: i64 = 3_600_000;

fn date(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

/// From 9:00 to 17:00, but for Saturdays, Sundays and a holiday on Monday.
fn office() -> SettlementHours {
    let weekdays = BTreeSet::from([Weekday::Saturday, Weekday::Sunday]);
    let dates = BTreeSet::from([date("2022-08-29")]);
    SettlementHours::new([9 * HOUR, 17 * HOUR], weekdays, dates).unwrap()
}

#[test]
fn both_ends_belong_to_the_hours_and_days_without_settlement_are_passed() {
    let (hours, friday) = (office(), date("2022-08-26"));
    for (ms, open) in [(9 * HOUR - 1, false), (9 * HOUR, true), (17 * HOUR, true)] {
        assert_eq!(hours.is_open(friday.at(ms)), open, "{ms}");
    }
    assert_eq!(hours.first_open(friday.at(10 * HOUR)), friday.at(10 * HOUR));
    assert_eq!(hours.first_open(friday.start()), friday.at(9 * HOUR));
    assert_eq!(hours.first_open(friday.at(17 * HOUR + 1)), date("2022-08-30").at(9 * HOUR));
    assert!(SettlementHours::default().is_always() && !hours.is_always());
}

#[test]
fn midnight_is_the_end_of_the_day_before() {
    let weekdays = BTreeSet::from([Weekday::Saturday]);
    let hours = SettlementHours::new([0, DAY_MS], weekdays, BTreeSet::new()).unwrap();
    let saturday = date("2022-08-27").start();
    assert!(hours.is_open(saturday) && !hours.is_open(saturday.plus_ms(1)));
    assert_eq!(hours.first_open(saturday.plus_ms(1)), date("2022-08-28").start());
}

#[test]
fn hours_that_never_open_are_none() {
    let never = |ends, weekdays: &[Weekday]| {
        SettlementHours::new(ends, weekdays.iter().copied().collect(), BTreeSet::new()).is_none()
    };
    assert!(never([9, 9], &[]) && never([-1, 9], &[]) && never([9, DAY_MS + 1], &[]));
    assert!(never([0, DAY_MS], &Weekday::ALL) && !never([0, DAY_MS], &Weekday::ALL[1..]));
}

#[test]
fn cut_offs_outside_the_hours_come_with_the_opening() {
    let mut settings = settings(NET, 1, None);
    let friday = date("2022-08-26");
    let in_turn = |settings: &CentralBankSettings| -> Vec<Timestamp> {
        let next = |at: &Timestamp| Some(settings.next_settlement(*at));
        std::iter::successors(Some(friday.start()), next).skip(1).take(5).collect()
    };
    // By default the cut-offs themselves, at 6:00, 12:00, 18:00 and 24:00.
    let hours = [6, 12, 18, 24, 30].map(|hours| friday.at(0).plus_ms(hours * HOUR));
    assert_eq!(in_turn(&settings), hours);
    settings.hours = office();
    let tuesday = date("2022-08-30");
    let expected = [
        friday.at(9 * HOUR),
        friday.at(12 * HOUR),
        tuesday.at(9 * HOUR),
        tuesday.at(12 * HOUR),
        tuesday.next().at(9 * HOUR),
    ];
    assert_eq!(in_turn(&settings), expected);
}

/// Three operators that hold 1,000 yuan each, on a Wednesday at noon; 9:00 to 17:00 are open.
fn ledger(mode: SettlementMode, change: impl FnOnce(&mut CentralBankSettings)) -> TestLedger {
    let mut settings = settings(mode, 3, None);
    settings.hours = office();
    change(&mut settings);
    TestLedger::new(settings)
}

fn queued(end_of_day: EndOfDay) -> SettlementMode {
    SettlementMode::Queued(QueueRule { end_of_day, ..QueueRule::HYBRID })
}

fn opening() -> Timestamp {
    noon().next_day().plus_ms(9 * HOUR)
}

#[test]
fn a_queue_waits_for_the_opening() {
    let mut test = ledger(queued(EndOfDay::Carry), |_| ());
    test.wait(5 * HOUR);
    let last = test.paid(0, 1, 100);
    assert_eq!(test.state(last), "cleared 0", "at 17:00 sharp");
    test.wait(1);
    let late = test.paid(0, 1, 100);
    assert_eq!(test.heard(0), "#1 cleared 0 to payer; #2 queued to payer");
    assert_eq!(test.ledger.next_due(), Some(opening()));
    test.wait(HOUR);
    test.restart_linked();
    // Money that comes in settles nothing either, nor does the cut-off at 18:00.
    let back = test.paid(1, 0, 5_000);
    test.wait(15 * HOUR - 2);
    assert_eq!([late, back].map(|number| test.state(number)), ["queued", "queued"]);
    test.wait(1);
    assert_eq!([late, back].map(|number| test.state(number)), ["cleared 0", "queued"]);
    assert_eq!(test.now, opening());
    test.check();
}

#[test]
fn a_hybrid_queue_offsets_at_the_opening_what_missed_a_cut_off() {
    let mut test = ledger(queued(EndOfDay::Carry), |_| ());
    test.wait(HOUR);
    let ring = [test.paid(0, 1, 5_000), test.paid(1, 2, 5_000), test.paid(2, 0, 5_000)];
    test.wait(20 * HOUR - 1);
    assert_eq!(ring.map(|number| test.state(number)), ["queued"; 3]);
    test.wait(1);
    assert_eq!(ring.map(|number| test.state(number)), ["cleared 0"; 3]);
    assert_eq!(test.ledger.next_due(), Some(opening().plus_ms(3 * HOUR)));
    test.check();
}

#[test]
fn cycles_whose_cut_off_comes_outside_the_hours_settle_at_the_opening() {
    let mut test = ledger(NET, |_| ());
    test.wait(1);
    test.paid(0, 1, 100);
    assert_eq!(test.ledger.next_due(), Some(opening()));
    test.wait(7 * HOUR);
    test.paid(0, 1, 200);
    let closed = CentralBankError::SettlementClosed { opens: opening() };
    assert_eq!(test.ledger.close_cycle(None, test.now), Err(closed));
    test.restart_linked();
    assert_eq!(test.money(0), (1_000, -300));
    test.wait(14 * HOUR);
    assert_eq!((test.money(0), test.money(1)), ((700, 0), (1_300, 0)));
    assert_eq!(test.ledger.cycles().len(), 1);
    // The next days with settlement are Thursday, Friday, and Tuesday behind the holiday.
    test.wait(36 * HOUR);
    test.paid(0, 1, 100);
    let tuesday = date("2022-08-30").at(9 * HOUR);
    assert_eq!(test.ledger.next_due(), Some(tuesday));
    test.check();
}

#[test]
fn a_frozen_cycle_waits_for_the_opening_whatever_comes_in() {
    let mut test = ledger(NET, |settings| settings.funding_window_ms = 2 * HOUR);
    test.wait(4 * HOUR);
    test.paid(0, 1, 1_200);
    test.close();
    assert!(test.ledger.frozen_cycle().is_some());
    test.wait(HOUR + 1);
    test.ledger.fund(code(0), yuan(500).position(), &request("more"), test.now).unwrap();
    test.ledger.issue(code(0), yuan(500), &request("issued"), test.now).unwrap();
    test.commit();
    assert!(test.ledger.frozen_cycle().is_some(), "18:00 is its end, and settlement is closed");
    assert_eq!(test.ledger.next_due(), Some(opening()));
    test.wait(16 * HOUR);
    assert_eq!((test.ledger.frozen_cycle(), test.money(0)), (None, (300, 0)));
    test.check();
}

#[test]
fn what_settles_at_once_or_not_is_refused_outside_the_hours() {
    let mut test = ledger(SettlementMode::Gross, |_| ());
    test.wait(5 * HOUR);
    let under_way = test.pay(0, 1, 100);
    test.wait(1);
    let late = test.pay(0, 1, 100);
    test.decide(1, under_way, None);
    assert_eq!(test.state(late), "refused SETTLEMENT_CLOSED");
    assert_eq!(test.state(under_way), "cleared 0", "it was admitted in time");
    test.check();
    let mut test = ledger(queued(EndOfDay::Return), |_| ());
    test.wait(6 * HOUR);
    let voucher = test.pay_with([0, 2, 1], 100, 10);
    assert_eq!(test.state(voucher), "refused SETTLEMENT_CLOSED");
    test.check();
}

#[test]
fn credit_at_the_end_of_the_day_needs_no_hours_but_a_day_with_settlement() {
    let mut test = ledger(queued(EndOfDay::ForceCredit), |settings| {
        settings.regime = Regime::Deposit;
    });
    test.wait(6 * HOUR);
    let late = test.paid(0, 1, 2_000);
    test.wait(6 * HOUR);
    assert_eq!(test.state(late), "cleared 0");
    let account = &test.ledger.accounts()[operator(0)];
    assert_eq!(account.lending.drawn, yuan(500).position());
    test.wait(72 * HOUR);
    let on_sunday = test.paid(1, 0, 1);
    test.wait(24 * HOUR);
    assert_eq!(test.state(on_sunday), "refused END_OF_DAY");
    test.check();
}
