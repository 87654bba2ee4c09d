//! Metrics of scorers.

/// Area under the ROC curve: the probability that a positive scores above a negative, ties counting
/// half (Mann & Whitney 1947). NaN unless both classes occur.
///
/// ```
/// use agoge_model::metric::roc_auc;
/// // Of the four pairs of a positive and a negative, three are in order.
/// assert_eq!(roc_auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), 0.75);
/// ```
pub fn roc_auc(scores: &[f32], positive: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len().min(positive.len())).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (mut rank_sum, mut positives) = (0.0, 0usize);
    let mut first = 0;
    while first < order.len() {
        let tied = order[first..]
            .iter()
            .take_while(|&&i| scores[i] == scores[order[first]])
            .count()
            .max(1);
        let mean_rank = first as f64 + 0.5 * (tied + 1) as f64;
        for &i in &order[first..first + tied] {
            if positive[i] {
                rank_sum += mean_rank;
                positives += 1;
            }
        }
        first += tied;
    }
    let negatives = order.len() - positives;
    if positives == 0 || negatives == 0 {
        return f64::NAN;
    }
    let p = positives as f64;
    (rank_sum - 0.5 * p * (p + 1.0)) / (p * negatives as f64)
}

/// Index of the highest value, the last one if tied; none without values.
pub fn index_of_highest(values: &[f32]) -> Option<usize> {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b]))
}

/// Mean and sample standard deviation; the deviation of one value is 0.
///
/// ```
/// use agoge_model::metric::mean_sd;
/// assert_eq!(mean_sd(&[1.0, 3.0]), (2.0, 2f64.sqrt()));
/// ```
pub fn mean_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, if values.len() > 1 { (square / (n - 1.0)).sqrt() } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn's documented example: roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) =
    /// 0.75; ties by hand.
    #[test]
    fn auc_is_that_of_the_books() {
        assert_eq!(roc_auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), 0.75);
        assert_eq!(roc_auc(&[0.5; 4], &[true, false, true, false]), 0.5);
        assert!(roc_auc(&[0.5], &[true]).is_nan());
    }
}
