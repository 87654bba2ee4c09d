//! What was learned from a club's log, as it is shown and written: how much data there is, how good
//! a warning model is on athletes left out, and what it says of each athlete's last day.

use agoge_motion::Day;
use serde::Serialize;

/// The quality of log odds on athletes that were not used for learning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OddsEvaluation {
    /// Area under the ROC curve.
    pub auc: f64,
    /// Its 2.5 % and 97.5 % quantiles when athletes are resampled with replacement (Efron 1979).
    pub auc_interval: [f64; 2],
    /// Mean squared error of the probabilities (Brier 1950).
    pub brier: f64,
    /// The Brier score of the base rate alone: a model that is no better carries no information.
    pub brier_of_base_rate: f64,
    /// Slope of the outcomes' log odds over the model's: 1 is calibrated, below 1 too extreme (Cox
    /// 1958).
    pub calibration_slope: f64,
    /// Half width of the slope's 95 % interval, from the curvature of the likelihood.
    pub slope_error: f64,
    /// Share of the windows with the outcome.
    pub base_rate: f64,
}

impl OddsEvaluation {
    /// Whether the model may be used: the whole interval of the AUC is above chance and the
    /// calibration slope is between a half and two.
    pub fn is_reliable(&self) -> bool {
        self.auc_interval[0] > 0.5 && (0.5..=2.0).contains(&self.calibration_slope)
    }
}

/// How much data there is to learn from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LogAmount {
    /// Number of athletes with days that can be learned from.
    pub athletes: usize,
    /// Their days at risk with enough known before them, in years.
    pub years: f64,
    /// Injuries on the day after one of them.
    pub injuries: usize,
}

impl LogAmount {
    /// Least data from which a warning model is learned: measured on simulated squads
    /// (docs/results/load.md).
    pub const MINIMUM: LogAmount = LogAmount { athletes: 16, years: 50.0, injuries: 100 };

    /// Whether there is at least as much as in `least`.
    pub fn is_enough(&self, least: &LogAmount) -> bool {
        self.athletes >= least.athletes
            && self.years >= least.years
            && self.injuries >= least.injuries
    }
}

/// A group of days with similar odds: what was predicted and what happened.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CalibrationGroup {
    /// Number of days.
    pub days: usize,
    /// Share of them that the model expected to be followed by an injury.
    pub said: f64,
    /// Share that was followed by an injury.
    pub came: f64,
    /// 95 % interval of `came` (Wilson 1927).
    pub interval: [f64; 2],
}

/// How good the model is on athletes it did not learn from, leaving out each in turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldOutReport {
    /// Discrimination and calibration.
    pub judged: OddsEvaluation,
    /// Groups of days by rising odds.
    pub calibration: Vec<CalibrationGroup>,
    /// Share of the days on which it warned.
    pub warned: f64,
    /// Share of the warned days that were followed by an injury on the next day: the predictive
    /// value at the base rate.
    pub predictive_value: f64,
    /// 95 % interval of `predictive_value` (Wilson 1927).
    pub predictive_interval: [f64; 2],
}

/// A factor that changed the odds of an athlete's day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OddsFactor {
    /// Name of the summary of the days before, as the laboratory that learned the model names it.
    pub name: &'static str,
    /// Value on the day.
    pub now: f64,
    /// Usual value of the athlete: the median of all days.
    pub usual: f64,
    /// Whether it raised the odds.
    pub raises: bool,
}

/// The model's result for an athlete's last day: no probability, but whether it warns and what
/// changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AthleteWarning {
    /// Name of the athlete.
    pub athlete: String,
    /// Day.
    pub day: Day,
    /// Whether the day is like the twentieth of all days with the highest odds.
    pub warns: bool,
    /// Factors that changed the odds most, largest first.
    pub moved: Vec<OddsFactor>,
}

/// Result of learning from a club's log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClubResult {
    /// Name of the model.
    pub model: &'static str,
    /// How much data there is.
    pub amount: LogAmount,
    /// How much data is needed.
    pub least: LogAmount,
    /// How good the model is; `None` with too little data.
    pub report: Option<HeldOutReport>,
    /// Whether the model may be used; otherwise only the rules apply.
    pub may_speak: bool,
    /// Why, or why not.
    pub reason: String,
    /// The model's results per athlete; empty if it may not be used.
    pub words: Vec<AthleteWarning>,
}
