//! `GET /orders/:order_id`, and what it reads.

use crate::answer::Answer;
use crate::shop::Shop;
use axum::http::HeaderMap;
use tradepost_ids::OrderId;
use tradepost_key_value::Store;
use tradepost_problem::{Problem, success_body_from_json};
use tradepost_view_entry::Entry;
use uuid::Uuid;

pub(crate) fn show(shop: &Shop, headers: &HeaderMap, order_id: &str) -> Result<Answer, Problem> {
    shop.require_admin(headers)?;
    let id: OrderId = order_id.parse().map_err(|_| order_not_found())?;
    let (projected, recent) = (format!("order:{}", id.as_uuid()), recent_key(id.as_uuid()));
    let newest = [read(&shop.views, &recent)?, read(&shop.views, &projected)?]
        .into_iter()
        .flatten()
        .max_by_key(|entry| entry.version)
        .ok_or_else(order_not_found)?;
    Ok(Answer::ok(success_body_from_json(&newest.body)))
}

/// Shows a placed order. A view is a courtesy: the order is placed with or without it.
pub(crate) async fn put_recent(views: &Store, id: &Uuid, version: u64, owner: String, body: Vec<u8>) {
    if let Some(entry) = (Entry { version, owner, body }).to_bytes()
        && let Err(error) = views.set(&recent_key(id), entry).await
    {
        eprintln!("the view of {id} was not written: {error}");
    }
}

fn read(views: &Store, key: &str) -> Result<Option<Entry>, Problem> {
    let Some(bytes) = views.get(key).map_err(Problem::unavailable)? else { return Ok(None) };
    Entry::from_bytes(bytes).map(Some).ok_or_else(|| Problem::internal("a view cannot be read"))
}

fn recent_key(id: &Uuid) -> String {
    format!("order:{id}:recent")
}

fn order_not_found() -> Problem {
    Problem::not_found("Order not found")
}
