//! Draws what was found into the images, for people to look at.

mod canvas;
mod draw;
mod heads;
mod text;

use crate::pose::TrackedPerson;
use crate::video::VideoWriter;
use crate::{TrackedVideo, Video, VideoImage, VisionError};
use canvas::Canvas;
use heads::{HeadCircle, head_circles};
use std::fs;
use std::path::Path;

/// Images per row of the contact sheet, and in all.
const SHEET_COLUMNS: usize = 8;
const SHEET_IMAGES: usize = 32;
/// Side of an image in the contact sheet, px.
const SHEET_IMAGE_SIDE: usize = 240;
/// Side of a still, px, and its quality as JPEG: about 30 kB.
const STILL_SIDE: usize = 400;
const JPEG_QUALITY: u8 = 80;

/// What is written into an image in addition to the skeleton.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameMarks {
    /// Texts beside landmarks of the athlete (landmark index and text), such as angles.
    pub angles: Vec<(usize, String)>,
    /// Lines in the upper left corner.
    pub lines: Vec<String>,
}

/// What to draw.
#[derive(Clone, Copy)]
pub struct DrawOptions<'a> {
    /// Whether everybody's head is made unrecognisable, even in frames in which they were lost for
    /// a moment.
    pub blur_faces: bool,
    /// The person whose skeleton and marks are drawn; `None` for everybody's skeleton.
    pub person: Option<usize>,
    /// The marks for the frame at a time, s as in [`TrackedVideo::time`].
    pub marks: &'a (dyn Fn(f64) -> FrameMarks + Sync),
}

/// Decodes the video again and writes each frame with its skeletons as `frame_000000.png` …,
/// numbered as in the recording, and `sheet.png`, an overview of up to 32 of them, each cropped to
/// the square around the athlete. `progress` receives the number of frames done and the total.
///
/// # Errors
/// As [`TrackedVideo::read_video`], and [`VisionError::Io`] if an image cannot be written.
pub fn write_images(
    path: &Path,
    film: &TrackedVideo,
    drawing: &DrawOptions,
    folder: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<(), VisionError> {
    fs::create_dir_all(folder).map_err(VisionError::io("write", folder))?;
    let frames = film.time.len();
    let every = frames.div_ceil(SHEET_IMAGES).max(1);
    let mut sheet: Vec<Canvas> = Vec::new();
    let athlete = film.choose_person(drawing.person);
    for_each_frame(path, film, drawing, &mut |frame, picture, people| {
        let drawn = draw::draw_frame(&picture, people, drawing, &(drawing.marks)(film.time[frame]));
        drawn.write_png(&folder.join(format!("frame_{frame:06}.png")))?;
        if frame % every == 0 {
            sheet.push(draw::draw_close_up(
                &picture,
                people,
                athlete,
                (SHEET_IMAGE_SIDE, &FrameMarks::default()),
            ));
        }
        progress(frame + 1, frames);
        Ok(true)
    })?;
    Canvas::side_by_side(&sheet, SHEET_COLUMNS).write_png(&folder.join("sheet.png"))
}

/// Like [`write_images`], but writes a video: H.264 in an MP4 file, each frame at its time. The
/// file appears complete or not at all.
///
/// # Errors
/// As [`write_images`], and [`VisionError::Video`] for images larger than H.264 allows.
pub fn write_video(
    path: &Path,
    film: &TrackedVideo,
    drawing: &DrawOptions,
    to: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<(), VisionError> {
    let frames = film.time.len();
    let mut writer = VideoWriter::create(to, film.size, &film.time)?;
    for_each_frame(path, film, drawing, &mut |frame, picture, people| {
        let drawn = draw::draw_frame(&picture, people, drawing, &(drawing.marks)(film.time[frame]));
        writer.push(drawn.rgb())?;
        progress(frame + 1, frames);
        Ok(true)
    })?;
    writer.finish()
}

/// The frames nearest to given times (s as in [`TrackedVideo::time`], increasing), cropped to the
/// square around the athlete, as JPEG, one per time. The video is decoded again up to the last of
/// them.
///
/// # Errors
/// As [`TrackedVideo::read_video`].
pub fn render_stills(
    path: &Path,
    film: &TrackedVideo,
    drawing: &DrawOptions,
    times: &[f64],
) -> Result<Vec<Vec<u8>>, VisionError> {
    let nearest = |time_s: &f64| {
        let after = film
            .time
            .partition_point(|frame_s| frame_s < time_s)
            .min(film.time.len().saturating_sub(1));
        let before = after.saturating_sub(1);
        if film.time[after] - time_s < time_s - film.time[before] { after } else { before }
    };
    let wanted: Vec<usize> =
        if film.time.is_empty() { Vec::new() } else { times.iter().map(nearest).collect() };
    let mut stills = Vec::new();
    let Some(&last) = wanted.iter().max() else { return Ok(stills) };
    let athlete = film.choose_person(drawing.person);
    for_each_frame(path, film, drawing, &mut |frame, picture, people| {
        let times = wanted.iter().filter(|wanted_frame| **wanted_frame == frame).count();
        if times > 0 {
            let marks = (drawing.marks)(film.time[frame]);
            let drawn = draw::draw_close_up(&picture, people, athlete, (STILL_SIDE, &marks));
            stills.extend(std::iter::repeat_n(
                drawn.to_jpeg(JPEG_QUALITY).unwrap_or_default(),
                times,
            ));
        }
        Ok(frame < last)
    })?;
    Ok(stills)
}

/// Handles a frame index, its image, the people in it and the heads to hide; returns whether to
/// continue.
type FrameHandler<'a> = dyn FnMut(usize, VideoImage, (&[&TrackedPerson], &[HeadCircle])) -> Result<bool, VisionError>
    + 'a;

/// Calls `take` with each frame, its image, the people in it and the heads to hide, until it has
/// enough.
fn for_each_frame(
    path: &Path,
    film: &TrackedVideo,
    drawing: &DrawOptions,
    take: &mut FrameHandler,
) -> Result<(), VisionError> {
    let heads =
        if drawing.blur_faces { head_circles(film) } else { vec![Vec::new(); film.time.len()] };
    let mut video = Video::open(path, film.rate_hz)?;
    let mut seen = film.seen.iter().peekable();
    let mut frame = 0;
    while let Some((time_s, picture)) = video.next_image()? {
        match film.time.get(frame) {
            None => break,
            Some(&wanted) if time_s < wanted => continue,
            Some(_) => {
                let mut people = Vec::new();
                while let Some((_, person)) = seen.next_if(|(at, _)| *at <= frame) {
                    people.push(person);
                }
                if !take(frame, picture, (&people, &heads[frame]))? {
                    break;
                }
            }
        }
        frame += 1;
    }
    Ok(())
}
