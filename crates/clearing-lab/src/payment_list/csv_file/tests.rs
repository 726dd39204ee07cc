use super::*;

fn parse(text: &str) -> CsvFile {
    CsvFile::parse(text.as_bytes(), Reading::default()).unwrap()
}

/// The good rows: reference, moment, fen, participants, wallets.
fn rows(file: &CsvFile) -> Vec<String> {
    let row = |row: &Row| {
        let Row { reference, terms, from, to, payer, payee, .. } = row;
        let (from, to) = (file.name(*from), file.name(*to));
        format!(
            "{reference} {} {} {from}/{payer} {to}/{payee} {}",
            terms.at, terms.amount, terms.priority
        )
    };
    file.rows.iter().map(row).collect()
}

fn reasons(text: &str) -> Vec<(u64, String)> {
    parse(text).rejected.into_iter().map(|row| (row.line, row.reason)).collect()
}

#[test]
fn both_layouts_are_read_with_and_without_a_header() {
    let lines = "1,2022-08-24,09:30,12.50,A,B\n2,2022-08-25,23:59:59.999,1,B,A\n";
    let with = parse(&format!("ID,date,time,value,from,to\n{lines}"));
    let without = parse(lines);
    assert_eq!(rows(&with), rows(&without));
    assert_eq!(with.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(rows(&with)[1], "2 2022-08-25T23:59:59.999+08:00 1.00 B/ A/ normal");
    assert_eq!(with.participants(), ["A", "B"]);
    let long = "1,2022-08-24,09:30,5,A,A,anna,bo";
    let expected = "1 2022-08-24T09:30:00.000+08:00 5.00 A/anna A/bo";
    for (header, row, priority) in [
        ("ID,date,time,value,from,to,payer,payee\n", long.to_owned(), "normal"),
        ("", long.to_owned(), "normal"),
        ("", format!("{long},2"), "extra_urgent"),
        ("priority,ID,date,time,value,from,to,payer,payee\n", format!("urgent,{long}"), "urgent"),
    ] {
        assert_eq!(rows(&parse(&format!("{header}{row}\n"))), [format!("{expected} {priority}")]);
    }
    assert!(rows(&parse("1,2022-08-24,09:30,5,A,B,1\n"))[0].ends_with("A/ B/ error_reversal"));
}

#[test]
fn columns_go_by_their_names() {
    let file = parse("value,TO,from,Id,datetime\n60,B,A,p1,2024-02-29T01:05:00Z\n");
    assert_eq!(rows(&file), ["p1 2024-02-29T09:05:00.000+08:00 60.00 A/ B/ normal"]);
    let error = |text: &str| CsvFile::parse(text.as_bytes(), Reading::default()).unwrap_err();
    let header = error("# made by hand\nID,date,time,fee,from,to\np1,2024-02-29,09:00,60,A,B\n");
    assert_eq!(
        (header.line, header.reason.as_str()),
        (2, "column \"fee\" is unknown; did you mean \"value\"?")
    );
    let reason = error("\u{feff}ID,date,time,value,from,to,status\n").reason;
    assert!(reason.starts_with("column \"status\" is unknown"), "{reason}");
}

#[test]
fn bad_rows_are_named_by_line_column_and_value() {
    let text = "ID,date,time,value,from,to,priority
1,2022-08-24,09:30,12.50,A,B,
2,2022-02-30,09:30,1,A,B,
3,2022-08-24,9.30,1,A,B,
4,2022-08-24,09:30,1.005,A,B,
5,2022-08-24,09:30,-1,A,B,
6,2022-08-24,09:30,1,ThisNameIsLongerThanThirtyFiveLetters,B,
7,2022-08-24,09:30,1,A,A,
1,2022-08-24,09:30,1,A,B,
9,2022-08-24,09:30,1,A
10,2022-08-24,09:30,1,A,B,7
,2022-08-24,09:30,1,A,B,6
12,2022-08-24,09:30,1,,B,6
";
    let levels = "error_reversal, extra_urgent, interest_and_fees, clearing_nets, urgent, normal";
    let expected = [
        (3, "date \"2022-02-30\" is not a day as in 2022-08-24".to_owned()),
        (4, "time \"9.30\" is not a time as in 09:30, 9:30 or 09:30:05.250".to_owned()),
        (5, "value: amount 1.005 has more than two decimals; --round rounds it".to_owned()),
        (6, "value: amount -1 is not positive".to_owned()),
        (
            7,
            "from: \"ThisNameIsLongerThanThirtyFiveLetters\"… has 37 characters, more than 35"
                .to_owned(),
        ),
        (8, "to: payer and payee are the same: A".to_owned()),
        (9, "ID \"1\" is there twice; the first is in line 2".to_owned()),
        (10, "5 fields where the header has 7: ID,date,time,value,from,to,priority".to_owned()),
        (11, format!("priority \"7\" is none of {levels}")),
        (12, "ID \"\" is empty".to_owned()),
        (13, "from: \"\" is empty".to_owned()),
    ];
    assert_eq!(reasons(text), expected);
}

#[test]
fn lines_are_those_of_the_file_however_they_end() {
    let lines = [
        "\u{feff}ID,date,time,value,from,to",
        "# a comment, with \"one quote",
        "\"p1",
        "\",2024-02-29,09:00,1.00, A ,\"B\"",
        "",
        ",,,,,",
        "p2,2024-02-29,09:00,x,A,B",
        "",
        "",
    ];
    for end in ["\n", "\r\n", "\r"] {
        let file = parse(&lines.join(end));
        assert_eq!((file.rows[0].line, file.rejected[0].line), (3, 7), "{end:?}");
        assert_eq!(file.rejected[0].reason, "value: amount \"x\" is not a decimal number of yuan");
        assert_eq!(file.rejected[0].text, "p2,2024-02-29,09:00,x,A,B");
        assert_eq!((file.participants(), file.rejected.len()), (vec!["A", "B"], 1));
    }
}

#[test]
fn what_other_tools_write_is_refused_by_what_it_is() {
    let reason = |row: &str| reasons(&format!("p1,2024-02-29,09:00,1.00,A,B\n{row}\n")).remove(0).1;
    assert_eq!(
        reason("p2,2024-02-29,09:00,\"1,000.00\",A,B"),
        "value: amount \"1,000.00\" has separators; write it as 1234.50"
    );
    assert_eq!(
        reason("p2,2024-02-29,09:00,1e5,A,B"),
        "value: amount \"1e5\" has an exponent; write all its digits"
    );
    assert_eq!(
        reason("#2,2024-02-29,09:00,1,A,B"),
        "ID \"#2\" starts like a comment; put it in quotation marks"
    );
    assert!(reason("\"p2,2024-02-29,09:00,1,A,B").ends_with("; a quotation mark is not closed"));
    let semicolons = reasons("1;2024-02-29;09:00;1.00;A;B\n").remove(0).1;
    assert!(semicolons.ends_with("; fields are separated by commas, not ';'"), "{semicolons}");
    let latin = CsvFile::parse(b"p1,2024-02-29,09:00,1,A,B\xe4nk\n", Reading::default()).unwrap();
    assert_eq!(latin.rejected[0].reason, "field 6 is not UTF-8");
    let utf_16 = CsvFile::parse(&[0xff, 0xfe, b'I', 0], Reading::default()).unwrap_err();
    assert_eq!(utf_16.reason, "the file is UTF-16; save it as UTF-8");
}

#[test]
fn long_values_are_cut_and_ids_are_printable() {
    let long = "x".repeat(5000);
    let shown = format!("{}…", "x".repeat(40));
    let row = |id: &str, payer: &str, payee: &str| {
        format!("{id},2024-02-29,09:00,1,A,A,{payer},{payee}\n")
    };
    let reason = |more: &str| reasons(&format!("{}{more}", row(&long, "anna", "bo"))).remove(0).1;
    for (more, expected) in [
        (
            row(&long, "anna", "bo"),
            format!("ID {:?} is there twice; the first is in line 1", shown),
        ),
        (row("2", &long, &long), format!("to: payer and payee are the same: {shown}")),
        (
            row("2", "anna", &format!("{long}\u{7}")),
            format!("payee: {shown:?} has a control character"),
        ),
        (row("a\u{7}b", "anna", "bo"), "ID: \"a\\u{7}b\" has a control character".to_owned()),
        (row(&format!("#{long}"), "anna", "bo"), {
            format!("ID \"#{}…\" starts like a comment; put it in quotation marks", "x".repeat(39))
        }),
    ] {
        assert_eq!(reason(&more), expected);
    }
}

#[test]
fn identifiers_of_any_script_are_participants() {
    let file = parse(
        "p1,2024-02-29,09:05,5.00,DEUTDEFFXXX,中国银行\np2,2024-02-29,09:05,5,BANK_A,Bank of the North\n",
    );
    assert_eq!(file.participants(), ["BANK_A", "Bank of the North", "DEUTDEFFXXX", "中国银行"]);
}

#[test]
fn rounding_is_counted() {
    let reading = Reading { round: true, ..Reading::default() };
    let rows =
        "1,2022-08-24,09:30,1.005,A,B\n2,2022-08-24,09:30,2.004,A,B\n3,2022-08-24,09:30,3,A,B\n";
    let file = CsvFile::parse(rows.as_bytes(), reading).unwrap();
    assert_eq!(
        (file.rounded.values, file.rounded.difference.normalize().to_string()),
        (2, "0.001".to_owned())
    );
    assert_eq!(
        file.rows.iter().map(|row| row.terms.amount.fen()).collect::<Vec<_>>(),
        [101, 200, 300]
    );
}

#[test]
fn an_error_counts_the_other_bad_rows_and_skipping_lists_them() {
    let path = tempfile::NamedTempFile::new().unwrap();
    let skip = Reading { skip_bad_rows: true, ..Reading::default() };
    let write = |text: &str| std::fs::write(path.path(), text).unwrap();
    write("x,2022-08-24,09:30,0,A,B\ny,2022-08-24,09:30,0,A,B\nz,2022-08-24,09:30,1,A,B\n");
    let error = CsvFile::read(path.path(), Reading::default()).unwrap_err().to_string();
    assert!(
        error.ends_with(", line 1: value: amount 0 is not positive; one more row is wrong"),
        "{error}"
    );
    let file = CsvFile::read(path.path(), skip).unwrap();
    assert_eq!((file.rows.len(), file.rejected.len(), file.hash.len()), (1, 2, 64));
    for empty in ["", "\n\n", "ID,date,time,value,from,to\n", "# nothing\n"] {
        write(empty);
        assert!(
            CsvFile::read(path.path(), skip).unwrap_err().to_string().ends_with("has no payments"),
            "{empty:?}"
        );
    }
}

#[test]
fn times_are_of_the_day_of_the_payment_unless_they_name_one() {
    let header = "ID,date,time,value,from,to,earliest,latest\n";
    let times = |fields: &str| {
        let file = parse(&format!("{header}1,2022-08-24,09:30,5,A,B,{fields}\n"));
        let times = file.rows.first().map(|row| row.terms.times);
        let text = |at: Option<clearing_domain::money::Timestamp>| {
            at.map(|at| at.to_string()[..16].to_owned()).unwrap_or_default()
        };
        match times {
            Some(times) => format!("{} {}", text(times.earliest), text(times.latest)),
            None => file.rejected[0].reason.clone(),
        }
    };
    for (fields, expected) in [
        (",", " "),
        ("10:00,11:00", "2022-08-24T10:00 2022-08-24T11:00"),
        ("2022-08-25T01:00:00Z,", "2022-08-25T09:00 "),
        (",2022-08-26 12:00", " 2022-08-26T12:00"),
        ("noon,", "earliest: time \"noon\" is not a time as in 09:30, 9:30 or 09:30:05.250"),
        ("11:00,10:00", "latest: \"10:00\" is before the earliest time"),
        (",09:29", "latest: \"09:29\" is before the payment is submitted"),
    ] {
        assert_eq!(times(fields), expected, "{fields}");
    }
}
