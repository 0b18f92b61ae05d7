//! What one request, one instance and the whole host may use. Every limit is on by default.

use std::time::Duration;

/// The host's limits. What happens at each is part of its description.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Time from a request's head to its answer's head; then 504. Also the longest that a guest may compute
    /// without giving way before its instance is stopped.
    pub request_deadline: Duration,
    /// Linear memory of each module of an instance, in bytes; an allocation beyond it fails in the guest, which
    /// as a rule traps: 500.
    pub instance_memory_bytes: usize,
    /// Request body, in bytes; then 413. An endpoint has a smaller limit of its own.
    pub request_body_bytes: u64,
    /// Requests being handled at once; beyond that 503 with `Retry-After`.
    pub concurrent_requests: usize,
    /// Open client connections; beyond that new ones wait to be accepted.
    pub connections: usize,
    /// Time for a TLS handshake; then the connection is closed.
    pub tls_handshake: Duration,
    /// Time for a request's head to arrive, from its first byte; then 408. Also the time in which a new connection has
    /// to say anything at all.
    pub header_read: Duration,
    /// How long a connection without a request is kept.
    pub keep_alive: Duration,
    /// Time that a component may wait for a request's body in all, beside what [`Self::body_bytes_per_second`] gives
    /// for each byte that came; then 408.
    pub body_patience: Duration,
    /// What a body must arrive with once that patience is used up.
    pub body_bytes_per_second: u64,
    /// Time for a client to take an answer, from its first byte to its last; then the connection is closed.
    pub answer_taken: Duration,
    /// Requests at once on one HTTP/2 connection; more are not begun. Also how many of them a client may break off
    /// beyond those that it lets be answered, before its connection is closed.
    pub streams: u32,
    /// How long requests in flight may take to finish once the server was told to stop; then they are cut off.
    pub drain: Duration,
    /// Component instances alive at once, all components together; beyond that 503 with `Retry-After`.
    pub instances: u32,
    /// Requests that an instance may handle before it is replaced.
    pub instance_reuse: usize,
    /// Requests that an instance may handle at once.
    pub instance_concurrency: usize,
    /// How long an idle instance is kept.
    pub instance_idle: Duration,
    /// Connections to one Postgres address.
    pub postgres_connections: usize,
    /// Time that a statement waits for one of those connections.
    pub postgres_wait: Duration,
}

impl Limits {
    /// The part that is about Postgres.
    pub fn pools(&self) -> tradepost_sql_pool::Limits {
        tradepost_sql_pool::Limits {
            connections_per_address: self.postgres_connections,
            wait: self.postgres_wait,
            ..tradepost_sql_pool::Limits::default()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_deadline: Duration::from_secs(40),
            instance_memory_bytes: 64 << 20,
            request_body_bytes: 16 << 20,
            concurrent_requests: 1024,
            connections: 4096,
            tls_handshake: Duration::from_secs(10),
            header_read: Duration::from_secs(15),
            keep_alive: Duration::from_mins(1),
            body_patience: Duration::from_secs(10),
            body_bytes_per_second: 1024,
            answer_taken: Duration::from_mins(2),
            streams: 100,
            drain: Duration::from_secs(30),
            instances: 512,
            // Spin replaces an instance after 128 requests and one idle second. Reuse costs nothing here that
            // replacement would give back, and instantiating a composition of three components costs more than
            // a request does.
            instance_reuse: 8192,
            instance_concurrency: 16,
            instance_idle: Duration::from_secs(5),
            postgres_connections: 16,
            postgres_wait: Duration::from_secs(5),
        }
    }
}
