//! The ports `payment-views`, `payment-view-updates` and `payment-projection` on a key-value store.
//!
//! A payment has two keys, because the store promises no compare-and-swap: `payment:<uuid>` is the projection's,
//! `payment:<uuid>:recent` the commands'. Readers get both and take the newer. The projection's is written by one actor,
//! in turns. Two commands of one payment at once could both find the older view there and write theirs, and the older of
//! the two could stay; the projection brings the newest.

use futures::future::{join, try_join_all};
use tradepost_kept_store::{self as store, Failure};
use tradepost_view_entry::Entry;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::PaymentViews;

    wit_bindgen::generate!({
        inline: "
            package tradepost:payment-views-key-value;

            world component {
                export tradepost:payment/payment-projection@0.1.0;
                export tradepost:payment/payment-view-updates@0.1.0;
                export tradepost:payment/payment-views@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
    });

    export!(PaymentViews);
}

use ports::exports::tradepost::payment::{
    payment_projection as projection, payment_view_updates as updates, payment_views as views,
};

struct PaymentViews;

impl views::Guest for PaymentViews {
    async fn get(payment_id: String) -> Result<Option<views::PaymentView>, views::ViewError> {
        let projected_key = projected_key(&payment_id);
        let recent_key = recent_key(&payment_id);
        let (projected, recent) = join(store::get(&projected_key), store::get(&recent_key)).await;
        let projected = projected.map_err(view_error)?.map(read).transpose()?;
        let recent = recent.map_err(view_error)?.map(read).transpose()?;
        // Of two of the same version the projection's is as good; `max_by_key` takes the last.
        let newest = [recent, projected].into_iter().flatten().max_by_key(|entry| entry.version);
        Ok(newest.map(|Entry { version, body, .. }| views::PaymentView { version, body }))
    }
}

impl updates::Guest for PaymentViews {
    async fn put_recent(payment_id: String, view: updates::PaymentView) -> Result<(), updates::ViewError> {
        put(&recent_key(&payment_id), view.version, view.body).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => updates::ViewError::Unavailable(reason),
            Failure::Other(reason) => updates::ViewError::Other(reason),
        })
    }
}

impl projection::Guest for PaymentViews {
    async fn put_all(shown: Vec<projection::PaymentView>) -> Result<(), projection::ViewError> {
        // All at once: a store that makes every write durable makes those durable together that wait together.
        let puts = shown
            .into_iter()
            .map(async |view| put(&projected_key(&view.payment_id), view.version, view.body).await);
        try_join_all(puts).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => projection::ViewError::Unavailable(reason),
            Failure::Other(reason) => projection::ViewError::Other(reason),
        })?;
        Ok(())
    }
}

/// Writes the view unless one of the same or a newer version is there. What cannot be read is written over.
async fn put(key: &str, version: u64, body: Vec<u8>) -> Result<(), Failure> {
    let there = store::get(key).await?.and_then(Entry::from_bytes);
    if there.is_some_and(|there| there.version >= version) {
        return Ok(());
    }
    // Payments are shown to staff, so they have no owner.
    let entry = Entry { version, owner: String::new(), body };
    let bytes = entry.to_bytes().ok_or_else(|| Failure::Other("the owner is too long".to_owned()))?;
    store::set(key, &bytes).await
}

fn projected_key(payment_id: &str) -> String {
    format!("payment:{payment_id}")
}

fn recent_key(payment_id: &str) -> String {
    format!("payment:{payment_id}:recent")
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
