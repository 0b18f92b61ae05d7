//! A gateway that believes whoever says who he is: `Bearer user_…` is admitted as that user, `Bearer key_…` as that API
//! key, with the scopes that follow after blanks; a session's id may stand after the user's, behind a slash. Everything else is as with the product's own, without limits.

use spin_sdk::variables;

mod ports {
    use super::Turnstile;

    wit_bindgen::generate!({
        inline: "
            package tradepost:turnstile;

            world component {
                export tradepost:gateway/admission@0.1.0;
            }
        ",
        path: "../../../wit/gateway",
        generate_all,
    });

    export!(Turnstile);
}

use ports::exports::tradepost::gateway::admission::{
    Admitted, ApiKey, Guest, Principal, Refusal, Refused, RequestHead, Requirement, User,
};

struct Turnstile;

impl Guest for Turnstile {
    async fn admit(head: RequestHead) -> Result<Admitted, Refused> {
        match principal(head.authorization, head.requirement).await {
            Ok(principal) => Ok(Admitted { principal, headers: Vec::new() }),
            Err(refusal) => Err(Refused { refusal, headers: Vec::new() }),
        }
    }

    async fn preflight(_: RequestHead) -> Vec<(String, String)> {
        Vec::new()
    }
}

async fn principal(authorization: Option<String>, requirement: Requirement) -> Result<Principal, Refusal> {
    let Some(authorization) = authorization else {
        return match requirement {
            Requirement::Open => Ok(Principal::Anonymous),
            Requirement::Identified | Requirement::Scope(_) => {
                Err(Refusal::Unauthenticated("Who?".to_owned()))
            }
        };
    };
    let token = authorization.strip_prefix("Bearer ").unwrap();
    if token == variables::get("admin_key").await.unwrap() {
        return Ok(Principal::Admin);
    }
    let (id, scopes) = token.split_once(' ').unwrap_or((token, ""));
    let (id, scopes) = (id.to_owned(), scopes.to_owned());
    if let Requirement::Scope(scope) = requirement
        && !scopes.split(' ').any(|own| own == scope)
    {
        return Err(Refusal::Forbidden(format!("This needs the scope {scope}")));
    }
    if id.starts_with("user_") {
        let (id, session) = match id.split_once('/') {
            Some((id, session)) => (id.to_owned(), Some(session.to_owned())),
            None => (id, None),
        };
        Ok(Principal::User(User { id, scopes, session }))
    } else if id.starts_with("key_") {
        Ok(Principal::ApiKey(ApiKey { id, scopes }))
    } else {
        Err(Refusal::Unauthenticated("The credential is not valid".to_owned()))
    }
}
