//! The pages in a real browser, over the WebDriver protocol. Skipped where there is no `chromedriver`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)] // this whole file is test code

mod common;

use agoge_server::Limits;
use common::{raw, recording_file, server};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A browser that nobody sees.
struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    /// None where there is no chromedriver.
    async fn open(width: u32, height: u32) -> Option<Browser> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut browser = Browser { driver, address, session: String::new() };
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            &format!("--window-size={width},{height}"),
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": { "args": args } } } });
        let opened = browser.ask("POST", "/session", &wanted).await;
        browser.session = format!("/session/{}", opened["sessionId"].as_str().unwrap_or_else(|| panic!("{opened}")));
        Some(browser)
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let request = format!(
            "{method} {}{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.session,
            self.address,
            body.len()
        );
        let (_, _, answer) = raw(self.address, request.as_bytes()).await;
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        answer["value"].clone()
    }

    async fn go(&self, url: &str) {
        self.ask("POST", "/url", &json!({ "url": url })).await;
    }

    async fn find(&self, css: &str) -> String {
        let found = self.ask("POST", "/element", &json!({ "using": "css selector", "value": css })).await;
        let key = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        key.unwrap_or_else(|| panic!("{css}: {found}")).to_owned()
    }

    async fn click(&self, css: &str) {
        let element = self.find(css).await;
        self.ask("POST", &format!("/element/{element}/click"), &json!({})).await;
    }

    async fn run(&self, script: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({ "script": script, "args": [] })).await
    }

    /// Waits until a script says true; what a person would wait for.
    async fn until(&self, script: &str) {
        for _ in 0..600 {
            if self.run(script).await == true {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never: {script}; the page says: {}", self.run("return document.body.innerText").await);
    }

    /// Writes a picture of the page where `AGOGE_TEST_PICTURES` says, for people to look at.
    async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("AGOGE_TEST_PICTURES") else { return };
        let said = self.ask("GET", "/screenshot", &Value::Null).await;
        let bytes = data_encoding::BASE64.decode(said.as_str().unwrap_or_default().as_bytes()).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coach_uploads_reads_and_watches() {
    let Some(browser) = Browser::open(1200, 900).await else {
        eprintln!("skipped: there is no chromedriver");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let running = server(Some(folder.path().join("library")), Limits::default()).await;
    let site = format!("http://{}", running.address);

    // An athlete is added, and is there.
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
    browser.ask("POST", &format!("/element/{input}/value"), &json!({ "text": file.display().to_string() })).await;
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

    // The live page counts a simulated athlete, and a cue comes.
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

    // A phone: nothing is wider than the screen.
    for path in ["/", "/watch", "/athletes"] {
        let phone = json!({ "width": 400, "height": 800 });
        browser.ask("POST", "/window/rect", &phone).await;
        browser.go(&format!("{site}{path}")).await;
        assert_eq!(
            browser.run("return document.documentElement.scrollWidth <= window.innerWidth").await,
            true,
            "{path}"
        );
        // Every control has a name that a screen reader says.
        let nameless = "return [...document.querySelectorAll('input, select, button')].filter((e) => !(e.labels?.length || e.textContent.trim())).length";
        assert_eq!(browser.run(nameless).await, 0, "{path}");
        browser.picture(&format!("phone{}", path.replace('/', "-"))).await;
    }
    drop(browser);
    running.stop().await;
}

/// The turn of the second repetition is dragged to the right and moved on by a key; both are stored as labels, and the page shows the newer.
async fn an_event_is_dragged(browser: &Browser, library: &std::path::Path) {
    browser.run("which.value = '2'; which.dispatchEvent(new Event('change')); correct.scrollIntoView()").await;
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
    let turns: Vec<f64> = labels.iter().map(|label| label.value["at_s"][1].as_f64().unwrap()).collect();
    let near = |a: f64, b: f64| (a - b).abs() < 0.002;
    assert!(turns.len() == 2 && near(turns[0], dragged) && near(turns[1], last), "{turns:?}");
    assert!(near(labels[1].value["found_s"][1].as_f64().unwrap(), found) && labels[1].value["repetition"] == 2);
    browser.ask("POST", "/refresh", &json!({})).await;
    browser.until("return document.querySelector('.border') !== null").await;
    browser.run("which.value = '2'; which.dispatchEvent(new Event('change'))").await;
    assert!(near(browser.run(at).await.as_f64().unwrap(), last));
}
