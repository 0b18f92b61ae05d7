//! Log-ins in vain, by those who have one address a try: what no throttle of an account or an address holds up, and each has a
//! password hashed.

use crate::connection::Connection;
use crate::subject::{Subject, post};
use anyhow::{Result, ensure};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use uuid::Uuid;

/// The flood, for as long as this lives.
pub(crate) struct Flood {
    tried: Arc<AtomicUsize>,
    connections: Vec<tokio::task::JoinHandle<Result<()>>>,
}

impl Flood {
    /// Keeps so many connections busy.
    pub(crate) async fn begin(subject: &Subject, connections: u16) -> Result<Self> {
        let mut flood = Self { tried: Arc::default(), connections: Vec::new() };
        for _ in 0..connections {
            let (connection, tried) = (Connection::open(subject.address).await?, flood.tried.clone());
            flood.connections.push(tokio::spawn(try_for_ever(connection, tried)));
        }
        Ok(flood)
    }

    /// Ends it; how often was tried. An error if one of them was not told that the password is wrong.
    pub(crate) async fn end(self) -> Result<usize> {
        for connection in self.connections {
            if connection.is_finished() {
                connection.await??;
            } else {
                connection.abort();
            }
        }
        Ok(self.tried.load(Ordering::Relaxed))
    }
}

async fn try_for_ever(mut connection: Connection, tried: Arc<AtomicUsize>) -> Result<()> {
    loop {
        let unique = Uuid::new_v4();
        let [.., a, b, c] = *unique.as_bytes();
        let status = connection
            .ask(&post(
                "/sessions",
                &format!("x-forwarded-for: 10.{a}.{b}.{c}\r\n"),
                &format!(
                    r#"{{"email":"{}@example.com","password":"a horse that is wrong"}}"#,
                    unique.simple()
                ),
            ))
            .await?;
        ensure!(status == 401, "a log-in in vain is answered {status}: {}", connection.body());
        tried.fetch_add(1, Ordering::Relaxed);
    }
}
