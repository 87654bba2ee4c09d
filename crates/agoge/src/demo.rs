//! The demonstration: two simulated sets with planted faults, and the findings the analysis reports
//! for them.

use crate::{AnalysisOptions, Analyzed, Error, Models, analyze};
use agoge_analysis::{Finding, FindingEvidence};
use agoge_motion::simulate::{
    Corruption, Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet,
};
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
/// As [`analyze()`]; none in practice, since the simulated recordings are complete.
pub fn run_demonstration(seed: u64) -> Result<Vec<Demonstration>, Error> {
    let fault = |kind, side, repetitions, size| SimulatedFault { kind, side, repetitions, size };
    let squat = SimulatedSet {
        seed,
        faults: vec![
            fault(SimulatedFaultKind::KneeInwardUp, Some(Side::Left), 6..=10, 18.0),
            fault(SimulatedFaultKind::Asymmetry, Some(Side::Right), 1..=10, 14.0),
            fault(SimulatedFaultKind::Shallow, None, 1..=10, 22.0),
            fault(SimulatedFaultKind::JerkyReturn, None, 1..=10, 0.12),
            fault(SimulatedFaultKind::Fatigue, None, 1..=10, 16.0),
        ],
        ..SimulatedSet::new(Exercise::Squat)
    };
    let reach = SimulatedSet {
        seed: seed.wrapping_add(1),
        faults: vec![
            fault(SimulatedFaultKind::Asymmetry, Some(Side::Right), 1..=10, 35.0),
            fault(SimulatedFaultKind::ElbowBent, Some(Side::Left), 3..=10, 40.0),
        ],
        ..SimulatedSet::new(Exercise::OverheadReach)
    };
    [("squat", squat), ("overhead_reach", reach)]
        .into_iter()
        .map(|(movement, set)| demonstrate_set(movement, &set))
        .collect()
}

/// Simulates, corrupts and analyses one set, and matches its planted faults with findings.
fn demonstrate_set(movement: &'static str, set: &SimulatedSet) -> Result<Demonstration, Error> {
    let mut recording = set.simulate().recording;
    // Noise typical of a good markerless system: 4 mm of noise, 2 % of positions lost, 1 % of
    // frames with left and right swapped.
    Corruption { noise: 0.004, dropout: 0.02, swaps: 0.01, outliers: 0.0, seed: set.seed }
        .apply_to(&mut recording);
    let options = AnalysisOptions { movement: movement.to_owned(), ..AnalysisOptions::default() };
    let analyzed = analyze(&recording, None, Models::bundled(), &options)?;
    let planted = set
        .faults
        .iter()
        .map(|fault| {
            let matching = analyzed
                .analysis
                .findings
                .iter()
                .find(|finding| identifies_fault(finding, fault, set.exercise));
            (describe_fault(fault, set.exercise), matching.map(|finding| finding.title.clone()))
        })
        .collect();
    Ok(Demonstration { movement, analyzed, planted, repetitions: set.repetitions })
}

/// Describes a planted fault in words.
fn describe_fault(fault: &SimulatedFault, exercise: Exercise) -> String {
    let side = fault.side.map_or("", Side::name);
    let what = match fault.kind {
        SimulatedFaultKind::KneeInwardDown => {
            format!("{side} knee inward by {}° on the way down", fault.size)
        }
        SimulatedFaultKind::KneeInwardUp => {
            format!("{side} knee inward by {}° on the way up", fault.size)
        }
        SimulatedFaultKind::Shallow => format!("stops {}° short", fault.size),
        SimulatedFaultKind::Asymmetry if exercise == Exercise::Squat => {
            format!("{side} knee bends {}° less", fault.size)
        }
        SimulatedFaultKind::Asymmetry => format!("{side} arm rises {}° less", fault.size),
        SimulatedFaultKind::JerkyReturn => "jerky way back".to_owned(),
        SimulatedFaultKind::Fatigue => format!("loses {}° over the set", fault.size),
        SimulatedFaultKind::TrunkForward => format!("trunk leans forward by {}°", fault.size),
        SimulatedFaultKind::TrunkSideways => format!("trunk leans sideways by {}°", fault.size),
        SimulatedFaultKind::HeelUp => format!("{side} heel up by {} m", fault.size),
        SimulatedFaultKind::ElbowBent => format!("{side} elbow bent by {}°", fault.size),
        SimulatedFaultKind::FastDown => format!("way there {} times too fast", fault.size),
    };
    format!("{what} (repetitions {} to {})", fault.repetitions.start(), fault.repetitions.end())
}

/// Whether a finding identifies a planted fault: same measure, part and side.
fn identifies_fault(finding: &Finding, fault: &SimulatedFault, exercise: Exercise) -> bool {
    let measures = |wanted: &str| finding.metric.contains(wanted);
    let is_side = |part: Part| fault.side.is_none_or(|side| finding.part == part.on_side(side));
    let is_same_side = finding.side.is_none() || finding.side == fault.side;
    match fault.kind {
        SimulatedFaultKind::KneeInwardDown => measures("valgus_descent") && is_side(Part::LeftKnee),
        SimulatedFaultKind::KneeInwardUp => measures("valgus_ascent") && is_side(Part::LeftKnee),
        SimulatedFaultKind::Shallow => {
            measures("depth") && finding.evidence == FindingEvidence::Check
        }
        SimulatedFaultKind::Asymmetry if exercise == Exercise::Squat => {
            measures("knee_flexion_difference") && is_side(Part::LeftKnee)
        }
        SimulatedFaultKind::Asymmetry => {
            (measures("elevation") || measures("flexion_difference")) && is_same_side
        }
        SimulatedFaultKind::JerkyReturn => measures("smoothness"),
        SimulatedFaultKind::Fatigue => finding.evidence == FindingEvidence::Trend,
        SimulatedFaultKind::TrunkForward => measures("trunk_lean"),
        SimulatedFaultKind::TrunkSideways => measures("trunk_lateral"),
        SimulatedFaultKind::HeelUp => measures("heel"),
        SimulatedFaultKind::ElbowBent => measures("elbow") && is_side(Part::LeftElbow),
        SimulatedFaultKind::FastDown => measures("descent_time"),
    }
}
