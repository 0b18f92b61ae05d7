//! What `/.well-known/jwks.json` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Answer, Example, Operation, Route};

/// The keys by which an access token can be verified (RFC 7517, section 5).
#[derive(Serialize, JsonSchema)]
struct KeySet {
    /// Those that sign, will sign, and have signed what is not expired.
    keys: Vec<Key>,
}

/// An Ed25519 key (RFC 8037).
#[derive(Serialize, JsonSchema)]
struct Key {
    /// `OKP`.
    kty: String,
    /// `Ed25519`.
    crv: String,
    /// Its name, which the header of a token names.
    kid: String,
    /// The public key, in base64url.
    x: String,
    /// `EdDSA`.
    alg: String,
    /// `sig`.
    r#use: String,
}

pub(crate) fn routes() -> [Route; 1] {
    let show = Operation::get("get_key_set", "Shows the keys by which access tokens are verified")
        .answer(Answer::bare::<KeySet>(200, "application/json", "A JSON Web Key Set, without the envelope."))
        .example(Example::new("keys", 200, "The keys").after("log_in.logged_in"));
    [Route::at("/.well-known/jwks.json", "Identity").operation(show)]
}
