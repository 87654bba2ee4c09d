//! Drawing people into a picture.

use super::canvas::{Canvas, Colour};
use super::text::Font;
use super::{Drawing, Marks};
use crate::Picture;
use crate::pose::{Body, Region, Tracked};
use agoge_motion::{Side, Skeleton};

const LEFT: Colour = [255, 150, 40];
const RIGHT: Colour = [60, 170, 255];
const MIDDLE: Colour = [240, 240, 240];
/// Joints less sure than this are drawn faint; the analysis leaves them out.
const SURE: f32 = 0.3;
/// Landmarks of the head: nose, eyes, ears, mouth.
const HEAD: std::ops::Range<usize> = 0..11;
/// Landmarks of shoulders and hips.
const TRUNK: [usize; 4] = [11, 12, 23, 24];

/// A picture with the skeletons of people in it.
pub(super) fn whole(picture: &Picture, people: &[&Tracked], drawing: &Drawing, marks: &Marks) -> Canvas {
    let mut canvas = Canvas::new(picture.width(), picture.height(), picture.to_rgb());
    if drawing.blur_faces {
        people.iter().for_each(|one| hide_face(&mut canvas, &one.body));
    }
    for one in people.iter().filter(|one| drawing.person.is_none_or(|person| person == one.person)) {
        skeleton(&mut canvas, &one.body);
        if drawing.person == Some(one.person) {
            angles(&mut canvas, &one.body, marks);
        }
    }
    let font = Font::for_rows(picture.height().min(picture.width()));
    for (index, line) in marks.lines.iter().enumerate() {
        let below = index as f32 * 1.1 * font.height() as f32;
        font.write(&mut canvas, line, [0.5 * font.height() as f32, 0.5 * font.height() as f32 + below]);
    }
    canvas
}

/// Writes each angle beside its joint, on the side that looks away from the trunk.
fn angles(canvas: &mut Canvas, body: &Body, marks: &Marks) {
    let font = Font::for_rows((1.6 * body.region.side.clamp(0.0, 1e4)) as usize);
    let middle = TRUNK.iter().map(|&joint| body.picture[joint][0]).sum::<f32>() / TRUNK.len() as f32;
    for (joint, text) in &marks.angles {
        let Some(&[x, y]) = body.picture.get(*joint).filter(|_| body.visibility[*joint] >= SURE) else { continue };
        let away = 0.5 * font.height() as f32;
        let left = if x < middle { x - away - font.width(text) as f32 } else { x + away };
        font.write(canvas, text, [left, y - away]);
    }
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

/// The square about the athlete with the skeleton and the angles in it, `size` px wide; where the athlete is not seen, the whole picture.
pub(super) fn close_up(
    picture: &Picture,
    people: &[&Tracked],
    athlete: Option<usize>,
    drawing: &Drawing,
    (size, marks): (usize, &Marks),
) -> Canvas {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let one = people.iter().find(|one| Some(one.person) == athlete);
    let region = match one {
        Some(one) => Region { angle: 0.0, ..one.body.region },
        None => Region { x: 0.5 * width, y: 0.5 * height, side: width.max(height), angle: 0.0 },
    };
    let mut pixels = Vec::new();
    picture.crop(&region, size, [0.0, 255.0], &mut pixels);
    let mut canvas = Canvas::new(size, size, pixels.iter().map(|value| value.round() as u8).collect());
    let scale = size as f32 / region.side;
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
        angles(&mut canvas, &small(&one.body), marks);
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
