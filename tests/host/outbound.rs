//! What guests reach over HTTP outside: by address and not by name alone.

use crate::probe::{probes_with, text};
use futures::future::BoxFuture;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tradepost::networks::{Network, Networks, Resolver};
use tradepost_tests::{Answer, Application, Setup};

/// A manifest's grant that leaves the decision to the addresses.
const ANYWHERE: &str = r#"allowed_outbound_hosts = ["http://*:*", "https://*:*"]"#;

/// Somebody on this machine who gives everyone the same answer, and counts them.
struct Neighbour {
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Neighbour {
    async fn saying(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { port, asked }
    }

    async fn asked(&self) -> usize {
        // A connection is accepted a moment after whoever made it thinks that it is there.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        self.asked.load(Ordering::SeqCst)
    }
}

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";

/// A name server whose answers are written down beforehand; the last one is given for ever.
struct Answers {
    answers: Mutex<Vec<Vec<&'static str>>>,
    asked: AtomicUsize,
}

impl Answers {
    fn of(answers: &[&[&'static str]]) -> Arc<Self> {
        let answers = answers.iter().rev().map(|answer| answer.to_vec()).collect();
        Arc::new(Self { answers: Mutex::new(answers), asked: AtomicUsize::new(0) })
    }
}

impl Resolver for Answers {
    fn resolve(&self, _: &str, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop().unwrap() } else { answers[0].clone() };
        let addresses =
            answer.iter().map(|address| SocketAddr::new(address.parse().unwrap(), port)).collect();
        Box::pin(async move { Ok(addresses) })
    }
}

async fn probe(networks: Networks) -> Application {
    probes_with(&[("probe", "/...", ANYWHERE)], Setup { networks, ..Setup::default() }).await
}

async fn fetch(app: &Application, url: &str) -> Answer {
    let url = url.bytes().fold(String::new(), |mut text, byte| {
        write!(text, "%{byte:02x}").unwrap();
        text
    });
    app.get(&format!("/fetch?{url}")).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn this_machine_is_not_the_open_internet_however_it_is_spelt() {
    let neighbour = Neighbour::saying(HELLO).await;
    let app = probe(Networks::default()).await;
    let port = neighbour.port;
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "2130706433",
        "0x7f.0.0.1",
        "127.1",
        "0177.0.0.1",
        "169.254.169.254",
    ] {
        let answer = fetch(&app, &format!("http://{host}:{port}/")).await;
        let said = text(&answer);
        let is_refused = ["DestinationIpProhibited", "DnsError"].iter().any(|code| said.contains(code));
        assert_eq!((answer.status, is_refused), (418, true), "{host}: {answer:?}");
    }
    assert_eq!(neighbour.asked().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_what_its_addresses_are() {
    let neighbour = Neighbour::saying(HELLO).await;
    for addresses in [&["127.0.0.1"][..], &["10.0.0.1", "192.168.1.1", "fd00::1"], &["169.254.169.254"]] {
        let app = probe(Networks::default().resolved_by(Answers::of(&[addresses]))).await;
        let answer = fetch(&app, &format!("http://shop.example.com:{}/", neighbour.port)).await;
        assert!(text(&answer).contains("DestinationIpProhibited"), "{addresses:?}: {answer:?}");
    }
    assert_eq!(neighbour.asked().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_allows_is_reached() {
    let neighbour = Neighbour::saying(HELLO).await;
    for network in ["private", "127.0.0.0/8"] {
        let app = probe(Networks::and(&[network.parse().unwrap()])).await;
        let answer = fetch(&app, &format!("http://127.0.0.1:{}/", neighbour.port)).await;
        assert_eq!((answer.status, &*text(&answer)), (200, "200 hello"), "{answer:?}");
    }
    assert_eq!(neighbour.asked().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_that_was_looked_at_is_the_one_that_is_connected_to() {
    let neighbour = Neighbour::saying(HELLO).await;
    let allowed: Network = "127.0.0.1".parse().unwrap();
    // The name server says one thing when it is asked for the first time, and another ever after.
    let rebinding = Answers::of(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let app = probe(Networks::and(&[allowed]).resolved_by(rebinding.clone())).await;
    let url = format!("http://shop.example.com:{}/", neighbour.port);
    assert_eq!(text(&fetch(&app, &url).await), "200 hello");
    assert_eq!(rebinding.asked.load(Ordering::SeqCst), 1, "asked once for one request");
    assert!(text(&fetch(&app, &url).await).contains("DestinationIpProhibited"), "and again for the next");
    assert_eq!(neighbour.asked().await, 1);

    // Of several addresses those that are not allowed are not tried.
    let mixed = Answers::of(&[&["127.0.0.2", "127.0.0.1"]]);
    let elsewhere = TcpListener::bind(("127.0.0.2", neighbour.port)).await.unwrap();
    let app = probe(Networks::and(&[allowed]).resolved_by(mixed)).await;
    assert_eq!(text(&fetch(&app, &url).await), "200 hello");
    assert!(tokio::time::timeout(std::time::Duration::from_millis(100), elsewhere.accept()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_told_and_not_followed() {
    let target = Neighbour::saying(HELLO).await;
    let location = format!("http://127.0.0.1:{}/", target.port);
    let answer = format!(
        "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let redirecting = Neighbour::saying(answer.leak()).await;
    let app = probe(Networks::and(&[Network::Private])).await;
    let answer = fetch(&app, &format!("http://127.0.0.1:{}/", redirecting.port)).await;
    assert_eq!(text(&answer), "302 ");
    assert_eq!(target.asked().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_an_address_is_an_error_like_any_other() {
    let app = probe(Networks::default().resolved_by(Answers::of(&[&[]]))).await;
    assert!(text(&fetch(&app, "http://nowhere.example.com/").await).contains("DnsError"));
}
