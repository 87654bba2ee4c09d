//! Which drills moved which finding of one athlete: the closing of the loop from movement to plan
//! and back.
//!
//! A factor of movement, measured on some days, is explained by the passing of time and by how
//! often the drills that work on it had been done until then (what a drill brought is taken to
//! stay). Ordinary least squares with Student's intervals; where errors of neighbouring
//! measurements are alike, the intervals are widened by √((1+r)/(1−r)), r being their correlation
//! (Bence 1995). It is one athlete's record and nobody drew lots: it shows what went together, and
//! says when not even that can be told (Kravitz et al. 2014 on trials of one).

use super::library::Library;
use crate::findings::student;
use agoge_motion::Day;
use nalgebra::{DMatrix, DVector};
use serde::Serialize;

/// Measurements from which anything is said.
const LEAST_MEASUREMENTS: usize = 6;
/// Times that a drill must have been done between the first measurement and the last.
const LEAST_TIMES: usize = 3;
/// Variance inflation from which an effect is hidden by what runs beside it (Marquardt 1970), and
/// from which the numbers say nothing.
const HIDDEN: f64 = 10.0;
const INSEPARABLE: f64 = 1e4;

/// What is said of a drill that was always done.
const EVEN: &str = "done so evenly that it is hard to tell from the passing of time and from other drills: leave it out for some weeks and take it up again";

/// A factor of movement over time, as `movement.csv` has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// What was measured: `knee valgus, left`.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Minimal detectable change of a single measurement, in the same unit.
    pub detectable: f64,
    /// Its values, in order of the days.
    pub values: Vec<(Day, f64)>,
}

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What some drills did to a factor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// Names of the drills, from the library of sessions.
    pub drills: Vec<String>,
    /// How often they were done between the first measurement and the last.
    pub times: usize,
    /// By how much the factor moved each time, in its unit; none where that cannot be told.
    pub each_time: Option<Interval>,
    /// By how much in all.
    pub in_all: Option<Interval>,
    /// Why it cannot be told, or what it means, in a sentence.
    pub verdict: String,
}

/// What moved a factor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// The factor.
    pub factor: String,
    /// Its unit.
    pub unit: String,
    /// On how many days it was measured.
    pub measurements: usize,
    /// How much it changed by itself a week; none where that cannot be told.
    pub by_itself_a_week: Option<Interval>,
    /// All drills that work on it together.
    pub together: Effect,
    /// Each of them beside the others, where there are enough measurements to tell them apart.
    pub each: Vec<Effect>,
}

/// What moved a factor, of the drills that were done (day and name in the library, in any order);
/// none if no drill works on it.
pub fn moved(factor: &Factor, library: &Library, done: &[(Day, String)]) -> Option<Moved> {
    let name = factor.name.to_lowercase().replace([' ', '-'], "_");
    let mut drills: Vec<&str> = library
        .items()
        .iter()
        .filter(|item| item.skills.iter().any(|skill| name.contains(skill.as_str())))
        .map(|item| item.name.as_str())
        .collect();
    drills.dedup();
    let (first, last) = (factor.values.first()?.0, factor.values.last()?.0);
    let days = |drill: &str| -> Vec<Day> {
        done.iter()
            .filter(|(day, own)| own == drill && *day >= first && *day < last)
            .map(|(day, _)| *day)
            .collect()
    };
    let counted: Vec<(&str, Vec<Day>)> = drills
        .into_iter()
        .map(|drill| (drill, days(drill)))
        .filter(|(_, days)| !days.is_empty())
        .collect();
    if counted.is_empty() {
        return None;
    }
    let all: Vec<Day> = counted.iter().flat_map(|(_, days)| days.iter().copied()).collect();
    let names =
        |of: &[(&str, Vec<Day>)]| of.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
    let fitted = fit(factor, std::slice::from_ref(&all));
    let by_itself_a_week = fitted.as_ref().and_then(|fit| fit[0]).map(|told| told.interval);
    let together = Effect::new(factor, names(&counted), all.len(), fitted.and_then(|fit| fit[1]));
    let often: Vec<_> = counted.into_iter().filter(|(_, days)| days.len() >= LEAST_TIMES).collect();
    let separable = often.len() > 1 && factor.values.len() >= LEAST_MEASUREMENTS + 2 * often.len();
    let each = match separable
        .then(|| fit(factor, &often.iter().map(|(_, days)| days.clone()).collect::<Vec<_>>()))
    {
        Some(Some(fit)) => {
            let own = often.iter().zip(&fit[1..]);
            own.map(|((name, days), each)| {
                Effect::new(factor, vec![(*name).to_owned()], days.len(), *each)
            })
            .collect()
        }
        _ => Vec::new(),
    };
    Some(Moved {
        factor: factor.name.clone(),
        unit: factor.unit.clone(),
        measurements: factor.values.len(),
        by_itself_a_week,
        together,
        each,
    })
}

impl Effect {
    fn new(factor: &Factor, drills: Vec<String>, times: usize, told: Option<Told>) -> Effect {
        let each_time = told.map(|told| told.interval);
        let in_all = each_time.map(|each| {
            let all = |v: f64| v * times as f64;
            Interval { value: all(each.value), low: all(each.low), high: all(each.high) }
        });
        let is_hidden = told.is_none_or(|told| told.inflation > HIDDEN);
        let verdict = match in_all {
            None if factor.values.len() < LEAST_MEASUREMENTS => {
                format!("measured on {} days; {LEAST_MEASUREMENTS} are needed", factor.values.len())
            }
            None if times < LEAST_TIMES => format!("done {times} times; {LEAST_TIMES} are needed"),
            None => EVEN.to_owned(),
            Some(all) if all.low <= 0.0 && all.high >= 0.0 => {
                if is_hidden {
                    format!("no effect shown; {EVEN}")
                } else {
                    "no effect shown".to_owned()
                }
            }
            Some(all) if all.value.abs() < factor.detectable => {
                "moved it, by less than a single recording can show".to_owned()
            }
            Some(_) => "moved it".to_owned(),
        };
        Effect { drills, times, each_time, in_all, verdict }
    }
}

/// What least squares say of one thing.
#[derive(Clone, Copy)]
struct Told {
    interval: Interval,
    /// How much of the interval's square is owed to what runs beside it; 1 is nothing.
    inflation: f64,
}

/// Change a week by itself, then the effect of each series of days (one time each), with 95 %
/// intervals; none for what cannot be told apart. None with too little to fit.
fn fit(factor: &Factor, series: &[Vec<Day>]) -> Option<Vec<Option<Told>>> {
    let rows = factor.values.len();
    let columns = 2 + series.len();
    if rows < LEAST_MEASUREMENTS.max(columns + 2) {
        return None;
    }
    let first = factor.values[0].0;
    let before = |days: &[Day], day: Day| days.iter().filter(|own| **own < day).count() as f64;
    let x = DMatrix::from_fn(rows, columns, |row, column| match column {
        0 => 1.0,
        1 => f64::from(factor.values[row].0.0 - first.0) / 7.0,
        _ => before(&series[column - 2], factor.values[row].0),
    });
    let y = DVector::from_iterator(rows, factor.values.iter().map(|(_, value)| *value));
    let inverse = (x.transpose() * &x).try_inverse()?;
    let beta = &inverse * x.transpose() * &y;
    let off = &y - &x * &beta;
    let freedom = rows - columns;
    let square = off.norm_squared();
    // Residuals of a fit are less alike than errors are: by about the share of the columns.
    let alike = off.as_slice().windows(2).map(|two| two[0] * two[1]).sum::<f64>()
        / square.max(f64::MIN_POSITIVE);
    let alike = (alike + columns as f64 / rows as f64).clamp(0.0, 0.8);
    let sd = (square / freedom as f64 * (1.0 + alike) / (1.0 - alike)).sqrt();
    let t = student(1.959_964, freedom);
    let told = |column: usize| {
        let values = x.column(column);
        let spread = values.iter().map(|v| (v - values.mean()).powi(2)).sum::<f64>();
        let half = t * sd * inverse[(column, column)].max(0.0).sqrt();
        let value = beta[column];
        // The diagonal of the inverse times the column's own spread.
        let inflation = inverse[(column, column)] * spread;
        let apart = inflation <= INSEPARABLE && value.is_finite() && half.is_finite();
        apart.then_some(Told {
            interval: Interval { value, low: value - half, high: value + half },
            inflation,
        })
    };
    let often = |column: usize| column < 2 || series[column - 2].len() >= LEAST_TIMES;
    Some((1..columns).map(|column| told(column).filter(|_| often(column))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::simulate::normal;
    use fastrand::Rng;

    /// A drill of the library that works on knee valgus.
    fn drills() -> Vec<String> {
        let works = |skills: &[String]| skills.iter().any(|skill| skill == "knee_valgus");
        let mut names: Vec<String> = Library::bundled()
            .items()
            .iter()
            .filter(|item| works(&item.skills))
            .map(|item| item.name.clone())
            .collect();
        names.dedup();
        names
    }

    /// Half a year of a weekly measurement; in the second half the drill is done three times a
    /// week.
    fn athlete(effect: f64, alike: f64, rng: &mut Rng) -> (Factor, Vec<(Day, String)>) {
        let drill = drills()[0].clone();
        let done: Vec<(Day, String)> = (84..168)
            .filter(|day| [1, 3, 5].contains(&(day % 7)))
            .map(|day| (Day(day), drill.clone()))
            .collect();
        let mut error = normal(rng);
        let values = (0..24).map(|week| {
            error = alike * error + (1.0 - alike * alike).sqrt() * normal(rng);
            let so_far = done.iter().filter(|(day, _)| day.0 < 7 * week).count() as f64;
            (Day(7 * week), 12.0 + 0.05 * f64::from(week) + effect * so_far + 1.5 * error)
        });
        let values = values.collect();
        (
            Factor {
                name: "knee valgus, left".into(),
                unit: "deg".into(),
                detectable: 4.0,
                values,
            },
            done,
        )
    }

    /// Of simulated athletes whose drills do nothing, or bring 0.3° each time, the interval holds
    /// the truth about as often as it says, also where errors of neighbouring weeks are alike; and
    /// what is there is mostly seen.
    #[test]
    fn intervals_hold_the_planted_effect_as_often_as_they_say() {
        let mut rng = Rng::with_seed(7);
        for (effect, alike) in [(0.0, 0.0), (-0.3, 0.0), (0.0, 0.4), (-0.3, 0.4)] {
            let (mut holds, mut seen, mut told) = (0, 0, 0);
            for _ in 0..400 {
                let (factor, done) = athlete(effect, alike, &mut rng);
                let Some(each) =
                    moved(&factor, Library::bundled(), &done).unwrap().together.each_time
                else {
                    continue;
                };
                told += 1;
                holds += usize::from(each.low <= effect && effect <= each.high);
                seen += usize::from(each.low > 0.0 || each.high < 0.0);
            }
            assert_eq!(told, 400);
            // 95 % of 400 is 380, and 361 to 399 is what one set of draws in a thousand leaves; the
            // widening for likeness errs to the safe side.
            assert!(
                (361..=400).contains(&holds),
                "effect {effect}, likeness {alike}: {holds} of 400 hold the truth"
            );
            assert!(
                if effect == 0.0 { seen <= 39 } else { seen >= 300 },
                "effect {effect}, likeness {alike}: {seen} seen"
            );
        }
    }

    #[test]
    fn what_cannot_be_told_is_said_to_be_so() {
        let mut rng = Rng::with_seed(3);
        let (factor, done) = athlete(-0.3, 0.0, &mut rng);
        let even: Vec<(Day, String)> = (0..168).map(|day| (Day(day), done[0].1.clone())).collect();
        let of = |factor: &Factor, done: &[(Day, String)]| {
            moved(factor, Library::bundled(), done).map(|moved| moved.together)
        };
        let told = of(&factor, &even).unwrap();
        assert!(told.each_time.is_none() && told.verdict.contains("evenly"), "{told:?}");
        let short = Factor { values: factor.values[..5].to_vec(), ..factor.clone() };
        assert!(of(&short, &even).unwrap().verdict.contains("6 are needed"));
        assert!(of(&factor, &done[..2]).unwrap().verdict.contains("3 are needed"));
        assert!(
            of(&factor, &[(Day(21), "easy-run".to_owned())]).is_none(),
            "it does not work on the knee"
        );
        assert!(
            of(&Factor { name: "elbow carrying angle".into(), ..factor.clone() }, &done).is_none()
        );
        assert!(of(&Factor { values: Vec::new(), ..factor }, &done).is_none());
    }

    /// Two drills of which one does everything: it is mostly found, and the other is suspected
    /// about as seldom as the interval says (of 100, 13 is what one set of draws in a thousand
    /// passes).
    #[test]
    fn drills_are_told_apart() {
        let names = drills();
        assert!(names.len() > 1, "two drills work on it: {names:?}");
        let mut rng = Rng::with_seed(5);
        let (mut found, mut suspected) = (0, 0);
        for _ in 0..100 {
            let done: Vec<(Day, String)> = (0..168)
                .filter(|day| [1, 3, 5].contains(&(day % 7)))
                .filter_map(|day| match day / 42 {
                    0 => None,
                    1 => Some((Day(day), names[0].clone())),
                    2 => Some((Day(day), names[1].clone())),
                    _ => Some((Day(day), names[usize::from(day % 2 == 0)].clone())),
                })
                .collect();
            let so_far = |week: i32| {
                done.iter().filter(|(day, name)| *name == names[0] && day.0 < 7 * week).count()
            };
            let values = (0..24).map(|week| {
                (Day(7 * week), 15.0 - 0.4 * so_far(week) as f64 + 1.5 * normal(&mut rng))
            });
            let factor = Factor {
                name: "knee_valgus".into(),
                unit: "deg".into(),
                detectable: 4.0,
                values: values.collect(),
            };
            let each = moved(&factor, Library::bundled(), &done).unwrap().each;
            let shown = |name: &str| {
                let told =
                    each.iter().find(|own| own.drills == [name]).and_then(|own| own.each_time);
                told.is_some_and(|each| each.low > 0.0 || each.high < 0.0)
            };
            found += usize::from(shown(&names[0]));
            suspected += usize::from(shown(&names[1]));
        }
        assert!(found >= 65 && suspected <= 13, "{found} found, {suspected} suspected");
    }
}
