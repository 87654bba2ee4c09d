//! A motion as time series of one length, `[channel, time]`, the input of most methods in the
//! field.

use crate::motion::Motion;
use crate::sensor::{AXES, Inertial};
use crate::token::PARTS;
use agoge_motion::Part;
use agoge_motion::vector::{cross, dot, norm, scale, sub};

/// Channels of equal length, `[channel, time]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    /// Samples, evenly spaced over the motion.
    pub(crate) length: usize,
    /// `[channel, time]`, flattened.
    pub(crate) values: Vec<f32>,
}

impl Series {
    /// The channels, one after the other.
    pub(crate) fn channels(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.length.max(1))
    }

    /// The channel with an index.
    pub(crate) fn channel(&self, index: usize) -> &[f32] {
        &self.values[index * self.length..(index + 1) * self.length]
    }

    /// Appends the channels of another series of the same length.
    pub(crate) fn and(mut self, other: Series) -> Series {
        debug_assert_eq!(self.length, other.length);
        self.values.extend(other.values);
        self
    }

    /// The rate of change of every channel: ten times the step to the next sample, which brings it
    /// to the magnitude of the positions; zero at the last sample.
    pub(crate) fn velocities(&self) -> Series {
        let mut values = vec![0.0; self.values.len()];
        for (speed, channel) in values.chunks_exact_mut(self.length.max(1)).zip(self.channels()) {
            for (speed, pair) in speed.iter_mut().zip(channel.windows(2)) {
                *speed = 10.0 * (pair[1] - pair[0]);
            }
        }
        Series { length: self.length, values }
    }

    /// The values with the channels of a sample side by side, `[time, channel]`.
    pub(crate) fn rows(&self) -> Vec<f32> {
        (0..self.length).flat_map(|t| self.channels().map(move |channel| channel[t])).collect()
    }

    /// Builds a series from one row per sample, `[time, channel]`.
    fn of_rows(rows: &[Vec<f32>]) -> Series {
        let length = rows.len();
        let channels = rows.first().map_or(0, Vec::len);
        let values =
            (0..channels).flat_map(|channel| rows.iter().map(move |row| row[channel])).collect();
        Series { length, values }
    }
}

/// `count` instants spaced evenly from `first` to `last`, both included.
fn instants(first: f64, last: f64, count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |i| first + (last - first) * i as f64 / (count.max(2) - 1) as f64)
}

/// Every part of the body at evenly spaced instants, `[time][part]`; `None` where it is missing.
fn poses(motion: &Motion, length: usize) -> Vec<[Option<[f32; 3]>; PARTS.len()]> {
    let mut sample = [([0.0f32; 3], 0.0f32); PARTS.len()];
    let pose = |time| {
        if !motion.time.is_empty() {
            motion.at(time, &mut sample);
        }
        sample.map(|(p, sure)| (sure > 0.0).then_some(p))
    };
    instants(0.0, motion.duration_s(), length).map(pose).collect()
}

/// The region of the body that is used, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Region {
    /// Shoulders, elbows and wrists.
    Arms,
    /// The arms, the pelvis, the trunk and the head.
    Upper,
    /// The whole body.
    Body,
}

impl Region {
    /// Indices of the parts in the region.
    pub(crate) fn parts(self) -> impl Iterator<Item = usize> {
        let region = |part: Part| match part {
            Part::Pelvis | Part::Neck | Part::Head => Region::Upper,
            part if on_leg(part) => Region::Body,
            _ => Region::Arms,
        };
        (0..PARTS.len()).filter(move |&part| region(PARTS[part]) <= self)
    }

    /// Indices of the directions in the region, in the order of [`bone_directions`].
    pub(crate) fn bones(self) -> impl Iterator<Item = usize> {
        let region = |bone: usize| match bone {
            // Pelvis to neck and neck to head, relative to the segment below; near the end, the
            // trunk and the line through the shoulders.
            0 | 1 | 24 => Region::Upper,
            25 => Region::Arms,
            26 => Region::Body,
            // For each side: three directions of the arm and three of the leg, relative to the
            // segment above, then two and three in the athlete's frame.
            _ if matches!((bone - 2) % 11, 0..3 | 6..8) => Region::Arms,
            _ => Region::Body,
        };
        (0..BONES).filter(move |&bone| region(bone) <= self)
    }
}

/// Positions of the parts of a region in the athlete's own frame, `[part · axis, time]`; zero where
/// a part is missing.
pub(crate) fn positions(motion: &Motion, length: usize, region: Region) -> Series {
    let row = |pose: &[Option<[f32; 3]>; PARTS.len()]| {
        region.parts().flat_map(|part| pose[part].unwrap_or_default()).collect::<Vec<f32>>()
    };
    Series::of_rows(&poses(motion, length).iter().map(row).collect::<Vec<_>>())
}

/// Number of directions that [`bone_directions`] computes for the whole body.
pub(crate) const BONES: usize = 27;

/// Directions of the bones, unit vectors, `[bone · axis, time]`: each in the frame of the adjacent
/// segment (as a joint angle is measured), and the limbs, the trunk and the lines through the
/// shoulders and hips in the athlete's own frame. Only those of a region; zero where an end is
/// missing.
pub(crate) fn directions(motion: &Motion, length: usize, region: Region) -> Series {
    let row = |pose: &[Option<[f32; 3]>; PARTS.len()]| {
        let bones = bones(pose);
        region
            .bones()
            .flat_map(|bone| bones[bone].unwrap_or_default().map(|v| v as f32))
            .collect::<Vec<f32>>()
    };
    Series::of_rows(&poses(motion, length).iter().map(row).collect::<Vec<_>>())
}

/// A unit vector; `None` where it is unknown.
type Direction = Option<[f64; 3]>;
/// Rows are the axes: across (forward when upright), along, sideways.
type Frame = Option<[[f64; 3]; 3]>;

/// The directions of one pose, [`BONES`] of them.
fn bones(pose: &[Option<[f32; 3]>; PARTS.len()]) -> Vec<Direction> {
    let at = |part: Part| {
        let index = PARTS.iter().position(|other| *other == part)?;
        // The pelvis is the origin of all other positions.
        if part == Part::Pelvis {
            pose[index].map(|_| [0.0; 3])
        } else {
            pose[index].map(|p| p.map(f64::from))
        }
    };
    let line = |from: Part, to: Part| direction(sub(at(to)?, at(from)?));
    let trunk = line(Part::Pelvis, Part::Neck);
    let shoulders = line(Part::LeftShoulder, Part::RightShoulder);
    let hips = line(Part::LeftHip, Part::RightHip);
    let trunk_frame = frame(trunk, shoulders);
    let pelvis_frame = frame(Some([0.0, 1.0, 0.0]), hips);
    let forward = trunk_frame.map(|axes| axes[0]);
    let sideways = pelvis_frame.map(|axes| axes[2]);
    let mut out =
        vec![seen_from(pelvis_frame, trunk), seen_from(trunk_frame, line(Part::Neck, Part::Head))];
    for [shoulder, elbow, wrist, hip, knee, ankle, toe] in SIDES {
        let (upper_arm, forearm) = (line(shoulder, elbow), line(elbow, wrist));
        let (thigh, shank, foot) = (line(hip, knee), line(knee, ankle), line(ankle, toe));
        out.extend([
            seen_from(trunk_frame, upper_arm),
            seen_from(trunk_frame, forearm),
            seen_from(frame(upper_arm, forward), forearm),
            seen_from(pelvis_frame, thigh),
            seen_from(frame(thigh, sideways), shank),
            seen_from(frame(shank, sideways), foot),
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
fn direction(v: [f64; 3]) -> Direction {
    let length = norm(v);
    (length > 1e-9).then(|| scale(v, 1.0 / length))
}

/// The frame along a direction whose last axis is as close as possible to `sideways`.
fn frame(along: Direction, sideways: Direction) -> Frame {
    let along = along?;
    let across = direction(cross(along, sideways?))?;
    Some([across, along, cross(across, along)])
}

/// A direction in the coordinates of a frame.
fn seen_from(frame: Frame, v: Direction) -> Direction {
    let v = v?;
    Some(frame?.map(|axis| dot(axis, v)))
}

/// Number of channels that [`sensor_channels`] gives.
pub(crate) const WORN: usize = 2 * AXES + 3;
/// Initial samples whose mean acceleration gives the upward direction.
const AT_REST: usize = 15;

/// The signals of a worn sensor, `[channel, time]`: acceleration (g) and angular velocity (100°/s)
/// in the sensor's axes; the same rotated so that the initial acceleration points along z; both
/// magnitudes; and a straight line that rises for a sensor on the upper body and falls for one on a
/// leg (kernels that sum to zero do not see a constant). Zero without a sensor.
pub(crate) fn worn(motion: &Motion, length: usize) -> Series {
    let Some(sensor) = &motion.sensor else {
        return Series { length, values: vec![0.0; WORN * length] };
    };
    let samples = resampled(sensor, length);
    let turn = upright(&samples);
    let place = if on_leg(sensor.part) { -1.0 } else { 1.0 };
    let rows: Vec<Vec<f32>> = samples
        .iter()
        .enumerate()
        .map(|(i, &[ax, ay, az, gx, gy, gz])| {
            let (force, rate) = ([ax, ay, az], [gx, gy, gz]);
            let mut row = [force, rate, turned(&turn, force), turned(&turn, rate)].concat();
            row.extend([norm(force.map(f64::from)) as f32, norm(rate.map(f64::from)) as f32]);
            row.push(place * i as f32 / length as f32);
            row
        })
        .collect();
    Series::of_rows(&rows)
}

/// The samples at evenly spaced instants, by linear interpolation.
fn resampled(sensor: &Inertial, length: usize) -> Vec<[f32; AXES]> {
    let (Some(&first), Some(&last)) = (sensor.time.first(), sensor.time.last()) else {
        return vec![[0.0; AXES]; length];
    };
    instants(first, last, length).map(|time| sensor.at(time)).collect()
}

/// The smallest rotation that brings the mean initial acceleration to +z (Rodrigues' formula); the
/// identity if there is no acceleration.
fn upright(samples: &[[f32; AXES]]) -> [[f64; 3]; 3] {
    let mut sum = [0.0f64; 3];
    for sample in samples.iter().take(AT_REST) {
        (0..3).for_each(|axis| sum[axis] += f64::from(sample[axis]));
    }
    let [x, y, z] = direction(sum).unwrap_or([0.0, 0.0, 1.0]);
    if z < -1.0 + 1e-9 {
        return [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]];
    }
    let k = 1.0 / (1.0 + z);
    [[1.0 - k * x * x, -k * x * y, -x], [-k * x * y, 1.0 - k * y * y, -y], [x, y, z]]
}

/// A vector rotated by a matrix.
fn turned(turn: &[[f64; 3]; 3], v: [f32; 3]) -> [f32; 3] {
    turn.map(|row| dot(row, v.map(f64::from)) as f32)
}

/// Whether a part belongs to a leg.
fn on_leg(part: Part) -> bool {
    matches!(part, Part::LeftHip | Part::RightHip)
        || (part.parent() != part && on_leg(part.parent()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::motion::tests::motion;
    use agoge_motion::simulate::{Exercise, Set};

    const LENGTH: usize = 64;

    #[test]
    fn every_direction_is_of_unit_length_and_a_missing_part_is_zero() {
        let mut motion = motion(&Set { repetitions: 1, ..Set::new(Exercise::Squat) });
        let lengths = |motion: &Motion| -> Vec<f32> {
            let series = directions(motion, LENGTH, Region::Body);
            (0..series.channels().len() / 3)
                .map(|bone| {
                    (0..3).map(|k| series.channel(3 * bone + k)[20].powi(2)).sum::<f32>().sqrt()
                })
                .collect()
        };
        assert_eq!(positions(&motion, LENGTH, Region::Body).channels().len(), 51);
        assert_eq!(lengths(&motion).len(), BONES);
        assert!(lengths(&motion).iter().all(|long| (long - 1.0).abs() < 1e-5));
        let wrist = PARTS.iter().position(|part| *part == Part::LeftWrist).unwrap();
        motion.confidence.iter_mut().skip(wrist).step_by(PARTS.len()).for_each(|sure| *sure = 0.0);
        // The forearm is missing in three frames.
        assert_eq!(lengths(&motion).iter().filter(|long| **long == 0.0).count(), 3);
        let nothing = motion.without_body();
        assert!(positions(&nothing, LENGTH, Region::Body).values.iter().all(|v| *v == 0.0));
        assert!(directions(&nothing, LENGTH, Region::Body).values.iter().all(|v| *v == 0.0));
        assert!(worn(&nothing, LENGTH).values.iter().all(|v| *v == 0.0));
    }

    #[test]
    fn the_knee_of_a_squat_bends_in_the_frame_of_the_thigh() {
        let motion = motion(&Set { repetitions: 1, ..Set::new(Exercise::Squat) });
        let series = directions(&motion, LENGTH, Region::Body);
        // The left shank along the left thigh: the cosine of the knee's flexion, 1 in standing.
        let along = series.channel(3 * (2 + 4) + 1);
        assert!(along[0] > 0.98 && along[LENGTH / 2] < 0.5, "{} {}", along[0], along[LENGTH / 2]);
    }

    #[test]
    fn a_sensor_is_turned_upright_and_knows_where_it_is_worn() {
        let time: Vec<f64> = (0..50).map(|i| i as f64 / 50.0).collect();
        let values = vec![[0.6, 0.0, -0.8, 1.0, 0.0, 0.0]; 50];
        let still = motion(&Set { repetitions: 1, ..Set::new(Exercise::Squat) });
        let with = |part| Motion {
            sensor: Some(Inertial {
                part,
                time: time.clone(),
                values: values.clone(),
                offset_s: 0.0,
            }),
            ..still.clone()
        };
        let series = worn(&with(Part::RightWrist), 128);
        assert_eq!(series.channels().len(), WORN);
        let at = |channel: usize| series.channel(channel)[7];
        assert!([0.0, 0.0, 1.0].iter().enumerate().all(|(k, v)| (at(AXES + k) - v).abs() < 1e-6));
        // The rotation about y by the same angle also applies to the angular velocity.
        assert!(
            (at(AXES + 3).powi(2) + at(AXES + 5).powi(2) - 1.0).abs() < 1e-6
                && (at(AXES + 3) + 0.8).abs() < 1e-6
        );
        assert!((at(2 * AXES) - 1.0).abs() < 1e-6 && (at(2 * AXES + 1) - 1.0).abs() < 1e-6);
        assert!(series.channel(WORN - 1)[127] > 0.9);
        assert!(worn(&with(Part::RightKnee), 128).channel(WORN - 1)[127] < -0.9);
        let down = Motion {
            sensor: Some(Inertial {
                part: Part::Neck,
                time: time.clone(),
                values: vec![[0.0, 0.0, -1.0, 0.0, 0.0, 0.0]; 50],
                offset_s: 0.0,
            }),
            ..still.clone()
        };
        assert!((worn(&down, 128).channel(AXES + 2)[0] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_region_does_not_see_the_rest_of_the_body() {
        let motion = motion(&Set { repetitions: 1, ..Set::new(Exercise::Squat) });
        let all_channels = |motion: &Motion, region| {
            positions(motion, LENGTH, region).and(directions(motion, LENGTH, region))
        };
        let moved = |part: Part| {
            let index = PARTS.iter().position(|other| *other == part).unwrap();
            let mut moved = motion.clone();
            moved.positions.iter_mut().skip(index).step_by(PARTS.len()).for_each(|p| p[0] += 0.3);
            [Region::Arms, Region::Upper, Region::Body]
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
        assert_eq!(channels(Region::Body), 3 * (PARTS.len() + BONES));
        assert_eq!(channels(Region::Arms), 3 * (6 + 11));
    }

    #[test]
    fn velocities_are_steps() {
        let series = Series { length: 3, values: vec![0.0, 1.0, 3.0, 2.0, 2.0, 1.0] };
        assert_eq!(series.velocities().values, [10.0, 20.0, 0.0, 0.0, -10.0, 0.0]);
        assert_eq!(series.clone().and(series).channels().len(), 4);
    }
}
