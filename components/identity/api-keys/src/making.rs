//! A key is made.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tradepost_chance::random_bytes;
use tradepost_endpoint::{Admitted, Idempotency, Principal, Reply, fresh_uuid, key_reused, now};
use tradepost_identity::{ApiKey, ApiKeyRecipe, NewApiKey, api_key_text};
use tradepost_ids::KeyId;
use tradepost_problem::{Problem, success_body};

use crate::ports::tradepost::identity::api_key_views::{self as views, Entry};
use crate::ports::tradepost::identity::api_keys::{
    self as port, Created, Creation, CreationError, IdempotencyScope, KeptAnswer,
};

/// The answer: the key as it will be listed, and what it is.
#[derive(Serialize)]
struct Made<'a> {
    #[serde(flatten)]
    api_key: &'a ApiKey,
    /// Shown in this answer alone, and when the request is repeated with the same credential; with another one it is null.
    key: Option<&'a str>,
}

/// An answer that was kept.
#[derive(Deserialize)]
struct Answer {
    data: Kept,
}

/// What it has in the key's place.
#[derive(Deserialize)]
struct Kept {
    key: String,
}

pub(crate) async fn make(request: &Admitted) -> Result<Reply, Problem> {
    let body = request.json()?;
    let idempotency = request.idempotency(&body)?;
    let new = NewApiKey::read(&body)?;
    let owner = match request.principal() {
        Principal::Admin => None,
        Principal::User { id, .. } => Some(id.as_uuid().to_string()),
        // What it made would be good after it was revoked.
        Principal::Key { .. } | Principal::Anonymous => {
            return Err(Problem::forbidden("Keys are made by people, not by keys"));
        }
    };
    if !request.principal().scopes().contains_all(new.scopes) {
        return Err(more_than_own());
    }

    let recipe = ApiKeyRecipe::of(random_bytes());
    // The operator's or a user's: somebody has shown one.
    let credential = request.credential().unwrap_or_default();
    let key = match &idempotency {
        Some(_) => recipe.key(&credential),
        None => api_key_text(&random_bytes()),
    };
    let digest = Sha256::digest(&key);
    let api_key = ApiKey {
        id: KeyId::from_uuid(fresh_uuid()),
        name: new.name,
        scopes: new.scopes,
        created_by: request.actor().into_owned(),
        created_at: now(),
        last_used_at: None,
    };
    let location = format!("/api-keys/{}", api_key.id);
    let kept_body = success_body(&Made { api_key: &api_key, key: Some(&recipe.kept(&key)) })?;
    let creation = Creation {
        api_key: port::ApiKey {
            id: api_key.id.as_uuid().to_string(),
            name: api_key.name.clone(),
            digest: digest.to_vec(),
            scopes: api_key.scopes.to_string(),
            owner,
            created_by: api_key.created_by.clone(),
            created_at: api_key.created_at.as_micros(),
        },
        event_id: fresh_uuid().to_string(),
        traceparent: Some(request.traceparent().into()),
        answer: idempotency.map(|idempotency| kept(idempotency, location.clone(), kept_body)),
    };
    match port::create(creation).await {
        Ok(Created::Done) => {
            tradepost_relay_kick::after_response();
            shown(request, &digest, &api_key).await;
            Ok(Reply::created(location, &Made { api_key: &api_key, key: Some(&key) })?.holding_secret())
        }
        Ok(Created::Replayed(answer)) => {
            let body = shown_again(answer.body, &credential);
            Ok(Reply::replayed(answer.status, answer.location, body).holding_secret())
        }
        Err(CreationError::NotOwned) => Err(more_than_own()),
        Err(CreationError::KeyReused) => Err(key_reused()),
        Err(CreationError::Unavailable(cause)) => Err(Problem::unavailable(cause)),
        Err(CreationError::Other(cause)) => Err(Problem::internal(cause)),
    }
}

/// The answer that was kept, with the key in its place again.
fn shown_again(body: Vec<u8>, credential: &[u8]) -> Vec<u8> {
    let Ok(Answer { data: Kept { key: kept } }) = serde_json::from_slice(&body) else { return body };
    let key = ApiKeyRecipe::key_kept_as(&kept, credential);
    let key = key.map_or_else(|| "null".to_owned(), |key| format!("\"{key}\""));
    String::from_utf8_lossy(&body).replacen(&format!("\"{kept}\""), &key, 1).into_bytes()
}

/// The courtesy: the key is good at once, and not only when the projection has heard of it.
async fn shown(request: &Admitted, digest: &[u8], key: &ApiKey) {
    let entry = Entry { id: key.id.to_string(), scopes: key.scopes.to_string(), revoked: false };
    if let Err(error) = views::put(hex::encode(digest), entry).await {
        request.log(format_args!("the view of {} was not written: {error:?}", key.id));
    }
}

fn kept(idempotency: Idempotency, location: String, body: Vec<u8>) -> KeptAnswer {
    KeptAnswer {
        scope: IdempotencyScope {
            principal: idempotency.principal,
            method: idempotency.method,
            path: idempotency.path,
            key: idempotency.key,
        },
        fingerprint: idempotency.fingerprint,
        status: 201,
        location: Some(location),
        body,
        expires_at: idempotency.expires_at,
    }
}

fn more_than_own() -> Problem {
    Problem::forbidden("A key cannot have scopes that you do not have")
}
