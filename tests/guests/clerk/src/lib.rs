//! An endpoint before the port `reservations`, which no route of the product leads to: the path names the function, the
//! body holds its arguments, the answer is 200 with what the port said, 409 when it said no, 503 when it did not say.

use serde_json::{Value, json};
use spin_sdk::http::{IntoResponse, Request, Response, body::IncomingBodyExt as _};
use spin_sdk::http_service;
use tradepost_chance::fresh_uuid;

mod ports {
    wit_bindgen::generate!({
        inline: "
            package tradepost:clerk;

            world component {
                import tradepost:inventory/reservations@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });
}

use ports::tradepost::inventory::reservations::{
    self, Decision, Demand, Ending, Line, ReservationError, Settled, Settlement, Sweep,
};

/// What the port said, and what that is as a status.
type Said = (u16, Value);

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let path = request.uri().path().to_owned();
    let body = request.into_body().bytes().await.unwrap();
    let said: Value = serde_json::from_slice(&body).unwrap();
    let (status, body) = match path.rsplit('/').next().unwrap() {
        "reserve" => reserve(&said).await,
        "commit" => settle(&said, Ending::Commit).await,
        "release" => settle(&said, Ending::Release(None)).await,
        "expire-due" => expire_due(&said).await,
        unknown => panic!("the clerk cannot {unknown:?}"),
    };
    let body = body.to_string();
    Response::builder().status(status).header("content-length", body.len()).body(body)
}

fn fresh() -> String {
    fresh_uuid().to_string()
}

async fn reserve(said: &Value) -> Said {
    let lines: Vec<Line> = said["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| Line {
            sku: line["sku"].as_str().unwrap().to_owned(),
            quantity: line["quantity"].as_i64().unwrap(),
        })
        .collect();
    let demand = Demand {
        order_id: said["order_id"].as_str().unwrap().to_owned(),
        event_ids: (0..=lines.len()).map(|_| fresh()).collect(),
        lines,
        expires_at: said["expires_at"].as_i64().unwrap(),
        traceparent: None,
    };
    match reservations::reserve_all(vec![demand], said["at"].as_i64().unwrap()).await.as_deref() {
        Ok([Decision::Reserved(until)]) => (200, json!({"reserved": until})),
        Ok([Decision::Rejected(short)]) => (409, json!({"rejected": short.len()})),
        Ok(other) => panic!("for one order it decides {other:?}"),
        Err(error) => failed(error),
    }
}

async fn settle(said: &Value, ending: Ending) -> Said {
    let settlement = Settlement {
        order_id: said["order_id"].as_str().unwrap().to_owned(),
        ending,
        cause_id: fresh(),
        event_id: fresh(),
        traceparent: None,
    };
    match reservations::settle_all(vec![settlement], said["at"].as_i64().unwrap()).await.as_deref() {
        Ok([Settled::Done]) => (200, json!("done")),
        Ok(other) => (409, json!(format!("{other:?}"))),
        Err(error) => failed(error),
    }
}

async fn expire_due(said: &Value) -> Said {
    let event_ids = (0..said["most"].as_u64().unwrap()).map(|_| fresh()).collect();
    let sweep = Sweep { at: said["at"].as_i64().unwrap(), event_ids, traceparent: None };
    match reservations::expire_due(sweep).await {
        Ok(expired) => (200, json!({"expired": expired})),
        Err(error) => failed(&error),
    }
}

fn failed(error: &ReservationError) -> Said {
    (503, json!(format!("{error:?}")))
}
