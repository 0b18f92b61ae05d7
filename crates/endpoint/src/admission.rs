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

use bindings::tradepost::gateway::admission as gateway;
pub(crate) use gateway::{Refusal, RequestHead, Requirement, admit};
use tradepost_ids::{ParseIdError, UserId};

/// Who is calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// Nobody said who it is.
    Anonymous,
    /// The operator.
    Admin,
    /// A customer.
    Customer(UserId),
}

impl TryFrom<gateway::Principal> for Principal {
    type Error = ParseIdError;

    fn try_from(principal: gateway::Principal) -> Result<Self, ParseIdError> {
        Ok(match principal {
            gateway::Principal::Anonymous => Self::Anonymous,
            gateway::Principal::Admin => Self::Admin,
            gateway::Principal::Customer(id) => Self::Customer(id.parse()?),
        })
    }
}
