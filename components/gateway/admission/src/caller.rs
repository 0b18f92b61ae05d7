//! Who is calling, as far as a credential tells.

use tradepost_access::{Scope, Scopes};

use crate::ports::exports::tradepost::gateway::admission::{ApiKey, Principal, Refusal, Requirement, User};

/// Whoever is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    Anonymous,
    User { id: String, scopes: Scopes, session: String },
    Key { id: String, scopes: Scopes },
    Admin,
}

impl Caller {
    /// The caller as endpoints are told of him, if he may do what the route asks for.
    pub(crate) fn admitted_to(self, requirement: &Requirement) -> Result<Principal, Refusal> {
        match (&self, requirement) {
            (_, Requirement::Open)
            | (Self::Admin, _)
            | (Self::User { .. } | Self::Key { .. }, Requirement::Identified) => {}
            (Self::Anonymous, Requirement::Identified | Requirement::Scope(_)) => {
                return Err(unauthenticated("This needs an Authorization header"));
            }
            (Self::User { scopes, .. } | Self::Key { scopes, .. }, Requirement::Scope(name)) => {
                if !name.parse::<Scope>().is_ok_and(|scope| scopes.contains(scope)) {
                    return Err(Refusal::Forbidden(format!("This needs the scope {name}")));
                }
            }
        }
        Ok(match self {
            Self::Anonymous => Principal::Anonymous,
            Self::Admin => Principal::Admin,
            Self::User { id, scopes, session } => {
                Principal::User(User { id, scopes: scopes.to_string(), session: Some(session) })
            }
            Self::Key { id, scopes } => Principal::ApiKey(ApiKey { id, scopes: scopes.to_string() }),
        })
    }
}

/// The scopes in a text that this installation has written. One that this version does not know, because a newer one gave
/// it out, opens nothing here.
pub(crate) fn known_scopes(text: &str) -> Scopes {
    text.split(' ').filter_map(|name| name.parse::<Scope>().ok()).collect()
}

pub(crate) fn unauthenticated(reason: &str) -> Refusal {
    Refusal::Unauthenticated(reason.to_owned())
}
