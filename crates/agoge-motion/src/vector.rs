//! Vector algebra on 3D positions.

/// a + b.
pub fn add(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|k| a[k] + b[k])
}

/// a − b.
pub fn sub(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|k| a[k] - b[k])
}

/// a · s.
pub fn scale(a: [f64; 3], s: f64) -> [f64; 3] {
    a.map(|v| v * s)
}

/// The dot product of a and b.
///
/// ```
/// use agoge_motion::vector::dot;
/// assert_eq!(dot([1.0, 2.0, 3.0], [4.0, -5.0, 6.0]), 12.0);
/// ```
pub fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The cross product a × b.
///
/// ```
/// use agoge_motion::vector::cross;
/// // Right-handed: forward × up points to the right.
/// assert_eq!(cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]), [0.0, 0.0, 1.0]);
/// ```
pub fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The Euclidean length of a.
pub fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

/// The unit vector in the direction of a; NaN for the zero vector.
///
/// ```
/// use agoge_motion::vector::unit_vector;
/// assert_eq!(unit_vector([0.0, 0.0, -2.0]), [0.0, 0.0, -1.0]);
/// assert!(unit_vector([0.0; 3])[0].is_nan());
/// ```
pub fn unit_vector(a: [f64; 3]) -> [f64; 3] {
    scale(a, 1.0 / norm(a))
}

/// Rotates a vector about a unit axis by an angle, radians (Rodrigues 1840).
///
/// ```
/// use agoge_motion::vector::{norm, rotate_about, sub};
/// let turned = rotate_about([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], std::f64::consts::FRAC_PI_2);
/// assert!(norm(sub(turned, [0.0, 1.0, 0.0])) < 1e-15);
/// ```
pub fn rotate_about(v: [f64; 3], axis: [f64; 3], angle: f64) -> [f64; 3] {
    let (sin, cos) = angle.sin_cos();
    add(add(scale(v, cos), scale(cross(axis, v), sin)), scale(axis, dot(axis, v) * (1.0 - cos)))
}

/// The mean of the points; NaN if any of them is missing.
pub fn mean_point(points: &[[f64; 3]]) -> [f64; 3] {
    scale(points.iter().copied().fold([0.0; 3], add), 1.0 / points.len() as f64)
}

/// Fills every gap in a track of evenly spaced points, `[frame]`, by linear interpolation and
/// extends the first and last known point to the ends. Stays NaN only if no point is known.
///
/// ```
/// use agoge_motion::{recording::MISSING, vector::fill_track_gaps};
/// let mut track = [[0.0; 3], MISSING, [2.0, 4.0, 6.0], MISSING];
/// fill_track_gaps(&mut track);
/// assert_eq!(track[1], [1.0, 2.0, 3.0]);
/// assert_eq!(track[3], [2.0, 4.0, 6.0]);
/// ```
pub fn fill_track_gaps(track: &mut [[f64; 3]]) {
    let mut last: Option<usize> = None;
    for frame in 0..track.len() {
        if !track[frame][0].is_finite() {
            continue;
        }
        let end = track[frame];
        match last {
            None => track[..frame].fill(end),
            Some(before) => {
                let begin = track[before];
                for (k, point) in track[before + 1..frame].iter_mut().enumerate() {
                    *point = add(
                        begin,
                        scale(sub(end, begin), (k + 1) as f64 / (frame - before) as f64),
                    );
                }
            }
        }
        last = Some(frame);
    }
    if let Some(last) = last {
        let end = track[last];
        track[last + 1..].fill(end);
    }
}
