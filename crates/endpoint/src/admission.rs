//! The way to the gateway: every component that uses this crate imports `tradepost:gateway/admission`.

#[expect(clippy::same_length_and_capacity, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tradepost:endpoint;

            world endpoint {
                import tradepost:gateway/admission@0.1.0;
            }
        ",
        path: "../../wit/gateway",
        generate_all,
    });
}

use std::fmt::Display;

use bindings::tradepost::gateway::admission as gateway;
pub(crate) use gateway::{RequestHead, preflight};
use tradepost_access::{Scope, Scopes};
use tradepost_ids::{KeyId, UserId};
use tradepost_problem::Problem;
use uuid::Uuid;

use crate::manners::Manners;
use crate::table::Requirement;

/// Who is calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// Nobody said who it is.
    Anonymous,
    /// A person with an account. Without scopes it is a customer, who may touch what is his own; with scopes it is
    /// staff, who may that too.
    User {
        /// Whose account.
        id: UserId,
        /// What he may do beside that.
        scopes: Scopes,
        /// Which log-in it is, where the credential is a session's.
        session: Option<Uuid>,
    },
    /// A program.
    Key {
        /// Which key it has shown.
        id: KeyId,
        /// What it may do.
        scopes: Scopes,
    },
    /// The operator, who may everything.
    Admin,
}

impl Principal {
    /// Whether whoever is calling may do `scope` with what is anybody's.
    pub const fn may(self, scope: Scope) -> bool {
        match self {
            Self::Anonymous => false,
            Self::User { scopes, .. } | Self::Key { scopes, .. } => scopes.contains(scope),
            Self::Admin => true,
        }
    }

    /// What whoever is calling may do: to the operator everything.
    pub fn scopes(self) -> Scopes {
        match self {
            Self::Anonymous => Scopes::NONE,
            Self::User { scopes, .. } | Self::Key { scopes, .. } => scopes,
            Self::Admin => Scopes::all(),
        }
    }

    /// Whose account the caller's is, if he has one.
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(id),
            Self::Anonymous | Self::Key { .. } | Self::Admin => None,
        }
    }

    fn of(principal: gateway::Principal) -> Result<Self, Problem> {
        Ok(match principal {
            gateway::Principal::Anonymous => Self::Anonymous,
            gateway::Principal::Admin => Self::Admin,
            gateway::Principal::User(user) => Self::User {
                id: user.id.parse().map_err(unintelligible)?,
                scopes: user.scopes.parse().map_err(unintelligible)?,
                session: user.session.map(|id| Uuid::try_parse(&id)).transpose().map_err(unintelligible)?,
            },
            gateway::Principal::ApiKey(key) => Self::Key {
                id: key.id.parse().map_err(unintelligible)?,
                scopes: key.scopes.parse().map_err(unintelligible)?,
            },
        })
    }
}

fn unintelligible(error: impl Display) -> Problem {
    Problem::internal(format_args!("admission names a caller of whom a part {error}"))
}

/// Asks the gateway. What it wants the answer to carry goes to `manners`, whatever it says.
pub(crate) async fn admit(head: RequestHead, manners: &mut Manners) -> Result<Principal, Problem> {
    match gateway::admit(head).await {
        Ok(admitted) => {
            manners.headers = admitted.headers;
            Principal::of(admitted.principal)
        }
        Err(refused) => {
            manners.headers = refused.headers;
            Err(match refused.refusal {
                gateway::Refusal::Unauthenticated(reason) => Problem::unauthenticated(reason),
                gateway::Refusal::Forbidden(reason) => Problem::forbidden(reason),
                gateway::Refusal::Throttled(seconds) => Problem::rate_limited(seconds),
                gateway::Refusal::Unavailable(cause) => {
                    Problem::unavailable(format_args!("admission: {cause}"))
                }
            })
        }
    }
}

impl From<Requirement> for gateway::Requirement {
    fn from(requirement: Requirement) -> Self {
        match requirement {
            Requirement::Open => Self::Open,
            Requirement::Identified => Self::Identified,
            Requirement::Scope(scope) => Self::Scope(scope.as_str().to_owned()),
        }
    }
}
