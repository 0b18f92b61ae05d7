//! Consumes `product-created`: every new product is kept in stock from then on, with nothing on hand.

use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};
use tradepost_events::Event;
use tradepost_events::catalog::ProductCreated;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:inventory-stock-openings;

            world component {
                import tradepost:inventory/stock-openings@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });
}

use ports::tradepost::inventory::stock_openings::{self, Opening, OpeningError};

tradepost_consumer::consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    apply_by_key(events, async |events| {
        let openings = events.iter().map(|event| opening(event)).collect::<Result<_, _>>()?;
        stock_openings::open(openings).await.map_err(|error| match error {
            OpeningError::Unavailable(cause) => Outcome::Unavailable(cause),
            OpeningError::Other(cause) => Outcome::Failed(cause),
        })
    })
    .await
}

fn opening(event: &CloudEvent) -> Result<Opening, Outcome> {
    if event.event_type != ProductCreated::TYPE {
        return Err(Outcome::Rejected(format!("{} is not an event for this consumer", event.event_type)));
    }
    let created: ProductCreated = event.payload().map_err(|error| Outcome::Rejected(error.to_string()))?;
    Ok(Opening { event_id: event.id.clone(), sku: created.product.sku })
}
