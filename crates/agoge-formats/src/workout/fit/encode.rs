//! Encodes a planned workout as a FIT file for watches and bicycle computers: file_id, workout and
//! workout_step messages, following the FIT protocol as published by Garmin.

use super::decode::crc16;
use super::profile::{self, EPOCH_S, FILE_ID, WORKOUT, WORKOUT_STEP};
use agoge_motion::Day;

/// Longest text, bytes including its terminating zero: what devices show.
const LONGEST_TEXT: usize = 48;
/// Base types of the protocol.
const ENUM: u8 = 0x00;
const STRING: u8 = 0x07;
const UINT16: u8 = 0x84;
const UINT32: u8 = 0x86;
/// Marks of an enumeration or number that is not given.
const NO_ENUM: u8 = 0xFF;
const NO_UINT32: u32 = u32::MAX;

/// A planned workout.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedWorkout {
    /// The workout's title.
    pub title: String,
    /// The sport in lower case; any word is accepted.
    pub sport: String,
    /// The day it is planned for, which becomes the file's date.
    pub day: Day,
    /// The steps, in order.
    pub steps: Vec<PlannedStep>,
}

/// A step of a planned workout.
#[derive(Clone, Debug, PartialEq)]
pub enum PlannedStep {
    /// An exercise, or a rest.
    Do {
        /// What to do.
        title: String,
        /// Its role in the workout.
        part: StepKind,
        /// How long it lasts.
        length: StepLength,
        /// Range of target power, percent of threshold power; the device converts it to watts.
        power: Option<[f64; 2]>,
    },
    /// Repeats the steps from `first` to this one until they have been done `times` times.
    Repeat {
        /// Index of the first step to repeat, from 0.
        first: usize,
        /// Total number of times.
        times: u32,
    },
}

/// The role of a step in a workout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// The main work.
    Work,
    /// Rest or easy movement between work.
    Rest,
    /// Warm-up before the work.
    WarmUp,
    /// Cool-down after the work.
    CoolDown,
}

/// The length of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepLength {
    /// Seconds.
    Seconds(f64),
    /// Metres.
    Metres(f64),
    /// Repetitions of a movement.
    Repetitions(u32),
    /// Until the athlete presses the button.
    Open,
}

/// Encodes a planned workout as the bytes of a FIT file.
///
/// ```
/// use agoge_formats::workout::{PlannedWorkout, encode_planned_fit};
/// let workout = PlannedWorkout {
///     title: "Easy run".to_owned(),
///     sport: "running".to_owned(),
///     day: "2026-03-31".parse().unwrap(),
///     steps: Vec::new(),
/// };
/// let bytes = encode_planned_fit(&workout);
/// // The signature of a FIT file, and the length of its data in its header.
/// assert_eq!(&bytes[8..12], b".FIT");
/// let length = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
/// assert_eq!(bytes.len(), usize::from(bytes[0]) + length + 2);
/// ```
pub fn encode_planned_fit(workout: &PlannedWorkout) -> Vec<u8> {
    let mut data = Vec::new();
    let seconds = 86_400.0 * f64::from(workout.day.0) - EPOCH_S;
    // Type 5 is a workout; manufacturer 255 is for those without a number of their own.
    encode_message(
        &mut data,
        0,
        FILE_ID,
        &[
            EncodedField::Enum(0, 5),
            EncodedField::Short(1, 255),
            EncodedField::Short(2, 0),
            EncodedField::Long(4, seconds.max(0.0) as u32),
        ],
    );
    let (sport, sub_sport) = profile::sport_number(&workout.sport);
    encode_message(
        &mut data,
        1,
        WORKOUT,
        &[
            EncodedField::Enum(4, sport),
            EncodedField::Enum(11, sub_sport),
            EncodedField::Short(6, workout.steps.len().min(usize::from(u16::MAX)) as u16),
            EncodedField::Text(8, &workout.title),
        ],
    );
    for (index, step) in workout.steps.iter().enumerate() {
        encode_message(&mut data, 2, WORKOUT_STEP, &step_fields(index, step));
    }
    let mut file = vec![14, 0x10];
    file.extend(PROFILE_VERSION.to_le_bytes());
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(b".FIT");
    let sum = crc16(0, &file);
    file.extend(sum.to_le_bytes());
    file.extend(data);
    let sum = crc16(0, &file);
    file.extend(sum.to_le_bytes());
    file
}

/// Version of the FIT profile whose messages are used, times 100.
const PROFILE_VERSION: u16 = 2132;

/// A field of a message: its number and its value.
enum EncodedField<'a> {
    Enum(u8, u8),
    Short(u8, u16),
    Long(u8, u32),
    Text(u8, &'a str),
}

/// The fields of a step's workout_step message.
fn step_fields(index: usize, step: &PlannedStep) -> [EncodedField<'_>; 9] {
    let [time, distance, open, repeat, repetitions] = [0, 1, 5, 6, 29];
    let [power_target, no_target] = [4, 2];
    let (title, kind, value, target, amount, range, intensity) = match step {
        PlannedStep::Do { title, part, length, power } => {
            let (kind, value) = match length {
                StepLength::Seconds(seconds) => (time, round_to_u32(seconds * 1000.0)),
                StepLength::Metres(metres) => (distance, round_to_u32(metres * 100.0)),
                StepLength::Repetitions(times) => (repetitions, *times),
                StepLength::Open => (open, NO_UINT32),
            };
            let intensity = match part {
                StepKind::Work => 0,
                StepKind::Rest => 1,
                StepKind::WarmUp => 2,
                StepKind::CoolDown => 3,
            };
            // A power target of at most 1000 is in percent of threshold power; zone 0 means that
            // the range applies.
            let (target, amount, range) = match power {
                Some(range) => {
                    (power_target, 0, range.map(|percent| round_to_u32(percent).min(1000)))
                }
                None => (no_target, 0, [NO_UINT32; 2]),
            };
            (title.as_str(), kind, value, target, amount, range, intensity)
        }
        PlannedStep::Repeat { first, times } => {
            ("", repeat, *first as u32, no_target, *times, [NO_UINT32; 2], NO_ENUM)
        }
    };
    [
        EncodedField::Short(254, index as u16),
        EncodedField::Text(0, title),
        EncodedField::Enum(1, kind),
        EncodedField::Long(2, value),
        EncodedField::Enum(3, target),
        EncodedField::Long(4, amount),
        EncodedField::Long(5, range[0]),
        EncodedField::Long(6, range[1]),
        EncodedField::Enum(7, intensity),
    ]
}

/// Rounds to a whole number; negative values and NaN become 0.
fn round_to_u32(value: f64) -> u32 {
    value.round().clamp(0.0, f64::from(u32::MAX - 1)) as u32
}

/// Appends the definition of a message and the message itself.
fn encode_message(data: &mut Vec<u8>, local: u8, kind: u16, fields: &[EncodedField]) {
    data.extend([0x40 | local, 0, 0]);
    data.extend(kind.to_le_bytes());
    data.push(fields.len() as u8);
    for field in fields {
        data.extend(match field {
            EncodedField::Enum(number, _) => [*number, 1, ENUM],
            EncodedField::Short(number, _) => [*number, 2, UINT16],
            EncodedField::Long(number, _) => [*number, 4, UINT32],
            EncodedField::Text(number, text) => [*number, (cut_text(text).len() + 1) as u8, STRING],
        });
    }
    data.push(local);
    for field in fields {
        match field {
            EncodedField::Enum(_, value) => data.push(*value),
            EncodedField::Short(_, value) => data.extend(value.to_le_bytes()),
            EncodedField::Long(_, value) => data.extend(value.to_le_bytes()),
            EncodedField::Text(_, text) => data.extend(cut_text(text).bytes().chain([0])),
        }
    }
}

/// Cuts a text to fit [`LONGEST_TEXT`], at a character boundary and before any zero.
fn cut_text(text: &str) -> &str {
    let text = text.split('\0').next().unwrap_or_default();
    let end = (0..LONGEST_TEXT.min(text.len() + 1))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode_files;
    use super::super::value::FitValue;
    use super::*;
    use proptest::prelude::*;

    fn threshold_workout() -> PlannedWorkout {
        let step = |title: &str, part, seconds, power| PlannedStep::Do {
            title: title.into(),
            part,
            length: StepLength::Seconds(seconds),
            power,
        };
        PlannedWorkout {
            title: "Threshold ride, 4 × 8 min".into(),
            sport: "cycling".into(),
            day: Day(20_550),
            steps: vec![
                step("easy", StepKind::WarmUp, 1200.0, None),
                step("threshold", StepKind::Work, 480.0, Some([95.0, 105.0])),
                step("easy", StepKind::Rest, 120.0, None),
                PlannedStep::Repeat { first: 1, times: 3 },
                step("threshold", StepKind::Work, 480.0, Some([95.0, 105.0])),
                step("easy", StepKind::CoolDown, 600.0, None),
            ],
        }
    }

    /// Our own decoder reads back what was encoded. The header follows the protocol: 14 bytes,
    /// `.FIT` at byte 8, the length of the data at byte 4. By the nature of a CRC, the checksum
    /// over a file including its checksum is 0.
    #[test]
    fn what_was_written_is_read_back() {
        let bytes = encode_planned_fit(&threshold_workout());
        assert_eq!((bytes[0], &bytes[8..12]), (14, b".FIT".as_slice()));
        assert_eq!(
            u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize,
            bytes.len() - 16
        );
        assert_eq!(crc16(0, &bytes[..14]), 0);
        assert_eq!(crc16(0, &bytes), 0);
        let parts = decode_files(&bytes);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].faults, []);
        let of_kind =
            |kind: u16| parts[0].messages.iter().filter(move |message| message.kind == kind);
        let id = of_kind(FILE_ID).next().unwrap();
        assert_eq!((id.field_number(0), id.field_number(1)), (5.0, 255.0));
        // The day, read back: 20 550 days after 1970-01-01.
        assert_eq!((id.field_number(4) + EPOCH_S) / 86_400.0, 20_550.0);
        let workout = of_kind(WORKOUT).next().unwrap();
        assert_eq!((workout.field_number(4), workout.field_number(6)), (2.0, 6.0));
        let title = |fields: &[(u8, FitValue)], number: u8| {
            fields.iter().find(|(n, _)| *n == number).unwrap().1.clone()
        };
        assert_eq!(title(&workout.fields, 8), FitValue::Text("Threshold ride, 4 × 8 min".into()));
        let steps: Vec<_> = of_kind(WORKOUT_STEP).collect();
        assert_eq!(steps.len(), 6);
        let read: Vec<[f64; 8]> = steps
            .iter()
            .map(|step| [254, 1, 2, 3, 4, 5, 6, 7].map(|field| step.field_number(field)))
            .collect();
        // Index, kind and value of the length (ms), target, its amount, from, to, intensity; NaN
        // means not given.
        assert_eq!(read[1], [1.0, 0.0, 480_000.0, 4.0, 0.0, 95.0, 105.0, 0.0]);
        assert_eq!(read[3][..5], [3.0, 6.0, 1.0, 2.0, 3.0]);
        assert!(read[3][5].is_nan() && read[0][5].is_nan());
        assert_eq!([read[0][7], read[2][7], read[5][7]], [2.0, 1.0, 3.0]);
    }

    proptest! {
        #[test]
        fn any_workout_is_a_sound_file(title in ".{0,80}", metres in any::<f64>(), day in any::<i32>(), times in any::<u32>()) {
            let length = [StepLength::Metres(metres), StepLength::Seconds(metres), StepLength::Repetitions(times), StepLength::Open];
            let steps = length.map(|length| PlannedStep::Do { title: title.clone(), part: StepKind::Work, length, power: Some([metres; 2]) });
            let bytes = encode_planned_fit(&PlannedWorkout { title, sport: "chess".into(), day: Day(day), steps: steps.to_vec() });
            let parts = decode_files(&bytes);
            prop_assert_eq!(&parts[0].faults, &[]);
            prop_assert_eq!(parts[0].messages.len(), 6);
        }
    }
}
