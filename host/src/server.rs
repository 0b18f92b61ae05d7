//! The listening side: connections in, requests to the application, a clean end when told to stop.

mod activity;
mod chunks;
mod connection;
pub(crate) mod head;
mod rewound;
mod strict;
mod tls;

use crate::app::App;
use anyhow::{Context as _, Result};
use connection::Front;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};

pub use tls::Tls;

/// How far the server is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Connections are accepted.
    Serving,
    /// What is under way is finished, and nothing is begun.
    Draining,
    /// Whatever is left is cut off.
    Over,
}

impl Phase {
    /// Whether a connection that is parting already, or is not, has something to do about it.
    fn calls(self, is_parting: bool) -> bool {
        self == Self::Over || self == Self::Draining && !is_parting
    }
}

/// A listening socket that is not yet served, so that its address is known before the first request.
pub struct Server {
    listener: TcpListener,
    app: Arc<App>,
    tls: Option<Arc<Tls>>,
}

impl Server {
    /// Listens on `address`; port 0 takes a free one. With `tls` it speaks nothing else.
    pub async fn bind(address: SocketAddr, app: Arc<App>, tls: Option<Arc<Tls>>) -> Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "cannot listen on {address}; is another program using it? `--listen` chooses another address"
            )
        })?;
        Ok(Self { listener, app, tls })
    }

    /// Where the server listens.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves until `stop` ends, then lets requests in flight finish for as long as the limits say.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let limits = self.app.limits().clone();
        let permits = Arc::new(Semaphore::new(limits.connections));
        let front = Arc::new(Front::new(self.app.clone(), self.tls));
        let (phase, watched) = watch::channel(Phase::Serving);
        // Every connection has a sender, so that the receiver hears when the last one has ended.
        let (alive, mut ended) = mpsc::channel::<()>(1);
        let mut stop = pin!(stop);
        loop {
            // A permit first: at the limit the backlog of the socket is where clients wait.
            let accepted = async {
                let permit = permits.clone().acquire_owned().await;
                (self.listener.accept().await, permit)
            };
            let (stream, peer, permit) = tokio::select! {
                () = &mut stop => break,
                (accepted, permit) = accepted => match accepted {
                    Ok((stream, peer)) => (stream, peer, permit),
                    Err(error) => {
                        // Out of file descriptors, as a rule: others will be closed before long.
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            let (front, watched, alive) = (front.clone(), watched.clone(), alive.clone());
            tokio::spawn(async move {
                front.serve(prepared(stream), peer, watched).await;
                drop((permit, alive));
            });
        }
        drop((self.listener, alive));
        phase.send_replace(Phase::Draining);
        if tokio::time::timeout(limits.drain, ended.recv()).await.is_err() {
            tracing::warn!(
                "requests were still in flight after {} s and are cut off",
                limits.drain.as_secs()
            );
            phase.send_replace(Phase::Over);
            // They end at once; a second is for those that are looking at something else just then.
            let _ = tokio::time::timeout(Duration::from_secs(1), ended.recv()).await;
        }
        self.app.stop();
    }
}

fn prepared(stream: TcpStream) -> TcpStream {
    // Without it the last piece of an answer waits for the client's delayed acknowledgement: 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    stream
}
