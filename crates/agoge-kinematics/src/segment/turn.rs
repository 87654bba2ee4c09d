//! Turning points of a signal, ignoring noise.

use std::ops::Range;

/// A turning point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignalTurn {
    /// Frame.
    pub(crate) frame: usize,
    /// Whether it is a high; otherwise a low.
    pub(crate) is_high: bool,
}

/// Finds the turning points of `values` in `range`, alternating highs and lows, that differ in
/// value by at least `threshold` from their neighbours. The first and last may be the ends of a
/// flank that the range cuts off. A signal that stays within the threshold has none.
pub(crate) fn turning_points(
    values: &[f64],
    range: Range<usize>,
    threshold: f64,
) -> Vec<SignalTurn> {
    let mut turns = Vec::new();
    let (mut low, mut high) = (range.start, range.start);
    // The direction is unknown until the signal has moved by the threshold.
    let mut rising: Option<bool> = None;
    for frame in range {
        if values[frame] < values[low] {
            low = frame;
        }
        if values[frame] > values[high] {
            high = frame;
        }
        if rising != Some(true) && values[frame] - values[low] >= threshold {
            turns.push(SignalTurn { frame: low, is_high: false });
            rising = Some(true);
            high = frame;
        } else if rising != Some(false) && values[high] - values[frame] >= threshold {
            turns.push(SignalTurn { frame: high, is_high: true });
            rising = Some(false);
            low = frame;
        }
    }
    match rising {
        Some(true) => turns.push(SignalTurn { frame: high, is_high: true }),
        Some(false) => turns.push(SignalTurn { frame: low, is_high: false }),
        None => {}
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_alternate_and_small_ones_are_left_out() {
        let values = [0.0, 0.1, 5.0, 4.8, 6.0, 1.0, 1.2, 0.9, 7.0];
        let turning_points = turning_points(&values, 0..9, 1.0);
        let expected = [(0, false), (4, true), (7, false), (8, true)];
        assert_eq!(
            turning_points,
            expected.map(|(frame, high)| SignalTurn { frame, is_high: high })
        );
    }

    #[test]
    fn a_still_signal_has_none() {
        assert!(turning_points(&[1.0, 1.1, 0.9, 1.05], 0..4, 0.5).is_empty());
        assert!(turning_points(&[], 0..0, 0.5).is_empty());
    }
}
