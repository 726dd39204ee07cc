//! Figures of scripts as columns and charts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::Value;

use super::super::Sweep;
use super::{made, refusal, rows, sweep};

/// Three wallets pay a shop once each; the shop is at one of two operators.
const SHOP: &str = "
    name = \"shop\"
    seeds = 2
    horizontal = \"cluster.cycles_per_day\"
    [[figure]]
    figure = \"series.sales.value\"
    title = \"Sold\"
    [[figure]]
    figure = \"series.sales.completed\"
    [[figure]]
    figure = \"operator.ABC.received\"
    [base]
    name = \"sales\"
    [base.cluster]
    operator_count = 2
    [[base.wallet]]
    name = \"buyer\"
    kind = \"personal\"
    operator = \"ICBC\"
    count = 3
    opening = \"100\"
    [[base.wallet]]
    name = \"shop\"
    kind = \"merchant\"
    operator = \"ABC\"
    [[base.series]]
    name = \"sales\"
    from = \"buyer\"
    to = \"shop\"
    amount = \"12.34\"
    [grid]
    \"series.1.amount\" = [\"12.34\", \"20.00\"]
    \"cluster.cycles_per_day\" = [1, 4]
";

#[test]
fn figures_of_scripts_are_columns_and_charts() {
    let folder = made(&sweep(SHOP));
    let table = rows(folder.path(), "sweep.csv");
    assert_eq!(table.len(), 8);
    for row in &table {
        let each = if row["series.1.amount"] == "20.00" { 2000 } else { 1234 };
        assert_eq!(row["series.sales.value_fen"], (3 * each).to_string(), "{row:?}");
        assert_eq!(row["series.sales.completed"], "3", "{row:?}");
        assert_eq!(row["operator.ABC.received_fen"], row["gross_fen"], "{row:?}");
    }
    let header = fs::read_to_string(folder.path().join("sweep.csv")).unwrap();
    let columns =
        "total_cost,series.sales.value_fen,series.sales.completed,operator.ABC.received_fen";
    assert!(header.lines().next().unwrap().contains(columns), "in the order of the file");
    let difference = rows(folder.path(), "differences.csv").into_iter().find(|row| {
        row["parameter"] == "series.1.amount" && row["indicator"] == "series.sales.value_fen"
    });
    assert_eq!(difference.unwrap()["mean"], "2298");
    let page = fs::read_to_string(folder.path().join("figures.html")).unwrap();
    let shown = page.split("<script").next().unwrap();
    assert!(shown.contains("<h2>Sold</h2>") && shown.contains("The figure series.sales.value"));
    // What is the same at every point is not drawn.
    assert!(!shown.contains("series.sales.completed"));
    assert!(page.contains("\"x\":\"cycles a day\""), "the stated parameter is the horizontal axis");
}

#[test]
fn the_horizontal_axis_is_what_is_stated() {
    let folder =
        made(&sweep(&SHOP.replace("\"cluster.cycles_per_day\"\n", "\"series.1.amount\"\n")));
    let page = fs::read_to_string(folder.path().join("figures.html")).unwrap();
    assert!(page.contains("\"x\":\"amount\"") && page.contains("[\"12.34\",\"20.00\"]"), "{page}");
    let error = refusal(&SHOP.replace("[1, 4]", "[4]"));
    let expected =
        "horizontal: \"cluster.cycles_per_day\" is no key of the grid with several values";
    assert_eq!(error, expected);
}

#[test]
fn what_is_wrong_with_a_figure_is_named() {
    let refuses = |to: &str, expected: &str| {
        assert_eq!(refusal(&SHOP.replace("series.sales.completed", to)), expected);
    };
    refuses(
        "series.sale.completed",
        "point 0: figure.2.figure: \"series.sale.completed\" is no figure of this experiment; \
         docs/scenarios.md lists them",
    );
    refuses("net", "point 0: figure.2.figure: \"net\" is the column net_fen of every sweep");
    refuses(
        "refused.PAYEE_UNKNOWN",
        "point 0: figure.2.figure: \"refused.PAYEE_UNKNOWN\" is the column refused.PAYEE_UNKNOWN \
         of every sweep",
    );
    refuses("series.sales.value", "figure.2.figure: \"series.sales.value\" is there twice");
    let many = (0..100).map(|n| format!("[[figure]]\nfigure = \"series.s{n}.value\"\n"));
    let many = SHOP.replace("[base]", &format!("{}[base]", many.collect::<String>()));
    assert_eq!(refusal(&many), "figure: 103 are more than 100");
}

#[test]
fn a_sweep_without_figures_states_none() {
    let text = sweep(super::SMALL).to_toml(None);
    assert!(!text.contains("figure") && !text.contains("horizontal"), "{text}");
    let again = sweep(&sweep(SHOP).to_toml(None));
    assert_eq!(again, sweep(SHOP));
}

/// A shipped sweep of a small town, with some values of its grid.
fn shipped(name: &str, scale: i64, grid: &[(&str, Vec<Value>)]) -> Vec<BTreeMap<String, String>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../experiments/sweeps"));
    let mut sweep = Sweep::read(&folder.join(format!("{name}.toml"))).unwrap();
    sweep.seeds = 2;
    sweep.base.insert("scale".to_owned(), scale.into());
    // A smaller town has banks with less, so that they are as short as in full size.
    let less = |value: &mut Value| {
        let yuan: i64 = value.as_str().unwrap().parse().unwrap();
        *value = (yuan / scale).to_string().into();
    };
    if let Some(reserves) = sweep.base["cluster"].get_mut("reserves") {
        less(reserves);
    }
    for fault in sweep.base.get_mut("fault").and_then(Value::as_array_mut).into_iter().flatten() {
        fault.get_mut("amount").into_iter().for_each(less);
    }
    for (key, values) in grid {
        sweep.axes.iter_mut().find(|axis| axis.key == *key).unwrap().values.clone_from(values);
    }
    rows(made(&sweep).path(), "sweep.csv")
}

fn fen(row: &BTreeMap<String, String>, column: &str) -> i64 {
    row[column].parse().unwrap()
}

#[test]
fn a_campaign_changes_what_is_spent_after_it_by_habit_alone() {
    let grid = [("series.1.sticky", vec![Value::Float(0.0), Value::Float(0.9)])];
    let rows = shipped("habit-after-campaign", 10, &grid);
    let of = |held: &str, sticky: &str, seed: &str| {
        let is = |row: &&BTreeMap<String, String>| {
            [&row["campaign.1.held"], &row["series.1.sticky"], &row["seed"]] == [held, sticky, seed]
        };
        rows.iter().find(is).unwrap()
    };
    for seed in ["1", "2"] {
        let after = |held, sticky| fen(of(held, sticky, seed), "days.10-30.value_fen");
        let during = |held, sticky| fen(of(held, sticky, seed), "days.3-9.value_fen");
        let packets = fen(of("true", "0", seed), "campaign.packets.spent_fen");
        assert_eq!(packets, 80 * 5000, "each winner spends the packet");
        assert!(during("true", "0") >= during("false", "0") + packets);
        assert_eq!(after("true", "0"), after("false", "0"), "no trace");
        assert!(after("true", "0.9") > after("false", "0.9"));
        assert!(
            after("false", "0.9") > after("false", "0"),
            "people of their own keep habits, too"
        );
    }
}

#[test]
fn vouchers_make_the_operator_of_their_sponsor_owe_and_change_no_purchase() {
    let shares = [0.0, 0.5, 1.0];
    let text = |text: &str| Value::String(text.to_owned());
    let grid = [
        ("series.1.share", shares.map(Value::Float).to_vec()),
        ("cluster.settlement", ["deferred-net", "gross", "gross-queue"].map(text).to_vec()),
        ("cluster.cycles_per_day", vec![Value::Integer(4)]),
    ];
    let rows = shipped("vouchers-against-cycles-and-mode", 20, &grid);
    assert_eq!(rows.len(), 18);
    for row in &rows {
        // The warm-up is the day on which vouchers are claimed.
        assert_eq!(row["payments"], "500", "{row:?}");
        let [completed, refused] = [fen(row, "completed"), fen(row, "refused")];
        assert_eq!(completed + refused, 500, "{row:?}");
        assert_eq!(fen(row, "series.purchases.value_fen"), completed * 10_000);
        let spent = fen(row, "campaign.vouchers.spent_fen");
        match row["series.1.share"].as_str() {
            "0" => assert_eq!(spent, 0),
            "1" => assert_eq!(spent, completed * 5000, "half of each purchase"),
            _ => assert!((150 * 5000..300 * 5000).contains(&spent), "{spent}"),
        }
        if row["cluster.settlement"] == "deferred-net" {
            assert_eq!(refused, 0, "a net that is not covered stays open: {row:?}");
        }
    }
    for mode in ["deferred-net", "gross", "gross-queue"] {
        let of_mode = rows.iter().filter(|row| row["cluster.settlement"] == mode);
        for seed in ["1", "2"] {
            let of_seed = of_mode.clone().filter(|row| row["seed"] == seed);
            let of = |column| of_seed.clone().map(|row| fen(row, column)).collect::<Vec<_>>();
            let owed = of("operator.CCB.sent_fen");
            assert!(owed[0] < owed[1] && owed[0] < owed[2], "{owed:?} by the share, {mode}");
            let refused = of("refused");
            assert_eq!(refused[2] > refused[1], mode != "deferred-net", "{refused:?}, {mode}");
        }
    }
}
