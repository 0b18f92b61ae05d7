//! What a guest writes to standard output or error becomes log lines of the host, named after the component.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// Longest line that is kept whole, in bytes; a guest that writes on without a line's end does not grow the host.
const LINE_BYTES: usize = 8 << 10;

/// A stream of a component that ends in the host's log.
#[derive(Clone)]
pub(crate) struct GuestLog {
    component: Arc<str>,
}

impl GuestLog {
    pub(crate) fn new(component: &Arc<str>) -> Self {
        Self { component: component.clone() }
    }
}

impl IsTerminal for GuestLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Lines { component: self.component.clone(), line: Vec::new() })
    }
}

/// Cuts what is written into lines.
struct Lines {
    component: Arc<str>,
    line: Vec<u8>,
}

impl Lines {
    fn emit(&mut self) {
        if !self.line.is_empty() {
            tracing::info!(component = &*self.component, "{}", String::from_utf8_lossy(&self.line));
            self.line.clear();
        }
    }
}

impl AsyncWrite for Lines {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        for byte in bytes {
            if *byte == b'\n' || self.line.len() >= LINE_BYTES {
                self.emit();
            }
            if *byte != b'\n' {
                self.line.push(*byte);
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.emit();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.emit();
    }
}
