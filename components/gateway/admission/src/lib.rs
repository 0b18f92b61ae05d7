//! Who may come in, and how often: whoever shows the operator's key, an access token or an API key that is good and has
//! the scope that the route asks for, and on open routes whoever shows nothing; as often as the rate limits let him.
//!
//! What it reads of the view store is written by others (`identity:signing-keys`, `api-key:…`, `session:…:ended`). Its own
//! are `rate:…`, the one kind of key with many writers, which can afford to lose an update; and `api-key-use:…`, where
//! all writers mean the same.

mod api_keys;
mod bearer;
mod caller;
mod cross_origin;
mod limits;
mod memory;
mod settings;
mod tokens;

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

use bearer::{digest, is_token, same, shown};
use caller::{Caller, unauthenticated};
use ports::exports::tradepost::gateway::admission::{
    Admitted, Guest, Principal, Refusal, Refused, RequestHead,
};
use settings::{Settings, settings};
use tradepost_chance::now;
use tradepost_rate_limit::Kind;

struct Gateway;

impl Guest for Gateway {
    async fn admit(head: RequestHead) -> Result<Admitted, Refused> {
        let settings = match settings().await {
            Ok(settings) => settings,
            Err(cause) => {
                return Err(Refused { refusal: Refusal::Unavailable(cause), headers: Vec::new() });
            }
        };
        let mut headers = Vec::new();
        settings.origins.headers(head.origin.as_deref(), &mut headers);
        if settings.behind_tls {
            headers.push(transport_security());
        }
        match decide(&head, &settings, &mut headers).await {
            Ok(principal) => Ok(Admitted { principal, headers }),
            Err(refusal) => Err(Refused { refusal, headers }),
        }
    }

    async fn preflight(head: RequestHead) -> Vec<(String, String)> {
        let Ok(settings) = settings().await else { return Vec::new() };
        let mut headers = settings.origins.preflight(head.origin.as_deref());
        if settings.behind_tls {
            headers.push(transport_security());
        }
        headers
    }
}

/// To come back over TLS only, for a year (RFC 6797).
fn transport_security() -> (String, String) {
    ("strict-transport-security".to_owned(), "max-age=31536000; includeSubDomains".to_owned())
}

async fn decide(
    head: &RequestHead,
    settings: &Settings,
    headers: &mut Vec<(String, String)>,
) -> Result<Principal, Refusal> {
    let now_micros = now().as_micros();
    let kind = limits::kind_of(&head.method, &head.path);
    let network = || {
        let (peer, forwarded_for) = (head.client_address.as_deref(), head.forwarded_for.as_deref());
        format!(
            "network {}",
            tradepost_client_network::network(peer, forwarded_for, settings.trusted_proxies)
        )
    };
    let caller = identify(head, settings, network, now_micros, headers).await;
    // Bad credentials have a bucket of their own: who guesses must not use up what others of his network have, and those
    // must not be taken for him. Whoever tries passwords or opens accounts is counted by his network, whatever he shows:
    // what is tried there is not his own.
    let name = match (&caller, kind) {
        (Ok(Caller::Admin), _) => return Caller::Admin.admitted_to(&head.requirement),
        (Err(Refusal::Throttled(_) | Refusal::Unavailable(_)), _) => None,
        (Err(_), _) => Some(guesses(&network())),
        (Ok(Caller::User { id, .. } | Caller::Key { id, .. }), Kind::Default) => Some(id.clone()),
        _ => Some(network()),
    };
    if let Some(name) = name {
        limits::count(&settings.policies, kind, &name, now_micros, headers).await?;
    }
    caller?.admitted_to(&head.requirement)
}

/// What bad credentials are counted by.
fn guesses(network: &str) -> String {
    format!("credentials of {network}")
}

/// Whose credential the request has. A credential that is sent must be good, on open routes too: a client whose key has
/// expired should learn it here and not wonder why it is treated as a stranger.
async fn identify(
    head: &RequestHead,
    settings: &Settings,
    network: impl Fn() -> String,
    now_micros: i64,
    headers: &mut Vec<(String, String)>,
) -> Result<Caller, Refusal> {
    let Some(authorization) = &head.authorization else { return Ok(Caller::Anonymous) };
    let malformed = || unauthenticated("The Authorization header must be of the form `Bearer <token>`");
    let shown = shown(authorization).ok_or_else(malformed)?;
    // Asked first, because that costs the least.
    let is_api_key = shown.starts_with(api_keys::PREFIX);
    let known = if is_api_key {
        api_keys::remembered(shown, now_micros).await
    } else {
        tokens::remembered(shown, now_micros / 1_000_000).await
    };
    if let Some(known) = known {
        return known;
    }
    if !is_token(shown) {
        return Err(malformed());
    }
    let digest = digest(shown);
    if settings.admin_key.as_ref().is_some_and(|admin_key| same(&digest, admin_key)) {
        return Ok(Caller::Admin);
    }
    if is_api_key {
        api_keys::caller(shown, &digest, now_micros).await
    } else if shown.contains('.') {
        // Signatures are the dearest thing to be asked for here.
        limits::check(&settings.policies, &guesses(&network()), now_micros, headers)?;
        tokens::caller(shown, now_micros / 1_000_000).await
    } else {
        Err(unauthenticated("The credential is not valid"))
    }
}
