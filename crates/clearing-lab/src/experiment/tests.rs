use std::collections::BTreeSet;

use clearing_domain::Regime;
use clearing_domain::money::{Amount, OperatorCode};
use toml::{Table, Value};

use crate::payment_list::Reading;

use super::script::TAXES;
use super::{
    EXPERIMENT_KEYS, Experiment, FaultTarget, Override, Replay, ReplayConfig, RunInfo,
    WorkloadConfig,
};

const GOLDEN: &str = include_str!("../../../../experiments/golden-net.toml");
const PILOT: &str = include_str!("../../../../experiments/pilot-2022.toml");

fn read(text: &str) -> Experiment {
    Experiment::from_text(text, &[], None).unwrap()
}

fn set(text: &str, sets: &[&str]) -> Result<Experiment, String> {
    let sets: Vec<Override> = sets.iter().map(|set| set.parse().unwrap()).collect();
    Experiment::from_text(text, &sets, None).map_err(|error| error.to_string())
}

#[test]
fn the_shipped_experiments_are_what_they_say() {
    let pilot = read(PILOT);
    assert_eq!(
        (pilot.name.as_str(), pilot.days, pilot.cluster.operators.len()),
        ("pilot-2022", 1, 10)
    );
    assert_eq!((pilot.cluster.cut_offs.len(), pilot.cluster.regime), (4, Regime::Cash));
    let WorkloadConfig::Generated(workload) = &pilot.workload else {
        panic!("{:?}", pilot.workload)
    };
    assert_eq!((workload.wallets, workload.payments_per_day), (200_000, 1_000_000));
    let golden = read(GOLDEN);
    let codes: Vec<_> =
        golden.cluster.operators.iter().map(|operator| operator.code.as_str()).collect();
    assert_eq!((codes, golden.cluster.regime), (vec!["A", "B", "C", "D"], Regime::Deposit));
    let WorkloadConfig::Listed(list) = &golden.workload else { panic!("{:?}", golden.workload) };
    assert_eq!(list.payments.len(), 6);
}

#[test]
fn the_resolved_form_gives_the_same_experiment_again() {
    let run = RunInfo::here("0.1.0", Some("abcdef"), "in-process");
    for text in [GOLDEN, PILOT] {
        let experiment = read(text);
        let again = read(&experiment.to_toml(Some(&run)));
        assert_eq!(again, experiment);
        assert_eq!(again.run_id(), experiment.run_id());
    }
    assert_ne!(
        Experiment::from_text(GOLDEN, &[], Some(9)).unwrap().run_id(),
        read(GOLDEN).run_id()
    );
}

#[test]
fn a_random_flow_has_its_described_defaults_and_stands_alone() {
    let text = "name = \"flow\"\n[workload.random_flow]\n";
    let stated = format!("{text}payments_per_pair = 100\nvalue_mean = \"1000.00\"");
    assert_eq!(read(text), read(&stated));
    assert_eq!(read(&read(text).to_toml(None)), read(text));
    let error = set(GOLDEN, &["workload.random_flow.payments_per_pair=5"]).unwrap_err();
    assert_eq!(error, "workload.random_flow: stands beside listed payments");
}

#[test]
fn values_are_set_by_the_path_of_their_key() {
    let experiment =
        set(PILOT, &["days=3", "cluster.regime=deposit", "workload.flows.transit.share=0.5"])
            .unwrap();
    assert_eq!((experiment.days, experiment.cluster.regime), (3, Regime::Deposit));
    let WorkloadConfig::Generated(workload) = experiment.workload else { panic!() };
    assert!((workload.flows[1].share - 0.5).abs() < f64::EPSILON);

    let capped = set(PILOT, &["cluster.cap=7", "cluster.operators.CCB.cap=1.50"]).unwrap();
    let cap = |place: usize| capped.cluster.operators[place].cap.map(Amount::fen);
    assert_eq!((cap(0), cap(3), capped.cluster.operators.len()), (Some(700), Some(150), 10));
    let listed =
        set(GOLDEN, &["cluster.operators.A.reserves=0", "workload.payments.2.value=5"]).unwrap();
    assert_eq!(listed.cluster.operators[0].reserves, Amount::ZERO);
}

#[test]
fn what_cannot_be_set_is_named() {
    let refuses =
        |sets: &str, expected: &str| assert_eq!(set(PILOT, &[sets]).unwrap_err(), expected);
    refuses("cluster.regmie=cash", "unknown key cluster.regmie; did you mean cluster.regime?");
    refuses("wrkload.wallets=1", "unknown key wrkload; did you mean workload?");
    refuses(
        "workload.flows.consumr.mu=1",
        "unknown key workload.flows.consumr; did you mean workload.flows.consumer?",
    );
    refuses(
        "cluster.operators.XYZ.cap=1",
        "cluster.operators.XYZ.cap: there is nothing called XYZ",
    );
    refuses("workload.on_us_bias=1.5", "workload.on_us_bias: 1.5 is not between 0 and 1");
    refuses(
        "workload.wallets=many",
        "workload.wallets: invalid type: string \"many\", expected u64",
    );
    refuses("name=a/b", "name: \"a/b\" is not 1 to 64 letters, digits, - and _");
    refuses("days=0", "days: 0 is not between 1 and 3660");
    refuses("cluster.tick_seconds=86400", "cluster.cut_offs: must be at the end of a tick");
    assert!("days".parse::<Override>().is_err());
    assert!("a..b=1".parse::<Override>().is_err());
}

#[test]
fn a_listed_payment_that_cannot_be_is_named() {
    let refuses =
        |sets: &str, expected: &str| assert_eq!(set(GOLDEN, &[sets]).unwrap_err(), expected);
    refuses("workload.payments.1.to=A", "workload.payments.1: to: payer and payee are the same: A");
    refuses(
        "workload.payments.2.date=2022-08-25x",
        "workload.payments.2: date \"2022-08-25x\" is not a day as in 2022-08-24",
    );
    refuses(
        "workload.payments.2.date=2022-08-23",
        "payment 2 at 2022-08-23T09:01:00.000+08:00 is outside the days of the run",
    );
    refuses(
        "workload.payments.3.value=0",
        "workload.payments.3: value: amount 0.00 is not positive",
    );
}

#[test]
fn the_listed_keys_are_those_of_the_tables_that_a_cluster_passes_over() {
    let paths: BTreeSet<_> = EXPERIMENT_KEYS.iter().map(|key| key.path).collect();
    assert_eq!(EXPERIMENT_KEYS.len(), paths.len(), "a key is declared twice");
    let mut names: BTreeSet<_> =
        paths.iter().map(|path| path.split(['.', '[']).next().unwrap_or_default()).collect();
    names.insert("cluster");
    assert_eq!(names, clearing_config::EXPERIMENT_KEYS.iter().copied().collect());
}

/// Where a default is listed in words.
const IN_WORDS: [&str; 6] = [
    "workload.flows.bill.hours",
    "workload.flows.consumer.hours",
    "workload.flows.corporate.hours",
    "workload.flows.payroll.hours",
    "workload.flows.person.hours",
    "workload.flows.transit.hours",
];

#[test]
fn the_listed_defaults_are_the_defaults() {
    let of = |text: &str| read(text).to_toml(None).parse::<Table>().unwrap();
    let documents = [of("name = \"x\""), of("name = \"x\"\n[workload.random_flow]")];
    let mut checked = 0;
    let is_drawn = |path: &str| path.starts_with("workload.") && !path.contains("[]");
    for key in EXPERIMENT_KEYS.iter().filter(|key| is_drawn(key.path)) {
        let document = documents[usize::from(key.path.contains("random_flow"))].clone();
        let mut names = key.path.split('.');
        let found = names.try_fold(Value::Table(document), |value, name| value.get(name).cloned());
        let Some(value) = found else { continue };
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // Floats of files have a point; what is listed of them need not.
        let is_listed = [shown.as_str(), shown.trim_end_matches(".0")].contains(&key.default);
        assert!(is_listed || IN_WORDS.contains(&key.path), "{} is {shown}", key.path);
        checked += 1;
    }
    assert_eq!(checked, 14 + 6 * 4 + 2);
}

/// A key with a whole number, and the path that an error about it names.
fn stating(key: &str, number: i64) -> (String, String) {
    match key.split_once("[].") {
        // The second of each list of a script has every number of its kind.
        Some(("campaign", name)) => {
            (format!("campaign.1.{name}"), format!("campaign.1.{name}={number}"))
        }
        Some(("contract", name)) => {
            (format!("contract.1.{name}"), format!("contract.1.{name}={number}"))
        }
        Some(("action", "lesson")) => {
            ("action.7.lesson".to_owned(), format!("action.7.lesson={number}"))
        }
        Some(("loan", name)) => (format!("loan.1.{name}"), format!("loan.1.{name}={number}")),
        Some(("wealth", name)) => (format!("wealth.1.{name}"), format!("wealth.1.{name}={number}")),
        Some(("card", name)) => (format!("card.1.{name}"), format!("card.1.{name}={number}")),
        Some(("action", name @ ("times" | "cheats"))) => {
            (format!("action.9.{name}"), format!("action.9.{name}={number}"))
        }
        Some(("action", "except")) => {
            ("action.6.except".to_owned(), format!("action.6.except={number}"))
        }
        Some(("series", "every")) => {
            ("series.3.every".to_owned(), format!("series.3.every={number}"))
        }
        Some(("include", name)) => {
            let file = "file='scenarios/s14-customs-duty.toml',set={'cluster.start'='2022-08-24'}";
            (format!("include.1.{name}"), format!("include=[{{{file},{name}={number}}}]"))
        }
        Some(("part", name)) => {
            let others = "name='p',days=[1,1],title='',statement='',place='',date=''";
            (format!("part.1.{name}"), format!("part=[{{{others},{name}={number}}}]"))
        }
        Some((list @ "workload.regions", name)) => (
            format!("{list}.2.{name}"),
            format!("{list}=[{{name='Suzhou'}},{{name='Xiamen',{name}={number}}}]"),
        ),
        Some(("treasury", name)) => (
            format!("treasury.1.{name}"),
            format!("treasury=[{{operator='*',policy='silence',{name}={number}}}]"),
        ),
        Some((list, name)) if list != "fault" => {
            (format!("{list}.2.{name}"), format!("{list}.2.{name}={number}"))
        }
        Some((list, name)) => (
            format!("{list}.1.{name}"),
            format!("{list}=[{{kind='slow',operator='ABC',at='10:00',{name}={number}}}]"),
        ),
        None if key.ends_with("class_shares") => {
            (key.to_owned(), format!("{key}=[0,0,0,{number}]"))
        }
        None => (key.to_owned(), format!("{key}={number}")),
    }
}

#[test]
fn a_listed_range_has_both_of_its_ends_and_nothing_beyond_them() {
    let mut checked = 0;
    for key in EXPERIMENT_KEYS.iter().filter(|key| !key.path.contains("payments[]")) {
        let range = key.range.split(',').next().and_then(|range| range.split_once(" to "));
        let numbers = |(least, most): (&str, &str)| {
            Some([least.parse::<i64>().ok()?, most.parse::<i64>().ok()?])
        };
        let Some([least, most]) = range.and_then(numbers) else { continue };
        let is_of_script = |table: &str| key.path.starts_with(table);
        let base = match key.path {
            _ if [
                "scenario.",
                "wallet[]",
                "series[]",
                "campaign[]",
                "contract[]",
                "loan[]",
                "wealth[]",
                "card[]",
                "action[]",
            ]
            .into_iter()
            .any(is_of_script) =>
            {
                TAXES
            }
            _ if key.path.contains("random_flow") => "name = 'x'",
            _ if is_of_script("treasury[]") => "name = 'x'\n[cluster]\nsettlement = 'gross-queue'",
            _ => PILOT,
        };
        for end in [least, most] {
            let stated = stating(key.path, end).1;
            // So many instalments need a principal of their size.
            let large = key.path.starts_with("loan[]").then_some("loan.1.principal=100000.00");
            let sets: Vec<_> = large.into_iter().chain([stated.as_str()]).collect();
            assert_eq!(set(base, &sets).err(), None, "{stated}");
        }
        // No number of a file is beyond the largest one.
        for beyond in [least.checked_sub(1), most.checked_add(1)].into_iter().flatten() {
            let (path, stated) = stating(key.path, beyond);
            let error = set(base, &[&stated]).unwrap_err();
            // What is below 0 may be refused by the type.
            let of_type = format!("{path}: invalid value: integer `-1`, expected ");
            let between = format!("{path}: {beyond} is not between {least} and {most}");
            assert!(error == between || error.starts_with(&of_type), "{error} for {stated}");
            checked += 1;
        }
    }
    assert_eq!(
        checked,
        2 * (1 + 10 + 6 * 3 + 1 + 1 + 9 + 3 + 4 + 3 + 4 + 2 + 1) + 1,
        "ends of ranges"
    );
}

#[test]
fn a_file_of_payments_brings_its_own_roster_days_and_money() {
    let file = tempfile::Builder::new().prefix("large value").suffix(".csv").tempfile().unwrap();
    let rows = "ID,date,time,value,from,to\n1,2022-01-03,09:30,200000000000,ICBC,Q1\n2,2022-01-04,10:00,5,Q1,Q2\n";
    std::fs::write(file.path(), rows).unwrap();
    let replay = Replay::read(file.path(), ReplayConfig::default(), 1, Reading::default()).unwrap();
    let experiment = &replay.experiment;
    let roster: Vec<_> = experiment
        .cluster
        .operators
        .iter()
        .map(|operator| (operator.code, operator.prefix.get()))
        .collect();
    let code = |text: &str| text.parse::<OperatorCode>().unwrap();
    assert_eq!(roster, [(code("ICBC"), 2), (code("Q1"), 101), (code("Q2"), 102)]);
    assert_eq!(
        (experiment.days, experiment.cluster.lockstep.start.date().to_string().as_str()),
        (2, "2022-01-03")
    );
    assert_eq!(experiment.cluster.operators[0].stock.to_string(), "200000000000.00");
    let again = read(&experiment.to_toml(None));
    assert_eq!(again, *experiment);
    std::fs::write(file.path(), rows.replace(",5,", ",6,")).unwrap();
    let error =
        Experiment::from_text(&experiment.to_toml(None), &[], None).unwrap_err().to_string();
    assert!(error.contains("but the configuration expects"), "{error}");
}

/// A replay of two days, or why there is none.
fn replay_with(config: &str) -> Result<Experiment, String> {
    let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    let rows = "ID,date,time,value,from,to\n1,2022-01-03,09:30,8,ICBC,Q1\n2,2022-01-04,10:30,5,Q1,ICBC\n\
                3,2022-01-04,12:30,3,ICBC,Q1\n";
    std::fs::write(file.path(), rows).unwrap();
    let config = ReplayConfig::from_file_text(config).map_err(|error| error.to_string())?;
    let replay = Replay::read(file.path(), config, 1, Reading::default())
        .map_err(|error| error.to_string())?;
    assert_eq!(read(&replay.experiment.to_toml(None)), replay.experiment);
    Ok(replay.experiment)
}

#[test]
fn the_faults_of_a_configuration_take_part_in_a_replay() {
    let outage =
        "[[fault]]\nkind = \"outage\"\noperator = \"Q1\"\nat = \"2 10:00\"\nuntil = \"2 12:00\"\n";
    let experiment = replay_with(&format!("[cluster]\ncycles_per_day = 2\n{outage}")).unwrap();
    let [fault] = &experiment.faults[..] else { panic!("{:?}", experiment.faults) };
    assert_eq!(fault.target, FaultTarget::Operator("Q1".parse().unwrap()));
    assert_eq!(fault.at.to_string(), "2022-01-04T10:00:00.000+08:00");
    let ledgers = crate::engine::run(&experiment).unwrap();
    assert_eq!((ledgers.faults[0].withheld, ledgers.faults[0].withheld_value.fen()), (1, 500));
    let payments = ledgers.operators.iter().map(|operator| operator.payments().len());
    assert_eq!(payments.collect::<Vec<_>>(), [2, 0]);
}

#[test]
fn the_treasurers_of_a_configuration_take_part_in_a_replay() {
    let cluster = "[cluster]\nregime = \"deposit\"\nreserves = 100\nsettlement = \"gross-queue\"\n";
    let kept = |operator| {
        let rule = format!("operator = \"{operator}\"\npolicy = \"inflow\"\ntarget = 100\n");
        replay_with(&format!("{cluster}[[treasury]]\n{rule}"))
    };
    let ledgers = crate::engine::run(&kept("ICBC").unwrap()).unwrap();
    let held = ledgers.treasuries.iter().map(|record| (record.policy.as_str(), record.held));
    // The 8 of the first day stay held; the 3 go once the 5 have come.
    assert_eq!(held.collect::<Vec<_>>(), [("inflow", 1), ("", 0)]);
    let refused = kept("ABC").unwrap_err();
    assert_eq!(refused, "treasury.1.operator: \"ABC\" is not in the roster, and not \"*\"");
}

#[test]
fn a_fault_that_does_not_fit_a_replay_is_named_with_key_and_value() {
    let refused = |fault: &str| {
        replay_with(&format!("[[fault]]\n{}", fault.replace("; ", "\n"))).unwrap_err()
    };
    let not_in_roster =
        "is not in the roster, and none of largest-net-debtor, largest-sender, largest-shortfall";
    for (fault, expected) in [
        (
            "kind='outage'; operator='ABC'; at='10:00'",
            format!("fault.1.operator: \"ABC\" {not_in_roster}"),
        ),
        (
            "kind='outage'; operator='Q1'; at='3 00:00'",
            "fault.1.at: \"3 00:00\" is outside the days of the run, 1 to 2".to_owned(),
        ),
        (
            "kin='outage'; operator='Q1'; at='10:00'",
            "unknown key fault[].kin; did you mean fault[].kind?".to_owned(),
        ),
        (
            "kind='slow'; operator='Q1'; at='10:00'; delay_ticks='x'",
            "fault.1.delay_ticks: invalid type: string \"x\", expected u64".to_owned(),
        ),
    ] {
        assert_eq!(refused(fault), expected);
    }
}

#[test]
fn the_first_wrong_fault_of_a_file_is_named_by_a_run_and_by_a_replay() {
    let slow = |at: &str, ticks: u64| {
        format!("[[fault]]\nkind='slow'\noperator='BOC'\nat='{at}'\ndelay_ticks={ticks}\n")
    };
    let [right, late, far] = [slow("10:00", 5), slow("3 10:00", 5), slow("10:00", 1_000_001)];
    let both = slow("3 10:00", 1_000_001);
    let outside = "at: \"3 10:00\" is outside the days of the run, 1 to 2";
    let beyond = "delay_ticks: 1000001 is not between 1 and 1000000";
    let cluster =
        "[cluster]\noperators = [{code = 'BOC'}, {code = 'ICBC'}, {code = 'Q1', prefix = 101}]\n";
    for (faults, expected) in [
        ([&right, &late, &far], format!("fault.2.{outside}")),
        ([&right, &far, &late], format!("fault.2.{beyond}")),
        ([&both, &late, &far], format!("fault.1.{outside}")),
    ] {
        let text = cluster.to_owned() + &faults.map(String::as_str).concat();
        let run = format!("name = 'x'\ndays = 2\n{text}");
        let run = Experiment::from_text(&run, &[], None).unwrap_err().to_string();
        assert_eq!((run, replay_with(&text).unwrap_err()), (expected.clone(), expected));
    }
}

#[test]
fn a_listed_payment_keeps_its_moment_and_its_level_when_it_is_written_and_read_again() {
    let listed = |time: &str| {
        let payment = format!("{time}\nvalue = 5\nfrom = 'A'\nto = 'B'\npriority = 2");
        let roster = "operators = [{code = 'A', prefix = 101}, {code = 'B', prefix = 102, identifier = 'BANK B'}]";
        let text = format!(
            "name = 'x'\n[cluster]\nstart = '1988-09-11'\n{roster}\n[[workload.payments]]\n{payment}"
        );
        read(&text.replace("to = 'B'", "to = 'BANK B'"))
    };
    for time in [
        "time = '01:30'",
        "time = '01:30+08:00'",
        "date = '1988-09-11T01:30:00.000000250+08:00'",
        "date = '1988-09-11'\ntime = '9:30:00.0015'",
    ] {
        let experiment = listed(time);
        assert_eq!(read(&experiment.to_toml(None)), experiment, "{time}");
    }
    assert_ne!(listed("time = '01:30'"), listed("time = '01:30+08:00'"));
}
