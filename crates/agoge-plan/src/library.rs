//! The sessions and drills that plans are made of, read from a text file that a coach can extend.

use super::step::{SessionStep, resolve_steps};
use agoge_load::injury::Area;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A group of tissues that is loaded and rested together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TissueRegion {
    /// Feet, ankles, lower legs.
    LowerLegs,
    /// Knees, thighs, hips.
    Legs,
    /// Spine and abdomen.
    Trunk,
    /// Neck, shoulders, upper arms.
    Shoulders,
    /// Elbows, forearms, wrists, hands.
    Arms,
}

impl TissueRegion {
    /// The region that a body area belongs to; `None` for the head and unspecified areas.
    ///
    /// ```
    /// use agoge_load::injury::Area;
    /// use agoge_plan::TissueRegion;
    /// assert_eq!(TissueRegion::from_area(Area::Knee), Some(TissueRegion::Legs));
    /// assert_eq!(TissueRegion::from_area(Area::Head), None);
    /// ```
    pub fn from_area(area: Area) -> Option<TissueRegion> {
        Some(match area.code() {
            "Q" | "A" | "F" => TissueRegion::LowerLegs,
            "G" | "T" | "K" => TissueRegion::Legs,
            "C" | "D" | "L" | "O" => TissueRegion::Trunk,
            "N" | "S" | "U" => TissueRegion::Shoulders,
            "E" | "R" | "W" | "P" => TissueRegion::Arms,
            _ => return None,
        })
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            TissueRegion::LowerLegs => "lower legs",
            TissueRegion::Legs => "legs",
            TissueRegion::Trunk => "trunk",
            TissueRegion::Shoulders => "shoulders",
            TissueRegion::Arms => "arms",
        }
    }
}

/// How much a session loads a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegionDemand {
    /// Hardly more than daily life.
    Light,
    /// Felt the next day by someone who is not used to it.
    Moderate,
    /// Needs 48 hours before the next load of its kind.
    Heavy,
}

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// Steady work below the first threshold.
    Endurance,
    /// Work above it: tempo, threshold, intervals.
    Intensity,
    /// Strength.
    Strength,
    /// Jumps, throws, sprints.
    Power,
    /// Skill work, to be done when fresh.
    Technique,
    /// Mobility and recovery.
    Recovery,
}

impl SessionKind {
    /// Every kind.
    pub const ALL: [SessionKind; 6] = [
        SessionKind::Endurance,
        SessionKind::Intensity,
        SessionKind::Strength,
        SessionKind::Power,
        SessionKind::Technique,
        SessionKind::Recovery,
    ];

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            SessionKind::Endurance => "endurance",
            SessionKind::Intensity => "intensity",
            SessionKind::Strength => "strength",
            SessionKind::Power => "power",
            SessionKind::Technique => "technique",
            SessionKind::Recovery => "recovery",
        }
    }
}

/// Sessions with this RPE or more are hard (CR-10; about the second threshold, Seiler 2010).
pub const HARD_RPE: f64 = 7.0;

/// A session of one particular length.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionItem {
    /// Name in kebab case, used by plans to refer to it; all lengths of a session share it.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub kind: SessionKind,
    /// The sport it is for; empty for all.
    pub sport: String,
    /// Duration, min.
    pub minutes: f64,
    /// Intended effort, CR-10.
    pub rpe: f64,
    /// How much it loads each region.
    pub regions: BTreeMap<TissueRegion, RegionDemand>,
    /// Movement curves (docs/reference/movements.md) that it works on.
    pub skills: Vec<String>,
    /// Equipment it needs.
    pub equipment: BTreeSet<String>,
    /// What to do.
    pub what: String,
    /// Why it is included: a source, or that it is common practice.
    pub evidence: String,
    /// Its steps, if the library gives them.
    pub steps: Vec<SessionStep>,
}

impl SessionItem {
    /// Its load as session RPE, AU (Foster 1998).
    pub fn load(&self) -> f64 {
        self.rpe * self.minutes
    }

    /// Whether it is a hard session.
    pub fn is_hard(&self) -> bool {
        self.rpe >= HARD_RPE
    }

    /// Whether it is done in one piece, so that its length may only grow step by step.
    pub fn is_steady(&self) -> bool {
        matches!(self.kind, SessionKind::Endurance | SessionKind::Intensity)
    }
}

/// A library that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LibraryError(String);

/// All sessions, each in all its lengths.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionLibrary(Vec<SessionItem>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LibraryFile {
    session: Vec<LibraryEntry>,
}

/// A session as written in a library file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LibraryEntry {
    name: String,
    title: String,
    kind: SessionKind,
    #[serde(default)]
    sport: String,
    /// The lengths in which it is offered, min.
    minutes: Vec<f64>,
    rpe: f64,
    #[serde(default)]
    regions: BTreeMap<TissueRegion, RegionDemand>,
    #[serde(default)]
    skills: Vec<String>,
    #[serde(default)]
    equipment: BTreeSet<String>,
    #[serde(rename = "do")]
    what: String,
    evidence: String,
    #[serde(default)]
    steps: Vec<SessionStep>,
}

impl LibraryEntry {
    fn into_items(self) -> impl Iterator<Item = SessionItem> {
        self.minutes.clone().into_iter().map(move |minutes| SessionItem {
            name: self.name.clone(),
            title: self.title.clone(),
            kind: self.kind,
            sport: self.sport.clone(),
            minutes,
            rpe: self.rpe,
            regions: self.regions.clone(),
            skills: self.skills.clone(),
            equipment: self.equipment.clone(),
            what: self.what.clone(),
            evidence: self.evidence.clone(),
            // They were validated when the library was parsed.
            steps: resolve_steps(&self.steps, minutes).unwrap_or_default(),
        })
    }
}

impl SessionLibrary {
    /// The library that comes with Agoge.
    pub fn bundled() -> &'static SessionLibrary {
        static BUNDLED: std::sync::LazyLock<SessionLibrary> = std::sync::LazyLock::new(|| {
            // A test parses this file; an empty library would plan only rest.
            SessionLibrary::parse(include_str!("../../../sessions/library.toml"))
                .unwrap_or(SessionLibrary(Vec::new()))
        });
        &BUNDLED
    }

    /// Parses a library.
    ///
    /// # Errors
    /// Text that is not TOML of this form, a duplicate name, or impossible minutes or RPE.
    ///
    /// ```
    /// use agoge_plan::SessionLibrary;
    /// let library = SessionLibrary::parse(
    ///     r#"
    ///     [[session]]
    ///     name = "easy-run"
    ///     title = "Easy run"
    ///     kind = "endurance"
    ///     sport = "running"
    ///     minutes = [30, 45]
    ///     rpe = 3
    ///     do = "Run so that you can talk."
    ///     evidence = "common practice"
    ///     "#,
    /// )?;
    /// assert_eq!((library.session_count(), library.items().len()), (1, 2));
    /// assert_eq!(library.find_item("easy-run").map(|item| item.load()), Some(90.0));
    /// # Ok::<(), agoge_plan::LibraryError>(())
    /// ```
    pub fn parse(text: &str) -> Result<SessionLibrary, LibraryError> {
        let file: LibraryFile = toml::from_str(text)
            .map_err(|fault| LibraryError(fault.to_string().replace('\n', " ")))?;
        let mut names = BTreeSet::new();
        for item in &file.session {
            if !names.insert(item.name.clone()) {
                return Err(LibraryError(format!("the session `{}` is there twice", item.name)));
            }
            let is_valid = |minutes: &f64| *minutes > 0.0 && *minutes <= 600.0;
            let lengths = !item.minutes.is_empty() && item.minutes.iter().all(is_valid);
            if !(lengths && item.rpe > 0.0 && item.rpe <= 10.0) {
                return Err(LibraryError(format!(
                    "the session `{}` must have minutes in 1 to 600 and an rpe in 1 to 10",
                    item.name
                )));
            }
            if let Some(fault) =
                item.minutes.iter().find_map(|minutes| resolve_steps(&item.steps, *minutes).err())
            {
                return Err(LibraryError(format!("the session `{}`: {fault}", item.name)));
            }
        }
        Ok(SessionLibrary(file.session.into_iter().flat_map(LibraryEntry::into_items).collect()))
    }

    /// Creates a library of these sessions, which must have different names.
    #[cfg(test)]
    pub(super) fn from_items(items: Vec<SessionItem>) -> SessionLibrary {
        SessionLibrary(items)
    }

    /// All sessions, each in all its lengths.
    pub fn items(&self) -> &[SessionItem] {
        &self.0
    }

    /// The session with this name, in its shortest length.
    pub fn find_item(&self, name: &str) -> Option<&SessionItem> {
        self.0
            .iter()
            .filter(|item| item.name == name)
            .min_by(|a, b| a.minutes.total_cmp(&b.minutes))
    }

    /// The number of different sessions.
    pub fn session_count(&self) -> usize {
        self.0.iter().map(|item| item.name.as_str()).collect::<BTreeSet<_>>().len()
    }
}
