//! Wakes over the port `nudge` the component that the query names. The answer's header `outcome` is `done` or `failed`,
//! its body what the failure says.

use spin_sdk::http::{IntoResponse, Request, Response};
use spin_sdk::http_service;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tradepost:waker;

            world component {
                import tradepost:platform/nudge@0.1.0;
            }
        ",
        path: "../../../wit/platform",
        generate_all,
    });
}

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let component = request.uri().query().unwrap().to_owned();
    let (outcome, body) = match bindings::tradepost::platform::nudge::nudge(component).await {
        Ok(()) => ("done", String::new()),
        Err(reason) => ("failed", reason),
    };
    Response::builder().header("outcome", outcome).header("content-length", body.len()).body(body)
}
