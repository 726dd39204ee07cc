use super::scale::{axis, told};
use super::{
    Bars, Data, Figure, Heat, Kind, Line, Look, Panel, Span, TimePanel, Unit, write_figures,
};

fn panel(points: Vec<[i64; 2]>) -> TimePanel {
    TimePanel {
        title: "A & B".to_owned(),
        span: Span { midnight_ms: 0, end_s: 86_400 },
        unit: Unit::of(points.iter().map(|[_, fen]| *fen)),
        lines: vec![Line { look: Look::Line(0), points }],
        level: Some(-500),
        strip: vec![(0, 3_600), (3_600, 7_200)],
        uprights: vec![(43_200, Look::Change)],
        ..TimePanel::default()
    }
}

fn figure(panels: Vec<Panel>) -> Figure {
    let key = vec![(Look::Line(0), "a < b".to_owned())];
    let columns = [("name", Kind::Text), ("time", Kind::Time), ("yuan", Kind::Yuan)];
    let mut data = Data::new(1_661_299_200_000, &columns);
    data.add(&["a, \"b\""], [[3_661, -5], [86_400, 123_456]]);
    Figure { name: "test".to_owned(), caption: "What <it> shows".to_owned(), key, panels, data }
}

#[test]
fn axes_tell_round_values_around_those_that_are_drawn() {
    assert_eq!(axis(0.0, 7.3, 3.0), ((0.0, 7.5), vec![0.0, 2.5, 5.0, 7.5]));
    assert_eq!(axis(-5.0, 12.0, 3.0).1, [-10.0, 0.0, 10.0, 20.0]);
    assert_eq!(axis(0.0, 0.0, 3.0).0, (0.0, 1.0));
    assert_eq!([0.0, -2.5, 1234.0, 0.0125].map(told), ["0", "\u{2212}2.5", "1,234", "0.0125"]);
}

#[test]
fn a_unit_leaves_few_digits_before_the_point() {
    let names = [0, 999_999, 1_000_000, -12_000_000_000].map(|fen| Unit::of([fen]).name);
    assert_eq!(names, ["yuan", "yuan", "thousand yuan", "million yuan"]);
}

#[test]
fn a_line_of_many_steps_is_a_short_path_that_keeps_its_peak() {
    let mut points: Vec<_> = (0..86_400).map(|second| [second, second % 7]).collect();
    points[43_210][1] = 1_000;
    let drawn = panel(points).draw();
    assert!(drawn.len() < 16_000, "{}", drawn.len());
    // The axis goes from -5 to 10, so its end is where the peak lies.
    assert!(drawn.contains("V22V"), "the peak is not drawn");
}

#[test]
fn what_is_marked_is_drawn() {
    let drawn = panel(vec![[0, 0], [40_000, 2_000], [86_400, 2_000]]).draw();
    let marks = [
        "stroke-dasharray=\"6 2\"",
        "stroke-dasharray=\"4 3\"",
        "class=\"strip\"",
        "A &amp; B",
        ">yuan<",
    ];
    for mark in marks {
        assert!(drawn.contains(mark), "{mark} is not in {drawn}");
    }
    assert!(["00:00", "06:00", "24:00"].iter().all(|time| drawn.contains(time)), "{drawn}");
    assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
}

#[test]
fn a_figure_of_a_page_describes_itself_and_one_without_panels_is_none() {
    let html = figure(vec![Panel::Time(panel(vec![[0, 1], [86_400, 1]]))]).html();
    assert!(html.contains("aria-label=\"What &lt;it&gt; shows\"") && html.contains("a &lt; b"));
    assert_eq!(figure(Vec::new()).html(), "");
}

#[test]
fn a_figure_is_written_as_a_picture_and_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("figures");
    let panels = [Panel::Time(panel(vec![[0, 1], [86_400, 1]])), Panel::Time(panel(vec![[0, 2]]))];
    write_figures(&[figure(panels.to_vec())], &into).unwrap();
    let read = |name: &str| std::fs::read_to_string(into.join(name)).unwrap();
    assert_eq!(
        read("test.csv"),
        "name,time,yuan\n\"a, \"\"b\"\"\",2022-08-24T01:01:01+08:00,-0.05\n\"a, \"\"b\"\"\",2022-08-25T00:00:00+08:00,1234.56\n"
    );
    let svg = read("test.svg");
    assert!(
        svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"512\" height=\"194\""),
        "{svg}"
    );
    assert!(
        svg.contains("<title>What &lt;it&gt; shows</title>") && svg.contains("translate(256 28)")
    );
}

#[test]
fn bars_and_cells_reach_as_far_as_their_values() {
    let rows = vec![("A".to_owned(), vec![10.0, 0.0]), ("B".to_owned(), vec![-5.0, 2.5])];
    let drawn = Bars { axis: "yuan".to_owned(), rows }.draw();
    assert!(
        drawn.matches("fill-opacity=\"0.8\"").count() == 4 && !drawn.contains("NaN"),
        "{drawn}"
    );
    let names = || vec!["A".to_owned(), "B".to_owned()];
    let cells = vec![vec![None, Some(10.0)], vec![Some(-10.0), Some(0.0)]];
    let drawn = Heat { title: "paid".to_owned(), rows: names(), columns: names(), cells }.draw();
    for tone in ["#265891", "#bf732d", "#f8f9fb"] {
        assert!(drawn.contains(tone), "{tone} is not in {drawn}");
    }
}
