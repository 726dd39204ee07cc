//! What the closing balances of one wallet add up to.

use crate::money::{Amount, BusinessDate, Total};

/// The months in which interest is credited, and the day of them.
const MONTHS: [u32; 4] = [3, 6, 9, 12];
const DAY: u32 = 21;

/// The first interest date after a day: the 21st of March, June, September or December.
pub(super) fn interest_date_after(day: BusinessDate) -> BusinessDate {
    let year = day.year();
    let dates = [year, year + 1].into_iter().flat_map(|year| {
        MONTHS.into_iter().filter_map(move |month| BusinessDate::from_ymd(year, month, DAY))
    });
    // The calendar ends before the year 10000, and with it all interest.
    dates.into_iter().find(|date| *date > day).unwrap_or(BusinessDate::from_days(i32::MAX))
}

/// Whether interest is credited on a day.
pub(super) fn is_interest_date(day: BusinessDate) -> bool {
    day.days() > i32::MIN && interest_date_after(BusinessDate::from_days(day.days() - 1)) == day
}

/// The closing balances of a wallet, summed over its days: fen times days.
///
/// Days are counted when the balance changes, and not before: each day at its closing balance, by
/// the calendar of Asia/Shanghai, the 29th of February like any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accrual {
    /// The first day that is not counted yet.
    from: BusinessDate,
    /// The sum since the last interest date.
    running: Total,
    /// The sum of the days before that date which was not credited.
    due: Total,
    /// The interest date that it came due on.
    due_on: BusinessDate,
}

impl Accrual {
    /// That of a wallet that was opened on a day.
    pub const fn opened(day: BusinessDate) -> Self {
        Self { from: day, running: Total::ZERO, due: Total::ZERO, due_on: day }
    }

    /// The same with all days before another one counted at a balance that none of them changed.
    #[must_use]
    pub fn counted(mut self, until: BusinessDate, balance: Amount) -> Self {
        while self.from < until {
            let date = interest_date_after(self.from);
            let end = date.min(until);
            let days = i64::from(end.days()) - i64::from(self.from.days());
            let days = usize::try_from(days).unwrap_or_default();
            self.running += Total::times(balance, days);
            self.from = end;
            if end == date {
                self.due += self.running;
                self.due_on = date;
                self.running = Total::ZERO;
            }
        }
        self
    }

    /// Whether a day is counted.
    pub fn is_counted_beyond(&self, date: BusinessDate) -> bool {
        self.from > date
    }

    /// What is to be credited on an interest date, or on another day on which the wallet is closed.
    /// Nothing on a date before the one on which it came due.
    pub fn to_credit(&self, date: BusinessDate) -> Total {
        match is_interest_date(date) {
            true if date < self.due_on => Total::ZERO,
            true => self.due,
            false => self.due + self.running,
        }
    }

    /// The same after that was credited.
    #[must_use]
    pub fn credited(self, date: BusinessDate) -> Self {
        let running = if is_interest_date(date) { self.running } else { Total::ZERO };
        Self { running, due: Total::ZERO, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> BusinessDate {
        BusinessDate::parse(text).unwrap()
    }

    fn fen(fen: i64) -> Amount {
        Amount::from_fen(fen).unwrap()
    }

    #[test]
    fn interest_dates_are_four_a_year() {
        for (after, date) in [
            ("2026-01-01", "2026-03-21"),
            ("2026-03-20", "2026-03-21"),
            ("2026-03-21", "2026-06-21"),
            ("2026-09-30", "2026-12-21"),
            ("2026-12-21", "2027-03-21"),
            ("2027-12-31", "2028-03-21"),
        ] {
            assert_eq!(interest_date_after(day(after)), day(date), "after {after}");
            assert!(is_interest_date(day(date)));
        }
        assert!(!is_interest_date(day("2026-03-20")) && !is_interest_date(day("2026-04-21")));
    }

    #[test]
    fn every_day_counts_once_at_its_closing_balance() {
        let opened = Accrual::opened(day("2026-03-01"));
        // Closing balances: 100 fen on 1 to 9 March, 30 on 10 to 20 March and after.
        let first = opened.counted(day("2026-03-10"), fen(100));
        assert_eq!(first.to_credit(day("2026-03-10")), Total::times(fen(900), 1));
        let at_date = first.counted(day("2026-03-21"), fen(30));
        assert_eq!(at_date.to_credit(day("2026-03-21")), Total::times(fen(900 + 330), 1));
        let after = first.counted(day("2026-03-25"), fen(30));
        assert_eq!(after.to_credit(day("2026-03-21")), at_date.to_credit(day("2026-03-21")));
        let rest = after.credited(day("2026-03-21"));
        assert_eq!(rest.to_credit(day("2026-03-25")), Total::times(fen(30), 4));
        assert_eq!(rest.credited(day("2026-03-25")).to_credit(day("2026-03-25")), Total::ZERO);
    }

    /// Counting in any steps gives the same, so that a ledger that was loaded again goes on as it was.
    #[test]
    fn how_often_days_are_counted_changes_nothing() {
        let (begin, end) = (day("2027-11-30"), day("2028-07-01"));
        let at_once = Accrual::opened(begin).counted(end, fen(77));
        let mut by_day = Accrual::opened(begin);
        for days in begin.days()..=end.days() {
            by_day = by_day.counted(BusinessDate::from_days(days), fen(77));
        }
        assert_eq!(at_once, by_day);
    }

    #[test]
    fn a_leap_day_is_a_day() {
        let over =
            |begin, end| Accrual::opened(day(begin)).counted(day(end), fen(1)).to_credit(day(end));
        assert_eq!(over("2028-02-28", "2028-03-01"), Total::times(fen(1), 2));
        assert_eq!(over("2027-02-28", "2027-03-01"), Total::times(fen(1), 1));
        // From the 21st of December to the 20th of March: 91 days with a leap day, 90 without.
        assert_eq!(over("2027-12-21", "2028-03-21"), Total::times(fen(1), 91));
        assert_eq!(over("2026-12-21", "2027-03-21"), Total::times(fen(1), 90));
    }
}
