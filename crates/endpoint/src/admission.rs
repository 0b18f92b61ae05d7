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

pub use bindings::tradepost::gateway::admission::Principal;
pub(crate) use bindings::tradepost::gateway::admission::{Refusal, RequestHead, Requirement, admit};
