//! Which route answers which path.

use super::*;

fn id(name: &str) -> ComponentId {
    ComponentId::parse(name).unwrap()
}

/// A router whose components are called `c0`, `c1` … after the places of their routes.
fn over(routes: &[&str]) -> Router {
    let components: Vec<_> = (0..routes.len()).map(|index| id(&format!("c{index}"))).collect();
    let routes = routes.iter().map(|route| RoutePattern::parse(route).unwrap());
    Router::new(routes.zip(components.clone()), components.into_iter().collect()).unwrap()
}

/// `pattern name=value… +path_info`, or `404`.
fn show(matched: Option<RouteMatch<'_, '_>>) -> String {
    let Some(matched) = matched else { return "404".to_owned() };
    let captures = matched.captures.iter().map(|(name, value)| format!(" {name}={value}"));
    let captures: String = captures.collect();
    let path_info =
        if matched.path_info.is_empty() { String::new() } else { format!(" +{}", matched.path_info) };
    format!("{}{captures}{path_info}", matched.pattern)
}

#[test]
fn the_most_specific_route_answers_whatever_their_order() {
    let mut declared = [
        "/",
        "/...",
        "/orders",
        "/orders/:id",
        "/orders/import",
        "/orders/:id/events",
        "/orders/:id/...",
        "/:any/events",
    ];
    let rows = [
        ("/", "/"),
        ("/orders", "/orders"),
        ("/orders/import", "/orders/import"),
        ("/orders/7", "/orders/:id id=7"),
        ("/orders/7/events", "/orders/:id/events id=7"),
        ("/orders/7/lines", "/orders/:id/... id=7 +/lines"),
        ("/orders/7/events/2", "/orders/:id/... id=7 +/events/2"),
        ("/orders/import/events", "/orders/:id/events id=import"),
        // The first segment decides: a literal there beats whatever the other route has further on.
        ("/orders/events", "/orders/:id id=events"),
        ("/users/events", "/:any/events any=users"),
        ("/users", "/... +/users"),
        ("/users/7/8", "/... +/users/7/8"),
    ];
    for rotation in 0..declared.len() {
        declared.rotate_left(1);
        let router = over(&declared);
        assert_eq!(router.shadowed(), [], "{declared:?}");
        for (path, expected) in rows {
            assert_eq!(show(router.route(path)), expected, "{path} after {rotation}");
        }
    }
}

#[test]
fn the_longest_catch_all_answers() {
    for routes in [["/a/...", "/a/b/...", "/a/b/c/..."], ["/a/b/c/...", "/a/b/...", "/a/..."]] {
        let router = over(&routes);
        assert_eq!(show(router.route("/a/b/c/d")), "/a/b/c/... +/d");
        assert_eq!(show(router.route("/a/b/x")), "/a/b/... +/x");
        assert_eq!(show(router.route("/a/b")), "/a/b/...");
        assert_eq!(show(router.route("/b")), "404");
    }
}

#[test]
fn slashes_at_either_end_do_not_count() {
    let router = over(&["/", "/orders", "/orders/:id", "/files/..."]);
    let rows = [
        ("/", "/"),
        ("//", "/"),
        ("", "/"),
        ("/orders/", "/orders"),
        ("/orders//", "/orders"),
        ("//orders", "/orders"),
        ("orders", "/orders"),
        ("/orders/7/", "/orders/:id id=7"),
        ("/ordersx", "404"),
        ("/order", "404"),
        ("/Orders", "404"),
        // …but a catch-all is told of the one at the end.
        ("/files", "/files/..."),
        ("/files/", "/files/... +/"),
        ("/files//", "/files/... +/"),
        ("/files/a", "/files/... +/a"),
        ("/files/a/", "/files/... +/a/"),
        ("/files/a//", "/files/... +/a/"),
        ("/files//a", "/files/... +//a"),
        ("/files/a//b", "/files/... +/a//b"),
        ("/filesystem", "404"),
    ];
    for (path, expected) in rows {
        assert_eq!(show(router.route(path)), expected, "{path:?}");
    }
}

#[test]
fn an_empty_segment_is_a_parameter_only_before_another_slash() {
    let router = over(&["/orders/:id", "/orders/:id/events", "/a/b"]);
    let rows = [
        ("/orders//events", "/orders/:id/events id="),
        ("/orders//7", "404"),
        ("/orders/", "404"),
        ("/a//b", "404"),
    ];
    for (path, expected) in rows {
        assert_eq!(show(router.route(path)), expected, "{path:?}");
    }
}

#[test]
fn paths_are_matched_and_captured_raw() {
    let router = over(&["/orders/:id", "/files/...", "/openapi.json", "/:x/y"]);
    let rows = [
        ("/orders/a%2Fb", "/orders/:id id=a%2Fb"),
        ("/orders/a%20b", "/orders/:id id=a%20b"),
        ("/orders/%", "/orders/:id id=%"),
        ("/orders/a.b", "/orders/:id id=a.b"),
        ("/orders/..", "/orders/:id id=.."),
        ("/orders/:id", "/orders/:id id=:id"),
        ("/orders/å", "/orders/:id id=å"),
        ("/orders%2F7", "404"),
        ("/%6Frders/7", "404"),
        ("/files/%2e%2e/x", "/files/... +/%2e%2e/x"),
        ("/openapi.json", "/openapi.json"),
        ("/openapi/json", "404"),
        ("/openapixjson", "404"),
        ("/å/y", "/:x/y x=å"),
    ];
    for (path, expected) in rows {
        assert_eq!(show(router.route(path)), expected, "{path:?}");
    }
}

#[test]
fn the_root_catch_all_answers_whatever_nothing_else_does() {
    let router = over(&["/..."]);
    for (path, expected) in
        [("/", "/... +/"), ("/a", "/... +/a"), ("/a/b/", "/... +/a/b/"), ("*", "/... +/*")]
    {
        assert_eq!(show(router.route(path)), expected, "{path:?}");
    }
}

#[test]
fn spins_own_paths_reach_no_component() {
    let router = over(&["/...", "/.well-known/:name"]);
    assert_eq!(show(router.route("/.well-known/spin/health")), "404");
    assert_eq!(show(router.route("/.well-known/spin/")), "404");
    assert_eq!(show(router.route("/.well-known/spin")), "/.well-known/:name name=spin");
    assert_eq!(show(router.route("/.well-known/spindle/x")), "/... +/.well-known/spindle/x");
}

#[test]
fn a_match_names_its_component() {
    let router = over(&["/a", "/b/:x"]);
    let matched = router.route("/b/1").unwrap();
    assert_eq!(*matched.component, "c1");
    assert_eq!((matched.capture("x"), matched.capture("y")), (Some("1"), None));
}

#[test]
fn routes_that_no_request_reaches_are_found() {
    type Shadowed = &'static [(usize, usize)];
    let rows: &[(&[&str], Shadowed)] = &[
        (&["/a", "/b", "/:x"], &[]),
        (&["/a/:x", "/a/:y"], &[(1, 0)]),
        (&["/a/:y", "/b", "/a/:x"], &[(2, 0)]),
        (&["/a/:x/...", "/a/:y/..."], &[(1, 0)]),
        (&["/:x/b", "/a/..."], &[]),
        (&["/~", "/:x"], &[]),
        (&["/a/...", "/a/:x", "/a/:x/:y"], &[]),
        // The dot that leads a route puts it after the catch-all, unless it is declared after it.
        (&["/.well-known/jwks.json", "/..."], &[(0, 1)]),
        (&["/...", "/.well-known/jwks.json"], &[]),
    ];
    for (routes, expected) in rows {
        assert_eq!(over(routes).shadowed(), *expected, "{routes:?}");
    }
}

#[test]
fn a_route_that_begins_with_a_dot_upsets_nothing_when_it_is_declared_last() {
    let mut declared = vec![
        "/...",
        "/",
        "/users",
        "/users/:id",
        "/orders/:id/events",
        "/orders/import",
        "/orders/:id",
        "/health/ready",
        "/x/...",
    ];
    for _ in 0..declared.len() {
        declared.rotate_left(1);
        let mut with_dot = declared.clone();
        with_dot.push("/.well-known/jwks.json");
        let router = over(&with_dot);
        assert_eq!(router.shadowed(), [], "{with_dot:?}");
        assert_eq!(show(router.route("/.well-known/jwks.json")), "/.well-known/jwks.json");
    }
}

#[test]
fn service_chaining_reaches_components_with_a_trigger_and_nothing_else() {
    let endpoints = [id("public"), id("hidden")];
    let public = [(RoutePattern::parse("/x/:y").unwrap(), id("public"))];
    let router = Router::new(public, endpoints.into_iter().collect()).unwrap();
    // The path is the component's own: no route is consulted.
    assert_eq!(show(router.chained("public", "/a/b")), "/... +/a/b");
    assert_eq!(show(router.chained("hidden", "/")), "/... +/");
    assert_eq!(show(router.chained("adapter", "/")), "404");
}

#[test]
fn a_chaining_host_is_one_label_under_spin_internal() {
    let rows = [
        ("orders.spin.internal", Some("orders")),
        ("orders.spin.internal:80", Some("orders")),
        ("a.b.spin.internal", None),
        ("spin.internal", None),
        ("orders.spin.internal.evil.example", None),
        ("orders-spin.internal", None),
        ("example.com", None),
        ("localhost", None),
        ("[::1]:80", None),
        ("", None),
    ];
    for (host, component) in rows {
        assert_eq!(chained_component(host), component, "{host:?}");
    }
}
