//! The demonstration: two simulated sets with planted faults, and the findings the analysis reports
//! for them.

use crate::{Analyzed, Error, Models, Options, analyze};
use agoge_coach::analysis::Finding;
use agoge_motion::simulate::{Corruption, Exercise, Fault, FaultKind, Set};
use agoge_motion::{Part, Side};

/// A simulated set, its analysis, and which planted faults were found.
pub struct Demonstration {
    /// Name of the movement definition.
    pub movement: &'static str,
    /// The analysis.
    pub analyzed: Analyzed,
    /// A description of each planted fault, with the title of the finding that identifies it, if
    /// any.
    pub planted: Vec<(String, Option<String>)>,
    /// How many repetitions were simulated.
    pub repetitions: usize,
}

/// Simulates and analyses one athlete's set of squats and set of overhead reaches.
///
/// # Errors
/// As [`analyze`]; none in practice, since the simulated recordings are complete.
pub fn demonstrate(seed: u64) -> Result<Vec<Demonstration>, Error> {
    let fault = |kind, side, repetitions, size| Fault { kind, side, repetitions, size };
    let squat = Set {
        seed,
        faults: vec![
            fault(FaultKind::KneeInwardUp, Some(Side::Left), 6..=10, 18.0),
            fault(FaultKind::Asymmetry, Some(Side::Right), 1..=10, 14.0),
            fault(FaultKind::Shallow, None, 1..=10, 22.0),
            fault(FaultKind::JerkyReturn, None, 1..=10, 0.12),
            fault(FaultKind::Fatigue, None, 1..=10, 16.0),
        ],
        ..Set::new(Exercise::Squat)
    };
    let reach = Set {
        seed: seed.wrapping_add(1),
        faults: vec![
            fault(FaultKind::Asymmetry, Some(Side::Right), 1..=10, 35.0),
            fault(FaultKind::ElbowBent, Some(Side::Left), 3..=10, 40.0),
        ],
        ..Set::new(Exercise::OverheadReach)
    };
    [("squat", squat), ("overhead_reach", reach)]
        .into_iter()
        .map(|(movement, set)| one(movement, &set))
        .collect()
}

/// Simulates, corrupts and analyses one set, and matches its planted faults with findings.
fn one(movement: &'static str, set: &Set) -> Result<Demonstration, Error> {
    let mut recording = set.simulate().recording;
    // Noise typical of a good markerless system: 4 mm of noise, 2 % of positions lost, 1 % of
    // frames with left and right swapped.
    Corruption { noise: 0.004, dropout: 0.02, swaps: 0.01, outliers: 0.0, seed: set.seed }
        .apply(&mut recording);
    let options = Options { movement: movement.to_owned(), ..Options::default() };
    let analyzed = analyze(&recording, None, Models::bundled(), &options)?;
    let planted = set
        .faults
        .iter()
        .map(|fault| {
            let matching = analyzed
                .analysis
                .findings
                .iter()
                .find(|finding| names(finding, fault, set.exercise));
            (words(fault, set.exercise), matching.map(|finding| finding.title.clone()))
        })
        .collect();
    Ok(Demonstration { movement, analyzed, planted, repetitions: set.repetitions })
}

/// Describes a planted fault in words.
fn words(fault: &Fault, exercise: Exercise) -> String {
    let side = fault.side.map_or("", Side::name);
    let what = match fault.kind {
        FaultKind::KneeInwardDown => {
            format!("{side} knee inward by {}° on the way down", fault.size)
        }
        FaultKind::KneeInwardUp => format!("{side} knee inward by {}° on the way up", fault.size),
        FaultKind::Shallow => format!("stops {}° short", fault.size),
        FaultKind::Asymmetry if exercise == Exercise::Squat => {
            format!("{side} knee bends {}° less", fault.size)
        }
        FaultKind::Asymmetry => format!("{side} arm rises {}° less", fault.size),
        FaultKind::JerkyReturn => "jerky way back".to_owned(),
        FaultKind::Fatigue => format!("loses {}° over the set", fault.size),
        FaultKind::TrunkForward => format!("trunk leans forward by {}°", fault.size),
        FaultKind::TrunkSideways => format!("trunk leans sideways by {}°", fault.size),
        FaultKind::HeelUp => format!("{side} heel up by {} m", fault.size),
        FaultKind::ElbowBent => format!("{side} elbow bent by {}°", fault.size),
        FaultKind::FastDown => format!("way there {} times too fast", fault.size),
    };
    format!("{what} (repetitions {} to {})", fault.repetitions.start(), fault.repetitions.end())
}

/// Whether a finding identifies a planted fault: same measure, part and side.
fn names(finding: &Finding, fault: &Fault, exercise: Exercise) -> bool {
    let measures = |wanted: &str| finding.metric.contains(wanted);
    let is_side = |part: Part| fault.side.is_none_or(|side| finding.part == part.on(side));
    let is_same_side = finding.side.is_none() || finding.side == fault.side;
    match fault.kind {
        FaultKind::KneeInwardDown => measures("valgus_descent") && is_side(Part::LeftKnee),
        FaultKind::KneeInwardUp => measures("valgus_ascent") && is_side(Part::LeftKnee),
        FaultKind::Shallow => measures("depth") && finding.evidence == "check",
        FaultKind::Asymmetry if exercise == Exercise::Squat => {
            measures("knee_flexion_difference") && is_side(Part::LeftKnee)
        }
        FaultKind::Asymmetry => {
            (measures("elevation") || measures("flexion_difference")) && is_same_side
        }
        FaultKind::JerkyReturn => measures("smoothness"),
        FaultKind::Fatigue => finding.evidence == "trend",
        FaultKind::TrunkForward => measures("trunk_lean"),
        FaultKind::TrunkSideways => measures("trunk_lateral"),
        FaultKind::HeelUp => measures("heel"),
        FaultKind::ElbowBent => measures("elbow") && is_side(Part::LeftElbow),
        FaultKind::FastDown => measures("descent_time"),
    }
}
