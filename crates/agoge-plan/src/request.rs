//! The planning request: the calendar, what the athlete can and may do, and what is known of the
//! past.

use super::library::{HARD_RPE, RegionDemand, SessionItem, TissueRegion};
use super::risk::PlanRisk;
use agoge_analysis::Gain;
use agoge_load::injury::Pain;
use agoge_motion::Day;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How trained the athlete is; used only where nothing better is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingLevel {
    /// Two to three sessions a week: 120 minutes.
    Novice,
    /// Four to six: 300 minutes.
    #[default]
    Trained,
    /// Daily: 600 minutes.
    Elite,
}

impl TrainingLevel {
    /// Assumed training minutes a week.
    pub fn weekly_minutes(self) -> f64 {
        match self {
            TrainingLevel::Novice => 120.0,
            TrainingLevel::Trained => 300.0,
            TrainingLevel::Elite => 600.0,
        }
    }
}

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventPriority {
    /// The goal of the plan: two weeks of taper lead up to it.
    A,
    /// Important, but not the goal.
    B,
    /// Along the way.
    C,
}

impl EventPriority {
    /// Its weight in the goal.
    pub(super) fn weight(self) -> f64 {
        match self {
            EventPriority::A => 1.0,
            EventPriority::B => 0.3,
            EventPriority::C => 0.1,
        }
    }
}

/// A competition or a test. It is not planned, but it is a load like any session, and the regions
/// it loads need rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanEvent {
    /// When.
    pub day: Day,
    /// Its title.
    pub title: String,
    /// How much it matters.
    pub priority: EventPriority,
    /// Its sport.
    #[serde(default)]
    pub sport: String,
    /// Duration, min.
    pub minutes: f64,
    /// Effort, CR-10.
    #[serde(default = "default_event_rpe")]
    pub rpe: f64,
    /// How much it loads each region; [`PlanEvent::region_demands`] if absent.
    #[serde(default)]
    pub regions: Option<BTreeMap<TissueRegion, RegionDemand>>,
    /// Days after it without hard sessions and without heavy load on the regions it loaded heavily;
    /// [`PlanEvent::recovery_days`] if absent.
    #[serde(default)]
    pub recover: Option<usize>,
}

fn default_event_rpe() -> f64 {
    9.0
}

impl PlanEvent {
    /// Its load as session RPE, AU (Foster 1998).
    pub fn load(&self) -> f64 {
        self.rpe * self.minutes
    }

    /// Whether it is hard.
    pub fn is_hard(&self) -> bool {
        self.rpe >= HARD_RPE
    }

    /// How much it loads each region. If the request does not say, a hard run is heavy for legs and
    /// lower legs, a hard ride for legs and a hard swim for shoulders; for other sports nothing is
    /// assumed.
    pub fn region_demands(&self) -> BTreeMap<TissueRegion, RegionDemand> {
        let assumed: &[TissueRegion] = match sport_family(&self.sport) {
            "running" if self.is_hard() => &[TissueRegion::LowerLegs, TissueRegion::Legs],
            "cycling" if self.is_hard() => &[TissueRegion::Legs],
            "swimming" if self.is_hard() => &[TissueRegion::Shoulders],
            _ => &[],
        };
        self.regions.clone().unwrap_or_else(|| {
            assumed.iter().map(|region| (*region, RegionDemand::Heavy)).collect()
        })
    }

    /// Days of rest after it. If the request does not say, a hard event needs one per hour or part
    /// of an hour, and any other event one.
    pub fn recovery_days(&self) -> usize {
        self.recover.unwrap_or(if self.is_hard() {
            (self.minutes / 60.0).ceil() as usize
        } else {
            1
        })
    }
}

/// The family of a sport, recognised in the names that devices and people use.
pub(super) fn sport_family(sport: &str) -> &str {
    let has = |words: &[&str]| words.iter().any(|word| sport.contains(word));
    match () {
        () if has(&["run", "jog"]) => "running",
        () if has(&["cycl", "bik", "ride"]) => "cycling",
        () if has(&["swim"]) => "swimming",
        () => sport,
    }
}

/// A session that is already settled: team training, a match, a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedSession {
    /// On one day …
    #[serde(default)]
    pub day: Option<Day>,
    /// … or every week on this one.
    #[serde(default)]
    pub weekday: Option<Weekday>,
    /// Its title.
    pub title: String,
    /// Its sport.
    #[serde(default)]
    pub sport: String,
    /// Duration, min.
    pub minutes: f64,
    /// Effort, CR-10.
    pub rpe: f64,
    /// How much it loads each region.
    #[serde(default)]
    pub regions: BTreeMap<TissueRegion, super::RegionDemand>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// 1
    Monday,
    /// 2
    Tuesday,
    /// 3
    Wednesday,
    /// 4
    Thursday,
    /// 5
    Friday,
    /// 6
    Saturday,
    /// 7
    Sunday,
}

impl Weekday {
    /// The day of the week of a date: 1970-01-01 was a Thursday.
    ///
    /// ```
    /// use agoge_motion::Day;
    /// use agoge_plan::Weekday;
    /// assert_eq!(Weekday::from_day(Day::from_date(2000, 1, 1).unwrap()), Weekday::Saturday);
    /// ```
    pub fn from_day(day: Day) -> Weekday {
        use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
        [Thursday, Friday, Saturday, Sunday, Monday, Tuesday, Wednesday]
            [day.0.rem_euclid(7) as usize]
    }

    /// Its three-letter abbreviation.
    pub fn short_name(self) -> &'static str {
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][self as usize]
    }
}

/// Limits that no plan may break. The defaults are common practice; docs/reference/plan.md names
/// the evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlanLimits {
    /// Minimum number of days without any session in each week.
    pub rest_days: usize,
    /// Maximum number of sessions a day.
    pub sessions_per_day: usize,
    /// Maximum number of hard sessions (RPE 7 or more) a week; they are never on adjacent days.
    pub hard_per_week: usize,
    /// Maximum rise of CTL within a week, as a share of the CTL at the start.
    pub ramp: f64,
    /// Maximum mean over standard deviation of a week's daily loads (Foster 1998).
    pub monotony: f64,
    /// How much longer a session may be than the longest of its sport in the 30 days before, as a
    /// share (Frandsen 2025).
    pub spike: f64,
    /// Every n-th week carries at most 60 % of the mean load of the weeks since the last such week;
    /// 0 for none.
    pub deload_every: usize,
    /// Whether two weeks of 41 to 60 % less volume, with the same share of hard minutes, precede an
    /// A event (Bosquet 2007).
    pub taper: bool,
    /// Minimum number of sessions a week.
    pub least_sessions: usize,
}

impl Default for PlanLimits {
    fn default() -> PlanLimits {
        PlanLimits {
            rest_days: 1,
            sessions_per_day: 2,
            hard_per_week: 3,
            ramp: 0.10,
            monotony: 2.0,
            spike: 0.10,
            deload_every: 4,
            taper: true,
            least_sessions: 0,
        }
    }
}

/// A request for a plan.
///
/// ```
/// use agoge_motion::Day;
/// use agoge_plan::PlanRequest;
/// let monday = Day::from_date(2026, 3, 30).unwrap();
/// let request = PlanRequest::new(monday, 4, [60.0, 0.0, 60.0, 0.0, 60.0, 90.0, 0.0]);
/// assert_eq!((request.day_count(), request.minutes_on(monday.plus_days(5))), (28, 90.0));
/// assert!(request.find_fault().is_none());
/// assert!(PlanRequest { weeks: 0, ..request }.find_fault().is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The first day.
    pub start: Day,
    /// Number of weeks, 1 to 16.
    pub weeks: usize,
    /// How trained the athlete is.
    #[serde(default)]
    pub level: TrainingLevel,
    /// The athlete's sports; sessions of others are not planned.
    #[serde(default)]
    pub sports: BTreeSet<String>,
    /// Equipment that is always available.
    #[serde(default)]
    pub equipment: BTreeSet<String>,
    /// Facilities available in addition on a day of the week: a gym, a pool.
    #[serde(default)]
    pub facilities: BTreeMap<Weekday, BTreeSet<String>>,
    /// Facilities on single days that differ.
    #[serde(default)]
    pub facilities_on: BTreeMap<Day, BTreeSet<String>>,
    /// Free minutes on each day of the week; days not listed have none.
    #[serde(default)]
    pub minutes: BTreeMap<Weekday, f64>,
    /// Free minutes on single days that differ.
    #[serde(default)]
    pub days: BTreeMap<Day, f64>,
    /// Minutes a week that the athlete is used to, if no log shows it.
    #[serde(default)]
    pub usual_weekly_minutes: Option<f64>,
    /// Events.
    #[serde(default, rename = "event")]
    pub events: Vec<PlanEvent>,
    /// Settled sessions.
    #[serde(default)]
    pub fixed: Vec<FixedSession>,
    /// The coach's preferences: sessions by name, −1 (rather not) to 1 (rather); a session with −1
    /// is still planned where it is useful.
    #[serde(default)]
    pub prefer: BTreeMap<String, f64>,
    /// Sessions that must not be planned at all.
    #[serde(default)]
    pub avoid: BTreeSet<String>,
    /// Limits that no plan may break.
    #[serde(default)]
    pub limits: PlanLimits,
    /// Risks that call for care for a while.
    #[serde(default, rename = "risk")]
    pub risks: Vec<PlanRisk>,
    /// Whether warnings from the athlete's log count as risks too.
    #[serde(default = "default_true")]
    pub heed_warnings: bool,
}

fn default_true() -> bool {
    true
}

impl PlanRequest {
    /// Creates a request with these free minutes on each day of the week from Monday, and defaults
    /// for everything else.
    pub fn new(start: Day, weeks: usize, minutes: [f64; 7]) -> PlanRequest {
        use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
        PlanRequest {
            start,
            weeks,
            level: TrainingLevel::default(),
            sports: BTreeSet::new(),
            equipment: BTreeSet::new(),
            facilities: BTreeMap::new(),
            facilities_on: BTreeMap::new(),
            minutes: [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday]
                .into_iter()
                .zip(minutes)
                .collect(),
            days: BTreeMap::new(),
            usual_weekly_minutes: None,
            events: Vec::new(),
            fixed: Vec::new(),
            prefer: BTreeMap::new(),
            avoid: BTreeSet::new(),
            limits: PlanLimits::default(),
            risks: Vec::new(),
            heed_warnings: true,
        }
    }

    /// What is wrong with the request, if anything.
    pub fn find_fault(&self) -> Option<String> {
        let last = self.start.plus_days(7 * self.weeks as i32 - 1);
        let is_finite_within =
            |value: f64, low: f64, high: f64| value.is_finite() && value >= low && value <= high;
        let is_in_plan = |day: Day| day >= self.start && day <= last;
        if !(1..=16).contains(&self.weeks) {
            return Some(format!("weeks = {}: a plan has 1 to 16", self.weeks));
        }
        if let Some(invalid) = self
            .minutes
            .values()
            .chain(self.days.values())
            .find(|m| !is_finite_within(**m, 0.0, 1440.0))
        {
            return Some(format!("{invalid} minutes in a day"));
        }
        if let Some(event) = self.events.iter().find(|event| !is_in_plan(event.day)) {
            return Some(format!(
                "the event of {} is outside the plan ({} to {last})",
                event.day, self.start
            ));
        }
        if let Some(event) = self.events.iter().find(|event| {
            !is_finite_within(event.minutes, 1.0, 1440.0) || !is_finite_within(event.rpe, 1.0, 10.0)
        }) {
            return Some(format!(
                "the event of {}: minutes must be 1 to 1440 and rpe 1 to 10",
                event.day
            ));
        }
        if let Some(event) = self
            .events
            .iter()
            .find(|event| event.recover.is_some_and(|days| !(1..=28).contains(&days)))
        {
            return Some(format!("the event of {}: recover must be 1 to 28 days", event.day));
        }
        if let Some(fault) = self.risks.iter().find_map(PlanRisk::find_fault) {
            return Some(fault);
        }
        if let Some(fixed) = self.fixed.iter().find(|fixed| {
            !is_finite_within(fixed.minutes, 1.0, 1440.0)
                || !is_finite_within(fixed.rpe, 1.0, 10.0)
                || fixed.day.is_some() == fixed.weekday.is_some()
        }) {
            return Some(format!(
                "fixed session `{}`: minutes 1 to 1440, rpe 1 to 10, and either day or weekday",
                fixed.title
            ));
        }
        if self.prefer.values().any(|value| !is_finite_within(*value, -1.0, 1.0)) {
            return Some("prefer must be between -1 and 1".into());
        }
        let limits = &self.limits;
        if !is_finite_within(limits.ramp, 0.0, 10.0)
            || !is_finite_within(limits.spike, 0.0, 10.0)
            || !is_finite_within(limits.monotony, 0.5, 100.0)
        {
            return Some("limits: ramp and spike must be 0 to 10, monotony 0.5 to 100".into());
        }
        (limits.rest_days > 7 || limits.sessions_per_day == 0 || limits.sessions_per_day > 4)
            .then(|| "limits: rest_days must be 0 to 7, sessions_per_day 1 to 4".into())
    }

    /// Number of days.
    pub fn day_count(&self) -> usize {
        7 * self.weeks
    }

    /// Free minutes on a day.
    pub fn minutes_on(&self, day: Day) -> f64 {
        self.days
            .get(&day)
            .or_else(|| self.minutes.get(&Weekday::from_day(day)))
            .copied()
            .unwrap_or(0.0)
    }

    /// The settled sessions of a day.
    pub fn fixed_on(&self, day: Day) -> impl Iterator<Item = &FixedSession> {
        self.fixed.iter().filter(move |fixed| {
            fixed.day == Some(day) || fixed.weekday == Some(Weekday::from_day(day))
        })
    }

    /// Whether a session may be planned at all: its sport is one of the athlete's, the coach does
    /// not rule it out, and what it needs is available on some day.
    pub fn allows_item(&self, item: &SessionItem) -> bool {
        (item.sport.is_empty() || self.sports.contains(&item.sport))
            && !self.avoid.contains(&item.name)
            && (0..self.day_count())
                .any(|d| self.has_equipment_for(item, self.start.plus_days(d as i32)))
    }

    /// Whether everything a session needs is available on a day.
    pub fn has_equipment_for(&self, item: &SessionItem, day: Day) -> bool {
        let facilities =
            self.facilities_on.get(&day).or_else(|| self.facilities.get(&Weekday::from_day(day)));
        let is_available = |need: &String| {
            self.equipment.contains(need) || facilities.is_some_and(|all| all.contains(need))
        };
        item.equipment.iter().all(is_available)
    }
}

/// A completed session.
#[derive(Clone, Debug, PartialEq)]
pub struct CompletedSession {
    /// When.
    pub day: Day,
    /// Its sport.
    pub sport: String,
    /// Duration, min.
    pub minutes: f64,
    /// Its load, AU; NaN if unknown.
    pub load: f64,
}

/// What is known about the time before the plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingHistory {
    /// Load of each day up to the day before the plan, AU; NaN where unknown. Empty without a log.
    pub loads: Vec<f64>,
    /// Sessions of the last weeks.
    pub sessions: Vec<CompletedSession>,
    /// Tests, with their days as indices into `loads`.
    pub tests: Vec<super::PerformanceTest>,
    /// Pain reports.
    pub pains: Vec<Pain>,
}

/// Something the movement analysis found that should be worked on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingNeed {
    /// Description.
    pub title: String,
    /// The movement curve that shows it; sessions are chosen by it.
    pub curve: String,
    /// Importance, 0 to 1.
    pub gain: f64,
    /// Gain in score if it were corrected, if a counterfactual was computed.
    pub points: Option<Gain>,
}

impl TrainingNeed {
    /// The score gained by correcting it if that gain is beyond doubt, else 0.
    fn certain_gain(&self) -> f64 {
        self.points.as_ref().filter(|points| points.low > 0.0).map_or(0.0, |points| points.value)
    }

    /// Sorts the needs by reward: the largest certain gain in score first, then the most important.
    /// The importances are redistributed in that order, so that their sum stays the same and the
    /// order counts.
    pub fn rank_by_gain(needs: &mut [TrainingNeed]) {
        let mut weights: Vec<f64> = needs.iter().map(|need| need.gain).collect();
        weights.sort_by(|a, b| b.total_cmp(a));
        needs.sort_by(|a, b| {
            b.certain_gain().total_cmp(&a.certain_gain()).then(b.gain.total_cmp(&a.gain))
        });
        needs.iter_mut().zip(weights).for_each(|(need, weight)| need.gain = weight);
    }
}

impl fmt::Display for TrainingNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.title)?;
        match &self.points {
            Some(Gain { value, low, high }) => {
                write!(
                    f,
                    " (set right, the score would gain {value:.0} points, {low:.0} to {high:.0})"
                )
            }
            None => Ok(()),
        }
    }
}
