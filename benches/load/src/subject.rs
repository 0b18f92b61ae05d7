//! A server that is measured, and the requests that it is asked.

use crate::connection::Connection;
use anyhow::{Context as _, Result, bail, ensure};
use clap::ValueEnum;
use std::fmt;
use std::net::SocketAddr;
use uuid::Uuid;

/// Products to order.
const PRODUCTS: usize = 100;

/// Orders to read.
const ORDERS: usize = 1_000;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// `GET /health`: no store.
    Health,
    /// `POST /users`: one statement.
    Users,
    /// `POST /orders`: two statements and a view.
    Orders,
    /// `GET /orders/:order_id`: a view.
    Order,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Health, Self::Users, Self::Orders, Self::Order];

    /// The status of every answer.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Health | Self::Order => 200,
            Self::Users | Self::Orders => 201,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Health => "GET /health",
            Self::Users => "POST /users",
            Self::Orders => "POST /orders",
            Self::Order => "GET /orders/<id>",
        })
    }
}

/// A server with what it takes to ask it.
pub(crate) struct Subject {
    pub(crate) address: SocketAddr,
    authorization: String,
    skus: Vec<String>,
    order_paths: Vec<String>,
}

impl Subject {
    /// Gives the server something to show. Products are those of `other`, on the same database, or made here; orders
    /// are its own, because each server has views of its own.
    pub(crate) async fn prepare(address: SocketAddr, admin_key: &str, other: Option<&Self>) -> Result<Self> {
        let mut subject = Self {
            address,
            authorization: format!("authorization: Bearer {admin_key}\r\n"),
            skus: other.map(|other| other.skus.clone()).unwrap_or_default(),
            order_paths: Vec::new(),
        };
        let mut connection = Connection::open(address).await?;
        if subject.skus.is_empty() {
            let batch = Uuid::new_v4().simple().to_string().to_uppercase();
            for number in 0..PRODUCTS {
                let sku = format!("LOAD-{batch}-{number}");
                let body = format!(
                    r#"{{"sku":"{sku}","name":"Product {number}","price":{{"amount":1999,"currency":"USD"}}}}"#
                );
                let request = post("/products", &subject.authorization, &body);
                expect(&mut connection, &request, 201).await?;
                subject.skus.push(sku);
            }
        }
        for _ in 0..ORDERS {
            let request = subject.request(Kind::Orders, Uuid::new_v4());
            let body = expect(&mut connection, &request, 201).await?;
            let id = body.split_once(r#""id":""#).and_then(|(_, rest)| rest.split_once('"'));
            let (id, _) = id.with_context(|| format!("an order without an id: {body}"))?;
            subject.order_paths.push(format!("/orders/{id}"));
        }
        Ok(subject)
    }

    /// The bytes of one request. `unique` makes it unlike any other, and picks what it is about.
    pub(crate) fn request(&self, kind: Kind, unique: Uuid) -> Vec<u8> {
        match kind {
            Kind::Health => get("/health", ""),
            Kind::Users => {
                let body = format!(r#"{{"name":"Load","email":"{}@load.example.com"}}"#, unique.simple());
                post("/users", "", &body)
            }
            Kind::Orders => {
                let sku = picked(&self.skus, unique);
                let body =
                    format!(r#"{{"lines":[{{"sku":"{sku}","quantity":2}}],"email":"first@example.com"}}"#);
                post("/orders", &format!("idempotency-key: {}\r\n", unique.simple()), &body)
            }
            Kind::Order => get(picked(&self.order_paths, unique), &self.authorization),
        }
    }
}

fn picked(from: &[String], by: Uuid) -> &str {
    let (_, low) = by.as_u64_pair();
    let position = usize::try_from(low).unwrap_or(0).checked_rem(from.len());
    position.and_then(|position| from.get(position)).map_or("", String::as_str)
}

fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").into_bytes()
}

fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Asks, and takes no other status than the expected one.
async fn expect(connection: &mut Connection, request: &[u8], status: u16) -> Result<String> {
    let answered = connection.ask(request).await?;
    let body = connection.body();
    if answered == 401 {
        bail!("the admin key is not the server's");
    }
    ensure!(answered == status, "{answered} instead of {status}: {body}");
    Ok(body)
}
