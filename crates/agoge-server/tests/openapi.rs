//! Checks the server against its OpenAPI document with schemathesis (Python), which makes both
//! valid and invalid requests.
//!
//! Needs `AGOGE_TEST_SCHEMATHESIS`: the path of the program (`pip install schemathesis` in a
//! virtual environment; `.ci/run` does it). Without it the test says so and is skipped.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)] // this whole file is test code

mod common;

use agoge::library::save_analysis;
use agoge::motion::simulate::{Exercise, SimulatedSet};
use agoge::{AnalysisOptions, Models, Store, analyze};
use agoge_server::ServerLimits;
use common::server;
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn the_server_does_what_its_document_says() {
    let Some(program) = std::env::var_os("AGOGE_TEST_SCHEMATHESIS") else {
        eprintln!(
            "skipped: AGOGE_TEST_SCHEMATHESIS is not set; hint: `pip install schemathesis` and set it to the path of the program"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library");
    let store = Store::open(&library).unwrap();
    let ada = store.add_athlete("Ada", "").unwrap();
    let recording =
        SimulatedSet { rate_hz: 30.0, repetitions: 3, ..SimulatedSet::new(Exercise::Squat) }
            .simulate()
            .recording;
    let options = AnalysisOptions { movement: "squat".to_owned(), ..AnalysisOptions::default() };
    let analysis = analyze(&recording, None, Models::bundled(), &options).unwrap().analysis;
    save_analysis(
        &store,
        (ada, "2026-03-02".parse().unwrap()),
        &recording,
        &analysis,
        Models::bundled(),
        &options,
    )
    .unwrap();
    drop(store);
    let running =
        server(Some(library.clone()), ServerLimits { requests: 1e6, ..ServerLimits::default() })
            .await;
    let document = format!("http://{}/openapi.json", running.address);
    let own = folder.path().to_owned();
    let asked = move || {
        Command::new(program)
            .args(["run", &document, "--max-examples", "25", "--seed", "1", "--no-color"])
            // No schema can express what a recording is, or which borders a repetition can have;
            // and no plain request can open a WebSocket.
            .args(["--exclude-checks", "positive_data_acceptance"])
            .current_dir(own)
            .output()
    };
    let output = tokio::task::spawn_blocking(asked).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Fuzzing"), "it asked nothing:\n{said}");
    running.shut_down().await;
    let check = Store::open(&library).unwrap().check_library().unwrap();
    assert!(check.faults.is_empty(), "{check:?}");
}
