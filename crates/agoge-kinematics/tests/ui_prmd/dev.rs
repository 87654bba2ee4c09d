use agoge_kinematics::{Curve, Curves, Unit};
use agoge_motion::{Part, Recording, Side};
type V = [f64; 3];
fn sub(a: V, b: V) -> V {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}
fn dot(a: V, b: V) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
fn cross(a: V, b: V) -> V {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
fn unit(a: V) -> V {
    let n = dot(a, a).sqrt().max(1e-9);
    [a[0] / n, a[1] / n, a[2] / n]
}
fn mid(a: V, b: V) -> V {
    [(a[0] + b[0]) / 2., (a[1] + b[1]) / 2., (a[2] + b[2]) / 2.]
}
fn ang(a: V, b: V) -> f64 {
    dot(unit(a), unit(b)).clamp(-1., 1.).acos().to_degrees()
}
fn neg(a: V) -> V {
    [-a[0], -a[1], -a[2]]
}
pub fn measure(r: &Recording) -> Curves {
    let mut c: Vec<Curve> = vec![];
    let n = r.frames();
    let mut put = |name: &str, side: Option<Side>, u: Unit, f: &dyn Fn(usize) -> f64| {
        c.push(Curve { name: name.into(), side, unit: u, values: (0..n).map(f).collect() })
    };
    for s in Side::BOTH {
        let p = |f: usize, q: Part| r.at(f, q.on(s).index());
        let tr = |f: usize| {
            unit(sub(
                mid(r.at(f, Part::LeftShoulder.index()), r.at(f, Part::RightShoulder.index())),
                mid(r.at(f, Part::LeftHip.index()), r.at(f, Part::RightHip.index())),
            ))
        };
        let lat = |f: usize| unit(sub(r.at(f, Part::LeftShoulder.index()), r.at(f, Part::RightShoulder.index())));
        let o = |f: usize| {
            let l = lat(f);
            if s == Side::Left { l } else { neg(l) }
        };
        let fwd = |f: usize| {
            let l = lat(f);
            unit(cross(l, tr(f)))
        };
        let th = |f| sub(p(f, Part::LeftKnee), p(f, Part::LeftHip));
        let sh = |f| sub(p(f, Part::LeftAnkle), p(f, Part::LeftKnee));
        let ua = |f| sub(p(f, Part::LeftElbow), p(f, Part::LeftShoulder));
        let fa = |f| sub(p(f, Part::LeftWrist), p(f, Part::LeftElbow));
        put("knee_flexion", Some(s), Unit::Degree, &|f| ang(th(f), sh(f)));
        put("hip_flexion", Some(s), Unit::Degree, &|f| ang(th(f), neg(tr(f))));
        put("thigh_angle", Some(s), Unit::Degree, &|f| {
            let t = th(f);
            dot(t, fwd(f)).atan2(-t[1]).to_degrees()
        });
        put("shoulder_elevation", Some(s), Unit::Degree, &|f| ang(ua(f), neg(tr(f))));
        put("elbow_flexion", Some(s), Unit::Degree, &|f| ang(ua(f), fa(f)));
        put("shoulder_flexion", Some(s), Unit::Degree, &|f| {
            let u = ua(f);
            dot(u, fwd(f)).atan2(-dot(u, tr(f))).to_degrees()
        });
        put("shoulder_rotation", Some(s), Unit::Degree, &|f| {
            let u = unit(ua(f));
            let x = fa(f);
            let d = dot(x, u);
            let q = [x[0] - d * u[0], x[1] - d * u[1], x[2] - d * u[2]];
            dot(q, o(f)).atan2(dot(q, fwd(f))).to_degrees()
        });
        put("wrist_height", Some(s), Unit::Metre, &|f| p(f, Part::LeftWrist)[1] - p(f, Part::LeftShoulder)[1]);
        put("wrist_forward", Some(s), Unit::Metre, &|f| {
            dot(
                sub(
                    p(f, Part::LeftWrist),
                    mid(r.at(f, Part::LeftShoulder.index()), r.at(f, Part::RightShoulder.index())),
                ),
                fwd(f),
            )
        });
        put("ankle_height", Some(s), Unit::Metre, &|f| p(f, Part::LeftAnkle)[1]);
    }
    put("pelvis_height", None, Unit::Metre, &|f| r.at(f, Part::Pelvis.index())[1]);
    Curves { time: r.time.clone(), curves: c, refused: vec![] }
}
