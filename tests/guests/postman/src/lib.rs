//! Hands on over the port `event-delivery` what it is sent: the query names the consumer, the body is the batch. The
//! answer's header `outcome` is `delivered`, `unreachable` or `other`, its status and body are the consumer's.

use spin_sdk::http::body::IncomingBodyExt as _;
use spin_sdk::http::{IntoResponse, Request, Response};
use spin_sdk::http_service;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tradepost:postman;

            world component {
                import tradepost:messaging/event-delivery@0.1.0;
            }
        ",
        path: "../../../wit/messaging",
        generate_all,
    });
}

use bindings::tradepost::messaging::event_delivery::{Delivered, DeliveryError, deliver};

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let consumer = request.uri().query().unwrap().to_owned();
    let batch = request.into_body().bytes().await.unwrap();
    let (outcome, status, body) = match deliver(consumer, batch.to_vec()).await {
        Ok(Delivered { status, body }) => ("delivered", status, String::from_utf8(body).unwrap()),
        Err(DeliveryError::Unreachable(reason)) => ("unreachable", 200, reason),
        Err(DeliveryError::Other(reason)) => ("other", 200, reason),
    };
    Response::builder()
        .status(status)
        .header("outcome", outcome)
        .header("content-length", body.len())
        .body(body)
}
