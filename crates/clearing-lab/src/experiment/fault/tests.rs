use super::{FaultKind, FaultTarget, Share};
use crate::experiment::{Experiment, Override};
use clearing_domain::money::Position;

const TWO_DAYS: &str = "
    name = \"two-days\"
    days = 2
    [cluster]
    regime = \"deposit\"
    operator_count = 3
";

fn read(fault: &str, sets: &[&str]) -> Result<Experiment, String> {
    let sets: Vec<Override> = sets.iter().map(|set| set.parse().unwrap()).collect();
    let text = format!("{TWO_DAYS}\n[[fault]]\n{fault}");
    Experiment::from_text(&text, &sets, None).map_err(|error| error.to_string())
}

#[track_caller]
fn refuses(fault: &str, sets: &[&str], expected: &str) {
    assert_eq!(read(&fault.replace("; ", "\n"), sets).unwrap_err(), expected);
}

#[test]
fn a_fault_is_read_and_written_with_every_value() {
    let check = |fault: &str, expected: &str| {
        let experiment = read(&fault.replace("; ", "\n"), &[]).unwrap();
        let text = experiment.to_toml(None);
        let written = text.split("[[fault]]\n").nth(1).unwrap().split("\n\n").next().unwrap();
        assert_eq!(written.trim().replace('\n', "; ").replace('"', "'"), expected);
        assert_eq!(Experiment::from_text(&text, &[], None).unwrap(), experiment);
    };
    check(
        "kind='outage'; operator='ABC'; at='10:00'; until='2 14:30:05'",
        "at = '1 10:00'; kind = 'outage'; operator = 'ABC'; until = '2 14:30:05'",
    );
    check(
        "kind='cut'; operator='largest-sender'; at='2 00:00'; until='3 00:00'",
        "at = '2 00:00'; kind = 'cut'; operator = 'largest-sender'",
    );
    check(
        "kind='liquidity-loss'; operator='largest-net-debtor'; at='1 09:00:00.250'; share=0.5",
        "at = '1 09:00:00.250'; kind = 'liquidity-loss'; operator = 'largest-net-debtor'; share = '0.5'",
    );
    check(
        "kind='funding'; operator='BOC'; at='1 12:30'; amount=150.5",
        "amount = '150.50'; at = '1 12:30'; kind = 'funding'; operator = 'BOC'",
    );
    check(
        "kind='funding'; operator='largest-shortfall'; at='12:30'; amount='shortfall'",
        "amount = 'shortfall'; at = '1 12:30'; kind = 'funding'; operator = 'largest-shortfall'",
    );
    check(
        "kind='slow'; operator='BOC'; at='1 00:00'; delay_ticks=10",
        "at = '1 00:00'; delay_ticks = 10; kind = 'slow'; operator = 'BOC'",
    );
    check(
        "kind='crash'; operator='central-bank'; at='12:00'",
        "at = '1 12:00'; kind = 'crash'; operator = 'central-bank'",
    );
}

#[test]
fn what_a_fault_cannot_be_is_named_with_key_and_value() {
    refuses(
        "kind='outag'; operator='ABC'; at='10:00'",
        &[],
        "fault.1.kind: \"outag\" is not outage, cut, slow, liquidity-loss, funding, failure or crash",
    );
    refuses("operator='ABC'; at='10:00'", &[], "fault.1.kind: is missing");
    refuses("kind='outage'; at='10:00'", &[], "fault.1.operator: is missing");
    refuses("kind='outage'; operator='ABC'", &[], "fault.1.at: is missing");
    refuses(
        "kind='outage'; operator='CCB'; at='10:00'",
        &[],
        "fault.1.operator: \"CCB\" is not in the roster, and none of largest-net-debtor, largest-sender, largest-shortfall",
    );
    refuses(
        "kind='outage'; operator='central-bank'; at='10:00'",
        &[],
        "fault.1.operator: \"central-bank\" can only crash",
    );
    refuses(
        "kind='outage'; operator='largest-sender'; at='10:00'",
        &["cluster.settlement=gross"],
        "fault.1.operator: \"largest-sender\" needs positions, which only cluster.settlement = \"deferred-net\" has",
    );
    refuses(
        "kind='failure'; operator='ABC'; at='10:00'; until='11:00'",
        &[],
        "fault.1.until: \"11:00\" stands beside kind = \"failure\", which has no end",
    );
    refuses(
        "kind='outage'; operator='ABC'; at='10:00'; share=1",
        &[],
        "fault.1.share: 1 stands beside kind = \"outage\", which does not have it",
    );
    refuses(
        "kind='outage'; operator='ABC'; at='10:00'; delay_ticks=3",
        &[],
        "fault.1.delay_ticks: 3 stands beside kind = \"outage\", which does not have it",
    );
    refuses("kind='slow'; operator='ABC'; at='10:00'", &[], "fault.1.delay_ticks: is missing");
    refuses(
        "kind='slow'; operator='ABC'; at='10:00'; delay_ticks=0",
        &[],
        "fault.1.delay_ticks: 0 is not between 1 and 1000000",
    );
    refuses("kind='liquidity-loss'; operator='ABC'; at='10:00'", &[], "fault.1.share: is missing");
    for share in ["0", "1.1", "0.0000001", "-0.5", "half"] {
        let expected = format!("fault.1.share: {share:?} is not a part from 0.000001 to 1");
        refuses(
            &format!("kind='liquidity-loss'; operator='ABC'; at='10:00'; share='{share}'"),
            &[],
            &expected,
        );
    }
    refuses(
        "kind='liquidity-loss'; operator='ABC'; at='10:00'; share=0.5",
        &["cluster.regime=cash"],
        "fault.1.kind: \"liquidity-loss\" needs cluster.regime = \"deposit\": in the cash regime the settlement balance is \
         e-CNY, which leaves an operator only by a withdrawal",
    );
}

#[test]
fn what_a_funding_cannot_be_is_named_with_key_and_value() {
    refuses("kind='funding'; operator='ABC'; at='10:00'", &[], "fault.1.amount: is missing");
    for (amount, wrong) in [
        ("0", "amount 0 is not positive"),
        ("1.005", "amount 1.005 has more than two decimals"),
        ("'all'", "amount \"all\" is not a decimal number of yuan"),
    ] {
        let expected = format!("fault.1.amount: {wrong}, and not \"shortfall\"");
        refuses(
            &format!("kind='funding'; operator='ABC'; at='10:00'; amount={amount}"),
            &[],
            &expected,
        );
    }
    refuses(
        "kind='outage'; operator='ABC'; at='10:00'; amount=1",
        &[],
        "fault.1.amount: 1 stands beside kind = \"outage\", which does not have it",
    );
    refuses(
        "kind='funding'; operator='ABC'; at='10:00'; amount=1",
        &["cluster.regime=cash"],
        "fault.1.kind: \"funding\" needs cluster.regime = \"deposit\": in the cash regime what settles is e-CNY",
    );
}

#[test]
fn times_lie_within_the_run_and_the_end_in_a_later_tick_than_the_beginning() {
    let refuses = |at: &str, until: &str, expected: &str| {
        refuses(
            &format!("kind='outage'; operator='ABC'; at='{at}'; until='{until}'"),
            &[],
            expected,
        );
    };
    for at in ["25:00", "0 10:00", "x 10:00", "+1 10:00", "1 10", ""] {
        refuses(at, "2 10:00", &format!("fault.1.at: {at:?} is not a day and time as in 1 10:00"));
    }
    refuses("3 00:00", "4 00:00", "fault.1.at: \"3 00:00\" is outside the days of the run, 1 to 2");
    refuses(
        "1 10:00",
        "3 00:01",
        "fault.1.until: \"3 00:01\" is outside the days of the run, 1 to 2",
    );
    refuses(
        "1 10:00",
        "09:00",
        "fault.1.until: \"09:00\" is not in a later tick than at = \"1 10:00\"",
    );
    refuses(
        "1 10:00",
        "10:00:59",
        "fault.1.until: \"10:00:59\" is not in a later tick than at = \"1 10:00\"",
    );
    refuses("1 10:00", "10.30", "fault.1.until: \"10.30\" is not a day and time as in 1 10:00");
}

#[test]
fn an_unknown_key_and_a_wrong_type_are_named() {
    refuses(
        "kin='outage'; operator='ABC'; at='10:00'",
        &[],
        "unknown key fault[].kin; did you mean fault[].kind?",
    );
    refuses(
        "kind='slow'; operator='ABC'; at='10:00'; delay_ticks='x'",
        &[],
        "fault.1.delay_ticks: invalid type: string \"x\", expected u64",
    );
    let set: Override = "fault=3".parse().unwrap();
    let error = Experiment::from_text(TWO_DAYS, &[set], None).unwrap_err().to_string();
    assert_eq!(error, "fault: is a single value where a table is meant");
}

#[test]
fn a_fault_is_set_by_its_place() {
    let fault = "kind='outage'\noperator='ABC'\nat='10:00'";
    let experiment = read(fault, &["fault.1.kind=failure", "fault.1.operator=ICBC"]).unwrap();
    let fault = &experiment.faults[0];
    assert_eq!(
        (fault.kind, fault.target),
        (FaultKind::Failure, FaultTarget::Operator("ICBC".parse().unwrap()))
    );
}

#[test]
fn a_share_is_a_whole_number_of_fen() {
    let check = |share: &str, fen: i64, expected: i64| {
        let share: Share = share.parse().unwrap();
        assert_eq!(share.of(Position::from_fen(fen)).fen(), expected, "{share} of {fen}");
    };
    check("0.5", 101, 50);
    check("1", i64::MAX, i64::MAX);
    check("0.333333", 1_000_000, 333_333);
    check("0.5", -100, 0);
}
