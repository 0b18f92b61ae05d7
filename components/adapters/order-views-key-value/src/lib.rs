//! The ports `order-views` and `order-view-updates` on a key-value store.
//!
//! An order has two keys, each with one writer, because the store promises no compare-and-swap: `order:<uuid>` is
//! the projection's, `order:<uuid>:recent` the command's. Readers get both and take the newer.

use futures::future::join;
use tradepost_kept_store::{self as store, Failure};
use tradepost_view_entry::Entry;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::OrderViews;

    wit_bindgen::generate!({
        inline: "
            package tradepost:order-views-key-value;

            world component {
                export tradepost:ordering/order-views@0.1.0;
                export tradepost:ordering/order-view-updates@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });

    export!(OrderViews);
}

use ports::exports::tradepost::ordering::{order_view_updates as updates, order_views as views};

struct OrderViews;

impl views::Guest for OrderViews {
    async fn get(order_id: String) -> Result<Option<views::OrderView>, views::ViewError> {
        let projected_key = projected_key(&order_id);
        let recent_key = recent_key(&order_id);
        let (projected, recent) = join(store::get(&projected_key), store::get(&recent_key)).await;
        let projected = projected.map_err(view_error)?.map(read).transpose()?;
        let recent = recent.map_err(view_error)?.map(read).transpose()?;
        // Of two of the same version the projection's is as good; `max_by_key` takes the last.
        let newest = [recent, projected].into_iter().flatten().max_by_key(|entry| entry.version);
        Ok(newest.map(|Entry { version, owner, body }| views::OrderView { version, owner, body }))
    }
}

impl updates::Guest for OrderViews {
    async fn put_recent(order_id: String, view: updates::OrderView) -> Result<(), updates::ViewError> {
        let updates::OrderView { version, owner, body } = view;
        let bytes = Entry { version, owner, body }
            .to_bytes()
            .ok_or_else(|| updates::ViewError::Other("the owner is too long".to_owned()))?;
        store::set(&recent_key(&order_id), &bytes).await.map_err(update_error)
    }

    /// Not atomic. A command that comes between the look and the write loses its view to an older one, until the
    /// projection brings a newer one than both.
    async fn put_recent_if_none(
        order_id: String,
        view: updates::OrderView,
    ) -> Result<(), updates::ViewError> {
        match store::get(&recent_key(&order_id)).await.map_err(update_error)? {
            Some(_) => Ok(()),
            None => Self::put_recent(order_id, view).await,
        }
    }
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

fn update_error(failure: Failure) -> updates::ViewError {
    match failure {
        Failure::Unavailable(reason) => updates::ViewError::Unavailable(reason),
        Failure::Other(reason) => updates::ViewError::Other(reason),
    }
}

fn view_error(failure: Failure) -> views::ViewError {
    match failure {
        Failure::Unavailable(reason) => views::ViewError::Unavailable(reason),
        Failure::Other(reason) => views::ViewError::Other(reason),
    }
}
