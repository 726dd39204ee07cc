//! The mean of a sample and how sure it is.

use std::f64::consts::PI;

/// The mean of a sample with its 95 % confidence interval, by Student's t.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// How many values there are.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with count - 1 in the denominator; `None` of a single value.
    pub deviation: Option<f64>,
    /// Half the width of the interval; `None` of a single value.
    pub half_width: Option<f64>,
}

impl Estimate {
    /// Estimates the mean of a sample; `None` of an empty one.
    pub fn of(sample: &[f64]) -> Option<Self> {
        let count = sample.len();
        let mean = sample.iter().sum::<f64>() / count as f64;
        // The mean comes first: sums of squares less the square of the sum lose all digits of
        // values that are nearly alike.
        let squares: f64 = sample.iter().map(|value| (value - mean) * (value - mean)).sum();
        let degrees = count.checked_sub(1)?;
        let deviation = (degrees > 0).then(|| libm::sqrt(squares / degrees as f64));
        let half_width =
            deviation.map(|deviation| student_t_95(degrees) * deviation / libm::sqrt(count as f64));
        Some(Self { count, mean, deviation, half_width })
    }
}

/// How many differences are above and below zero, and how likely that is without any difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignTest {
    /// How many are above zero.
    pub above: usize,
    /// How many are below.
    pub below: usize,
    /// The probability that at least as many of those that are not zero have one sign, when either
    /// sign is as likely (two-sided, exact); 1 when all are zero.
    pub probability: f64,
}

impl SignTest {
    /// Tests differences; zeros say nothing.
    pub fn of(differences: &[f64]) -> Self {
        let above = differences.iter().filter(|value| **value > 0.0).count();
        let below = differences.iter().filter(|value| **value < 0.0).count();
        let (count, fewer) = ((above + below) as f64, above.min(below));
        // From the largest term down, each by its ratio to the one before.
        let log = libm::lgamma(count + 1.0)
            - libm::lgamma(fewer as f64 + 1.0)
            - libm::lgamma(count - fewer as f64 + 1.0)
            - count * std::f64::consts::LN_2;
        let (mut term, mut sum) = (libm::exp(log), 0.0);
        for number in (0..=fewer).rev() {
            sum += term;
            term *= number as f64 / (count - number as f64 + 1.0);
        }
        Self { above, below, probability: (2.0 * sum).min(1.0) }
    }
}

/// The number that a t-distributed one stays below in absolute value with probability 0.95.
pub fn student_t_95(degrees: usize) -> f64 {
    let (mut below, mut above) = (0.0, 16.0);
    // The number is 12.7 for one degree of freedom and falls; sixty halvings leave no digit open.
    for _ in 0..60 {
        let middle = (below + above) / 2.0;
        if within_probability(middle, degrees) < 0.95 { below = middle } else { above = middle }
    }
    (below + above) / 2.0
}

/// The probability that a t-distributed number is within t of zero, by the finite series for whole
/// degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4).
fn within_probability(t: f64, degrees: usize) -> f64 {
    let angle = libm::atan(t / libm::sqrt(degrees as f64));
    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
    let odd = degrees % 2 == 1;
    let (mut term, mut sum) = if odd { (cosine, 0.0) } else { (1.0, 0.0) };
    let mut power = usize::from(odd);
    // The terms are cos^p with p below the degrees of freedom less one.
    while power + 2 <= degrees {
        sum += term;
        power += 2;
        term *= cosine * cosine * (power - 1) as f64 / power as f64;
    }
    if odd { (angle + sine * sum) * 2.0 / PI } else { sine * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantiles_are_those_of_the_tables() {
        let table = [
            (1, 12.7062),
            (2, 4.3027),
            (3, 3.1824),
            (4, 2.7764),
            (5, 2.5706),
            (9, 2.2622),
            (10, 2.2281),
            (19, 2.0930),
            (30, 2.0423),
            (120, 1.9799),
            (9999, 1.9602),
        ];
        for (degrees, expected) in table {
            let found = student_t_95(degrees);
            assert!(
                (found - expected).abs() < 0.000_06,
                "{degrees}: {found} where {expected} is due"
            );
        }
    }

    #[test]
    fn signs_are_as_likely_as_heads_of_a_coin() {
        let test = |above: usize, below: usize, zeros: usize| {
            let signs = [(1.5, above), (-0.5, below), (0.0, zeros)];
            let all = signs.map(|(value, count)| vec![value; count]).concat();
            let found = SignTest::of(&all);
            assert_eq!((found.above, found.below), (above, below));
            found.probability
        };
        // Two times the sum of binomial coefficients over 2^n, by hand.
        for (above, below, expected) in [
            (5, 0, 2.0 / 32.0),
            (0, 5, 2.0 / 32.0),
            (9, 1, 2.0 * 11.0 / 1024.0),
            (8, 2, 2.0 * 56.0 / 1024.0),
            (3, 3, 1.0),
            (0, 0, 1.0),
            (1, 0, 1.0),
        ] {
            let found = test(above, below, 2);
            assert!((found - expected).abs() < 1e-12, "{above}, {below}: {found}");
        }
        // Where 2^-n is no number any more.
        let many = test(1_000, 1_200, 0);
        assert!((many - 2.181_702_640_8e-5).abs() < 1e-12, "{many}");
    }

    #[test]
    fn mean_deviation_and_interval_are_as_computed_by_hand() {
        // Mean 5, squares 32, deviation sqrt(32 / 7), t 2.3646.
        let estimate = Estimate::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!((estimate.count, estimate.mean), (8, 5.0));
        assert!((estimate.deviation.unwrap() - 2.138_090).abs() < 1e-6);
        assert!((estimate.half_width.unwrap() - 1.787_488).abs() < 1e-5, "{estimate:?}");
        let single = Estimate::of(&[3.0]).unwrap();
        assert_eq!(
            (single.count, single.mean, single.deviation, single.half_width),
            (1, 3.0, None, None)
        );
        assert_eq!(Estimate::of(&[]), None);
    }
}
