//! HTTP of the components that only other components call: a POST on a private route, its body read whole within a
//! limit, and an answer with its length.
//!
//! Nobody is admitted here, because nobody from outside gets here: the manifest gives such a component
//! `route = { private = true }`. Public endpoints go through `tradepost-endpoint`.

mod answer;
mod body;
mod media_type;

pub use answer::{json, text};
pub use body::read;
pub use media_type::essence;
pub use wasip3;

use wasip3::http::types::{Method, Request, Response};

/// Refuses every method but POST.
///
/// # Errors
/// The answer to send: 405 with `Allow`.
pub fn only_post(request: &Request) -> Result<(), Response> {
    match request.get_method() {
        Method::Post => Ok(()),
        _ => Err(answer::with_headers(405, &[("allow", "POST")], "Only POST is answered here")),
    }
}

/// Exports a component's HTTP handler: an `async fn(Request) -> Response`.
#[macro_export]
macro_rules! private_route {
    ($handle:expr) => {
        const _: () = {
            struct Component;

            impl $crate::wasip3::exports::http::handler::Guest for Component {
                async fn handle(
                    request: $crate::wasip3::http::types::Request,
                ) -> Result<$crate::wasip3::http::types::Response, $crate::wasip3::http::types::ErrorCode>
                {
                    Ok($handle(request).await)
                }
            }

    $crate::wasip3::http::service::export!(Component with_types_in $crate::wasip3);
        };
    };
}
