//! Force plates in a C3D file: the group FORCE_PLATFORM and the analog channels it names (types 1
//! to 4 of Motion Lab Systems, *The C3D File Format User Guide*, 2008).
//!
//! A plate that cannot be read is left out with a note, because the markers are still usable.

use super::parameters::C3dParameters;
use crate::error::quote_text;
use crate::options::MAX_VALUES;
use agoge_motion::recording::MISSING;
use agoge_motion::vector::{add, cross, norm, scale, sub, unit_vector};
use agoge_motion::{Channel, UpAxis, plate};

/// More plates than any laboratory has: a higher count means the file is damaged.
const MOST_PLATES: usize = 64;
/// Below this force, N, a plate counts as unloaded, because its centre of pressure is then noise.
const LOADED_N: f64 = 10.0;
/// A plate that measures more than this, N, in its zero frames has somebody standing on it.
const ZERO_LIMIT_N: f64 = 100.0;
/// Shortest edge a plate can have, m.
const SHORTEST_EDGE_M: f64 = 0.05;

/// What all plates in a file share.
pub(super) struct PlateReader<'a> {
    pub(super) parameters: &'a C3dParameters,
    /// The file's analog channels, scaled.
    pub(super) analogs: &'a [Channel],
    /// Metres per unit of the points.
    pub(super) metres_per_unit: f64,
    pub(super) up_axis: UpAxis,
    /// Analog samples per frame.
    pub(super) samples_per_frame: usize,
}

/// Reads the channels of all plates (see `agoge_motion::plate`), numbered as in the file. Plates
/// that cannot be read are left out with a note.
pub(super) fn read_plates(laboratory: &PlateReader, notes: &mut Vec<String>) -> Vec<Channel> {
    let used = laboratory.parameters.first_number("FORCE_PLATFORM", "USED").unwrap_or(0.0);
    if used > MOST_PLATES as f64 {
        notes.push(format!(
            "{used} force plates are more than {MOST_PLATES}: left out, the file is damaged there"
        ));
        return Vec::new();
    }
    let values =
        9.0 * used * laboratory.analogs.first().map_or(0, |channel| channel.values.len()) as f64;
    if values > MAX_VALUES as f64 {
        notes.push(format!(
            "the samples of {used} force plates are more than {MAX_VALUES} numbers: left out"
        ));
        return Vec::new();
    }
    let mut all = Vec::new();
    for index in 0..used.max(0.0) as usize {
        match laboratory.read_plate(index, notes) {
            Ok(channels) => all.extend(channels),
            Err(why) => notes.push(format!("force plate {} left out: {why}", index + 1)),
        }
    }
    all
}

/// Force, moment about the centre of the surface, and for type 1 the measured centre of pressure:
/// in the plate's axes, N, N·m, m.
type PlateSample = ([f64; 3], [f64; 3], Option<[f64; 2]>);

impl PlateReader<'_> {
    /// The channels of one plate in the recording's axes, or why it cannot be read.
    fn read_plate(&self, index: usize, notes: &mut Vec<String>) -> Result<Vec<Channel>, String> {
        let number = index + 1;
        let kind = self.parameters.all_numbers("FORCE_PLATFORM", "TYPE").get(index).copied();
        let kind = kind.ok_or("its type is missing")?;
        if ![1.0, 2.0, 3.0, 4.0].contains(&kind) {
            return Err(format!("type {kind} is not one of 1, 2, 3, 4"));
        }
        let kind = kind as u8;
        let surface = self.plate_surface(index)?;
        let origin = self.sensor_origin(index, kind, notes)?;
        let matrix = if kind == 4 { Some(self.calibration_matrix(index, notes)?) } else { None };
        let channels = self.plate_channels(index, if kind == 3 { 8 } else { 6 })?;
        let units = self.unit_factors(&channels, kind, number, notes);

        let raw = |sample: usize, zero: &[f64; 8]| -> [f64; 8] {
            std::array::from_fn(|k| {
                channels.get(k).map_or(0.0, |c| c.values[sample] - zero[k]) * units[k]
            })
        };
        let measure = |sample: usize, zero: &[f64; 8]| {
            let raw = raw(sample, zero);
            let raw = matrix.as_ref().map_or(raw, |matrix| self.apply_calibration(matrix, &raw));
            move_to_surface(kind, &raw, origin)
        };
        let samples = channels.first().map_or(0, |channel| channel.values.len());
        let force = |sample: usize, zero: &[f64; 8]| norm(measure(sample, zero).0);
        let zero = self.zero_offsets(&channels, kind, &force, number, notes);
        let mut lab: Vec<[[f64; 3]; 3]> =
            (0..samples).map(|sample| surface.to_file_axes(measure(sample, &zero))).collect();
        for vector in lab.iter_mut().flatten() {
            *vector = self.up_axis.to_y_up(*vector);
        }
        // The ground can only push: a file that says otherwise holds the force of the athlete on
        // the plate.
        if lab.iter().map(|sample| sample[0][1]).filter(|y| y.is_finite()).sum::<f64>() < 0.0 {
            lab.iter_mut().for_each(|[force, _, moment]| {
                *force = scale(*force, -1.0);
                *moment = scale(*moment, -1.0);
            });
        }
        let rate_hz = channels.first().map_or(0.0, |channel| channel.rate_hz);
        Ok(plate::plate_channels(number, rate_hz, &lab))
    }

    /// The plate's surface from its four corners.
    fn plate_surface(&self, index: usize) -> Result<PlateSurface, String> {
        let all = self.parameters.all_numbers("FORCE_PLATFORM", "CORNERS");
        let numbers = all.get(12 * index..12 * (index + 1)).ok_or("its corners are missing")?;
        let corner = |k: usize| {
            scale([numbers[3 * k], numbers[3 * k + 1], numbers[3 * k + 2]], self.metres_per_unit)
        };
        let corners = [corner(0), corner(1), corner(2), corner(3)];
        let (along, aside) = (sub(corners[0], corners[1]), sub(corners[0], corners[3]));
        let is_plate = norm(cross(along, aside)) > SHORTEST_EDGE_M * SHORTEST_EDGE_M
            && corners[2].iter().all(|c| c.is_finite());
        if !is_plate {
            return Err("its corners make no surface".to_owned());
        }
        let (x, z) = (unit_vector(along), unit_vector(cross(along, aside)));
        let centre = scale(corners.into_iter().fold([0.0; 3], add), 0.25);
        Ok(PlateSurface { axes: [x, cross(z, x), z], centre })
    }

    /// The vector from the plate's measuring origin to the centre of its surface, m; for type 3,
    /// half the distances between its sensors, and their depth.
    fn sensor_origin(
        &self,
        index: usize,
        kind: u8,
        notes: &mut Vec<String>,
    ) -> Result<[f64; 3], String> {
        if kind == 1 {
            return Ok([0.0; 3]);
        }
        let all = self.parameters.all_numbers("FORCE_PLATFORM", "ORIGIN");
        let numbers = all.get(3 * index..3 * (index + 1)).ok_or("its origin is missing")?;
        if numbers.iter().any(|value| !value.is_finite()) {
            return Err("its origin is no number".to_owned());
        }
        let mut origin = scale([numbers[0], numbers[1], numbers[2]], self.metres_per_unit);
        // The surface is above the sensors and z points down, but some programs write the vector
        // with the opposite sign.
        if origin[2] > 0.0 {
            notes.push(format!(
                "force plate {}: its origin lies above the surface, so it was turned over",
                index + 1
            ));
            origin = scale(origin, -1.0);
        }
        if kind == 3 {
            origin = [origin[0].abs(), origin[1].abs(), origin[2]];
            if origin[0] == 0.0 || origin[1] == 0.0 {
                return Err("the places of its sensors (ORIGIN) are missing".to_owned());
            }
        }
        Ok(origin)
    }

    /// The calibration matrix, `[row][column]`; the file stores it column by column.
    fn calibration_matrix(
        &self,
        index: usize,
        notes: &mut Vec<String>,
    ) -> Result<[[f64; 6]; 6], String> {
        let all = self.parameters.all_numbers("FORCE_PLATFORM", "CAL_MATRIX");
        if all.is_empty() {
            notes.push(format!(
                "force plate {}: no calibration matrix, so its channels are taken as they are",
                index + 1
            ));
            return Ok(std::array::from_fn(|row| {
                std::array::from_fn(|column| f64::from(u8::from(row == column)))
            }));
        }
        let values =
            all.get(36 * index..36 * (index + 1)).ok_or("its calibration matrix is cut off")?;
        if values.iter().all(|value| *value == 0.0) || values.iter().any(|value| !value.is_finite())
        {
            return Err("its calibration matrix is zero or no number".to_owned());
        }
        Ok(std::array::from_fn(|row| std::array::from_fn(|column| values[row + 6 * column])))
    }

    /// Applies the calibration matrix: forces in N and moments in N·m. The matrix itself gives
    /// moments in N times the unit of the points.
    fn apply_calibration(&self, matrix: &[[f64; 6]; 6], raw: &[f64; 8]) -> [f64; 8] {
        let row = |row: usize| (0..6).map(|column| matrix[row][column] * raw[column]).sum::<f64>();
        std::array::from_fn(|k| match k {
            0..3 => row(k),
            3..6 => row(k) * self.metres_per_unit,
            _ => 0.0,
        })
    }

    /// The plate's analog channels, in the order of its type.
    fn plate_channels(&self, index: usize, count: usize) -> Result<Vec<&Channel>, String> {
        let all = self.parameters.all_numbers("FORCE_PLATFORM", "CHANNEL");
        let row = self.parameters.first_dimension("FORCE_PLATFORM", "CHANNEL").unwrap_or(0);
        if row < count {
            return Err(format!("{row} channels where its type has {count}"));
        }
        let numbers =
            all.get(row * index..row * index + count).ok_or("its channels are missing")?;
        let find = |number: &f64| {
            // Counted from 1.
            let place = (*number >= 1.0).then(|| *number as usize - 1);
            place.and_then(|place| self.analogs.get(place)).ok_or_else(|| {
                format!("there is no analog channel {number} among {}", self.analogs.len())
            })
        };
        numbers.iter().map(find).collect()
    }

    /// The factor that converts each channel to N, N·m or m. Type 4 measures volts, which its
    /// matrix converts; for other types, unknown units are taken as N and N times the unit of the
    /// points.
    fn unit_factors(
        &self,
        channels: &[&Channel],
        kind: u8,
        number: usize,
        notes: &mut Vec<String>,
    ) -> [f64; 8] {
        let mut unknown = Vec::new();
        let factors = std::array::from_fn(|k| {
            let Some(channel) = channels.get(k).filter(|_| kind != 4) else { return 1.0 };
            let is_force = k < 3 || kind == 3;
            let (known, usual) = match () {
                () if is_force => (newtons_per_unit(&channel.unit), 1.0),
                () if kind == 1 && k < 5 => (
                    crate::text::metres_per_unit(&channel.unit).ok().flatten(),
                    self.metres_per_unit,
                ),
                () => (newton_metres_per_unit(&channel.unit), self.metres_per_unit),
            };
            known.unwrap_or_else(|| {
                unknown.push(channel.unit.clone());
                usual
            })
        });
        unknown.dedup();
        if !unknown.is_empty() {
            let units: Vec<String> = unknown.iter().map(|unit| quote_text(unit)).collect();
            let assumed = "taken as N and N times the unit of the points";
            notes.push(format!(
                "force plate {number}: units {} of its channels {assumed}",
                units.join(", ")
            ));
        }
        factors
    }

    /// The zero offset of each channel: its mean over the frames that FORCE_PLATFORM:ZERO names, in
    /// which nobody should be on the plate; 0 if it names none or somebody is.
    fn zero_offsets(
        &self,
        channels: &[&Channel],
        kind: u8,
        force: &dyn Fn(usize, &[f64; 8]) -> f64,
        number: usize,
        notes: &mut Vec<String>,
    ) -> [f64; 8] {
        let nothing = [0.0; 8];
        let [from, to] = self.parameters.all_numbers("FORCE_PLATFORM", "ZERO")[..] else {
            return nothing;
        };
        if !(from >= 1.0 && to >= from) {
            return nothing;
        }
        let samples = channels.first().map_or(0, |channel| channel.values.len());
        let range = (from as usize - 1).saturating_mul(self.samples_per_frame)
            ..(to as usize).saturating_mul(self.samples_per_frame);
        if range.end > samples {
            notes.push(format!(
                "force plate {number}: its zero (frames {from} to {to}) lies outside the file: not used"
            ));
            return nothing;
        }
        let mean = |value: &dyn Fn(usize) -> f64| {
            range.clone().map(value).sum::<f64>() / range.len() as f64
        };
        let stood_on = mean(&|sample| force(sample, &nothing));
        if stood_on > ZERO_LIMIT_N {
            let why = format!(
                "{stood_on:.0} N act in frames {from} to {to}, where it should show its zero"
            );
            notes.push(format!("force plate {number}: {why}; zero not used"));
            return nothing;
        }
        std::array::from_fn(|k| match channels.get(k) {
            // The centre of pressure of type 1 has no zero.
            Some(channel) if kind != 1 || ![3, 4].contains(&k) => {
                mean(&|sample| channel.values[sample])
            }
            _ => 0.0,
        })
    }
}

/// A plate's surface in the file's axes.
struct PlateSurface {
    /// Directions of the plate's x, y and z.
    axes: [[f64; 3]; 3],
    /// Mean of the four corners, m.
    centre: [f64; 3],
}

impl PlateSurface {
    /// Rotates a vector from the plate's axes into the file's.
    fn rotate_to_file(&self, vector: [f64; 3]) -> [f64; 3] {
        (0..3).fold([0.0; 3], |sum, k| add(sum, scale(self.axes[k], vector[k])))
    }

    /// Force, centre of pressure and free moment in the file's axes: p = (−My, Mx)/Fz on the
    /// surface, T = Mz − px·Fy + py·Fx.
    fn to_file_axes(&self, (force, moment, point): PlateSample) -> [[f64; 3]; 3] {
        if norm(force) < LOADED_N {
            return [[0.0; 3], MISSING, MISSING];
        }
        let [x, y] = point.unwrap_or([-moment[1] / force[2], moment[0] / force[2]]);
        let free = match point {
            Some(_) => moment[2],
            None => moment[2] - x * force[1] + y * force[0],
        };
        [
            self.rotate_to_file(force),
            add(self.centre, self.rotate_to_file([x, y, 0.0])),
            self.rotate_to_file([0.0, 0.0, free]),
        ]
    }
}

/// Moves a plate's measurement to the centre of its surface: M − r × F, where r is the vector from
/// the sensors to the centre.
fn move_to_surface(kind: u8, raw: &[f64; 8], origin: [f64; 3]) -> PlateSample {
    let [a, b, c, d, e, f, g, h] = *raw;
    if kind == 1 {
        return ([a, b, c], [0.0, 0.0, f], Some([d, e]));
    }
    let (force, moment, origin) = match kind {
        // Fx12, Fx34, Fy14, Fy23, Fz1 … Fz4 (Kistler).
        3 => {
            let [x, y, depth] = origin;
            let moment = [y * (e + f - g - h), x * (f + g - e - h), y * (b - a) + x * (c - d)];
            ([a + b, c + d, e + f + g + h], moment, [0.0, 0.0, depth])
        }
        _ => ([a, b, c], [d, e, f], origin),
    };
    (force, sub(moment, cross(origin, force)), None)
}

/// Newtons per unit of force; none if the unit is unknown.
fn newtons_per_unit(unit: &str) -> Option<f64> {
    match unit.trim() {
        "N" | "n" | "newton" | "Newton" | "newtons" | "Newtons" => Some(1.0),
        "kN" => Some(1000.0),
        _ => None,
    }
}

/// Newton metres per unit of moment; none if the unit is unknown.
fn newton_metres_per_unit(unit: &str) -> Option<f64> {
    let letters: String = unit.chars().filter(|c| c.is_ascii_alphabetic()).collect();
    match letters.as_str() {
        "Nm" => Some(1.0),
        "Ncm" => Some(0.01),
        "Nmm" => Some(0.001),
        _ => None,
    }
}
