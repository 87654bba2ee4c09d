//! Access from other machines: encrypted, with a token, under the server's own names only.
#![allow(clippy::unwrap_used)] // this whole file is test code

mod common;

use agoge_server::{RemoteOptions, RunningServer, ServerLimits, ServerOptions, start_server};
use futures_util::{SinkExt, StreamExt};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring::default_provider};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

async fn server(folder: &Path) -> RunningServer {
    let remote = Some(RemoteOptions { folder: folder.join("server"), new_token: false });
    let address = SocketAddr::from(([0, 0, 0, 0], 0));
    let library = Some(folder.join("library"));
    start_server(ServerOptions { address, library, limits: ServerLimits::default(), remote })
        .await
        .unwrap()
}

/// A client that trusts this machine's authority and nobody else.
async fn connect(folder: &Path, running: &RunningServer) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("server/authority.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", running.address.port())).await.unwrap();
    // The certificate must be valid for the address, within what the authority may vouch for.
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

/// Status and the whole response.
async fn ask(
    folder: &Path,
    running: &RunningServer,
    start: &str,
    more: &str,
    body: &str,
) -> (u16, String) {
    let mut stream = connect(folder, running).await;
    let port = running.address.port();
    let host =
        if more.contains("Host: ") { String::new() } else { format!("Host: 127.0.0.1:{port}\r\n") };
    let length = body.len();
    let request = format!(
        "{start} HTTP/1.1\r\n{host}Connection: close\r\n{more}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // A server that closes without a TLS close notification is acceptable here.
    let _ = stream.read_to_end(&mut bytes).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    (text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), text)
}

#[tokio::test]
async fn only_who_brings_the_token_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, running) = (folder.path(), server(folder.path()).await);
    let token = running.access_info.as_ref().unwrap().token.clone().unwrap();
    let bearer = format!("Authorization: Bearer {token}\r\n");
    for path in [
        "/",
        "/athletes",
        "/watch",
        "/api/athletes",
        "/metrics",
        "/openapi.json",
        "/live",
        "/nowhere",
        "/api/movements",
    ] {
        let (status, answer) = ask(folder, &running, &format!("GET {path}"), "", "").await;
        assert!(status == 401 && answer.contains("content-security-policy"), "{path}: {answer}");
    }
    for path in ["/enter", "/certificate", "/healthz", "/assets/enter.js"] {
        assert_eq!(ask(folder, &running, &format!("GET {path}"), "", "").await.0, 200, "{path}");
    }
    let (status, answer) =
        ask(folder, &running, "GET /athletes", "Accept: text/html\r\n", "").await;
    assert!(status == 303 && answer.contains("location: /enter"), "{answer}");
    assert_eq!(ask(folder, &running, "GET /athletes", &bearer, "").await.0, 200);
    // As a browser enters.
    let own = format!(
        "Origin: https://127.0.0.1:{}\r\nContent-Type: application/json\r\n",
        running.address.port()
    );
    let given = format!(r#"{{"token": "{token}"}}"#);
    let (status, answer) = ask(folder, &running, "POST /api/enter", &own, &given).await;
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    for word in ["HttpOnly", "Secure", "SameSite=Strict"] {
        assert!(status == 204 && cookie.contains(word), "{answer}");
    }
    let cookie = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap());
    assert_eq!(ask(folder, &running, "GET /athletes", &cookie, "").await.0, 200);
    let name = r#"{"name": "A"}"#;
    assert_eq!(
        ask(folder, &running, "POST /api/athletes", &format!("{own}{cookie}"), name).await.0,
        200
    );
    // The cookie does not help a page from elsewhere, nor a host name pointed at this machine, nor
    // an unencrypted connection.
    let evil = "Origin: https://evil.example\r\nContent-Type: application/json\r\n";
    assert_eq!(
        ask(folder, &running, "POST /api/athletes", &format!("{evil}{cookie}"), name).await.0,
        403
    );
    let clear = own.replace("https:", "http:");
    assert_eq!(
        ask(folder, &running, "POST /api/athletes", &format!("{clear}{cookie}"), name).await.0,
        403
    );
    assert_eq!(
        ask(folder, &running, "GET /athletes", &format!("Host: evil.example\r\n{cookie}"), "")
            .await
            .0,
        421
    );
    running.shut_down().await;
}

#[tokio::test]
async fn guesses_are_few() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, running) = (folder.path(), server(folder.path()).await);
    let mut answers = Vec::new();
    for guess in 0..12 {
        answers.push(
            ask(folder, &running, "GET /athletes", &format!("Cookie: agoge=guess{guess}\r\n"), "")
                .await
                .0,
        );
    }
    assert_eq!(answers[..5], [401; 5]);
    assert!(answers[6..].iter().all(|status| *status == 429), "{answers:?}");
    running.shut_down().await;
}

#[tokio::test]
async fn nothing_is_said_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let running = server(folder.path()).await;
    let port = running.address.port();
    let local = SocketAddr::from(([127, 0, 0, 1], port));
    let request =
        format!("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let (status, head, body) = common::raw(local, request.as_bytes()).await;
    assert!(status == 0 && !head.contains("HTTP") && body.is_empty(), "{head}");
    // A client that connects and sends nothing does not block the others.
    let _mute: Vec<TcpStream> = futures_util::future::join_all(
        (0..20).map(|_| async { TcpStream::connect(local).await.unwrap() }),
    )
    .await;
    assert_eq!(ask(folder.path(), &running, "GET /healthz", "", "").await.0, 200);
    running.shut_down().await;
}

#[tokio::test]
async fn a_device_follows_a_set_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, running) = (folder.path(), server(folder.path()).await);
    let token = running.access_info.as_ref().unwrap().token.clone().unwrap();
    let request = |token: Option<&str>| {
        let url = format!("wss://127.0.0.1:{}/live", running.address.port());
        let mut request = url.into_client_request().unwrap();
        if let Some(token) = token {
            request
                .headers_mut()
                .insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        request
    };
    assert!(
        tokio_tungstenite::client_async(request(None), connect(folder, &running).await)
            .await
            .is_err()
    );
    let stream = connect(folder, &running).await;
    let (mut socket, _) =
        tokio_tungstenite::client_async(request(Some(&token)), stream).await.unwrap();
    let (hello, frames) = common::squats();
    socket.send(Message::text(hello.to_string())).await.unwrap();
    let (mut send, hear) = socket.split();
    let hearing = tokio::spawn(hear.collect::<Vec<_>>());
    for frame in frames {
        send.send(Message::text(frame.to_string())).await.unwrap();
    }
    send.send(Message::text(r#"{"end":true}"#)).await.unwrap();
    let heard: Vec<_> = hearing
        .await
        .unwrap()
        .into_iter()
        .flatten()
        .filter_map(|message| message.into_text().ok())
        .collect();
    let heard: Vec<serde_json::Value> =
        heard.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    assert_eq!(common::completed(&heard), 5);
    running.shut_down().await;
}
