//! A POST, which the tick makes, and the first log-in of all, sees to the keys that access tokens are signed with: there is
//! one, it is replaced in time, and whoever verifies tokens can read those that he needs.
//!
//! This component alone writes the key set, so nobody's is lost.

use spin_sdk::variables;
use tradepost_access_token::{KeySet, PublicKey, SigningKey};
use tradepost_chance::{now, random_bytes};
use tradepost_private_route as route;
use tradepost_private_route::wasip3::http::types::{Request, Response};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-key-rotation;

            world component {
                import tradepost:identity/signing-keys@0.1.0;
                import tradepost:identity/key-set-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::key_set_views::{self as views, ViewError};
use ports::tradepost::identity::signing_keys::{FreshKey, KeyError, rotate};

/// For how many days a key signs.
const VARIABLE: &str = "token_key_days";

/// A key that signed for less than a day would be replaced before everybody has seen that it is there; ten years are as
/// good as for ever.
const DAYS: std::ops::RangeInclusive<u32> = 1..=3_650;

const SECONDS_A_DAY: u32 = 86_400;

enum Failure {
    Unavailable(String),
    Other(String),
}

route::private_route!(see_to_keys);

async fn see_to_keys(request: Request) -> Response {
    if let Err(refusal) = route::only_post(&request) {
        return refusal;
    }
    match keys_are_published().await {
        Ok(count) => route::json(200, format!("{{\"keys\":{count}}}").into_bytes()),
        Err(Failure::Unavailable(cause)) => route::text(503, &cause),
        Err(Failure::Other(cause)) => route::text(500, &cause),
    }
}

/// How many keys are published.
async fn keys_are_published() -> Result<usize, Failure> {
    let seed: [u8; 32] = random_bytes();
    let fresh = SigningKey::from_seed(&seed);
    let fresh = FreshKey {
        id: fresh.public().id().to_owned(),
        seed: seed.to_vec(),
        public_key: fresh.public().as_bytes().to_vec(),
    };
    let keys = rotate(now().as_micros(), key_seconds().await?, fresh).await.map_err(|error| match error {
        KeyError::Unavailable(cause) => Failure::Unavailable(cause),
        KeyError::Other(cause) => Failure::Other(cause),
    })?;
    let keys = keys.iter().map(|bytes| {
        let bytes = bytes.as_slice().try_into().ok()?;
        PublicKey::from_bytes(bytes)
    });
    let keys: Vec<PublicKey> =
        keys.collect::<Option<_>>().ok_or_else(|| Failure::Other("a public key is none".to_owned()))?;
    let count = keys.len();
    let key_set = KeySet::of(keys).to_json().into_bytes();
    // Most of the time there is nothing new, and a look is cheaper than a write that has to last.
    if views::get().await.map_err(view_failure)?.as_ref() != Some(&key_set) {
        views::put(key_set).await.map_err(view_failure)?;
    }
    Ok(count)
}

async fn key_seconds() -> Result<u32, Failure> {
    let value = variables::get(VARIABLE)
        .await
        .map_err(|_| Failure::Unavailable(format!("the variable {VARIABLE} is not set")))?;
    let days = value.trim().parse().ok().filter(|days| DAYS.contains(days));
    let days: u32 =
        days.ok_or_else(|| Failure::Unavailable(format!("the variable {VARIABLE} is not 1 to 3650")))?;
    Ok(days.saturating_mul(SECONDS_A_DAY))
}

fn view_failure(error: ViewError) -> Failure {
    match error {
        ViewError::Unavailable(cause) => Failure::Unavailable(cause),
        ViewError::Other(cause) => Failure::Other(cause),
    }
}
