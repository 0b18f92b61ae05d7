//! Products and events as the functions in Postgres take them: JSON objects, whose payloads are JSON already.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::ports::exports::tradepost::catalog::product_catalog::{NewEvent, Product};

/// `catalog.product_fields`.
#[derive(Serialize)]
pub(crate) struct ProductParameter<'a> {
    id: &'a str,
    sku: &'a str,
    name: &'a str,
    description: Option<&'a str>,
    price_amount: i64,
    price_currency: &'a str,
    categories: &'a [String],
    attributes: &'a RawValue,
    active: bool,
    created_at: i64,
}

impl<'a> ProductParameter<'a> {
    pub(crate) fn of(product: &'a Product) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: &product.id,
            sku: &product.sku,
            name: &product.name,
            description: product.description.as_deref(),
            price_amount: product.price.amount,
            price_currency: &product.price.currency,
            categories: &product.categories,
            attributes: serde_json::from_str(&product.attributes)?,
            active: product.active,
            created_at: product.created_at,
        })
    }
}

/// An event.
#[derive(Serialize)]
pub(crate) struct EventParameter<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    data: &'a RawValue,
    occurred_at: i64,
}

impl<'a> EventParameter<'a> {
    pub(crate) fn of(event: &'a NewEvent) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: &event.id,
            event_type: &event.event_type,
            data: serde_json::from_str(&event.data)?,
            occurred_at: event.occurred_at,
        })
    }
}

/// A product among many.
#[derive(Serialize)]
pub(crate) struct AdditionParameter<'a> {
    pub(crate) product: ProductParameter<'a>,
    pub(crate) subject: String,
    pub(crate) event: EventParameter<'a>,
}
