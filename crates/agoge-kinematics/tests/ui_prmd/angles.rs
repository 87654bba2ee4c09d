//! The few curves that the ten definitions are driven by, in plain geometry: segmentation is tested by itself here.

use agoge_kinematics::{Curve, Curves, Unit};
use agoge_motion::{Part, Recording, Side};

type Vector = [f64; 3];

fn minus(a: Vector, b: Vector) -> Vector {
    std::array::from_fn(|k| a[k] - b[k])
}

fn middle(a: Vector, b: Vector) -> Vector {
    std::array::from_fn(|k| 0.5 * (a[k] + b[k]))
}

fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn unit(a: Vector) -> Vector {
    let length = dot(a, a).sqrt();
    a.map(|v| v / length)
}

/// Angle between two directions, degrees.
fn between(a: Vector, b: Vector) -> f64 {
    dot(unit(a), unit(b)).clamp(-1.0, 1.0).acos().to_degrees()
}

/// One frame seen from one side of the body.
struct Frame<'a> {
    recording: &'a Recording,
    frame: usize,
    side: Side,
}

impl Frame<'_> {
    fn at(&self, part: Part) -> Vector {
        self.recording.at(self.frame, part.on(self.side).index())
    }

    fn bone(&self, from: Part, to: Part) -> Vector {
        minus(self.at(to), self.at(from))
    }

    fn across(&self, left: Part) -> (Vector, Vector) {
        let at = |part: Part| self.recording.at(self.frame, part.index());
        (at(left), at(left.mirror()))
    }

    fn shoulders(&self) -> Vector {
        let (left, right) = self.across(Part::LeftShoulder);
        middle(left, right)
    }

    fn trunk(&self) -> Vector {
        let (left, right) = self.across(Part::LeftHip);
        unit(minus(self.shoulders(), middle(left, right)))
    }

    fn forward(&self) -> Vector {
        let (left, right) = self.across(Part::LeftShoulder);
        unit(cross(minus(left, right), self.trunk()))
    }

    fn knee_flexion(&self) -> f64 {
        between(self.bone(Part::LeftHip, Part::LeftKnee), self.bone(Part::LeftKnee, Part::LeftAnkle))
    }

    fn hip_flexion(&self) -> f64 {
        between(self.bone(Part::LeftHip, Part::LeftKnee), self.trunk().map(|v| -v))
    }

    fn thigh_angle(&self) -> f64 {
        let thigh = self.bone(Part::LeftHip, Part::LeftKnee);
        dot(thigh, self.forward()).atan2(-thigh[1]).to_degrees()
    }

    fn shoulder_elevation(&self) -> f64 {
        between(self.bone(Part::LeftShoulder, Part::LeftElbow), self.trunk().map(|v| -v))
    }

    fn shoulder_flexion(&self) -> f64 {
        let arm = self.bone(Part::LeftShoulder, Part::LeftElbow);
        dot(arm, self.forward()).atan2(-dot(arm, self.trunk())).to_degrees()
    }

    fn wrist_forward(&self) -> f64 {
        dot(minus(self.at(Part::LeftWrist), self.shoulders()), self.forward())
    }
}

pub(crate) fn measure(recording: &Recording) -> Curves {
    let mut curves = Vec::new();
    for side in Side::BOTH {
        let mut add = |name: &str, unit: Unit, value: fn(&Frame<'_>) -> f64| {
            let values = (0..recording.frames()).map(|frame| value(&Frame { recording, frame, side })).collect();
            curves.push(Curve { name: name.into(), side: Some(side), unit, values });
        };
        add("knee_flexion", Unit::Degree, |f| f.knee_flexion());
        add("hip_flexion", Unit::Degree, |f| f.hip_flexion());
        add("thigh_angle", Unit::Degree, |f| f.thigh_angle());
        add("shoulder_elevation", Unit::Degree, |f| f.shoulder_elevation());
        add("shoulder_flexion", Unit::Degree, |f| f.shoulder_flexion());
        add("wrist_forward", Unit::Metre, |f| f.wrist_forward());
        add("wrist_height", Unit::Metre, |f| f.at(Part::LeftWrist)[1] - f.at(Part::LeftShoulder)[1]);
        add("ankle_height", Unit::Metre, |f| f.at(Part::LeftAnkle)[1]);
    }
    let height = |frame: usize| recording.at(frame, Part::Pelvis.index())[1];
    let values = (0..recording.frames()).map(height).collect();
    curves.push(Curve { name: "pelvis_height".into(), side: None, unit: Unit::Metre, values });
    Curves { time: recording.time.clone(), curves, refused: Vec::new() }
}
