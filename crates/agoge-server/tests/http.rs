//! Pages, uploads, the library, and what must be refused.
#![allow(clippy::unwrap_used)] // this whole file is test code

mod common;

use agoge::motion::simulate::{Exercise, SimulatedSet};
use agoge_server::{ServerError, ServerLimits, ServerOptions, route_table, start_server};
use common::{get, post, raw, recording_file, server};
use serde_json::Value;

#[tokio::test]
async fn other_machines_are_never_served_in_the_clear() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8420"] {
        let config = ServerOptions {
            address: address.parse().unwrap(),
            library: None,
            limits: ServerLimits::default(),
            remote: None,
        };
        let refused = start_server(config).await.err().unwrap();
        assert!(
            matches!(refused, ServerError::NotLoopback(_))
                && refused.to_string().contains("; hint: ")
        );
    }
}

#[tokio::test]
async fn every_route_answers_is_documented_and_carries_the_headers() {
    let folder = tempfile::tempdir().unwrap();
    let running = server(Some(folder.path().to_owned()), ServerLimits::default()).await;
    let (_, _, document) = get(running.address, "/openapi.json").await;
    let document: Value = serde_json::from_str(&document).unwrap();
    for (method, path, _) in route_table() {
        assert!(document["paths"][path][method]["responses"].is_object(), "{method} {path}");
        let filled = path
            .replace("{athlete}", "1")
            .replace("{analysis}", "1")
            .replace("{name}", "report.css");
        let (status, head, body) = match method {
            "post" => post(running.address, &filled, "", b"").await,
            _ => get(running.address, &filled).await,
        };
        // Every route exists: whatever it answers, it is not the page for unknown paths.
        assert!(
            !body.contains("There is nothing here") && status != 405,
            "{method} {path}: {status}"
        );
        let known = document["paths"][path][method]["responses"].as_object().unwrap();
        assert!(
            known.contains_key(&status.to_string()) || status == 400,
            "{method} {path} answers {status}"
        );
        let head = head.to_ascii_lowercase();
        for header in [
            "content-security-policy: default-src 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
        ] {
            assert!(head.contains(header), "{path}: {header}");
        }
    }
    let documented: usize = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|path| path.as_object().unwrap().len())
        .sum();
    assert_eq!(documented, route_table().len());
    assert_eq!(get(running.address, "/nowhere").await.0, 404);
    running.shut_down().await;
}

/// Pages stand in the guide (with `N` for a parameter), addresses for programs in the reference.
#[test]
fn every_route_is_in_the_handbook() {
    let guide = include_str!("../../../docs/guide/server.md");
    let reference = include_str!("../../../docs/reference/server.md");
    for (method, path, _) in route_table() {
        let page: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { "N" } else { part }).collect();
        let page = page.join("/");
        let is_named = ["`", "?"].iter().any(|end| {
            guide.contains(&format!("`{page}{end}")) || reference.contains(&format!("`{path}{end}"))
        });
        assert!(
            is_named,
            "{method} {path}: in neither docs/guide/server.md nor docs/reference/server.md"
        );
    }
}

#[tokio::test]
async fn pages_have_no_inline_script_and_ask_nothing_from_outside() {
    let running = server(None, ServerLimits::default()).await;
    for path in ["/", "/watch"] {
        let (status, head, body) = get(running.address, path).await;
        assert_eq!(status, 200);
        assert!(!head.contains("unsafe"), "{head}");
        assert!(
            !body.contains("http://")
                && !body.contains("https://")
                && !body.contains(" style=")
                && !body.contains("onclick")
        );
        for script in body.split("<script").skip(1) {
            assert!(script.starts_with(" type=\"module\" src=\"/assets/"), "{script}");
        }
        assert!(body.contains("<main") && body.contains("<nav") && body.contains("lang=\"en\""));
    }
    running.shut_down().await;
}

#[tokio::test]
async fn forged_hosts_and_origins_are_refused() {
    let running = server(
        None,
        ServerLimits { silence: std::time::Duration::from_secs(1), ..ServerLimits::default() },
    )
    .await;
    let (address, port) = (running.address, running.address.port());
    let ask = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        String::new(),
    ] {
        assert_eq!(raw(address, ask(&host).as_bytes()).await.0, 421, "{host}");
    }
    assert_eq!(raw(address, ask(&format!("localhost:{port}")).as_bytes()).await.0, 200);
    let two = format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    );
    assert!([400, 421].contains(&raw(address, two.as_bytes()).await.0));
    for header in [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: https://127.0.0.1\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
    ] {
        assert_eq!(
            post(address, "/api/analyses?name=a.trc", header, b"x").await.0,
            403,
            "{header}"
        );
        let socket = format!(
            "GET /live HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{header}\r\n"
        );
        assert_eq!(raw(address, socket.as_bytes()).await.0, 403, "{header}");
    }
    let own = format!("Origin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n");
    assert_eq!(post(address, "/api/analyses?name=a.trc", &own, b"x").await.0, 422);
    running.shut_down().await;
}

#[tokio::test]
async fn an_upload_is_analysed_whatever_its_name() {
    let running = server(None, ServerLimits::default()).await;
    let file = recording_file();
    for name in [
        "set.trc",
        "..%2F..%2Fetc%2Fpasswd.trc",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E.trc",
        "a%00b.trc",
    ] {
        let (status, _, body) =
            post(running.address, &format!("/api/analyses?movement=squat&name={name}"), "", &file)
                .await;
        assert_eq!(status, 200, "{name}: {body}");
        let said: Value = serde_json::from_str(&body).unwrap();
        let (status, head, page) = get(running.address, said["url"].as_str().unwrap()).await;
        assert_eq!(status, 200);
        assert!(
            page.contains("Change this first")
                && !page.contains("<script>alert")
                && !page.contains("etc/passwd"),
            "{name}"
        );
        // The one inline script is allowed by its hash.
        assert!(
            head.contains("script-src 'self' 'sha256-")
                && !head.contains("script-src 'self' 'unsafe"),
            "{head}"
        );
        let (_, _, start) = get(running.address, "/").await;
        assert!(!start.contains("<script>alert"));
    }
    for (query, body) in [
        ("name=a.trc&movement=..%2Fx.toml", &file[..]),
        ("name=a.trc&height_m=178", &file[..]),
        ("name=a.trc", b"nonsense"),
        ("name=a.mp4", b""),
    ] {
        let (status, _, said) =
            post(running.address, &format!("/api/analyses?{query}"), "", body).await;
        assert_eq!(status, 422, "{query}");
        assert!(said.contains("hint: ") && !said.contains("/tmp"), "{query}: {said}");
    }
    running.shut_down().await;
}

#[tokio::test]
async fn large_bodies_are_refused() {
    let running = server(None, ServerLimits { upload: 1 << 20, ..ServerLimits::default() }).await;
    let (status, ..) =
        post(running.address, "/api/analyses?name=a.trc", "", &vec![b'x'; 3 << 20]).await;
    // Either an answer, or the connection is cut while still sending.
    assert!([413, 0].contains(&status), "{status}");
    let body = format!("{{\"name\": \"{}\"}}", "x".repeat(1 << 20));
    let (status, ..) = post(
        running.address,
        "/api/athletes",
        "Content-Type: application/json\r\n",
        body.as_bytes(),
    )
    .await;
    assert!([413, 0].contains(&status), "{status}");
    assert_eq!(get(running.address, "/healthz").await.0, 200);
    running.shut_down().await;
}

#[tokio::test]
async fn athletes_are_kept_and_their_names_are_only_names() {
    let folder = tempfile::tempdir().unwrap();
    let running = server(Some(folder.path().to_owned()), ServerLimits::default()).await;
    let address = running.address;
    let json = "Content-Type: application/json\r\n";
    for wrong in ["../evil", "a/b", "", ".hidden"] {
        let (status, ..) =
            post(address, "/api/athletes", json, format!("{{\"name\": \"{wrong}\"}}").as_bytes())
                .await;
        assert_eq!(status, 422, "{wrong}");
    }
    // A form of another site could send any text type; only JSON is accepted, which needs a
    // preflight.
    assert_eq!(
        post(address, "/api/athletes", "Content-Type: text/plain\r\n", b"{\"name\": \"Ada\"}")
            .await
            .0,
        415
    );
    let script = "<img src=x onerror=alert(1)>'; DROP TABLE athletes; --";
    let body = serde_json::json!({ "name": script }).to_string();
    let (status, _, said) = post(address, "/api/athletes", json, body.as_bytes()).await;
    assert_eq!(status, 200, "{said}");
    let id = serde_json::from_str::<Value>(&said).unwrap()["id"].as_i64().unwrap();
    let upload = format!("/api/analyses?name=set.trc&movement=squat&athlete={id}");
    let (status, _, said) = post(address, &upload, "", &recording_file()).await;
    assert_eq!(status, 200, "{said}");
    let report = serde_json::from_str::<Value>(&said).unwrap()["url"].as_str().unwrap().to_owned();
    assert!(
        report.starts_with("/library/analyses/")
            && get(address, &report).await.2.contains("Change this first")
    );
    let (status, _, said) =
        post(address, &upload.replace("squat", "sit_to_stand"), "", &recording_file()).await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(
        post(address, &upload.replace("set.trc", "other.trc"), "", &recording_file()).await.0,
        200
    );
    let stands = |first: &str, second: &str| format!("/compare?first={first}&second={second}");
    for (path, status) in [
        (stands("1", "2"), 422),
        (stands("1", "99"), 404),
        (stands("1", "x"), 400),
        ("/compare?third=1".to_owned(), 400),
        ("/compare?first=2".to_owned(), 200),
    ] {
        assert_eq!(get(address, &path).await.0, status, "{path}");
    }
    let (one, load, plan) =
        (format!("/athletes/{id}"), format!("/athletes/{id}/load"), format!("/athletes/{id}/plan"));
    for path in ["/", "/athletes", &one, &load, &plan, "/compare?first=1", &stands("1", "3")] {
        let (status, _, page) = get(address, path).await;
        assert!(
            status == 200 && page.contains("&lt;img src=x") && !page.contains("<img src=x"),
            "{path}"
        );
    }
    // Corrections are accepted only from the server's own pages and programs, as JSON, and must be
    // possible.
    let borders = format!("/api{report}/borders");
    let own: Value = serde_json::from_str(
        get(address, &report)
            .await
            .2
            .split("id=\"corrections\">")
            .nth(1)
            .unwrap()
            .split("</script>")
            .next()
            .unwrap(),
    )
    .unwrap();
    let right = serde_json::json!({ "repetition": 1, "at_s": own["repetitions"][0]["found_s"] })
        .to_string();
    let evil = format!("{json}Origin: http://evil.example\r\n");
    assert_eq!(post(address, &borders, &evil, right.as_bytes()).await.0, 403);
    assert_eq!(
        post(address, &borders, "Content-Type: text/plain\r\n", right.as_bytes()).await.0,
        415
    );
    assert_eq!(
        post(address, "/api/library/analyses/999/borders", json, right.as_bytes()).await.0,
        404
    );
    for wrong in [
        r#"{"repetition":1,"at_s":[1,2]}"#,
        r#"{"repetition":1,"at_s":[3,2,1]}"#,
        r#"{"repetition":1}"#,
    ] {
        assert_eq!(post(address, &borders, json, wrong.as_bytes()).await.0, 422, "{wrong}");
    }
    let many = format!("{{\"repetition\": 1, \"at_s\": [{}0]}}", "0,".repeat(100_000));
    assert!([413, 0].contains(&post(address, &borders, json, many.as_bytes()).await.0));
    assert_eq!(post(address, &borders, json, right.as_bytes()).await.0, 200);
    let found =
        |text: String| serde_json::from_str::<Value>(&text).unwrap().as_array().unwrap().len();
    assert_eq!(found(get(address, "/api/athletes?search=%27%20OR%20%271%27%3D%271").await.2), 0);
    assert_eq!(found(get(address, "/api/athletes?search=DROP%20TABLE").await.2), 1);
    assert_eq!(get(address, "/athletes/999").await.0, 404);
    assert_eq!(get(address, "/library/analyses/..%2F..%2Fetc").await.0, 400);
    running.shut_down().await;
    // Everything is there for a server started later.
    let again = server(Some(folder.path().to_owned()), ServerLimits::default()).await;
    assert_eq!(get(again.address, &report).await.0, 200);
    again.shut_down().await;
}

#[tokio::test]
async fn a_stored_analysis_is_shown_as_it_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let store = agoge::Store::open(folder.path()).unwrap();
    let ada = store.add_athlete("Ada", "").unwrap();
    let options = agoge::AnalysisOptions {
        movement: "squat".to_owned(),
        ..agoge::AnalysisOptions::default()
    };
    let limits = agoge::Models::without_model();
    let score =
        |analysis: &agoge::Analysis| format!("{:.0}", analysis.score.as_ref().unwrap().value);
    let analyse = |recording: &agoge::motion::Recording, models: &agoge::Models| {
        agoge::analyze(recording, None, models, &options).unwrap().analysis
    };
    let set = SimulatedSet { repetitions: 3, rate_hz: 30.0, ..SimulatedSet::new(Exercise::Squat) };
    let recording = set.simulate().recording;
    let by_model = score(&analyse(&recording, agoge::Models::bundled()));
    // Judged otherwise when it was stored than it would be today.
    let mut analysis = analyse(&recording, &limits);
    analysis.score.as_mut().unwrap().value = 79.0;
    assert_ne!(score(&analysis), by_model, "the two must be told apart");
    let day = "2026-03-02".parse().unwrap();
    agoge::library::save_analysis(&store, (ada, day), &recording, &analysis, &limits, &options)
        .unwrap();
    drop(store);
    let running = server(Some(folder.path().to_owned()), ServerLimits::default()).await;
    let address = running.address;
    let by_limits = score(&analysis);
    let (_, _, first) = get(address, "/library/analyses/1").await;
    let own = |page: &str| page.split("id=\"provenance\"").next().unwrap().to_owned();
    let big = |score: &str| format!("<p class=\"big\">{score}<");
    assert!(own(&first).contains(&big(&by_limits)), "{by_limits}: {}", own(&first));
    assert!(first.contains("limits of the movement definition alone"));
    assert!(!first.contains("could disagree") && !first.contains("Other analyses"));

    let again = "/api/library/analyses/1/again";
    assert_eq!(post(address, again, "Origin: http://evil.example\r\n", b"").await.0, 403);
    assert_eq!(post(address, &again.replace('1', "99"), "", b"").await.0, 404);
    let (status, _, said) = post(address, again, "", b"").await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((status, &said["changed"]), (200, &true.into()), "{said}");
    assert_eq!(said["url"], "/library/analyses/2");
    let (_, _, second) = get(address, "/library/analyses/2").await;
    assert!(own(&second).contains(&big(&by_model)));
    assert!(second.contains("analyse again, from analysis 1"));
    let (_, _, first) = get(address, "/library/analyses/1").await;
    assert!(own(&first).contains(&big(&by_limits)), "the first stays as it was");
    assert!(first.contains("href=\"/library/analyses/2\""));
    // Asked once more, the same is found, and nothing is stored.
    let (_, _, said) = post(address, &again.replace('1', "2"), "", b"").await;
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["changed"], false, "{said}");
    running.shut_down().await;
}

#[tokio::test]
async fn pages_speak_the_readers_language() {
    let folder = tempfile::tempdir().unwrap();
    let running = server(Some(folder.path().to_owned()), ServerLimits::default()).await;
    let address = running.address;
    let ask = |path: &str, more: &str| {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}\r\n");
        async move { raw(address, request.as_bytes()).await }
    };
    let chinese = "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n";
    for path in ["/", "/watch", "/athletes", "/models", "/compare", "/nowhere", "/athletes/9"] {
        let (_, _, page) = ask(path, chinese).await;
        assert!(page.contains("lang=\"zh-Hans\"") && page.contains("一切都留在本机"), "{path}");
        let (_, _, page) = ask(path, &format!("{chinese}Cookie: a=b; lang=en\r\n")).await;
        assert!(
            page.contains("lang=\"en\"") && page.contains("Everything stays on this machine"),
            "{path}"
        );
        let back = format!("/language?to=zh&amp;back={}", path.replace('?', "%3F"));
        assert!(page.contains(&back), "{path}");
    }
    let (status, head, _) = ask("/language?to=zh&back=/compare%3Ffirst%3D1", "").await;
    let head = head.to_ascii_lowercase();
    assert!(
        status == 303
            && head.contains("set-cookie: lang=zh;")
            && head.contains("location: /compare?first=1\r\n")
    );
    // It redirects nowhere else, and nothing can be injected into the headers.
    for back in [
        "//evil.example",
        "https://evil.example",
        "%2F%5Cevil.example",
        "/a%0D%0AX-Evil:%201",
        "evil",
    ] {
        let (_, head, _) = ask(&format!("/language?to=zh&back={back}"), "").await;
        assert!(!head.to_ascii_lowercase().contains("evil"), "{back}: {head}");
    }
    running.shut_down().await;
}

#[tokio::test]
async fn too_many_requests_are_slowed_down() {
    let running = server(None, ServerLimits { requests: 5.0, ..ServerLimits::default() }).await;
    let mut refused = 0;
    for _ in 0..40 {
        refused += usize::from(get(running.address, "/healthz").await.0 == 429);
    }
    assert!(refused > 0);
    running.shut_down().await;
}
