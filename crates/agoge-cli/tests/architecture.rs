//! The allowed dependencies between the crates, as ARCHITECTURE.md states them.

use std::collections::BTreeMap;
use std::process::Command;

/// For each crate, the crates it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("agoge-motion", &[]),
    ("agoge-formats", &["agoge-motion"]),
    ("agoge-vision", &["agoge-motion"]),
    ("agoge-kinematics", &["agoge-motion"]),
    ("agoge-attention", &["agoge-motion"]),
    ("agoge-coach", &["agoge-motion", "agoge-kinematics", "agoge-attention"]),
    ("agoge-report", &["agoge-motion", "agoge-kinematics", "agoge-coach"]),
    ("agoge-store", &["agoge-motion", "agoge-formats", "agoge-coach"]),
    (
        "agoge",
        &[
            "agoge-motion",
            "agoge-formats",
            "agoge-vision",
            "agoge-kinematics",
            "agoge-attention",
            "agoge-coach",
            "agoge-report",
            "agoge-store",
        ],
    ),
    ("agoge-server", &["agoge"]),
    ("agoge-cli", &["agoge", "agoge-server"]),
];

#[test]
fn crates_point_downwards_only() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let run = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let metadata: serde_json::Value =
        serde_json::from_slice(&run.stdout).expect("cargo metadata prints JSON");
    let rules: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("name");
        let allowed =
            rules.get(name).unwrap_or_else(|| panic!("{name} is not in ARCHITECTURE.md's table"));
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let used = dependency["name"].as_str().expect("name");
            // Tests may depend on anything; the rule is about what is built.
            let built = dependency["kind"].is_null();
            if built && used.starts_with("agoge") {
                assert!(allowed.contains(&used), "{name} may not use {used}");
            }
        }
    }
}
