//! What a model's reading of quality is worth: how often repetitions that it reads so were done correctly, by athletes it had never seen.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Readings are gathered in this many classes of equal width.
const CLASSES: usize = 10;
/// Fewer repetitions than this say nothing of an athlete within a class.
const LEAST: usize = 4;
/// Half width of a 90 % interval in standard deviations of a normal distribution.
const NINETY: f64 = 1.645;

/// The reliability curve of a model, measured on athletes left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The classes that hold repetitions, by rising reading.
    pub points: Vec<Point>,
}

/// One class of readings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Mean reading, 0 to 1.
    pub reading: f64,
    /// Share of the repetitions that were correct, made to rise with the reading (isotonic regression, Barlow et al. 1972).
    pub correct: f64,
    /// Lower end of the interval that nine athletes in ten fall into.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How many repetitions.
    pub repetitions: usize,
}

/// A model's word on one repetition that it did not learn from.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The reading, 0 to 1.
    pub reading: f64,
    /// Whether it was done correctly.
    pub correct: bool,
    /// Who did it.
    pub athlete: &'a str,
}

impl Calibration {
    /// Fits the curve. The interval of a class is its share ± 1.645 standard deviations between athletes, so it is what the next athlete may show, not how
    /// well the mean is known.
    pub fn fit(judged: &[Judged]) -> Calibration {
        let mut points: Vec<Point> = (0..CLASSES)
            .filter_map(|class| {
                let of = |reading: f64| ((reading * CLASSES as f64) as usize).min(CLASSES - 1);
                let own: Vec<&Judged> = judged.iter().filter(|j| of(j.reading) == class).collect();
                (!own.is_empty()).then(|| point(&own))
            })
            .collect();
        rise(&mut points);
        Calibration { points }
    }

    /// Share of correct repetitions among those read like this, with the ends of its 90 % interval: `[share, low, high]`, 0 to 1. Between the classes it is
    /// interpolated. None without a curve.
    pub fn at(&self, reading: f64) -> Option<[f64; 3]> {
        let values = |p: &Point| [p.correct, p.low, p.high];
        let above = self.points.iter().position(|point| point.reading >= reading);
        match above {
            None => self.points.last().map(values),
            Some(0) => self.points.first().map(values),
            Some(above) => {
                let (p, q) = (&self.points[above - 1], &self.points[above]);
                let share = (reading - p.reading) / (q.reading - p.reading);
                let (from, to) = (values(p), values(q));
                Some([0, 1, 2].map(|i| from[i] + share * (to[i] - from[i])))
            }
        }
    }
}

fn point(own: &[&Judged]) -> Point {
    let n = own.len() as f64;
    let correct = own.iter().filter(|j| j.correct).count() as f64 / n;
    let mut athletes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for judged in own {
        let (right, all) = athletes.entry(judged.athlete).or_default();
        *right += usize::from(judged.correct);
        *all += 1;
    }
    let shares: Vec<f64> =
        athletes.values().filter(|(_, all)| *all >= LEAST).map(|(right, all)| *right as f64 / *all as f64).collect();
    let variance = shares.iter().map(|share| (share - correct).powi(2)).sum::<f64>() / (shares.len() as f64 - 1.0);
    // With one athlete nothing is known of the next.
    let spread = if shares.len() > 1 { NINETY * variance.sqrt() } else { 1.0 };
    Point {
        reading: own.iter().map(|j| j.reading).sum::<f64>() / n,
        correct,
        low: (correct - spread).max(0.0),
        high: (correct + spread).min(1.0),
        repetitions: own.len(),
    }
}

/// Pools neighbours until the share and both ends never fall.
fn rise(points: &mut [Point]) {
    let weights: Vec<f64> = points.iter().map(|point| point.repetitions as f64).collect();
    let fields: [fn(&mut Point) -> &mut f64; 3] = [|p| &mut p.correct, |p| &mut p.low, |p| &mut p.high];
    for field in fields {
        let mut pools: Vec<(f64, f64, usize)> = Vec::new();
        for (point, weight) in points.iter_mut().zip(&weights) {
            let mut pool = (*field(point), *weight, 1);
            while let Some(&(value, heavy, many)) = pools.last().filter(|last| last.0 > pool.0) {
                pools.pop();
                pool = ((value * heavy + pool.0 * pool.1) / (heavy + pool.1), heavy + pool.1, many + pool.2);
            }
            pools.push(pool);
        }
        let pooled = pools.iter().flat_map(|&(value, _, many)| std::iter::repeat_n(value, many));
        for (point, value) in points.iter_mut().zip(pooled) {
            *field(point) = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATHLETES: [&str; 4] = ["a", "b", "c", "d"];

    /// Repetitions whose share of correct ones is a function of the reading.
    fn judged(share: impl Fn(f64) -> f64) -> Vec<Judged<'static>> {
        (0..4000)
            .map(|i| {
                let reading = (i / 40) as f64 / 100.0;
                let rank = (i % 40 / 4) as f64 / 10.0;
                Judged { reading, correct: rank < share(reading), athlete: ATHLETES[i % 4] }
            })
            .collect()
    }

    #[test]
    fn shares_of_an_overconfident_model_are_found() {
        let curve = Calibration::fit(&judged(|reading| 0.25 + 0.5 * reading));
        // Shares come in tenths and classes are a tenth wide: an error of 0.1 is their resolution.
        for reading in [0.1, 0.33, 0.5, 0.9] {
            let [share, low, high] = curve.at(reading).unwrap();
            assert!((share - (0.25 + 0.5 * reading)).abs() < 0.1, "{reading}: {share}");
            assert!(low <= share && share <= high);
        }
    }

    #[test]
    fn shares_never_fall() {
        let curve = Calibration::fit(&judged(|reading| if reading < 0.5 { 0.6 } else { 0.4 }));
        assert!(curve.points.windows(2).all(|pair| pair[0].correct <= pair[1].correct));
        assert!((curve.at(0.2).unwrap()[0] - 0.5).abs() < 0.01, "pooled to the mean of both halves");
    }

    #[test]
    fn nothing_measured_is_nothing_known() {
        assert_eq!(Calibration::default().at(0.5), None);
        let one = [Judged { reading: 0.7, correct: true, athlete: "a" }];
        assert_eq!(Calibration::fit(&one).at(0.2), Some([1.0, 0.0, 1.0]));
    }
}
