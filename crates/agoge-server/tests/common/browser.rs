//! A real browser.
#![allow(clippy::unwrap_used, clippy::panic)] // test code, which fails by panicking

use super::raw;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A headless browser, driven over the WebDriver protocol.
pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The session first: a driver that is killed leaves its browser running.
        if let Ok(mut stream) = std::net::TcpStream::connect(self.address) {
            let head = format!("DELETE {} HTTP/1.1\r\nHost: {}\r\n", self.session, self.address);
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ = stream.write_all(
                format!("{head}Connection: close\r\nContent-Length: 0\r\n\r\n").as_bytes(),
            );
            let _ = stream.read(&mut [0; 512]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    /// Starts a browser; none where there is no chromedriver.
    pub async fn open(width: u32, height: u32) -> Option<Browser> {
        Browser::open_with(width, height, &[]).await
    }

    /// Same as [`Browser::open`], with additional arguments for Chromium.
    pub async fn open_with(width: u32, height: u32, more: &[&str]) -> Option<Browser> {
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
            "--lang=en",
            &format!("--window-size={width},{height}"),
        ];
        let args = [&args, more].concat();
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": { "args": args } } } });
        let opened = browser.ask("POST", "/session", &wanted).await;
        browser.session = format!(
            "/session/{}",
            opened["sessionId"].as_str().unwrap_or_else(|| panic!("{opened}"))
        );
        Some(browser)
    }

    /// Sends a command of the protocol and returns its answer.
    pub async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
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

    pub async fn go(&self, url: &str) {
        self.ask("POST", "/url", &json!({ "url": url })).await;
    }

    pub async fn find(&self, css: &str) -> String {
        let found =
            self.ask("POST", "/element", &json!({ "using": "css selector", "value": css })).await;
        let key = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        key.unwrap_or_else(|| panic!("{css}: {found}")).to_owned()
    }

    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        self.ask("POST", &format!("/element/{element}/click"), &json!({})).await;
    }

    /// Sends a command of Chromium's DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: &Value) {
        let said = self
            .ask("POST", "/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
            .await;
        assert!(said["error"].is_null(), "{command}: {said}");
    }

    /// Runs an asynchronous script, which calls its last argument when it is done.
    pub async fn run_async(&self, script: &str) -> Value {
        self.ask("POST", "/execute/async", &json!({ "script": script, "args": [] })).await
    }

    pub async fn run(&self, script: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({ "script": script, "args": [] })).await
    }

    /// Waits until a script returns true, as a person would wait.
    pub async fn until(&self, script: &str) {
        for _ in 0..600 {
            if self.run(script).await == true {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!(
            "never: {script}; the page says: {}",
            self.run("return document.body.innerText").await
        );
    }

    /// Saves a screenshot of the page into the folder `AGOGE_TEST_PICTURES`, for people to look at.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("AGOGE_TEST_PICTURES") else { return };
        let said = self.ask("GET", "/screenshot", &Value::Null).await;
        let bytes =
            data_encoding::BASE64.decode(said.as_str().unwrap_or_default().as_bytes()).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
    }
}
