//! A request that may come in.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::Value;
use tradepost_client_network::network;
use tradepost_input::{Faulted, Object};
use tradepost_problem::{Code, Problem};
use tradepost_request_syntax::if_match::GZIP_MARK;
use tradepost_request_syntax::{query, route};
use wasip3::http::types::Fields;

use crate::admission::Principal;
use crate::{IfMatch, Incoming, Traceparent, Wait, serve};

/// A request that has passed admission and all that its endpoint's table asks.
///
/// Only the wrapper makes one, so a handler that has one in its hands need not check anything again. It shows
/// facts, not headers: what a client could have made up (`spin-…`, `x-forwarded-…`, `forwarded`) cannot be asked
/// for.
pub struct Admitted {
    pub(crate) request_id: String,
    pub(crate) pattern: &'static str,
    /// As the endpoint's table has it, so HEAD is GET.
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Fields,
    pub(crate) principal: Principal,
    pub(crate) body: Vec<u8>,
    pub(crate) incoming: Cell<Option<Incoming>>,
}

/// The request headers that handlers may read. Whatever else a client sends means nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// `Idempotency-Key`, of the IETF draft of that name.
    IdempotencyKey,
    /// `If-Match` (RFC 9110, section 13.1.1). [`Admitted::if_match`] reads it.
    IfMatch,
    /// `If-None-Match` (RFC 9110, section 13.1.2). [`Admitted::has`] reads it.
    IfNoneMatch,
    /// `Payment-Signature`, of what the payment provider sends.
    PaymentSignature,
}

impl Header {
    const fn name(self) -> &'static str {
        match self {
            Self::IdempotencyKey => "idempotency-key",
            Self::IfMatch => "if-match",
            Self::IfNoneMatch => "if-none-match",
            Self::PaymentSignature => "payment-signature",
        }
    }
}

impl Admitted {
    /// The id under which the request is logged and answered.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The path without the query, as the client sent it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Who is calling.
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// What was shown to be admitted, for what must not be known to anybody else: `Authorization` as it was sent. `None` of
    /// who is anonymous.
    pub fn credential(&self) -> Option<Vec<u8>> {
        self.headers.get("authorization").into_iter().next()
    }

    /// The network that the request comes from, as a name to count by. As many proxies as `trusted_proxies` are believed
    /// when they say whom they ask for.
    pub fn client_network(&self, trusted_proxies: usize) -> String {
        let peer = serve::client_address(&self.headers);
        network(peer.as_deref(), serve::forwarded_for(&self.headers).as_deref(), trusted_proxies)
    }

    /// Who is calling, as journals and idempotency keys name it.
    pub fn actor(&self) -> Cow<'static, str> {
        match self.principal {
            Principal::Anonymous => "anonymous".into(),
            Principal::Admin => "admin".into(),
            Principal::User { id, .. } => id.to_string().into(),
            Principal::Key { id, .. } => id.to_string().into(),
        }
    }

    /// The parameter `:name` of the path, percent-decoded; `None` when what stands in its place cannot be the name
    /// of anything.
    pub fn path_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        route::parameter(self.pattern, &self.path, name)
    }

    /// The query parameter `name`, decoded. It must be one that the endpoint declares.
    pub fn query_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        query::value(&self.query, name)
    }

    /// The query as `read` makes it of the parameters, which it asks for as for the fields of a body; every fault is
    /// told, with the parameter's name in the place of a pointer. What `read` asks for, the endpoint must declare.
    pub fn query<T>(&self, read: impl FnOnce(&mut Object<'_>) -> Result<T, Faulted>) -> Result<T, Problem> {
        query::read(&self.query, read).map_err(|faults| Problem::with_faults(Code::MalformedRequest, faults))
    }

    /// A header; `None` when it was not sent. Sent twice, or with bytes beyond visible ASCII, it is 400.
    pub fn header(&self, header: Header) -> Result<Option<String>, Problem> {
        let name = header.name();
        let mut values = self.headers.get(name).into_iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) if value.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) => {
                Ok(String::from_utf8(value).ok())
            }
            (Some(_), None) => Err(Problem::new(
                Code::MalformedRequest,
                format!("The header {name} must consist of visible ASCII characters"),
            )),
            (Some(_), Some(_)) => {
                Err(Problem::new(Code::MalformedRequest, format!("The header {name} must be sent once")))
            }
        }
    }

    /// The versions that an edit may be based on. An edit that does not say is 428: whoever sends it may not have
    /// seen what somebody else wrote.
    pub fn if_match(&self) -> Result<IfMatch, Problem> {
        let value = self.header(Header::IfMatch)?.ok_or_else(|| {
            Problem::new(
                Code::PreconditionRequired,
                "Say in an If-Match header which version this is based on: the ETag that reading it gave",
            )
        })?;
        IfMatch::parse(&value).ok_or_else(|| {
            Problem::new(Code::MalformedRequest, "The header if-match must be a list of entity tags, or *")
        })
    }

    /// Whether the client says that it has what `etag` is the tag of, and wants no more than to know that it is still good.
    /// A header that cannot be read says nothing: the worst that follows is an answer with a body.
    pub fn has(&self, etag: &str) -> bool {
        let tags = self.header(Header::IfNoneMatch).ok().flatten().unwrap_or_default();
        // The comparison is the weak one (section 8.8.3.2), for caches on the way weaken tags when they compress.
        let compressed = etag.strip_suffix('"').map(|tag| format!("{tag}{GZIP_MARK}\""));
        tags.split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == etag || tag == "*" || compressed.as_deref() == Some(tag))
    }

    /// How long the client would wait for an outcome: the `wait` of RFC 7240, at most 30 seconds.
    pub fn preferred_wait(&self) -> Option<Wait> {
        Wait::preferred(&self.headers.get("prefer"))
    }

    /// The trace that the request belongs to: the client's if it sent a valid one, else the start of a new one.
    ///
    /// It is passed on as it came and not as a child: nothing here records spans, so an id of our own would name
    /// a span that no tracer ever sees.
    pub fn traceparent(&self) -> Traceparent {
        let mut values = self.headers.get("traceparent").into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Traceparent::parse(&value),
            _ => None,
        }
        .unwrap_or_else(|| Traceparent::from_random(tradepost_chance::random_bytes()))
    }

    /// The body's bytes; empty for methods that have none.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, to be read as it comes: of a method that is declared [`streaming`](crate::Rules::streaming), and once.
    /// Anything else is a fault of the endpoint's.
    pub fn incoming(&self) -> Result<Incoming, Problem> {
        self.incoming.take().ok_or_else(|| Problem::internal("the body is read already"))
    }

    /// The body as JSON; 400 with line and column when it is not.
    pub fn json(&self) -> Result<Value, Problem> {
        Ok(tradepost_input::parse(&self.body)?)
    }

    /// Writes a line to the log, with the request's id.
    pub fn log(&self, line: impl std::fmt::Display) {
        eprintln!("{} {line}", self.request_id);
    }
}
