//! What all lists share: items, scores with their confidence, totals with what is not known.

use agoge_kinematics::View;
use serde::Serialize;

/// An item of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Item {
    /// Its number in the publication.
    pub number: u8,
    /// What is looked at.
    pub name: &'static str,
    /// The most points it gives; more is worse.
    pub most: u8,
    /// Which plane it is seen in: a view from another side cannot score it.
    pub plane: Plane,
}

/// In which plane an item shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// From the front or back.
    Frontal,
    /// From the side.
    Sagittal,
    /// Only in three dimensions, or from the side with feet that are seen well.
    Both,
    /// Only by a person's eye: nobody has agreed on a measure.
    Eye,
}

impl Plane {
    /// Whether a view shows it.
    pub fn is_seen(self, view: View) -> bool {
        match self {
            Plane::Frontal => matches!(view, View::Spatial | View::Frontal),
            Plane::Sagittal => matches!(view, View::Spatial | View::Sagittal),
            Plane::Both => view == View::Spatial,
            Plane::Eye => false,
        }
    }
}

/// What is said of an item.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// So many points, with a confidence from 0 to 1: how sure the parts were seen, and how far
    /// from the limit the value was.
    Points {
        /// Points.
        points: u8,
        /// Confidence.
        confidence: f64,
    },
    /// Scored by a coach, which overrules everything measured.
    Coach(u8),
    /// Cannot be seen from this view, or not at all in this recording.
    Unseen,
}

/// An item with its score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scored {
    /// Number of the item.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    /// The most it could give.
    pub most: u8,
    /// What was said.
    pub score: Score,
}

impl Scored {
    /// The points, if any are known.
    pub fn points(&self) -> Option<u8> {
        match self.score {
            Score::Points { points, .. } | Score::Coach(points) => Some(points),
            Score::Unseen => None,
        }
    }

    /// The coach's word.
    #[must_use]
    pub fn overruled(self, points: u8) -> Scored {
        Scored { score: Score::Coach(points.min(self.most)), ..self }
    }
}

/// The sum of a list: an interval, because what was not seen may be anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Total {
    /// If every unseen item were without fault.
    pub least: u32,
    /// If every unseen item were as bad as can be.
    pub most: u32,
    /// How many items were not seen.
    pub unseen: usize,
}

/// Adds the items up.
pub fn total(items: &[Scored]) -> Total {
    let least: u32 = items.iter().filter_map(Scored::points).map(u32::from).sum();
    let unseen = || items.iter().filter(|item| item.points().is_none());
    Total {
        least,
        most: least + unseen().map(|item| u32::from(item.most)).sum::<u32>(),
        unseen: unseen().count(),
    }
}

/// One list from several trials of the same items: an item of one point is at fault if it is so in
/// at least two of three trials (Padua 2009; of other numbers, in at least two thirds of the trials
/// in which it was seen); others take the middle of their points. A coach's word in any trial
/// stands.
pub fn trials(all: &[Vec<Scored>]) -> Vec<Scored> {
    let Some(first) = all.first() else { return Vec::new() };
    let joined = |(place, item): (usize, &Scored)| {
        let own: Vec<Scored> = all.iter().filter_map(|trial| trial.get(place)).copied().collect();
        if let Some(word) = own.iter().rev().find(|item| matches!(item.score, Score::Coach(_))) {
            return *word;
        }
        let mut points: Vec<u8> = own.iter().filter_map(Scored::points).collect();
        points.sort_unstable();
        let Some(middle) = points.get(points.len() / 2).copied() else { return *item };
        let at_fault = points.iter().filter(|points| **points > 0).count();
        let points_of =
            if item.most == 1 { u8::from(3 * at_fault >= 2 * points.len()) } else { middle };
        let sure = own.iter().filter_map(|item| match item.score {
            Score::Points { confidence, .. } => Some(confidence),
            _ => None,
        });
        Scored {
            score: Score::Points {
                points: points_of,
                confidence: sure.sum::<f64>() / points.len() as f64,
            },
            ..*item
        }
    };
    first.iter().enumerate().map(joined).collect()
}
