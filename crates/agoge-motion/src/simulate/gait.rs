//! Simulated walking and running, whose contacts and toe-offs are known exactly.

use super::body::{ANKLE_HEIGHT, FOOT, HALF_HIPS, HALF_SHOULDERS, SHANK, THIGH, record_parts};
use super::script::minimum_jerk;
use crate::vector::{add, norm, scale, sub};
use crate::{Part, Recording, Side};

/// Where a simulated athlete walks or runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimulatedGround {
    /// Along the floor.
    Floor,
    /// On a belt that moves backwards as fast as the athlete moves forward.
    Belt,
    /// On the spot: the feet are lifted and put down where they were.
    Spot,
}

/// Walking or running to simulate. A duty factor above 0.5 walks, below it there is flight.
///
/// ```
/// use agoge_motion::simulate::SimulatedGait;
/// let run = SimulatedGait::running();
/// let (recording, times) = run.simulate();
/// assert!(recording.source.simulated);
/// let contact_s = times.toe_offs[0][0] - times.contacts[0][0];
/// assert!((contact_s - run.duty_factor * 120.0 / run.cadence_min).abs() < 1e-9);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedGait {
    /// Where it takes place.
    pub ground: SimulatedGround,
    /// Speed, m/s; without meaning on the spot.
    pub speed_m_s: f64,
    /// Steps of both feet a minute.
    pub cadence_min: f64,
    /// Share of the stride for which a foot is on the ground, 0 to 1.
    pub duty_factor: f64,
    /// Vertical oscillation of the pelvis, m, from lowest to highest.
    pub bounce_m: f64,
    /// How high the toes are lifted in swing, m.
    pub lift_m: f64,
    /// Distance between the lines on which the feet land, m.
    pub step_width_m: f64,
    /// By which share of the mean step time the step onto the right foot is longer and that onto
    /// the left foot is shorter.
    pub right_later: f64,
    /// Number of strides of the left foot.
    pub strides: usize,
    /// The athlete's height, m.
    pub height_m: f64,
    /// The direction the athlete faces: degrees about the vertical from +X towards −Z.
    pub facing_deg: f64,
    /// Frame rate, Hz.
    pub rate_hz: f64,
}

/// The times at which the feet of a simulated athlete meet and leave the ground, s from the start
/// of the recording, `[left, right]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GaitTimes {
    /// Contacts in order of time.
    pub contacts: [Vec<f64>; 2],
    /// Toe-offs in order of time; each follows the contact of the same index.
    pub toe_offs: [Vec<f64>; 2],
}

/// Upward tilt of the foot at the contact in walking, degrees.
const CONTACT_TILT_DEG: f64 = 15.0;
/// Downward tilt of the foot at toe-off, degrees.
const TOE_OFF_TILT_DEG: f64 = 55.0;
/// Share of the stance after which the foot is flat, and after which the heel rises.
const FLAT_SHARE: f64 = 0.15;
const HEEL_OFF_SHARE: f64 = 0.6;
/// How much slower than its mean the foot is at the ends of the swing, as a share of the mean: in
/// walking it then leaves and meets the ground about as fast as the pelvis moves, as people do, for
/// whom events by the furthest positions have no bias.
const SWING_SLOWING: f64 = 0.5;

/// A foot in the sagittal plane: where its toe is, and its tilt (toes down positive), degrees.
#[derive(Clone, Copy)]
struct FootState {
    toe: [f64; 2],
    tilt_deg: f64,
}

impl SimulatedGait {
    /// Ten strides of comfortable walking along the floor, at 100 frames a second.
    pub fn walking() -> SimulatedGait {
        SimulatedGait {
            ground: SimulatedGround::Floor,
            speed_m_s: 1.35,
            cadence_min: 112.0,
            duty_factor: 0.62,
            bounce_m: 0.04,
            lift_m: 0.03,
            step_width_m: 0.1,
            right_later: 0.0,
            strides: 10,
            height_m: 1.75,
            facing_deg: 0.0,
            rate_hz: 100.0,
        }
    }

    /// Ten strides of easy running along the floor, at 100 frames a second.
    pub fn running() -> SimulatedGait {
        SimulatedGait {
            speed_m_s: 2.9,
            cadence_min: 166.0,
            duty_factor: 0.37,
            bounce_m: 0.08,
            lift_m: 0.12,
            step_width_m: 0.05,
            ..SimulatedGait::walking()
        }
    }

    /// Simulates the gait; also returns when the feet meet and leave the ground. Deterministic.
    pub fn simulate(&self) -> (Recording, GaitTimes) {
        let stride_s = 120.0 / self.cadence_min;
        let stance_s = self.duty_factor * stride_s;
        let first_s = |side: Side| match side {
            Side::Left => 0.2,
            Side::Right => 0.2 + 0.5 * stride_s * (1.0 + self.right_later),
        };
        let length_s = 0.2 + self.strides as f64 * stride_s + 0.1;
        let mut times = GaitTimes::default();
        for (index, side) in Side::BOTH.into_iter().enumerate() {
            for stride in 0..=self.strides {
                let contact_s = first_s(side) + stride as f64 * stride_s;
                if contact_s < length_s {
                    times.contacts[index].push(contact_s);
                }
                if contact_s + stance_s < length_s {
                    times.toe_offs[index].push(contact_s + stance_s);
                }
            }
        }
        let frames = (length_s * self.rate_hz) as usize;
        let parts = (0..frames).map(|frame| {
            let time_s = frame as f64 / self.rate_hz;
            self.body_at(time_s, [first_s(Side::Left), first_s(Side::Right)])
        });
        let recording =
            record_parts("simulated gait".to_owned(), parts, self.facing_deg, self.rate_hz);
        (recording, times)
    }

    /// The speed over the ground, m/s.
    fn ground_speed(&self) -> f64 {
        if self.ground == SimulatedGround::Spot { 0.0 } else { self.speed_m_s }
    }

    /// The body at a time; `first_s` are the first contacts of both feet.
    fn body_at(&self, time_s: f64, first_s: [f64; 2]) -> [Option<[f64; 3]>; Part::COUNT] {
        let h = |share: f64| share * self.height_m;
        let step_s = 60.0 / self.cadence_min;
        let stance_s = 2.0 * step_s * self.duty_factor;
        // Lowest in the middle of double support when walking, in the middle of stance when
        // running.
        let lowest_s =
            if self.duty_factor > 0.5 { 0.5 * (stance_s - step_s) } else { 0.5 * stance_s };
        let phase = std::f64::consts::TAU * (time_s - first_s[0] - lowest_s) / step_s;
        let pelvis = [
            self.ground_speed() * time_s,
            h(0.94 * (THIGH + SHANK) + ANKLE_HEIGHT) - 0.5 * self.bounce_m * phase.cos(),
            0.0,
        ];
        let mut at: [Option<[f64; 3]>; Part::COUNT] = [None; Part::COUNT];
        let mut set = |part: Part, p: [f64; 3]| at[part.index()] = Some(p);
        set(Part::Pelvis, pelvis);
        let neck = add(pelvis, [h(0.01), h(0.288), 0.0]);
        set(Part::Neck, neck);
        set(Part::Head, add(neck, [0.0, h(0.13), 0.0]));
        set(Part::Nose, add(neck, [h(0.06), h(0.08), 0.0]));
        for (index, side) in Side::BOTH.into_iter().enumerate() {
            let right = if side == Side::Right { 1.0 } else { -1.0 };
            let on = |part: Part| part.on_side(side);
            let foot = self.foot_at(time_s, first_s[index]);
            let lateral = 0.5 * right * self.step_width_m;
            let (sin, cos) = foot.tilt_deg.to_radians().sin_cos();
            // A point of the foot at a distance behind the toe along the sole and above the sole.
            let place = |behind: f64, above: f64| {
                [
                    foot.toe[0] - behind * cos + above * sin,
                    foot.toe[1] + behind * sin + above * cos,
                    lateral,
                ]
            };
            let ankle = place(h(0.75 * FOOT), h(ANKLE_HEIGHT));
            let hip = add(pelvis, [0.0, 0.0, right * h(HALF_HIPS)]);
            set(on(Part::LeftBigToe), place(0.0, 0.0));
            set(on(Part::LeftSmallToe), add(place(h(0.1 * FOOT), 0.0), [0.0, 0.0, right * 0.04]));
            set(on(Part::LeftHeel), place(h(FOOT), 0.0));
            set(on(Part::LeftAnkle), ankle);
            set(on(Part::LeftHip), hip);
            set(on(Part::LeftKnee), bend_knee(hip, ankle, h(THIGH), h(SHANK)));
            let shoulder = add(neck, [0.0, 0.0, right * h(HALF_SHOULDERS)]);
            let swing = -0.35 * right * (0.5 * phase).sin();
            let elbow = add(shoulder, scale([swing.sin(), -swing.cos(), 0.0], h(0.186)));
            set(on(Part::LeftShoulder), shoulder);
            set(on(Part::LeftElbow), elbow);
            set(on(Part::LeftWrist), add(elbow, [h(0.08), h(-0.12), 0.0]));
        }
        if self.ground == SimulatedGround::Belt {
            let gone = self.speed_m_s * time_s;
            at.iter_mut().flatten().for_each(|p| p[0] -= gone);
        }
        at
    }

    /// A foot at a time; `first_s` is its first contact.
    fn foot_at(&self, time_s: f64, first_s: f64) -> FootState {
        let stride_s = 120.0 / self.cadence_min;
        let stance_s = self.duty_factor * stride_s;
        let stride = ((time_s - first_s) / stride_s).floor();
        let since_s = time_s - first_s - stride * stride_s;
        let foot = FOOT * self.height_m;
        let is_heel_first = self.duty_factor > 0.5 && self.ground != SimulatedGround::Spot;
        let contact_tilt = if is_heel_first { -CONTACT_TILT_DEG } else { 0.0 };
        let toe_off_tilt = match self.ground {
            SimulatedGround::Spot => 0.4 * TOE_OFF_TILT_DEG,
            _ => TOE_OFF_TILT_DEG,
        };
        // Where the toe stands in a stance: the middle of the foot passes below the pelvis in its
        // middle.
        let stood = |stride: f64| {
            self.ground_speed() * (first_s + stride * stride_s + 0.5 * stance_s) + 0.6 * foot
        };
        let heel_pivot = |toe: f64, tilt_deg: f64| {
            // The heel stays on the ground while the toes are up.
            let (sin, cos) = (-tilt_deg).to_radians().sin_cos();
            FootState { toe: [toe - foot + foot * cos, foot * sin], tilt_deg }
        };
        if since_s <= stance_s {
            let share = since_s / stance_s;
            let toe = stood(stride);
            if share < FLAT_SHARE {
                return heel_pivot(toe, contact_tilt * (1.0 - share / FLAT_SHARE));
            }
            let risen = ((share - HEEL_OFF_SHARE) / (1.0 - HEEL_OFF_SHARE)).max(0.0);
            return FootState { toe: [toe, 0.0], tilt_deg: toe_off_tilt * risen * risen };
        }
        let share = (since_s - stance_s) / (stride_s - stance_s);
        let turn = std::f64::consts::TAU;
        let gone = share - SWING_SLOWING * (turn * share).sin() / turn;
        let (from, to) = (stood(stride), heel_pivot(stood(stride + 1.0), contact_tilt));
        let lift = self.lift_m * (std::f64::consts::PI * share).sin();
        FootState {
            toe: [from + (to.toe[0] - from) * gone, to.toe[1] * gone.max(0.0) + lift],
            tilt_deg: toe_off_tilt + (contact_tilt - toe_off_tilt) * minimum_jerk(share),
        }
    }
}

/// The knee between a hip and an ankle, bent forward; on the straight line if the leg is too short.
fn bend_knee(hip: [f64; 3], ankle: [f64; 3], thigh: f64, shank: f64) -> [f64; 3] {
    let line = sub(ankle, hip);
    let distance = norm(line);
    let along = (thigh * thigh - shank * shank + distance * distance) / (2.0 * distance);
    let aside = (thigh * thigh - along * along).max(0.0).sqrt();
    let unit = scale(line, 1.0 / distance);
    // Perpendicular to the leg in the sagittal plane, forward.
    let forward = [-unit[1], unit[0], 0.0];
    add(hip, add(scale(unit, along), scale(forward, aside / norm(forward).max(1e-9))))
}
