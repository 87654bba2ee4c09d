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
