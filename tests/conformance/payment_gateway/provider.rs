//! A payment provider on a real socket, as `docs/payment-provider.md` describes one. It keeps books, checks who asks,
//! takes the sandbox's tokens, and misbehaves on the wire when a token asks for it.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(super) const KEY: &str = "sk_conformance";
pub(super) const SECRET: &str = "whsec_conformance";

/// A provider that is there for as long as this is.
pub(super) struct Provider {
    port: u16,
    books: Arc<Mutex<Books>>,
    serving: JoinHandle<()>,
}

impl Provider {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let books = Arc::new(Mutex::new(Books::default()));
        let serving = tokio::spawn({
            let books = books.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(converse(stream, books.clone()));
                }
            }
        });
        Self { port, books, serving }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every request that came, as `POST /v1/refunds`.
    pub(super) fn requests(&self) -> Vec<String> {
        self.books.lock().unwrap().requests.clone()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What the provider remembers.
#[derive(Default)]
struct Books {
    requests: Vec<String>,
    /// By the caller's reference: the status and body of the answer.
    operations: HashMap<String, (u16, Value)>,
    intents: HashMap<String, Intent>,
}

struct Intent {
    token: String,
    amount: i64,
    /// `requires_capture`, `succeeded` or `canceled`.
    status: &'static str,
    refunded: i64,
}

/// What is done on the wire.
enum Wire {
    Answer(u16, String),
    After(Duration, u16, String),
    Twice(u16, String),
    /// The connection ends after this much.
    Cut(String),
    /// Nothing comes, and the connection stays.
    Hang,
}

struct Asked {
    method: String,
    path: String,
    headers: HashMap<String, String>,
    body: String,
}

async fn converse(mut stream: TcpStream, books: Arc<Mutex<Books>>) {
    let Some(asked) = read(&mut stream).await else { return };
    let wire = books.lock().unwrap().answer(&asked);
    // Whoever does not wait for the answer does not get it.
    let _ = match wire {
        Wire::Answer(status, body) => stream.write_all(whole(status, &body).as_bytes()).await,
        Wire::After(wait, status, body) => {
            tokio::time::sleep(wait).await;
            stream.write_all(whole(status, &body).as_bytes()).await
        }
        Wire::Twice(status, body) => stream.write_all(whole(status, &body).repeat(2).as_bytes()).await,
        Wire::Cut(bytes) => stream.write_all(bytes.as_bytes()).await,
        Wire::Hang => std::future::pending().await,
    };
}

fn whole(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Asked { method, path, headers, body: String::from_utf8(body).unwrap() })
}

impl Books {
    fn answer(&mut self, asked: &Asked) -> Wire {
        self.requests.push(format!("{} {}", asked.method, asked.path));
        let header = |name: &str| asked.headers.get(name).map(String::as_str).unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
        let signed =
            tradepost_signature::verify(SECRET, header("payment-signature"), asked.body.as_bytes(), now);
        if header("authorization") != format!("Bearer {KEY}") || signed.is_err() {
            return Wire::Answer(401, failure("unauthorized", "Who are you?").to_string());
        }
        let reference = header("idempotency-key").to_owned();
        let path: Vec<&str> = asked.path.split('/').skip(1).collect();
        if let ["v1", "operations", reference] = path.as_slice() {
            assert_eq!(asked.method, "GET");
            return self.look_up(reference);
        }
        assert_eq!(asked.method, "POST");
        if let Some((status, body)) = self.operations.get(&reference) {
            return Wire::Answer(*status, body.to_string());
        }
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let (token, (status, answer)) = match path.as_slice() {
            ["v1", "payment_intents"] => {
                let token = body["payment_method"].as_str().unwrap().to_owned();
                if token == "tok_timeout" || (token == "tok_flaky" && reference.contains("-1-")) {
                    return Wire::Cut(String::new());
                }
                (token.clone(), self.authorise(&reference, token, &body))
            }
            ["v1", "payment_intents", intent, end @ ("capture" | "cancel")] => {
                (self.token(intent), self.close(intent, end, &body))
            }
            ["v1", "refunds"] => {
                let intent = body["payment_intent"].as_str().unwrap();
                (self.token(intent), self.refund(&reference, intent, &body))
            }
            other => panic!("{other:?}"),
        };
        self.operations.insert(reference.clone(), (status, answer.clone()));
        let operation = path.last().copied().unwrap_or_default();
        on_the_wire(&token, operation, status, &answer)
    }

    fn token(&self, intent: &str) -> String {
        self.intents.get(intent).map(|intent| intent.token.clone()).unwrap_or_default()
    }

    fn look_up(&self, reference: &str) -> Wire {
        match self.operations.get(reference) {
            _ if reference.starts_with("down") => Wire::Answer(503, String::new()),
            _ if reference.starts_with("nowhere") => Wire::Answer(404, "<h1>Not Found</h1>".to_owned()),
            _ if reference.starts_with("elsewhere") => {
                Wire::Answer(404, failure("route_not_found", "There is nothing here").to_string())
            }
            _ if reference.starts_with("garbled") => Wire::Answer(200, "{\"state\":\"succ".to_owned()),
            _ if reference.starts_with("pending") => {
                Wire::Answer(200, json!({"state": "pending"}).to_string())
            }
            None => Wire::Answer(404, failure("operation_not_found", "Never heard of it").to_string()),
            Some((402, body)) => {
                Wire::Answer(200, json!({"state": "declined", "error": body["error"]}).to_string())
            }
            Some((_, body)) => Wire::Answer(200, json!({"state": "succeeded", "id": body["id"]}).to_string()),
        }
    }

    fn authorise(&mut self, reference: &str, token: String, body: &Value) -> (u16, Value) {
        assert_eq!((&body["capture_method"], &body["confirm"]), (&json!("manual"), &json!(true)));
        assert_eq!(body["currency"], "USD");
        assert!(body["metadata"]["order_id"].as_str().unwrap().starts_with("order_"));
        let amount = body["amount"].as_i64().unwrap();
        let known = token.starts_with("tok_http_")
            || [
                "tok_ok",
                "tok_timeout_captured",
                "tok_slow",
                "tok_flaky",
                "tok_refund_declined",
                "tok_refund_timeout",
            ]
            .contains(&token.as_str());
        match token.as_str() {
            _ if amount <= 0 => declined("invalid_amount"),
            "tok_declined" => declined("card_declined"),
            "tok_insufficient_funds" => declined("insufficient_funds"),
            "tok_fraud" => declined("fraud_suspected"),
            "" => declined("payment_method_missing"),
            _ if !known => declined("invalid_payment_method"),
            _ => {
                let id = format!("pi_{reference}");
                let intent = Intent { token, amount, status: "requires_capture", refunded: 0 };
                self.intents.insert(id.clone(), intent);
                (200, json!({"id": id, "status": "requires_capture"}))
            }
        }
    }

    fn close(&mut self, id: &str, end: &str, body: &Value) -> (u16, Value) {
        let Some(intent) = self.intents.get_mut(id) else { return declined("authorisation_unknown") };
        match intent.status {
            "succeeded" => return declined("already_captured"),
            "canceled" => return declined("already_voided"),
            _ => {}
        }
        if end == "cancel" {
            intent.status = "canceled";
        } else if body["amount_to_capture"].as_i64() == Some(intent.amount) {
            intent.status = "succeeded";
        } else {
            return declined("amount_mismatch");
        }
        (200, json!({"id": id, "status": intent.status}))
    }

    fn refund(&mut self, reference: &str, id: &str, body: &Value) -> (u16, Value) {
        let Some(intent) = self.intents.get_mut(id).filter(|intent| intent.status == "succeeded") else {
            return declined("not_captured");
        };
        let amount = body["amount"].as_i64().unwrap();
        if amount <= 0 {
            return declined("invalid_amount");
        }
        if intent.token == "tok_refund_declined" {
            return declined("refund_failed");
        }
        if intent.refunded + amount > intent.amount {
            return declined("amount_too_large");
        }
        intent.refunded += amount;
        (200, json!({"id": format!("re_{reference}"), "status": "succeeded"}))
    }
}

/// How an answer goes out when the token says how.
fn on_the_wire(token: &str, operation: &str, status: u16, answer: &Value) -> Wire {
    let body = answer.to_string();
    match (token, operation) {
        ("tok_slow", "payment_intents") => Wire::After(Duration::from_secs(2), status, body),
        ("tok_timeout_captured", "capture") | ("tok_refund_timeout", "refunds") if status == 200 => {
            Wire::Cut(String::new())
        }
        (token, "payment_intents") => match token {
            "tok_http_500" => Wire::Answer(500, body),
            "tok_http_302" => Wire::Answer(302, body),
            "tok_http_404" => Wire::Answer(404, body),
            "tok_http_409" => Wire::Answer(409, failure("card_declined", "no").to_string()),
            "tok_http_429" => Wire::Answer(429, body),
            "tok_http_bare_402" => Wire::Answer(402, String::new()),
            "tok_http_page_402" => Wire::Answer(402, "<h1>Payment Required</h1>".to_owned()),
            "tok_http_garbage" => Wire::Answer(200, "<h1>Welcome</h1>".to_owned()),
            "tok_http_empty" => Wire::Answer(200, String::new()),
            "tok_http_processing" => {
                Wire::Answer(200, json!({"id": answer["id"], "status": "processing"}).to_string())
            }
            "tok_http_captured" => {
                Wire::Answer(200, json!({"id": answer["id"], "status": "succeeded"}).to_string())
            }
            "tok_http_path" => {
                Wire::Answer(200, json!({"id": "../refunds", "status": "requires_capture"}).to_string())
            }
            "tok_http_huge" => Wire::Answer(200, format!("{}{body}", " ".repeat(1_000_000))),
            "tok_http_cut_head" => Wire::Cut("HTTP/1.1 20".to_owned()),
            "tok_http_cut_body" => {
                Wire::Cut(format!("HTTP/1.1 200 Said\r\ncontent-length: 9999\r\n\r\n{body}"))
            }
            "tok_http_not_http" => Wire::Cut("220 mail.example.com ESMTP\r\n".to_owned()),
            "tok_http_hang" => Wire::Hang,
            "tok_http_twice" => Wire::Twice(status, body),
            _ => Wire::Answer(status, body),
        },
        _ => Wire::Answer(status, body),
    }
}

fn declined(code: &str) -> (u16, Value) {
    (402, failure(code, "The provider says no"))
}

fn failure(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}
