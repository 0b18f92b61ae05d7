//! Says what it was sent: method, path, content type if there is one, and length. The body `trap` makes it trap.

use spin_sdk::http::body::IncomingBodyExt as _;
use spin_sdk::http::{IntoResponse, Request, Response};
use spin_sdk::http_service;

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let content_type = request.headers().get("content-type").map_or("", |value| value.to_str().unwrap());
    let content_type = content_type.to_owned();
    let body = request.into_body().bytes().await.unwrap();
    assert_ne!(body, "trap", "told to");
    let text = format!("{method} {path} {content_type} {}", body.len());
    Response::builder().status(207).header("content-length", text.len()).body(text)
}
