//! The sessions and drills that plans are made of, read from a text file that a coach can extend.

use super::step::{Step, lasting};
use crate::injury::Area;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A group of tissues that is loaded and rested together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
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

impl Region {
    /// The region that a body area belongs to; `None` for the head and unspecified areas.
    pub fn of(area: Area) -> Option<Region> {
        Some(match area.code() {
            "Q" | "A" | "F" => Region::LowerLegs,
            "G" | "T" | "K" => Region::Legs,
            "C" | "D" | "L" | "O" => Region::Trunk,
            "N" | "S" | "U" => Region::Shoulders,
            "E" | "R" | "W" | "P" => Region::Arms,
            _ => return None,
        })
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Region::LowerLegs => "lower legs",
            Region::Legs => "legs",
            Region::Trunk => "trunk",
            Region::Shoulders => "shoulders",
            Region::Arms => "arms",
        }
    }
}

/// How much a session loads a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
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
pub enum Kind {
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

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 6] = [
        Kind::Endurance,
        Kind::Intensity,
        Kind::Strength,
        Kind::Power,
        Kind::Technique,
        Kind::Recovery,
    ];

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Endurance => "endurance",
            Kind::Intensity => "intensity",
            Kind::Strength => "strength",
            Kind::Power => "power",
            Kind::Technique => "technique",
            Kind::Recovery => "recovery",
        }
    }
}

/// Sessions with this RPE or more are hard (CR-10; about the second threshold, Seiler 2010).
pub const HARD_RPE: f64 = 7.0;

/// A session of one particular length.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Name in kebab case, used by plans to refer to it; all lengths of a session share it.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub kind: Kind,
    /// The sport it is for; empty for all.
    pub sport: String,
    /// Duration, min.
    pub minutes: f64,
    /// Intended effort, CR-10.
    pub rpe: f64,
    /// How much it loads each region.
    pub regions: BTreeMap<Region, Demand>,
    /// Movement curves (docs/MOVEMENTS.md) that it works on.
    pub skills: Vec<String>,
    /// Equipment it needs.
    pub equipment: BTreeSet<String>,
    /// What to do.
    pub what: String,
    /// Why it is included: a source, or that it is common practice.
    pub evidence: String,
    /// Its steps, if the library gives them.
    pub steps: Vec<Step>,
}

impl Item {
    /// Its load as session RPE, AU (Foster 1998).
    pub fn load(&self) -> f64 {
        self.rpe * self.minutes
    }

    /// Whether it is a hard session.
    pub fn hard(&self) -> bool {
        self.rpe >= HARD_RPE
    }

    /// Whether it is done in one piece, so that its length may only grow step by step.
    pub fn steady(&self) -> bool {
        matches!(self.kind, Kind::Endurance | Kind::Intensity)
    }
}

/// A library that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LibraryFault(String);

/// All sessions, each in all its lengths.
#[derive(Clone, Debug, PartialEq)]
pub struct Library(Vec<Item>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    session: Vec<Entry>,
}

/// A session as written in a library file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    title: String,
    kind: Kind,
    #[serde(default)]
    sport: String,
    /// The lengths in which it is offered, min.
    minutes: Vec<f64>,
    rpe: f64,
    #[serde(default)]
    regions: BTreeMap<Region, Demand>,
    #[serde(default)]
    skills: Vec<String>,
    #[serde(default)]
    equipment: BTreeSet<String>,
    #[serde(rename = "do")]
    what: String,
    evidence: String,
    #[serde(default)]
    steps: Vec<Step>,
}

impl Entry {
    fn items(self) -> impl Iterator<Item = Item> {
        self.minutes.clone().into_iter().map(move |minutes| Item {
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
            steps: lasting(&self.steps, minutes).unwrap_or_default(),
        })
    }
}

impl Library {
    /// The library that comes with Agoge.
    pub fn bundled() -> &'static Library {
        static BUNDLED: std::sync::LazyLock<Library> = std::sync::LazyLock::new(|| {
            // A test parses this file; an empty library would plan only rest.
            Library::parse(include_str!("../../../../sessions/library.toml"))
                .unwrap_or(Library(Vec::new()))
        });
        &BUNDLED
    }

    /// Parses a library.
    ///
    /// # Errors
    /// Text that is not TOML of this form, a duplicate name, or impossible minutes or RPE.
    pub fn parse(text: &str) -> Result<Library, LibraryFault> {
        let file: File = toml::from_str(text)
            .map_err(|fault| LibraryFault(fault.to_string().replace('\n', " ")))?;
        let mut names = BTreeSet::new();
        for item in &file.session {
            if !names.insert(item.name.clone()) {
                return Err(LibraryFault(format!("the session `{}` is there twice", item.name)));
            }
            let is_valid = |minutes: &f64| *minutes > 0.0 && *minutes <= 600.0;
            let lengths = !item.minutes.is_empty() && item.minutes.iter().all(is_valid);
            if !(lengths && item.rpe > 0.0 && item.rpe <= 10.0) {
                return Err(LibraryFault(format!(
                    "the session `{}` must have minutes in 1 to 600 and an rpe in 1 to 10",
                    item.name
                )));
            }
            if let Some(fault) =
                item.minutes.iter().find_map(|minutes| lasting(&item.steps, *minutes).err())
            {
                return Err(LibraryFault(format!("the session `{}`: {fault}", item.name)));
            }
        }
        Ok(Library(file.session.into_iter().flat_map(Entry::items).collect()))
    }

    /// Creates a library of these sessions, which must have different names.
    #[cfg(test)]
    pub(super) fn of(items: Vec<Item>) -> Library {
        Library(items)
    }

    /// All sessions, each in all its lengths.
    pub fn items(&self) -> &[Item] {
        &self.0
    }

    /// The session with this name, in its shortest length.
    pub fn find(&self, name: &str) -> Option<&Item> {
        self.0
            .iter()
            .filter(|item| item.name == name)
            .min_by(|a, b| a.minutes.total_cmp(&b.minutes))
    }

    /// The number of different sessions.
    pub fn sessions(&self) -> usize {
        self.0.iter().map(|item| item.name.as_str()).collect::<BTreeSet<_>>().len()
    }
}
