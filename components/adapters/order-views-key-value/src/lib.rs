//! The ports `order-views`, `order-view-updates` and `order-projection` on a key-value store.
//!
//! An order has two keys, because the store promises no compare-and-swap: `order:<uuid>` is the projection's,
//! `order:<uuid>:recent` the commands'. Readers get both and take the newer. The projection's is written by one actor, in
//! turns. Two commands of one order at once could both find the older view there and write theirs, and the older of the
//! two could stay; the projection brings the newest.

use futures::future::{join, try_join_all};
use tradepost_kept_store::{self as store, Failure};
use tradepost_view_entry::Entry;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::OrderViews;

    wit_bindgen::generate!({
        inline: "
            package tradepost:order-views-key-value;

            world component {
                export tradepost:ordering/order-projection@0.1.0;
                export tradepost:ordering/order-view-updates@0.1.0;
                export tradepost:ordering/order-views@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });

    export!(OrderViews);
}

use ports::exports::tradepost::ordering::{
    order_projection as projection, order_view_updates as updates, order_views as views,
};

struct OrderViews;

impl views::Guest for OrderViews {
    async fn get(order_id: String) -> Result<Option<views::OrderView>, views::ViewError> {
        newest(order_id).await
    }

    async fn get_all(order_ids: Vec<String>) -> Result<Vec<Option<views::OrderView>>, views::ViewError> {
        try_join_all(order_ids.into_iter().map(newest)).await
    }
}

async fn newest(order_id: String) -> Result<Option<views::OrderView>, views::ViewError> {
    let projected_key = projected_key(&order_id);
    let recent_key = recent_key(&order_id);
    let (projected, recent) = join(store::get(&projected_key), store::get(&recent_key)).await;
    let projected = projected.map_err(view_error)?.map(read).transpose()?;
    let recent = recent.map_err(view_error)?.map(read).transpose()?;
    // Of two of the same version the projection's is as good; `max_by_key` takes the last.
    let newest = [recent, projected].into_iter().flatten().max_by_key(|entry| entry.version);
    Ok(newest.map(|Entry { version, owner, body }| views::OrderView { version, owner, body }))
}

impl updates::Guest for OrderViews {
    async fn put_recent(order_id: String, view: updates::OrderView) -> Result<(), updates::ViewError> {
        let updates::OrderView { version, owner, body } = view;
        put(&recent_key(&order_id), Entry { version, owner, body }).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => updates::ViewError::Unavailable(reason),
            Failure::Other(reason) => updates::ViewError::Other(reason),
        })
    }
}

impl projection::Guest for OrderViews {
    async fn put_all(shown: Vec<projection::OrderView>) -> Result<(), projection::ViewError> {
        // All at once: a store that makes every write durable makes those durable together that wait together.
        let puts = shown.into_iter().map(async |view| {
            let projection::OrderView { order_id, version, owner, body } = view;
            put(&projected_key(&order_id), Entry { version, owner, body }).await
        });
        try_join_all(puts).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => projection::ViewError::Unavailable(reason),
            Failure::Other(reason) => projection::ViewError::Other(reason),
        })?;
        Ok(())
    }
}

/// Writes the entry unless one of the same or a newer version is there. What cannot be read is written over.
async fn put(key: &str, entry: Entry) -> Result<(), Failure> {
    let there = store::get(key).await?.and_then(Entry::from_bytes);
    if there.is_some_and(|there| there.version >= entry.version) {
        return Ok(());
    }
    let bytes = entry.to_bytes().ok_or_else(|| Failure::Other("the owner is too long".to_owned()))?;
    store::set(key, &bytes).await
}

fn projected_key(order_id: &str) -> String {
    format!("order:{order_id}")
}

fn recent_key(order_id: &str) -> String {
    format!("order:{order_id}:recent")
}

fn read(bytes: Vec<u8>) -> Result<Entry, views::ViewError> {
    Entry::from_bytes(bytes).ok_or_else(|| views::ViewError::Other("a view cannot be read".to_owned()))
}

fn view_error(failure: Failure) -> views::ViewError {
    match failure {
        Failure::Unavailable(reason) => views::ViewError::Unavailable(reason),
        Failure::Other(reason) => views::ViewError::Other(reason),
    }
}
