//! Draws people into an image.

use super::canvas::{Canvas, Colour};
use super::heads::Head;
use super::text::Font;
use super::{Drawing, Marks};
use crate::Picture;
use crate::pose::{Body, Region, Tracked};
use agoge_motion::{Side, Skeleton};

const LEFT: Colour = [255, 150, 40];
const RIGHT: Colour = [60, 170, 255];
const MIDDLE: Colour = [240, 240, 240];
/// Joints with lower visibility are drawn faint; the analysis leaves them out.
const SURE: f32 = 0.3;
/// Landmarks of shoulders and hips.
const TRUNK: [usize; 4] = [11, 12, 23, 24];

/// Draws an image with the skeletons of people in it and the heads that must be hidden.
pub(super) fn whole(
    picture: &Picture,
    (people, heads): (&[&Tracked], &[Head]),
    drawing: &Drawing,
    marks: &Marks,
) -> Canvas {
    let mut canvas = Canvas::new(picture.width(), picture.height(), picture.to_rgb());
    heads.iter().for_each(|head| canvas.blur(head.middle, head.radius));
    for person_seen in people
        .iter()
        .filter(|person_seen| drawing.person.is_none_or(|person| person == person_seen.person))
    {
        skeleton(&mut canvas, &person_seen.body);
        if drawing.person == Some(person_seen.person) {
            angles(&mut canvas, &person_seen.body, marks);
        }
    }
    let font = Font::for_rows(picture.height().min(picture.width()));
    for (index, line) in marks.lines.iter().enumerate() {
        let below = index as f32 * 1.1 * font.height() as f32;
        font.write(
            &mut canvas,
            line,
            [0.5 * font.height() as f32, 0.5 * font.height() as f32 + below],
        );
    }
    canvas
}

/// Writes each angle beside its joint, on the side away from the trunk.
fn angles(canvas: &mut Canvas, body: &Body, marks: &Marks) {
    let font = Font::for_rows((1.6 * body.region.side.clamp(0.0, 1e4)) as usize);
    let middle =
        TRUNK.iter().map(|&joint| body.picture[joint][0]).sum::<f32>() / TRUNK.len() as f32;
    for (joint, text) in &marks.angles {
        let Some(&[x, y]) = body.picture.get(*joint).filter(|_| body.visibility[*joint] >= SURE)
        else {
            continue;
        };
        let margin = 0.5 * font.height() as f32;
        let left = if x < middle { x - margin - font.width(text) as f32 } else { x + margin };
        font.write(canvas, text, [left, y - margin]);
    }
}

/// Draws a line from each joint to its parent.
fn skeleton(canvas: &mut Canvas, body: &Body) {
    let skeleton = Skeleton::mediapipe_33();
    let thick = (body.region.side / 120.0).clamp(2.0, 9.0);
    for (joint, parent) in skeleton
        .joints
        .iter()
        .enumerate()
        .filter_map(|(joint, definition)| Some((joint, definition.parent?)))
    {
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

/// Draws the square around the athlete with skeleton and angles, `size` px wide; the whole image if
/// the athlete is not seen.
pub(super) fn close_up(
    picture: &Picture,
    (people, heads): (&[&Tracked], &[Head]),
    athlete: Option<usize>,
    (size, marks): (usize, &Marks),
) -> Canvas {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let athlete_seen = people.iter().find(|athlete_seen| Some(athlete_seen.person) == athlete);
    let region = match athlete_seen {
        Some(athlete_seen) => Region { angle: 0.0, ..athlete_seen.body.region },
        None => Region { x: 0.5 * width, y: 0.5 * height, side: width.max(height), angle: 0.0 },
    };
    let mut pixels = Vec::new();
    picture.crop(&region, size, [0.0, 255.0], &mut pixels);
    let mut canvas =
        Canvas::new(size, size, pixels.iter().map(|value| value.round() as u8).collect());
    let scale = size as f32 / region.side;
    let corner = [region.x - 0.5 * region.side, region.y - 0.5 * region.side];
    let scaled = |body: &Body| Body {
        picture: body.picture.map(|[x, y]| [(x - corner[0]) * scale, (y - corner[1]) * scale]),
        region: Region { side: body.region.side * scale, ..body.region },
        ..body.clone()
    };
    for head in heads.iter().map(|head| head.within(corner, scale)) {
        canvas.blur(head.middle, head.radius);
    }
    if let Some(athlete_seen) = athlete_seen {
        skeleton(&mut canvas, &scaled(&athlete_seen.body));
        angles(&mut canvas, &scaled(&athlete_seen.body), marks);
    }
    canvas
}
