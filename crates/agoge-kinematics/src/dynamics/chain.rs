//! Newton–Euler equations from the free end of a chain to its root (Winter 2009).

use super::segments::SegmentInertia;
use agoge_motion::vector::{add, cross, norm, scale, sub};

/// Gravity, m/s², y up.
pub(super) const GRAVITY: [f64; 3] = [0.0, -crate::sensor::GRAVITY, 0.0];
/// Number of frames on each side that the acceleration of a frame requires.
const STENCIL_HALF_WIDTH: usize = 2;

type Vector3 = [f64; 3];
const NAN: Vector3 = [f64::NAN; 3];

/// The external load on the free end of a chain in a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExternalLoad {
    /// Force on the last segment, N.
    pub force: Vector3,
    /// The point of application (centre of pressure), m.
    pub point: Vector3,
    /// Free moment, N·m.
    pub moment: Vector3,
}

/// The net force and moment that act on a segment at its proximal joint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JointLoad {
    /// Force, N.
    pub force: Vector3,
    /// Moment, N·m, about the joint.
    pub moment: Vector3,
}

/// Why moments could not be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DynamicsError {
    /// Arrays of inconsistent lengths.
    #[error(
        "{0} do not fit; hint: one more joint than segments, and every list as long as the time"
    )]
    Lengths(&'static str),
    /// Times that are not evenly spaced.
    #[error(
        "the time between frames changes at frame {0}; hint: resample the recording to an even rate first"
    )]
    Clock(usize),
}

/// Net forces and moments at the proximal joints of a chain, `[segment][frame]`, in the axes of the
/// recording. `joints` is `[joint][frame]` from the root to the free end, m, y up; segment `i` lies
/// between joints `i` and `i + 1`. `outer` is the load on the free end, `[frame]`; none means that
/// nothing acts there. NaN for the first and last two frames and around missing positions.
/// Differentiation amplifies noise, so pass filtered positions.
///
/// # Errors
/// [`DynamicsError::Lengths`]; [`DynamicsError::Clock`] if a step differs from the mean by more
/// than a hundredth.
///
/// ```
/// use agoge_kinematics::dynamics::{SegmentInertia, joint_moments};
/// // A still, horizontal segment of 2 kg with its centre of mass 0.2 m from the joint: the joint
/// // carries it with m · g and holds it with m · g · 0.2 m.
/// let time: Vec<f64> = (0..9).map(|i| 0.01 * f64::from(i)).collect();
/// let joints = [vec![[0.0; 3]; 9], vec![[0.4, 0.0, 0.0]; 9]];
/// let segment = SegmentInertia { mass_kg: 2.0, centre: 0.5, gyration: 0.3 };
/// let load = joint_moments(&time, &joints, &[segment], None)?[0][4];
/// assert!((load.force[1] - 2.0 * 9.80665).abs() < 1e-6);
/// assert!((load.moment[2] - 2.0 * 9.80665 * 0.2).abs() < 1e-6);
/// # Ok::<(), agoge_kinematics::dynamics::DynamicsError>(())
/// ```
pub fn joint_moments(
    time: &[f64],
    joints: &[Vec<Vector3>],
    segments: &[SegmentInertia],
    outer: Option<&[ExternalLoad]>,
) -> Result<Vec<Vec<JointLoad>>, DynamicsError> {
    let frames = time.len();
    if joints.len() != segments.len() + 1 || joints.iter().any(|joint| joint.len() != frames) {
        return Err(DynamicsError::Lengths("joints and segments"));
    }
    if outer.is_some_and(|outer| outer.len() != frames) {
        return Err(DynamicsError::Lengths("outer forces and times"));
    }
    if frames < 2 {
        return Ok(vec![vec![JointLoad { force: NAN, moment: NAN }; frames]; segments.len()]);
    }
    let step = (time[frames - 1] - time[0]) / (frames - 1) as f64;
    let is_uneven = |pair: &[f64]| {
        let off = (pair[1] - pair[0] - step).abs();
        off.is_nan() || off > 0.01 * step
    };
    if let Some(index) = time.windows(2).position(is_uneven) {
        return Err(DynamicsError::Clock(index + 1));
    }
    let mut nets = vec![Vec::with_capacity(frames); segments.len()];
    for frame in 0..frames {
        // The load of the more distal segment on this one; for the last segment, the external load.
        let free = ExternalLoad {
            force: [0.0; 3],
            point: joints[segments.len()][frame],
            moment: [0.0; 3],
        };
        let mut below = outer.map_or(free, |outer| outer[frame]);
        for (index, segment) in segments.iter().enumerate().rev() {
            let ends = (joints[index].as_slice(), joints[index + 1].as_slice());
            let net = segment_load(ends, frame, step, segment, &below);
            nets[index].push(net);
            below = ExternalLoad {
                force: scale(net.force, -1.0),
                point: ends.0[frame],
                moment: scale(net.moment, -1.0),
            };
        }
    }
    Ok(nets)
}

/// The net load at the proximal joint of one segment in one frame.
fn segment_load(
    (near, far): (&[Vector3], &[Vector3]),
    frame: usize,
    step: f64,
    segment: &SegmentInertia,
    below: &ExternalLoad,
) -> JointLoad {
    let centre = |f: usize| add(near[f], scale(sub(far[f], near[f]), segment.centre));
    let axis = |f: usize| {
        let along = sub(far[f], near[f]);
        scale(along, 1.0 / norm(along))
    };
    let (now, length) = (centre(frame.min(near.len() - 1)), norm(sub(far[frame], near[frame])));
    let force = sub(
        scale(sub(second_derivative(centre, frame, near.len(), step), GRAVITY), segment.mass_kg),
        below.force,
    );
    // A thin body that does not rotate about its long axis has the angular momentum I·(u × u̇),
    // whose rate of change is I·(u × ü).
    let inertia = segment.mass_kg * (segment.gyration * length).powi(2);
    let change =
        scale(cross(axis(frame), second_derivative(axis, frame, near.len(), step)), inertia);
    let distal_moment = add(below.moment, cross(sub(below.point, now), below.force));
    let moment = sub(sub(change, distal_moment), cross(sub(near[frame], now), force));
    JointLoad { force, moment }
}

/// The second derivative by the five-point rule, whose error is of fourth order in the step; NaN
/// near the ends.
pub(super) fn second_derivative(
    point_at: impl Fn(usize) -> Vector3,
    frame: usize,
    frames: usize,
    step: f64,
) -> Vector3 {
    if frame < STENCIL_HALF_WIDTH || frame + STENCIL_HALF_WIDTH >= frames {
        return NAN;
    }
    let weights = [-1.0, 16.0, -30.0, 16.0, -1.0];
    let sum = weights.iter().enumerate().fold([0.0; 3], |sum, (k, weight)| {
        add(sum, scale(point_at(frame + k - STENCIL_HALF_WIDTH), *weight))
    });
    scale(sum, 1.0 / (12.0 * step * step))
}
