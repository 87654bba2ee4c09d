//! How an athlete's performance answers to load: fitness and fatigue, with priors, intervals and an
//! error out of sample.
//!
//! Two models share one fit. Banister (1975, 1991): p(t) = p₀ + k₁ Σ w(i) e^{−(t−i)/τ₁} − k₂ Σ w(i)
//! e^{−(t−i)/τ₂}. Busso (2003), variable dose: k₂ grows with recent load, k₂(i) = k₃ Σ_{j≤i} w(j)
//! e^{−(i−j)/τ₃}. For given time constants both are linear in their gains, so that the posterior
//! over a grid of time constants is exact: at each node a normal–inverse-gamma regression, weighed
//! by its marginal likelihood. What is said is the mean over all nodes of both models. What neither
//! explains is taken to drift: a random walk beside the noise of the tests, so that a forecast sets
//! out from where the last tests left the athlete (a Kalman filter over the model does the same,
//! Kolossa 2017). Loads are divided by the athlete's usual daily load and gains are what usual
//! training is worth, so that one prior serves every unit.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn, Matrix4, MatrixXx4, Vector4};
use serde::{Deserialize, Serialize};

/// With fewer tests the athlete's own are not fitted: three gains and the time constants would be
/// free beside them (Hellard 2006).
pub const LEAST_TESTS: usize = 5;
/// Days whose mean load stands for the training before the record.
const LEAD_DAYS: usize = 28;
/// How far what no model explains may drift in so many days, standard deviations of a test; each as
/// likely beforehand.
const DRIFTS: [f64; 3] = [0.0, 0.5, 1.5];
const DRIFT_DAYS: f64 = 28.0;
/// Half width of a 90 % interval in standard deviations.
const Z90: f64 = 1.645;

/// A test of performance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Test {
    /// Day, counted from the first of the loads; it counts loads before it.
    pub day: usize,
    /// Result; more is better.
    pub value: f64,
}

/// What is believed before an athlete's own tests are seen; shares of the reference performance.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// Weights of the nodes, in the order of the grid.
    weights: Vec<f64>,
    /// Mean of: performance without training, what usual training adds in the long run, what it
    /// costs in fatigue, and how much more than by the record's first weeks the athlete was trained
    /// before them.
    pub mean: [f64; 4],
    /// Their standard deviations.
    pub sd: [f64; 4],
    /// Standard deviation of a test.
    pub noise: f64,
}

/// Time constants in days; with the third the dose is variable.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Tau {
    fitness: f64,
    fatigue: f64,
    dose: Option<f64>,
    /// Which of [`DRIFTS`].
    drift: usize,
}

impl Tau {
    /// Whether both answer to load alike, and differ in their drift at most: such nodes stand
    /// beside each other.
    fn answers_as(self, other: Tau) -> bool {
        Tau { drift: other.drift, ..self } == other
    }
}

/// The grid. τ₃ ≤ 2τ₂ keeps performance a concave function of the loads (module `bound` relies on
/// it); Busso (2003) found such values.
fn grid() -> Vec<Tau> {
    let mut nodes = Vec::new();
    for fitness in [20.0, 30.0, 40.0, 50.0, 65.0, 90.0, 150.0] {
        for fatigue in [4.0, 7.0, 10.0, 14.0, 18.0] {
            if fatigue < 0.6 * fitness {
                let doses =
                    [3.0, 6.0, 10.0].into_iter().filter(|dose| *dose <= 2.0 * fatigue).map(Some);
                for dose in std::iter::once(None).chain(doses) {
                    nodes.extend((0..DRIFTS.len()).map(|drift| Tau {
                        fitness,
                        fatigue,
                        dose,
                        drift,
                    }));
                }
            }
        }
    }
    nodes
}

impl Default for Prior {
    /// Time constants about 45 and 12 days (Morton, Fitz-Clarke and Banister 1990; published ones
    /// reach from 4 to 74, Vermeire 2022), both models alike; usual training is worth a fifth of
    /// performance, give or take most of it, k₂/k₁ about 2; a test repeats within 2 %. The gains
    /// are a choice of ours, wide on purpose.
    fn default() -> Prior {
        let nodes = grid();
        let near =
            |value: f64, centre: f64, sd: f64| (-0.5 * ((value / centre).ln() / sd).powi(2)).exp();
        let of = |tau: &Tau| {
            let shared = near(tau.fitness, 45.0, 0.5) * near(tau.fatigue, 12.0, 0.4);
            let doses = [3.0, 6.0, 10.0].iter().filter(|dose| **dose <= 2.0 * tau.fatigue).count();
            shared * tau.dose.map_or(1.0, |_| 1.0 / doses as f64)
        };
        let weights = normalised(nodes.iter().map(of).collect());
        Prior { weights, mean: [0.93, 0.20, 0.13, 0.0], sd: [0.30, 0.15, 0.10, 0.30], noise: 0.02 }
    }
}

fn normalised(mut weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}

/// A node with what the tests say of it.
#[derive(Clone, Debug)]
struct Node {
    tau: Tau,
    weight: f64,
    /// Gains in units of performance.
    mean: Vector4<f64>,
    /// Their covariance, noise of a test left out.
    covariance: Matrix4<f64>,
    /// Variance of a test.
    noise: f64,
    /// `[test]`: what the model leaves unexplained of each, by the inverse of their covariance: the
    /// drift is a weighted sum of it.
    left: DVector<f64>,
    /// `[test][gain]`: what the gains are multiplied with, by the same inverse.
    share: MatrixXx4<f64>,
}

/// The tests of an athlete, and how their errors go together under one drift.
#[derive(Clone, Debug)]
struct Series {
    /// How much of the variance of a test the drift adds a day.
    drift: f64,
    /// `[test]`
    days: Vec<f64>,
    values: DVector<f64>,
    /// Cholesky's factor of their covariance, in variances of a test.
    factor: Cholesky<f64, Dyn>,
}

impl Series {
    fn new(tests: &[Test], drift: f64) -> Series {
        let drift = drift * drift / DRIFT_DAYS;
        let days: Vec<f64> = tests.iter().map(|test| test.day as f64).collect();
        let same = |i: usize, j: usize| f64::from(u8::from(i == j)) + drift * days[i].min(days[j]);
        let n = days.len();
        // The noise alone keeps it positive definite.
        let factor = DMatrix::from_fn(n, n, same).cholesky();
        let factor = factor.unwrap_or_else(|| Cholesky::new_unchecked(DMatrix::identity(n, n)));
        let values = DVector::from_iterator(n, tests.iter().map(|test| test.value));
        Series { drift, days, values, factor }
    }

    /// How the drift on a day goes together with each test, in variances of a test.
    fn with(&self, day: f64) -> DVector<f64> {
        DVector::from_iterator(
            self.days.len(),
            self.days.iter().map(|own| self.drift * own.min(day)),
        )
    }
}

/// A prediction with its 90 % interval, the noise of a test included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Mean.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Errors of forecasts that did not see the test which they forecast: each test from the ones
/// before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutOfSample {
    /// Root mean square error of the model.
    pub model: f64,
    /// Of the last value before.
    pub last_value: f64,
    /// How many tests were forecast.
    pub tests: usize,
}

/// How an athlete answers to load.
#[derive(Clone, Debug)]
pub struct Response {
    nodes: Vec<Node>,
    /// `[drift]`
    series: Vec<Series>,
    /// The usual daily load, AU.
    pub usual_load: f64,
    /// The reference performance: the mean of the tests; 100 without any.
    pub reference: f64,
    /// How many tests it rests on; 0 when it is the population's alone.
    pub tests: usize,
    /// Load of the days before the record, shares of the usual.
    lead: f64,
}

/// Performance at a day as a function of the loads planned before it: `rest + linear·w − Σ_{j≤i}
/// square[i][j] w_i w_j`, a concave function.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// Performance if nothing is trained.
    pub rest: f64,
    /// `[day]`, performance per AU.
    pub linear: Vec<f64>,
    /// `[day][earlier or same day]`, performance per AU².
    pub square: Vec<Vec<f64>>,
}

impl Surface {
    /// Performance with these loads, AU a day.
    pub fn at(&self, loads: &[f64]) -> f64 {
        let bent: f64 = self
            .square
            .iter()
            .zip(loads)
            .map(|(row, own)| own * row.iter().zip(loads).map(|(a, other)| a * other).sum::<f64>())
            .sum();
        self.rest + self.linear.iter().zip(loads).map(|(b, w)| b * w).sum::<f64>() - bent
    }

    /// Its derivative by the load of each day, performance per AU.
    pub fn slope(&self, loads: &[f64]) -> Vec<f64> {
        let mut slope = self.linear.clone();
        for (i, row) in self.square.iter().enumerate() {
            for (j, a) in row.iter().enumerate() {
                slope[i] -= a * loads[j];
                slope[j] -= a * loads[i];
            }
        }
        slope
    }
}

/// Fitness and fatigue of a node at the morning of each day, `[day]` with one more than loads: what
/// usual training makes 1.
fn states(tau: Tau, lead: f64, loads: impl Iterator<Item = f64>) -> Vec<[f64; 2]> {
    let (keep1, keep2) = ((-1.0 / tau.fitness).exp(), (-1.0 / tau.fatigue).exp());
    let steady = |keep: f64| keep / (1.0 - keep);
    let keep3 = tau.dose.map(|dose| (-1.0 / dose).exp());
    // The long-run values at a load of 1, by which both are divided.
    let unit1 = steady(keep1);
    let unit2 = steady(keep2) * keep3.map_or(1.0, |keep| 1.0 / (1.0 - keep));
    let mut dose = keep3.map_or(1.0, |keep| lead / (1.0 - keep));
    let (mut fitness, mut fatigue) = (lead * unit1, lead * dose * steady(keep2));
    let mut all = vec![[fitness / unit1, fatigue / unit2]];
    for load in loads {
        if let Some(keep) = keep3 {
            dose = dose * keep + load;
        }
        fitness = (fitness + load) * keep1;
        fatigue = (fatigue + dose * load) * keep2;
        all.push([fitness / unit1, fatigue / unit2]);
    }
    all
}

/// What the gains are multiplied with on the morning of a day; the last is what is left of the
/// training before the record.
fn regressors(tau: Tau, state: &[[f64; 2]], day: usize) -> Vector4<f64> {
    let [fitness, fatigue] = state[day];
    Vector4::new(1.0, fitness, -fatigue, (-(day as f64) / tau.fitness).exp())
}

fn mean_known(loads: &[f64]) -> Option<f64> {
    let known: Vec<f64> = loads.iter().copied().filter(|load| load.is_finite()).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

impl Response {
    /// The answer of an athlete with these daily loads (AU; NaN where nothing is known, taken for
    /// the usual load) and tests. With fewer than [`LEAST_TESTS`] tests it is the population's,
    /// laid through the tests there are.
    pub fn fit(loads: &[f64], tests: &[Test], prior: &Prior) -> Response {
        let usual = mean_known(loads).filter(|load| *load > 0.0).unwrap_or(1.0);
        let lead =
            mean_known(&loads[..loads.len().min(LEAD_DAYS)]).map_or(1.0, |load| load / usual);
        let mut known: Vec<Test> = tests
            .iter()
            .copied()
            .filter(|test| test.value.is_finite() && test.day <= loads.len())
            .collect();
        let reference = match known.len() {
            0 => 100.0,
            n => known.iter().map(|test| test.value).sum::<f64>() / n as f64,
        };
        let enough = known.len() >= LEAST_TESTS;
        if known.is_empty() {
            // Performance is told in percent of today's, which is then known.
            known.push(Test { day: loads.len(), value: reference });
        }
        let mut own = Response {
            nodes: Vec::new(),
            series: DRIFTS.iter().map(|drift| Series::new(&known, *drift)).collect(),
            usual_load: usual,
            reference,
            tests: if enough { known.len() } else { 0 },
            lead,
        };
        let mut logs = Vec::new();
        let mut weights = prior.weights.iter();
        for alike in grid().chunk_by(|a, b| a.answers_as(*b)) {
            let state = states(alike[0], lead, own.relative(loads));
            for (tau, weight) in alike.iter().zip(&mut weights) {
                let (node, evidence) = node(*tau, &state, &own.series[tau.drift], prior, reference);
                // Without enough tests of one's own the time constants stay the population's.
                logs.push(weight.max(f64::MIN_POSITIVE).ln() + if enough { evidence } else { 0.0 });
                own.nodes.push(node);
            }
        }
        let best = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights = normalised(logs.into_iter().map(|log| (log - best).exp()).collect());
        own.nodes.iter_mut().zip(weights).for_each(|(node, weight)| node.weight = weight);
        own
    }

    /// The population's answer for an athlete whose usual daily load (AU) is known or assumed;
    /// performance is in percent of today's.
    pub fn population(usual_load: f64) -> Response {
        Response::fit(&[usual_load], &[], &Prior::default())
    }

    /// The same answer for another usual daily load, AU.
    pub(super) fn with_usual(self, usual_load: f64) -> Response {
        Response { usual_load, ..self }
    }

    fn relative<'a>(&self, loads: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let usual = self.usual_load;
        loads.iter().map(move |load| if load.is_finite() { load / usual } else { 1.0 })
    }

    /// Performance in the morning after the last of these loads, which begin where those of the fit
    /// began, AU a day.
    pub fn predict(&self, loads: &[f64]) -> Prediction {
        let day = loads.len() as f64;
        // Of each drift how it goes together with the tests, and what these do not say of it on
        // that day.
        let drifts: Vec<(DVector<f64>, f64)> = self
            .series
            .iter()
            .map(|series| {
                let with = series.with(day);
                let open = series.drift * day - with.dot(&series.factor.solve(&with));
                (with, open)
            })
            .collect();
        let (mut mean, mut second) = (0.0, 0.0);
        for alike in self.nodes.chunk_by(|a, b| a.tau.answers_as(b.tau)) {
            let tau = alike[0].tau;
            let x = regressors(tau, &states(tau, self.lead, self.relative(loads)), loads.len());
            for node in alike {
                let (with, open) = &drifts[node.tau.drift];
                let at = node.mean.dot(&x) + with.dot(&node.left);
                // What is open of the gains once the tests have told their part of the drift.
                let x = x - node.share.tr_mul(with);
                mean += node.weight * at;
                second += node.weight
                    * (at * at + node.noise * (1.0 + open) + (node.covariance * x).dot(&x));
            }
        }
        let half = Z90 * (second - mean * mean).max(0.0).sqrt();
        Prediction { value: mean, low: mean - half, high: mean + half }
    }

    /// Performance on the morning of plan day `at` (0 is the plan's first) as a function of the
    /// loads of the `days` planned, after these past loads.
    pub fn surface(&self, past: &[f64], days: usize, at: usize) -> Surface {
        let mut surface =
            Surface { rest: 0.0, linear: vec![0.0; days], square: vec![Vec::new(); days] };
        let before = at.min(days);
        for (i, row) in surface.square.iter_mut().enumerate().take(before) {
            row.resize(i + 1, 0.0);
        }
        let loads: Vec<f64> = self.relative(past).chain(std::iter::repeat_n(0.0, at)).collect();
        for node in &self.nodes {
            let tau = node.tau;
            let state = states(tau, self.lead, loads.iter().copied());
            let drifted = self.series[tau.drift].with(loads.len() as f64).dot(&node.left);
            surface.rest +=
                node.weight * (node.mean.dot(&regressors(tau, &state, loads.len())) + drifted);
            // The part of a unit load that is left, by the same units as `states`.
            let (keep1, keep2) = ((-1.0 / tau.fitness).exp(), (-1.0 / tau.fatigue).exp());
            let scale1 = node.weight * node.mean[1] * (1.0 - keep1) / keep1 / self.usual_load;
            let scale2 = node.weight * node.mean[2] * (1.0 - keep2) / keep2 / self.usual_load;
            let keep3 = tau.dose.map(|dose| (-1.0 / dose).exp());
            let mut dose = keep3.map(|keep| {
                self.relative(past).fold(self.lead / (1.0 - keep), |dose, load| dose * keep + load)
                    * (1.0 - keep)
            });
            for day in 0..before {
                let left = (at - day) as i32;
                surface.linear[day] += scale1 * keep1.powi(left);
                let tired = scale2 * keep2.powi(left);
                match (&mut dose, keep3) {
                    (Some(dose), Some(keep)) => {
                        *dose *= keep;
                        surface.linear[day] -= tired * *dose;
                        for (earlier, a) in surface.square[day].iter_mut().enumerate() {
                            *a += tired * (1.0 - keep) * keep.powi((day - earlier) as i32)
                                / self.usual_load;
                        }
                    }
                    _ => surface.linear[day] -= tired,
                }
            }
        }
        surface
    }

    /// Mean time constants of fitness and fatigue, days, and the weight of the model with variable
    /// dose, 0 to 1.
    pub fn time_constants(&self) -> (f64, f64, f64) {
        let mean =
            |of: &dyn Fn(&Node) -> f64| self.nodes.iter().map(|node| node.weight * of(node)).sum();
        (
            mean(&|node| node.tau.fitness),
            mean(&|node| node.tau.fatigue),
            mean(&|node| if node.tau.dose.is_some() { 1.0 } else { 0.0 }),
        )
    }
}

/// The regression of a node, and the logarithm of its marginal likelihood up to a constant.
fn node(
    tau: Tau,
    state: &[[f64; 2]],
    series: &Series,
    prior: &Prior,
    reference: f64,
) -> (Node, f64) {
    // Normal–inverse-gamma: a prior worth six tests on the noise keeps a short series from claiming
    // that there is none.
    const SHAPE: f64 = 3.0;
    let noise = (prior.noise * reference).powi(2);
    let rate = (SHAPE - 1.0) * noise;
    let mean = Vector4::from(prior.mean) * reference;
    let precision =
        Matrix4::from_diagonal(&Vector4::from(prior.sd.map(|sd| noise / (sd * reference).powi(2))));
    let tests = series.days.len();
    let row = |i: usize| regressors(tau, state, series.days[i] as usize);
    let x = MatrixXx4::from_fn(tests, |i, k| row(i)[k]);
    let (share, values) = (series.factor.solve(&x), series.factor.solve(&series.values));
    let mut post = precision + x.tr_mul(&share);
    let right = precision * mean + x.tr_mul(&values);
    let squares = (precision * mean).dot(&mean) + series.values.dot(&values);
    let inverse = post.try_inverse().unwrap_or_else(Matrix4::zeros);
    let free = inverse * right;
    let (shape, spread) =
        (SHAPE + 0.5 * tests as f64, rate + 0.5 * (squares - free.dot(&right)).max(0.0));
    let noise = spread / (shape - 1.0);
    let covariance = inverse * noise;
    // Training neither harms in the long run nor refreshes at once: the share of the posterior
    // where both gains are positive counts.
    let positive = |k: usize| normal_below(free[k] / covariance[(k, k)].max(1e-300).sqrt());
    let log = 0.5
        * (precision.determinant().ln() - post.determinant().ln() - series.factor.ln_determinant())
        - shape * spread.ln()
        + (positive(1) * positive(2)).max(1e-300).ln();
    // The mean is the most likely point at which both are: a gain that would be negative is held at
    // nothing, and the others give way to it.
    let mut gains = free;
    for _ in 0..2 {
        let Some(k) = (1..3).find(|k| gains[*k] < 0.0) else { break };
        post[(k, k)] += 1e9 * post[(k, k)];
        gains = post.try_inverse().map_or(free, |inverse| inverse * right);
        gains[k] = 0.0;
    }
    let left = values - &share * gains;
    (Node { tau, weight: 0.0, mean: gains, covariance, noise, left, share }, log)
}

fn normal_below(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// Each test from the ones before it, from the fourth test on; none with fewer than two to
/// forecast.
pub fn out_of_sample(loads: &[f64], tests: &[Test], prior: &Prior) -> Option<OutOfSample> {
    let forecast: Vec<(f64, f64)> = (3..tests.len())
        .map(|n| {
            let (now, before) = (tests[n], &tests[..n]);
            let loads = &loads[..now.day.min(loads.len())];
            (
                Response::fit(loads, before, prior).predict(loads).value - now.value,
                before[n - 1].value - now.value,
            )
        })
        .collect();
    let rmse = |of: fn(&(f64, f64)) -> f64| {
        (forecast.iter().map(|errors| of(errors).powi(2)).sum::<f64>() / forecast.len() as f64)
            .sqrt()
    };
    (forecast.len() >= 2).then(|| OutOfSample {
        model: rmse(|errors| errors.0),
        last_value: rmse(|errors| errors.1),
        tests: forecast.len(),
    })
}

/// The prior that a squad's own tests make of the population's: time constants and gains shared
/// between its athletes (empirical Bayes by expectation and maximisation). The population counts as
/// much as four athletes, so that a small squad learns little from itself.
pub fn squad_prior(squad: &[(Vec<f64>, Vec<Test>)]) -> Prior {
    const POPULATION: f64 = 4.0;
    let population = Prior::default();
    let mut prior = population.clone();
    for _ in 0..5 {
        let fits: Vec<Response> = squad
            .iter()
            .map(|(loads, tests)| Response::fit(loads, tests, &prior))
            .filter(|fit| fit.tests > 0)
            .collect();
        let of = POPULATION + fits.len() as f64;
        let mut next = population.clone();
        for (node, weight) in next.weights.iter_mut().enumerate() {
            *weight = (POPULATION * *weight
                + fits.iter().map(|fit| fit.nodes[node].weight).sum::<f64>())
                / of;
        }
        for k in 0..4 {
            // Moments of each athlete's gain: within the nodes and between them.
            let moments: Vec<(f64, f64)> = fits
                .iter()
                .map(|fit| {
                    let mean = |of: &dyn Fn(&Node) -> f64| -> f64 {
                        fit.nodes.iter().map(|node| node.weight * of(node)).sum::<f64>()
                    };
                    let scale = fit.reference;
                    let first = mean(&|node| node.mean[k] / scale);
                    let second = mean(&|node| {
                        (node.mean[k].powi(2) + node.covariance[(k, k)]) / scale.powi(2)
                    });
                    (first, second)
                })
                .collect();
            let first = (POPULATION * population.mean[k]
                + moments.iter().map(|(first, _)| first).sum::<f64>())
                / of;
            let second = (POPULATION * (population.sd[k].powi(2) + population.mean[k].powi(2))
                + moments.iter().map(|(_, second)| second).sum::<f64>())
                / of;
            next.mean[k] = first;
            next.sd[k] = (second - first * first).max(1e-4).sqrt();
        }
        prior = next;
    }
    prior
}
