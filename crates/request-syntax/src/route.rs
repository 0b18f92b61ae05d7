//! Parameters of the path, read from the path itself.
//!
//! Hosts hand them over in `spin-path-match-…` headers too, but a client can send headers of that name and its
//! value comes first. The path cannot be forged: it is what was routed by.

use std::borrow::Cow;

use crate::percent;

/// The segment of `path` that stands where `pattern` has `:name`, percent-decoded.
///
/// `None` when the pattern has no such parameter, when path and pattern differ in their number of segments, or
/// when the segment is empty or cannot be decoded: such a segment is the name of nothing.
pub fn parameter<'path>(pattern: &str, path: &'path str, name: &str) -> Option<Cow<'path, str>> {
    let mut found = None;
    let mut segments = segments(path);
    for expected in self::segments(pattern) {
        let segment = segments.next()?;
        if expected.strip_prefix(':') == Some(name) {
            found = Some(segment);
        }
    }
    if segments.next().is_some() {
        return None;
    }
    percent::decode(found?).filter(|text| !text.is_empty())
}

/// `pattern` with its parameters filled in from `path`: one spelling for all paths that are the same.
pub fn filled(pattern: &str, path: &str) -> String {
    let mut filled = String::with_capacity(path.len());
    let mut given = segments(path);
    for expected in segments(pattern) {
        let segment = given.next().unwrap_or_default();
        filled.push('/');
        match percent::decode(segment) {
            Some(text) if expected.starts_with(':') => filled.push_str(&text),
            _ => filled.push_str(if expected.starts_with(':') { segment } else { expected }),
        }
    }
    filled
}

/// Hosts route `/users/1/` as `/users/1`, so outer slashes do not count.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim_matches('/').split('/')
}

#[cfg(test)]
mod tests {
    use super::{filled, parameter};

    #[track_caller]
    fn check(pattern: &str, path: &str, expected: Option<&str>) {
        assert_eq!(parameter(pattern, path, "id").as_deref(), expected, "{path} by {pattern}");
    }

    #[test]
    fn a_parameter_is_the_segment_in_its_place() {
        check("/users/:id", "/users/user_1", Some("user_1"));
        check("/users/:id", "/users/user_1/", Some("user_1"));
        check("/orders/:id/events", "/orders/order_1/events", Some("order_1"));
        check("/a/:other/:id", "/a/1/2", Some("2"));
    }

    #[test]
    fn encoded_characters_are_decoded_after_the_path_is_split() {
        check("/users/:id", "/users/a%20b", Some("a b"));
        check("/users/:id", "/users/a%2Fb", Some("a/b"));
        check("/users/:id", "/users/a+b", Some("a+b"));
    }

    #[test]
    fn paths_that_are_the_same_have_one_spelling() {
        assert_eq!(filled("/orders", "/orders/"), "/orders");
        for path in ["/stock/tea-1/adjustments", "/stock/tea%2D1/adjustments/"] {
            assert_eq!(filled("/stock/:sku/adjustments", path), "/stock/tea-1/adjustments");
        }
    }

    #[test]
    fn a_segment_that_cannot_be_a_name_is_no_parameter() {
        for path in ["/users/%", "/users/%zz", "/users/%ff", "/users", "/users/1/2", "/", ""] {
            check("/users/:id", path, None);
        }
        check("/orders/:id/events", "/orders//events", None);
        check("/users", "/users", None);
    }
}
