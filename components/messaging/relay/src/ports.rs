//! What the relay needs of the outside.

#[expect(clippy::same_length_and_capacity, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tradepost:messaging-relay;

            world component {
                import tradepost:messaging/event-delivery@0.1.0;
                import tradepost:messaging/event-queue@0.1.0;
            }
        ",
        path: "../../../wit/messaging",
        generate_all,
    });
}

pub(crate) use bindings::tradepost::messaging::{event_delivery, event_queue};
