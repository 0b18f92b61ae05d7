//! A gateway that believes whoever says that he is a customer: `Bearer user_…` is admitted as that user. Everything else is
//! as with the product's own.

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

use ports::exports::tradepost::gateway::admission::{Guest, Principal, Refusal, RequestHead, Requirement};

struct Turnstile;

impl Guest for Turnstile {
    async fn admit(head: RequestHead) -> Result<Principal, Refusal> {
        let Some(authorization) = head.authorization else {
            return match head.requirement {
                Requirement::Open => Ok(Principal::Anonymous),
                Requirement::Identified | Requirement::Admin => {
                    Err(Refusal::Unauthenticated("Who?".to_owned()))
                }
            };
        };
        let token = authorization.strip_prefix("Bearer ").unwrap();
        if token.starts_with("user_") {
            return match head.requirement {
                Requirement::Admin => Err(Refusal::Forbidden("This is for administrators".to_owned())),
                Requirement::Open | Requirement::Identified => Ok(Principal::Customer(token.to_owned())),
            };
        }
        if token == variables::get("admin_key").await.unwrap() {
            Ok(Principal::Admin)
        } else {
            Err(Refusal::Unauthenticated("The credential is not valid".to_owned()))
        }
    }
}
