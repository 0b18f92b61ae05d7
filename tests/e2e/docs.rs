//! `/docs/...`

use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};
use tradepost_problem::Code;
use tradepost_tests::Application;

/// What `gzip` makes of it.
fn decompressed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip =
        Command::new("gzip").arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = gzip.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
    let output = gzip.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_loads_nothing_from_elsewhere_and_says_so_to_the_browser() {
    let app = Application::start().await;
    let page = app.get("/docs").send().await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers.get_all("content-security-policy").iter().count(), 1);
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(!html.contains("<script>") && !html.contains("<style>") && !html.contains("://"), "{html}");
    let loaded: Vec<&str> =
        html.split('"').filter(|text| text.starts_with("/docs/") || *text == "/openapi.json").collect();
    assert_eq!(loaded.len(), 5, "{loaded:?}");
    for path in loaded {
        let file = app.get(path).send().await;
        assert_eq!(file.status, 200, "{path}");
        let etag = file.header("etag").to_owned();
        let again = app.get(path).header("if-none-match", &*etag).send().await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        if file.headers.get("content-encoding").is_some() {
            assert!(decompressed(&file.body).len() > 100_000, "{path}");
        }
    }
    app.get("/docs/other").send().await.problem(404, "not_found");
    app.get("/docsother").send().await.problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_of_a_problem_leads_to_where_it_is_explained() {
    let app = Application::start().await;
    let problem = app.get("/nothing").send().await.problem(404, "not_found");
    let (path, _) = problem["type"].as_str().unwrap().split_once('#').unwrap();
    let page = app.get(path).send().await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    for code in Code::ALL {
        let (_, anchor) = code.type_uri().split_once('#').unwrap();
        assert!(html.contains(&format!("<h2 id=\"{anchor}\">")), "{anchor}");
    }
    assert_eq!(problem["data"], Value::Null);
}
