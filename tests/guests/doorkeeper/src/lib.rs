//! Hashes a password, or checks one, over the port `password-hashing`: the body is `["password"]`, `["password", [salt…]]`, or
//! `["password", phc]` where `phc` is a PHC string or null. The answer's header `outcome` is `done`, `unavailable` or `other`; its body the
//! hash, `true` or `false`, or what the failure says.

use serde_json::Value;
use spin_sdk::http::body::IncomingBodyExt as _;
use spin_sdk::http::{IntoResponse, Request, Response};
use spin_sdk::http_service;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tradepost:doorkeeper;

            world component {
                import tradepost:identity/password-hashing@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use bindings::tradepost::identity::password_hashing::{HashingError, hash, hash_with_salt, verify};

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let body = request.into_body().bytes().await.unwrap();
    let asked: Vec<Value> = serde_json::from_slice(&body).unwrap();
    let password = asked[0].as_str().unwrap().to_owned();
    let outcome = match asked.get(1) {
        None => hash(password).await,
        Some(Value::Array(salt)) => {
            let salt = salt.iter().map(|byte| byte.as_u64().unwrap().try_into().unwrap()).collect();
            hash_with_salt(password, salt).await
        }
        Some(phc) => {
            verify(password, phc.as_str().map(str::to_owned)).await.map(|matches| matches.to_string())
        }
    };
    let (outcome, body) = match outcome {
        Ok(done) => ("done", done),
        Err(HashingError::Unavailable(reason)) => ("unavailable", reason),
        Err(HashingError::Other(reason)) => ("other", reason),
    };
    Response::builder().header("outcome", outcome).header("content-length", body.len()).body(body)
}
