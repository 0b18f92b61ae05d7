//! The `spin-…` headers that Spin adds to a request before a component sees it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::{HeaderName, HeaderValue};

use crate::router::RouteMatch;

/// The client address of a request that one component makes to another by service chaining.
pub const CHAINED_CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");
const PATH_MATCH_PREFIX: &str = "spin-path-match-";

/// What the headers say about a request beside its match.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// `http` or `https`: the scheme the server was reached by.
    pub scheme: &'a str,
    /// The `Host` header. Without one Spin says `localhost`.
    pub host: Option<&'a str>,
    /// The raw path, and the query if there is one.
    pub path_and_query: &'a str,
    /// The peer, or [`CHAINED_CLIENT`].
    pub client: SocketAddr,
}

/// The headers Spin adds for `matched`, in its order.
///
/// Spin appends them to whatever the client sent, so that a client's own `spin-client-addr` stands before the
/// true one. A host does better to remove what [`is_spin_header`] recognises first.
pub fn spin_headers(matched: &RouteMatch<'_, '_>, arrival: &Arrival<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let Arrival { scheme, host, path_and_query, client } = arrival;
    let pattern = matched.pattern;
    // Spin strips the slash that a route ends in from what it matched by, and the route `/` is only that slash.
    let matched_route = if pattern.as_str() == "/" { "" } else { pattern.as_str() };
    let full_url = format!("{scheme}://{}{path_and_query}", host.unwrap_or("localhost"));
    let client = client.to_string();

    let mut headers = Vec::with_capacity(7 + matched.captures.len());
    let mut add = |name: HeaderName, value: &str| {
        // A value that no header can carry is left out, as Spin does. None comes from a request that hyper
        // parsed.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.push((name, value));
        }
    };
    add(PATH_INFO, &matched.path_info);
    add(FULL_URL, &full_url);
    add(MATCHED_ROUTE, matched_route);
    add(BASE_PATH, "/");
    add(RAW_COMPONENT_ROUTE, pattern.as_str());
    add(COMPONENT_ROUTE, pattern.prefix());
    add(CLIENT_ADDR, &client);
    for (parameter, value) in &matched.captures {
        let name = format!("{PATH_MATCH_PREFIX}{}", parameter.replace('_', "-"));
        if let Ok(name) = HeaderName::try_from(name) {
            add(name, value);
        }
    }
    headers
}

/// Whether a request may carry this header only because the host added it.
pub fn is_spin_header(name: &HeaderName) -> bool {
    name.as_str().starts_with("spin-")
}

#[cfg(test)]
mod tests;
