//! A server that is measured, and the requests that it is asked.

use crate::connection::Connection;
use crate::processor::Process;
use anyhow::{Context as _, Result, bail, ensure};
use clap::ValueEnum;
use std::fmt;
use std::net::SocketAddr;
use uuid::Uuid;

/// Products to order.
const PRODUCTS: usize = 100;

/// What there is of each, so that none runs out.
const PLENTY: u64 = 1_000_000_000;

/// The header of an order whose outcome is waited for.
pub(crate) const WAIT: &str = "prefer: wait=30\r\n";

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
    /// `POST /orders` with `Prefer: wait`: answered when stock is reserved and the money taken.
    Settled,
    /// The same, everybody ordering the same product.
    HotSku,
    /// `GET /orders/:order_id`: a view.
    Order,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Health, Self::Users, Self::Order, Self::Orders, Self::Settled, Self::HotSku];

    /// What a server answers that places orders and does no more for them.
    pub(crate) const OF_BOTH: [Self; 4] = [Self::Health, Self::Users, Self::Order, Self::Orders];

    /// The status of every answer.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Health | Self::Order => 200,
            Self::Users | Self::Orders | Self::Settled | Self::HotSku => 201,
        }
    }

    /// What every answer's body contains.
    pub(crate) const fn says(self) -> &'static str {
        match self {
            Self::Settled | Self::HotSku => r#""status":"placed""#,
            Self::Health | Self::Order | Self::Users | Self::Orders => "",
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
            Self::Settled => "orders, settled",
            Self::HotSku => "settled, one SKU",
        })
    }
}

/// A server with what it takes to ask it.
pub(crate) struct Subject {
    pub(crate) address: SocketAddr,
    /// Its process, if that is known.
    pub(crate) process: Option<Process>,
    authorization: String,
    readers_authorization: String,
    skus: Vec<String>,
    order_paths: Vec<String>,
}

impl Subject {
    /// Gives the server something to show. Products are those of `other`, on the same database, or made here; orders
    /// are its own, because each server has views of its own.
    pub(crate) async fn prepare(
        address: SocketAddr,
        process: Option<Process>,
        admin_key: &str,
        reader: &str,
        other: Option<&Self>,
    ) -> Result<Self> {
        let mut subject = Self {
            address,
            process,
            authorization: authorization(admin_key),
            readers_authorization: authorization(reader),
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
                subject.stock(&mut connection, &sku, PLENTY).await?;
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

    /// Puts pieces of a product that is new into stock.
    async fn stock(&self, connection: &mut Connection, sku: &str, pieces: u64) -> Result<()> {
        let body = format!(r#"{{"delta":{pieces},"reason":"to be measured"}}"#);
        let request = post(&format!("/stock/{sku}/adjustments"), &self.authorization, &body);
        expect(connection, &request, 201).await?;
        Ok(())
    }

    /// A product of which there are so many; its SKU.
    pub(crate) async fn new_product(&self, connection: &mut Connection, pieces: u64) -> Result<String> {
        let sku = format!("RACE-{}", Uuid::new_v4().simple().to_string().to_uppercase());
        let body =
            format!(r#"{{"sku":"{sku}","name":"Sought after","price":{{"amount":1999,"currency":"USD"}}}}"#);
        expect(connection, &post("/products", &self.authorization, &body), 201).await?;
        self.stock(connection, &sku, pieces).await?;
        Ok(sku)
    }

    /// The bytes of one request. `unique` makes it unlike any other, and picks what it is about.
    pub(crate) fn request(&self, kind: Kind, unique: Uuid) -> Vec<u8> {
        match kind {
            Kind::Health => get("/health", ""),
            Kind::Users => {
                let body = format!(r#"{{"name":"Load","email":"{}@load.example.com"}}"#, unique.simple());
                post("/users", "", &body)
            }
            Kind::Orders => order(picked(&self.skus, unique), 2, unique, ""),
            Kind::Settled => order(picked(&self.skus, unique), 2, unique, WAIT),
            Kind::HotSku => order(self.skus.first().map_or("", String::as_str), 2, unique, WAIT),
            Kind::Order => get(picked(&self.order_paths, unique), &self.readers_authorization),
        }
    }
}

/// An order of so many pieces.
pub(crate) fn order(sku: &str, pieces: u64, unique: Uuid, headers: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"lines":[{{"sku":"{sku}","quantity":{pieces}}}],"payment_method":"tok_ok","email":"{}@load.example.com"}}"#,
        unique.simple()
    );
    post("/orders", &format!("idempotency-key: {}\r\n{headers}", unique.simple()), &body)
}

fn picked(from: &[String], by: Uuid) -> &str {
    let (_, low) = by.as_u64_pair();
    let position = usize::try_from(low).unwrap_or(0).checked_rem(from.len());
    position.and_then(|position| from.get(position)).map_or("", String::as_str)
}

/// The header that shows the credential; nothing for an empty one.
fn authorization(credential: &str) -> String {
    if credential.is_empty() {
        return String::new();
    }
    format!("authorization: Bearer {credential}\r\n")
}

fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").into_bytes()
}

pub(crate) fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
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
