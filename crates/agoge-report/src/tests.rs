use super::*;
use agoge_analysis::*;
use agoge_kinematics::{CameraView, Curves, Event, Metric, Unit};
use agoge_motion::{Part, Recording, RecordingSource, Skeleton, Space};

/// An analysis of nothing, with a malicious name.
fn empty_analysis() -> Analysis {
    Analysis {
        schema: ANALYSIS_SCHEMA.to_owned(),
        version: "0".to_owned(),
        provenance: None,
        input: InputSummary {
            source: RecordingSource {
                skeleton: None,
                name: "</script><b>x,\"y\"".to_owned(),
                ..RecordingSource::default()
            },
            skeleton: "COCO-17".to_owned(),
            space: Space::World,
            view: CameraView::Spatial,
            view_certainty: Some(1.0),
            frames: 1,
            rate_hz: f64::NAN,
            duration_s: 0.0,
            height_m: None,
            invented: vec![],
        },
        quality: DataQuality {
            verdict: DataVerdict::Poor,
            reasons: vec!["Only 1 frame.".to_owned()],
            seen: 0.0,
            joints: vec![],
            bad_frames: vec![],
            exchanged_frames: vec![],
            doubtful_frames: vec![],
        },
        repairs: vec![],
        movement: MovementChoice {
            name: "squat".to_owned(),
            title: "Squat".to_owned(),
            how: agoge_analysis::MovementOrigin::Given,
            certainty: 1.0,
            others: vec![],
        },
        repetitions: vec![],
        metrics: vec![],
        score: None,
        model: None,
        findings: vec![],
        explanation: None,
        bands: vec![],
        jumps: vec![],
        landing: None,
        resemblance: None,
        moments: None,
        gait: None,
        refused: vec![],
    }
}

fn one_repetition() -> Analysis {
    let mut analysis = empty_analysis();
    analysis.repetitions.push(RepetitionReport {
        number: 1,
        side: None,
        complete: true,
        unlike: vec![],
        frames: [10, 30],
        start_s: 1.0,
        end_s: 3.0,
        phases: vec![],
        events: vec![Event { name: "deepest".to_owned(), frame: 20 }],
        metrics: vec![
            Metric {
                name: "depth".to_owned(),
                side: None,
                phase: None,
                value: 95.25,
                unit: Unit::Degree,
            },
            Metric {
                name: "heel_rise".to_owned(),
                side: Some(agoge_motion::Side::Left),
                phase: None,
                value: f64::NAN,
                unit: Unit::Metre,
            },
        ],
        score: Some(Score { value: 80.0, low: 70.0, high: 90.0, method: "limits".to_owned() }),
        qa_pose: true,
        qa_biomech: true,
    });
    analysis
}

fn scene_of_nothing() -> (Recording, Curves) {
    let n = Part::COUNT;
    let body = Recording::new(
        RecordingSource::default(),
        Skeleton::body(),
        Space::World,
        vec![0.0],
        vec![[f64::NAN; 3]; n],
        vec![0.0; n],
    )
    .unwrap();
    (body, Curves { time: vec![0.0], ..Curves::default() })
}

#[test]
fn hostile_names_stay_text() {
    let (body, curves) = scene_of_nothing();
    let page =
        report_html(&empty_analysis(), &Scene { figure: &body, curves: &curves, stills: &[] });
    assert!(!page.contains("<b>x"));
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("http://") && !page.contains("https://"));
    assert_eq!(
        page,
        report_html(&empty_analysis(), &Scene { figure: &body, curves: &curves, stills: &[] })
    );
}

#[test]
fn nothing_found_is_said_in_words() {
    let text = analysis_terminal(&empty_analysis(), false, 80);
    assert!(
        text.contains("0 complete repetitions.")
            && text.contains("the data are poor")
            && !text.contains('\x1b')
    );
}

#[test]
fn missing_values_go_to_json_and_back() {
    let analysis = one_repetition();
    let text = analysis_json(&analysis);
    let back: Analysis = serde_json::from_str(&text).unwrap();
    assert!(back.repetitions[0].metrics[1].value.is_nan() && back.input.rate_hz.is_nan());
    assert_eq!(analysis_json(&back), text);
}

#[test]
fn a_row_for_each_repetition() {
    let csv = repetitions_csv(&one_repetition());
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "file,repetition,side,complete,start_frame,end_frame,start_s,end_s,deepest_frame,deepest_s,squat_depth_deg,squat_heel_rise_left_m,score,score_low,score_high,qa_pose,qa_biomech"
    );
    assert_eq!(
        lines[1],
        "\"</script><b>x,\"\"y\"\"\",1,,true,10,30,1.0000,3.0000,20,2.0000,95.2500,,80.0000,70.0000,90.0000,true,true"
    );
}
