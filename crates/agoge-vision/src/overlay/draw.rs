//! Draws people into an image.

use super::canvas::{Canvas, Colour};
use super::heads::HeadCircle;
use super::text::Font;
use super::{DrawOptions, FrameMarks};
use crate::VideoImage;
use crate::pose::{BodyLandmarks, ImageRegion, TrackedPerson};
use agoge_motion::{Side, Skeleton};

const LEFT_COLOUR: Colour = [255, 150, 40];
const RIGHT_COLOUR: Colour = [60, 170, 255];
const MIDDLE_COLOUR: Colour = [240, 240, 240];
/// Joints with lower visibility are drawn faint; the analysis leaves them out.
const MIN_VISIBILITY: f32 = 0.3;
/// Landmarks of shoulders and hips.
const TRUNK: [usize; 4] = [11, 12, 23, 24];

/// Draws an image with the skeletons of people in it and the heads that must be hidden.
pub(super) fn draw_frame(
    picture: &VideoImage,
    (people, heads): (&[&TrackedPerson], &[HeadCircle]),
    drawing: &DrawOptions,
    marks: &FrameMarks,
) -> Canvas {
    let mut canvas = Canvas::new(picture.width(), picture.height(), picture.to_rgb());
    heads.iter().for_each(|head| canvas.pixelate_circle(head.middle, head.radius));
    for person_seen in people
        .iter()
        .filter(|person_seen| drawing.person.is_none_or(|person| person == person_seen.person))
    {
        draw_skeleton(&mut canvas, &person_seen.body);
        if drawing.person == Some(person_seen.person) {
            draw_angles(&mut canvas, &person_seen.body, marks);
        }
    }
    let font = Font::for_rows(picture.height().min(picture.width()));
    for (index, line) in marks.lines.iter().enumerate() {
        let below = index as f32 * 1.1 * font.height() as f32;
        font.draw_text(
            &mut canvas,
            line,
            [0.5 * font.height() as f32, 0.5 * font.height() as f32 + below],
        );
    }
    canvas
}

/// Writes each angle beside its joint, on the side away from the trunk.
fn draw_angles(canvas: &mut Canvas, body: &BodyLandmarks, marks: &FrameMarks) {
    let font = Font::for_rows((1.6 * body.region.side.clamp(0.0, 1e4)) as usize);
    let middle =
        TRUNK.iter().map(|&joint| body.picture[joint][0]).sum::<f32>() / TRUNK.len() as f32;
    for (joint, text) in &marks.angles {
        let Some(&[x, y]) =
            body.picture.get(*joint).filter(|_| body.visibility[*joint] >= MIN_VISIBILITY)
        else {
            continue;
        };
        let margin = 0.5 * font.height() as f32;
        let left = if x < middle { x - margin - font.width(text) as f32 } else { x + margin };
        font.draw_text(canvas, text, [left, y - margin]);
    }
}

/// Draws a line from each joint to its parent.
fn draw_skeleton(canvas: &mut Canvas, body: &BodyLandmarks) {
    let skeleton = Skeleton::mediapipe_33();
    let thick = (body.region.side / 120.0).clamp(2.0, 9.0);
    for (joint, parent) in skeleton
        .joints
        .iter()
        .enumerate()
        .filter_map(|(joint, definition)| Some((joint, definition.parent?)))
    {
        let sure = body.visibility[joint].min(body.visibility[parent]) >= MIN_VISIBILITY;
        let colour = match skeleton.joints[joint].part.and_then(|part| part.side()) {
            Some(Side::Left) => LEFT_COLOUR,
            Some(Side::Right) => RIGHT_COLOUR,
            None => MIDDLE_COLOUR,
        };
        let (thick, strength) = if sure { (thick, 0.9) } else { (0.5 * thick, 0.5) };
        canvas.draw_line(body.picture[joint], body.picture[parent], thick, colour, strength);
    }
}

/// Draws the square around the athlete with skeleton and angles, `size` px wide; the whole image if
/// the athlete is not seen.
pub(super) fn draw_close_up(
    picture: &VideoImage,
    (people, heads): (&[&TrackedPerson], &[HeadCircle]),
    athlete: Option<usize>,
    (size, marks): (usize, &FrameMarks),
) -> Canvas {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let athlete_seen = people.iter().find(|athlete_seen| Some(athlete_seen.person) == athlete);
    let region = match athlete_seen {
        Some(athlete_seen) => ImageRegion { angle: 0.0, ..athlete_seen.body.region },
        None => {
            ImageRegion { x: 0.5 * width, y: 0.5 * height, side: width.max(height), angle: 0.0 }
        }
    };
    let mut pixels = Vec::new();
    picture.crop_region(&region, size, [0.0, 255.0], &mut pixels);
    let mut canvas =
        Canvas::new(size, size, pixels.iter().map(|value| value.round() as u8).collect());
    let scale = size as f32 / region.side;
    let corner = [region.x - 0.5 * region.side, region.y - 0.5 * region.side];
    let scaled = |body: &BodyLandmarks| BodyLandmarks {
        picture: body.picture.map(|[x, y]| [(x - corner[0]) * scale, (y - corner[1]) * scale]),
        region: ImageRegion { side: body.region.side * scale, ..body.region },
        ..body.clone()
    };
    for head in heads.iter().map(|head| head.scaled_to_crop(corner, scale)) {
        canvas.pixelate_circle(head.middle, head.radius);
    }
    if let Some(athlete_seen) = athlete_seen {
        draw_skeleton(&mut canvas, &scaled(&athlete_seen.body));
        draw_angles(&mut canvas, &scaled(&athlete_seen.body), marks);
    }
    canvas
}
