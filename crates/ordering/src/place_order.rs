//! What a customer asks for.

use std::collections::BTreeMap;

use serde_json::Value;
use tradepost_catalog::Sku;
use tradepost_identity::EmailAddress;
use tradepost_input::{Faulted, Faults, Field, Object, code, read};

use crate::address::read_address;
use crate::{PaymentMethod, Quantity, ShippingAddress};

/// How many lines a request may have. The price list answers as many SKUs at once.
const MOST_LINES: usize = 1_000;

/// A request to order, well-formed in itself. Whether the products exist, [`decide`](crate::decide) says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlaceOrder {
    /// What is ordered; lines of one SKU are added up.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1_000)))]
    pub(crate) lines: Vec<RequestedLine>,
    /// A token of the payment provider. Without one the order is declined.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::payment_method", default))]
    pub(crate) payment_method: Option<PaymentMethod>,
    /// Where the customer is written to about it.
    pub(crate) email: Option<EmailAddress>,
    /// Where the goods go.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::shipping_address", default))]
    pub(crate) shipping_address: Option<ShippingAddress>,
}

/// One product of the request, with the quantities of all lines that name it added up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestedLine {
    /// Which product.
    pub sku: Sku,
    /// How many of it.
    pub quantity: Quantity,
    /// The first line of the request that names it, counted from 0.
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub line_index: usize,
}

impl PlaceOrder {
    /// Reads the body of `POST /orders`:
    /// `{lines: [{sku, quantity}], payment_method?, email?, shipping_address?}`.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |order| {
            let lines = order.required("lines", read_lines);
            let payment_method = order.optional("payment_method", Field::parse);
            let email = order.optional("email", Field::parse);
            let shipping_address = order.optional("shipping_address", read_address);
            Ok(Self {
                lines: lines?,
                payment_method: payment_method?,
                email: email?,
                shipping_address: shipping_address?,
            })
        })
    }

    /// The lines, each SKU once, in the order in which the request first names them. At least one.
    pub fn lines(&self) -> &[RequestedLine] {
        &self.lines
    }

    /// What to ask prices for: each SKU once.
    pub fn skus(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line.sku.as_str())
    }
}

/// Reads the lines and adds up those of one SKU: a basket that lists something twice means both.
pub(crate) fn read_lines(field: Field<'_>) -> Result<Vec<RequestedLine>, Faulted> {
    let mut lines: Vec<RequestedLine> = Vec::new();
    let mut position_by_sku = BTreeMap::new();
    let mut line_index = 0;
    field.array(1..=MOST_LINES, |item| {
        let current = line_index;
        line_index += 1;
        item.object(|line| {
            let sku = line.required("sku", Field::parse::<Sku>);
            let quantity = line.required("quantity", |field| field.integer_with(Quantity::try_from));
            let (sku, quantity) = (sku?, quantity?);
            let earlier = position_by_sku.get(&sku).and_then(|&position: &usize| lines.get_mut(position));
            if let Some(earlier) = earlier {
                earlier.quantity =
                    earlier.quantity.checked_add(quantity).ok_or_else(|| too_many(line, &sku))?;
            } else {
                position_by_sku.insert(sku.clone(), lines.len());
                lines.push(RequestedLine { sku, quantity, line_index: current });
            }
            Ok(())
        })
    })?;
    Ok(lines)
}

fn too_many(line: &Object<'_>, sku: &Sku) -> Faulted {
    let detail = format!("The lines of {sku} must not add up to more than {}", Quantity::MOST);
    line.fault("quantity", code::OUT_OF_RANGE, detail)
}
