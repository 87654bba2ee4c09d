//! Attention or convolution? How methods do with fewer labels and longer clips, and what they cost.

use agoge_model::error::ModelError;
use agoge_model::methods::{LearningMethod, LearningTask, Predictor};
use agoge_model::sides::movement_names;
use agoge_model::token::LabelledClip;
use fastrand::Rng;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;

/// A method that learns from only a share of the clips.
pub struct FewerClips<'a> {
    /// The underlying method.
    pub method: &'a dyn LearningMethod,
    /// Share of the clips of each movement and label, 0 to 1; at least one of each is used.
    pub share: f64,
}

impl LearningMethod for FewerClips<'_> {
    fn learn_task(
        &self,
        clips: &[&LabelledClip],
        movements: &[String],
        task: LearningTask,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, ModelError> {
        let mut kinds: BTreeMap<(&str, Option<bool>), Vec<usize>> = BTreeMap::new();
        for (i, clip) in clips.iter().enumerate() {
            kinds.entry((&clip.movement, clip.is_correct())).or_default().push(i);
        }
        let mut rng = Rng::with_seed(seed ^ 0x1e55);
        let mut chosen: Vec<usize> = Vec::new();
        for mut group in kinds.into_values() {
            rng.shuffle(&mut group);
            let count = (self.share * group.len() as f64).round() as usize;
            chosen.extend(&group[..count.clamp(1, group.len())]);
        }
        chosen.sort_unstable();
        let few: Vec<&LabelledClip> = chosen.into_iter().map(|i| clips[i]).collect();
        self.method.learn_task(&few, movements, task, seed)
    }
}

/// Clips of `count` repetitions each: consecutive repetitions of the same athlete, movement and
/// label joined without a break; left-over repetitions are dropped. Only the body is kept, because
/// worn sensors have independent clocks.
pub fn chain_repetitions(clips: &[LabelledClip], count: usize) -> Vec<LabelledClip> {
    let mut kinds: BTreeMap<(&str, &str, Option<bool>), Vec<&LabelledClip>> = BTreeMap::new();
    for clip in clips.iter().filter(|clip| clip.motion.has_body()) {
        kinds.entry((&clip.athlete, &clip.movement, clip.is_correct())).or_default().push(clip);
    }
    let chain = |repetitions: &[&LabelledClip]| {
        let motion =
            repetitions.iter().skip(1).fold(repetitions[0].motion.without_sensor(), |all, next| {
                all.followed_by(&next.motion)
            });
        LabelledClip { motion, ..repetitions[0].clone() }
    };
    kinds
        .values()
        .flat_map(|repetitions| repetitions.chunks_exact(count.max(1)).map(chain))
        .collect()
}

/// The cost of a method.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MethodCost {
    /// Number of learned parameters.
    pub parameters: usize,
    /// Duration of learning, s.
    pub learning_s: f64,
    /// Duration of judging one clip, ms.
    pub judging_ms: f64,
}

/// Measures the cost of a method that learns the quality of all clips except those of the first
/// athlete, and then judges these one by one. It runs on all threads of the pool.
///
/// # Errors
/// Whatever the method returns.
pub fn measure_cost(
    clips: &[LabelledClip],
    method: &dyn LearningMethod,
) -> Result<MethodCost, ModelError> {
    let names = movement_names(clips);
    let first = clips.iter().map(|clip| clip.athlete.as_str()).min();
    let (test, training): (Vec<&LabelledClip>, Vec<&LabelledClip>) =
        clips.iter().partition(|clip| Some(clip.athlete.as_str()) == first);
    let start = Instant::now();
    let judge = method.learn_task(&training, &names, LearningTask::Quality, 1)?;
    let learning_s = start.elapsed().as_secs_f64();
    let start = Instant::now();
    test.iter().for_each(|&clip| drop(judge.predict_clips(&[clip])));
    let judging_ms = 1e3 * start.elapsed().as_secs_f64() / test.len().max(1) as f64;
    Ok(MethodCost { parameters: judge.parameter_count(), learning_s, judging_ms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_model::methods::ClipPrediction;
    use agoge_model::simulated::simulated_exercise_clips as simulated_clips;
    use agoge_motion::simulate::{Exercise, SimulatedFaultKind};
    use std::sync::Mutex;

    /// Records which labels it is given, and learns nothing.
    struct LabelRecorder(Mutex<Vec<(String, Option<bool>)>>);
    struct SilentPredictor;

    impl LearningMethod for LabelRecorder {
        fn learn_task(
            &self,
            clips: &[&LabelledClip],
            _: &[String],
            _: LearningTask,
            _: u64,
        ) -> Result<Box<dyn Predictor>, ModelError> {
            *self.0.lock().unwrap() =
                clips.iter().map(|clip| (clip.athlete.clone(), clip.is_correct())).collect();
            Ok(Box::new(SilentPredictor))
        }
    }

    impl Predictor for SilentPredictor {
        fn predict_clips(&self, clips: &[&LabelledClip]) -> Vec<ClipPrediction> {
            vec![ClipPrediction::default(); clips.len()]
        }

        fn parameter_count(&self) -> usize {
            0
        }
    }

    #[test]
    fn a_share_has_clips_of_both_labels() {
        let all = simulated_clips(Exercise::Squat, Some(SimulatedFaultKind::Asymmetry), 0..12);
        let labels = |share: f64, seed: u64| {
            let method = LabelRecorder(Mutex::default());
            let clips: Vec<&LabelledClip> = all.iter().collect();
            FewerClips { method: &method, share }
                .learn_task(&clips, &movement_names(&all), LearningTask::Quality, seed)
                .unwrap();
            method.0.into_inner().unwrap()
        };
        let count = |labels: &[(String, Option<bool>)], kind: bool| {
            labels.iter().filter(|(_, label)| *label == Some(kind)).count()
        };
        for (share, expected) in [(0.0, 1), (0.5, 3), (1.0, 6)] {
            let labels = labels(share, 1);
            assert_eq!([count(&labels, true), count(&labels, false)], [expected; 2], "{share}");
        }
        assert_eq!(labels(0.5, 1), labels(0.5, 1));
        assert_ne!(labels(0.5, 1), labels(0.5, 2));
    }

    #[test]
    fn repetitions_follow_each_other() {
        let one = simulated_clips(Exercise::Squat, None, 0..1);
        let five = vec![one[0].clone(); 5];
        let chains = chain_repetitions(&five, 2);
        assert_eq!(chains.len(), 2, "the fifth is left over");
        let (single, double) = (&one[0].motion, &chains[0].motion);
        let frames = single.time.len();
        assert_eq!(double.time.len(), 2 * frames);
        assert_eq!(
            double.positions[..single.positions.len()],
            double.positions[single.positions.len()..]
        );
        assert!(double.time.windows(2).all(|pair| pair[1] > pair[0]));
        // Two repetitions and the step between them.
        let step = single.duration_s() / (frames - 1) as f64;
        assert!((double.duration_s() - 2.0 * single.duration_s() - step).abs() < 1e-9);
    }
}
