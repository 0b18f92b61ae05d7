//! The wrapper that every public HTTP endpoint goes through.
//!
//! An endpoint is a table of methods and the functions that answer them:
//!
//! ```ignore
//! tradepost_endpoint::endpoint! {
//!     "/users/:user_id";
//!     GET (staff(Scope::UsersRead)) => find,
//! }
//!
//! async fn find(request: &Admitted) -> Result<Reply, Problem> { … }
//! ```
//!
//! The rest is done here, in this order: request id; a browser's preflight; method, or 405 with `Allow`; admission by
//! the gateway, or 401, 403 or 429; what the client takes, or 406; query parameters, or 400; content type, or 415; the
//! body up to its limit, or 413; the handler; compression; and on every answer `content-length`, `request-id`, the
//! security headers and those that the gateway asks for. Admission cannot be forgotten: a handler
//! takes an [`Admitted`], and only the wrapper can make one.

mod admission;
mod admitted;
mod body;
mod compression;
mod cors;
mod idempotency;
mod incoming;
mod manners;
mod outgoing;
mod page;
mod reply;
mod response;
mod serve;
mod table;

pub use admission::Principal;
pub use admitted::{Admitted, Header};
pub use idempotency::{Idempotency, key_reused};
pub use incoming::Incoming;
pub use outgoing::{ClientGone, Outgoing};
pub use page::Page;
pub use reply::Reply;
pub use serve::serve;
pub use table::{Answer, Endpoint, Handler, Method, Rules, identified, open, staff};
pub use tradepost_access::{Scope, Scopes};
pub use tradepost_chance::{fresh_uuid, now};
pub use tradepost_idempotency::KEPT_FOR;
pub use tradepost_request_syntax::if_match::{IfMatch, stale};
pub use tradepost_request_syntax::prefer::Wait;
pub use tradepost_request_syntax::traceparent::Traceparent;
/// Goes on with `future` after the answer is on its way. It shares the request's deadline and cannot be waited for.
pub use wasip3::spawn as spawn_after_response;

#[doc(hidden)]
pub use wasip3;

/// Exports a component's HTTP handler: its path as `spin.toml` has it, then its methods, what each asks of a
/// request, and the function that answers. A method `ANY` takes whatever comes.
#[macro_export]
macro_rules! endpoint {
    ($pattern:literal; $($method:ident ($rules:expr) => $handler:path),+ $(,)?) => {
        const _: () = {
            const ENDPOINT: $crate::Endpoint = $crate::Endpoint {
                pattern: $pattern,
                methods: &[$($crate::Method {
                    name: stringify!($method),
                    rules: $rules,
                    handler: |request| Box::pin($handler(request)),
                }),+],
            };

            struct Component;

            impl $crate::wasip3::exports::http::handler::Guest for Component {
                async fn handle(
                    request: $crate::wasip3::http::types::Request,
                ) -> Result<$crate::wasip3::http::types::Response, $crate::wasip3::http::types::ErrorCode> {
                    Ok($crate::serve(&ENDPOINT, request).await)
                }
            }

            $crate::wasip3::http::service::export!(Component with_types_in $crate::wasip3);
        };
    };
}
