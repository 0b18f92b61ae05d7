//! The port `event-delivery` over service chaining: a POST to the consumer's private route.

use bytes::Bytes;
use http::Request;
use spin_sdk::http::body::IncomingBodyExt as _;
use spin_sdk::http::{FullBody, send};
use spin_sdk::wasip3::http::types::ErrorCode;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::ServiceChaining;

    wit_bindgen::generate!({
        inline: "
            package tradepost:event-delivery-service-chaining;

            world component {
                export tradepost:messaging/event-delivery@0.1.0;
            }
        ",
        path: "../../../wit/messaging",
        generate_all,
    });

    export!(ServiceChaining);
}

use ports::exports::tradepost::messaging::event_delivery::{Delivered, DeliveryError, Guest};

struct ServiceChaining;

impl Guest for ServiceChaining {
    async fn deliver(consumer: String, batch: Vec<u8>) -> Result<Delivered, DeliveryError> {
        let request = Request::post(format!("http://{consumer}.spin.internal/"))
            .header("content-type", "application/cloudevents-batch+json")
            .header("content-length", batch.len())
            .body(FullBody::new(Bytes::from(batch)))
            .map_err(|error| DeliveryError::Unreachable(format!("No component is called so: {error}")))?;
        let response = send(request).await.map_err(|code| delivery_error(&code))?;
        let status = response.status().as_u16();
        let body = response.into_body().bytes().await.map_err(|code| {
            // It has seen the batch, so whatever broke off, this is no absence.
            DeliveryError::Other(format!("The consumer's answer broke off: {code:?}"))
        })?;
        Ok(Delivered { status, body: body.into() })
    }
}

fn delivery_error(code: &ErrorCode) -> DeliveryError {
    let text = format!("The consumer cannot be reached: {code:?}");
    match code {
        ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::DnsTimeout
        | ErrorCode::DnsError(_)
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionLimitReached
        | ErrorCode::HttpRequestDenied
        | ErrorCode::HttpRequestUriInvalid => DeliveryError::Unreachable(text),
        _ => DeliveryError::Other(format!("The delivery broke: {code:?}")),
    }
}
