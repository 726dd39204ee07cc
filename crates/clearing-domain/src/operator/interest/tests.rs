//! Interest is what the balances at the closes of days have earned, and no other sum.

use proptest::prelude::*;

use crate::link::{Outcome, Side};
use crate::money::{
    Amount, BusinessDate, CycleId, DAY_MS, InterestRate, Total, WalletKind, WalletNumber,
};
use crate::operator::test_ledger::{
    TestLedger, elsewhere, id, in_lockstep, request, settings, yuan,
};
use crate::operator::{Account, EntryKind, Holder, OperatorLedger, OperatorSettings, WalletOrder};
use crate::{Reason, Regime};

use super::rows::InterestRow;

/// 3.6 percent: a hundred yuan earn a fen a day.
const RATE: u32 = 36_000;

fn rate(millionths: u32) -> InterestRate {
    InterestRate::from_millionths(millionths).unwrap()
}

fn deposits() -> OperatorSettings {
    let (regime, opening_deposits) = (Regime::Deposit, yuan(1_000_000));
    OperatorSettings { regime, opening_deposits, interest: rate(RATE), ..settings() }
}

fn day(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

/// A ledger at noon of a day.
fn at(text: &str, settings: OperatorSettings) -> TestLedger {
    let mut test = TestLedger::new(settings);
    go_to(&mut test, text);
    test
}

fn go_to(test: &mut TestLedger, text: &str) {
    let noon = day(text).start().plus_ms(DAY_MS / 2);
    test.wait(noon.ms() - test.now.ms());
}

fn fen_in(test: &TestLedger, wallet: WalletNumber) -> i64 {
    test.ledger.wallet(wallet).unwrap().balance.fen()
}

fn fen_of(test: &TestLedger, account: Account) -> i64 {
    test.ledger.accounts().balance(account).fen()
}

fn credited(test: &TestLedger) -> Vec<(WalletNumber, i64, String)> {
    let rows = test.ledger.interest.list().iter();
    rows.map(|row| (row.wallet, row.amount.fen(), row.until.to_string())).collect()
}

#[test]
fn a_quarter_is_credited_on_the_21st_for_the_days_up_to_the_20th() {
    let mut test = at("2022-09-01", deposits());
    let wallet = test.wallet(2, 1_000);
    go_to(&mut test, "2022-09-20");
    assert_eq!(credited(&test), []);
    go_to(&mut test, "2022-09-21");
    // From the 1st to the 20th: 20 days of 10 fen.
    assert_eq!(credited(&test), [(wallet, 200, "2022-09-21".to_owned())]);
    assert_eq!(fen_in(&test, wallet), 100_200);
    assert_eq!(fen_of(&test, Account::Equity), -200);
    test.wait(60_000);
    go_to(&mut test, "2022-12-22");
    // 91 days on 1,002 yuan at 0.0001 a day, 911.82 fen: the interest earns interest.
    assert_eq!(credited(&test)[1..], [(wallet, 912, "2022-12-21".to_owned())]);
    let entry = test.ledger.entries(wallet).next().unwrap();
    assert_eq!((entry.kind, entry.change.fen()), (EntryKind::InterestCredited, 912));
    test.check();
}

#[test]
fn each_day_earns_on_its_closing_balance() {
    let mut test = at("2022-09-01", deposits());
    let (wallet, other) = (test.wallet(2, 1_000), test.wallet(2, 0));
    go_to(&mut test, "2022-09-11");
    assert_eq!(test.pay(wallet, other, 400), "Completed");
    // Within a day only the close counts.
    assert_eq!(test.pay(other, wallet, 100), "Completed");
    go_to(&mut test, "2022-09-21");
    let until = "2022-09-21".to_owned();
    assert_eq!(
        credited(&test),
        [(wallet, 10 * 10 + 10 * 7, until.clone()), (other, 10 * 3, until)]
    );
    test.check();
}

#[test]
fn money_in_transit_earns_nothing_until_it_is_back() {
    let mut test = at("2022-09-01", deposits());
    let wallet = test.wallet(2, 1_000);
    go_to(&mut test, "2022-09-11");
    assert_eq!(test.pay(wallet, elsewhere(), 1_000), "InTransit");
    go_to(&mut test, "2022-09-16");
    test.notify(1, Side::Payer, Outcome::Refused(Reason::Expired));
    go_to(&mut test, "2022-09-21");
    assert_eq!(credited(&test), [(wallet, 150, "2022-09-21".to_owned())]);
    test.check();
}

#[test]
fn class_four_the_operator_and_the_cash_regime_earn_nothing() {
    let mut test = at("2022-09-01", deposits());
    let anonymous = test.wallet(4, 1_000);
    let order = WalletOrder {
        request_id: None,
        kind: WalletKind::Operator,
        class: 1,
        holder: Holder::verified(Some("bank")),
        opening: yuan(1_000),
        content: None,
    };
    let own = test.ledger.open_wallet(order, test.now).unwrap();
    test.commit();
    go_to(&mut test, "2022-09-21");
    assert_eq!(credited(&test), []);
    assert_eq!((fen_in(&test, anonymous), fen_in(&test, own)), (100_000, 100_000));
    test.check();
    let mut cash = at("2022-09-01", OperatorSettings { regime: Regime::Cash, ..deposits() });
    cash.wallet(1, 1_000);
    go_to(&mut cash, "2022-09-21");
    assert_eq!(credited(&cash), []);
    cash.check();
}

#[test]
fn a_wallet_earns_from_the_day_of_its_upgrade() {
    let mut test = at("2022-09-01", deposits());
    let wallet = test.wallet(4, 1_000);
    go_to(&mut test, "2022-09-16");
    let holder = Holder::verified(None);
    test.ledger.upgrade(wallet, 2, &holder, test.now).unwrap();
    go_to(&mut test, "2022-09-21");
    assert_eq!(credited(&test), [(wallet, 50, "2022-09-21".to_owned())]);
    test.check();
}

#[test]
fn what_rounds_to_nothing_counts_in_the_next_period() {
    let mut test = at("2022-09-18", OperatorSettings { interest: rate(400), ..deposits() });
    // A hundred yuan earn a ninetieth of a fen a day: 3 days, then 91 days, are 94 ninetieths.
    let wallet = test.wallet(2, 100);
    go_to(&mut test, "2022-09-21");
    assert_eq!(credited(&test), []);
    go_to(&mut test, "2022-12-21");
    assert_eq!(credited(&test), [(wallet, 1, "2022-12-21".to_owned())]);
    test.check();
}

#[test]
fn a_wallet_that_is_closed_gets_what_it_has_earned_into_the_bank() {
    let mut test = at("2022-09-01", deposits());
    let wallet = test.wallet(2, 1_000);
    go_to(&mut test, "2022-09-11");
    let deposits = fen_of(&test, Account::OtherDeposits);
    test.ledger.exchange_back(wallet, yuan(1_000), request("x"), test.now).unwrap();
    go_to(&mut test, "2022-09-12");
    test.ledger.close_wallet(wallet, test.now).unwrap();
    test.commit();
    assert_eq!(credited(&test), [(wallet, 100, "2022-09-12".to_owned())]);
    assert_eq!(fen_of(&test, Account::OtherDeposits), deposits + 100_000 + 100);
    test.ledger.close_wallet(wallet, test.now).unwrap();
    go_to(&mut test, "2022-09-21");
    assert_eq!(credited(&test).len(), 1, "nothing earns after that");
    test.check();
}

#[test]
fn interest_dates_that_passed_while_the_process_was_away_are_made_up_for() {
    let mut test = at("2022-09-01", deposits());
    let wallet = test.wallet(2, 1_000);
    test.restart();
    go_to(&mut test, "2023-04-01");
    let dates: Vec<_> = credited(&test).into_iter().map(|(_, fen, date)| (fen, date)).collect();
    let expected = [(200, "2022-09-21"), (912, "2022-12-21"), (910, "2023-03-21")];
    assert_eq!(dates, expected.map(|(fen, date)| (fen, date.to_owned())));
    assert_eq!(fen_in(&test, wallet), 100_000 + 200 + 912 + 910);
    test.check();
}

#[test]
fn a_batch_looks_at_so_many_wallets_and_the_next_one_at_the_rest() {
    let mut test =
        at("2022-09-01", OperatorSettings { interest: InterestRate::ZERO, ..deposits() });
    let wallets: Vec<_> = (0..5).map(|_| test.wallet(2, 1_000)).collect();
    go_to(&mut test, "2022-09-21");
    test.ledger.settings.interest = rate(RATE);
    for batch in 1..=3_usize {
        test.ledger.interest_due_within(2, test.now);
        test.commit();
        assert_eq!(credited(&test).len(), (2 * batch).min(wallets.len()));
    }
    // What batches have done is not done again.
    test.restart();
    test.ledger.interest_due_within(usize::MAX, test.now);
    assert!(wallets.iter().all(|wallet| fen_in(&test, *wallet) == 100_200));
}

#[test]
fn a_row_that_credits_what_was_not_earned_is_refused() {
    let mut test = at("2022-09-01", deposits());
    test.wallet(2, 1_000);
    go_to(&mut test, "2022-09-21");
    let fen = |row: &InterestRow, more| Amount::from_fen(row.amount.fen() + more).unwrap();
    let changes: [&dyn Fn(&mut InterestRow); 6] = [
        &|row| row.amount = fen(row, -1),
        &|row| row.amount = fen(row, 1),
        // A year of days to come; 365 more days of 10 fen.
        &|row| (row.until, row.amount) = (day("2023-09-21"), fen(row, 3_650)),
        &|row| (row.until, row.amount) = (day("2023-09-21"), fen(row, 3_440)),
        // Ten times the rate.
        &|row| (row.rate, row.amount) = (rate(10 * RATE), fen(row, 9 * 200)),
        // Neither an interest date nor the day.
        &|row| (row.until, row.amount) = (day("2022-09-20"), fen(row, -10)),
    ];
    for change in changes {
        let mut stored = test.stored();
        change(&mut stored.rows.interest[0]);
        let refused = OperatorLedger::restore(deposits(), stored).unwrap_err();
        assert!(refused.to_string().contains("has not earned"), "{refused}");
    }
}

#[test]
fn a_date_credits_nothing_that_came_due_on_a_later_one() {
    let accrual = super::Accrual::opened(day("2022-09-22")).counted(day("2022-12-25"), yuan(1));
    let of = |date: &str| accrual.to_credit(day(date));
    assert_eq!((of("2022-09-21"), of("2022-12-21")), (Total::ZERO, Total::times(yuan(1), 90)));
    // A wallet that was opened long after the ledger's first one, on a date that was looked at again.
    let mut test = at("2020-01-01", deposits());
    test.wallet(2, 0);
    go_to(&mut test, "2022-11-01");
    let (wallet, other) = (test.wallet(2, 1_000), test.wallet(2, 0));
    test.restart();
    test.up();
    go_to(&mut test, "2022-12-20");
    test.ledger.settings.interest = InterestRate::ZERO;
    go_to(&mut test, "2022-12-22");
    assert_eq!(test.pay(wallet, other, 100), "Completed");
    test.ledger.settings.interest = rate(RATE);
    test.restart();
    test.wait(1);
    assert_eq!(credited(&test), [(wallet, 500, "2022-12-21".to_owned())]);
    test.check();
}

#[test]
fn after_several_dates_all_wallets_are_credited_before_money_moves() {
    let mut test = at("2022-09-01", deposits());
    let wallets = [test.wallet(2, 1_000), test.wallet(2, 1_000)];
    go_to(&mut test, "2022-09-30");
    assert!(!test.ledger.is_dates_behind(day("2022-12-21")));
    assert!(test.ledger.is_dates_behind(day("2023-03-21")));
    assert_eq!(wallets.map(|wallet| fen_in(&test, wallet)), [100_200; 2]);
}

#[test]
fn under_lockstep_the_end_of_a_tick_credits_once() {
    let settings = OperatorSettings { lockstep: in_lockstep().lockstep, ..deposits() };
    let lockstep = settings.lockstep.unwrap();
    let mut test = TestLedger::new(settings);
    let wallet = test.wallet(2, 1_000);
    let ticks = |text: &str| {
        u64::try_from((day(text).start().ms() - lockstep.start.ms()) / lockstep.tick_ms).unwrap()
    };
    for tick in [ticks("2022-09-20"), ticks("2022-09-21"), ticks("2022-09-21") + 1] {
        test.ledger.close_tick(tick);
        test.ledger.end_tick(tick);
        test.commit();
    }
    // From the 24th of August to the 20th of September: 28 days.
    assert_eq!(credited(&test), [(wallet, 280, "2022-09-21".to_owned())]);
    test.check();
}

#[derive(Clone, Debug)]
enum Command {
    Pay(usize, usize, i64),
    PayAbroad(usize, i64),
    End(u8, bool),
    Wait(i64),
    Restart,
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => (0..3_usize, 0..3_usize, 1..200_i64).prop_map(|(a, b, yuan)| Command::Pay(a, b, yuan)),
        2 => (0..3_usize, 1..200_i64).prop_map(|(a, yuan)| Command::PayAbroad(a, yuan)),
        2 => (1..20_u8, any::<bool>()).prop_map(|(number, cleared)| Command::End(number, cleared)),
        4 => (1..40 * 24_i64).prop_map(|hours| Command::Wait(hours * 3_600_000)),
        1 => Just(Command::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Beside the ledger's own count a second one, which goes through the statement of a wallet day
    /// by day.
    #[test]
    fn interest_is_what_the_statements_say(commands in prop::collection::vec(command(), 1..30)) {
        let mut test = at("2027-11-01", deposits());
        let wallets = [test.wallet(2, 500), test.wallet(2, 700), test.wallet(4, 900)];
        for command in commands {
            match command {
                Command::Pay(from, to, yuan) => drop(test.pay(wallets[from], wallets[to], yuan)),
                Command::PayAbroad(from, yuan) => drop(test.pay(wallets[from], elsewhere(), yuan)),
                Command::End(number, cleared) => {
                    let outcome = if cleared {
                        Outcome::Cleared(CycleId::new(1))
                    } else {
                        Outcome::Refused(Reason::Expired)
                    };
                    if test.ledger.payment(id(number)).is_some_and(|found| !found.state.is_final()) {
                        test.notify(number, Side::Payer, outcome);
                    }
                }
                Command::Wait(ms) => test.wait(ms),
                Command::Restart => {
                    test.restart();
                    test.up();
                }
            }
            test.check();
        }
        for wallet in wallets {
            let expected = by_statement(&test, wallet, wallet != wallets[2]);
            let found: Vec<_> = credited(&test).into_iter().filter(|row| row.0 == wallet).collect();
            prop_assert_eq!(found.into_iter().map(|row| row.1).collect::<Vec<_>>(), expected);
        }
    }
}

/// The interest that the entries of a wallet have earned by the last interest date, each in fen.
/// What was credited counts from the interest date, however much later that was done.
fn by_statement(test: &TestLedger, wallet: WalletNumber, earns: bool) -> Vec<i64> {
    let mut entries: Vec<_> = test.ledger.entries(wallet).collect();
    entries.reverse();
    let rows = test.ledger.interest.list().iter();
    let mut credits = rows.filter(|row| row.wallet == wallet).map(|row| row.until);
    let changes: Vec<_> = entries
        .iter()
        .map(|entry| {
            let credited = entry.kind == EntryKind::InterestCredited;
            let day = if credited { credits.next().unwrap() } else { entry.at.date() };
            (day, entry.change.fen())
        })
        .collect();
    let (mut interest, mut sum) = (Vec::new(), 0_i128);
    for day in (changes[0].0.days()..test.now.date().days()).map(BusinessDate::from_days) {
        let at_close = changes.iter().filter(|change| change.0 <= day).map(|change| change.1);
        sum += i128::from(at_close.sum::<i64>());
        let (_, month, date) = day.ymd();
        if [3, 6, 9, 12].contains(&month) && date == 20 && earns {
            let fen = (sum * i128::from(RATE) + 180_000_000) / 360_000_000;
            if fen > 0 {
                interest.push(i64::try_from(fen).unwrap());
                sum = 0;
            }
        }
    }
    interest
}
