//! Reads UI-PRMD's Kinect positions (Vakanski et al., Data 2018) and joins clips into recordings.

use agoge_motion::{Part, Recording, RecordingSource, Skeleton, Space};
use parquet::column::reader::ColumnReader;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) const RATE_HZ: f64 = 30.0;
/// Stored Kinect positions are integer multiples of 0.2 mm.
const UNIT_M: f64 = 0.0002;
const JOINTS: usize = 22;
const KEYS: usize = 5;

/// The parts of the Kinect's joints. Each joint is named after the segment that starts there.
const PARTS: [Option<Part>; JOINTS] = [
    Some(Part::Pelvis),
    Some(Part::Spine),
    Some(Part::Chest),
    Some(Part::Neck),
    Some(Part::Head),
    None,
    None,
    Some(Part::LeftShoulder),
    Some(Part::LeftElbow),
    Some(Part::LeftWrist),
    None,
    Some(Part::RightShoulder),
    Some(Part::RightElbow),
    Some(Part::RightWrist),
    Some(Part::LeftHip),
    Some(Part::LeftKnee),
    Some(Part::LeftAnkle),
    Some(Part::LeftBigToe),
    Some(Part::RightHip),
    Some(Part::RightKnee),
    Some(Part::RightAnkle),
    Some(Part::RightBigToe),
];

/// Movement, subject, and whether it was performed correctly.
pub(crate) type SetKey = (i32, i32, bool);
/// One frame: the positions of `N` joints, m.
pub(crate) type Points<const N: usize> = [[f64; 3]; N];
/// One frame of the Kinect.
pub(crate) type Pose = Points<JOINTS>;
/// A sequence of frames.
pub(crate) type Clip<const N: usize> = Vec<Points<N>>;

/// Reads the Kinect clips of each set, in order of repetition.
pub(crate) fn read(path: &Path) -> BTreeMap<SetKey, Vec<Vec<Pose>>> {
    read_points(path, UNIT_M)
}

/// Reads the clips of any sensor with `N` points, whose stored positions are integer multiples of
/// `unit_m`.
pub(crate) fn read_points<const N: usize>(
    path: &Path,
    unit_m: f64,
) -> BTreeMap<SetKey, Vec<Clip<N>>> {
    let file =
        std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reader = SerializedFileReader::new(file).unwrap();
    let mut sets: BTreeMap<SetKey, BTreeMap<i32, Clip<N>>> = BTreeMap::new();
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).unwrap();
        let rows = usize::try_from(group.metadata().num_rows()).unwrap();
        let columns: Vec<Vec<i32>> = (0..KEYS + 3 * N)
            .map(|column| numbers(group.get_column_reader(column).unwrap(), rows))
            .collect();
        for row in 0..rows {
            let at = |column: usize| {
                columns.get(column).and_then(|values| values.get(row)).copied().unwrap()
            };
            let coordinate =
                |joint: usize, axis: usize| f64::from(at(KEYS + 3 * joint + axis)) * unit_m;
            let pose =
                std::array::from_fn(|joint| std::array::from_fn(|axis| coordinate(joint, axis)));
            let set = sets.entry((at(0), at(1), at(3) != 0)).or_default();
            set.entry(at(2)).or_default().push(pose);
        }
    }
    sets.into_iter().map(|(key, clips)| (key, clips.into_values().collect())).collect()
}

fn numbers(reader: ColumnReader, rows: usize) -> Vec<i32> {
    match reader {
        ColumnReader::Int32ColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(rows);
            reader.read_records(rows, Some(&mut Vec::new()), None, &mut values).unwrap();
            values
        }
        ColumnReader::BoolColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(rows);
            reader.read_records(rows, Some(&mut Vec::new()), None, &mut values).unwrap();
            values.into_iter().map(i32::from).collect()
        }
        _ => panic!("a column that is neither a whole number nor true or false"),
    }
}

/// A recording made of clips, and the first and last frame of each clip in it.
pub(crate) struct Strung {
    pub(crate) recording: Recording,
    pub(crate) truth: Vec<(usize, usize)>,
    /// The first and last frame in which the body moves, for each clip.
    pub(crate) onsets: Vec<(usize, usize)>,
}

/// Joins clips into a recording. Between two clips, the last pose is held, moves smoothly to the
/// first pose of the next clip within half a second, and is held again, for a total of 0.5 to 3 s
/// at random from a seed. Held poses have the sensor's noise (uniform, 2 mm).
pub(crate) fn string(clips: &[Vec<Pose>], seed: u64) -> Strung {
    let mut random = Random(seed);
    let mut poses: Vec<Pose> = Vec::new();
    let mut truth = Vec::new();
    let mut onsets = Vec::new();
    for clip in clips {
        if let (Some(from), Some(to)) = (poses.last().copied(), clip.first().copied()) {
            let still = |seconds: f64| (seconds * RATE_HZ).round() as usize;
            let (before, after) =
                (still(random.between(0.25, 1.5)), still(random.between(0.25, 1.5)));
            let moving = still(0.5);
            for k in 0..before + moving + after {
                let s = (k.saturating_sub(before) as f64 / moving as f64).min(1.0);
                let share = s * s * (3.0 - 2.0 * s);
                let mut at = |a: f64, b: f64| a + share * (b - a) + random.between(-0.002, 0.002);
                poses.push(std::array::from_fn(|j| {
                    std::array::from_fn(|axis| at(from[j][axis], to[j][axis]))
                }));
            }
        }
        truth.push((poses.len(), poses.len() + clip.len() - 1));
        let (first, last) = moving(clip);
        onsets.push((poses.len() + first, poses.len() + last));
        poses.extend(clip);
    }
    Strung { recording: recording(&poses), truth, onsets }
}

/// The first and last frame of a clip in which the body moves: in which the mean speed of all
/// joints, over five frames, is above a tenth of its maximum.
fn moving(clip: &[Pose]) -> (usize, usize) {
    let reach = 2;
    let travelled = |a: &Pose, b: &Pose| {
        a.iter()
            .zip(b)
            .map(|(p, q)| (0..3).map(|axis| (p[axis] - q[axis]).powi(2)).sum::<f64>().sqrt())
            .sum::<f64>()
    };
    let speed: Vec<f64> = (0..clip.len())
        .map(|k| (k.saturating_sub(reach), (k + reach).min(clip.len() - 1)))
        .map(|(from, to)| travelled(&clip[from], &clip[to]) / (to - from) as f64)
        .collect();
    let highest = speed.iter().copied().fold(0.0, f64::max);
    let moves = |v: &f64| *v > 0.1 * highest;
    (
        speed.iter().position(moves).unwrap_or(0),
        speed.iter().rposition(moves).unwrap_or(clip.len() - 1),
    )
}

pub(crate) fn recording(poses: &[Pose]) -> Recording {
    let time = (0..poses.len()).map(|frame| frame as f64 / RATE_HZ).collect();
    let mut position = vec![[f64::NAN; 3]; poses.len() * Part::COUNT];
    for (frame, pose) in poses.iter().enumerate() {
        for (joint, part) in PARTS.iter().enumerate() {
            if let Some(part) = part {
                position[frame * Part::COUNT + part.index()] = pose[joint];
            }
        }
    }
    let confidence = vec![1.0; position.len()];
    Recording::new(
        RecordingSource::default(),
        Skeleton::body(),
        Space::World,
        time,
        position,
        confidence,
    )
    .unwrap()
}

/// A linear congruential generator (Knuth's MMIX constants).
struct Random(u64);

impl Random {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        low + (high - low) * (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}
