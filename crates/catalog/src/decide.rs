//! What may happen to a product.

use tradepost_events::catalog::{ProductArchived, ProductChanged, ProductCreated, ProductPriceChanged};
use tradepost_ids::ProductId;
use tradepost_timestamp::Timestamp;

use crate::{Category, Changes, NewProduct, Product, ProductEvent};

/// Where a product stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    #[default]
    Absent,
    /// It is in the catalog.
    Listed(Product),
    /// It was, and will not be again.
    Archived(Product),
}

/// What somebody wants to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Put something on sale.
    Create {
        /// The id that it gets.
        id: ProductId,
        /// What it is.
        product: NewProduct,
    },
    /// Change what is said of it.
    Change(Changes),
    /// Take it off sale for good.
    Archive,
}

/// Why it does not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such product, or none any more.
    #[error("there is no such product")]
    NotListed,
    /// A product is created once.
    #[error("the product has been created already")]
    AlreadyCreated,
}

/// What happens when `command` meets `standing` at `now`. No events: nothing changes.
///
/// An edit of the price and of something else is two events, so that whoever follows prices alone can.
pub fn decide(standing: &Standing, command: Command, now: Timestamp) -> Result<Vec<ProductEvent>, Refusal> {
    match (standing, command) {
        (Standing::Absent, Command::Create { id, product }) => Ok(vec![created(id, product, now)]),
        (Standing::Listed(_) | Standing::Archived(_), Command::Create { .. }) => Err(Refusal::AlreadyCreated),
        (Standing::Absent | Standing::Archived(_), Command::Change(_) | Command::Archive) => {
            Err(Refusal::NotListed)
        }
        (Standing::Listed(product), Command::Change(changes)) => Ok(changed(product, changes)),
        (Standing::Listed(product), Command::Archive) => {
            let product = Product { version: product.version + 1, ..product.clone() }.into();
            Ok(vec![ProductEvent::Archived(ProductArchived { product })])
        }
    }
}

/// What a product is after `event`. An event carries the whole product, so the last one is all that counts.
pub fn evolve(_: Standing, event: ProductEvent) -> Standing {
    match event {
        ProductEvent::Archived(_) => Standing::Archived(event.into_product()),
        ProductEvent::Created(_) | ProductEvent::Changed(_) | ProductEvent::PriceChanged(_) => {
            Standing::Listed(event.into_product())
        }
    }
}

/// What happens when a new product goes on sale under a fresh id: nothing stands against it but its SKU, and whether
/// that is taken the catalog alone knows.
pub fn created(id: ProductId, product: NewProduct, now: Timestamp) -> ProductEvent {
    let product = Product {
        id,
        sku: product.sku.into_string(),
        name: product.name.into_string(),
        description: product.description,
        price: product.price,
        categories: product.categories.into_iter().map(Category::into_string).collect(),
        attributes: product.attributes,
        active: product.active,
        created_at: now,
        version: 1,
    };
    ProductEvent::Created(ProductCreated { product: product.into() })
}

fn changed(product: &Product, changes: Changes) -> Vec<ProductEvent> {
    let mut events = Vec::new();
    let mut next = product.clone();
    let Changes { name, description, price, categories, attributes, active } = changes;
    if let Some(name) = name {
        next.name = name.into_string();
    }
    if let Some(description) = description {
        next.description = description;
    }
    if let Some(categories) = categories {
        next.categories = categories.into_iter().map(Category::into_string).collect();
    }
    if let Some(attributes) = attributes {
        next.attributes = attributes;
    }
    if let Some(active) = active {
        next.active = active;
    }
    if next != *product {
        next.version += 1;
        events.push(ProductEvent::Changed(ProductChanged { product: next.clone().into() }));
    }
    if let Some(price) = price.filter(|price| *price != next.price) {
        let previous_price = std::mem::replace(&mut next.price, price);
        next.version += 1;
        events.push(ProductEvent::PriceChanged(ProductPriceChanged { product: next.into(), previous_price }));
    }
    events
}
