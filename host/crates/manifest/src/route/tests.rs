//! How routes are spelt.

use super::*;

#[test]
fn a_pattern_knows_its_parts() {
    // Pattern, prefix, whether it catches all, parameters.
    let rows: &[(&str, &str, bool, &[&str])] = &[
        ("/", "/", false, &[]),
        ("/...", "", true, &[]),
        ("/orders", "/orders", false, &[]),
        ("/orders/...", "/orders", true, &[]),
        ("/orders/:order_id", "/orders/:order_id", false, &["order_id"]),
        ("/:a/x/:b/...", "/:a/x/:b", true, &["a", "b"]),
        ("/.well-known/jwks.json", "/.well-known/jwks.json", false, &[]),
        ("/.well-known/spin", "/.well-known/spin", false, &[]),
        ("/openapi.json", "/openapi.json", false, &[]),
        ("/v1.0/~me/a-b_c", "/v1.0/~me/a-b_c", false, &[]),
    ];
    for (written, prefix, catch_all, parameters) in rows {
        let pattern = RoutePattern::parse(written).unwrap();
        assert_eq!(pattern.as_str(), *written);
        assert_eq!(pattern.prefix(), *prefix, "{written}");
        assert_eq!(pattern.is_catch_all(), *catch_all, "{written}");
        assert_eq!(pattern.parameters().collect::<Vec<_>>(), *parameters, "{written}");
    }
}

#[test]
fn a_pattern_that_spin_would_misread_is_refused() {
    let rows = [
        ("", "begin with a slash"),
        ("orders", "begin with a slash"),
        ("...", "begin with a slash"),
        ("*", "begin with a slash"),
        ("/orders/", "end in a slash"),
        ("//", "two in a row"),
        ("//...", "two in a row"),
        ("/a//b", "two in a row"),
        ("/a//...", "two in a row"),
        ("/a/.../b", "only stand at the end"),
        ("/*", "written `/...`"),
        ("/a/*", "written `/...`"),
        ("/a/*/b", "written `/...`"),
        ("/a*", "'*' cannot stand"),
        ("/a/:", "it must not be empty"),
        ("/a/:Id", "`I` must be lower-case"),
        ("/a/:order-id", "without '-'"),
        ("/a/:id.json", "without '.'"),
        ("/a/x:id", "':' cannot stand"),
        ("/a/:x/:x", "two parameters of the route are named `x`"),
        ("/a/.b", "begins with a dot"),
        ("/:a/.b", "begins with a dot"),
        ("/a/..", "begins with a dot"),
        ("/a%2Fb", "'%' cannot stand"),
        ("/å", "'å' cannot stand"),
        ("/a b", "' ' cannot stand"),
        ("/a?b", "'?' cannot stand"),
        ("/.well-known/spin/health", "Spin answers everything under `/.well-known/spin/` itself"),
        ("/.well-known/spin/...", "Spin answers everything under `/.well-known/spin/` itself"),
    ];
    for (written, reason) in rows {
        let error = RoutePattern::parse(written).expect_err(written);
        assert!(error.contains(reason), "{written:?}: {error}");
    }
}
