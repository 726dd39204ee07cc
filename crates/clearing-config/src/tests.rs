use std::collections::BTreeSet;

use clearing_domain::money::Amount;
use rust_decimal::Decimal;

use clearing_domain::central_bank::{OperatorOpening, Overdrafts};

mod modes;

use super::{CLUSTER_KEYS, ClusterConfig, ConfigError};

/// Values of every form that a key may want.
const SAMPLES: [&str; 12] = [
    "1",
    "30",
    "true",
    "\"1.00\"",
    "\"50000000000.00\"",
    "\"gross_fifo\"",
    "\"2022-08-25\"",
    "[\"24:00\"]",
    "{ ABC = \"1.00\" }",
    "{ urgent = \"1.00\" }",
    "\"ABC\"",
    "['HXB']",
];

/// A file that states one key, beside those that its table cannot be without.
fn stating(path: &str, value: &str) -> String {
    match path.split_once("[].") {
        None => format!("{path} = {value}"),
        Some((list, name)) => {
            let needed = if list == "cluster.changes" { "from" } else { "code" };
            let mut lines = vec![format!("[[{list}]]"), format!("{name} = {value}")];
            if name != needed {
                let it = if needed == "from" { "2022-08-25" } else { "ICBC" };
                lines.push(format!("{needed} = {it:?}"));
            }
            if list == "cluster.operators" && name != "code" {
                lines.push("[[cluster.operators]]\ncode = \"ABC\"".to_owned());
            }
            lines.join("\n")
        }
    }
}

#[test]
fn every_listed_key_can_be_stated() {
    for key in CLUSTER_KEYS.iter() {
        let quoted = format!("{:?}", key.default);
        let mut values = SAMPLES.into_iter().chain([key.default, quoted.as_str()]);
        let accepted =
            values.find(|value| ClusterConfig::from_file_text(&stating(key.path, value)).is_ok());
        assert!(accepted.is_some(), "no value serves {}", key.path);
    }
    let paths: BTreeSet<_> = CLUSTER_KEYS.iter().map(|key| key.path).collect();
    assert_eq!(CLUSTER_KEYS.len(), paths.len(), "a key is declared twice");
}

#[test]
fn the_listed_defaults_are_the_defaults() {
    let mut text = "[cluster]\n".to_owned();
    for key in CLUSTER_KEYS
        .iter()
        .filter(|key| !key.path.contains("[]") && !key.default.starts_with("from"))
    {
        let name = key.path.trim_start_matches("cluster.");
        let number = key.default.parse::<i64>().is_ok() && name != "limits";
        let is_list = key.default.starts_with(['[', '{']);
        let bare = number || is_list || key.default.parse::<bool>().is_ok();
        text += &if bare {
            format!("{name} = {}\n", key.default)
        } else {
            format!("{name} = {:?}\n", key.default)
        };
    }
    assert_eq!(ClusterConfig::from_file_text(&text), Ok(ClusterConfig::default()));
    assert_eq!(ClusterConfig::from_file_text(""), Ok(ClusterConfig::default()));
}

/// The two whole numbers of a listed range.
fn ends(range: &str) -> Option<[i64; 2]> {
    let (least, most) = range.split(',').next()?.split_once(" to ")?;
    Some([least.parse().ok()?, most.parse().ok()?])
}

#[test]
fn a_listed_range_has_both_of_its_ends_and_nothing_beyond_them() {
    let mut checked = 0;
    for key in CLUSTER_KEYS.iter().filter(|key| !key.path.contains("[]")) {
        let (path, Some([least, most])) = (key.path, ends(key.range)) else { continue };
        let read = |value: i64| ClusterConfig::from_file_text(&stating(path, &value.to_string()));
        for end in [least, most] {
            assert!(read(end).is_ok(), "{path} may not be {end}: {:?}", read(end));
        }
        for beyond in [least - 1, most + 1] {
            let Err(error) = read(beyond) else { panic!("{path} may be {beyond}") };
            let error = error.to_string();
            assert!(error.starts_with(&format!("{path}: ")), "{error}");
            let between = format!("{path}: {beyond} is not between {least} and {most}");
            checked += usize::from(error == between);
        }
    }
    // Two for each of 18 numbers, of which two begin at 0: their types refuse what is below.
    assert_eq!(checked, 34, "ends of ranges");
}

#[test]
fn the_resolved_form_reads_back() {
    for config in [ClusterConfig::default(), ClusterConfig::default().with_operators(12).unwrap()] {
        assert_eq!(ClusterConfig::from_file_text(&config.to_toml()), Ok(config));
    }
}

#[test]
fn beyond_the_roster_operators_are_numbered() {
    let config = ClusterConfig::default().with_operators(50).unwrap();
    assert_eq!(config.operators.len(), 50);
    assert_eq!(
        (config.operators[10].code.as_str(), config.operators[10].prefix.get()),
        ("OP11", 12)
    );
    assert_eq!(ClusterConfig::from_file_text("[cluster]\noperator_count = 50"), Ok(config.clone()));
    assert_eq!(
        config.with_operators(3).unwrap(),
        ClusterConfig::default().with_operators(3).unwrap()
    );
    assert!(ClusterConfig::default().with_operators(0).is_err());
    assert!(ClusterConfig::default().with_operators(51).is_err());
}

#[test]
fn operators_take_what_they_do_not_state_from_the_roster_and_the_cluster() {
    let text = "
        [cluster]
        reserves = 1000
        stock = 10.5
        cap = \"unlimited\"
        [[cluster.operators]]
        code = \"CCB\"
        [[cluster.operators]]
        code = \"A\"
        prefix = 101
        cap = 100
    ";
    let config = ClusterConfig::from_file_text(text).unwrap();
    let [ccb, a] = &config.operators[..] else { panic!("{:?}", config.operators) };
    assert_eq!(
        (ccb.prefix.get(), ccb.weight, ccb.name.as_str()),
        (5, 26, "China Construction Bank")
    );
    assert_eq!((ccb.cap, ccb.stock.fen(), ccb.reserves.fen()), (None, 1050, 100_000));
    assert_eq!((a.name.as_str(), a.weight, a.cap), ("A", 1, Amount::from_fen(10_000).ok()));
    let settings = config.central_bank_settings();
    assert_eq!(
        settings.operators.iter().map(|operator| operator.code.as_str()).collect::<Vec<_>>(),
        ["A", "CCB"]
    );
    assert_eq!(config.operator_settings(a.code).unwrap().prefix, a.prefix);
    assert!(matches!(
        config.operator_settings("ABC".parse().unwrap()),
        Err(ConfigError::OperatorUnknown(_))
    ));
}

#[test]
fn the_identity_holds_what_a_ledger_cannot_change() {
    let wall = ClusterConfig::default().with_operators(2).unwrap();
    assert_eq!(
        wall.ledger_identity(),
        "regime cash; clock wall; limits 2021; operators ABC:003 ICBC:002; haircut 0; credit"
    );
    let lockstep = wall.clone().in_lockstep().unwrap();
    assert_ne!(lockstep.ledger_identity(), wall.ledger_identity());
    assert_eq!((wall.expiry_ms(), lockstep.expiry_ms()), (30_000, 120_000));
}

#[track_caller]
fn refuses(text: &str, expected: &str) {
    let found = ClusterConfig::from_file_text(text).map(|_| ()).unwrap_err().to_string();
    assert_eq!(found, expected);
}

#[test]
fn typing_errors_are_found_and_answered_with_a_suggestion() {
    refuses(
        "[cluster]\nregmie = 'cash'",
        "unknown key cluster.regmie; did you mean cluster.regime?",
    );
    refuses("[cluster]\nzebra = 1", "unknown key cluster.zebra");
    refuses("[clutser]\nregime = 'cash'", "unknown key clutser; did you mean cluster?");
    refuses(
        "[[cluster.operators]]\ncode = 'A'\nprefx = 1",
        "unknown key cluster.operators[].prefx; did you mean cluster.operators[].prefix?",
    );
    refuses(
        "[cluster]\nregime = ",
        "line 2: string values must be quoted, expected literal string",
    );
}

#[test]
fn values_out_of_range_are_named() {
    refuses("[cluster]\nregime = 'gold'", "cluster.regime: \"gold\" is none of cash, deposit");
    refuses("[cluster]\nlimits = '2019'", "cluster.limits: \"2019\" is none of 2021, 2020-pilot");
    refuses(
        "[cluster]\nreserves = '1.005'",
        "cluster.reserves: amount 1.005 has more than two decimals",
    );
    refuses(
        "[cluster]\nstart = '2022-02-30'",
        "cluster.start: \"2022-02-30\" is not a date from 1971 to 9999 as in 2022-08-24",
    );
    refuses("[cluster]\ntick_seconds = 7", "cluster.tick_seconds: 7 does not divide a day");
    refuses(
        "[cluster]\ntick_seconds = -7",
        "cluster.tick_seconds: invalid value: integer `-7`, expected u32",
    );
    refuses(
        "[cluster]\nqueue_capacity = 0",
        "cluster.queue_capacity: 0 is not between 1 and 1048576",
    );
    let more = "51 are more than the 50 that run as processes; up to 500 run in one process, with --in-process";
    refuses("[cluster]\noperator_count = 51", &format!("cluster.operators: {more}"));
    refuses("[cluster]\noperator_count = 501", "cluster.operators: 501 is not between 1 and 500");
    refuses(
        "[cluster]\ncycles_per_day = 7",
        "cluster.cycles_per_day: 7 does not divide the 1440 minutes of a day",
    );
    refuses("[cluster]\ncut_offs = ['12:00']", "cluster.cut_offs: must end with 24:00");
    refuses(
        "[cluster]\ncut_offs = ['13:00', '12:00', '24:00']",
        "cluster.cut_offs: must be in ascending order",
    );
    refuses(
        "[cluster]\nclock = 'lockstep'\ntick_seconds = 3600\ncut_offs = ['12:30', '24:00']",
        "cluster.cut_offs: must be at the end of a tick",
    );
    refuses(
        "[cluster]\ncycles_per_day = 4\ncut_offs = ['24:00']",
        "cluster.cut_offs: stands beside cycles_per_day; keep one of the two",
    );
}

#[test]
fn a_roster_that_contradicts_itself_is_refused() {
    let operator = |code: &str, prefix: u16| {
        format!("[[cluster.operators]]\ncode = '{code}'\nprefix = {prefix}\n")
    };
    refuses(&(operator("A", 1) + &operator("A", 2)), "cluster.operators: code A is there twice");
    refuses(
        &(operator("A", 1) + &operator("B", 1)),
        "cluster.operators: prefix 001 is there twice",
    );
    let identified = |first: &str, second: &str| {
        format!(
            "[[cluster.operators]]\ncode = 'A'\nprefix = 101\nidentifier = '{first}'\n\
             [[cluster.operators]]\ncode = 'B'\nprefix = 102\nidentifier = '{second}'\n"
        )
    };
    refuses(
        &identified("BANK X", "BANK X"),
        "cluster.operators.A.identifier: \"BANK X\" means B as well",
    );
    refuses(&identified("B", "BANK X"), "cluster.operators.A.identifier: \"B\" means B as well");
    refuses(&identified("", "BANK X"), "cluster.operators.A.identifier: \"\" is empty");
    refuses(
        &operator("A", 1000),
        "cluster.operators.prefix: \"1000\" is not a prefix from 001 to 999",
    );
    refuses("cluster.operators = []", "cluster.operators: 0 is not between 1 and 500");
    refuses(
        "[[cluster.operators]]\ncode = 'A'",
        "cluster.operators.A.prefix: is missing, and the code is not in the roster",
    );
    refuses(
        &(operator("A", 1) + "reserves = 1\nstock = 2"),
        "cluster.operators.A.stock: 2.00 is more than the reserves of 1.00",
    );
}

#[test]
fn limits_are_the_operators_own_else_the_clusters() {
    let text = "
        [cluster]
        bilateral_limit = 100
        receiver_cap = '500.50'
        [[cluster.operators]]
        code = 'ICBC'
        bilateral_limits = { ABC = 'unlimited', CCB = 7.5 }
        [[cluster.operators]]
        code = 'ABC'
        receiver_cap = 'unlimited'
        [[cluster.operators]]
        code = 'CCB'
    ";
    let config = ClusterConfig::from_file_text(text).unwrap();
    assert_eq!(ClusterConfig::from_file_text(&config.to_toml()), Ok(config.clone()));
    let limits = |operator: &OperatorOpening| {
        let limits =
            operator.bilateral_limits.iter().map(|(code, limit)| format!("{code} {limit}"));
        (limits.collect::<Vec<_>>().join(", "), operator.receiver_cap.map(Amount::fen))
    };
    let found: Vec<_> = config.central_bank_settings().operators.iter().map(limits).collect();
    let expected = [
        ("ICBC 100.00, CCB 100.00", None),
        ("ICBC 100.00, ABC 100.00", Some(50_050)),
        ("CCB 7.50", Some(50_050)),
    ];
    assert_eq!(found, expected.map(|(limits, cap)| (limits.to_owned(), cap)));
    let operator = |limits: &str| {
        format!("[[cluster.operators]]\ncode = 'ICBC'\nbilateral_limits = {{ {limits} }}")
    };
    refuses(
        &operator("XYZ = 1"),
        "cluster.operators.ICBC.bilateral_limits: XYZ is not in the roster",
    );
    refuses(
        &operator("ICBC = 1"),
        "cluster.operators.ICBC.bilateral_limits: ICBC cannot have a limit on itself",
    );
}

#[test]
fn wallets_earn_interest_in_the_deposit_regime() {
    let settings = |text: &str| {
        let config = ClusterConfig::from_file_text(&format!("[cluster]\n{text}")).unwrap();
        assert_eq!(ClusterConfig::from_file_text(&config.to_toml()), Ok(config.clone()));
        config.operator_settings(config.operators[0].code).unwrap().interest.millionths()
    };
    assert_eq!(settings("regime = 'deposit'"), 500);
    assert_eq!(settings("regime = 'deposit'\ninterest_rate = 0.35"), 3_500);
    assert_eq!(settings("interest_rate = 0.35"), 0, "cash earns nothing");
    for rate in ["100.0001", "0.00001"] {
        refuses(
            &format!("[cluster]\ninterest_rate = '{rate}'"),
            &format!(
                "cluster.interest_rate: {rate} is not a rate from 0 to 100 with at most 4 decimals"
            ),
        );
    }
}

#[test]
fn money_can_come_in_for_less_time_than_a_cycle_takes() {
    let config = ClusterConfig::from_file_text(
        "[cluster]\nfunding_minutes = 30\ncredit_price = '0.125'\noverdraft_rate = 7.5",
    )
    .unwrap();
    assert_eq!(config.overdraft_rate, Decimal::new(75, 1));
    assert_eq!(ClusterConfig::from_file_text(&config.to_toml()), Ok(config.clone()));
    assert_eq!(
        (config.central_bank_settings().funding_window_ms, config.credit_price),
        (1_800_000, Decimal::new(125, 3))
    );
    let long = "cluster.funding_minutes: 360 is not shorter than the shortest cycle";
    refuses("[cluster]\nfunding_minutes = 360", long);
    let ticks = "[cluster]\nclock = 'lockstep'\ntick_seconds = 3600\nfunding_minutes = 90";
    refuses(ticks, "cluster.funding_minutes: 90 must be a whole number of ticks");
    let refused = ClusterConfig::from_file_text("[cluster]\noverdrafts = 'refused'").unwrap();
    assert_eq!(refused.central_bank_settings().overdrafts, Overdrafts::Refused);
    assert_eq!(ClusterConfig::from_file_text(&refused.to_toml()), Ok(refused.clone()));
    let rate = "cluster.overdraft_rate: 7 is the rate of nothing: cluster.overdrafts refuses them";
    refuses("[cluster]\noverdrafts = 'refused'\noverdraft_rate = 7", rate);
    refuses(
        "[cluster]\noverdrafts = 'no'",
        "cluster.overdrafts: \"no\" is none of allowed, refused",
    );
    refuses(
        "[cluster]\ncredit_price = -1",
        "cluster.credit_price: \"-1\" is not a price from 0 to 1000000",
    );
}

#[test]
fn other_banks_take_part_through_one_operator() {
    let operators = |abc: &str, ccb: &str| {
        format!(
            "[[cluster.operators]]\ncode = 'ABC'\nindirect = [{abc}]\n\
             [[cluster.operators]]\ncode = 'CCB'\nindirect = [{ccb}]"
        )
    };
    let text = operators("'HXB', 'CEB'", "'CMBC'") + "\nindirect_permille = 250";
    let config = ClusterConfig::from_file_text(&text).unwrap();
    assert_eq!(ClusterConfig::from_file_text(&config.to_toml()), Ok(config.clone()));
    let found = |code: &str| config.indirect(code.parse().unwrap()).len();
    assert_eq!(["ABC", "CCB", "HXB"].map(found), [2, 1, 0]);
    assert_eq!(config.operators[1].indirect_permille, 250);
    let at = "cluster.operators.CCB.indirect";
    let many: Vec<_> = (0..101).map(|number| format!("'B{number}'")).collect();
    for (abc, ccb, expected) in [
        ("", "'a b'".to_owned(), "\"a b\" is not 1 to 8 letters or digits"),
        ("", "'ABC'".to_owned(), "ABC is an operator itself"),
        ("'HXB'", "'HXB'".to_owned(), "HXB takes part through ABC already"),
        ("", "'HXB', 'HXB'".to_owned(), "HXB takes part through CCB already"),
        ("", many.join(", "), "101 are more than the 100 of an operator"),
    ] {
        refuses(&operators(abc, &ccb), &format!("{at}: {expected}"));
    }
    refuses(
        &(operators("'HXB'", "") + "\nindirect_permille = 1"),
        "cluster.operators.CCB.indirect_permille: 1 is not between 0 and 0",
    );
}
