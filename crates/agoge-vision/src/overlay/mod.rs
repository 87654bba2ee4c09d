//! What was found, drawn into the pictures: for people to look at.

mod canvas;

use crate::pose::{Body, Region, Tracked};
use crate::{Error, Film, Picture, Video};
use agoge_motion::{Side, Skeleton};
use canvas::{Canvas, Colour};
use std::fs;
use std::path::Path;

const LEFT: Colour = [255, 150, 40];
const RIGHT: Colour = [60, 170, 255];
const MIDDLE: Colour = [240, 240, 240];
/// Joints less sure than this are drawn faint; the analysis leaves them out.
const SURE: f32 = 0.3;
/// Pictures of the contact sheet: so many in a row, and in all.
const ACROSS: usize = 8;
const ON_SHEET: usize = 32;
/// Side of a picture of the contact sheet, px.
const SMALL: usize = 240;
/// Landmarks of the head: nose, eyes, ears, mouth.
const HEAD: std::ops::Range<usize> = 0..11;

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// Whether every face that was found is made unrecognisable.
    pub blur_faces: bool,
    /// Whose skeleton is drawn; everybody's without.
    pub person: Option<usize>,
}

/// Decodes the video again and writes each frame of the film with the skeletons in it as `frame_000000.png` …, numbered as in the recording, and
/// `sheet.png`, up to 32 of them at a glance, each cut to the square about the athlete. `progress` hears how many frames of how many are done.
///
/// # Errors
/// As [`Film::read`], and [`Error::Io`] where a picture cannot be written.
pub fn write(
    path: &Path,
    film: &Film,
    drawing: Drawing,
    folder: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::io("write", folder))?;
    let frames = film.time.len();
    let every = frames.div_ceil(ON_SHEET).max(1);
    let mut sheet: Vec<Canvas> = Vec::new();
    let athlete = film.chosen(drawing.person);
    let mut seen = film.seen.iter().peekable();
    each(path, film, &mut |frame, picture| {
        let mut people = Vec::new();
        while let Some((_, one)) = seen.next_if(|(at, _)| *at <= frame) {
            people.push(one);
        }
        let drawn = draw(&picture, &people, drawing);
        drawn.write(&folder.join(format!("frame_{frame:06}.png")))?;
        if frame % every == 0 {
            sheet.push(close_up(&picture, &people, athlete, drawing));
        }
        progress(frame + 1, frames);
        Ok(())
    })?;
    Canvas::side_by_side(&sheet, ACROSS).write(&folder.join("sheet.png"))
}

/// Calls `take` with each frame of the film and its picture.
fn each(path: &Path, film: &Film, take: &mut dyn FnMut(usize, Picture) -> Result<(), Error>) -> Result<(), Error> {
    let mut video = Video::open(path, film.rate_hz)?;
    let mut frame = 0;
    while let Some((time_s, picture)) = video.next_picture()? {
        match film.time.get(frame) {
            None => break,
            Some(&wanted) if time_s < wanted => continue,
            Some(_) => take(frame, picture)?,
        }
        frame += 1;
    }
    Ok(())
}

/// A picture with the skeletons of people in it.
fn draw(picture: &Picture, people: &[&Tracked], drawing: Drawing) -> Canvas {
    let mut canvas = Canvas::new(picture.width(), picture.height(), picture.to_rgb());
    if drawing.blur_faces {
        people.iter().for_each(|one| hide_face(&mut canvas, &one.body));
    }
    for one in people.iter().filter(|one| drawing.person.is_none_or(|person| person == one.person)) {
        skeleton(&mut canvas, &one.body);
    }
    canvas
}

/// Draws a line from each joint to the one it hangs on.
fn skeleton(canvas: &mut Canvas, body: &Body) {
    let skeleton = Skeleton::mediapipe_33();
    let thick = (body.region.side / 120.0).clamp(2.0, 9.0);
    for (joint, parent) in skeleton.joints.iter().enumerate().filter_map(|(joint, own)| Some((joint, own.parent?))) {
        let sure = body.visibility[joint].min(body.visibility[parent]) >= SURE;
        let colour = match skeleton.joints[joint].part.and_then(|part| part.side()) {
            Some(Side::Left) => LEFT,
            Some(Side::Right) => RIGHT,
            None => MIDDLE,
        };
        let (thick, strength) = if sure { (thick, 0.9) } else { (0.5 * thick, 0.5) };
        canvas.line(body.picture[joint], body.picture[parent], thick, colour, strength);
    }
}

/// The square about the athlete with the skeleton in it; where the athlete is not seen, the whole picture.
fn close_up(picture: &Picture, people: &[&Tracked], athlete: Option<usize>, drawing: Drawing) -> Canvas {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let one = people.iter().find(|one| Some(one.person) == athlete);
    let region = match one {
        Some(one) => Region { angle: 0.0, ..one.body.region },
        None => Region { x: 0.5 * width, y: 0.5 * height, side: width.max(height), angle: 0.0 },
    };
    let mut pixels = Vec::new();
    picture.crop(&region, SMALL, [0.0, 255.0], &mut pixels);
    let mut canvas = Canvas::new(SMALL, SMALL, pixels.iter().map(|value| value.round() as u8).collect());
    let scale = SMALL as f32 / region.side;
    let corner = [region.x - 0.5 * region.side, region.y - 0.5 * region.side];
    let small = |body: &Body| Body {
        picture: body.picture.map(|[x, y]| [(x - corner[0]) * scale, (y - corner[1]) * scale]),
        region: Region { side: body.region.side * scale, ..body.region },
        ..body.clone()
    };
    if drawing.blur_faces {
        people.iter().for_each(|one| hide_face(&mut canvas, &small(&one.body)));
    }
    if let Some(one) = one {
        skeleton(&mut canvas, &small(&one.body));
    }
    canvas
}

/// Blurs the circle about the landmarks of the head, half as wide again as they reach.
fn hide_face(canvas: &mut Canvas, body: &Body) {
    let points = &body.picture[HEAD];
    let count = points.len() as f32;
    let middle = [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / count);
    let reach = points.iter().map(|point| (point[0] - middle[0]).hypot(point[1] - middle[1])).fold(0.0, f32::max);
    // Seen from the side the landmarks lie close together: a head is never smaller than an eighth of the region about the circle of the body.
    canvas.blur(middle, (1.5 * reach).max(body.region.side / 16.0));
}
