//! `POST /orders`.

use crate::answer::Answer;
use crate::shop::{Shop, now};
use crate::views::put_recent;
use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio_postgres::Row;
use tradepost_idempotency::{Fingerprint, IdempotencyKey, KEPT_FOR};
use tradepost_ids::OrderId;
use tradepost_input::{canonical_bytes, parse};
use tradepost_money::Money;
use tradepost_ordering::{Command, Draft, Order, Owner, PlaceOrder, Price};
use tradepost_problem::{Code, Problem, success_body_from_json};
use uuid::Uuid;

/// The statement of `price-list-postgres`.
const PRICES: &str = "
    SELECT sku, name, unit_amount, currency
    FROM catalog.price_list
    WHERE sku = ANY ($1::text[])";

/// The statement of `order-journal-postgres`.
const APPEND: &str = "
    SELECT outcome, version, status, location, body
    FROM ordering.append_order_events(
        $10::text::json,
        ROW($1::text, $2::text, $3::text, $4::text, $5::bytea, $6::integer, $7::text, $8::bytea, $9::bigint)
            ::idempotency.kept_answer)";

const OWNER: Owner = Owner::Anonymous;
const ACTOR: &str = "anonymous";

pub(crate) async fn place(shop: &Shop, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Problem> {
    let key = idempotency_key(headers)?;
    let body = parse(body)?;
    let fingerprint = Fingerprint::of(&canonical_bytes(&body));
    let request = PlaceOrder::read(&body)?;
    let now = now();

    let prices = prices_of(shop, &request).await?;
    let id = OrderId::from_uuid(Uuid::now_v7());
    let mut draft = Draft::of(id, Order::default());
    draft
        .command(Command::Place { request, prices: &prices, owner: OWNER }, None, now)
        .map_err(|refusal| Problem::with_faults(Code::ValidationFailed, refusal.faults()))?;
    let view = draft.view().ok_or_else(|| Problem::internal("the events make no order"))?;
    let view = serde_json::to_vec(&view)?;
    let answer = Answer::created(format!("/orders/{id}"), success_body_from_json(&view));

    let entries = entries_json(&draft)?;
    let (fingerprint, expires_at) = (&fingerprint.as_bytes()[..], now.saturating_add(KEPT_FOR).as_micros());
    let rows = shop
        .ordering
        .query(
            APPEND,
            &[
                &ACTOR,
                &"POST",
                &"/orders",
                &key.as_str(),
                &fingerprint,
                &i32::from(answer.status),
                &answer.location,
                &answer.body,
                &expires_at,
                &entries,
            ],
        )
        .await?;
    let row = rows.first().ok_or_else(|| Problem::internal("no outcome"))?;
    match column::<&str>(row, 0)? {
        "appended" => {
            put_recent(&shop.views, id.as_uuid(), draft.order().version(), OWNER.to_string(), view).await;
            Ok(answer)
        }
        "replayed" => Ok(Answer {
            status: u16::try_from(column::<i32>(row, 2)?).map_err(Problem::internal)?,
            location: column(row, 3)?,
            is_replayed: true,
            body: column(row, 4)?,
        }),
        "key_reused" => Err(Problem::new(
            Code::IdempotencyKeyReused,
            "This idempotency key was used before with another body",
        )),
        outcome => Err(Problem::internal(format_args!("a new order ended in {outcome}"))),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Problem> {
    let header = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).ok_or_else(|| {
        Problem::new(Code::IdempotencyKeyRequired, "Placing an order needs an Idempotency-Key header")
    })?;
    header
        .parse()
        .map_err(|error| Problem::new(Code::IdempotencyKeyMalformed, format!("The Idempotency-Key {error}")))
}

async fn prices_of(shop: &Shop, request: &PlaceOrder) -> Result<Vec<Price>, Problem> {
    let skus: Vec<&str> = request.skus().collect();
    let rows = shop.prices.query(PRICES, &[&skus]).await?;
    rows.iter()
        .map(|row| {
            let currency = column::<&str>(row, 3)?.parse().map_err(Problem::internal)?;
            Ok(Price {
                sku: column(row, 0)?,
                name: column(row, 1)?,
                unit: Money::new(column(row, 2)?, currency),
            })
        })
        .collect()
}

/// An entry as the function takes it. Payloads are JSON already.
#[derive(Serialize)]
struct EntryParameter {
    order_id: Uuid,
    subject: String,
    expected_version: u64,
    actor: &'static str,
    traceparent: String,
    head: HeadParameter,
    events: Vec<EventParameter>,
}

#[derive(Serialize)]
struct HeadParameter {
    customer: Option<Uuid>,
    status: &'static str,
    created_at: i64,
    status_since: i64,
    view: Box<RawValue>,
}

#[derive(Serialize)]
struct EventParameter {
    id: Uuid,
    r#type: &'static str,
    data: Box<RawValue>,
    published: Box<RawValue>,
    occurred_at: i64,
}

fn entries_json(draft: &Draft) -> Result<String, Problem> {
    let head = draft.head()?.ok_or_else(|| Problem::internal("the events make no order"))?;
    let events = draft.events()?.into_iter().map(|event| {
        Ok(EventParameter {
            id: Uuid::now_v7(),
            r#type: event.event_type,
            data: RawValue::from_string(event.data)?,
            published: RawValue::from_string(event.published)?,
            occurred_at: event.at.as_micros(),
        })
    });
    let entry = EntryParameter {
        order_id: *draft.id().as_uuid(),
        subject: draft.id().to_string(),
        expected_version: draft.loaded_version(),
        actor: ACTOR,
        traceparent: traceparent(),
        head: HeadParameter {
            customer: head.customer.map(|customer| *customer.as_uuid()),
            status: head.status.as_str(),
            created_at: head.created_at.as_micros(),
            status_since: head.status_since.as_micros(),
            view: RawValue::from_string(head.view)?,
        },
        events: events.collect::<Result<_, Problem>>()?,
    };
    Ok(serde_json::to_string(&[entry])?)
}

/// The start of a trace, as W3C writes one.
fn traceparent() -> String {
    let (trace, span) = Uuid::new_v4().as_u64_pair();
    format!("00-{}-{:016x}-00", Uuid::new_v4().simple(), trace ^ span)
}

fn column<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, index: usize) -> Result<T, Problem> {
    row.try_get(index).map_err(Problem::internal)
}
