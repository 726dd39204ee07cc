//! The days of the week.

use super::BusinessDate;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Weekday {
    /// All of them, from Monday on.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }

    /// The day of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|day| day.name() == name)
    }
}

impl BusinessDate {
    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        let since_monday = (i64::from(self.days()) + 3).rem_euclid(7);
        Weekday::ALL[usize::try_from(since_monday).unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_week_follow_each_other_from_a_known_one() {
        let monday = BusinessDate::from_ymd(2022, 8, 22).unwrap();
        for (days, weekday) in (0..).zip(Weekday::ALL) {
            assert_eq!(monday.plus_days(days).weekday(), weekday);
            assert_eq!(monday.plus_days(days + 700).weekday(), weekday);
            assert_eq!(Weekday::from_name(weekday.name()), Some(weekday));
        }
        assert_eq!(BusinessDate::from_days(0).weekday(), Weekday::Thursday);
        assert_eq!(BusinessDate::from_days(-1).weekday(), Weekday::Wednesday);
        assert_eq!(Weekday::from_name("Monday"), None);
    }
}
