//! Every path knows the methods and the query parameters that the description has, and no others.

use crate::shop;
use std::collections::BTreeSet;
use tradepost_api_description::{Operation, Route, routes};

/// A path of the route, of something that need not be there.
fn path(route: &Route) -> String {
    let segments = route.pattern().split('/').map(|segment| match segment.strip_prefix(':') {
        Some("sku") => "NO-SUCH-SKU".to_owned(),
        Some(name) => format!("{}_01h455vb4pex5vsknk084sn02q", name.trim_end_matches("_id")),
        None => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn allow_lists_the_documented_methods() {
    let app = shop::open().await;
    for route in routes() {
        let mut documented: BTreeSet<&str> = route.operations().iter().map(Operation::method).collect();
        if documented.contains("GET") {
            documented.insert("HEAD");
        }
        documented.insert("OPTIONS");
        let path = path(&route);
        let options = app.ask("OPTIONS", &path).send().await;
        assert_eq!(options.status, 204, "{path}");
        assert_eq!(options.header("allow").split(", ").collect::<BTreeSet<_>>(), documented, "{path}");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"] {
            if !documented.contains(method) {
                let refused = app.ask(method, &path).as_admin().send().await;
                refused.problem(405, "method_not_allowed");
                assert_eq!(refused.header("allow"), options.header("allow"), "{method} {path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_parameter_is_documented_or_refused() {
    let app = shop::open().await;
    for route in routes() {
        for operation in route.operations() {
            let path = format!("{}?surely_not=1", path(&route));
            let answer = app.ask(operation.method(), &path).as_admin().send().await;
            let problem = answer.problem(400, "malformed_request");
            let detail = problem["detail"].as_str().unwrap();
            let known: BTreeSet<&str> = detail
                .split_once(", only ")
                .map(|(_, known)| known.split(", ").collect())
                .unwrap_or_default();
            assert_eq!(
                operation.query_parameters().collect::<BTreeSet<_>>(),
                known,
                "{} {path}",
                operation.method()
            );
        }
    }
}
