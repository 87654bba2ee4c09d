//! What an athlete tells: the weekly questionnaire, injuries, pain.

use super::code::{Area, BodySide, Onset, Tissue};
use agoge_motion::Day;
use serde::{Deserialize, Serialize};

/// A week's answers to the OSTRC-O2 questionnaire on health problems, each 0, 8, 17 or 25 (Clarsen
/// 2013, 2020).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weekly {
    /// The last day of the week that is asked about.
    pub day: Day,
    /// Difficulties to take part; 25 is no participation at all.
    pub participation: u8,
    /// Training changed because of the problem.
    pub volume: u8,
    /// Performance suffered.
    pub performance: u8,
    /// Symptoms, pain.
    pub pain: u8,
}

impl Weekly {
    /// The answers that exist.
    pub const ANSWERS: [u8; 4] = [0, 8, 17, 25];

    /// Why the answers cannot stand, if they cannot.
    pub fn fault(&self) -> Option<String> {
        let answers = [
            ("participation", self.participation),
            ("volume", self.volume),
            ("performance", self.performance),
            ("pain", self.pain),
        ];
        let wrong = answers.iter().find(|(_, answer)| !Weekly::ANSWERS.contains(answer))?;
        Some(format!("{} is {}, and the questionnaire knows 0, 8, 17 and 25", wrong.0, wrong.1))
    }

    /// Severity score, 0 to 100: the sum of the four answers (Clarsen 2013).
    pub fn severity(&self) -> u32 {
        [self.participation, self.volume, self.performance, self.pain]
            .iter()
            .map(|answer| u32::from(*answer))
            .sum()
    }

    /// A substantial problem: moderate or severe reduction of training or performance, or no
    /// participation (Clarsen 2013).
    pub fn substantial(&self) -> bool {
        self.volume >= 17 || self.performance >= 17 || self.participation == 25
    }
}

/// An injury, coded after the IOC consensus (Bahr et al. 2020).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Injury {
    /// The day on which it began or was first felt.
    pub day: Day,
    /// Where.
    pub area: Area,
    /// Which side.
    pub side: BodySide,
    /// Which tissue.
    pub tissue: Tissue,
    /// How it began.
    pub onset: Onset,
    /// Whether contact with someone or something did it: then load tells little about it.
    pub contact: bool,
    /// Days without full training; none while it lasts or if nobody counted.
    pub days_lost: Option<u32>,
    /// What was written about it.
    pub notes: String,
}

/// Pain in a part of the body on a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pain {
    /// The day.
    pub day: Day,
    /// Where.
    pub area: Area,
    /// Which side.
    pub side: BodySide,
    /// 0 none to 10 the worst that can be thought of (numeric rating scale).
    pub score: f64,
}
