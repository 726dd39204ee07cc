//! Whole shares of a whole.

/// Splits a number by weights into whole parts that sum to it (largest remainder; ties go to the
/// first).
pub(super) fn apportion(total: u64, weights: &[f64]) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    // Nobody has a weight, and a division by 0 would make every part NaN.
    if sum <= 0.0 {
        return vec![0; weights.len()];
    }
    let exact: Vec<f64> = weights.iter().map(|weight| total as f64 * weight / sum).collect();
    let mut parts: Vec<u64> = exact.iter().map(|part| libm::floor(*part) as u64).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|left, right| {
        let remainder = |place: &usize| exact[*place] - libm::floor(exact[*place]);
        // The order is total, also of equal remainders: otherwise the payments of a run would
        // depend on how a sort is made.
        remainder(right).total_cmp(&remainder(left)).then(left.cmp(right))
    });
    let missing = total.saturating_sub(parts.iter().sum()) as usize;
    order.into_iter().take(missing).for_each(|place| parts[place] += 1);
    parts
}

#[cfg(test)]
mod tests {
    use super::apportion;

    #[test]
    fn the_parts_sum_to_the_whole() {
        assert_eq!(apportion(10, &[1.0, 1.0, 1.0]), [4, 3, 3]);
        assert_eq!(apportion(7, &[0.0, 2.0, 1.0]), [0, 5, 2]);
        assert_eq!(
            apportion(1_000_000, &[0.7343, 0.1259, 0.0839, 0.0524, 0.003, 0.0005])
                .iter()
                .sum::<u64>(),
            1_000_000
        );
        assert_eq!(apportion(5, &[0.0]), [0]);
    }
}
