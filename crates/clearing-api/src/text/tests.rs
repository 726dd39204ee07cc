//! Texts of requests that are values, and those that are not.

use super::*;

#[test]
fn times_read_as_they_are_shown_and_others_are_refused() {
    for ms in [0, 1_661_299_200_123, 253_402_300_799_999] {
        let at = Timestamp::from_ms(ms);
        assert_eq!(time("due_time", &timestamp(at)), Ok(at));
    }
    for (seconds, nanos) in
        [(-1, 0), (i64::MAX, 0), (0, -1), (0, 1_000_000_000), (253_402_300_800, 0)]
    {
        let refused = time("due_time", &prost_types::Timestamp { seconds, nanos }).unwrap_err();
        assert_eq!((refused.reason, refused.field), (Reason::FieldInvalid, "due_time"));
        assert!(refused.message.contains(&format!("{seconds} s and {nanos} ns")));
    }
}

#[test]
fn pages_name_the_next_until_the_last() {
    let page = Page::read(2, "").unwrap();
    assert_eq!(page.take_from(0..5_u64, |item| item * 10), (vec![0, 10], "p2".to_owned()));
    assert_eq!(
        Page::read(2, "p4").unwrap().take_from(4..5_u64, |item| item),
        (vec![4], String::new())
    );
    assert_eq!(
        Page::read(2, "p2").unwrap().take_from(2..4_u64, |item| item),
        (vec![2, 3], String::new())
    );
    let marked = Page::read(2, "p7.-120").unwrap();
    assert_eq!((marked.place(), marked.mark, page.place()), (Some(7), Some(-120), None));
    assert_eq!(Page::read(-1, "").unwrap_err().reason, Reason::PageInvalid);
    assert_eq!(Page::read(1001, "").unwrap_err().field, "page_size");
    for token in [
        "x",
        "p",
        "p+5",
        "p-5",
        "p5.+1",
        "p5.--1",
        "p5.",
        "p 5",
        "p5.1.1",
        "p4294967296",
        "p18446744073709551615",
    ] {
        assert_eq!(Page::read(1, token).unwrap_err().field, "page_token", "{token}");
    }
}

#[test]
fn pages_by_key_go_on_behind_the_last_item_shown_and_look_at_one_more_than_they_show() {
    let mut list: Vec<_> = (0..100_u64).map(|number| (number / 10, number)).collect();
    let mut page_token = String::new();
    for first in [0, 20, 40, 60, 80] {
        let page = Page::read(20, &page_token).unwrap();
        let start =
            page.after().unwrap().map_or(0, |after| list.partition_point(|key| *key <= after));
        let mut looked_at = 0;
        let items = list[start..].iter().inspect(|_| looked_at += 1).map(|key| (*key, key.1));
        let (shown, next) = page.take_after(items, |number| number);
        assert_eq!(shown, (first..first + 20).collect::<Vec<_>>());
        assert_eq!(looked_at, if first == 80 { 20 } else { 21 });
        page_token = next;
        // The last one shown leaves, and so does one before it.
        list.retain(|(_, number)| *number != first && *number != first + 19);
    }
    assert_eq!(page_token, "");
    for foreign in ["p5", "p5.-1"] {
        assert!(Page::read(1, foreign).unwrap().after().unwrap_err().message.contains(foreign));
    }
}

#[test]
fn a_page_ends_before_it_is_larger_than_clients_take_but_is_never_empty() {
    let large = |item: usize| {
        vec![0_u8; if item == 0 { 2 * PAGE_BYTES_MAX } else { PAGE_BYTES_MAX / 2 - 8 }]
    };
    let page = |start| Page { start, size: 10, mark: None }.take_from(start..5, large);
    let sizes = [0, 1, 3].map(|start| (page(start).0.len(), page(start).1));
    assert_eq!(sizes, [(1, "p1".to_owned()), (2, "p3".to_owned()), (2, String::new())]);
}

#[test]
fn sums_may_be_negative_but_not_zero() {
    assert_eq!(signed_sum("amount", "-12.5").unwrap().fen(), -1250);
    assert_eq!(signed_sum("amount", "--1").unwrap_err().reason, Reason::AmountNotPositive);
    assert_eq!(signed_sum("amount", "0").unwrap_err().reason, Reason::AmountNotPositive);
}

#[test]
fn aliases_have_a_kind() {
    for good in ["phone:13912345678", "merchant:TEA-1", "M123456", "M12345678901234567890"] {
        assert_eq!(alias("alias", good), Ok(good));
    }
    for bad in [
        "",
        "13912345678",
        "phone:12",
        "phone:abcdef",
        "merchant:",
        "mail:a@b",
        "M12345",
        "M123456789012345678901",
        "M12345x",
        "m123456",
    ] {
        assert_eq!(alias("alias", bad).unwrap_err().reason, Reason::AliasMalformed, "{bad}");
    }
}

#[test]
fn no_request_of_a_client_has_the_name_of_one_of_a_payment_code() {
    for reserved in ["payment-code:", "payment-code:002000000000000018"] {
        assert_eq!(request_id(reserved).unwrap_err().reason, Reason::RequestIdMalformed);
        assert_eq!(optional_request_id(reserved).unwrap_err().field, "request_id");
    }
    assert!(request_id("payment-code").is_ok());
}

#[test]
fn texts_of_people_have_no_control_characters() {
    assert_eq!(person_text("remark", "茶 tea ‰").unwrap().as_deref(), Some("茶 tea ‰"));
    let marks = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'];
    let marks =
        marks.map(|mark| (format!("茶{mark}"), format!("U+{:04X} at place 2", u32::from(mark))));
    let controls = [("a\nb", "U+000A at place 2"), ("\u{7f}", "U+007F")];
    let controls = controls.map(|(bad, named)| (bad.to_owned(), named.to_owned()));
    for (bad, named) in marks.into_iter().chain(controls) {
        let error = person_text("name", &bad).unwrap_err();
        assert_eq!((error.reason, error.field), (Reason::FieldInvalid, "name"));
        assert!(error.message.contains(&named), "{}", error.message);
    }
}

#[test]
fn the_rule_of_aliases_is_the_same_everywhere() {
    let said = alias("alias", &"x".repeat(71)).unwrap_err().message;
    assert!(said.contains(ALIAS_RULE) && said.contains("x…"), "{said}");
    let files = [
        include_str!("../../../../proto/clearing/v1/directory_service.proto"),
        include_str!("../../../../proto/clearing/v1/wallet_service.proto"),
        include_str!("../../../../proto/clearing/v1/payment_service.proto"),
        include_str!("../../../../proto/clearing/v1/error_reason.proto"),
    ];
    // Comments of the protos break the rule over lines.
    let flat = |file: &str| {
        let lines = file.lines().map(|line| line.trim().trim_start_matches("// "));
        lines.collect::<Vec<_>>().join(" ")
    };
    assert!(files.iter().all(|file| flat(file).contains(ALIAS_RULE)));
    let longest = format!("merchant:{}", "A".repeat(50));
    assert_eq!(alias("alias", &longest), Ok(longest.as_str()));
    assert!(
        alias("alias", &format!("{longest}A")).is_err() && alias("alias", "merchant:A B").is_err()
    );
}

#[test]
fn times_before_the_epoch_keep_positive_nanos() {
    let time = timestamp(Timestamp::from_ms(-1));
    assert_eq!((time.seconds, time.nanos), (-1, 999_000_000));
}
