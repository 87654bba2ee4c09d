//! Reading input files of any kind.

use crate::analyze::is_felt_only;
use crate::pictures::{FrameAnnotations, KeyFrame, nearest_frame};
use crate::{AnalysisOptions, Analyzed, Error};
use agoge_formats::{FormatTrait, open_input, source_has_trait};
use agoge_motion::{Part, Recording, Skeleton, Space};
use agoge_report::Still;
use agoge_vision::overlay::{self, DrawOptions};
use agoge_vision::{LandmarkKind, TrackedVideo, cameras};
use std::path::{Path, PathBuf};

/// Progress callback: frames done and total frames (0 if unknown). Only videos take long enough to
/// report.
pub type ProgressCallback<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// A recording that was read, with the film it came from if it was a video.
#[derive(Clone, Debug, PartialEq)]
pub struct InputRecording {
    /// The athlete's recording.
    pub recording: Recording,
    /// Everybody in the video, if the input was one.
    pub film: Option<TrackedVideo>,
}

impl InputRecording {
    /// Draws the athlete's skeleton into each frame of a video, with the movement's angles at their
    /// joints and the findings during their repetitions: as a film if `to` ends in `.mp4`,
    /// otherwise as pictures with a contact sheet in a folder. Does nothing for other inputs.
    ///
    /// # Errors
    /// If the video cannot be decoded again, or the film or folder cannot be written.
    pub fn draw_overlay(
        &self,
        (path, options): (&Path, &AnalysisOptions),
        analyzed: &Analyzed,
        blur_faces: bool,
        to: &Path,
        progress: ProgressCallback,
    ) -> Result<(), Error> {
        let Some(film) = &self.film else { return Ok(()) };
        let film = &film_as_analysed(film, analyzed, options);
        let (written, slower) =
            (FrameAnnotations::from_analyzed(analyzed), slow_motion_factor(options));
        let marks = move |time_s: f64| written.marks_at(time_s / slower);
        let drawing = DrawOptions {
            blur_faces,
            person: film.choose_person(options.read.person),
            marks: &marks,
        };
        match is_film(to) {
            true => overlay::write_video(path, film, &drawing, to, progress)?,
            false => overlay::write_images(path, film, &drawing, to, progress)?,
        }
        Ok(())
    }

    /// The key frames of a video for its report, with blurred faces: the instant at which each of
    /// the first findings is largest, and the boundaries of the phases of a repetition. Empty for
    /// other inputs.
    ///
    /// # Errors
    /// If the video cannot be decoded again.
    pub fn extract_stills(
        &self,
        path: &Path,
        options: &AnalysisOptions,
        analyzed: &Analyzed,
    ) -> Result<Vec<Still>, Error> {
        let Some(film) = &self.film else { return Ok(Vec::new()) };
        let film = &film_as_analysed(film, analyzed, options);
        let (written, slower) =
            (FrameAnnotations::from_analyzed(analyzed), slow_motion_factor(options));
        let keys = written.key_frames();
        let marks = |time_s: f64| written.marks_at(time_s / slower);
        let drawing = DrawOptions {
            blur_faces: true,
            person: film.choose_person(options.read.person),
            marks: &marks,
        };
        let times: Vec<f64> =
            keys.iter().map(|key| slower * analyzed.curves.time[key.frame]).collect();
        let pictures = overlay::render_stills(path, film, &drawing, &times)?;
        let still = |(key, jpeg): (KeyFrame, Vec<u8>)| Still {
            frame: key.frame,
            caption: key.caption,
            jpeg,
        };
        Ok(keys.into_iter().zip(pictures).map(still).collect())
    }
}

/// The film with the athlete's landmarks as they were analysed: sides put back, outliers removed,
/// filtered. A landmark that was missing after that keeps the network's guess, with no visibility.
/// The face is left as it was seen, because it must be covered where it is.
fn film_as_analysed(
    film: &TrackedVideo,
    analyzed: &Analyzed,
    options: &AnalysisOptions,
) -> TrackedVideo {
    let mut film = film.clone();
    let source = &analyzed.source;
    let joints = &source.skeleton.joints;
    let athlete = film.choose_person(options.read.person);
    let Space::Image { .. } = source.space else { return film };
    if source.skeleton.as_ref() != Skeleton::mediapipe_33().as_ref() {
        return film;
    }
    let (height, slower) = (film.size[1] as f64, slow_motion_factor(options));
    let is_face = |joint: usize| {
        matches!(
            joints[joint].part,
            Some(Part::Nose | Part::LeftEye | Part::RightEye | Part::LeftEar | Part::RightEar)
        ) || ["eye", "mouth"].iter().any(|word| joints[joint].name.contains(word))
    };
    for (frame, seen) in &mut film.seen {
        if Some(seen.person) != athlete {
            continue;
        }
        let Some(at) = nearest_frame(&source.time, film.time[*frame] / slower) else { continue };
        let guess = seen.body.picture;
        let point = |joint: usize| {
            let [x, y, _] = source.position_at(at, joint);
            [x as f32, (height - y) as f32]
        };
        let distance = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let known: Vec<usize> =
            (0..joints.len()).filter(|joint| source.is_seen(at, *joint)).collect();
        // What is missing is exchanged like the rest of the body.
        let exchanged = known
            .iter()
            .filter(|joint| {
                let other = guess[joints[**joint].mirror];
                distance(point(**joint), other) < distance(point(**joint), guess[**joint])
            })
            .count();
        let is_exchanged = exchanged * 2 > known.len();
        for joint in (0..joints.len()).filter(|joint| !is_face(*joint)) {
            if source.is_seen(at, joint) {
                seen.body.picture[joint] = point(joint);
                seen.body.visibility[joint] = source.confidence[at * joints.len() + joint];
            } else {
                let from = if is_exchanged { joints[joint].mirror } else { joint };
                seen.body.picture[joint] = guess[from];
                seen.body.visibility[joint] = 0.0;
            }
        }
    }
    film
}

/// Reads a file or folder of any known format, or a video or folder of pictures using the pose
/// network, cut to the time range of the options.
///
/// # Errors
/// If the input cannot be read, or has no frame in the time range; for videos also if the pose
/// network is not set up.
pub fn read_input(
    path: &Path,
    options: &AnalysisOptions,
    progress: ProgressCallback,
) -> Result<InputRecording, Error> {
    options.read.check_values(path)?;
    if agoge_vision::Video::is_image_folder(path) {
        return read_video(path, options, progress);
    }
    let input = open_input(path)?;
    if input.format().has_trait(FormatTrait::Film) {
        return read_video(path, options, progress);
    }
    let recording = input.read_recording(&options.read)?;
    let recording = match options.time_range_s {
        Some([from, to]) => recording.time_range(from, to)?,
        None => recording,
    };
    Ok(InputRecording { recording, film: None })
}

/// How many times slower than real time the video plays.
fn slow_motion_factor(options: &AnalysisOptions) -> f64 {
    options.read.slow_motion_factor.unwrap_or(1.0)
}

/// Whether an output path means a single film.
pub fn is_film(to: &Path) -> bool {
    to.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mp4"))
}

/// Reads the person selected by the options from a video.
fn read_video(
    path: &Path,
    options: &AnalysisOptions,
    progress: ProgressCallback,
) -> Result<InputRecording, Error> {
    let slower = slow_motion_factor(options);
    // The range is in the athlete's time, but the video runs in its own.
    let range = options.time_range_s.map(|range| range.map(|time_s| time_s * slower));
    let video =
        agoge_vision::VideoOptions { rate_hz: options.read.rate_hz, ..options.video.clone() };
    let film = TrackedVideo::read_video(path, &crate::pose_folder()?, &video, range, progress)?;
    let recording = film.to_recording(path, options.read.person, options.video.landmarks)?;
    Ok(InputRecording { recording: options.read.undo_slow_motion(recording), film: Some(film) })
}

/// Reads the videos of one athlete by several calibrated cameras (docs/reference/video.md) into a
/// three-dimensional recording on the clock of the first video, with the checks of
/// [`read_to_analyze`]. The calibration is a TOML file in Pose2Sim's format.
///
/// # Errors
/// As [`read_to_analyze`], and if the calibration is invalid or the cameras' clocks cannot be
/// aligned.
pub fn read_cameras(
    paths: &[PathBuf],
    calibration: &Path,
    options: &AnalysisOptions,
    progress: ProgressCallback,
) -> Result<InputRecording, Error> {
    let [first, ..] = paths else {
        let (what, hint) = ("no video".to_owned(), "give a video of each camera");
        return Err(Error::NothingToAnalyze { path: calibration.to_owned(), what, hint });
    };
    options.read.check_values(first)?;
    let files: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let cameras =
        cameras::assign_cameras(&cameras::read_cameras(calibration)?, &files, calibration)?;
    let video =
        agoge_vision::VideoOptions { rate_hz: options.read.rate_hz, ..options.video.clone() };
    let weights = crate::pose_folder()?;
    let mut views = Vec::new();
    for (path, camera) in paths.iter().zip(cameras) {
        let film = TrackedVideo::read_video(path, &weights, &video, None, progress)?;
        views.push((camera, film.to_recording(path, options.read.person, LandmarkKind::Picture)?));
    }
    let recording = options.read.undo_slow_motion(cameras::triangulate(&views, calibration)?);
    let recording = match options.time_range_s {
        Some([from, to]) => recording.time_range(from, to)?,
        None => recording,
    };
    check_analyzable(InputRecording { recording, film: None }, first)
}

/// Like [`read_input`], but refuses a recording that cannot contain a movement: a single frame,
/// neither positions nor a worn sensor, or no joint that is a known body part.
///
/// # Errors
/// As [`read_input`], and [`Error::NothingToAnalyze`].
pub fn read_to_analyze(
    path: &Path,
    options: &AnalysisOptions,
    progress: ProgressCallback,
) -> Result<InputRecording, Error> {
    check_analyzable(read_input(path, options, progress)?, path)
}

/// Returns the reading if it can contain a movement.
fn check_analyzable(reading: InputRecording, path: &Path) -> Result<InputRecording, Error> {
    let recording = &reading.recording;
    let refuse =
        |what: String, hint| Err(Error::NothingToAnalyze { path: path.to_owned(), what, hint });
    if recording.frame_count() < 2 {
        return refuse("a single frame is no movement".to_owned(), "give the whole recording");
    }
    if is_felt_only(recording) {
        return Ok(reading);
    }
    if !recording.position.iter().any(|position| position[0].is_finite()) {
        let what = format!("no position is known in any of the {} frames", recording.frame_count());
        return refuse(what, "check the export: every value is missing");
    }
    let joints = &recording.skeleton.joints;
    let is_known = joints.iter().any(|joint| joint.part.is_some());
    if !is_known && !source_has_trait(&recording.source, FormatTrait::Markers) {
        let names: Vec<String> =
            joints.iter().take(5).map(|joint| format!("{:?}", joint.name)).collect();
        let what = format!("no joint is a known part of the body: {}", names.join(", "));
        return refuse(
            what,
            "name joints as in left_knee, LKnee or LKNE; docs/reference/formats.md",
        );
    }
    Ok(reading)
}
