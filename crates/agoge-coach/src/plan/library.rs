//! The sessions and drills that a plan is made of: a text file that a coach can extend.

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
    /// The region that an area of the body belongs to; none for the head and what is not specified.
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

/// How much a session asks of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// Hardly more than daily life.
    Light,
    /// Felt the next day by somebody who is not used to it.
    Moderate,
    /// Needs 48 hours before the next of its kind.
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
    /// Skill: to be done fresh.
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

/// Sessions rated so or harder are hard ones (CR-10; about the second threshold, Seiler 2010).
pub const HARD_RPE: f64 = 7.0;

/// A session of one length.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Name in kebab case, by which plans refer to it; the lengths of one session share it.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub kind: Kind,
    /// For which sport; empty for every one.
    pub sport: String,
    /// How long, min.
    pub minutes: f64,
    /// How hard it is to be, CR-10.
    pub rpe: f64,
    /// What it asks of the body.
    pub regions: BTreeMap<Region, Demand>,
    /// Curves of movement (docs/MOVEMENTS.md) that it works on.
    pub skills: Vec<String>,
    /// What it needs.
    pub equipment: BTreeSet<String>,
    /// What to do.
    pub what: String,
    /// Why it is here: a source, or that it is usual practice.
    pub evidence: String,
    /// Its steps, if the library says them.
    pub steps: Vec<Step>,
}

impl Item {
    /// Its load: session RPE, AU (Foster 1998).
    pub fn load(&self) -> f64 {
        self.rpe * self.minutes
    }

    /// Whether it is a hard session.
    pub fn hard(&self) -> bool {
        self.rpe >= HARD_RPE
    }

    /// Whether its length may only grow step by step: what is done in one piece.
    pub fn steady(&self) -> bool {
        matches!(self.kind, Kind::Endurance | Kind::Intensity)
    }
}

/// A library that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LibraryFault(String);

/// The sessions, each in its lengths.
#[derive(Clone, Debug, PartialEq)]
pub struct Library(Vec<Item>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    session: Vec<Entry>,
}

/// A session as a library writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    title: String,
    kind: Kind,
    #[serde(default)]
    sport: String,
    /// The lengths in which it is done.
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
            // They were tried when the library was read.
            steps: lasting(&self.steps, minutes).unwrap_or_default(),
        })
    }
}

impl Library {
    /// The library that comes with Agoge.
    pub fn bundled() -> &'static Library {
        static BUNDLED: std::sync::LazyLock<Library> = std::sync::LazyLock::new(|| {
            // A test reads this file; an empty library would plan rest.
            Library::parse(include_str!("../../../../sessions/library.toml"))
                .unwrap_or(Library(Vec::new()))
        });
        &BUNDLED
    }

    /// Reads a library.
    ///
    /// # Errors
    /// Text that is no TOML of this form, a name twice, minutes or RPE that cannot be.
    pub fn parse(text: &str) -> Result<Library, LibraryFault> {
        let file: File = toml::from_str(text)
            .map_err(|fault| LibraryFault(fault.to_string().replace('\n', " ")))?;
        let mut names = BTreeSet::new();
        for item in &file.session {
            if !names.insert(item.name.clone()) {
                return Err(LibraryFault(format!("the session `{}` is there twice", item.name)));
            }
            let possible = |minutes: &f64| *minutes > 0.0 && *minutes <= 600.0;
            let lengths = !item.minutes.is_empty() && item.minutes.iter().all(possible);
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

    /// A library of these sessions, which must have different names.
    #[cfg(test)]
    pub(super) fn of(items: Vec<Item>) -> Library {
        Library(items)
    }

    /// All sessions.
    pub fn items(&self) -> &[Item] {
        &self.0
    }

    /// The session of a name, in its shortest length.
    pub fn find(&self, name: &str) -> Option<&Item> {
        self.0
            .iter()
            .filter(|item| item.name == name)
            .min_by(|a, b| a.minutes.total_cmp(&b.minutes))
    }

    /// How many different sessions there are.
    pub fn sessions(&self) -> usize {
        self.0.iter().map(|item| item.name.as_str()).collect::<BTreeSet<_>>().len()
    }
}
