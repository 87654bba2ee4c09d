//! A motion as time series of one length, `[channel, time]`, the input of most methods in the
//! field.

use crate::motion::Motion;
use crate::sensor::{AXES, Inertial};
use crate::token::PARTS;
use agoge_motion::Part;
use agoge_motion::vector::{cross, dot, norm, scale, sub};

/// Channels of equal length, `[channel, time]`.
#[derive(Clone, Debug, PartialEq)]
pub struct MotionSeries {
    /// Samples, evenly spaced over the motion.
    pub length: usize,
    /// `[channel, time]`, flattened.
    pub values: Vec<f32>,
}

impl MotionSeries {
    /// The channels, one after the other.
    pub fn channels(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.length.max(1))
    }

    /// The channel with an index.
    pub fn channel(&self, index: usize) -> &[f32] {
        &self.values[index * self.length..(index + 1) * self.length]
    }

    /// Appends the channels of another series of the same length.
    pub fn join_channels(mut self, other: MotionSeries) -> MotionSeries {
        debug_assert_eq!(self.length, other.length);
        self.values.extend(other.values);
        self
    }

    /// The rate of change of every channel: ten times the step to the next sample, which brings it
    /// to the magnitude of the positions; zero at the last sample.
    pub fn channel_velocities(&self) -> MotionSeries {
        let mut values = vec![0.0; self.values.len()];
        for (speed, channel) in values.chunks_exact_mut(self.length.max(1)).zip(self.channels()) {
            for (speed, pair) in speed.iter_mut().zip(channel.windows(2)) {
                *speed = 10.0 * (pair[1] - pair[0]);
            }
        }
        MotionSeries { length: self.length, values }
    }

    /// The values with the channels of a sample side by side, `[time, channel]`.
    pub fn to_rows(&self) -> Vec<f32> {
        (0..self.length).flat_map(|t| self.channels().map(move |channel| channel[t])).collect()
    }

    /// Builds a series from one row per sample, `[time, channel]`.
    fn from_rows(rows: &[Vec<f32>]) -> MotionSeries {
        let length = rows.len();
        let channels = rows.first().map_or(0, Vec::len);
        let values =
            (0..channels).flat_map(|channel| rows.iter().map(move |row| row[channel])).collect();
        MotionSeries { length, values }
    }
}

/// `count` instants spaced evenly from `first` to `last`, both included.
fn even_instants(first: f64, last: f64, count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |i| first + (last - first) * i as f64 / (count.max(2) - 1) as f64)
}

/// Every part of the body at evenly spaced instants, `[time][part]`; `None` where it is missing.
fn sample_poses(motion: &Motion, length: usize) -> Vec<[Option<[f32; 3]>; PARTS.len()]> {
    let mut sample = [([0.0f32; 3], 0.0f32); PARTS.len()];
    let pose = |time| {
        if !motion.time.is_empty() {
            motion.sample_at(time, &mut sample);
        }
        sample.map(|(p, sure)| (sure > 0.0).then_some(p))
    };
    even_instants(0.0, motion.duration_s(), length).map(pose).collect()
}

/// The region of the body that is used, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeriesRegion {
    /// Shoulders, elbows and wrists.
    Arms,
    /// The arms, the pelvis, the trunk and the head.
    Upper,
    /// The whole body.
    Body,
}

impl SeriesRegion {
    /// Indices of the parts in the region.
    pub fn part_indices(self) -> impl Iterator<Item = usize> {
        let region = |part: Part| match part {
            Part::Pelvis | Part::Neck | Part::Head => SeriesRegion::Upper,
            part if is_on_leg(part) => SeriesRegion::Body,
            _ => SeriesRegion::Arms,
        };
        (0..PARTS.len()).filter(move |&part| region(PARTS[part]) <= self)
    }

    /// Indices of the directions in the region, in the order of [`bone_directions`].
    pub fn bone_indices(self) -> impl Iterator<Item = usize> {
        let region = |bone: usize| match bone {
            // Pelvis to neck and neck to head, relative to the segment below; near the end, the
            // trunk and the line through the shoulders.
            0 | 1 | 24 => SeriesRegion::Upper,
            25 => SeriesRegion::Arms,
            26 => SeriesRegion::Body,
            // For each side: three directions of the arm and three of the leg, relative to the
            // segment above, then two and three in the athlete's frame.
            _ if matches!((bone - 2) % 11, 0..3 | 6..8) => SeriesRegion::Arms,
            _ => SeriesRegion::Body,
        };
        (0..BONES).filter(move |&bone| region(bone) <= self)
    }
}

/// Positions of the parts of a region in the athlete's own frame, `[part · axis, time]`; zero where
/// a part is missing.
pub fn part_positions(motion: &Motion, length: usize, region: SeriesRegion) -> MotionSeries {
    let row = |pose: &[Option<[f32; 3]>; PARTS.len()]| {
        region.part_indices().flat_map(|part| pose[part].unwrap_or_default()).collect::<Vec<f32>>()
    };
    MotionSeries::from_rows(&sample_poses(motion, length).iter().map(row).collect::<Vec<_>>())
}

/// Number of directions that [`bone_directions`] computes for the whole body.
pub const BONES: usize = 27;

/// Directions of the bones, unit vectors, `[bone · axis, time]`: each in the frame of the adjacent
/// segment (as a joint angle is measured), and the limbs, the trunk and the lines through the
/// shoulders and hips in the athlete's own frame. Only those of a region; zero where an end is
/// missing.
pub fn bone_directions(motion: &Motion, length: usize, region: SeriesRegion) -> MotionSeries {
    let row = |pose: &[Option<[f32; 3]>; PARTS.len()]| {
        let bones = pose_directions(pose);
        region
            .bone_indices()
            .flat_map(|bone| bones[bone].unwrap_or_default().map(|v| v as f32))
            .collect::<Vec<f32>>()
    };
    MotionSeries::from_rows(&sample_poses(motion, length).iter().map(row).collect::<Vec<_>>())
}

/// A unit vector; `None` where it is unknown.
type UnitVector = Option<[f64; 3]>;
/// Rows are the axes: across (forward when upright), along, sideways.
type SegmentAxes = Option<[[f64; 3]; 3]>;

/// The directions of one pose, [`BONES`] of them.
fn pose_directions(pose: &[Option<[f32; 3]>; PARTS.len()]) -> Vec<UnitVector> {
    let at = |part: Part| {
        let index = PARTS.iter().position(|other| *other == part)?;
        // The pelvis is the origin of all other positions.
        if part == Part::Pelvis {
            pose[index].map(|_| [0.0; 3])
        } else {
            pose[index].map(|p| p.map(f64::from))
        }
    };
    let line = |from: Part, to: Part| unit_vector(sub(at(to)?, at(from)?));
    let trunk = line(Part::Pelvis, Part::Neck);
    let shoulders = line(Part::LeftShoulder, Part::RightShoulder);
    let hips = line(Part::LeftHip, Part::RightHip);
    let trunk_frame = segment_axes(trunk, shoulders);
    let pelvis_frame = segment_axes(Some([0.0, 1.0, 0.0]), hips);
    let forward = trunk_frame.map(|axes| axes[0]);
    let sideways = pelvis_frame.map(|axes| axes[2]);
    let mut out = vec![
        in_segment_axes(pelvis_frame, trunk),
        in_segment_axes(trunk_frame, line(Part::Neck, Part::Head)),
    ];
    for [shoulder, elbow, wrist, hip, knee, ankle, toe] in SIDES {
        let (upper_arm, forearm) = (line(shoulder, elbow), line(elbow, wrist));
        let (thigh, shank, foot) = (line(hip, knee), line(knee, ankle), line(ankle, toe));
        out.extend([
            in_segment_axes(trunk_frame, upper_arm),
            in_segment_axes(trunk_frame, forearm),
            in_segment_axes(segment_axes(upper_arm, forward), forearm),
            in_segment_axes(pelvis_frame, thigh),
            in_segment_axes(segment_axes(thigh, sideways), shank),
            in_segment_axes(segment_axes(shank, sideways), foot),
        ]);
        out.extend([upper_arm, forearm, thigh, shank, foot]);
    }
    out.extend([trunk, shoulders, hips]);
    out
}

/// Shoulder, elbow, wrist, hip, knee, ankle and toe of both sides.
const SIDES: [[Part; 7]; 2] = [
    [
        Part::LeftShoulder,
        Part::LeftElbow,
        Part::LeftWrist,
        Part::LeftHip,
        Part::LeftKnee,
        Part::LeftAnkle,
        Part::LeftBigToe,
    ],
    [
        Part::RightShoulder,
        Part::RightElbow,
        Part::RightWrist,
        Part::RightHip,
        Part::RightKnee,
        Part::RightAnkle,
        Part::RightBigToe,
    ],
];

/// The unit vector along a vector; `None` for zero.
fn unit_vector(v: [f64; 3]) -> UnitVector {
    let length = norm(v);
    (length > 1e-9).then(|| scale(v, 1.0 / length))
}

/// The frame along a direction whose last axis is as close as possible to `sideways`.
fn segment_axes(along: UnitVector, sideways: UnitVector) -> SegmentAxes {
    let along = along?;
    let across = unit_vector(cross(along, sideways?))?;
    Some([across, along, cross(across, along)])
}

/// A direction in the coordinates of a frame.
fn in_segment_axes(frame: SegmentAxes, v: UnitVector) -> UnitVector {
    let v = v?;
    Some(frame?.map(|axis| dot(axis, v)))
}

/// Number of channels that [`sensor_channels`] gives.
pub const WORN_CHANNELS: usize = 2 * AXES + 3;
/// Initial samples whose mean acceleration gives the upward direction.
const REST_SAMPLES: usize = 15;

/// The signals of a worn sensor, `[channel, time]`: acceleration (g) and angular velocity (100°/s)
/// in the sensor's axes; the same rotated so that the initial acceleration points along z; both
/// magnitudes; and a straight line that rises for a sensor on the upper body and falls for one on a
/// leg (kernels that sum to zero do not see a constant). Zero without a sensor.
pub fn sensor_channels(motion: &Motion, length: usize) -> MotionSeries {
    let Some(sensor) = &motion.sensor else {
        return MotionSeries { length, values: vec![0.0; WORN_CHANNELS * length] };
    };
    let samples = resample_sensor(sensor, length);
    let turn = upright_rotation(&samples);
    let place = if is_on_leg(sensor.part) { -1.0 } else { 1.0 };
    let rows: Vec<Vec<f32>> = samples
        .iter()
        .enumerate()
        .map(|(i, &[ax, ay, az, gx, gy, gz])| {
            let (force, rate) = ([ax, ay, az], [gx, gy, gz]);
            let mut row =
                [force, rate, rotate_vector(&turn, force), rotate_vector(&turn, rate)].concat();
            row.extend([norm(force.map(f64::from)) as f32, norm(rate.map(f64::from)) as f32]);
            row.push(place * i as f32 / length as f32);
            row
        })
        .collect();
    MotionSeries::from_rows(&rows)
}

/// The samples at evenly spaced instants, by linear interpolation.
fn resample_sensor(sensor: &Inertial, length: usize) -> Vec<[f32; AXES]> {
    let (Some(&first), Some(&last)) = (sensor.time.first(), sensor.time.last()) else {
        return vec![[0.0; AXES]; length];
    };
    even_instants(first, last, length).map(|time| sensor.sample_at(time)).collect()
}

/// The smallest rotation that brings the mean initial acceleration to +z (Rodrigues' formula); the
/// identity if there is no acceleration.
fn upright_rotation(samples: &[[f32; AXES]]) -> [[f64; 3]; 3] {
    let mut sum = [0.0f64; 3];
    for sample in samples.iter().take(REST_SAMPLES) {
        (0..3).for_each(|axis| sum[axis] += f64::from(sample[axis]));
    }
    let [x, y, z] = unit_vector(sum).unwrap_or([0.0, 0.0, 1.0]);
    if z < -1.0 + 1e-9 {
        return [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]];
    }
    let k = 1.0 / (1.0 + z);
    [[1.0 - k * x * x, -k * x * y, -x], [-k * x * y, 1.0 - k * y * y, -y], [x, y, z]]
}

/// A vector rotated by a matrix.
fn rotate_vector(turn: &[[f64; 3]; 3], v: [f32; 3]) -> [f32; 3] {
    turn.map(|row| dot(row, v.map(f64::from)) as f32)
}

/// Whether a part belongs to a leg.
fn is_on_leg(part: Part) -> bool {
    matches!(part, Part::LeftHip | Part::RightHip)
        || (part.parent() != part && is_on_leg(part.parent()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::simulated_motion;
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    const LENGTH: usize = 64;

    #[test]
    fn every_direction_is_of_unit_length_and_a_missing_part_is_zero() {
        let mut motion = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let lengths = |motion: &Motion| -> Vec<f32> {
            let series = bone_directions(motion, LENGTH, SeriesRegion::Body);
            (0..series.channels().len() / 3)
                .map(|bone| {
                    (0..3).map(|k| series.channel(3 * bone + k)[20].powi(2)).sum::<f32>().sqrt()
                })
                .collect()
        };
        assert_eq!(part_positions(&motion, LENGTH, SeriesRegion::Body).channels().len(), 51);
        assert_eq!(lengths(&motion).len(), BONES);
        assert!(lengths(&motion).iter().all(|long| (long - 1.0).abs() < 1e-5));
        let wrist = PARTS.iter().position(|part| *part == Part::LeftWrist).unwrap();
        motion.confidence.iter_mut().skip(wrist).step_by(PARTS.len()).for_each(|sure| *sure = 0.0);
        // The forearm is missing in three frames.
        assert_eq!(lengths(&motion).iter().filter(|long| **long == 0.0).count(), 3);
        let nothing = motion.without_body();
        assert!(
            part_positions(&nothing, LENGTH, SeriesRegion::Body).values.iter().all(|v| *v == 0.0)
        );
        assert!(
            bone_directions(&nothing, LENGTH, SeriesRegion::Body).values.iter().all(|v| *v == 0.0)
        );
        assert!(sensor_channels(&nothing, LENGTH).values.iter().all(|v| *v == 0.0));
    }

    #[test]
    fn the_knee_of_a_squat_bends_in_the_frame_of_the_thigh() {
        let motion = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let series = bone_directions(&motion, LENGTH, SeriesRegion::Body);
        // The left shank along the left thigh: the cosine of the knee's flexion, 1 in standing.
        let along = series.channel(3 * (2 + 4) + 1);
        assert!(along[0] > 0.98 && along[LENGTH / 2] < 0.5, "{} {}", along[0], along[LENGTH / 2]);
    }

    #[test]
    fn a_sensor_is_turned_upright_and_knows_where_it_is_worn() {
        let time: Vec<f64> = (0..50).map(|i| i as f64 / 50.0).collect();
        let values = vec![[0.6, 0.0, -0.8, 1.0, 0.0, 0.0]; 50];
        let still = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let with = |part| Motion {
            sensor: Some(Inertial {
                part,
                time: time.clone(),
                values: values.clone(),
                offset_s: 0.0,
            }),
            ..still.clone()
        };
        let series = sensor_channels(&with(Part::RightWrist), 128);
        assert_eq!(series.channels().len(), WORN_CHANNELS);
        let at = |channel: usize| series.channel(channel)[7];
        assert!([0.0, 0.0, 1.0].iter().enumerate().all(|(k, v)| (at(AXES + k) - v).abs() < 1e-6));
        // The rotation about y by the same angle also applies to the angular velocity.
        assert!(
            (at(AXES + 3).powi(2) + at(AXES + 5).powi(2) - 1.0).abs() < 1e-6
                && (at(AXES + 3) + 0.8).abs() < 1e-6
        );
        assert!((at(2 * AXES) - 1.0).abs() < 1e-6 && (at(2 * AXES + 1) - 1.0).abs() < 1e-6);
        assert!(series.channel(WORN_CHANNELS - 1)[127] > 0.9);
        assert!(
            sensor_channels(&with(Part::RightKnee), 128).channel(WORN_CHANNELS - 1)[127] < -0.9
        );
        let down = Motion {
            sensor: Some(Inertial {
                part: Part::Neck,
                time: time.clone(),
                values: vec![[0.0, 0.0, -1.0, 0.0, 0.0, 0.0]; 50],
                offset_s: 0.0,
            }),
            ..still.clone()
        };
        assert!((sensor_channels(&down, 128).channel(AXES + 2)[0] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_region_does_not_see_the_rest_of_the_body() {
        let motion = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let all_channels = |motion: &Motion, region| {
            part_positions(motion, LENGTH, region)
                .join_channels(bone_directions(motion, LENGTH, region))
        };
        let moved = |part: Part| {
            let index = PARTS.iter().position(|other| *other == part).unwrap();
            let mut moved = motion.clone();
            moved.positions.iter_mut().skip(index).step_by(PARTS.len()).for_each(|p| p[0] += 0.3);
            [SeriesRegion::Arms, SeriesRegion::Upper, SeriesRegion::Body]
                .map(|region| all_channels(&moved, region) != all_channels(&motion, region))
        };
        for leg in
            [Part::LeftKnee, Part::RightKnee, Part::LeftAnkle, Part::RightAnkle, Part::LeftBigToe]
        {
            assert_eq!(moved(leg), [false, false, true], "{leg:?}");
        }
        assert_eq!(moved(Part::Head), [false, true, true]);
        for arm in [Part::LeftWrist, Part::RightWrist, Part::LeftElbow, Part::RightShoulder] {
            assert_eq!(moved(arm), [true; 3], "{arm:?}");
        }
        let channels = |region| all_channels(&motion, region).channels().len();
        assert_eq!(channels(SeriesRegion::Body), 3 * (PARTS.len() + BONES));
        assert_eq!(channels(SeriesRegion::Arms), 3 * (6 + 11));
    }

    #[test]
    fn velocities_are_steps() {
        let series = MotionSeries { length: 3, values: vec![0.0, 1.0, 3.0, 2.0, 2.0, 1.0] };
        assert_eq!(series.channel_velocities().values, [10.0, 20.0, 0.0, 0.0, -10.0, 0.0]);
        assert_eq!(series.clone().join_channels(series).channels().len(), 4);
    }
}
