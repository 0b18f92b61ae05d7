//! `/...`: every path that nothing else answers.

use tradepost_tests::Application;

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_is_a_problem_like_any_other() {
    let app = Application::start().await;
    for path in ["/", "/nothing", "/users/a/b", "/orders/x/y/z", "//", "/usersx"] {
        let problem = app.get(path).send().await.problem(404, "not_found");
        assert_eq!(problem["instance"].as_str().unwrap(), path.trim_end_matches('?'), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_is_not_found_by_any_method() {
    let app = Application::start().await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        app.ask(method, "/nothing").send().await.problem(404, "not_found");
    }
    let head = app.ask("HEAD", "/nothing").send().await;
    assert_eq!((head.status, head.body.len()), (404, 0));
}
