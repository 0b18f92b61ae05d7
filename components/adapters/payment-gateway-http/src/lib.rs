//! The port `payment-gateway` as a provider's HTTP interface, which `docs/payment-provider.md` describes.
//!
//! Only two kinds of answer decide anything: a 2xx that says what the documentation says, and a 402 with a code. All
//! others leave the outcome unknown, a broken connection and an answer from a proxy in between included: to take one of
//! those for a no is to charge twice.

mod exchange;
mod reading;

use serde_json::json;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Provider;

    wit_bindgen::generate!({
        inline: "
            package tradepost:payment-gateway-http;

            world component {
                export tradepost:payment/payment-gateway@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
    });

    export!(Provider);
}

use exchange::{get, post};
use ports::exports::tradepost::payment::payment_gateway::{
    Authorisation, Decline, Finding, Guest, Operation, Outcome,
};
use reading::{finding, is_id, outcome};

struct Provider;

impl Guest for Provider {
    async fn authorise(asked: Authorisation) -> Outcome {
        let body = json!({
            "amount": asked.amount.amount,
            "currency": asked.amount.currency,
            "payment_method": asked.payment_method,
            "capture_method": "manual",
            "confirm": true,
            "metadata": {"order_id": asked.order_id},
        });
        outcome(post("/v1/payment_intents", &asked.reference, &body).await, "requires_capture")
    }

    async fn capture(asked: Operation) -> Outcome {
        let Some(intent) = intent(&asked) else { return no_authorisation() };
        let body = json!({"amount_to_capture": asked.amount.amount, "currency": asked.amount.currency});
        let path = format!("/v1/payment_intents/{intent}/capture");
        outcome(post(&path, &asked.reference, &body).await, "succeeded")
    }

    async fn void(asked: Operation) -> Outcome {
        let Some(intent) = intent(&asked) else { return no_authorisation() };
        let path = format!("/v1/payment_intents/{intent}/cancel");
        outcome(post(&path, &asked.reference, &json!({})).await, "canceled")
    }

    async fn refund(asked: Operation) -> Outcome {
        let body = json!({
            "payment_intent": asked.authorisation,
            "amount": asked.amount.amount,
            "currency": asked.amount.currency,
        });
        outcome(post("/v1/refunds", &asked.reference, &body).await, "succeeded")
    }

    async fn look_up(reference: String) -> Finding {
        if !is_id(&reference) {
            return Finding::Absent;
        }
        finding(get(&format!("/v1/operations/{reference}"), &reference).await)
    }
}

/// The provider's name for the authorisation, if it is one that could stand in a path.
fn intent(asked: &Operation) -> Option<&str> {
    Some(asked.authorisation.as_str()).filter(|id| is_id(id))
}

/// No provider gave such a name out, so none has to be asked.
fn no_authorisation() -> Outcome {
    Outcome::Declined(Decline {
        code: "authorisation_unknown".to_owned(),
        message: "There is no such authorisation".to_owned(),
    })
}
