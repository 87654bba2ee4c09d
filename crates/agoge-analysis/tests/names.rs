//! The values of closed sets are part of the schema: as `analysis.json` has always had them.

#![allow(clippy::unwrap_used, reason = "functions of tests fail by panicking")]

use agoge_analysis::{AspectKind, FindingEvidence, ItemScorer, MovementOrigin};
use agoge_kinematics::coordination::CouplingPattern;
use agoge_kinematics::dynamics::GroundForceSource;
use agoge_motion::condition::RepairKind;
use serde::{Serialize, de::DeserializeOwned};

/// Checks that every value is written as its name and read back.
fn assert_names<T: Copy + PartialEq + std::fmt::Debug + Serialize + DeserializeOwned>(
    named: &[(T, &str)],
) {
    for (value, name) in named {
        assert_eq!(serde_json::to_value(value).unwrap(), *name);
        assert_eq!(serde_json::from_value::<T>((*name).into()).unwrap(), *value);
    }
    assert!(serde_json::from_value::<T>("something else".into()).is_err());
}

#[test]
fn closed_sets_are_written_as_before() {
    assert_names(&[
        (MovementOrigin::Given, "given"),
        (MovementOrigin::Recognised, "recognised"),
        (MovementOrigin::Unknown, "unknown"),
    ]);
    assert_names(&[
        (FindingEvidence::Check, "check"),
        (FindingEvidence::Reference, "reference"),
        (FindingEvidence::Asymmetry, "asymmetry"),
        (FindingEvidence::Trend, "trend"),
    ]);
    assert_names(&[
        (ItemScorer::Measured, "measured"),
        (ItemScorer::Coach, "coach"),
        (ItemScorer::Unseen, "unseen"),
    ]);
    assert_names(&[
        (GroundForceSource::Plates, "force plates"),
        (GroundForceSource::Standing, "modelled"),
    ]);
    let repairs = [
        (RepairKind::LowConfidenceRemoved, "low confidence removed"),
        (RepairKind::SwapUndone, "left/right swap undone"),
        (RepairKind::OutlierRemoved, "outlier removed"),
        (RepairKind::GapFilled, "gap filled"),
        (RepairKind::Resampled, "resampled"),
        (RepairKind::Filtered, "filtered"),
        (RepairKind::NotFiltered, "not filtered"),
    ];
    assert_names(&repairs);
    assert!(repairs.iter().all(|(kind, name)| kind.to_string() == *name));
    let patterns = ["proximal", "in-phase", "distal", "anti-phase"];
    assert_eq!(CouplingPattern::ALL.map(CouplingPattern::name), patterns);
    assert_names(&CouplingPattern::ALL.map(|pattern| (pattern, pattern.name())));
    let aspects = ["range", "timing", "smoothness", "symmetry", "stability", "path"];
    assert_eq!(AspectKind::ALL.map(AspectKind::name), aspects);
    assert_names(&AspectKind::ALL.map(|aspect| (aspect, aspect.name())));
}
