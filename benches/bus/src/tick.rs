//! Telling the application that it is time.

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// `POST /tick`, ready to be sent.
pub(crate) struct Tick {
    address: String,
    request: String,
}

impl Tick {
    pub(crate) fn new(address: &str, admin_key: &str) -> Self {
        let request = format!(
            "POST /tick HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {admin_key}\r\n\
             content-type: application/json\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        Self { address: address.to_owned(), request }
    }

    /// Sends it and waits for the answer, which comes when nothing is due any more.
    pub(crate) async fn send(&self) -> Result<()> {
        let mut stream = TcpStream::connect(&self.address).await.context("nobody answers")?;
        stream.write_all(self.request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "the tick was answered with {answer}");
        Ok(())
    }
}
