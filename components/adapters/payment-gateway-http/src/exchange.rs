//! One request and its answer, signed, within a time and a size.

use std::pin::pin;

use bytes::Bytes;
use futures::future::{Either, select, try_join3};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value;
use spin_sdk::http::{FullBody, send};
use spin_sdk::variables;
use wasip3::clocks::{monotonic_clock, system_clock};

/// The port promises an answer within 5 seconds; the rest is for everything around the wait.
const PATIENCE_NANOSECONDS: u64 = 4_800_000_000;

/// No answer of the interface comes near it.
const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// An answer that arrived whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

/// Why there is no answer, for the log: nothing in it is secret.
pub(crate) type Silence = String;

pub(crate) async fn post(path: &str, reference: &str, body: &Value) -> Result<Answer, Silence> {
    in_time(ask(Method::POST, path, reference, body.to_string())).await
}

pub(crate) async fn get(path: &str, reference: &str) -> Result<Answer, Silence> {
    in_time(ask(Method::GET, path, reference, String::new())).await
}

/// The clock starts before the variables are read: the caller waits for those too.
async fn in_time(answer: impl Future<Output = Result<Answer, Silence>>) -> Result<Answer, Silence> {
    let patience = pin!(monotonic_clock::wait_for(PATIENCE_NANOSECONDS));
    match select(pin!(answer), patience).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err("the provider did not answer in time".to_owned()),
    }
}

async fn ask(method: Method, path: &str, reference: &str, body: String) -> Result<Answer, Silence> {
    let (url, key, secret) = try_join3(
        variable("payment_provider_url"),
        variable("payment_provider_key"),
        variable("payment_provider_secret"),
    )
    .await?;
    let now = system_clock::now().seconds;
    let request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", url.trim_end_matches('/')))
        .header("authorization", format!("Bearer {key}"))
        .header("idempotency-key", reference)
        .header("payment-signature", tradepost_signature::sign(&secret, now, body.as_bytes()))
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .body(FullBody::new(Bytes::from(body)))
        // Its error could quote the key.
        .map_err(|_| "the variables of the payment provider make no request".to_owned())?;
    let response = send(request).await.map_err(|code| format!("the provider cannot be reached: {code:?}"))?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), MOST_ANSWER_BYTES)
        .collect()
        .await
        .map_err(|error| format!("the provider's answer with status {status} broke off: {error}"))?;
    Ok(Answer { status, body: body.to_bytes() })
}

async fn variable(name: &str) -> Result<String, Silence> {
    let value = variables::get(name).await.map_err(|_| format!("the variable {name} cannot be read"))?;
    let value = value.trim();
    if value.is_empty() {
        return Err(format!("the variable {name} is empty"));
    }
    Ok(value.to_owned())
}
