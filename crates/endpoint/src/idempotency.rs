//! What makes a repeated request the same one: the client's key, with the scope it counts in, and the body.

use serde_json::Value;
use tradepost_idempotency::{Fingerprint, IdempotencyKey, KEPT_FOR};
use tradepost_input::canonical_bytes;
use tradepost_problem::{Code, Problem};
use tradepost_request_syntax::route;

use crate::{Admitted, Header, now};

/// The longest path that a kept answer is filed under, in bytes. The paths of things that exist are far shorter.
const MOST_PATH_BYTES: usize = 1_024;

/// A request that came under an idempotency key. A command keeps its answer under it, in the statement that has the
/// effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Who asks.
    pub principal: String,
    /// The request's method.
    pub method: String,
    /// The request's path, however the client spelled it.
    pub path: String,
    /// 1 to 255 visible ASCII characters.
    pub key: String,
    /// SHA-256 of the canonical body.
    pub fingerprint: Vec<u8>,
    /// Until when the answer is kept, in microseconds since 1970-01-01T00:00:00Z.
    pub expires_at: i64,
}

impl Admitted {
    /// The request's idempotency key, `body` being the request's; `None` when none was sent, 400 when it is malformed.
    pub fn idempotency(&self, body: &Value) -> Result<Option<Idempotency>, Problem> {
        let Some(header) = self.header(Header::IdempotencyKey)? else { return Ok(None) };
        let key: IdempotencyKey = header.parse().map_err(|error| {
            Problem::new(Code::IdempotencyKeyMalformed, format!("The Idempotency-Key {error}"))
        })?;
        let path = route::filled(self.pattern, &self.path);
        if path.len() > MOST_PATH_BYTES {
            return Err(Problem::new(Code::MalformedRequest, "The path is too long"));
        }
        Ok(Some(Idempotency {
            principal: self.actor().into_owned(),
            method: self.method.to_owned(),
            path,
            key: key.as_str().to_owned(),
            fingerprint: Fingerprint::of(&canonical_bytes(body)).as_bytes().to_vec(),
            expires_at: now().saturating_add(KEPT_FOR).as_micros(),
        }))
    }

    /// The same of a body with a secret in it, the field `secret`, which the fingerprint leaves out: whoever reads it where
    /// it is kept could try out fast what the secret is.
    pub fn idempotency_but_for(&self, secret: &str, mut body: Value) -> Result<Option<Idempotency>, Problem> {
        if let Some(fields) = body.as_object_mut() {
            fields.remove(secret);
        }
        self.idempotency(&body)
    }

    /// The same for an endpoint that will not do without: 400 when no key was sent.
    pub fn required_idempotency(&self, body: &Value) -> Result<Idempotency, Problem> {
        self.idempotency(body)?.ok_or_else(|| {
            Problem::new(Code::IdempotencyKeyRequired, "This request needs an Idempotency-Key header")
        })
    }
}

/// An [`Idempotency`] as the record `idempotency` of a port, whose Rust type is each component's own: `$port` is the module
/// of its bindings.
#[macro_export]
macro_rules! idempotency_of {
    ($port:ident, $idempotency:expr) => {{
        let idempotency: $crate::Idempotency = $idempotency;
        $port::Idempotency {
            scope: $port::IdempotencyScope {
                principal: idempotency.principal,
                method: idempotency.method,
                path: idempotency.path,
                key: idempotency.key,
            },
            fingerprint: idempotency.fingerprint,
            expires_at: idempotency.expires_at,
        }
    }};
}

/// 422: the key was used before with another body.
pub fn key_reused() -> Problem {
    Problem::new(Code::IdempotencyKeyReused, "This idempotency key was used before with another body")
}
