//! The ports that payments are worked on through.

#[expect(missing_docs, clippy::same_length_and_capacity, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tradepost:payment-desk;

            world component {
                import tradepost:payment/payment-journal@0.1.0;
                import tradepost:payment/payment-gateway@0.1.0;
            }
        ",
        path: "../../wit/payment",
        generate_all,
    });
}

pub(crate) use bindings::tradepost::payment::payment_gateway as gateway;
pub(crate) use bindings::tradepost::payment::payment_journal as journal;
