//! `/openapi.json`

use tradepost_tests::Application;

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_given_once_and_then_known_by_its_tag() {
    let app = Application::start().await;
    let answer = app.get("/openapi.json").send().await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    assert_eq!(answer.json()["openapi"], "3.1.0");
    assert_eq!(answer.header("cache-control"), "public, no-cache");
    let etag = answer.header("etag").to_owned();
    for tags in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        let again = app.get("/openapi.json").header("if-none-match", &*tags).send().await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, &*etag), "{tags}");
    }
    let other = app.get("/openapi.json").header("if-none-match", "\"other\"").send().await;
    assert_eq!((other.status, &other.body), (200, &answer.body));
}
