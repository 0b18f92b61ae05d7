//! Shows every product as its events tell it: the projection that the product views are.
//!
//! Each event carries the whole product, so of several that come together the newest is all that counts, and applying one
//! twice changes nothing: the version of what is shown is the memory of what has been applied.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use tradepost_catalog::{EventError, ProductEvent};
use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:catalog-product-views;

            world component {
                import tradepost:catalog/product-projection@0.1.0;
            }
        ",
        path: "../../../wit/catalog",
        generate_all,
    });
}

use ports::tradepost::catalog::product_projection::{ProductView, ViewError, put};

tradepost_consumer::consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    apply_by_key(events, show).await
}

/// Shows the products of these events as they are after them.
async fn show(events: &[&CloudEvent]) -> Result<(), Outcome> {
    let mut views = BTreeMap::new();
    for event in events {
        let (product_id, view) = view_of(event)?;
        // The newest and not the last: whoever else may deliver need not keep their order.
        let is_newest = views.get(&product_id).is_none_or(|there: &ProductView| there.version < view.version);
        if is_newest {
            views.insert(product_id, view);
        }
    }
    // All at once: a store that makes every write durable makes those durable together that wait together.
    try_join_all(views.into_iter().map(|(product_id, view)| put(product_id, view))).await.map_err(
        |error| match error {
            ViewError::Unavailable(reason) => Outcome::Unavailable(reason),
            ViewError::Other(reason) => Outcome::Failed(reason),
        },
    )?;
    Ok(())
}

fn view_of(event: &CloudEvent) -> Result<(String, ProductView), Outcome> {
    let happened = ProductEvent::from_recorded(&event.event_type, &event.data).map_err(|error| {
        Outcome::Rejected(match &error {
            EventError::UnknownType(_) => error.to_string(),
            EventError::Malformed { source, .. } => format!("{error}: {source}"),
        })
    })?;
    let is_archived = matches!(happened, ProductEvent::Archived(_));
    let product = happened.into_product();
    let body = if is_archived {
        None
    } else {
        Some(serde_json::to_vec(&product).map_err(|error| Outcome::Failed(error.to_string()))?)
    };
    Ok((product.id.as_uuid().to_string(), ProductView { version: product.version, body }))
}
