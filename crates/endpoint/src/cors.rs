//! What browsers ask before they let a page of another origin call (Fetch, section 3.3).

use wasip3::http::types::Fields;

/// The request headers that mean something here, beside those that need no asking.
const REQUEST_HEADERS: &str =
    "authorization, content-type, idempotency-key, if-match, prefer, request-id, traceparent";

/// The origin whose page has the browser ask: if there is exactly one `origin` header, and it is text.
pub(crate) fn origin(headers: &Fields) -> Option<String> {
    let mut values = headers.get("origin").into_iter();
    match (values.next(), values.next()) {
        (Some(value), None) => String::from_utf8(value).ok(),
        _ => None,
    }
}

/// Whether an OPTIONS request with an origin is a browser's preflight, and not somebody's question what there is.
pub(crate) fn is_preflight(headers: &Fields) -> bool {
    headers.has("access-control-request-method")
}

/// What the gateway allows the origin, completed with what the route takes; nothing if it allows nothing.
pub(crate) fn allowances(mut of_gateway: Vec<(String, String)>, allowed: &[&str]) -> Vec<(String, String)> {
    if of_gateway.iter().any(|(name, _)| name == "access-control-allow-origin") {
        let methods: Vec<&str> = allowed.iter().map(|name| if *name == "ANY" { "*" } else { name }).collect();
        of_gateway.push(("access-control-allow-methods".to_owned(), methods.join(", ")));
        of_gateway.push(("access-control-allow-headers".to_owned(), REQUEST_HEADERS.to_owned()));
    }
    of_gateway
}
