//! What the answer owes to how the request was made: a body or none, in which coding, and headers that the gateway and the
//! way here ask for.

use tradepost_request_syntax::accept::Codings;
use wasip3::http::types::{Fields, Request, Scheme};

/// How to answer one request, whatever the answer.
pub(crate) struct Manners {
    pub(crate) request_id: String,
    /// To HEAD the length is told and the bytes stay here.
    pub(crate) without_body: bool,
    pub(crate) codings: Codings,
    /// The request came over TLS.
    pub(crate) over_tls: bool,
    /// What the gateway wants the answer to carry.
    pub(crate) headers: Vec<(String, String)>,
}

impl Manners {
    pub(crate) fn of(request: &Request, headers: &Fields, request_id: String, method: &str) -> Self {
        Self {
            request_id,
            without_body: method == "HEAD",
            // Who takes no coding at all is told so without one.
            codings: Codings::of(&headers.get("accept-encoding")).unwrap_or(Codings::Identity),
            over_tls: matches!(request.get_scheme(), Some(Scheme::Https)),
            headers: Vec::new(),
        }
    }
}
