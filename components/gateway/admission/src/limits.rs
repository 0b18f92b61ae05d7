//! How often: each request takes a token out of the caller's bucket, mostly from a lease that this instance holds.

use std::cell::RefCell;
use std::collections::HashMap;

use tradepost_chance::random_bytes;
use tradepost_kept_store::{Failure, get, set};
use tradepost_rate_limit::{Answer, Caller, Kind, Leases, Policies, Policy, Slot};

use crate::ports::exports::tradepost::gateway::admission::Refusal;

/// How many callers' names are remembered. To digest one again costs as much as all the rest of counting a request.
const MOST_NAMED: usize = 1_024;

thread_local! {
    static NAMED: RefCell<HashMap<Box<str>, Caller>> = RefCell::default();
    static LEASES: RefCell<Leases> = RefCell::new(Leases::of(u16::from_be_bytes(random_bytes())));
}

/// The policy that a request goes by. Hosts route a path with a slash behind it as the one without.
pub(crate) fn kind_of(method: &str, path: &str) -> Kind {
    if method != "POST" {
        return Kind::Default;
    }
    match path.trim_matches('/') {
        // A password or a token that only its owner should know is shown.
        "sessions" | "password-resets/confirmation" | "verifications/confirmation" => Kind::Login,
        // Somebody is written to, who may not have asked for it.
        "users" | "password-resets" => Kind::Registration,
        path if path.starts_with("users/") && path.ends_with("/password") => Kind::Login,
        path if path.starts_with("users/") && path.ends_with("/verification") => Kind::Registration,
        _ => Kind::Default,
    }
}

/// Counts a request of whoever has this name. What the answer must say of it goes to `headers`.
pub(crate) async fn count(
    policies: &Policies,
    kind: Kind,
    name: &str,
    now_micros: i64,
    headers: &mut Vec<(String, String)>,
) -> Result<(), Refusal> {
    let Some(policy) = policies.of(kind) else { return Ok(()) };
    let caller = named(name);
    let leased = LEASES.with_borrow_mut(|leases| leases.spend(policy, caller, now_micros));
    let answer = match leased {
        Some(answer) => answer,
        None => match take(policy, caller, now_micros).await {
            Ok(answer) => answer,
            // Without the store nobody can be counted. What needs it fails by itself; the rest goes on.
            Err(Failure::Unavailable(_)) => return Ok(()),
            Err(failure) => return Err(Refusal::Unavailable(format!("the view store: {failure}"))),
        },
    };
    headers.push(("ratelimit-policy".to_owned(), policy.to_header()));
    headers.push(("ratelimit".to_owned(), answer.to_header(policy)));
    match answer {
        Answer::Served { .. } => Ok(()),
        Answer::Refused { retry_seconds, .. } => Err(Refusal::Throttled(retry_seconds)),
    }
}

/// Refuses a request before anything is computed for it, if it is known here that this name's bucket is empty.
pub(crate) fn check(
    policies: &Policies,
    name: &str,
    now_micros: i64,
    headers: &mut Vec<(String, String)>,
) -> Result<(), Refusal> {
    let Some(policy) = policies.of(Kind::Default) else { return Ok(()) };
    let caller = named(name);
    let known = LEASES.with_borrow(|leases| leases.is_empty(policy, caller, now_micros));
    let Some(answer @ Answer::Refused { retry_seconds, .. }) = known else { return Ok(()) };
    headers.push(("ratelimit-policy".to_owned(), policy.to_header()));
    headers.push(("ratelimit".to_owned(), answer.to_header(policy)));
    Err(Refusal::Throttled(retry_seconds))
}

fn named(name: &str) -> Caller {
    NAMED.with_borrow_mut(|named| {
        if let Some(caller) = named.get(name) {
            return *caller;
        }
        let caller = Caller::named(name);
        if named.len() >= MOST_NAMED {
            named.clear();
        }
        named.insert(name.into(), caller);
        caller
    })
}

async fn take(policy: &Policy, caller: Caller, now_micros: i64) -> Result<Answer, Failure> {
    let key = format!("rate:{}:{:04x}", policy.kind().as_str(), caller.slot());
    let mut slot = Slot::from_bytes(&get(&key).await?.unwrap_or_default());
    let answer = LEASES.with_borrow_mut(|leases| leases.take(policy, caller, &mut slot, now_micros));
    if matches!(answer, Answer::Served { .. }) {
        set(&key, &slot.to_bytes()).await?;
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::kind_of;
    use tradepost_rate_limit::Kind::{Default, Login, Registration};

    #[test]
    fn what_can_be_guessed_or_sent_to_others_goes_by_a_policy_of_its_own() {
        for (method, path, expected) in [
            ("POST", "/sessions", Login),
            ("POST", "/sessions/", Login),
            ("DELETE", "/sessions", Default),
            ("POST", "/sessions/refresh", Default),
            ("POST", "/users/user_x/password", Login),
            ("POST", "/password-resets/confirmation", Login),
            ("POST", "/users", Registration),
            ("GET", "/users", Default),
            ("POST", "/password-resets", Registration),
            ("POST", "/users/user_x/verification", Registration),
            ("POST", "/orders", Default),
        ] {
            assert_eq!(kind_of(method, path), expected, "{method} {path}");
        }
    }
}
