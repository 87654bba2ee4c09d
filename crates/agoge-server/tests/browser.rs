//! The pages in a real browser, over the WebDriver protocol. Skipped where there is no
//! `chromedriver`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)] // this whole file is test code

mod common;

use agoge::library::save_analysis;
use agoge::motion::simulate::{Exercise, SimulatedSet};
use agoge::{AnalysisOptions, Models, analyze};
use agoge_server::ServerLimits;
use common::browser::Browser;
use common::{recording_file, server};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_coach_uploads_reads_and_watches() {
    let Some(browser) = Browser::open(1200, 900).await else {
        eprintln!("skipped: there is no chromedriver");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let running = server(Some(folder.path().join("library")), ServerLimits::default()).await;
    let site = format!("http://{}", running.address);

    // An athlete is added, and listed.
    browser.go(&format!("{site}/athletes")).await;
    let name = browser.find("#name").await;
    browser.ask("POST", &format!("/element/{name}/value"), &json!({ "text": "Ada <b>K." })).await;
    browser.click("#add button").await;
    browser.until("return location.pathname.startsWith('/athletes/') && document.querySelector('h1').textContent === 'Ada <b>K.'").await;

    // A file is uploaded for her; its report says what to change first, and its script runs.
    let file = folder.path().join("squats.trc");
    std::fs::write(&file, recording_file()).unwrap();
    browser.go(&site).await;
    browser.picture("start").await;
    browser
        .run(
            "document.getElementById('movement').value = 'squat'; document.getElementById('athlete').selectedIndex = 1",
        )
        .await;
    let input = browser.find("#file").await;
    browser
        .ask(
            "POST",
            &format!("/element/{input}/value"),
            &json!({ "text": file.display().to_string() }),
        )
        .await;
    browser.until("return location.pathname.startsWith('/library/analyses/')").await;
    browser.until("return document.body.innerText.includes('Change this first')").await;
    browser.until("return document.querySelector('#track')?.children.length > 0").await;
    browser.picture("report").await;
    an_event_is_dragged(&browser, &folder.path().join("library")).await;
    browser.go(&format!("{site}/athletes")).await;
    browser.until("return document.querySelector('tbody')?.innerText.includes('squat')").await;
    browser.picture("athletes").await;
    browser.click("tbody a").await;
    browser.until("return document.querySelector('circle.score') !== null").await;
    browser.picture("athlete").await;

    two_are_compared(&browser, &site, &folder.path().join("library")).await;
    repetitions_are_judged(&browser, &site, &folder.path().join("library")).await;

    // The live page counts the repetitions of a simulated athlete, and shows a cue.
    browser.go(&format!("{site}/watch")).await;
    browser.click("#simulated").await;
    browser.until("return document.getElementById('count').textContent >= 4 && document.getElementById('cue').textContent.length > 3").await;
    browser.picture("live").await;
    browser.until("return document.getElementById('count').textContent === '8' && document.getElementById('attempts').textContent === '1 attempt'").await;
    assert!(
        browser
            .run("return document.getElementById('latency').textContent")
            .await
            .as_str()
            .unwrap()
            .contains("99 of 100")
    );
    a_phone_is_worn(&browser, &site).await;
    drop(browser);
    running.shut_down().await;
}

/// A phone on the thigh: its sensor events are simulated here, in the form the browser gives them
/// to pages.
async fn a_phone_is_worn(browser: &Browser, site: &str) {
    browser.go(&format!("{site}/watch")).await;
    browser.click("#worn").await;
    browser
        .until("return state.textContent.startsWith('Stand still') || state.textContent.startsWith('Movement of')")
        .await;
    browser
        .run(
            "const begin = performance.now(), turn = 40 * Math.PI / 180;
            const angle = (t) => { const w = (t - 1.5) % 3; return t > 1.5 && w < 2 ? turn * (1 - Math.cos(Math.PI * w)) : 0; };
            const speed = (t) => (angle(t + 1e-3) - angle(t - 1e-3)) / 2e-3 * 180 / Math.PI;
            setInterval(() => {
                const t = (performance.now() - begin) / 1000, a = angle(t);
                const felt = { x: 0, y: 9.80665 * Math.cos(a), z: -9.80665 * Math.sin(a) };
                dispatchEvent(new DeviceMotionEvent('devicemotion', { accelerationIncludingGravity: felt, rotationRate: { alpha: 0, beta: speed(t), gamma: 0 }, interval: 16 }));
            }, 16)",
        )
        .await;
    browser.until("return document.getElementById('count').textContent >= 2").await;
    browser.picture("worn").await;
    let metric = browser.run("return document.getElementById('metric').textContent").await;
    assert!(metric.as_str().unwrap().starts_with("sensor tilt"), "{metric}");
}

/// A second, slower set of hers is chosen and played beside the first by one control.
async fn two_are_compared(browser: &Browser, site: &str, library: &std::path::Path) {
    let store = agoge::Store::open(library).unwrap();
    let set = SimulatedSet {
        rate_hz: 30.0,
        repetitions: 3,
        tempo_s: [3.0, 1.0],
        ..SimulatedSet::new(Exercise::Squat)
    };
    let recording = set.simulate().recording;
    let options = AnalysisOptions { movement: "squat".to_owned(), ..AnalysisOptions::default() };
    let analysis = analyze(&recording, None, Models::bundled(), &options).unwrap().analysis;
    let ada = store.list_athletes().unwrap()[0].id;
    save_analysis(
        &store,
        (ada, "2026-03-02".parse().unwrap()),
        &recording,
        &analysis,
        Models::bundled(),
        &options,
    )
    .unwrap();
    browser.go(&format!("{site}/athletes/{}", ada.0)).await;
    browser.click("a[href='/compare?first=1']").await;
    browser.until("return document.querySelector('main li a') !== null").await;
    browser.click("main li a").await;
    browser.until("return document.querySelectorAll('#curves polyline').length >= 2").await;
    // Both are at their turning point, however long each took to get there.
    let said = browser.run("return where.textContent").await;
    let into: Vec<f64> =
        said.as_str().unwrap().split(' ').filter_map(|word| word.parse().ok()).collect();
    assert!(into.len() == 2 && into[1] > into[0] + 0.5, "{said}");
    browser.picture("compare").await;
    browser.run("document.getElementById('curves').scrollIntoView()").await;
    browser.picture("compare-curves").await;
    browser.click("#play").await;
    browser
        .until("return where.textContent.startsWith('ascent') && play.textContent === 'Play'")
        .await;
    assert_eq!(browser.run("return time.max - time.value < 0.01").await, true);
    assert!(
        browser.run("return document.querySelectorAll('tbody strong').length").await.as_u64()
            > Some(0)
    );
}

/// Repetitions are judged by keys, the last one twice, and two are compared; all of it is stored.
async fn repetitions_are_judged(browser: &Browser, site: &str, library: &std::path::Path) {
    let press = async |key: &str| {
        let key = json!({ "actions": [{ "type": "key", "id": "keys", "actions": [
            { "type": "keyDown", "value": key }, { "type": "keyUp", "value": key },
        ] }] });
        browser.ask("POST", "/actions", &key).await;
    };
    browser.go(&format!("{site}/label")).await;
    browser.click("a.choice").await;
    browser.until("return state.textContent.startsWith('0 of ') && !good.disabled").await;
    let drawn = "const c = left.getContext('2d').getImageData(0, 0, 460, 400).data; return c.some((v) => v > 0)";
    browser.until(drawn).await;
    browser.picture("label").await;
    press("1").await;
    browser.until("return state.textContent.startsWith('1 of ')").await;
    press("0").await;
    browser.until("return state.textContent.startsWith('2 of ')").await;
    // Back, then the opposite judgement: still two.
    press("\u{E003}").await;
    browser.until("return back.disabled === false && state.textContent.startsWith('2 of ')").await;
    browser.run("return new Promise((done) => setTimeout(done, 300))").await;
    press("1").await;
    let store = agoge::Store::open(library).unwrap();
    let said = || -> Vec<bool> {
        let labels = store.labels_of_kind("quality").unwrap();
        labels.iter().map(|label| label.value["correct"].as_bool().unwrap()).collect()
    };
    for _ in 0..100 {
        if said().len() == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(said(), [true, false, true]);
    let of = |label: &agoge::store::LabelRow| {
        (label.value["analysis"].clone(), label.value["repetition"].clone())
    };
    let labels = store.labels_of_kind("quality").unwrap();
    assert!(of(&labels[1]) == of(&labels[2]) && of(&labels[0]) != of(&labels[1]));

    browser.click("#two").await;
    browser.until("return state.textContent.startsWith('0 comparisons') && !first.disabled && !right.hidden").await;
    browser.picture("label-pairs").await;
    press("\u{E012}").await;
    browser.until("return state.textContent.startsWith('1 comparisons')").await;
    let pair = &store.labels_of_kind("pair").unwrap()[0];
    assert!(
        pair.value["better"] == "first"
            && pair.other.is_some()
            && pair.value["first"] != pair.value["second"]
    );
}

/// The turning point of the second repetition is dragged to the right and moved on by a key; both
/// are stored as labels, and the page shows the newer.
async fn an_event_is_dragged(browser: &Browser, library: &std::path::Path) {
    browser
        .run(
            "which.value = '2'; which.dispatchEvent(new Event('change')); correct.scrollIntoView()",
        )
        .await;
    let at = "return Number(document.querySelectorAll('.border')[1].getAttribute('aria-valuenow'))";
    let found = browser.run(at).await.as_f64().unwrap();
    let handle = browser.find(".border:nth-of-type(2) circle").await;
    let handle = json!({ "element-6066-11e4-a52e-4f735466cecf": handle });
    let moves = json!({ "actions": [{ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": [
        { "type": "pointerMove", "duration": 50, "origin": handle, "x": 0, "y": 0 },
        { "type": "pointerDown", "button": 0 },
        { "type": "pointerMove", "duration": 200, "origin": "pointer", "x": 40, "y": 0 },
        { "type": "pointerUp", "button": 0 },
    ] }] });
    browser.ask("POST", "/actions", &moves).await;
    browser.until("return kept.textContent.includes('is stored')").await;
    let dragged = browser.run(at).await.as_f64().unwrap();
    assert!(dragged > found + 0.05, "{found} -> {dragged}");
    browser.run("kept.textContent = ''").await;
    let key = json!({ "actions": [{ "type": "key", "id": "keys", "actions": [
        { "type": "keyDown", "value": "\u{E014}" }, { "type": "keyUp", "value": "\u{E014}" },
    ] }] });
    browser.ask("POST", "/actions", &key).await;
    browser.until("return kept.textContent.includes('is stored')").await;
    let last = browser.run(at).await.as_f64().unwrap();
    assert!(last > dragged, "{dragged} -> {last}");
    browser.picture("corrected").await;

    let labels = agoge::Store::open(library).unwrap().labels_of_kind("borders").unwrap();
    let turns: Vec<f64> =
        labels.iter().map(|label| label.value["at_s"][1].as_f64().unwrap()).collect();
    let near = |a: f64, b: f64| (a - b).abs() < 0.002;
    assert!(turns.len() == 2 && near(turns[0], dragged) && near(turns[1], last), "{turns:?}");
    assert!(
        near(labels[1].value["found_s"][1].as_f64().unwrap(), found)
            && labels[1].value["repetition"] == 2
    );
    browser.ask("POST", "/refresh", &json!({})).await;
    browser.until("return document.querySelector('.border') !== null").await;
    browser.run("which.value = '2'; which.dispatchEvent(new Event('change'))").await;
    assert!(near(browser.run(at).await.as_f64().unwrap(), last));
}
