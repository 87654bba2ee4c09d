//! The joint and phase that each method of explanation names first, to compare the methods.

use agoge::Analyzed;
use agoge::explain::{
    complete_repetitions, norm_from_recordings, quality_scores, scores_by_limits, segment_end,
};
use agoge::{AnalysisOptions, Error};
use agoge_analysis::{JointDifference, JointPhase};
use agoge_coach::Precision;
use agoge_coach::explain::{RepetitionSet, correct_joints, find_differences};
use agoge_kinematics::Repetition;
use agoge_model::{Model, Motion};
use agoge_motion::Recording;
use agoge_train::saliency::quality_relevance;
use agoge_train::saliency::{Relevance, SaliencyMethod};

/// The joint and phase that every explanation method ranks first, for comparing the methods: the
/// clearest kinematic difference, the largest counterfactual gain and the first finding by the
/// limits; with a model, the largest gain by the model and the place of highest relevance, and the
/// same for an untrained network. The explanation that is shown to users is not among them.
///
/// # Errors
/// As [`explain`].
pub(crate) fn top_places_by_method(
    analyzed: &Analyzed,
    recordings: &[Recording],
    options: &AnalysisOptions,
    model: Option<(&Model, &Model)>,
) -> Result<Vec<(String, Option<JointPhase>)>, Error> {
    let Some(norm) = norm_from_recordings(recordings, options)? else { return Ok(Vec::new()) };
    let numbered = complete_repetitions(&analyzed.analysis.repetitions);
    let few: Vec<&Repetition> =
        numbered.iter().rev().take(3).map(|(_, repetition)| repetition).collect();
    let directions = analyzed.body.segment_directions();
    let places = norm.joint_phases();
    let best = |value: &dyn Fn(&JointPhase) -> f64| {
        let valued: Vec<(f64, &JointPhase)> = places
            .iter()
            .map(|place| (value(place), place))
            .filter(|(value, _)| value.is_finite())
            .collect();
        valued.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, place)| place.clone())
    };
    let gain = |scorer: &dyn Fn(&Recording, &[&Repetition]) -> Vec<f64>| {
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        best(&|place| {
            mean(scorer(
                &correct_joints(
                    &analyzed.body,
                    &directions,
                    &few,
                    &norm,
                    std::slice::from_ref(place),
                ),
                &few,
            ))
        })
    };
    let mut out = Vec::new();
    let Some((model, untrained)) = model else {
        let repetitions: Vec<&Repetition> =
            numbered.iter().map(|(_, repetition)| repetition).collect();
        let set = RepetitionSet {
            directions: &directions,
            curves: &analyzed.curves,
            repetitions: &repetitions,
        };
        let numbered: Vec<(usize, &Repetition)> =
            numbered.iter().map(|(number, r)| (*number, r)).collect();
        let all_differences = find_differences(
            &set.to_cycles(),
            &numbered,
            &norm,
            &Precision::from_recording(&analyzed.body),
        );
        let clearest = all_differences.iter().max_by(|a, b| a.clearness.total_cmp(&b.clearness));
        let place_of = |difference: &JointDifference| (difference.joint, difference.phase.clone());
        out.push(("kinematic z-score".to_owned(), clearest.map(place_of)));
        let first = analyzed.analysis.findings.first();
        out.push(("limits alone".to_owned(), first.map(|f| (f.part, f.phase.clone()))));
        out.push((
            "counterfactual alone".to_owned(),
            gain(&|body, few| scores_by_limits(analyzed, body, few)),
        ));
        return Ok(out);
    };
    let class = model.class_index(&options.movement).unwrap_or(0);
    let motions: Vec<Motion> = few
        .iter()
        .filter_map(|r| Motion::new(&analyzed.body, r.start, r.end))
        .filter(Motion::has_body)
        .collect();
    for (network, suffix) in [(model, ""), (untrained, ", untrained")] {
        let by_model = |body: &Recording, few: &[&Repetition]| {
            quality_scores(network, &options.movement, body, few)
        };
        out.push((format!("counterfactual{suffix}"), gain(&by_model)));
        for method in SaliencyMethod::ALL {
            let relevances: Vec<Relevance> = motions
                .iter()
                .map(|motion| quality_relevance(network, motion, class, method))
                .collect();
            let best_place = best(&|(joint, phase)| {
                let each = few.iter().zip(&relevances).map(|(repetition, relevance)| {
                    let span = (repetition.end - repetition.start).max(1) as f64;
                    let own_phase = repetition
                        .phases
                        .iter()
                        .find(|own_phase| Some(&own_phase.name) == phase.as_ref());
                    let within = own_phase.map_or([0.0, 1.0], |own_phase| {
                        [own_phase.start, own_phase.end]
                            .map(|frame| (frame - repetition.start) as f64 / span)
                    });
                    f64::from(relevance.mean_within(within, &[*joint, segment_end(*joint)]))
                });
                each.sum::<f64>()
            });
            out.push((format!("{}{suffix}", method.name()), best_place));
        }
    }
    Ok(out)
}
