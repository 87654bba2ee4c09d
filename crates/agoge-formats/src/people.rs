//! Follows several people from frame to frame and selects the one to read.

use crate::ReadError;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// One person in one frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Detection {
    /// Frame number, by the file's own numbering.
    pub(crate) frame: u64,
    /// The track number, if the source gives one.
    pub(crate) id: Option<u64>,
    /// Position and confidence of each joint, `[joint]`: x, y, z, c. NaN in x means missing.
    pub(crate) points: Vec<[f64; 4]>,
}

/// Most people followed in one frame; beyond this, those with the most joints seen are kept. The
/// cost of following grows with its square.
const MOST_PEOPLE: usize = 64;

/// How long somebody may be out of sight and still be recognised by position, frames.
const MEMORY_FRAMES: u64 = 30;

/// How far a person may move between two frames, in body sizes (the diagonal of all seen joints).
const MOST_MOVED: f64 = 0.5;

/// Selects the detections of one person, with a note if there were others.
///
/// People are told apart by the source's tracks where every detection has one (and no frame has one
/// twice), otherwise by the nearest mean position from frame to frame. Detections must be in frame
/// order.
pub(crate) fn choose_person(
    path: &Path,
    detections: Vec<Detection>,
    person: Option<usize>,
) -> Result<(Vec<Detection>, Option<String>), ReadError> {
    let mut detections: Vec<Detection> =
        detections.into_iter().filter(|d| joints_seen(d) > 0).collect();
    let tracks = match given_tracks(&detections) {
        Some(tracks) => tracks,
        None => {
            detections = limit_people(detections);
            track_by_position(&detections)
        }
    };
    let longest = tracks.iter().rev().max_by_key(|(_, members)| members.len()).map(|(&id, _)| id);
    let no_person =
        |what: String, hint| Err(ReadError::NoPerson { path: path.to_owned(), what, hint });
    let Some(longest) = longest else {
        return no_person(
            "no person in any frame".into(),
            "check the pictures and the pose network's confidence threshold",
        );
    };
    let wanted = person.map_or(longest, |person| person as u64);
    let Some(members) = tracks.get(&wanted) else {
        let known: Vec<String> = tracks.keys().take(10).map(u64::to_string).collect();
        let what =
            format!("no person {wanted}: {} people, numbered {}", tracks.len(), known.join(", "));
        return no_person(what, "choose one of these, or none for the person seen longest");
    };
    let note = (tracks.len() > 1).then(|| {
        let reason = if person.is_some() { "as asked" } else { "seen longest" };
        format!(
            "{} people seen: person {wanted} read ({reason}, in {} frames)",
            tracks.len(),
            members.len()
        )
    });
    let mut members = members.iter().copied().peekable();
    let chosen =
        detections.into_iter().enumerate().filter(|(index, _)| members.next_if_eq(index).is_some());
    Ok((chosen.map(|(_, detection)| detection).collect(), note))
}

/// How many joints of a detection were seen.
fn joints_seen(detection: &Detection) -> usize {
    detection.points.iter().filter(|p| p[0].is_finite()).count()
}

/// Indices of the detections in each track, by track id; none unless every detection has an id and
/// no frame has one twice.
fn given_tracks(detections: &[Detection]) -> Option<BTreeMap<u64, Vec<usize>>> {
    let mut tracks: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let mut taken = HashSet::new();
    for (index, detection) in detections.iter().enumerate() {
        let id = detection.id?;
        if !taken.insert((detection.frame, id)) {
            return None;
        }
        tracks.entry(id).or_default().push(index);
    }
    Some(tracks)
}

/// Limits each frame to [`MOST_PEOPLE`], keeping those with the most joints seen.
fn limit_people(detections: Vec<Detection>) -> Vec<Detection> {
    let mut selected = Vec::with_capacity(detections.len());
    let mut rest = detections.into_iter().peekable();
    while let Some(first) = rest.next() {
        let frame = first.frame;
        let mut group = vec![first];
        while let Some(next) = rest.next_if(|d| d.frame == frame) {
            group.push(next);
        }
        if group.len() > MOST_PEOPLE {
            group.sort_by_key(|d| std::cmp::Reverse(joints_seen(d)));
            group.truncate(MOST_PEOPLE);
        }
        selected.append(&mut group);
    }
    selected
}

/// A person being followed.
struct PersonTrack {
    id: u64,
    last_frame: u64,
    middle: [f64; 2],
    size: f64,
}

/// Builds tracks by nearest mean position: in each frame the closest pairs of track and detection
/// are joined first, and each unmatched detection begins a new track. Tracks are numbered in order
/// of first appearance.
fn track_by_position(detections: &[Detection]) -> BTreeMap<u64, Vec<usize>> {
    let mut tracks: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let mut live: Vec<PersonTrack> = Vec::new();
    let mut start = 0;
    while let Some(first) = detections.get(start) {
        let frame = first.frame;
        let group: Vec<([f64; 2], f64)> = detections
            .iter()
            .skip(start)
            .take_while(|d| d.frame == frame)
            .map(joints_extent)
            .collect();
        live.retain(|track| frame - track.last_frame <= MEMORY_FRAMES);
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for (t, track) in live.iter().enumerate() {
            for (d, (middle, size)) in group.iter().enumerate() {
                let distance = (middle[0] - track.middle[0]).hypot(middle[1] - track.middle[1]);
                if distance <= MOST_MOVED * size.max(track.size) {
                    pairs.push((distance, t, d));
                }
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut owner: Vec<Option<usize>> = vec![None; group.len()];
        let mut taken = vec![false; live.len()];
        for (_, t, d) in pairs {
            if owner[d].is_none() && !taken[t] {
                owner[d] = Some(t);
                taken[t] = true;
            }
        }
        for (d, (middle, size)) in group.iter().enumerate() {
            let id = owner[d].map_or(tracks.len() as u64, |t| live[t].id);
            let now = PersonTrack { id, last_frame: frame, middle: *middle, size: *size };
            match owner[d] {
                Some(t) => live[t] = now,
                None => live.push(now),
            }
            tracks.entry(id).or_default().push(start + d);
        }
        start += group.len();
    }
    tracks
}

/// Mean position of the joints seen, and the diagonal of their bounding box.
fn joints_extent(detection: &Detection) -> ([f64; 2], f64) {
    let (mut sum, mut low, mut high, mut n) =
        ([0.0; 2], [f64::INFINITY; 2], [f64::NEG_INFINITY; 2], 0.0);
    for p in detection.points.iter().filter(|p| p[0].is_finite()) {
        for k in 0..2 {
            sum[k] += p[k];
            low[k] = low[k].min(p[k]);
            high[k] = high[k].max(p[k]);
        }
        n += 1.0;
    }
    (sum.map(|s| s / n), (high[0] - low[0]).hypot(high[1] - low[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection_at(frame: u64, id: Option<u64>, x: f64) -> Detection {
        Detection { frame, id, points: vec![[x, 0.0, f64::NAN, 1.0], [x, 100.0, f64::NAN, 1.0]] }
    }

    fn first_joint_x(chosen: &[Detection]) -> Vec<f64> {
        chosen.iter().map(|d| d.points[0][0]).collect()
    }

    #[test]
    fn people_are_followed_by_place_when_their_order_changes() {
        let detections = vec![
            detection_at(0, None, 0.0),
            detection_at(0, None, 500.0),
            detection_at(1, None, 505.0),
            detection_at(1, None, 10.0),
            detection_at(2, None, 20.0),
            detection_at(3, None, 30.0),
        ];
        let path = Path::new("x");
        let (longest, note) = choose_person(path, detections.clone(), None).unwrap();
        assert_eq!(first_joint_x(&longest), [0.0, 10.0, 20.0, 30.0]);
        assert_eq!(note.unwrap(), "2 people seen: person 0 read (seen longest, in 4 frames)");
        let (other, _) = choose_person(path, detections.clone(), Some(1)).unwrap();
        assert_eq!(first_joint_x(&other), [500.0, 505.0]);
        let none = choose_person(path, detections, Some(2)).unwrap_err().to_string();
        assert!(none.starts_with("no person 2: 2 people, numbered 0, 1; hint:"), "{none}");
    }

    #[test]
    fn tracks_of_the_source_win_unless_doubled() {
        let detections = vec![
            detection_at(0, Some(7), 0.0),
            detection_at(1, Some(7), 900.0),
            detection_at(1, Some(9), 0.0),
        ];
        let (chosen, _) = choose_person(Path::new("x"), detections, None).unwrap();
        assert_eq!(first_joint_x(&chosen), [0.0, 900.0]);
        let doubled = vec![
            detection_at(0, Some(0), 0.0),
            detection_at(0, Some(0), 900.0),
            detection_at(1, Some(0), 5.0),
        ];
        let (chosen, _) = choose_person(Path::new("x"), doubled, None).unwrap();
        assert_eq!(first_joint_x(&chosen), [0.0, 5.0]);
    }

    #[test]
    fn nobody_is_an_error() {
        let empty = Detection { frame: 0, id: None, points: vec![[f64::NAN; 4]] };
        assert!(matches!(
            choose_person(Path::new("x"), vec![empty], None),
            Err(ReadError::NoPerson { .. })
        ));
    }
}
