//! Which crate may know which, and who may pull in what, as ARCHITECTURE.md states it.

#![allow(clippy::expect_used, clippy::panic, reason = "functions of tests fail by panicking")]

use std::collections::BTreeMap;
use std::process::Command;

/// For each crate, the crates it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("agoge-motion", &[]),
    ("agoge-engine", &[]),
    ("agoge-formats", &["agoge-motion"]),
    ("agoge-vision", &["agoge-motion"]),
    ("agoge-kinematics", &["agoge-motion"]),
    ("agoge-model", &["agoge-motion", "agoge-engine"]),
    ("agoge-analysis", &["agoge-motion", "agoge-kinematics"]),
    (
        "agoge-coach",
        &["agoge-motion", "agoge-formats", "agoge-kinematics", "agoge-model", "agoge-analysis"],
    ),
    ("agoge-load", &["agoge-motion", "agoge-kinematics", "agoge-analysis"]),
    ("agoge-plan", &["agoge-motion", "agoge-analysis", "agoge-load"]),
    (
        "agoge-report",
        &[
            "agoge-motion",
            "agoge-kinematics",
            "agoge-analysis",
            "agoge-coach",
            "agoge-load",
            "agoge-plan",
        ],
    ),
    ("agoge-store", &["agoge-motion", "agoge-formats", "agoge-analysis"]),
    (
        "agoge",
        &[
            "agoge-motion",
            "agoge-formats",
            "agoge-vision",
            "agoge-kinematics",
            "agoge-model",
            "agoge-analysis",
            "agoge-coach",
            "agoge-load",
            "agoge-plan",
            "agoge-report",
            "agoge-store",
        ],
    ),
    ("agoge-server", &["agoge"]),
    ("agoge-train", &["agoge-motion", "agoge-engine", "agoge-model", "agoge-load"]),
    (
        "agoge-lab",
        &[
            "agoge",
            "agoge-motion",
            "agoge-formats",
            "agoge-kinematics",
            "agoge-engine",
            "agoge-model",
            "agoge-analysis",
            "agoge-coach",
            "agoge-load",
            "agoge-plan",
            "agoge-store",
            "agoge-train",
        ],
    ),
    ("agoge-cli", &["agoge", "agoge-server", "agoge-engine", "agoge-train", "agoge-lab"]),
];

/// Libraries that only one crate may pull in itself.
const ONLY: &[(&str, &str)] = &[
    ("burn", "agoge-train"),
    ("good_lp", "agoge-plan"),
    ("rusqlite", "agoge-store"),
    ("openh264", "agoge-vision"),
    ("axum", "agoge-server"),
];

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let run = Command::new(cargo)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("cargo prints UTF-8")
}

#[test]
fn crates_point_downwards_only() {
    let text = cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let metadata: serde_json::Value = serde_json::from_str(&text).expect("metadata is JSON");
    let rules: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("name");
        let allowed =
            rules.get(name).unwrap_or_else(|| panic!("{name} is not in ARCHITECTURE.md's table"));
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let used = dependency["name"].as_str().expect("name");
            // Tests may depend on anything; the rule is about what is built.
            if !dependency["kind"].is_null() {
                continue;
            }
            if used.starts_with("agoge") {
                assert!(allowed.contains(&used), "{name} may not use {used}");
            }
            for (library, owner) in ONLY {
                assert!(used != *library || name == *owner, "{name} may not use {library}");
            }
        }
    }
}

/// What measures, judges, plans, stores and serves is built without the training framework.
#[test]
fn only_training_is_built_with_burn() {
    let is_trained = |name: &&str| ["agoge-train", "agoge-lab", "agoge-cli"].contains(name);
    for name in MAY_USE.iter().map(|(name, _)| *name).filter(|name| !is_trained(name)) {
        let tree = cargo(&["tree", "-p", name, "-e", "no-dev", "--prefix", "none", "--offline"]);
        let burns = tree.lines().filter(|line| line.starts_with("burn")).count();
        assert_eq!(burns, 0, "{name} is built with Burn");
    }
    let tree = cargo(&["tree", "-p", "agoge-train", "--prefix", "none", "--offline"]);
    assert!(
        tree.lines().any(|line| line.starts_with("burn ")),
        "the test looks at the right names"
    );
}
