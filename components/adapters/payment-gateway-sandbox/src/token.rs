//! The test tokens: how the sandbox behaves to whoever pays with them.

use crate::books::Later;

/// What becomes of an authorisation.
pub(crate) enum Behaviour {
    Approve {
        after_nanoseconds: u64,
        later: Later,
    },
    Decline(&'static str),
    /// It never happened, and nobody says so.
    Silence,
}

const SLOW_NANOSECONDS: u64 = 2_000_000_000;

/// What a token asks for. `reference` is our reference of the authorisation.
pub(crate) fn behaviour(token: &str, reference: &str) -> Behaviour {
    let approve = |later| Behaviour::Approve { after_nanoseconds: 0, later };
    match token {
        "tok_declined" => Behaviour::Decline("card_declined"),
        "tok_insufficient_funds" => Behaviour::Decline("insufficient_funds"),
        "tok_fraud" => Behaviour::Decline("fraud_suspected"),
        "tok_timeout" => Behaviour::Silence,
        "tok_timeout_captured" => approve(Later::LoseCapture),
        "tok_slow" => Behaviour::Approve { after_nanoseconds: SLOW_NANOSECONDS, later: Later::Nothing },
        "tok_flaky" if is_first_attempt(reference) => Behaviour::Silence,
        "tok_ok" | "tok_flaky" => approve(Later::Nothing),
        "tok_refund_declined" => approve(Later::DeclineRefunds),
        "tok_refund_timeout" => approve(Later::LoseRefunds),
        "" => Behaviour::Decline("payment_method_missing"),
        _ => Behaviour::Decline("invalid_payment_method"),
    }
}

/// The reference says so between its hyphens: `…-1-authorise`.
fn is_first_attempt(reference: &str) -> bool {
    reference.split('-').any(|part| part == "1")
}

/// A decline in words that the customer may read.
pub(crate) fn message(code: &str) -> &'static str {
    match code {
        "card_declined" => "The card was declined",
        "insufficient_funds" => "The card has insufficient funds",
        "fraud_suspected" => "The payment was declined",
        "payment_method_missing" => "No payment method was given",
        "invalid_payment_method" => "The payment method is not valid",
        "invalid_amount" => "The amount must be above 0",
        "amount_too_large" => "The amount is larger than what is left",
        "amount_mismatch" => "The amount is not the one that was authorised",
        "currency_mismatch" => "The currency is not the one that was captured",
        "authorisation_unknown" => "There is no such authorisation",
        "already_captured" => "The payment was captured already",
        "already_voided" => "The authorisation was voided already",
        "not_captured" => "Nothing was captured",
        "refund_failed" => "The refund could not be made",
        _ => "The payment could not be made",
    }
}
