//! The operators that charts draw where there are too many to be told apart.

use std::cmp::Reverse;

use super::charts::Charts;

/// The most operators that are drawn.
const DRAWN_MAX: usize = 50;
/// The most that have a small panel each, so that all of them fit on a printed page.
pub(super) const PANELS_MAX: usize = 20;

impl Charts {
    /// The same charts of the operators that pay and receive most, in their order.
    pub(super) fn of_largest(&self) -> Self {
        let places = largest(&self.flows, DRAWN_MAX);
        if places.len() == self.operators.len() {
            return self.clone();
        }
        let mut charts = self.clone();
        charts.operators = chosen(&self.operators, &places);
        charts.caps = chosen(&self.caps, &places);
        charts.positions = chosen(&self.positions, &places);
        charts.bounds = chosen(&self.bounds, &places);
        charts.peaks = chosen(&self.peaks, &places);
        charts.flows =
            chosen(&self.flows, &places).iter().map(|row| chosen(row, &places)).collect();
        for part in &mut charts.article.parts {
            part.nets = chosen(&part.nets, &places);
        }
        for cycle in &mut charts.cycles {
            cycle.nets = chosen(&cycle.nets, &places);
        }
        charts
    }
}

/// What is said of operators that are not drawn.
pub(super) fn note(operators: usize) -> Option<String> {
    let sentence = format!(
        "Charts draw the {DRAWN_MAX} of {operators} operators that pay and receive most, and small panels the \
         {PANELS_MAX} of them; summary.json and the tables beside it have all."
    );
    (operators > DRAWN_MAX).then_some(sentence)
}

/// The places of those that pay and receive most, ascending.
pub(super) fn largest(flows: &[Vec<i64>], most: usize) -> Vec<usize> {
    let turnover = |place: usize| -> i128 {
        let sent: i128 = flows[place].iter().copied().map(i128::from).sum();
        sent + flows.iter().filter_map(|row| row.get(place)).copied().map(i128::from).sum::<i128>()
    };
    let mut places: Vec<(usize, i128)> =
        (0..flows.len()).map(|place| (place, turnover(place))).collect();
    places.sort_by_key(|(place, sum)| (Reverse(*sum), *place));
    let mut places: Vec<usize> = places.into_iter().take(most).map(|(place, _)| place).collect();
    places.sort_unstable();
    places
}

fn chosen<T: Clone>(all: &[T], places: &[usize]) -> Vec<T> {
    places.iter().filter_map(|place| all.get(*place)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{largest, note};

    #[test]
    fn those_that_pay_and_receive_most_are_drawn_in_their_order() {
        let flows = [vec![0, 5, 0, 0], vec![0, 0, 0, 0], vec![0, 0, 0, 9], vec![0, 1, 0, 0]];
        assert_eq!(largest(&flows, 2), [2, 3]);
        assert_eq!(largest(&flows, 3), [1, 2, 3]);
        assert_eq!(largest(&flows, 50), [0, 1, 2, 3]);
        assert!(
            note(50).is_none()
                && note(51).unwrap().starts_with("Charts draw the 50 of 51 operators")
        );
    }
}
