//! Shared by all screens: items, scores with their confidence, and totals that account for unseen
//! items.

use agoge_kinematics::CameraView;
use serde::Serialize;

/// One item of a screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScreenItem {
    /// Number in the publication.
    pub number: u8,
    /// Fault that is looked for.
    pub name: &'static str,
    /// Maximum points; more is worse.
    pub most: u8,
    /// Plane in which it shows; other views cannot score it.
    pub plane: ViewPlane,
}

/// Plane in which an item shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewPlane {
    /// From the front or back.
    Frontal,
    /// From the side.
    Sagittal,
    /// Only in three dimensions.
    Both,
    /// Only by a person's judgement: there is no agreed measure.
    Eye,
}

impl ViewPlane {
    /// Whether a view shows this plane.
    pub fn is_visible_from(self, view: CameraView) -> bool {
        match self {
            ViewPlane::Frontal => matches!(view, CameraView::Spatial | CameraView::Frontal),
            ViewPlane::Sagittal => matches!(view, CameraView::Spatial | CameraView::Sagittal),
            ViewPlane::Both => view == CameraView::Spatial,
            ViewPlane::Eye => false,
        }
    }
}

/// Score of an item.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemScore {
    /// Measured points, with a confidence from 0 to 1: how surely the parts were seen, and how far
    /// the value was from the limit.
    Points {
        /// Points.
        points: u8,
        /// Confidence.
        confidence: f64,
    },
    /// Points given by a coach, which override everything measured.
    Coach(u8),
    /// Not visible from this view, or not at all in this recording.
    Unseen,
}

/// An item with its score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ScoredItem {
    /// Number of the item.
    pub number: u8,
    /// Fault that was looked for.
    pub name: &'static str,
    /// Maximum points.
    pub most: u8,
    /// Score.
    pub score: ItemScore,
}

impl ScoredItem {
    /// Points, if known.
    pub fn known_points(&self) -> Option<u8> {
        match self.score {
            ItemScore::Points { points, .. } | ItemScore::Coach(points) => Some(points),
            ItemScore::Unseen => None,
        }
    }

    /// Overrides the score with a coach's points.
    #[must_use]
    pub fn with_coach_points(self, points: u8) -> ScoredItem {
        ScoredItem { score: ItemScore::Coach(points.min(self.most)), ..self }
    }
}

/// Sum of a screen: an interval, because an unseen item may have any score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ScreenTotal {
    /// Sum if every unseen item were without fault.
    pub least: u32,
    /// Sum if every unseen item had its maximum points.
    pub most: u32,
    /// Number of unseen items.
    pub unseen: usize,
}

/// Adds up the items.
///
/// ```
/// use agoge_coach::screen::{ItemScore, LESS_ITEMS, ScoredItem, sum_items};
/// let (first, second) = (LESS_ITEMS[0], LESS_ITEMS[15]);
/// let scored = |item: agoge_coach::screen::ScreenItem, score| ScoredItem {
///     number: item.number, name: item.name, most: item.most, score,
/// };
/// let total =
///     sum_items(&[scored(first, ItemScore::Coach(1)), scored(second, ItemScore::Unseen)]);
/// assert_eq!((total.least, total.most, total.unseen), (1, 3, 1), "item 16 has two points");
/// ```
pub fn sum_items(items: &[ScoredItem]) -> ScreenTotal {
    let least: u32 = items.iter().filter_map(ScoredItem::known_points).map(u32::from).sum();
    let unseen = || items.iter().filter(|item| item.known_points().is_none());
    ScreenTotal {
        least,
        most: least + unseen().map(|item| u32::from(item.most)).sum::<u32>(),
        unseen: unseen().count(),
    }
}

/// Combines several trials of the same items: a one-point item is at fault if it is so in at least
/// two of three trials (Padua 2009; for other numbers, in at least two thirds of the trials where
/// it was seen); other items take the median of their points. A coach's score in any trial stands.
pub fn combine_trials(all: &[Vec<ScoredItem>]) -> Vec<ScoredItem> {
    let Some(first) = all.first() else { return Vec::new() };
    let combine = |(index, item): (usize, &ScoredItem)| {
        let scores: Vec<ScoredItem> =
            all.iter().filter_map(|trial| trial.get(index)).copied().collect();
        if let Some(coached) =
            scores.iter().rev().find(|item| matches!(item.score, ItemScore::Coach(_)))
        {
            return *coached;
        }
        let mut points: Vec<u8> = scores.iter().filter_map(ScoredItem::known_points).collect();
        points.sort_unstable();
        let Some(median) = points.get(points.len() / 2).copied() else { return *item };
        let at_fault = points.iter().filter(|points| **points > 0).count();
        let combined_points =
            if item.most == 1 { u8::from(3 * at_fault >= 2 * points.len()) } else { median };
        let confidences = scores.iter().filter_map(|item| match item.score {
            ItemScore::Points { confidence, .. } => Some(confidence),
            _ => None,
        });
        ScoredItem {
            score: ItemScore::Points {
                points: combined_points,
                confidence: confidences.sum::<f64>() / points.len() as f64,
            },
            ..*item
        }
    };
    first.iter().enumerate().map(combine).collect()
}
