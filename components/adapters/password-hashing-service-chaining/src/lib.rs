//! The port `password-hashing` over service chaining: a POST to the private component `identity-password-hashing`, whose
//! instances do nothing else.

use serde_json::{Value, json};
use spin_sdk::http::body::IncomingBodyExt as _;
use spin_sdk::http::post;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::ServiceChaining;

    wit_bindgen::generate!({
        inline: "
            package tradepost:password-hashing-service-chaining;

            world component {
                export tradepost:identity/password-hashing@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(ServiceChaining);
}

use ports::exports::tradepost::identity::password_hashing::{Guest, HashingError};

const COMPONENT: &str = "http://identity-password-hashing.spin.internal/";

struct ServiceChaining;

impl Guest for ServiceChaining {
    async fn hash(password: String) -> Result<String, HashingError> {
        hashed(&json!({ "hash": password })).await
    }

    async fn hash_with_salt(password: String, salt: Vec<u8>) -> Result<String, HashingError> {
        hashed(&json!({ "hash_with_salt": { "password": password, "salt": hex::encode(salt) } })).await
    }

    async fn verify(password: String, phc: Option<String>) -> Result<bool, HashingError> {
        let done = ask(&json!({ "verify": { "password": password, "phc": phc } })).await?;
        done.get("matches").and_then(Value::as_bool).ok_or_else(incomprehensible)
    }
}

async fn hashed(work: &Value) -> Result<String, HashingError> {
    let done = ask(work).await?;
    done.get("phc").and_then(Value::as_str).map(str::to_owned).ok_or_else(incomprehensible)
}

async fn ask(work: &Value) -> Result<Value, HashingError> {
    let response = post(COMPONENT, work.to_string()).await.map_err(|error| {
        HashingError::Unavailable(format!("password hashing cannot be reached: {error:?}"))
    })?;
    let status = response.status();
    if !status.is_success() {
        let text = format!("password hashing answered {status}");
        // 422 is a hash or a salt that is none: asking again would change nothing.
        return Err(if status.is_server_error() {
            HashingError::Unavailable(text)
        } else {
            HashingError::Other(text)
        });
    }
    let body = response
        .into_body()
        .bytes()
        .await
        .map_err(|error| HashingError::Unavailable(format!("password hashing broke off: {error:?}")))?;
    serde_json::from_slice(&body).map_err(|_| incomprehensible())
}

fn incomprehensible() -> HashingError {
    HashingError::Other("password hashing answered something else".to_owned())
}
