//! Counterfactuals: a joint moves as the reference's does in a phase, the body follows (bones keep
//! their lengths), and the result is scored again.

use super::ExplanationInput;
use super::norm::{
    MovementNorm, PHASE_POINTS, PhaseNorm, mirror_direction, mirrored_joint, phase_spans,
};
use agoge_analysis::{Gain, JointDifference, JointPhase, PicturedChange, SuggestedChange};
use agoge_kinematics::Repetition;
use agoge_kinematics::movement::CheckRule;
use agoge_motion::segments::{JOINTS, interpolate_direction, joint_index};
use agoge_motion::statistics::{finite_mean, half_width};
use agoge_motion::vector::{add, norm as length, scale, sub};
use agoge_motion::{Directions, Part, Recording, Side};

/// Share of a phase, before and after it, over which the athlete's own movement blends into the
/// replacement and back, so that no joint jumps.
const RAMP_SHARE: f64 = 0.15;

/// Averages the gains of some repetitions; `None` if none is known. A single gain has no
/// scatter, so half of its own size stands for the half width of its interval.
pub(super) fn mean_gain(gains: &[f64]) -> Option<Gain> {
    let known: Vec<f64> = gains.iter().copied().filter(|gain| gain.is_finite()).collect();
    let value = finite_mean(&known);
    let half = half_width(&known, 1.645);
    let half = if half.is_finite() { half } else { 0.5 * value.abs() };
    value.is_finite().then_some(Gain { value, low: value - half, high: value + half })
}

impl PhaseNorm {
    /// Usual direction of a joint at a share of the phase, 0 to 1, mirrored for a repetition done
    /// with the left side. NaN where unknown.
    pub(super) fn direction_at(&self, share: f64, joint: usize, left: bool) -> [f64; 3] {
        let index = if left { mirrored_joint(joint) } else { joint };
        let x = share.clamp(0.0, 1.0) * (PHASE_POINTS - 1) as f64;
        let (a, b) = (x.floor() as usize, (x.floor() as usize + 1).min(PHASE_POINTS - 1));
        let [p, q] = [self.directions[a][index], self.directions[b][index]];
        if length(p) < 0.5 || length(q) < 0.5 {
            return [f64::NAN; 3];
        }
        let mixed = interpolate_direction(p, q, x.fract());
        if left { mirror_direction(mixed) } else { mixed }
    }
}

/// Replaces, in some repetitions, the directions of some joints with the norm's in some phases.
fn replace_directions(
    directions: &Directions,
    repetitions: &[&Repetition],
    norm: &MovementNorm,
    places: &[JointPhase],
) -> Directions {
    let mut replaced = directions.clone();
    for repetition in repetitions {
        let left = repetition.side == Some(Side::Left);
        for (name, start, end) in phase_spans(repetition) {
            let Some(usual) = norm.find_phase(name.as_deref()) else { continue };
            let active_places =
                places.iter().filter(|(_, phase)| phase.is_none() || *phase == name);
            for joint in active_places.filter_map(|(part, _)| joint_index(*part)) {
                let span = (end - start).max(1) as f64;
                let ramp = (RAMP_SHARE * span).round() as usize;
                let last = (end + ramp).min(directions.frame_count().saturating_sub(1));
                for frame in start.saturating_sub(ramp)..=last {
                    let outside = start.saturating_sub(frame).max(frame.saturating_sub(end));
                    let share = (frame as f64 - start as f64) / span;
                    let usual = usual.direction_at(share, joint, left);
                    // Start the ramp from what another phase has already replaced.
                    let original_weight = outside as f64 / (ramp + 1) as f64;
                    replaced.set_direction(
                        frame,
                        joint,
                        add(
                            scale(replaced.direction_at(frame, joint), original_weight),
                            scale(usual, 1.0 - original_weight),
                        ),
                    );
                }
            }
        }
    }
    replaced
}

/// Returns the recording as it would be if some joints moved as the norm's do in some phases of
/// some repetitions. Bones keep their lengths.
pub fn correct_joints(
    body: &Recording,
    directions: &Directions,
    repetitions: &[&Repetition],
    norm: &MovementNorm,
    places: &[JointPhase],
) -> Recording {
    body.with_directions(&replace_directions(directions, repetitions, norm, places))
}

/// Tries changes on the athlete's repetitions.
pub(super) struct Counterfactual<'a> {
    input: &'a ExplanationInput<'a>,
    repetitions: Vec<&'a Repetition>,
    before: Vec<f64>,
}

impl<'a> Counterfactual<'a> {
    pub(super) fn new(input: &'a ExplanationInput<'a>) -> Counterfactual<'a> {
        let repetitions: Vec<&Repetition> =
            input.numbered.iter().map(|(_, repetition)| *repetition).collect();
        let before = (input.scorer)(input.body, &repetitions);
        Counterfactual { input, repetitions, before }
    }

    /// The same with only a few, evenly chosen repetitions, for controls that try many changes.
    pub(super) fn on_subset(&self, most: usize) -> Counterfactual<'a> {
        let step = self.repetitions.len().div_ceil(most).max(1);
        let repetitions: Vec<&Repetition> =
            self.repetitions.iter().copied().step_by(step).collect();
        let before = self.before.iter().copied().step_by(step).collect();
        Counterfactual { input: self.input, repetitions, before }
    }

    /// Every joint in every phase of the norm.
    pub(super) fn joint_phases(&self) -> Vec<JointPhase> {
        self.input.norm.joint_phases()
    }

    /// Gain of each repetition if these joints moved as the norm's.
    pub(super) fn repetition_gains(&self, places: &[JointPhase]) -> Vec<f64> {
        let ExplanationInput { body, athlete_set, norm, scorer, .. } = self.input;
        let mended = correct_joints(body, athlete_set.directions, &self.repetitions, norm, places);
        scorer(&mended, &self.repetitions)
            .iter()
            .zip(&self.before)
            .map(|(after, before)| after - before)
            .collect()
    }

    /// Suggests the changes that the differences call for, each with its gain. A joint that differs
    /// in several phases is changed in all of them if that gains clearly more; a standing leg is
    /// changed as a whole, named after its clearest joint, if a single joint would only move the
    /// foot.
    pub(super) fn suggest_changes(&self, differences: &[JointDifference]) -> Vec<SuggestedChange> {
        let clear = || differences.iter().filter(|difference| !difference.within_error);
        let single_joint_changes = |part: Part| -> Vec<SuggestedChange> {
            let of_joint = || clear().filter(|difference| difference.joint == part);
            let each: Vec<SuggestedChange> = of_joint()
                .map(|difference| self.build_change(difference, difference.phase.clone(), &[part]))
                .collect();
            let clearest = of_joint().max_by(|a, b| a.clearness.total_cmp(&b.clearness));
            let whole = clearest
                .filter(|_| each.len() > 1)
                .map(|clearest| self.build_change(clearest, None, &[part]));
            let best_single_phase = best_gain(&each);
            match whole {
                Some(whole)
                    if gain_value(&whole) > CLEARLY_MORE * best_single_phase
                        || best_single_phase <= 0.0 =>
                {
                    vec![whole]
                }
                _ => each,
            }
        };
        let mut changes: Vec<SuggestedChange> = JOINTS
            .into_iter()
            .filter(|part| !LEG.contains(&part.on_side(Side::Left)))
            .flat_map(single_joint_changes)
            .collect();
        for side in Side::BOTH {
            let leg = LEG.map(|part| part.on_side(side));
            let each: Vec<SuggestedChange> =
                leg.into_iter().flat_map(single_joint_changes).collect();
            if !self.is_foot_standing(side) {
                changes.extend(each);
                continue;
            }
            let of_leg = || clear().filter(|difference| leg.contains(&difference.joint));
            let phases = self.input.norm.phases.iter().map(|phase| phase.name.clone());
            let clearest = |phase: &Option<String>| {
                let in_phase =
                    of_leg().filter(|difference| phase.is_none() || difference.phase == *phase);
                in_phase.max_by(|a, b| a.clearness.total_cmp(&b.clearness))
            };
            let mut whole: Vec<SuggestedChange> = phases
                .chain([None])
                .filter_map(|phase| Some(self.build_change(clearest(&phase)?, phase, &leg)))
                .collect();
            // The whole-repetition change comes last.
            if let Some(all) = whole
                .pop()
                .filter(|all| gain_value(all) > CLEARLY_MORE * best_gain(&whole) && whole.len() > 1)
            {
                whole = vec![all];
            }
            changes.extend(if best_gain(&whole) > CLEARLY_MORE * best_gain(&each) {
                whole
            } else {
                each
            });
        }
        changes
    }

    /// Whether a foot stays in place in most repetitions.
    fn is_foot_standing(&self, side: Side) -> bool {
        let body = self.input.body;
        let at = |frame: usize, part: Part| {
            let p = body.position_at(frame, part.on_side(side).index());
            if body.space.is_3d() { p } else { [p[0], p[1], 0.0] }
        };
        let stays = |repetition: &&&Repetition| {
            let Repetition { start, end, .. } = ***repetition;
            let trunk = length(sub(at(start, Part::Neck), at(start, Part::Pelvis)));
            let origin = at(start, Part::LeftAnkle);
            let distances =
                (start..=end).map(|frame| length(sub(at(frame, Part::LeftAnkle), origin)));
            distances.filter(|distance| distance.is_finite()).fold(0.0, f64::max)
                < STANDING_TOLERANCE * trunk
        };
        2 * self.repetitions.iter().filter(stays).count() > self.repetitions.len()
    }

    /// Builds the change of some joints in a phase from a difference.
    fn build_change(
        &self,
        difference: &JointDifference,
        phase: Option<String>,
        joints: &[Part],
    ) -> SuggestedChange {
        let places: Vec<JointPhase> = joints.iter().map(|joint| (*joint, phase.clone())).collect();
        let (cue, drill) = self.cue_and_drill(difference, phase.as_deref());
        SuggestedChange {
            with: joints.iter().copied().filter(|joint| *joint != difference.joint).collect(),
            phase,
            gain: mean_gain(&self.repetition_gains(&places)),
            cue,
            drill,
            ..self.difference_change(difference)
        }
    }

    /// The change of one joint in one phase that a difference calls for, without a gain.
    pub(super) fn difference_change(&self, difference: &JointDifference) -> SuggestedChange {
        let (cue, drill) = self.cue_and_drill(difference, difference.phase.as_deref());
        SuggestedChange {
            joint: difference.joint,
            with: Vec::new(),
            phase: difference.phase.clone(),
            repetitions: difference.repetitions.clone(),
            gain: None,
            difference: Some(difference.clone()),
            timing: None,
            pictured: None,
            title: String::new(),
            cue,
            drill,
        }
    }

    /// Pictures the athlete at the instant of the change's largest difference, in the first
    /// repetition that has it.
    pub(super) fn picture_change(&self, change: &SuggestedChange) -> Option<PicturedChange> {
        let ExplanationInput { body, athlete_set, norm, numbered, .. } = self.input;
        let difference = change.difference.as_ref()?;
        let (_, repetition) =
            numbered.iter().find(|(number, _)| change.repetitions.contains(number))?;
        let (_, start, end) =
            phase_spans(repetition).into_iter().find(|(name, ..)| *name == difference.phase)?;
        let frame = start + (difference.at * (end - start) as f64).round() as usize;
        let places = change.joint_phases();
        let mended = correct_joints(body, athlete_set.directions, &[repetition], norm, &places);
        let position =
            |part: Part| Some(mended.position_at(frame, part.index())).filter(|p| p[0].is_finite());
        let to_ground_plane = |[x, _, z]: [f64; 3]| [x, z];
        Some(PicturedChange {
            frame,
            look: body.facing_directions().get(frame)?.map(to_ground_plane),
            // In an image depth is unknown, and JSON has no NaN.
            mended: Part::ALL
                .map(|part| position(part).map(|p| p.map(|v| if v.is_finite() { v } else { 0.0 })))
                .to_vec(),
        })
    }

    /// Cue and drill of the movement's definition for the curve that differs, preferably for this
    /// phase.
    fn cue_and_drill(&self, difference: &JointDifference, phase: Option<&str>) -> (String, String) {
        let movement = self.input.movement;
        let Some(curve) = &difference.curve else { return Default::default() };
        let metric_rule = |check: &CheckRule| movement.metric_rule(&check.metric);
        let is_on_curve = |check: &&CheckRule| {
            metric_rule(check)
                .is_some_and(|metric| metric.curve.as_deref() == Some(curve.name.as_str()))
        };
        let is_in_phase = |check: &&CheckRule| {
            metric_rule(check).is_some_and(|metric| metric.phase.as_deref() == phase)
        };
        let checks = || movement.checks.iter().filter(is_on_curve);
        let check = checks().find(is_in_phase).or_else(|| checks().next());
        check.map_or_else(Default::default, |check| (check.cue.clone(), check.drill.clone()))
    }
}

/// Joints of a leg from the hip down, on the left.
const LEG: [Part; 3] = [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle];
/// A foot that moves by less than this is standing, trunk lengths.
const STANDING_TOLERANCE: f64 = 0.25;
/// Factor by which one change must gain more than another to be clearly better.
const CLEARLY_MORE: f64 = 1.2;

/// Gain of a change, points; zero where unknown.
fn gain_value(change: &SuggestedChange) -> f64 {
    change.gain.as_ref().map_or(0.0, |gain| gain.value)
}

/// Largest gain among some changes.
fn best_gain(changes: &[SuggestedChange]) -> f64 {
    changes.iter().map(gain_value).fold(0.0, f64::max)
}
