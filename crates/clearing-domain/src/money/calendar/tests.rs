use super::*;

fn day(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

#[test]
fn every_day_of_four_centuries_reads_back() {
    for days in 365..130_000 {
        let date = BusinessDate::from_days(days);
        let (year, month, day) = date.ymd();
        assert_eq!(BusinessDate::from_ymd(year, month, day), Some(date));
        assert_eq!((date.start().date(), date.start().ms_of_day()), (date, 0));
        assert_eq!(date.start().plus_ms(-1).date().next(), date);
    }
}

#[test]
fn a_day_turns_at_midnight_in_shanghai() {
    let date = day("2022-08-24");
    assert_eq!(date.start().to_string(), "2022-08-24T00:00:00.000+08:00");
    assert_eq!(date.start().plus_ms(-1).to_string(), "2022-08-23T23:59:59.999+08:00");
    assert_eq!(date.start().ms(), 1_661_270_400_000);
}

#[test]
fn days_that_do_not_exist_are_refused() {
    for text in [
        "2022-02-29",
        "2022-13-01",
        "2022-00-01",
        "2022-04-31",
        "22-04-30",
        "2022-4-3",
        "x",
        "1970-12-31",
        "2024-+2-29",
        "+024-02-29",
        "2024-02-+9",
        "2024--2-29",
        "2024-02-٢",
    ] {
        assert_eq!(BusinessDate::parse(text), None, "{text}");
    }
    assert!(BusinessDate::parse("2024-02-29").is_some());
    assert!(BusinessDate::parse("1971-01-01").is_some());
}

/// What Python's zoneinfo says of Asia/Shanghai: the last moment of the old time and the first of
/// the new one.
const TRANSITIONS: [(i64, &str, &str); 12] = [
    (515_527_200, "1986-05-04T01:59:59.999+08:00", "1986-05-04T03:00:00.000+09:00"),
    (527_014_800, "1986-09-14T01:59:59.999+09:00", "1986-09-14T01:00:00.000+08:00"),
    (545_162_400, "1987-04-12T01:59:59.999+08:00", "1987-04-12T03:00:00.000+09:00"),
    (558_464_400, "1987-09-13T01:59:59.999+09:00", "1987-09-13T01:00:00.000+08:00"),
    (577_216_800, "1988-04-17T01:59:59.999+08:00", "1988-04-17T03:00:00.000+09:00"),
    (589_914_000, "1988-09-11T01:59:59.999+09:00", "1988-09-11T01:00:00.000+08:00"),
    (608_666_400, "1989-04-16T01:59:59.999+08:00", "1989-04-16T03:00:00.000+09:00"),
    (621_968_400, "1989-09-17T01:59:59.999+09:00", "1989-09-17T01:00:00.000+08:00"),
    (640_116_000, "1990-04-15T01:59:59.999+08:00", "1990-04-15T03:00:00.000+09:00"),
    (653_418_000, "1990-09-16T01:59:59.999+09:00", "1990-09-16T01:00:00.000+08:00"),
    (671_565_600, "1991-04-14T01:59:59.999+08:00", "1991-04-14T03:00:00.000+09:00"),
    (684_867_600, "1991-09-15T01:59:59.999+09:00", "1991-09-15T01:00:00.000+08:00"),
];

#[test]
fn clocks_change_when_the_tz_database_says() {
    for (at, before, after) in TRANSITIONS {
        let at = Timestamp::from_ms(at * 1000);
        assert_eq!((at.plus_ms(-1).to_string().as_str(), at.to_string().as_str()), (before, after));
        let hours = if after.ends_with("+09:00") { 23 } else { 25 };
        assert_eq!(at.date().length_ms(), hours * HOUR_MS, "{}", at.date());
        assert_eq!((at.date().next().length_ms(), day("1992-04-12").length_ms()), (DAY_MS, DAY_MS));
    }
    assert_eq!(day("1988-07-01").at(9 * HOUR_MS).ms(), 583_718_400_000);
}

#[test]
fn by_the_clocks_every_day_has_24_hours() {
    for (first, date, days) in [
        ("1988-09-11", "1988-09-11", 0),
        ("1988-09-11", "1988-09-12", 1),
        ("1988-04-16", "1988-04-18", 2),
    ] {
        let late = day(date).at(23 * HOUR_MS + HOUR_MS / 2);
        assert_eq!(
            late.ms_by_clocks_since(day(first)),
            days * DAY_MS + 23 * HOUR_MS + HOUR_MS / 2,
            "{date}"
        );
    }
    assert_eq!(day("1988-09-12").start().ms_by_clocks_since(day("1988-09-11")), DAY_MS);
    assert_eq!(
        day("2022-08-23").at(HOUR_MS).ms_by_clocks_since(day("2022-08-24")),
        HOUR_MS - DAY_MS
    );
}

#[test]
fn a_time_of_a_day_is_one_moment_and_later_times_never_come_earlier() {
    let [spring, autumn] = ["1988-04-17", "1988-09-11"].map(day);
    assert_eq!(spring.at(2 * HOUR_MS + HOUR_MS / 2), spring.at(3 * HOUR_MS));
    assert!(!spring.has(2 * HOUR_MS) && spring.has(3 * HOUR_MS) && spring.has(2 * HOUR_MS - 1));
    // Of two moments that show half past one the first is meant.
    assert_eq!(autumn.at(HOUR_MS + HOUR_MS / 2).to_string(), "1988-09-11T01:30:00.000+09:00");
    assert_eq!(autumn.at(2 * HOUR_MS).to_string(), "1988-09-11T02:00:00.000+08:00");
    assert_eq!(
        (spring.at(DAY_MS), autumn.at(DAY_MS)),
        (spring.next().start(), autumn.next().start())
    );
    for date in [spring, autumn, day("1988-07-01"), day("2022-08-24")] {
        let moments: Vec<_> = (0..=24 * 4).map(|quarter| date.at(quarter * HOUR_MS / 4)).collect();
        assert!(moments.is_sorted(), "{date}: {moments:?}");
    }
}

#[test]
fn times_of_others_lie_between_1970_and_the_end_of_9999() {
    assert_eq!(Timestamp::MAX.plus_ms(-HOUR_MS * 8).to_string(), "9999-12-31T23:59:59.999+08:00");
    for bad in [-1, Timestamp::MAX.ms() + 1, i64::MIN, i64::MAX] {
        assert_eq!(Timestamp::checked(bad), None, "{bad}");
    }
    assert_eq!(Timestamp::checked(0), Some(Timestamp::ZERO));
    assert_eq!(Timestamp::checked(Timestamp::MAX.ms()), Some(Timestamp::MAX));
}
