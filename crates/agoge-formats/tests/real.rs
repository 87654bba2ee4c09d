//! The readers against real files, through `AGOGE_TEST_DATA`.

mod common;

use agoge_formats::{Error, Format, ReadOptions, probe, read, read_table};
use agoge_motion::{Part, Recording, Space, UpAxis};
use common::data;

fn open(name: &str) -> Option<Recording> {
    let path = data(name)?;
    Some(read(&path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}")))
}

/// Mean height of a joint, Y.
fn height(recording: &Recording, joint: usize) -> f64 {
    let (sum, n) = recording.track(joint).filter(|p| p[0].is_finite()).fold((0.0, 0.0), |(s, n), p| (s + p[1], n + 1.0));
    sum / n
}

#[test]
fn look() {
    for name in ["mocap/markers.trc","mocap/markers.csv","mocap/markers_analogs.c3d","mocap/sprintbasket.c3d","mocap/sample_propulsion.c3d","mocap/walkingOptiTrack.c3d",
    "keraal/G3-AP-CTK-P1T1-Unknown-C-0.json","keraal/G3-BP-CTK-P1T1-Unknown-C-0.json","keraal/G3-OP-CTK-P1T1-Unknown-C-0.json","keraal/G3-Kinect-CTK-P1T1-Unknown-C-0.txt","keraal/G3-Vicon-CTK-P1T1-Unknown-C-0.txt"] {
        let Some(r) = open(name) else { return };
        println!("{name} {:?} {}x{} rate {} {:?} up {:?} channels {} notes {:#?}", probe(&data(name).unwrap()).unwrap(), r.frames(), r.joints(), r.rate_hz(), r.space, r.source.up_axis, r.channels.len(), r.source.notes);
        for j in 0..r.joints().min(60) { print!("{}={:?}:{:.2} ", r.skeleton.joints[j].name, r.skeleton.joints[j].part, height(&r,j)); }
        println!();
    }
}
