use super::super::Experiment;

const QUEUE: &str = "name = \"x\"\n[cluster]\nregime = \"deposit\"\nsettlement = \"gross-queue\"\n";

fn read(text: &str) -> Result<Experiment, String> {
    Experiment::from_text(text, &[], None).map_err(|error| error.to_string())
}

fn with(rules: &[&str]) -> Result<Experiment, String> {
    let rule = |rule: &&str| format!("[[treasury]]\n{}\n", rule.replace("; ", "\n"));
    read(&(QUEUE.to_owned() + &rules.iter().map(rule).collect::<String>()))
}

#[test]
fn the_resolved_form_gives_the_same_rules_again() {
    let rules = [
        "operator = \"*\"; policy = \"release\"",
        "operator = \"CCB\"; policy = \"inflow\"; target = 12.5; until = \"16:30\"",
        "operator = \"ABC\"; policy = \"schedule\"; throughput = { \"10:00\" = 30, \"9:00\" = 0, \"16:00\" = 100 }",
        "operator = \"ABC\"; policy = \"opening\"; amount = \"1000\"",
        "operator = \"BOC\"; policy = \"opening\"; share = 0; of = \"bounds\"",
        "operator = \"ICBC\"; policy = \"opening\"; share = \"0.25\"; of = \"outflow\"",
        "operator = \"ICBC\"; policy = \"limits\"; share = 0.5",
        "operator = \"BOC\"; policy = \"limits\"; amount = 0",
        "operator = \"BOC\"; policy = \"silence\"; ticks = 30",
    ];
    let experiment = with(&rules).unwrap();
    assert_eq!(experiment.treasuries.len(), rules.len());
    assert_eq!(read(&experiment.to_toml(None)).unwrap(), experiment);
    let outside = with(&["operator = \"CCB\"; policy = \"outside\""]).unwrap();
    assert_eq!(read(&outside.to_toml(None)).unwrap(), outside);
}

#[test]
fn what_is_wrong_is_named_with_key_and_value() {
    for (rule, expected) in [
        ("policy = \"release\"", "operator: is missing"),
        (
            "operator = \"XYZ\"; policy = \"release\"",
            "operator: \"XYZ\" is not in the roster, and not \"*\"",
        ),
        ("operator = \"*\"", "policy: is missing"),
        (
            "operator = \"*\"; policy = \"hold\"",
            "policy: \"hold\" is not release, inflow, schedule, opening, limits, silence or outside",
        ),
        (
            "operator = \"*\"; policy = \"release\"; target = 5",
            "target: 5 stands beside policy = \"release\", which does not have it",
        ),
        (
            "operator = \"*\"; policy = \"inflow\"; until = \"noon\"",
            "until: \"noon\" is not a time of day as in 15:30",
        ),
        ("operator = \"*\"; policy = \"schedule\"", "throughput: is missing"),
        (
            "operator = \"*\"; policy = \"schedule\"; throughput = { \"10:00\" = 101 }",
            "throughput: 101 is not a percentage from 0 to 100",
        ),
        (
            "operator = \"*\"; policy = \"schedule\"; throughput = { \"10:00\" = 50, \"11:00\" = 40 }",
            "throughput: 40 by 11:00 is less than before",
        ),
        ("operator = \"*\"; policy = \"opening\"", "amount: is missing, and so is share"),
        ("operator = \"*\"; policy = \"opening\"; share = 0.5", "of: is missing"),
        (
            "operator = \"*\"; policy = \"opening\"; share = 1.5; of = \"bounds\"",
            "share: \"1.5\" is not a part from 0.000001 to 1, nor 0",
        ),
        (
            "operator = \"*\"; policy = \"opening\"; share = 0.5; of = \"all\"",
            "of: \"all\" is not bounds or outflow",
        ),
        (
            "operator = \"*\"; policy = \"limits\"; amount = 1; share = 1",
            "share: stands beside amount",
        ),
        ("operator = \"*\"; policy = \"silence\"", "ticks: is missing"),
    ] {
        assert_eq!(with(&[rule]).err(), Some(format!("treasury.1.{expected}")), "{rule}");
    }
}

#[test]
fn a_treasurer_needs_a_queue_and_nobody_beside_it() {
    let net = QUEUE.replace("gross-queue", "deferred-net");
    let rule = "[[treasury]]\noperator = \"*\"\npolicy = \"inflow\"\n";
    let needs = "treasury.1.policy: \"inflow\" needs cluster.settlement = \"gross-queue\" or \"hybrid\", not \"deferred-net\"";
    assert_eq!(read(&(net + rule)).err(), Some(needs.to_owned()));
    let changed = format!(
        "{QUEUE}[[cluster.changes]]\nfrom = \"2022-08-25\"\nsettlement = \"gross\"\n{rule}"
    );
    assert_eq!(read(&changed).err(), Some(needs.replace("deferred-net", "gross")));
    let cash = QUEUE.replace("deposit", "cash");
    let opening = "[[treasury]]\noperator = \"*\"\npolicy = \"opening\"\namount = 1\n";
    let refused = read(&(cash + opening)).unwrap_err();
    assert!(
        refused.starts_with("treasury.1.policy: \"opening\" needs cluster.regime"),
        "{refused}"
    );
    let both =
        ["operator = \"*\"; policy = \"outside\"", "operator = \"CCB\"; policy = \"inflow\""];
    let beside = "treasury.2.policy: \"inflow\" stands beside \"outside\" of the same operator, where only one may decide";
    assert_eq!(with(&both).err(), Some(beside.to_owned()));
}
