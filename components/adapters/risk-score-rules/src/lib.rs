//! The port `risk-score` by rules that need nothing but their arguments.
//!
//! This component imports nothing at all, and a test holds it to that: no clock, no chance, no store and no standard
//! error, so a score cannot depend on any of them. Hence no standard library either, which would bring them along.
#![no_std]

extern crate alloc;

use alloc::borrow::ToOwned;

use tradepost_risk::{Blocklist, Payment};

mod memory;
mod runtime;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Rules;

    wit_bindgen_rust_macro::generate!({
        inline: "
            package tradepost:risk-score-rules;

            world component {
                export tradepost:payment/risk-score@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
        std_feature,
        runtime_path: "crate::runtime",
        // Scoring waits for nothing, so it needs nothing of what waiting takes.
        async: ["-export:tradepost:payment/risk-score@0.1.0#assess"],
    });

    export!(Rules);
}

use ports::exports::tradepost::payment::risk_score as port;

#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

struct Rules;

impl port::Guest for Rules {
    fn assess(payment: port::Payment, blocklist: port::Blocklist) -> port::Assessment {
        let assessment = tradepost_risk::assess(
            &Payment {
                amount: payment.amount,
                currency: &payment.currency,
                email: payment.email.as_deref(),
                is_guest: payment.guest,
                shipping_country: payment.shipping_country.as_deref(),
                pieces: payment.pieces,
                email_payments_last_hour: payment.email_payments_last_hour,
                method_payments_last_hour: payment.method_payments_last_hour,
            },
            &Blocklist { emails: &blocklist.emails, countries: &blocklist.countries },
        );
        let reasons = assessment.reasons.into_iter().map(|reason| port::Reason {
            rule: reason.rule.to_owned(),
            points: reason.points,
            detail: reason.detail,
        });
        port::Assessment { score: assessment.score, reasons: reasons.collect() }
    }
}
