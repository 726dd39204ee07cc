use super::scale::{axis, told};
use super::{Figure, Line, Look, Panel, Span, TimePanel, Unit};

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
    Figure { name: "test".to_owned(), caption: "What <it> shows".to_owned(), key, panels }
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
fn what_is_marked_is_drawn_and_spans_that_meet_stay_apart() {
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
