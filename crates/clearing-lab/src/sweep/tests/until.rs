//! Points that go on to further seeds until a mean is sure enough.

use std::collections::BTreeMap;
use std::path::Path;

use super::{SMALL, Sweep, made, make, refusal, rows, sweep, tables};

/// What the most seeds of a point stand beside.
pub(super) const BESIDE: &str =
    "seeds = 3\nuntil.indicator = 'gross_fen'\nuntil.half_width = '5%'\n";

#[test]
fn points_go_on_until_their_means_are_sure_each_by_itself() {
    let until = |half_width: &str, most: u32| {
        let text = SMALL.replace("seeds = 2", "seeds = 3");
        let until = format!(
            "[until]\nindicator = \"gross_fen\"\nhalf_width = \"{half_width}\"\nseeds = {most}\n[base]"
        );
        sweep(&text.replace("[base]\n", &format!("{until}\n")))
    };
    let runs = |folder: &Path| -> BTreeMap<String, usize> {
        rows(folder, "sweep.csv").iter().fold(BTreeMap::new(), |mut runs, row| {
            *runs.entry(row["point"].clone()).or_default() += 1;
            runs
        })
    };
    // Wide enough at once, and never narrow enough: 3, 4, 6, 9 and the most.
    let (wide, narrow) = (until("90%", 10), until("0.001%", 10));
    let (at_once, bound) = (made(&wide), made(&narrow));
    assert!(runs(at_once.path()).values().all(|runs| *runs == 3), "{:?}", runs(at_once.path()));
    assert!(runs(bound.path()).values().all(|runs| *runs == 10), "{:?}", runs(bound.path()));
    // In between: every point has as many as it needs, whoever else there is.
    let some = until("8%", 60);
    let all = made(&some);
    let estimates = rows(all.path(), "summary.csv");
    for row in estimates.iter().filter(|row| row["indicator"] == "gross_fen") {
        let number = |name: &str| row[name].parse::<f64>().unwrap();
        let half = number("high_95") - number("mean");
        assert!(half <= 0.08 * number("mean") || row["runs"] == "60", "{row:?}");
    }
    let alone = tempfile::tempdir().unwrap();
    for index in 0..4 {
        make(&some, alone.path(), Some(index), false).unwrap();
    }
    make(&some, alone.path(), None, false).unwrap();
    assert_eq!(tables(alone.path()), tables(all.path()));
    // The file that a sweep writes is the same sweep.
    let again = Sweep::from_text(&some.to_toml(None), Path::new("")).unwrap();
    assert_eq!((again.id(), again.until), (some.id(), some.until));
}

#[test]
fn what_cannot_make_a_mean_sure_is_refused() {
    for (until, seeds, sentence) in [
        (
            "indicator = \"gross_fen\"\nhalf_width = \"5\"\nseeds = 9",
            3,
            "until.half_width: \"5\" is not a percentage above 0, as in \"5%\"",
        ),
        (
            "indicator = \"gross_fen\"\nhalf_width = \"-5%\"\nseeds = 9",
            3,
            "until.half_width: \"-5%\" is not a percentage above 0, as in \"5%\"",
        ),
        (
            "indicator = \"gross_fen\"\nhalf_width = \"5%\"\nseeds = 9",
            2,
            "seeds: 2 is less than 3, with which an interval says something",
        ),
        (
            "indicator = \"gross_fen\"\nhalf_width = \"5%\"\nseeds = 9",
            10,
            "until.seeds: 9 is less than seeds, which is 10",
        ),
        (
            "indicator = \"net\"\nhalf_width = \"5%\"\nseeds = 9",
            3,
            "until.indicator: \"net\" is no column of every sweep and no figure of this one",
        ),
    ] {
        let text = SMALL.replace("seeds = 2", &format!("seeds = {seeds}"));
        let text = text.replace("[base]\n", &format!("[until]\n{until}\n[base]\n"));
        assert_eq!(refusal(&text), sentence);
    }
}
