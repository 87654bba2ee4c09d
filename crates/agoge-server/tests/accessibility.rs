//! Accessibility of every page: axe-core finds no violations in either theme, and nothing is wider
//! than a phone.
//!
//! Needs `chromedriver`, and `AGOGE_TEST_AXE`: the path of axe-core's `axe.min.js` (`npm install
//! axe-core`; `.ci/run` does it). Without them the test says so and is skipped.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)] // this whole file is test code

mod common;

use agoge::athlete::ImportOptions;
use agoge::library::save_analysis;
use agoge::motion::simulate::{
    Corruption, Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet,
};
use agoge::motion::{Day, Side};
use agoge::plan::PlanInput;
use agoge::planning::make_plan;
use agoge::store::AthleteId;
use agoge::{AnalysisOptions, LoadFolder, Models, Store, analyze};
use agoge_server::ServerLimits;
use common::browser::Browser;
use common::{post, recording_file, server};
use serde_json::{Value, json};
use std::path::Path;

/// The source of axe-core.
fn axe() -> Option<String> {
    let path = std::env::var_os("AGOGE_TEST_AXE");
    let missing = "AGOGE_TEST_AXE is not set; hint: `npm install axe-core` somewhere and set it to node_modules/axe-core/axe.min.js";
    if path.is_none() {
        eprintln!("skipped: {missing}");
    }
    path.map(|path| {
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("AGOGE_TEST_AXE: {error}"))
    })
}

/// A library in which every page has something to show.
fn fill(folder: &Path) {
    let store = Store::open(folder).unwrap();
    let ada = store.add_athlete("Ada <b>K.", "left-handed").unwrap();
    for (day, size) in [("2026-02-02", 24.0), ("2026-03-02", 22.0), ("2026-04-20", 14.0)] {
        let inward = SimulatedFault {
            kind: SimulatedFaultKind::KneeInwardUp,
            side: Some(Side::Left),
            repetitions: 1..=5,
            size,
        };
        let set = SimulatedSet {
            rate_hz: 30.0,
            repetitions: 5,
            faults: vec![inward],
            ..SimulatedSet::new(Exercise::Squat)
        };
        let mut recording =
            SimulatedSet { variation_deg: 3.0, seed: size as u64, ..set }.simulate().recording;
        Corruption { noise: 0.004, seed: 1, ..Corruption::default() }.apply_to(&mut recording);
        let options =
            AnalysisOptions { movement: "squat".to_owned(), ..AnalysisOptions::default() };
        let analysis = analyze(&recording, None, Models::bundled(), &options).unwrap().analysis;
        save_analysis(
            &store,
            (ada, day.parse().unwrap()),
            &recording,
            &analysis,
            Models::bundled(),
            &options,
        )
        .unwrap();
    }
    store.add_athlete("Nobody yet", "").unwrap();
    load_and_plan(&store, ada, folder);
}

/// A diary with an injury, pain and a session that was too long, and a plan of four weeks.
fn load_and_plan(store: &Store, ada: AthleteId, folder: &Path) {
    let first: Day = "2026-01-05".parse().unwrap();
    let mut diary = String::from("date,sport,minutes,rpe,distance_km,notes\n");
    for day in 0..80 {
        let minutes = if day % 7 == 0 {
            0
        } else if day == 79 {
            150
        } else {
            40 + day % 5 * 6
        };
        diary += &format!(
            "{},running,{minutes},5,{},\n",
            first.plus_days(day),
            f64::from(minutes) / 6.0
        );
    }
    let file = folder.parent().unwrap().join("diary.csv");
    std::fs::write(&file, diary).unwrap();
    let pain = folder.parent().unwrap().join("pain.csv");
    std::fs::write(&pain, "day,area,side,score\n2026-03-20,K,left,4\n").unwrap();
    let injuries = folder.parent().unwrap().join("injuries.csv");
    let injury = "day,area,side,tissue,onset,contact,days_lost,notes\n2026-02-10,A,right,,,no,9,<i>stairs</i>\n";
    std::fs::write(&injuries, injury).unwrap();
    let athlete = LoadFolder::new(folder, "Ada <b>K.").unwrap();
    athlete.import_files(&[file, pain, injuries], ImportOptions::default(), || ()).unwrap();
    let request = folder.parent().unwrap().join("request.toml");
    let text = "start = \"2026-03-30\"\nweeks = 2\nlevel = \"trained\"\nsports = [\"running\"]\nminutes = { monday = 60, thursday = 60, saturday = 90 }\n";
    std::fs::write(&request, text).unwrap();
    let input = PlanInput::from_files(&request, Some(&athlete), &[] as &[&Path], None).unwrap();
    let made = make_plan(&input.planning_basis(), None).unwrap();
    store.save_plan(ada, made.start, &serde_json::to_value(&made).unwrap()).unwrap();
}

/// Sets the theme (light or dark) and the width of the window; phones are emulated as such.
async fn show(browser: &Browser, theme: &str, width: u32) {
    let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
    browser.devtools("Emulation.setEmulatedMedia", &media).await;
    let is_phone = width < 600;
    let size = json!({ "width": width, "height": if is_phone { 844 } else { 900 }, "deviceScaleFactor": 1, "mobile": is_phone });
    browser.devtools("Emulation.setDeviceMetricsOverride", &size).await;
}

/// Violations that axe-core finds on the page, one per line.
async fn faults(browser: &Browser, axe: &str) -> Vec<String> {
    browser.run(axe).await;
    let run = "const done = arguments[0]; axe.run().then((r) => done(r.violations.map((v) => v.id + ' (' + v.impact + '): ' + v.help + ': ' + v.nodes.map((n) => n.target.join(' ')).slice(0, 5).join(', '))), (e) => done(String(e)))";
    let found = browser.run_async(run).await;
    let found = found.as_array().unwrap_or_else(|| panic!("axe-core did not run: {found}"));
    found.iter().map(|what| what.as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_for_everybody() {
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::open(1200, 900).await else {
        eprintln!("skipped: there is no chromedriver; hint: install chromium-driver");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library");
    fill(&library);
    let running = server(Some(library), ServerLimits::default()).await;
    let (_, _, said) =
        post(running.address, "/api/analyses?name=a.trc&movement=squat", "", &recording_file())
            .await;
    let recent = serde_json::from_str::<Value>(&said).unwrap()["url"].as_str().unwrap().to_owned();
    let pages = [
        ("start", "/"),
        ("live", "/watch"),
        ("athletes", "/athletes"),
        ("athlete", "/athletes/1"),
        ("upload", &recent),
        ("report", "/library/analyses/1"),
        ("models", "/models"),
        ("choose", "/compare?first=1"),
        ("compare", "/compare?first=1&second=3"),
        ("label", "/label?movement=squat"),
        ("load", "/athletes/1/load"),
        ("plan", "/athletes/1/plan"),
        ("no-load", "/athletes/2/load"),
        ("no-plan", "/athletes/2/plan"),
        ("nothing", "/nowhere"),
    ];
    let mut wrong = Vec::new();
    let ways = [
        ("en", "light", 1200),
        ("en", "dark", 1200),
        ("en", "light", 390),
        ("en", "dark", 390),
        ("zh", "light", 390),
    ];
    for (language, theme, width) in ways {
        show(&browser, theme, width).await;
        browser.go(&format!("http://{}/language?to={language}&back=/", running.address)).await;
        for (name, path) in pages {
            browser.go(&format!("http://{}{path}", running.address)).await;
            wrong.extend(
                faults(&browser, &axe)
                    .await
                    .into_iter()
                    .map(|what| format!("{path} {language} {theme} {width}: {what}")),
            );
            let wide = browser.run("return document.documentElement.scrollWidth").await;
            if wide.as_u64() > Some(u64::from(width)) {
                wrong.push(format!("{path} {theme}: {wide} wide on a screen of {width}"));
            }
            browser.picture(&format!("{name}-{language}-{theme}-{width}")).await;
        }
    }
    // The checks would have noticed a violation.
    browser.run("document.querySelector('main').innerHTML = '<img src=\"data:,\"><input>'").await;
    let planted = faults(&browser, &axe).await.join(" ");
    assert!(planted.contains("image-alt") && planted.contains("label"), "{planted}");
    drop(browser);
    running.shut_down().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
