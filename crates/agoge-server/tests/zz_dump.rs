//! Temporary: writes what every page answers.
#![allow(clippy::all, clippy::pedantic, clippy::unwrap_used)]
mod common;
use agoge_server::ServerLimits;
use common::{get, post, raw, recording_file, server};

#[tokio::test(flavor = "multi_thread")]
async fn dump() {
    let out = std::path::PathBuf::from(std::env::var("DUMP_TO").unwrap());
    std::fs::create_dir_all(&out).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut n = 0;
    for library in [None, Some(folder.path().to_owned())] {
        let has = library.is_some();
        let running =
            server(library, ServerLimits { requests: 1e6, ..ServerLimits::default() }).await;
        let a = running.address;
        let json = "Content-Type: application/json\r\n";
        let mut all = String::new();
        let mut posts: Vec<(String, &str, Vec<u8>)> = vec![
            ("/api/athletes".into(), json, br#"{"name":"Ada"}"#.to_vec()),
            ("/api/athletes".into(), json, br#"{"name":"../x"}"#.to_vec()),
            ("/api/athletes".into(), json, br#"{"nam":"x"}"#.to_vec()),
            ("/api/athletes".into(), "", br#"{"name":"x"}"#.to_vec()),
            (
                "/api/label".into(),
                json,
                br#"{"kind":"quality","of":{"analysis":1,"repetition":1},"correct":true}"#.to_vec(),
            ),
            ("/api/enter".into(), json, br#"{"token":"x"}"#.to_vec()),
            (
                "/api/library/analyses/9/borders".into(),
                json,
                br#"{"repetition":1,"at_s":[1,2]}"#.to_vec(),
            ),
            ("/api/analyses?name=a.trc&movement=nono".into(), "", b"x".to_vec()),
            ("/api/analyses?name=a.trc&height_m=9".into(), "", b"x".to_vec()),
            ("/api/analyses?name=a.trc&athlete=1".into(), "", b"x".to_vec()),
            ("/api/analyses?name=a.trc".into(), "", b"x".to_vec()),
            ("/api/analyses".into(), "", b"x".to_vec()),
            ("/nowhere".into(), "", b"x".to_vec()),
        ];
        if has {
            posts.push((
                "/api/analyses?name=a.trc&movement=squat&athlete=1".into(),
                "",
                recording_file(),
            ));
            posts.push((
                "/api/analyses?name=b.trc&movement=squat&athlete=1".into(),
                "",
                recording_file(),
            ));
            posts.push((
                "/api/analyses?name=b.trc&movement=sit_to_stand&athlete=1".into(),
                "",
                recording_file(),
            ));
            posts.push((
                "/api/label".into(),
                json,
                br#"{"kind":"quality","of":{"analysis":1,"repetition":1},"correct":true}"#.to_vec(),
            ));
            posts.push((
                "/api/label".into(),
                json,
                br#"{"kind":"quality","of":{"analysis":1,"repetition":77},"correct":true}"#
                    .to_vec(),
            ));
            posts.push((
                "/api/label".into(),
                json,
                br#"{"kind":"quality","of":{"analysis":99,"repetition":1},"correct":true}"#
                    .to_vec(),
            ));
            posts.push((
                "/api/library/analyses/1/borders".into(),
                json,
                br#"{"repetition":1,"at_s":[1,2]}"#.to_vec(),
            ));
        }
        for (path, more, body) in posts {
            let (status, head, text) = post(a, &path, more, &body).await;
            all.push_str(&format!("##### POST {path}\n{head}\n\n{text}\n"));
            let _ = status;
        }
        for path in [
            "/",
            "/watch",
            "/athletes",
            "/athletes/1",
            "/athletes/9",
            "/athletes/x",
            "/analyses/7",
            "/analyses/x",
            "/library/analyses/1",
            "/library/analyses/77",
            "/library/analyses/x",
            "/athletes/1/load",
            "/athletes/9/load",
            "/athletes/1/plan",
            "/athletes/9/plan",
            "/models",
            "/language?to=zh&back=/x",
            "/language",
            "/compare",
            "/compare?first=1",
            "/compare?first=1&second=2",
            "/compare?first=1&second=3",
            "/compare?first=1&second=99",
            "/compare?third=1",
            "/label",
            "/label?movement=squat",
            "/label?movement=nono",
            "/api/label",
            "/api/label?movement=squat",
            "/api/label?movement=nono",
            "/api/library/analyses/1/repetitions/1",
            "/api/library/analyses/1/repetitions/99",
            "/api/library/analyses/99/repetitions/1",
            "/api/library/analyses/x/repetitions/1",
            "/api/athletes",
            "/api/athletes?search=A",
            "/api/movements",
            "/api/simulated",
            "/live",
            "/live/camera",
            "/enter",
            "/certificate",
            "/healthz",
            "/metrics",
            "/openapi.json",
            "/assets/words.js",
            "/assets/report.css",
            "/assets/label.js",
            "/assets/nono",
            "/nowhere",
            "/api/nowhere",
        ] {
            for language in ["en", "zh"] {
                let request = format!(
                    "GET {path} HTTP/1.1\r\nHost: {a}\r\nCookie: lang={language}\r\nConnection: close\r\n\r\n"
                );
                let (_, head, text) = raw(a, request.as_bytes()).await;
                all.push_str(&format!("##### GET {language} {path}\n{head}\n\n{text}\n"));
            }
        }
        let _ = get;
        all = all.replace("\r", "");
        all = all
            .lines()
            .filter(|l| !l.to_lowercase().starts_with("date: "))
            .map(|l| format!("{l}\n"))
            .collect();
        std::fs::write(out.join(format!("dump{n}.txt")), all.replace("><", ">\n<")).unwrap();
        n += 1;
        running.shut_down().await;
    }
}
