//! Scaling from pixels to metres by the athlete's height.

use crate::recording::RecordingError;
use crate::{Part, Recording, Space};

/// Segment lengths as shares of standing height: shank, thigh, trunk (mid-hip to mid-shoulder).
/// Drillis & Contini 1966, as tabulated by Winter 2009: heights of ankle 0.039, knee 0.285, hip
/// 0.530, shoulder 0.818.
const SHANK: f64 = 0.246;
const THIGH: f64 = 0.245;
const TRUNK: f64 = 0.288;

/// Checks that a height, m, is plausible for a person.
///
/// # Errors
/// [`RecordingError::Parameter`] outside 0.5 to 2.6 m.
///
/// ```
/// use agoge_motion::scale::check_height;
/// assert!(check_height(1.78).is_ok());
/// assert!(check_height(178.0).is_err(), "centimetres are a mistake");
/// ```
pub fn check_height(height_m: f64) -> Result<(), RecordingError> {
    if (0.5..=2.6).contains(&height_m) {
        return Ok(());
    }
    Err(RecordingError::Parameter {
        what: format!("height {height_m} m is not a person's standing height"),
        hint: "give the height in metres, as in 1.78",
    })
}

impl Recording {
    /// Converts a recording from pixels to metres by the athlete's standing height in metres.
    /// Recordings already in metres are returned unchanged.
    ///
    /// The scale is the ratio of the expected lengths of shank, thigh and trunk (as shares of
    /// height) to their 90th percentiles in pixels: a segment that leaves the image plane only
    /// looks shorter, so a high percentile approximates its true length. Expects the body skeleton.
    /// An error if no leg or trunk is ever seen or the height is implausible.
    pub fn scaled_by_height(self, height_m: f64) -> Result<Recording, RecordingError> {
        check_height(height_m)?;
        let Space::Image { .. } = self.space else { return Ok(self) };
        let segments = [
            (Part::LeftKnee, Part::LeftAnkle, SHANK),
            (Part::RightKnee, Part::RightAnkle, SHANK),
            (Part::LeftHip, Part::LeftKnee, THIGH),
            (Part::RightHip, Part::RightKnee, THIGH),
            (Part::Pelvis, Part::Neck, TRUNK),
        ];
        let (mut expected, mut pixels) = (0.0, 0.0);
        for (a, b, share) in segments {
            if let Some(length) = self.segment_length(a, b) {
                expected += share * height_m;
                pixels += length;
            }
        }
        if pixels <= 0.0 {
            return Err(RecordingError::Parameter {
                what: "no leg and no trunk is ever seen, so the height gives no scale".to_owned(),
                hint: "leave the height out: lengths are then given in trunk lengths or pixels",
            });
        }
        let scale = expected / pixels;
        let mut scaled = self;
        for position in &mut scaled.position {
            *position = position.map(|value| value * scale);
        }
        scaled.space = Space::Plane;
        Ok(scaled)
    }

    /// The 90th percentile of the distance between two parts in the image plane, in the recording's
    /// unit; `None` if they are never seen together.
    fn segment_length(&self, a: Part, b: Part) -> Option<f64> {
        let (a, b) = (self.skeleton.joint_for_part(a)?, self.skeleton.joint_for_part(b)?);
        let mut lengths: Vec<f64> = (0..self.frame_count())
            .map(|frame| {
                let (p, q) = (self.position_at(frame, a), self.position_at(frame, b));
                (p[0] - q[0]).hypot(p[1] - q[1])
            })
            .filter(|length| length.is_finite())
            .collect();
        lengths.sort_by(f64::total_cmp);
        lengths.get(lengths.len().saturating_sub(1) * 9 / 10).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::MISSING;
    use crate::{RecordingSource, Skeleton};

    /// One frame of standing in pixels: 100 px per metre, height 1.8 m, joints at Winter's heights.
    fn standing() -> Recording {
        let mut position = vec![MISSING; Part::COUNT];
        for (part, share) in [
            (Part::LeftAnkle, 0.039),
            (Part::LeftKnee, 0.285),
            (Part::LeftHip, 0.530),
            (Part::Pelvis, 0.530),
            (Part::Neck, 0.818),
        ] {
            position[part.index()] = [0.0, share * 180.0, 0.0];
        }
        let space = Space::Image { width: None, height: None };
        let confidence = vec![1.0; Part::COUNT];
        Recording::new(
            RecordingSource::default(),
            Skeleton::body(),
            space,
            vec![0.0],
            position,
            confidence,
        )
        .unwrap()
    }

    #[test]
    fn scale_comes_from_the_height() {
        let scaled = standing().scaled_by_height(1.8).unwrap();
        assert_eq!(scaled.space, Space::Plane);
        // The hip is 0.530 of 1.8 m above the floor, up to rounding error.
        assert!((scaled.position_at(0, Part::LeftHip.index())[1] - 0.954).abs() < 1e-12);
    }

    #[test]
    fn refuses_what_is_no_height_or_has_no_scale() {
        assert!(standing().scaled_by_height(178.0).is_err());
        let mut empty = standing();
        empty.position.fill(MISSING);
        assert!(empty.scaled_by_height(1.8).is_err());
    }
}
