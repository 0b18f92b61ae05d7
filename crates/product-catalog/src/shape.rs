//! Products and events between the rules and the port.

use tradepost_catalog::{Product, ProductEvent};
use tradepost_endpoint::{fresh_uuid, now};
use tradepost_ids::ProductId;
use tradepost_money::Money;
use tradepost_problem::Problem;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::bindings::tradepost::catalog::product_catalog as port;

pub(crate) fn id_of(uuid: &str) -> Result<ProductId, Problem> {
    Uuid::try_parse(uuid).map(ProductId::from_uuid).map_err(Problem::internal)
}

pub(crate) fn product_of(product: port::Product) -> Result<Product, Problem> {
    Ok(Product {
        id: id_of(&product.id)?,
        sku: product.sku,
        name: product.name,
        description: product.description,
        price: Money::new(product.price.amount, product.price.currency.parse().map_err(Problem::internal)?),
        categories: product.categories,
        attributes: serde_json::from_str(&product.attributes)?,
        active: product.active,
        created_at: Timestamp::from_micros(product.created_at),
        version: product.version,
    })
}

pub(crate) fn product_for_port(product: &Product) -> Result<port::Product, Problem> {
    Ok(port::Product {
        id: product.id.as_uuid().to_string(),
        sku: product.sku.clone(),
        name: product.name.clone(),
        description: product.description.clone(),
        price: port::Money { amount: product.price.amount(), currency: product.price.currency().to_string() },
        categories: product.categories.clone(),
        attributes: serde_json::to_string(&product.attributes)?,
        active: product.active,
        created_at: product.created_at.as_micros(),
        version: product.version,
    })
}

pub(crate) fn event_for_port(event: &ProductEvent) -> Result<port::NewEvent, Problem> {
    Ok(port::NewEvent {
        id: fresh_uuid().to_string(),
        event_type: event.event_type().to_owned(),
        data: event.to_data_json()?,
        occurred_at: now().as_micros(),
    })
}
