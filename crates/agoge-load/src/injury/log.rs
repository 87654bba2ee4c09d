//! What an athlete reports: the weekly questionnaire, injuries and pain.

use super::code::{Area, BodySide, Onset, Tissue};
use agoge_motion::Day;
use serde::{Deserialize, Serialize};

/// One week's answers to the OSTRC-O2 questionnaire on health problems, each 0, 8, 17 or 25
/// (Clarsen 2013, 2020).
///
/// ```
/// use agoge_load::injury::WeeklyQuestionnaire;
/// use agoge_motion::Day;
/// let week = WeeklyQuestionnaire {
///     day: Day(0), participation: 8, volume: 17, performance: 8, pain: 17,
/// };
/// assert_eq!(week.severity_score(), 50);
/// assert!(week.is_substantial() && week.invalid_answer().is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyQuestionnaire {
    /// Last day of the week in question.
    pub day: Day,
    /// Difficulty taking part; 25 means no participation at all.
    pub participation: u8,
    /// How far training was changed because of the problem.
    pub volume: u8,
    /// How far performance suffered.
    pub performance: u8,
    /// Symptoms and pain.
    pub pain: u8,
}

impl WeeklyQuestionnaire {
    /// The permitted answers.
    pub const ANSWERS: [u8; 4] = [0, 8, 17, 25];

    /// Returns what is wrong with the answers, or `None` if all are valid.
    pub fn invalid_answer(&self) -> Option<String> {
        let answers = [
            ("participation", self.participation),
            ("volume", self.volume),
            ("performance", self.performance),
            ("pain", self.pain),
        ];
        let invalid =
            answers.iter().find(|(_, answer)| !WeeklyQuestionnaire::ANSWERS.contains(answer))?;
        Some(format!("{} is {}, and the questionnaire knows 0, 8, 17 and 25", invalid.0, invalid.1))
    }

    /// Severity score from 0 to 100: the sum of the four answers (Clarsen 2013).
    pub fn severity_score(&self) -> u32 {
        [self.participation, self.volume, self.performance, self.pain]
            .iter()
            .map(|answer| u32::from(*answer))
            .sum()
    }

    /// Whether this is a substantial problem: moderate or severe reduction of training or
    /// performance, or no participation (Clarsen 2013).
    pub fn is_substantial(&self) -> bool {
        self.volume >= 17 || self.performance >= 17 || self.participation == 25
    }
}

/// An injury, coded by the IOC consensus (Bahr et al. 2020).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Injury {
    /// Day on which it began or was first felt.
    pub day: Day,
    /// Body area.
    pub area: Area,
    /// Side of the body.
    pub side: BodySide,
    /// Tissue.
    pub tissue: Tissue,
    /// How it began.
    pub onset: Onset,
    /// Whether contact with someone or something caused it; load then says little about it.
    pub contact: bool,
    /// Days without full training; `None` while it lasts or if nobody counted.
    pub days_lost: Option<u32>,
    /// Free-text notes.
    pub notes: String,
}

/// Pain in one body area on one day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pain {
    /// The day.
    pub day: Day,
    /// Body area.
    pub area: Area,
    /// Side of the body.
    pub side: BodySide,
    /// Numeric rating scale: 0 is no pain, 10 the worst imaginable.
    pub score: f64,
}
