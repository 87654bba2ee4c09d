//! Attention or convolution? What methods do as labels get fewer and clips longer, and what they
//! cost.

use crate::error::Error;
use crate::peers::{Judge, Method, Task};
use crate::token::Clip;
use crate::train::movements;
use fastrand::Rng;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;

/// A method that is shown a share of what it could learn from.
pub struct Fewer<'a> {
    /// The method.
    pub method: &'a dyn Method,
    /// Share of the clips of each movement and label, 0 to 1; at least one of each is left.
    pub share: f64,
}

impl Method for Fewer<'_> {
    fn learn(
        &self,
        clips: &[&Clip],
        movements: &[String],
        task: Task,
        seed: u64,
    ) -> Result<Box<dyn Judge>, Error> {
        let mut kinds: BTreeMap<(&str, Option<bool>), Vec<usize>> = BTreeMap::new();
        for (i, clip) in clips.iter().enumerate() {
            kinds.entry((&clip.movement, clip.is_correct())).or_default().push(i);
        }
        let mut rng = Rng::with_seed(seed ^ 0x1e55);
        let mut kept: Vec<usize> = Vec::new();
        for mut own in kinds.into_values() {
            rng.shuffle(&mut own);
            let count = (self.share * own.len() as f64).round() as usize;
            kept.extend(&own[..count.clamp(1, own.len())]);
        }
        kept.sort_unstable();
        let few: Vec<&Clip> = kept.into_iter().map(|i| clips[i]).collect();
        self.method.learn(&few, movements, task, seed)
    }
}

/// Clips of `count` repetitions each: those of the same athlete, movement and label that follow
/// each other, one after the other without a break; what is left over is dropped. By the body
/// alone: worn sensors have clocks of their own.
pub fn chained(clips: &[Clip], count: usize) -> Vec<Clip> {
    let mut kinds: BTreeMap<(&str, &str, Option<bool>), Vec<&Clip>> = BTreeMap::new();
    for clip in clips.iter().filter(|clip| clip.motion.has_body()) {
        kinds.entry((&clip.athlete, &clip.movement, clip.is_correct())).or_default().push(clip);
    }
    let chain = |own: &[&Clip]| {
        let motion = own
            .iter()
            .skip(1)
            .fold(own[0].motion.without_sensor(), |all, next| all.followed_by(&next.motion));
        Clip { motion, ..own[0].clone() }
    };
    kinds.values().flat_map(|own| own.chunks_exact(count.max(1)).map(chain)).collect()
}

/// What a method costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// Numbers that it learned.
    pub parameters: usize,
    /// How long learning took, s.
    pub learning_s: f64,
    /// How long judging a clip took, ms.
    pub judging_ms: f64,
}

/// What a method costs that learns the quality of some clips without those of the first athlete,
/// which it then judges one by one. On as many threads as the pool has.
///
/// # Errors
/// What the method returns.
pub fn cost(clips: &[Clip], method: &dyn Method) -> Result<Cost, Error> {
    let names = movements(clips);
    let first = clips.iter().map(|clip| clip.athlete.as_str()).min();
    let (own, others): (Vec<&Clip>, Vec<&Clip>) =
        clips.iter().partition(|clip| Some(clip.athlete.as_str()) == first);
    let start = Instant::now();
    let judge = method.learn(&others, &names, Task::Quality, 1)?;
    let learning_s = start.elapsed().as_secs_f64();
    let start = Instant::now();
    own.iter().for_each(|&clip| drop(judge.judge(&[clip])));
    let judging_ms = 1e3 * start.elapsed().as_secs_f64() / own.len().max(1) as f64;
    Ok(Cost { parameters: judge.parameters(), learning_s, judging_ms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::tests::clips;
    use crate::peers::Said;
    use agoge_motion::simulate::{Exercise, FaultKind};
    use std::sync::Mutex;

    /// Tells which labels it was shown, and learns nothing.
    struct Shown(Mutex<Vec<(String, Option<bool>)>>);
    struct Silent;

    impl Method for Shown {
        fn learn(
            &self,
            clips: &[&Clip],
            _: &[String],
            _: Task,
            _: u64,
        ) -> Result<Box<dyn Judge>, Error> {
            *self.0.lock().unwrap() =
                clips.iter().map(|clip| (clip.athlete.clone(), clip.is_correct())).collect();
            Ok(Box::new(Silent))
        }
    }

    impl Judge for Silent {
        fn judge(&self, clips: &[&Clip]) -> Vec<Said> {
            vec![Said::default(); clips.len()]
        }

        fn parameters(&self) -> usize {
            0
        }
    }

    #[test]
    fn a_share_has_clips_of_both_labels() {
        let all = clips(Exercise::Squat, Some(FaultKind::Asymmetry), 0..12);
        let shown = |share: f64, seed: u64| {
            let method = Shown(Mutex::default());
            let clips: Vec<&Clip> = all.iter().collect();
            Fewer { method: &method, share }
                .learn(&clips, &movements(&all), Task::Quality, seed)
                .unwrap();
            method.0.into_inner().unwrap()
        };
        let count = |shown: &[(String, Option<bool>)], kind: bool| {
            shown.iter().filter(|(_, label)| *label == Some(kind)).count()
        };
        for (share, expected) in [(0.0, 1), (0.5, 3), (1.0, 6)] {
            let shown = shown(share, 1);
            assert_eq!([count(&shown, true), count(&shown, false)], [expected; 2], "{share}");
        }
        assert_eq!(shown(0.5, 1), shown(0.5, 1));
        assert_ne!(shown(0.5, 1), shown(0.5, 2));
    }

    #[test]
    fn repetitions_follow_each_other() {
        let one = clips(Exercise::Squat, None, 0..1);
        let five = vec![one[0].clone(); 5];
        let chains = chained(&five, 2);
        assert_eq!(chains.len(), 2, "the fifth is left over");
        let (single, double) = (&one[0].motion, &chains[0].motion);
        let frames = single.time.len();
        assert_eq!(double.time.len(), 2 * frames);
        assert_eq!(
            double.positions[..single.positions.len()],
            double.positions[single.positions.len()..]
        );
        assert!(double.time.windows(2).all(|pair| pair[1] > pair[0]));
        // Two repetitions and the step from one to the other.
        let step = single.duration_s() / (frames - 1) as f64;
        assert!((double.duration_s() - 2.0 * single.duration_s() - step).abs() < 1e-9);
    }
}
