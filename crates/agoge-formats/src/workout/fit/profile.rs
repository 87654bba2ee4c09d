//! The part of Garmin's FIT profile that workouts need: message and field numbers, names, scales
//! and offsets of the fields of a `record` (a sample), and sports.

/// Message number: the file itself.
pub(super) const FILE_ID: u16 = 0;
/// Message number: the summary of one sport of the workout.
pub(super) const SESSION: u16 = 18;
/// Message number: a sample.
pub(super) const RECORD: u16 = 20;
/// Message number: a planned workout.
pub(super) const WORKOUT: u16 = 26;
/// Message number: a step of a planned workout.
pub(super) const WORKOUT_STEP: u16 = 27;
/// Message number: the whole recording, with the local time.
pub(super) const ACTIVITY: u16 = 34;
/// Message number: the description of a developer field.
pub(super) const FIELD_DESCRIPTION: u16 = 206;

/// Field number in every message: the time.
pub(super) const TIMESTAMP: u8 = 253;
/// Field number in a record: 12 bits of speed and 12 of distance.
pub(super) const COMPRESSED_SPEED_DISTANCE: u8 = 8;
/// Field number in a record: the low 8 bits of the cycles so far.
pub(super) const CYCLES: u8 = 18;
/// Field number in a record: the low 16 bits of the accumulated power so far.
pub(super) const COMPRESSED_ACCUMULATED_POWER: u8 = 28;

/// Start of FIT time, 1989-12-31, in seconds since 1970.
pub(super) const EPOCH_S: f64 = 631_065_600.0;
/// FIT times below this count from when the device was switched on.
pub(super) const FIRST_DATE: f64 = 268_435_456.0;

/// A field of a record; its value is raw / scale − offset.
pub(super) struct ProfileField {
    pub(super) number: u8,
    pub(super) name: &'static str,
    pub(super) scale: f64,
    pub(super) offset: f64,
}

/// A field without offset.
const fn profile_field(number: u8, name: &'static str, scale: f64) -> ProfileField {
    ProfileField { number, name, scale, offset: 0.0 }
}

/// The fields of a record, sorted by number.
pub(super) const RECORD_FIELDS: &[ProfileField] = &[
    profile_field(0, "position_lat", 1.0),
    profile_field(1, "position_long", 1.0),
    ProfileField { number: 2, name: "altitude", scale: 5.0, offset: 500.0 },
    profile_field(3, "heart_rate", 1.0),
    profile_field(4, "cadence", 1.0),
    profile_field(5, "distance", 100.0),
    profile_field(6, "speed", 1000.0),
    profile_field(7, "power", 1.0),
    profile_field(9, "grade", 100.0),
    profile_field(10, "resistance", 1.0),
    profile_field(11, "time_from_course", 1000.0),
    profile_field(12, "cycle_length", 100.0),
    profile_field(13, "temperature", 1.0),
    profile_field(17, "speed_1s", 16.0),
    profile_field(18, "cycles", 1.0),
    profile_field(19, "total_cycles", 1.0),
    profile_field(28, "compressed_accumulated_power", 1.0),
    profile_field(29, "accumulated_power", 1.0),
    profile_field(30, "left_right_balance", 1.0),
    profile_field(31, "gps_accuracy", 1.0),
    profile_field(32, "vertical_speed", 1000.0),
    profile_field(33, "calories", 1.0),
    profile_field(39, "vertical_oscillation", 10.0),
    profile_field(40, "stance_time_percent", 100.0),
    profile_field(41, "stance_time", 10.0),
    profile_field(42, "activity_type", 1.0),
    profile_field(43, "left_torque_effectiveness", 2.0),
    profile_field(44, "right_torque_effectiveness", 2.0),
    profile_field(45, "left_pedal_smoothness", 2.0),
    profile_field(46, "right_pedal_smoothness", 2.0),
    profile_field(47, "combined_pedal_smoothness", 2.0),
    profile_field(48, "time128", 128.0),
    profile_field(49, "stroke_type", 1.0),
    profile_field(50, "zone", 1.0),
    profile_field(51, "ball_speed", 100.0),
    profile_field(52, "cadence256", 256.0),
    profile_field(53, "fractional_cadence", 128.0),
    profile_field(54, "total_hemoglobin_conc", 100.0),
    profile_field(57, "saturated_hemoglobin_percent", 10.0),
    profile_field(62, "device_index", 1.0),
    profile_field(73, "enhanced_speed", 1000.0),
    ProfileField { number: 78, name: "enhanced_altitude", scale: 5.0, offset: 500.0 },
    profile_field(81, "battery_soc", 2.0),
    profile_field(82, "motor_power", 1.0),
    profile_field(83, "vertical_ratio", 100.0),
    profile_field(84, "stance_time_balance", 100.0),
    profile_field(85, "step_length", 10.0),
    profile_field(91, "absolute_pressure", 1.0),
    profile_field(92, "depth", 1000.0),
];

/// Names of the sports, by number.
const SPORTS: [&str; 18] = [
    "generic",
    "running",
    "cycling",
    "transition",
    "fitness_equipment",
    "swimming",
    "basketball",
    "soccer",
    "tennis",
    "american_football",
    "training",
    "walking",
    "cross_country_skiing",
    "alpine_skiing",
    "snowboarding",
    "rowing",
    "mountaineering",
    "hiking",
];

/// The name of a sport; `sport_N` for rare ones.
pub(super) fn sport_name(number: f64) -> String {
    match SPORTS.get(number as usize) {
        Some(name) if number >= 0.0 => (*name).to_owned(),
        _ if number.is_nan() => String::new(),
        _ => format!("sport_{number}"),
    }
}

/// The sport and sub-sport numbers of a sport named in a plan; generic if the profile does not have
/// it.
pub(super) fn sport_number(name: &str) -> (u8, u8) {
    match name {
        "strength" => (10, 20),
        _ => (SPORTS.iter().position(|sport| *sport == name).unwrap_or(0) as u8, 0),
    }
}

/// Describes the purpose of a file that is not a workout, by its type, for messages.
pub(super) fn file_purpose(kind: f64) -> &'static str {
    match kind as u8 {
        _ if kind.is_nan() => "without its purpose",
        1 => "of the device",
        2 => "of settings",
        3 => "of a sport's settings",
        4 => "of an activity without samples",
        5 => "of a planned workout",
        6 => "of a course",
        9 => "of a weight scale",
        10 => "of totals",
        11 => "of goals",
        14 => "of blood pressure",
        15 | 28 | 32 => "of a day's monitoring",
        20 => "of an activity's summary",
        _ => "of something else",
    }
}
