//! The ports `product-views`, `product-view-updates` and `product-projection` on a key-value store.
//!
//! A product has two keys, each with one kind of writer, because the store promises no compare-and-swap:
//! `product:<uuid>` is the projection's, `product:<uuid>:recent` the commands'. Readers get both and take the newer.
//! An archived product has an entry without a body: a missing one would bring an older one of the other key to light.

use futures::future::join;
use tradepost_kept_store::{self as store, Failure};
use tradepost_view_entry::Entry;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::ProductViews;

    wit_bindgen::generate!({
        inline: "
            package tradepost:product-views-key-value;

            world component {
                export tradepost:catalog/product-views@0.1.0;
                export tradepost:catalog/product-view-updates@0.1.0;
                export tradepost:catalog/product-projection@0.1.0;
            }
        ",
        path: "../../../wit/catalog",
        generate_all,
    });

    export!(ProductViews);
}

use ports::exports::tradepost::catalog::{
    product_projection as projection, product_view_updates as updates, product_views as views,
};

struct ProductViews;

impl views::Guest for ProductViews {
    async fn get(product_id: String) -> Result<Option<views::ProductView>, views::ViewError> {
        let projected_key = projected_key(&product_id);
        let recent_key = recent_key(&product_id);
        let (projected, recent) = join(store::get(&projected_key), store::get(&recent_key)).await;
        let projected = projected.map_err(view_error)?.map(read).transpose()?;
        let recent = recent.map_err(view_error)?.map(read).transpose()?;
        // Of two of the same version the projection's is as good; `max_by_key` takes the last.
        let newest = [recent, projected].into_iter().flatten().max_by_key(|entry| entry.version);
        Ok(newest
            .filter(|entry| !entry.body.is_empty())
            .map(|entry| views::ProductView { version: entry.version, body: entry.body }))
    }
}

impl updates::Guest for ProductViews {
    async fn put_recent(product_id: String, view: updates::ProductView) -> Result<(), updates::ViewError> {
        let key = recent_key(&product_id);
        put(&key, view.version, view.body).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => updates::ViewError::Unavailable(reason),
            Failure::Other(reason) => updates::ViewError::Other(reason),
        })
    }
}

impl projection::Guest for ProductViews {
    async fn put(product_id: String, view: projection::ProductView) -> Result<(), projection::ViewError> {
        let key = projected_key(&product_id);
        put(&key, view.version, view.body).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => projection::ViewError::Unavailable(reason),
            Failure::Other(reason) => projection::ViewError::Other(reason),
        })
    }
}

/// Writes the entry unless one of the same or a newer version is there. What cannot be read is written over.
async fn put(key: &str, version: u64, body: Option<Vec<u8>>) -> Result<(), Failure> {
    let there = store::get(key).await?.and_then(Entry::from_bytes);
    if there.is_some_and(|there| there.version >= version) {
        return Ok(());
    }
    // Everybody may see products.
    let entry = Entry { version, owner: String::new(), body: body.unwrap_or_default() };
    let bytes = entry.to_bytes().ok_or_else(|| Failure::Other("the owner is too long".to_owned()))?;
    store::set(key, &bytes).await
}

fn projected_key(product_id: &str) -> String {
    format!("product:{product_id}")
}

fn recent_key(product_id: &str) -> String {
    format!("product:{product_id}:recent")
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
