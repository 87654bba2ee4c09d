//! Reading an input, whatever it is.

use crate::analyze::is_felt_only;
use crate::pictures::{Key, Written};
use crate::{Analyzed, Error, Options};
use agoge_formats::Format;
use agoge_motion::Recording;
use agoge_report::Still;
use agoge_vision::overlay::{self, Drawing};
use agoge_vision::{Film, Landmarks, cameras};
use std::path::{Path, PathBuf};

/// Hears how many frames of how many are done (0 where that is not known); only videos take long
/// enough to tell.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The movement of the athlete.
    pub recording: Recording,
    /// Everybody in the video, if it was one.
    pub film: Option<Film>,
}

impl Reading {
    /// Draws the skeleton of whoever was read into each frame of a video, with the angles that the
    /// movement measures at their joints and the findings while their repetitions last: as a film
    /// where `to` ends in `.mp4`, otherwise as pictures with a contact sheet in a folder. Nothing
    /// for other inputs.
    ///
    /// # Errors
    /// If the video cannot be decoded again, or the film or folder not be written.
    pub fn draw(
        &self,
        (path, options): (&Path, &Options),
        analyzed: &Analyzed,
        blur_faces: bool,
        to: &Path,
        progress: Progress,
    ) -> Result<(), Error> {
        let Some(film) = &self.film else { return Ok(()) };
        let (written, slower) = (Written::of(analyzed), slower(options));
        let marks = move |time_s: f64| written.at(time_s / slower);
        let drawing =
            Drawing { blur_faces, person: film.chosen(options.read.person), marks: &marks };
        match is_film(to) {
            true => overlay::write_film(path, film, &drawing, to, progress)?,
            false => overlay::write(path, film, &drawing, to, progress)?,
        }
        Ok(())
    }

    /// The key frames of a video for its report, faces made unrecognisable: the instant at which
    /// each of the first findings is largest, and where the phases of a repetition begin and end.
    /// None of other inputs.
    ///
    /// # Errors
    /// If the video cannot be decoded again.
    pub fn stills(
        &self,
        path: &Path,
        options: &Options,
        analyzed: &Analyzed,
    ) -> Result<Vec<Still>, Error> {
        let Some(film) = &self.film else { return Ok(Vec::new()) };
        let (written, slower) = (Written::of(analyzed), slower(options));
        let keys = written.keys();
        let marks = |time_s: f64| written.at(time_s / slower);
        let drawing =
            Drawing { blur_faces: true, person: film.chosen(options.read.person), marks: &marks };
        let times: Vec<f64> =
            keys.iter().map(|key| slower * analyzed.curves.time[key.frame]).collect();
        let pictures = overlay::stills(path, film, &drawing, &times)?;
        let still =
            |(key, jpeg): (Key, Vec<u8>)| Still { frame: key.frame, caption: key.caption, jpeg };
        Ok(keys.into_iter().zip(pictures).map(still).collect())
    }
}

/// Reads a file or folder of any known format, or a video or a folder of pictures by the pose
/// network, cut to the time range of the options.
///
/// # Errors
/// If it cannot be read, or has no frame in the time range; for videos also if the network was not
/// set up.
pub fn read(path: &Path, options: &Options, progress: Progress) -> Result<Reading, Error> {
    options.read.check(path)?;
    if agoge_vision::Video::is_folder_of_pictures(path)
        || agoge_formats::probe(path)? == Format::Video
    {
        return read_video(path, options, progress);
    }
    let recording = agoge_formats::read(path, &options.read)?;
    let recording = match options.time_range_s {
        Some([from, to]) => recording.time_range(from, to)?,
        None => recording,
    };
    Ok(Reading { recording, film: None })
}

/// How many times slower than life the video plays.
fn slower(options: &Options) -> f64 {
    options.read.slow_motion_factor.unwrap_or(1.0)
}

/// Whether drawings go into one film.
pub fn is_film(to: &Path) -> bool {
    to.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mp4"))
}

/// Reads the person whom the options name from a video.
fn read_video(path: &Path, options: &Options, progress: Progress) -> Result<Reading, Error> {
    let slower = slower(options);
    // The range is meant in the athlete's time, the video runs in its own.
    let range = options.time_range_s.map(|range| range.map(|time_s| time_s * slower));
    let video = agoge_vision::Options { rate_hz: options.read.rate_hz, ..options.video.clone() };
    let film = Film::read(path, &crate::pose_folder()?, &video, range, progress)?;
    let recording = film.recording(path, options.read.person, options.video.landmarks)?;
    Ok(Reading { recording: options.read.undo_slow_motion(recording), film: Some(film) })
}

/// Reads what several calibrated cameras saw of one athlete (docs/VIDEO.md) as [`read_to_analyze`]
/// does: a recording in space on the clock of the first video. The calibration is a TOML file as
/// Pose2Sim writes it.
///
/// # Errors
/// As [`read_to_analyze`], and if the calibration is none, or the cameras' clocks cannot be laid on
/// each other.
pub fn read_cameras(
    paths: &[PathBuf],
    calibration: &Path,
    options: &Options,
    progress: Progress,
) -> Result<Reading, Error> {
    let [first, ..] = paths else {
        let (what, hint) = ("no video".to_owned(), "give a video of each camera");
        return Err(Error::NothingToAnalyze { path: calibration.to_owned(), what, hint });
    };
    options.read.check(first)?;
    let files: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let cameras = cameras::assigned(&cameras::read(calibration)?, &files, calibration)?;
    let video = agoge_vision::Options { rate_hz: options.read.rate_hz, ..options.video.clone() };
    let weights = crate::pose_folder()?;
    let mut views = Vec::new();
    for (path, camera) in paths.iter().zip(cameras) {
        let film = Film::read(path, &weights, &video, None, progress)?;
        views.push((camera, film.recording(path, options.read.person, Landmarks::Picture)?));
    }
    let recording = options.read.undo_slow_motion(cameras::triangulate(&views, calibration)?);
    let recording = match options.time_range_s {
        Some([from, to]) => recording.time_range(from, to)?,
        None => recording,
    };
    fit_to_analyze(Reading { recording, film: None }, first)
}

/// Formats of markers: what carries a marker need not be a part of the body (a racket, a
/// wheelchair), so their names may mean nothing to us.
const MARKERS: [&str; 3] = ["trc", "c3d", "nexus-csv"];

/// Reads as [`read`] does what is to be analysed, and refuses a recording in which there cannot be
/// a movement: a single frame, neither a position nor a worn sensor, or joints of which none is a
/// part of the body.
///
/// # Errors
/// As [`read`], and [`Error::NothingToAnalyze`].
pub fn read_to_analyze(
    path: &Path,
    options: &Options,
    progress: Progress,
) -> Result<Reading, Error> {
    fit_to_analyze(read(path, options, progress)?, path)
}

/// The reading, if there can be a movement in it.
fn fit_to_analyze(reading: Reading, path: &Path) -> Result<Reading, Error> {
    let recording = &reading.recording;
    let nothing =
        |what: String, hint| Err(Error::NothingToAnalyze { path: path.to_owned(), what, hint });
    if recording.frames() < 2 {
        return nothing("a single frame is no movement".to_owned(), "give the whole recording");
    }
    if is_felt_only(recording) {
        return Ok(reading);
    }
    if !recording.position.iter().any(|position| position[0].is_finite()) {
        let what = format!("no position is known in any of the {} frames", recording.frames());
        return nothing(what, "check the export: every value is missing");
    }
    let joints = &recording.skeleton.joints;
    let is_known = joints.iter().any(|joint| joint.part.is_some());
    if !is_known && !MARKERS.contains(&recording.source.format.as_str()) {
        let some: Vec<String> =
            joints.iter().take(5).map(|joint| format!("{:?}", joint.name)).collect();
        let what = format!("no joint is a known part of the body: {}", some.join(", "));
        return nothing(what, "name joints as in left_knee, LKnee or LKNE; docs/FORMATS.md");
    }
    Ok(reading)
}
