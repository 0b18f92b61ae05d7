//! Writing the lists.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use tradepost_kept_store::Failure;
use tradepost_order_list::{Day, Days, Listed, Page, Recent};
use uuid::Uuid;

use crate::ports::exports::tradepost::ordering::customer_orders_projection::NotedOrder;
use crate::stored::{days_key, get, page_key, recent_key, set, uuid};

pub(crate) async fn note_all(orders: Vec<NotedOrder>) -> Result<(), Failure> {
    let mut noted: BTreeMap<Uuid, BTreeMap<Day, Vec<(Uuid, Listed)>>> = BTreeMap::new();
    for NotedOrder { customer, order_id, version, status } in orders {
        let order = uuid(&order_id)?;
        let day = noted.entry(uuid(&customer)?).or_default().entry(Day::of(order)).or_default();
        day.push((order, Listed { version, status }));
    }
    // All at once: a store that makes every write durable makes those durable together that wait together.
    try_join_all(noted.into_iter().map(|(customer, days)| note(customer, days))).await?;
    Ok(())
}

async fn note(customer: Uuid, days: BTreeMap<Day, Vec<(Uuid, Listed)>>) -> Result<(), Failure> {
    let noted: Vec<Day> = days.keys().copied().collect();
    try_join_all(days.into_iter().map(|(day, orders)| note_in_page(customer, day, orders))).await?;

    let key = days_key(customer);
    let mut days: Days = get(&key).await?;
    // Every day, not only those before which `any` stops.
    let new = noted.into_iter().filter(|day| days.note(*day)).count();
    if new > 0 { set(&key, &days).await } else { Ok(()) }
}

async fn note_in_page(customer: Uuid, day: Day, orders: Vec<(Uuid, Listed)>) -> Result<(), Failure> {
    let key = page_key(customer, day);
    let mut page: Page = get(&key).await?;
    let mut changed = false;
    for (order, listed) in orders {
        changed |= page.note(order, listed);
    }
    if changed { set(&key, &page).await } else { Ok(()) }
}

pub(crate) async fn note_recent(customer: &str, order_id: &str) -> Result<(), Failure> {
    let key = recent_key(uuid(customer)?);
    let mut recent: Recent = get(&key).await?;
    if recent.note(uuid(order_id)?) { set(&key, &recent).await } else { Ok(()) }
}
