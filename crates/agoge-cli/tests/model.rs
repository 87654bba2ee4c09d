//! `agoge model`: what it prints, writes and refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "functions of tests fail by panicking")]

mod common;

use agoge::model::{Card, EncoderSize, Model, weights};
use common::{run, text};
use std::path::Path;

fn write_model(folder: &Path) {
    let size = EncoderSize { width: 8, heads: 2, blocks: 1, feed_forward: 12, movements: 2 };
    let card = Card {
        name: "small".to_owned(),
        data: "nothing".to_owned(),
        movements: vec!["squat".to_owned(), "lunge".to_owned()],
        figures: vec![("AUC".to_owned(), 0.5)],
        reach: vec![0.25, 0.0],
        ..Card::default()
    };
    std::fs::write(
        folder.join("m.safetensors"),
        Model::new(weights::seed_values(&size, 1), size, card, &[]).to_bytes().unwrap(),
    )
    .unwrap();
}

#[test]
fn show_says_what_the_model_is() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path());
    let shown = text(&run(folder.path(), &["model", "show", "m.safetensors"]).stdout);
    for line in [
        "name        small",
        "licence     not stated",
        "sizes       width 8, 2 heads, 1 blocks, feed-forward 12",
        "movements   squat, lunge",
        "reach       measured for 1 of 2 movements",
        "  AUC  0.500",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
    let json = run(folder.path(), &["model", "show", "m.safetensors", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["card"]["movements"][1], "lunge");
    let tensors = json["tensors"].as_array().unwrap();
    let values: u64 = tensors
        .iter()
        .map(|tensor| {
            tensor["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).product::<u64>()
        })
        .sum();
    // The prototypes, [2, 16], do not count as parameters.
    assert_eq!(values, json["parameters"].as_u64().unwrap() + 32);
}

#[test]
fn export_writes_both_files_and_import_reads_its_own() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path());
    let at = |name: &str| folder.path().join(name);
    let asked = [
        "model",
        "export",
        "m.safetensors",
        "--onnx",
        "m.onnx",
        "--check",
        "c.safetensors",
        "--seed",
        "4",
    ];
    let exported = run(folder.path(), &asked);
    assert_eq!(text(&exported.stdout), "m.onnx\nc.safetensors\n", "{}", text(&exported.stderr));
    assert!(at("m.onnx").metadata().unwrap().len() > 4000);
    let nothing = run(folder.path(), &["model", "export", "m.safetensors"]);
    assert_eq!(nothing.status.code(), Some(2));

    // A model of ours is a file of tensors like any other: imported with an identity map it is
    // unchanged.
    let json = run(folder.path(), &["model", "show", "m.safetensors", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let mut map = "[size]\nwidth = 8\nheads = 2\nblocks = 1\nfeed_forward = 12\n".to_owned();
    map += "[card]\nmovements = [\"squat\", \"lunge\"]\n[keys]\n";
    for tensor in json["tensors"].as_array().unwrap() {
        let path = tensor["path"].as_str().unwrap();
        if path != "prototypes" {
            map += &format!("\"{path}\" = \"{path}\"\n");
        }
    }
    std::fs::write(at("keys.toml"), &map).unwrap();
    let asked =
        ["model", "import", "m.safetensors", "--map", "keys.toml", "--out", "i.safetensors"];
    let imported = run(folder.path(), &asked);
    assert!(
        text(&imported.stdout).ends_with("not used: prototypes\n"),
        "{}",
        text(&imported.stderr)
    );
    let again = ["model", "export", "i.safetensors", "--check", "d.safetensors", "--seed", "4"];
    assert!(run(folder.path(), &again).status.success());
    assert!(
        std::fs::read(at("c.safetensors")).unwrap() == std::fs::read(at("d.safetensors")).unwrap()
    );

    std::fs::write(at("keys.toml"), map.replace("heads = 2", "heeds = 2")).unwrap();
    let refused = run(folder.path(), &asked);
    let said = text(&refused.stderr);
    assert_eq!((refused.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(
        said.contains("keys.toml")
            && said.contains("heeds")
            && said.contains("docs/reference/models.md"),
        "{said}"
    );
}
