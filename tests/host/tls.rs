//! HTTPS: whose certificate, which protocols, and what of a client that does not get that far.

use crate::probe::{probes, text};
use crate::wire::{ask, http2, rest};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tradepost::limits::Limits;
use tradepost::server::Tls;
use tradepost_tests::{Application, Setup};

/// A certificate for `localhost` in files of its own.
struct Files {
    folder: TempDir,
    certificate: CertificateDer<'static>,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Self { folder, certificate: CertificateDer::from(Vec::new()) };
        files.renew();
        files
    }

    /// Writes another certificate in the place of the present one.
    fn renew(&mut self) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        self.write("certificate.pem", &cert.pem(), 0o644);
        self.write("key.pem", &signing_key.serialize_pem(), 0o600);
        self.certificate = cert.der().clone();
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self) -> Arc<Tls> {
        Tls::read(&self.path("certificate.pem"), &self.path("key.pem")).unwrap()
    }
}

/// Connects as somebody who trusts this certificate alone and speaks these protocols.
async fn connect(
    app: &Application,
    trusted: &CertificateDer<'static>,
    protocols: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let stream = TcpStream::connect(app.address()).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect("localhost".try_into().unwrap(), stream).await
}

const H1: &[u8] = b"GET /headers HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn both_protocols_are_spoken_and_guests_are_told_that_it_is_https() {
    let files = Files::new();
    let app = probes(Setup { tls: Some(files.read()), ..Setup::default() }).await;
    let stream = connect(&app, &files.certificate, &[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (send, _connection) = http2(stream).await;
    let (status, seen) = ask(&send, http::Request::get("https://localhost/headers?a=b")).await;
    assert_eq!(status, 200);
    for line in ["spin-full-url: https://localhost/headers?a=b", "spin-client-addr: 127.0.0.1:"] {
        assert!(seen.lines().any(|seen| seen.starts_with(line)), "{line} in {seen}");
    }
    for protocols in [&[&b"http/1.1"[..]][..], &[]] {
        let mut stream = connect(&app, &files.certificate, protocols).await.unwrap();
        stream.write_all(H1).await.unwrap();
        let seen = rest(&mut stream).await;
        assert!(seen.starts_with("HTTP/1.1 200 "), "{seen}");
        assert!(seen.contains("spin-full-url: https://localhost/headers"), "{seen}");
    }
    assert!(connect(&app, &files.certificate, &[b"spdy/3"]).await.is_err(), "no protocol in common");
}

#[tokio::test(flavor = "multi_thread")]
async fn http_to_an_https_port_gets_nothing_and_harms_nobody() {
    let files = Files::new();
    let app = probes(Setup { tls: Some(files.read()), ..Setup::default() }).await;
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    stream.write_all(H1).await.unwrap();
    assert!(!rest(&mut stream).await.contains("HTTP/"));
    let mut stream = connect(&app, &files.certificate, &[]).await.unwrap();
    stream.write_all(H1).await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let files = Files::new();
    let limits = Limits { tls_handshake: Duration::from_millis(300), ..Limits::default() };
    let app = probes(Setup { tls: Some(files.read()), limits: Some(limits), ..Setup::default() }).await;
    let start = Instant::now();
    let mut silent = TcpStream::connect(app.address()).await.unwrap();
    let mut begun = TcpStream::connect(app.address()).await.unwrap();
    begun.write_all(&[22, 3, 1, 1, 0]).await.unwrap();
    assert_eq!((rest(&mut silent).await, rest(&mut begun).await), (String::new(), String::new()));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_for_new_connections_and_a_bad_one_for_none() {
    let mut files = Files::new();
    let (tls, old) = (files.read(), files.certificate.clone());
    let app = probes(Setup { tls: Some(tls.clone()), ..Setup::default() }).await;
    let (before, _connection) = http2(connect(&app, &old, &[b"h2"]).await.unwrap()).await;
    files.renew();
    tls.reload().unwrap();
    assert!(connect(&app, &old, &[b"h2"]).await.is_err(), "the old certificate is not given any more");
    connect(&app, &files.certificate, &[b"h2"]).await.unwrap();
    let (status, _) = ask(&before, http::Request::get("https://localhost/hello")).await;
    assert_eq!(status, 200, "who is connected stays so");

    files.write("key.pem", &KeyPair::generate().unwrap().serialize_pem(), 0o600);
    let error = tls.reload().unwrap_err();
    assert!(error.to_string().contains("is not the one of the certificate"), "{error:#}");
    connect(&app, &files.certificate, &[b"h2"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_files_is_said_without_saying_what_is_in_them() {
    let files = Files::new();
    let secret = "c2VjcmV0LW9mLXRoZS1rZXk=";
    let other = KeyPair::generate().unwrap().serialize_pem();
    let (certificate, key) = (files.path("certificate.pem"), files.path("key.pem"));
    let pem = fs::read_to_string(&key).unwrap();
    let garbage = format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n");
    let cases = [
        (files.path("none"), key.clone(), "cannot read the TLS certificate"),
        (files.write("empty", "", 0o600), key.clone(), "there is no certificate"),
        (files.write("text", "certificate", 0o600), key.clone(), "there is no certificate"),
        (certificate.clone(), files.path("none"), "cannot read the TLS key"),
        (certificate.clone(), files.write("none.pem", secret, 0o600), "there is no private key"),
        (certificate.clone(), files.write("garbage", &garbage, 0o600), "cannot be used"),
        (certificate.clone(), files.write("other", &other, 0o600), "is not the one of the certificate"),
        (certificate.clone(), files.write("read", &pem, 0o604), "has mode 604"),
        (certificate.clone(), files.write("written", &pem, 0o660), "has mode 660"),
        (certificate.clone(), certificate.clone(), "has mode 644"),
    ];
    for (certificate, key, words) in cases {
        let Err(error) = Tls::read(&certificate, &key) else { panic!("{} was taken", key.display()) };
        let said = format!("{error:#}");
        assert!(said.contains(words), "{words:?} in {said:?}");
        assert!(!said.contains(secret), "{said}");
    }
    Tls::read(&certificate, &files.write("by-the-group", &pem, 0o640)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_certificate_serves_http_as_before() {
    let app = probes(Setup::default()).await;
    let answer = app.get("/headers").send().await;
    assert!(text(&answer).contains("spin-full-url: http://127.0.0.1:"), "{answer:?}");
}
