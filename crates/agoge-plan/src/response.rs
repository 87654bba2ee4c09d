//! How an athlete's performance responds to load: fitness and fatigue, with priors, intervals and
//! an out-of-sample error.
//!
//! Two models share one fit. Banister (1975, 1991): p(t) = p₀ + k₁ Σ w(i) e^{−(t−i)/τ₁} − k₂ Σ w(i)
//! e^{−(t−i)/τ₂}. Busso (2003), variable dose: k₂ grows with recent load, k₂(i) = k₃ Σ_{j≤i} w(j)
//! e^{−(i−j)/τ₃}. For given time constants both are linear in their gains, so the posterior over a
//! grid of time constants is exact: each grid node is a normal–inverse-gamma regression, weighted
//! by its marginal likelihood. Results are means over all nodes of both models. What neither model
//! explains is treated as drift: a random walk in addition to the noise of the tests, so that a
//! forecast starts from where the last tests left the athlete (equivalent to a Kalman filter over
//! the model, Kolossa 2017). Loads are divided by the athlete's usual daily load, and gains are the
//! effect of usual training, so that one prior serves every unit.

use agoge_motion::statistics::{finite_mean, normal_cdf};
use nalgebra::{Cholesky, DMatrix, DVector, Dyn, Matrix4, MatrixXx4, Vector4};
use serde::{Deserialize, Serialize};

/// With fewer tests no individual response is fitted: three gains and the time constants would be
/// free beside them (Hellard 2006).
pub const MIN_TESTS: usize = 5;
/// Days whose mean load stands for the training before the record.
const LEAD_IN_DAYS: usize = 28;
/// How far the unexplained part may drift in [`DRIFT_DAYS`], in standard deviations of a test; all
/// are equally likely a priori.
const DRIFTS: [f64; 3] = [0.0, 0.5, 1.5];
const DRIFT_DAYS: f64 = 28.0;
/// Half width of a 90 % interval in standard deviations.
const Z90: f64 = 1.645;

/// A test of performance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PerformanceTest {
    /// Day, counted from the first load; the test reflects the loads before it.
    pub day: usize,
    /// Result; more is better.
    pub value: f64,
}

/// Prior beliefs before an athlete's own tests are seen, in shares of the reference performance.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponsePrior {
    /// Weights of the nodes, in the order of the grid.
    weights: Vec<f64>,
    /// Means of: performance without training, what usual training adds in the long run, what it
    /// costs in fatigue, and how much more the athlete trained before the record than in its first
    /// weeks.
    pub mean: [f64; 4],
    /// Standard deviations of the same quantities.
    pub sd: [f64; 4],
    /// Standard deviation of a test.
    pub noise: f64,
}

/// Time constants, days; with the third the dose is variable.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct TimeConstants {
    fitness: f64,
    fatigue: f64,
    dose: Option<f64>,
    /// Index into [`DRIFTS`].
    drift: usize,
}

impl TimeConstants {
    /// Whether both respond to load alike and differ only in their drift; such nodes are adjacent
    /// in the grid.
    fn has_same_dynamics(self, other: TimeConstants) -> bool {
        TimeConstants { drift: other.drift, ..self } == other
    }
}

/// The grid of time constants. τ₃ ≤ 2τ₂ keeps performance a concave function of the loads, which
/// the `bound` module relies on; Busso (2003) found such values.
fn time_constant_grid() -> Vec<TimeConstants> {
    let mut nodes = Vec::new();
    for fitness in [20.0, 30.0, 40.0, 50.0, 65.0, 90.0, 150.0] {
        for fatigue in [4.0, 7.0, 10.0, 14.0, 18.0] {
            if fatigue < 0.6 * fitness {
                let doses =
                    [3.0, 6.0, 10.0].into_iter().filter(|dose| *dose <= 2.0 * fatigue).map(Some);
                for dose in std::iter::once(None).chain(doses) {
                    nodes.extend((0..DRIFTS.len()).map(|drift| TimeConstants {
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

impl Default for ResponsePrior {
    /// Time constants about 45 and 12 days (Morton, Fitz-Clarke and Banister 1990; published ones
    /// range from 4 to 74, Vermeire 2022), both models equally likely; usual training is worth a
    /// fifth of performance, give or take most of it, with k₂/k₁ about 2; a test repeats within 2
    /// %. The gains are our choice, deliberately wide.
    fn default() -> ResponsePrior {
        let nodes = time_constant_grid();
        let near =
            |value: f64, centre: f64, sd: f64| (-0.5 * ((value / centre).ln() / sd).powi(2)).exp();
        let weight_of = |tau: &TimeConstants| {
            let shared = near(tau.fitness, 45.0, 0.5) * near(tau.fatigue, 12.0, 0.4);
            let doses = [3.0, 6.0, 10.0].iter().filter(|dose| **dose <= 2.0 * tau.fatigue).count();
            shared * tau.dose.map_or(1.0, |_| 1.0 / doses as f64)
        };
        let weights = normalise_weights(nodes.iter().map(weight_of).collect());
        ResponsePrior {
            weights,
            mean: [0.93, 0.20, 0.13, 0.0],
            sd: [0.30, 0.15, 0.10, 0.30],
            noise: 0.02,
        }
    }
}

fn normalise_weights(mut weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}

/// A grid node with its posterior given the tests.
#[derive(Clone, Debug)]
struct GridNode {
    tau: TimeConstants,
    weight: f64,
    /// Gains in units of performance.
    mean: Vector4<f64>,
    /// Covariance of the gains, without the noise of a test.
    covariance: Matrix4<f64>,
    /// Variance of a test.
    noise: f64,
    /// `[test]`: residuals of the model times the inverse of the tests' covariance; the drift is a
    /// weighted sum of them.
    weighted_residuals: DVector<f64>,
    /// `[test][gain]`: the regressors times the same inverse.
    weighted_regressors: MatrixXx4<f64>,
}

/// The tests of an athlete with the covariance of their errors under one drift.
#[derive(Clone, Debug)]
struct TestSeries {
    /// Variance that the drift adds per day, in variances of a test.
    drift: f64,
    /// `[test]`
    days: Vec<f64>,
    values: DVector<f64>,
    /// Cholesky factor of their covariance, in variances of a test.
    factor: Cholesky<f64, Dyn>,
}

impl TestSeries {
    fn new(tests: &[PerformanceTest], drift: f64) -> TestSeries {
        let drift = drift * drift / DRIFT_DAYS;
        let days: Vec<f64> = tests.iter().map(|test| test.day as f64).collect();
        let same = |i: usize, j: usize| f64::from(u8::from(i == j)) + drift * days[i].min(days[j]);
        let n = days.len();
        // The noise alone makes it positive definite.
        let factor = DMatrix::from_fn(n, n, same).cholesky();
        let factor = factor.unwrap_or_else(|| Cholesky::new_unchecked(DMatrix::identity(n, n)));
        let values = DVector::from_iterator(n, tests.iter().map(|test| test.value));
        TestSeries { drift, days, values, factor }
    }

    /// Covariance of the drift on a day with each test, in variances of a test.
    fn drift_covariance(&self, day: f64) -> DVector<f64> {
        DVector::from_iterator(
            self.days.len(),
            self.days.iter().map(|test_day| self.drift * test_day.min(day)),
        )
    }
}

/// A prediction with its 90 % interval, including the noise of a test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerformancePrediction {
    /// Mean.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Errors of out-of-sample forecasts: each test is predicted from the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutOfSampleErrors {
    /// Root mean square error of the model.
    pub model: f64,
    /// Root mean square error of repeating the last value.
    pub last_value: f64,
    /// Number of tests forecast.
    pub tests: usize,
}

/// How an athlete responds to load.
///
/// ```
/// use agoge_plan::LoadResponse;
/// // Without tests, performance is in percent of today's: 100 on the day of the fit.
/// let response = LoadResponse::from_population(50.0);
/// let today = response.predict(&[50.0]);
/// assert!(today.low < 100.0 && today.high > 100.0);
/// // After two weeks of rest the fatigue is gone, after half a year the fitness is too.
/// let after = |days: usize| response.predict(&vec![0.0; days]).value;
/// assert!(after(14) > after(180));
/// ```
#[derive(Clone, Debug)]
pub struct LoadResponse {
    nodes: Vec<GridNode>,
    /// `[drift]`
    series: Vec<TestSeries>,
    /// The usual daily load, AU.
    pub usual_load: f64,
    /// The reference performance: the mean of the tests; 100 without any.
    pub reference: f64,
    /// Number of tests it rests on; 0 if it is the population's response.
    pub tests: usize,
    /// Load of the days before the record, as a share of the usual load.
    lead_in_load: f64,
}

/// Performance on a day as a function of the loads planned before it: `rest + linear·w − Σ_{j≤i}
/// square[i][j] w_i w_j`, a concave function.
#[derive(Clone, Debug, PartialEq)]
pub struct PerformanceSurface {
    /// Performance without any training.
    pub rest: f64,
    /// `[day]`, performance per AU.
    pub linear: Vec<f64>,
    /// `[day][earlier or same day]`, performance per AU².
    pub square: Vec<Vec<f64>>,
}

impl PerformanceSurface {
    /// Performance with these loads, AU a day.
    ///
    /// ```
    /// use agoge_plan::PerformanceSurface;
    /// let surface = PerformanceSurface {
    ///     rest: 90.0, linear: vec![0.2, 0.1], square: vec![vec![0.01], vec![0.0, 0.02]],
    /// };
    /// // 90 + 0.2 · 10 + 0.1 · 5 − 0.01 · 10² − 0.02 · 5²
    /// assert!((surface.performance_at(&[10.0, 5.0]) - 91.0).abs() < 1e-12);
    /// assert!((surface.slope_at(&[10.0, 5.0])[0] - 0.0).abs() < 1e-12);
    /// ```
    pub fn performance_at(&self, loads: &[f64]) -> f64 {
        let curvature: f64 = self
            .square
            .iter()
            .zip(loads)
            .map(|(row, load)| {
                load * row.iter().zip(loads).map(|(a, other)| a * other).sum::<f64>()
            })
            .sum();
        self.rest + self.linear.iter().zip(loads).map(|(b, w)| b * w).sum::<f64>() - curvature
    }

    /// Derivative with respect to the load of each day, performance per AU.
    pub fn slope_at(&self, loads: &[f64]) -> Vec<f64> {
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

/// Fitness and fatigue of a node on the morning of each day, `[day]` with one entry more than
/// loads, scaled so that usual training gives 1.
fn fitness_states(
    tau: TimeConstants,
    lead: f64,
    loads: impl Iterator<Item = f64>,
) -> Vec<[f64; 2]> {
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

/// The regressors of the gains on the morning of a day; the last is what is left of the training
/// before the record.
fn gain_regressors(tau: TimeConstants, state: &[[f64; 2]], day: usize) -> Vector4<f64> {
    let [fitness, fatigue] = state[day];
    Vector4::new(1.0, fitness, -fatigue, (-(day as f64) / tau.fitness).exp())
}

fn mean_known(loads: &[f64]) -> Option<f64> {
    Some(finite_mean(loads)).filter(|load| load.is_finite())
}

impl LoadResponse {
    /// Fits the response of an athlete with these daily loads (AU; NaN where unknown, treated as
    /// the usual load) and tests. With fewer than [`MIN_TESTS`] tests it is the population's
    /// response, shifted to pass through the tests there are.
    pub fn fit(loads: &[f64], tests: &[PerformanceTest], prior: &ResponsePrior) -> LoadResponse {
        let usual = mean_known(loads).filter(|load| *load > 0.0).unwrap_or(1.0);
        let lead =
            mean_known(&loads[..loads.len().min(LEAD_IN_DAYS)]).map_or(1.0, |load| load / usual);
        let mut known: Vec<PerformanceTest> = tests
            .iter()
            .copied()
            .filter(|test| test.value.is_finite() && test.day <= loads.len())
            .collect();
        let reference = match known.len() {
            0 => 100.0,
            n => known.iter().map(|test| test.value).sum::<f64>() / n as f64,
        };
        let enough = known.len() >= MIN_TESTS;
        if known.is_empty() {
            // Performance is then in percent of today's, which is known by definition.
            known.push(PerformanceTest { day: loads.len(), value: reference });
        }
        let mut response = LoadResponse {
            nodes: Vec::new(),
            series: DRIFTS.iter().map(|drift| TestSeries::new(&known, *drift)).collect(),
            usual_load: usual,
            reference,
            tests: if enough { known.len() } else { 0 },
            lead_in_load: lead,
        };
        let mut logs = Vec::new();
        let mut weights = prior.weights.iter();
        for group in time_constant_grid().chunk_by(|a, b| a.has_same_dynamics(*b)) {
            let state = fitness_states(group[0], lead, response.relative_loads(loads));
            for (tau, weight) in group.iter().zip(&mut weights) {
                let (node, evidence) =
                    fit_node(*tau, &state, &response.series[tau.drift], prior, reference);
                // Without enough tests, the time constants stay those of the population.
                logs.push(weight.max(f64::MIN_POSITIVE).ln() + if enough { evidence } else { 0.0 });
                response.nodes.push(node);
            }
        }
        let best = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights = normalise_weights(logs.into_iter().map(|log| (log - best).exp()).collect());
        response.nodes.iter_mut().zip(weights).for_each(|(node, weight)| node.weight = weight);
        response
    }

    /// The population's response for an athlete whose usual daily load (AU) is known or assumed;
    /// performance is in percent of today's.
    pub fn from_population(usual_load: f64) -> LoadResponse {
        LoadResponse::fit(&[usual_load], &[], &ResponsePrior::default())
    }

    /// The same response with another usual daily load, AU.
    pub(super) fn with_usual_load(self, usual_load: f64) -> LoadResponse {
        LoadResponse { usual_load, ..self }
    }

    fn relative_loads<'a>(&self, loads: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let usual = self.usual_load;
        loads.iter().map(move |load| if load.is_finite() { load / usual } else { 1.0 })
    }

    /// Predicts performance on the morning after the last of these loads (AU a day), which start on
    /// the same day as the loads of the fit.
    pub fn predict(&self, loads: &[f64]) -> PerformancePrediction {
        let day = loads.len() as f64;
        // For each drift: its covariance with the tests, and the variance they leave open on that
        // day.
        let drifts: Vec<(DVector<f64>, f64)> = self
            .series
            .iter()
            .map(|series| {
                let covariance = series.drift_covariance(day);
                let open_variance =
                    series.drift * day - covariance.dot(&series.factor.solve(&covariance));
                (covariance, open_variance)
            })
            .collect();
        let (mut mean, mut second_moment) = (0.0, 0.0);
        for group in self.nodes.chunk_by(|a, b| a.tau.has_same_dynamics(b.tau)) {
            let tau = group[0].tau;
            let x = gain_regressors(
                tau,
                &fitness_states(tau, self.lead_in_load, self.relative_loads(loads)),
                loads.len(),
            );
            for node in group {
                let (covariance, open_variance) = &drifts[node.tau.drift];
                let value = node.mean.dot(&x) + covariance.dot(&node.weighted_residuals);
                // The uncertainty of the gains that remains once the tests have explained their
                // part of the drift.
                let x = x - node.weighted_regressors.tr_mul(covariance);
                mean += node.weight * value;
                second_moment += node.weight
                    * (value * value
                        + node.noise * (1.0 + open_variance)
                        + (node.covariance * x).dot(&x));
            }
        }
        let half = Z90 * (second_moment - mean * mean).max(0.0).sqrt();
        PerformancePrediction { value: mean, low: mean - half, high: mean + half }
    }

    /// Performance on the morning of plan day `at` (0 is the first) as a function of the loads of
    /// the `days` planned, following these past loads.
    pub fn performance_surface(&self, past: &[f64], days: usize, at: usize) -> PerformanceSurface {
        let mut surface = PerformanceSurface {
            rest: 0.0,
            linear: vec![0.0; days],
            square: vec![Vec::new(); days],
        };
        let before = at.min(days);
        for (i, row) in surface.square.iter_mut().enumerate().take(before) {
            row.resize(i + 1, 0.0);
        }
        let loads: Vec<f64> =
            self.relative_loads(past).chain(std::iter::repeat_n(0.0, at)).collect();
        for node in &self.nodes {
            let tau = node.tau;
            let state = fitness_states(tau, self.lead_in_load, loads.iter().copied());
            let drifted = self.series[tau.drift]
                .drift_covariance(loads.len() as f64)
                .dot(&node.weighted_residuals);
            surface.rest +=
                node.weight * (node.mean.dot(&gain_regressors(tau, &state, loads.len())) + drifted);
            // The part of a unit load that is left, in the units of `states`.
            let (keep1, keep2) = ((-1.0 / tau.fitness).exp(), (-1.0 / tau.fatigue).exp());
            let scale1 = node.weight * node.mean[1] * (1.0 - keep1) / keep1 / self.usual_load;
            let scale2 = node.weight * node.mean[2] * (1.0 - keep2) / keep2 / self.usual_load;
            let keep3 = tau.dose.map(|dose| (-1.0 / dose).exp());
            let mut dose = keep3.map(|keep| {
                self.relative_loads(past)
                    .fold(self.lead_in_load / (1.0 - keep), |dose, load| dose * keep + load)
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

    /// Mean time constants of fitness and fatigue, days, and the weight of the variable-dose model,
    /// 0 to 1.
    pub fn time_constants(&self) -> (f64, f64, f64) {
        let mean = |quantity: &dyn Fn(&GridNode) -> f64| {
            self.nodes.iter().map(|node| node.weight * quantity(node)).sum()
        };
        (
            mean(&|node| node.tau.fitness),
            mean(&|node| node.tau.fatigue),
            mean(&|node| if node.tau.dose.is_some() { 1.0 } else { 0.0 }),
        )
    }
}

/// Fits the regression of a node; also returns the logarithm of its marginal likelihood up to a
/// constant.
fn fit_node(
    tau: TimeConstants,
    state: &[[f64; 2]],
    series: &TestSeries,
    prior: &ResponsePrior,
    reference: f64,
) -> (GridNode, f64) {
    // Normal–inverse-gamma: a prior on the noise worth six tests keeps a short series from implying
    // that there is no noise.
    const SHAPE: f64 = 3.0;
    let noise = (prior.noise * reference).powi(2);
    let rate = (SHAPE - 1.0) * noise;
    let mean = Vector4::from(prior.mean) * reference;
    let precision =
        Matrix4::from_diagonal(&Vector4::from(prior.sd.map(|sd| noise / (sd * reference).powi(2))));
    let tests = series.days.len();
    let row = |i: usize| gain_regressors(tau, state, series.days[i] as usize);
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
    // Training neither harms in the long run nor refreshes immediately, so only the share of the
    // posterior with both gains positive counts.
    let positive = |k: usize| normal_cdf(free[k] / covariance[(k, k)].max(1e-300).sqrt());
    let log = 0.5
        * (precision.determinant().ln() - post.determinant().ln() - series.factor.ln_determinant())
        - shape * spread.ln()
        + (positive(1) * positive(2)).max(1e-300).ln();
    // The mean is replaced by the most likely point with both gains non-negative: a negative gain
    // is pinned at zero and the others adjust to it.
    let mut gains = free;
    for _ in 0..2 {
        let Some(k) = (1..3).find(|k| gains[*k] < 0.0) else { break };
        post[(k, k)] += 1e9 * post[(k, k)];
        gains = post.try_inverse().map_or(free, |inverse| inverse * right);
        gains[k] = 0.0;
    }
    let left = values - &share * gains;
    (
        GridNode {
            tau,
            weight: 0.0,
            mean: gains,
            covariance,
            noise,
            weighted_residuals: left,
            weighted_regressors: share,
        },
        log,
    )
}

/// Predicts each test from the ones before it, starting with the fourth; `None` if fewer than two
/// can be predicted.
pub fn out_of_sample(
    loads: &[f64],
    tests: &[PerformanceTest],
    prior: &ResponsePrior,
) -> Option<OutOfSampleErrors> {
    let errors_of_forecasts: Vec<(f64, f64)> = (3..tests.len())
        .map(|n| {
            let (now, before) = (tests[n], &tests[..n]);
            let loads = &loads[..now.day.min(loads.len())];
            (
                LoadResponse::fit(loads, before, prior).predict(loads).value - now.value,
                before[n - 1].value - now.value,
            )
        })
        .collect();
    let rmse = |error_of: fn(&(f64, f64)) -> f64| {
        (errors_of_forecasts.iter().map(|errors| error_of(errors).powi(2)).sum::<f64>()
            / errors_of_forecasts.len() as f64)
            .sqrt()
    };
    (errors_of_forecasts.len() >= 2).then(|| OutOfSampleErrors {
        model: rmse(|errors| errors.0),
        last_value: rmse(|errors| errors.1),
        tests: errors_of_forecasts.len(),
    })
}
