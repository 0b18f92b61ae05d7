//! The headers of matches, as Spin adds them.

use super::*;
use crate::{identifier::ComponentId, route::RoutePattern, router::Router};

fn headers(route: &str, path_and_query: &str) -> Vec<(String, String)> {
    let component = ComponentId::parse("c").unwrap();
    let pattern = RoutePattern::parse(route).unwrap();
    let router = Router::new([(pattern, component.clone())], [component].into()).unwrap();
    let path = path_and_query.split('?').next().unwrap();
    let arrival = Arrival {
        scheme: "http",
        host: Some("shop.example:3000"),
        path_and_query,
        client: "127.0.0.1:8777".parse().unwrap(),
    };
    shown(&spin_headers(&router.route(path).unwrap(), &arrival))
}

fn shown(headers: &[(HeaderName, HeaderValue)]) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8(value.as_bytes().to_vec()).unwrap();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

fn pairs(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_match_is_told_in_spins_headers_and_order() {
    let expected = [
        ("spin-path-info", "/lines/2/"),
        ("spin-full-url", "http://shop.example:3000/orders/a%2Fb/lines/2/?x=1&y=%20"),
        ("spin-matched-route", "/orders/:order_id/..."),
        ("spin-base-path", "/"),
        ("spin-raw-component-route", "/orders/:order_id/..."),
        ("spin-component-route", "/orders/:order_id"),
        ("spin-client-addr", "127.0.0.1:8777"),
        ("spin-path-match-order-id", "a%2Fb"),
    ];
    assert_eq!(headers("/orders/:order_id/...", "/orders/a%2Fb/lines/2/?x=1&y=%20"), pairs(&expected));
}

#[test]
fn what_depends_on_the_route_alone() {
    // Route, path, path info, matched route, raw route, component route.
    let rows = [
        ("/", "/", "", "", "/", "/"),
        ("/...", "/a/b", "/a/b", "/...", "/...", ""),
        ("/orders", "/orders/", "", "/orders", "/orders", "/orders"),
        ("/orders/...", "/orders", "", "/orders/...", "/orders/...", "/orders"),
        ("/orders/...", "/orders/", "/", "/orders/...", "/orders/...", "/orders"),
    ];
    for (route, path, path_info, matched, raw, component) in rows {
        let headers = headers(route, path);
        let value = |name: &str| headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        assert_eq!(value("spin-path-info"), Some(path_info), "{route} {path}");
        assert_eq!(value("spin-matched-route"), Some(matched), "{route} {path}");
        assert_eq!(value("spin-raw-component-route"), Some(raw), "{route} {path}");
        assert_eq!(value("spin-component-route"), Some(component), "{route} {path}");
        assert_eq!(headers.len(), 7, "{route} {path}");
    }
}

#[test]
fn a_chained_request_has_no_client_and_its_whole_path_as_path_info() {
    let component = ComponentId::parse("consumer").unwrap();
    let router = Router::new([], [component].into()).unwrap();
    let matched = router.chained("consumer", "/events").unwrap();
    let arrival =
        Arrival { scheme: "http", host: None, path_and_query: "/events?turn=1", client: CHAINED_CLIENT };
    let expected = [
        ("spin-path-info", "/events"),
        ("spin-full-url", "http://localhost/events?turn=1"),
        ("spin-matched-route", "/..."),
        ("spin-base-path", "/"),
        ("spin-raw-component-route", "/..."),
        ("spin-component-route", ""),
        ("spin-client-addr", "0.0.0.0:0"),
    ];
    assert_eq!(shown(&spin_headers(&matched, &arrival)), pairs(&expected));
}

#[test]
fn several_parameters_come_in_the_routes_order() {
    let headers = headers("/a/:one/b/:two_words", "/a/1/b/2");
    let matches: Vec<_> =
        headers.into_iter().filter(|(name, _)| name.starts_with(PATH_MATCH_PREFIX)).collect();
    assert_eq!(matches, pairs(&[("spin-path-match-one", "1"), ("spin-path-match-two-words", "2")]));
}

#[test]
fn a_value_may_be_any_text_a_path_can_be() {
    let headers = headers("/a/:x", "/a/å~");
    assert!(headers.contains(&("spin-path-match-x".to_owned(), "å~".to_owned())), "{headers:?}");
}

#[test]
fn spins_headers_are_told_from_a_clients() {
    for (name, spins) in [
        ("spin-client-addr", true),
        ("Spin-Path-Match-Order-Id", true),
        ("spin-anything", true),
        ("x-spin", false),
        ("spinner", false),
        ("host", false),
    ] {
        assert_eq!(is_spin_header(&HeaderName::try_from(name).unwrap()), spins, "{name}");
    }
}
