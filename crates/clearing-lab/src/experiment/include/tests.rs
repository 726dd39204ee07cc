use std::collections::BTreeSet;

use clearing_domain::Lockstep;

use super::lists::{LISTS, List};
use crate::experiment::script::{ActionKind, ScenarioPart};
use crate::experiment::{EXPERIMENT_KEYS, Experiment, Script};
use crate::scenarios::SHIPPED;

fn read(text: &str) -> Result<Experiment, String> {
    Experiment::from_text(text, &[], None).map_err(|error| error.to_string())
}

/// An experiment of 800 days with some includes.
fn with(includes: &str) -> Result<Experiment, String> {
    let text = "name = 'all'\ndays = 800\nscale = 10\n[cluster]\nstart = '2020-10-01'\n\
                [workload]\nwallets = 100\npayments_per_day = 1\n";
    read(&format!("{text}{includes}"))
}

fn including(file: &str, more: &str) -> String {
    format!("[[include]]\nfile = 'scenarios/{file}.toml'\n{more}\n")
}

/// The names of all that a script has, list by list.
fn names(script: &Script) -> Vec<Vec<&str>> {
    vec![
        script.wallets.iter().map(|one| one.name.as_str()).collect(),
        script.series.iter().map(|one| one.name.as_str()).collect(),
        script.campaigns.iter().map(|one| one.name.as_str()).collect(),
        script.contracts.iter().map(|one| one.name.as_str()).collect(),
        script.cards.iter().map(|one| one.name.as_str()).collect(),
        script.loans.iter().map(|one| one.name.as_str()).collect(),
        script.wealth.iter().map(|one| one.name.as_str()).collect(),
        script.payrolls.iter().map(|one| one.name.as_str()).collect(),
        script.actions.iter().map(|one| one.name.as_str()).collect(),
    ]
}

/// Checks that a part does what its scenario does, at the same moments.
fn check_same(own: &Experiment, whole: &Experiment) {
    let (alone, part) = (&own.script, &whole.script);
    let prefixed: Vec<Vec<_>> = names(alone)
        .iter()
        .map(|list| list.iter().map(|name| format!("p.{name}")).collect())
        .collect();
    assert_eq!(names(part), prefixed, "{}", own.name);
    let claims = |script: &Script| -> Vec<_> {
        script.assertions.iter().map(|one| one.that.clone()).collect()
    };
    let claimed = |that: String| if that.is_empty() { that } else { format!("p: {that}") };
    let prefixed: Vec<_> = claims(alone).into_iter().map(claimed).collect();
    assert_eq!(claims(part), prefixed, "{}", own.name);
    let end = own.cluster.lockstep.day(own.days).start();
    for (one, other) in alone.actions.iter().zip(&part.actions) {
        assert_eq!((one.at, one.kind.name()), (other.at, other.kind.name()), "{}", own.name);
        if let ActionKind::PublishBills { due, .. } = &one.kind {
            let ActionKind::PublishBills { due: other, .. } = &other.kind else { panic!() };
            assert_eq!(Some(due.unwrap_or(end)), *other, "{}", own.name);
        } else {
            // Places and times are the same, as there is one part alone.
            assert_eq!(one.kind, other.kind, "{}", own.name);
        }
    }
    for (one, other) in alone.campaigns.iter().zip(&part.campaigns) {
        let mut named = other.clone();
        named.name = one.name.clone();
        assert_eq!(*one, named);
    }
    for (one, other) in alone.contracts.iter().zip(&part.contracts) {
        assert_eq!((one.expires_at, one.total), (other.expires_at, other.total));
    }
    let dates = |lockstep: &Lockstep, days: &[u32]| -> Vec<_> {
        days.iter().map(|day| lockstep.day(day - 1)).collect()
    };
    for (one, other) in alone.series.iter().zip(&part.series) {
        let [own, whole] = [(own, one), (whole, other)]
            .map(|(experiment, one)| dates(&experiment.cluster.lockstep, &one.days));
        assert_eq!((own, one.begin, one.from), (whole, other.begin, other.from));
    }
}

#[test]
fn every_shipped_scenario_can_be_a_part() {
    let mut all = String::new();
    for (name, text) in SHIPPED {
        let own = read(text).unwrap();
        let whole = with(&including(name, "name = 'p'")).unwrap();
        let [ScenarioPart { scenario, days, background, .. }] = &whole.script.parts[..] else {
            panic!("{name}: {:?}", whole.script.parts)
        };
        let alone = own.script.scenario.as_ref().unwrap();
        assert_eq!((scenario.number, &scenario.title), (alone.number, &alone.title));
        assert_eq!(scenario.story.rest.len(), alone.story.rest.len());
        assert_eq!(days[1] - days[0] + 1, own.days);
        assert_eq!(whole.cluster.lockstep.day(days[0] - 1), own.cluster.lockstep.day(0));
        assert_eq!(*background, own.script.wallets.is_empty(), "{name}");
        check_same(&own, &whole);
        all += &including(name, "");
    }
    // All of them together, and written out whole.
    let all = with(&all).unwrap();
    assert_eq!(all.script.parts.len(), SHIPPED.len());
    assert_eq!(read(&all.to_toml(None)).unwrap(), all);
}

/// What the description of a key says that it holds.
fn described(list: &List) -> [BTreeSet<&'static str>; 4] {
    let keys = EXPERIMENT_KEYS
        .iter()
        .filter_map(|key| Some((key.path.strip_prefix(list.key)?.strip_prefix("[].")?, key)));
    let mut found = [(); 4].map(|()| BTreeSet::new());
    for (name, key) in keys {
        let is_name = name == "name" || key.range.starts_with("the name of");
        let is_figure = key.range.contains("figure") || key.range == "as of equals";
        let kinds = [
            is_name,
            key.unit.starts_with("[day]"),
            key.range.starts_with("days of the run")
                || key.meaning.starts_with("The day of the run"),
            is_figure,
        ];
        for (of_kind, _) in found.iter_mut().zip(kinds).filter(|(_, is)| *is) {
            of_kind.insert(name);
        }
    }
    found
}

#[test]
fn every_list_and_every_key_that_names_something_or_has_a_day_is_known() {
    let lists: BTreeSet<_> =
        EXPERIMENT_KEYS.iter().filter_map(|key| Some(key.path.split_once("[]")?.0)).collect();
    let others = ["fault", "include", "part", "treasury", "workload.payments", "workload.regions"];
    let known: BTreeSet<_> = LISTS.iter().map(|list| list.key).chain(others).collect();
    assert_eq!(lists, known, "a list of a script is a line of LISTS");
    for list in LISTS {
        let of = |keys: &[&'static str]| keys.iter().copied().collect::<BTreeSet<_>>();
        let known = [list.names, list.times, list.days, list.figures].map(of);
        assert_eq!(described(list), known, "{}: names, times, days and figures", list.key);
        let scaled = EXPERIMENT_KEYS.iter().filter(|key| {
            let is_of_list = key.path.starts_with(&format!("{}[].", list.key));
            is_of_list && key.meaning.contains("with a scale")
        });
        let scaled = scaled.filter_map(|key| Some(key.path.split_once("[].")?.1)).collect();
        assert_eq!(of(list.counts), scaled, "{}: counts", list.key);
    }
}

#[test]
fn the_scale_of_a_part_is_made_that_of_the_experiment() {
    let campaign = |more: &str| {
        let script = with(&including("s07-thirty-days", more)).unwrap().script;
        let campaign = &script.campaigns[0];
        let wallets = script.scale.of(script.wallets[1].count);
        (wallets, campaign.winners_at(script.scale), campaign.pool_at(script.scale).fen())
    };
    assert_eq!(campaign(""), (400, 1_000, 3_000_000));
    assert_eq!(campaign("scale = 100"), (40, 100, 300_000));
    assert_eq!(campaign("scale = 2"), (2_000, 5_000, 15_000_000));
}

#[test]
fn values_are_set_over_those_of_a_scenario() {
    let moved = "set = { \"cluster.start\" = '2021-01-01', \"wallet.2.count\" = 9 }";
    let experiment = with(&including("s14-customs-duty", moved)).unwrap();
    assert_eq!(experiment.script.parts[0].days, [93, 93]);
    assert_eq!(experiment.script.wallets[1].count, 9);
    assert_eq!(experiment.script.actions[0].at.date().to_string(), "2021-01-01");
}

#[test]
fn operators_that_a_scenario_does_not_have_open_none_of_its_wallets() {
    let experiment = with(&including("s08-luohu-red-packets", "")).unwrap();
    let codes: Vec<_> =
        experiment.script.wallets[1].operators.iter().map(ToString::to_string).collect();
    assert_eq!(codes, ["ICBC", "ABC", "BOC", "CCB", "BOCOM", "PSBC", "CMB", "CIB"]);
    assert!(experiment.script.wallets[0].operators.is_empty(), "the district has one");
}

#[test]
fn what_cannot_be_a_part_is_named() {
    let refuses = |file: &str, more: &str, sentence: &str| {
        assert_eq!(with(&including(file, more)).unwrap_err(), sentence);
    };
    refuses("s99", "", "include.1.file: \"scenarios/s99.toml\" is none that is shipped");
    refuses(
        "s14-customs-duty",
        "set = { \"cluster.start\" = '2020-09-30' }",
        "include.1: begins on 2020-09-30, before the experiment on 2020-10-01",
    );
    refuses(
        "s14-customs-duty",
        "set = { days = 2, \"cluster.start\" = '2022-12-09' }",
        "include.1: ends on 2022-12-10, after the experiment on 2022-12-09",
    );
    refuses(
        "s14-customs-duty",
        "set = { dais = 2 }",
        "include.1: unknown key dais; did you mean days?",
    );
    refuses(
        "s14-customs-duty",
        "set = { \"action.1.at\" = 'noon' }",
        "include.1.action.1.at: \"1 noon\" is not a day and time as in 1 10:00"
            .replace("\"1", "\"607")
            .as_str(),
    );
    refuses(
        "s14-customs-duty",
        "name = 'customs-duty'",
        "include.1.name: \"customs-duty\" is not 1 to 8 letters, digits, - and _",
    );
    refuses("s14-customs-duty", "scale = 0", "include.1.scale: 0 is not between 1 and 1000000");
    let twice = including("s14-customs-duty", "").repeat(2);
    assert_eq!(with(&twice).unwrap_err(), "include.2.name: \"s14\" is taken by another one");
    let alone = "[[wallet]]\nname = 's14.x'\nkind = 'personal'";
    let none = "wallet.1.name: \"s14.x\" belongs to no part, as there is none called s14";
    assert_eq!(with(alone).unwrap_err(), none);
}

#[test]
fn what_an_include_sets_of_the_experiment_and_not_of_the_part_is_named() {
    let refuses = |file: &str, set: &str, sentence: &str| {
        let found = with(&including(file, &format!("set = {{ {set} }}"))).unwrap_err();
        assert_eq!(found, format!("include.1.{sentence}"));
    };
    let foreign = [
        ("seed = 7", "seed"),
        ("scale = 2", "scale"),
        ("name = 'x'", "name"),
        ("description = 'x'", "description"),
        ("cluster = { start = '2022-06-01' }", "cluster"),
        ("\"cluster.stock\" = 7", "cluster.stock"),
        ("\"cluster.tick_seconds\" = 60", "cluster.tick_seconds"),
        ("\"cluster.cycles_per_day\" = 1", "cluster.cycles_per_day"),
        ("\"cluster.limits\" = '2020-pilot'", "cluster.limits"),
        ("\"workload.wallets\" = 10", "workload.wallets"),
    ];
    for (set, path) in foreign {
        let sentence = format!("{path}: is that of the experiment, not of a part");
        refuses("s14-customs-duty", set, &sentence);
    }
    // Of what is drawn a part has claims and a story alone.
    refuses(
        "s15-everyday-load",
        "\"cluster.operator_count\" = 8",
        "cluster.operator_count: is that of the experiment, not of a part",
    );
    refuses(
        "s15-everyday-load",
        "wallet = [{ name = 'x', kind = 'personal' }]",
        "wallet: stands beside workload, of which a part is measured and not run",
    );
    refuses("s14-customs-duty", "days = '62'", "days: invalid type: string \"62\", expected u32");
    refuses("s14-customs-duty", "days = 0", "days: 0 is not between 1 and 3660");
    let set = "set = { days = 3, \"cluster.operator_count\" = 8, \"scenario.title\" = 'Duty' }";
    let script = with(&including("s14-customs-duty", set)).unwrap().script;
    assert_eq!(script.parts[0].days, [607, 609]);
    assert_eq!(script.parts[0].scenario.title, "Duty");
    assert_eq!(script.wallets[1].operators.len(), 8);
}

#[test]
fn an_error_about_a_part_names_its_include_and_the_item_there() {
    let refuses = |own: &str, set: &str, sentence: &str| {
        let second = including("s14-customs-duty", &format!("set = {{ {set} }}"));
        let text = format!("{own}{}{second}", including("s22-front-end", ""));
        assert_eq!(with(&text).unwrap_err(), sentence);
    };
    let own = "[[wallet]]\nname = 'own'\nkind = 'personal'\n";
    refuses(
        own,
        "\"wallet.2.class\" = 2",
        "include.2.wallet.2.class: 2 is not the class of a corporate wallet, 1",
    );
    // Nothing of the right type, which is found before.
    let text = "\"wallet.2.count\" = true";
    let sentence = "include.2.wallet.2.count: invalid type: boolean `true`, expected u64";
    refuses(own, text, sentence);
    refuses(
        own,
        "\"scenario.number\" = 100, \"cluster.start\" = '2022-06-01'",
        "include.2.scenario.number: 100 is not between 1 and 99",
    );
    refuses(
        own,
        "\"scenario.story\" = '{series.duty.lost}'",
        "include.2.scenario.story: \"series.s14.duty.lost\" is no figure of this experiment; docs/scenarios.md lists them",
    );
    // Those of the experiment stay what they are.
    refuses(
        "[[wallet]]\nname = 'own'\nkind = 'state'\n",
        "days = 1",
        "wallet.1.kind: \"state\" is not a kind of wallet",
    );
}

#[test]
fn days_in_figures_are_those_of_the_experiment() {
    let day = "set = { \"assert.1.figure\" = 'series.duty.1.completed', \"scenario.story\" = '{series.duty.1-1.value}' }";
    let script = with(&including("s14-customs-duty", day)).unwrap().script;
    assert_eq!(script.assertions[0].figure.name, "series.s14.duty.607.completed");
    assert_eq!(script.parts[0].scenario.story.rest[0].0.name, "series.s14.duty.607.value");
    let many = "set = { \"assert.1.figure\" = 'series.in-shenzhen.1-88.completed' }";
    let script = with(&including("s22-front-end", many)).unwrap().script;
    let first = script.parts[0].days[0];
    let name = format!("series.s22.in-shenzhen.{first}-{}.completed", first + 87);
    assert_eq!(script.assertions[0].figure.name, name);
    // Of what is drawn the figures are those of the run, on the days of the part.
    let drawn = "set = { \"assert.1.figure\" = 'days.1.payments' }";
    let script = with(&including("s15-everyday-load", drawn)).unwrap().script;
    assert_eq!(
        script.assertions[0].figure.name,
        format!("days.{}.payments", script.parts[0].days[0])
    );
    for figure in ["days.1.completed", "by.2022-05-30.completed"] {
        let set = format!("set = {{ \"assert.1.figure\" = '{figure}' }}");
        let found = with(&including("s14-customs-duty", &set)).unwrap_err();
        let sentence = format!("{figure:?} is counted of a whole run, and not of a part");
        assert_eq!(found, format!("include.1.assert.1.figure: {sentence}"));
    }
}
