//! Who may come in: for now, whoever shows the operator's admin key, and on open routes whoever shows nothing.

use std::cell::Cell;
use std::hint::black_box;

use sha2::{Digest, Sha256};
use spin_sdk::variables;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Gateway;

    wit_bindgen::generate!({
        inline: "
            package tradepost:gateway-admission;

            world component {
                export tradepost:gateway/admission@0.1.0;
            }
        ",
        path: "../../../wit/gateway",
        generate_all,
    });

    export!(Gateway);
}

use ports::exports::tradepost::gateway::admission::{Guest, Principal, Refusal, RequestHead, Requirement};

struct Gateway;

impl Guest for Gateway {
    async fn admit(head: RequestHead) -> Result<Principal, Refusal> {
        match (head.authorization, head.requirement) {
            // A credential that is sent must be good, on open routes too: a client whose key has expired should
            // learn it here and not wonder why it is treated as a stranger.
            (Some(authorization), Requirement::Open | Requirement::Identified | Requirement::Admin) => {
                admin(&authorization).await
            }
            (None, Requirement::Open) => Ok(Principal::Anonymous),
            (None, Requirement::Identified | Requirement::Admin) => {
                Err(unauthenticated("This needs an Authorization header"))
            }
        }
    }
}

/// SHA-256 of a key.
type KeyDigest = [u8; 32];

thread_local! {
    /// The admin key's digest, once it has been asked for: reading a variable is a call of the host. The key itself
    /// is not kept. Changing it takes a restart, as changing any variable does.
    static ADMIN_KEY: Cell<Option<KeyDigest>> = const { Cell::new(None) };
}

async fn admin(authorization: &str) -> Result<Principal, Refusal> {
    let shown = bearer_token(authorization)
        .ok_or_else(|| unauthenticated("The Authorization header must be of the form `Bearer <token>`"))?;
    let admin_key = admin_key().await?;
    if same(&digest(shown), &admin_key) {
        Ok(Principal::Admin)
    } else {
        Err(unauthenticated("The credential is not valid"))
    }
}

async fn admin_key() -> Result<KeyDigest, Refusal> {
    if let Some(kept) = ADMIN_KEY.get() {
        return Ok(kept);
    }
    let key = variables::get("admin_key")
        .await
        .map_err(|_| Refusal::Unavailable("the variable admin_key cannot be read".to_owned()))?;
    let key = key.trim();
    if key.is_empty() {
        // Not kept, so that no credential is ever compared with the digest of nothing.
        return Err(unauthenticated("The credential is not valid"));
    }
    let digest = digest(key);
    ADMIN_KEY.set(Some(digest));
    Ok(digest)
}

/// The token of `Bearer <token>` (RFC 6750, section 2.1). The scheme's letter case does not matter (RFC 9110,
/// section 11.1).
fn bearer_token(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let token = token.trim_start();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.bytes().all(is_token))
        .then_some(token)
}

fn digest(key: &str) -> KeyDigest {
    Sha256::digest(key).into()
}

/// Compares in the same time wherever the difference is. The digests alone would do, because nobody can choose the
/// bytes of a digest one by one; this makes it two reasons.
fn same(one: &KeyDigest, other: &KeyDigest) -> bool {
    let difference =
        one.iter().zip(other).fold(0, |difference, (one, other)| black_box(difference | (one ^ other)));
    difference == 0
}

fn unauthenticated(reason: &str) -> Refusal {
    Refusal::Unauthenticated(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{bearer_token, digest, same};

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_the_scheme() {
        for authorization in
            ["Bearer tp_abc-123", "bearer tp_abc-123", "BEARER  tp_abc-123", " Bearer tp_abc-123 "]
        {
            assert_eq!(bearer_token(authorization), Some("tp_abc-123"), "{authorization}");
        }
    }

    #[test]
    fn anything_else_is_no_bearer_token() {
        for authorization in
            ["", "Bearer", "Bearer ", "Basic dTpw", "tp_abc", "Bearer a b", "Bearer \u{fc}", "Bearertp"]
        {
            assert_eq!(bearer_token(authorization), None, "{authorization}");
        }
    }

    #[test]
    fn only_the_same_key_has_the_same_digest() {
        assert!(same(&digest("key"), &digest("key")));
        assert!(!same(&digest("key"), &digest("kez")));
        assert!(!same(&digest("key"), &digest("")));
    }
}
