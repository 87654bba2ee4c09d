use super::*;
use agoge_motion::vector::{norm, sub};

const G: f64 = 9.80665;

/// A double pendulum: a thigh of 0.42 m and a shank of 0.40 m hanging from a fixed hip, driven by
/// known torques.
struct Pendulum {
    segments: [SegmentInertia; 2],
    lengths: [f64; 2],
}

impl Pendulum {
    fn leg() -> Pendulum {
        let segments = [Limb::Thigh, Limb::Shank].map(|limb| body_segment(limb, Sex::Male, 75.0));
        Pendulum { segments, lengths: [0.42, 0.40] }
    }

    /// The torques at hip and knee at a time, N·m.
    fn torques(t: f64) -> [f64; 2] {
        [12.0 * (5.0 * t).sin(), 3.0 * (7.0 * t + 0.5).cos()]
    }

    /// Accelerations of the segments' angles from vertical (Lagrange's equations of the double
    /// pendulum).
    fn accelerations(&self, angles: [f64; 2], speeds: [f64; 2], torques: [f64; 2]) -> [f64; 2] {
        let [a, b] = self.segments;
        let inertia = |s: SegmentInertia, l: f64| s.mass_kg * (s.gyration * l).powi(2);
        let (c1, c2, l1) =
            (a.centre * self.lengths[0], b.centre * self.lengths[1], self.lengths[0]);
        let m11 = inertia(a, self.lengths[0]) + a.mass_kg * c1 * c1 + b.mass_kg * l1 * l1;
        let m22 = inertia(b, self.lengths[1]) + b.mass_kg * c2 * c2;
        let coupling = b.mass_kg * l1 * c2;
        let (cos, sin) = ((angles[0] - angles[1]).cos(), (angles[0] - angles[1]).sin());
        let m12 = coupling * cos;
        let r1 = torques[0]
            - torques[1]
            - coupling * sin * speeds[1].powi(2)
            - (a.mass_kg * c1 + b.mass_kg * l1) * G * angles[0].sin();
        let r2 =
            torques[1] + coupling * sin * speeds[0].powi(2) - b.mass_kg * c2 * G * angles[1].sin();
        let determinant = m11 * m22 - m12 * m12;
        [(m22 * r1 - m12 * r2) / determinant, (m11 * r2 - m12 * r1) / determinant]
    }

    /// Simulates the angles at `rate` frames per second, by the fourth-order Runge–Kutta method
    /// with steps of 0.1 ms.
    fn swing(&self, frames: usize, rate: f64) -> Vec<[f64; 2]> {
        let (mut q, mut w, mut t) = ([0.4, 0.1], [0.0, 0.0], 0.0);
        let steps = (10_000.0 / rate).round() as usize;
        let h = 1.0 / rate / steps as f64;
        let plus = |a: [f64; 2], b: [f64; 2], s: f64| [a[0] + b[0] * s, a[1] + b[1] * s];
        let mut angles = Vec::new();
        for _ in 0..frames {
            angles.push(q);
            for _ in 0..steps {
                let f = |q, w, t: f64| self.accelerations(q, w, Pendulum::torques(t));
                let k1 = (w, f(q, w, t));
                let k2 = (
                    plus(w, k1.1, h / 2.0),
                    f(plus(q, k1.0, h / 2.0), plus(w, k1.1, h / 2.0), t + h / 2.0),
                );
                let k3 = (
                    plus(w, k2.1, h / 2.0),
                    f(plus(q, k2.0, h / 2.0), plus(w, k2.1, h / 2.0), t + h / 2.0),
                );
                let k4 = (plus(w, k3.1, h), f(plus(q, k3.0, h), plus(w, k3.1, h), t + h));
                let mean = |k: [[f64; 2]; 4], i: usize| {
                    (k[0][i] + 2.0 * k[1][i] + 2.0 * k[2][i] + k[3][i]) / 6.0
                };
                let (dq, dw) = ([k1.0, k2.0, k3.0, k4.0], [k1.1, k2.1, k3.1, k4.1]);
                q = plus(q, [mean(dq, 0), mean(dq, 1)], h);
                w = plus(w, [mean(dw, 0), mean(dw, 1)], h);
                t += h;
            }
        }
        angles
    }

    fn joints(&self, angles: &[[f64; 2]]) -> Vec<Vec<[f64; 3]>> {
        let end = |from: [f64; 3], length: f64, angle: f64| {
            [from[0] + length * angle.sin(), from[1] - length * angle.cos(), from[2]]
        };
        let hip = vec![[0.0, 1.0, 0.0]; angles.len()];
        let knee: Vec<[f64; 3]> =
            angles.iter().zip(&hip).map(|(q, hip)| end(*hip, self.lengths[0], q[0])).collect();
        let ankle =
            angles.iter().zip(&knee).map(|(q, knee)| end(*knee, self.lengths[1], q[1])).collect();
        vec![hip, knee, ankle]
    }
}

/// Moments computed from positions alone are within 1 % of the largest torque driving the pendulum,
/// which rotates at up to 20 rad/s. At 55 rad/s, 200 frames per second would no longer suffice:
/// differences over four frames would span more than half a radian.
#[test]
fn the_torques_of_a_simulated_pendulum_are_found() {
    let (leg, rate, frames) = (Pendulum::leg(), 200.0, 400);
    let time: Vec<f64> = (0..frames).map(|f| f as f64 / rate).collect();
    let joints = leg.joints(&leg.swing(frames, rate));
    let loads = joint_moments(&time, &joints, &leg.segments, None).unwrap();
    let mut worst = [0.0f64; 2];
    for (frame, known) in
        time.iter().map(|t| Pendulum::torques(*t)).enumerate().take(frames - 2).skip(2)
    {
        for ((worst, known), net) in worst.iter_mut().zip(known).zip(&loads) {
            let moment = net[frame].moment;
            *worst = worst.max((moment[2] - known).abs());
            assert!(moment[0].abs() + moment[1].abs() < 1e-9);
        }
    }
    println!("largest errors {worst:?} N·m of 12 and 3");
    assert!(worst[0] < 0.01 * 12.0 && worst[1] < 0.01 * 3.0, "{worst:?}");
}

/// A leg standing still on the ground, which carries the body above: the moments at knee and hip
/// balance those of the ground force and the segments' weights, computed by hand.
#[test]
fn a_still_leg_holds_the_weights_beside_it() {
    let segments = [
        SegmentInertia { mass_kg: 8.0, centre: 0.5, gyration: 0.3 },
        SegmentInertia { mass_kg: 3.0, centre: 0.5, gyration: 0.3 },
    ];
    let still = |p: [f64; 3]| vec![p; 5];
    let joints = vec![still([0.0, 0.9, 0.0]), still([0.1, 0.5, 0.0]), still([0.0, 0.1, 0.0])];
    let ground =
        vec![
            ExternalLoad { force: [0.0, 700.0, 0.0], point: [0.05, 0.0, 0.0], moment: [0.0; 3] };
            5
        ];
    let time = [0.0, 0.01, 0.02, 0.03, 0.04];
    let loads = joint_moments(&time, &joints, &segments, Some(&ground)).unwrap();
    let knee = loads[1][2];
    assert!((knee.force[1] - (3.0 * G - 700.0)).abs() < 1e-9);
    // About the knee: the ground force acts 0.05 m behind it, and so does the shank's weight.
    assert!((knee.moment[2] - (0.05 * 700.0 - 0.05 * 3.0 * G)).abs() < 1e-9, "{knee:?}");
    let hip = loads[0][2];
    let expected = -0.05 * 700.0 + 0.05 * 8.0 * G + 0.05 * 3.0 * G;
    assert!((hip.moment[2] - expected).abs() < 1e-9, "{hip:?} {expected}");
    assert!(norm(sub(loads[0][0].moment, loads[0][0].moment)).is_nan());
}

#[test]
fn uneven_clocks_and_wrong_lengths_are_refused() {
    let segments = [SegmentInertia { mass_kg: 1.0, centre: 0.5, gyration: 0.3 }];
    let joints = vec![vec![[0.0, 1.0, 0.0]; 4], vec![[0.0, 0.5, 0.0]; 4]];
    assert_eq!(
        joint_moments(&[0.0, 0.1, 0.2, 0.9], &joints, &segments, None),
        Err(DynamicsError::Clock(1))
    );
    assert!(matches!(
        joint_moments(&[0.0, 0.1], &joints, &segments, None),
        Err(DynamicsError::Lengths(_))
    ));
    assert!(matches!(
        joint_moments(&[0.0, 0.1, 0.2, 0.3], &joints, &[], None),
        Err(DynamicsError::Lengths(_))
    ));
}

/// By hand from the table of de Leva (1996): a man's leg is 14.16 + 4.33 + 1.37 % of body mass, a
/// woman's arm 2.55 + 1.38 + 0.56 %.
#[test]
fn the_limbs_weigh_what_the_table_says() {
    let mass = |limbs: [Limb; 3], sex| {
        limbs.iter().map(|limb| body_segment(*limb, sex, 100.0).mass_kg).sum::<f64>()
    };
    assert!((mass([Limb::Thigh, Limb::Shank, Limb::Foot], Sex::Male) - 19.86).abs() < 1e-9);
    assert!((mass([Limb::UpperArm, Limb::Forearm, Limb::Hand], Sex::Female) - 4.49).abs() < 1e-9);
}
