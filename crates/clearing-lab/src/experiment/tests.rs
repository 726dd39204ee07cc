use std::collections::BTreeSet;

use clearing_domain::Regime;
use clearing_domain::money::{Amount, OperatorCode};
use toml::{Table, Value};

use crate::payment_list::Reading;

use super::raw::{
    RawExperiment, RawFault, RawFlow, RawFlows, RawPayment, RawRandomFlow, RawRun, RawWorkload,
    Yuan,
};
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
fn the_table_of_keys_and_the_experiment_agree() {
    let mut found = BTreeSet::new();
    paths("", &Value::try_from(full()).unwrap(), &mut found);
    let described: BTreeSet<_> = EXPERIMENT_KEYS.iter().map(|key| key.path.to_owned()).collect();
    assert_eq!(found, described);
    let mut names: BTreeSet<_> =
        described.iter().map(|path| path.split(['.', '[']).next().unwrap_or_default()).collect();
    names.insert("cluster");
    assert_eq!(names, clearing_config::EXPERIMENT_KEYS.iter().copied().collect());
}

#[test]
fn the_described_defaults_are_the_defaults() {
    let mut table = Table::new();
    let of_the_mixture = |path: &str| {
        path.starts_with("workload.") && !path.contains("[]") && !path.contains("random")
    };
    for key in EXPERIMENT_KEYS.iter().filter(|key| of_the_mixture(key.path)) {
        let value = format!("value = {}", key.default)
            .parse::<Table>()
            .ok()
            .and_then(|mut table| table.remove("value"));
        if let Some(value) = value {
            Override { path: key.path.to_owned(), value }.apply(&mut table).unwrap();
        }
    }
    assert!(table["workload"].as_table().unwrap().len() > 12);
    table.insert("name".to_owned(), "x".into());
    assert_eq!(Experiment::from_table(table).unwrap(), read("name = \"x\""));
}

fn paths(prefix: &str, value: &Value, found: &mut BTreeSet<String>) {
    let join =
        |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    let tables = value.as_array().filter(|items| items.iter().all(Value::is_table));
    match (value.as_table().filter(|table| !table.is_empty()), tables) {
        (Some(table), _) => table.iter().for_each(|(name, value)| paths(&join(name), value, found)),
        (None, Some(tables)) => {
            tables.iter().for_each(|item| paths(&format!("{prefix}[]"), item, found))
        }
        (None, None) => {
            found.insert(prefix.to_owned());
        }
    }
}

/// An experiment in which no key is absent.
fn full() -> RawExperiment {
    let text = || Some(String::new());
    let flow = || {
        Some(RawFlow { share: Some(0.0), mu: Some(0.0), sigma: Some(0.0), hours: Some([0; 24]) })
    };
    RawExperiment {
        name: String::new(),
        description: String::new(),
        seed: Some(0),
        days: Some(0),
        workload: RawWorkload {
            wallets: Some(0),
            payments_per_day: Some(0),
            on_us_bias: Some(0.0),
            round_share: Some(0.0),
            funds: Some(0.0),
            merchant_share: Some(0.0),
            corporate_share: Some(0.0),
            government_share: Some(0.0),
            class_shares: Some([0.0; 4]),
            payroll_batch: Some(0),
            amount_max: Some(Yuan(Amount::ZERO)),
            over_limit: Some(super::OverLimit::Truncate),
            merchant_weights: Some([].into()),
            flows: Some(RawFlows {
                consumer: flow(),
                transit: flow(),
                person: flow(),
                bill: flow(),
                payroll: flow(),
                corporate: flow(),
            }),
            random_flow: Some(RawRandomFlow {
                payments_per_pair: Some(0.0),
                value_mean: Some(Yuan(Amount::ZERO)),
            }),
            payments: Some(vec![RawPayment {
                id: text(),
                date: text(),
                time: text(),
                priority: Some(Value::Integer(1)),
                value: Some(Yuan(Amount::ZERO)),
                payer: text(),
                payee: text(),
                ..RawPayment::default()
            }]),
            file: text(),
            file_hash: text(),
            file_round: Some(true),
            file_skip_bad_rows: Some(true),
        },
        faults: vec![RawFault {
            kind: text(),
            operator: text(),
            at: text(),
            until: text(),
            share: Some(Value::Integer(1)),
            delay_ticks: Some(0),
            amount: Some(Value::Integer(1)),
        }],
        run: Some(RawRun {
            version: text(),
            commit: text(),
            host: text(),
            engine: text(),
            id: text(),
        }),
    }
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
