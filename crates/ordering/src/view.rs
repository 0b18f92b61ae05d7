//! An order as clients see it.

use serde::Serialize;
use tradepost_ids::OrderId;
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;

use crate::{Order, OrderLine, ShippingAddress, Status};

/// What `GET /orders/:order_id` answers. Not shown are the payment method, which could be charged again, and the
/// owner, whom only the owner and staff could see it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderView<'a> {
    /// The order's id.
    pub id: OrderId,
    /// Where in its life it is.
    pub status: Status,
    /// What was ordered.
    pub lines: &'a [OrderLine],
    /// The sum of the lines.
    pub total: Money,
    /// Always null: no payment is attempted yet.
    pub payment: (),
    /// Where the customer is written to about it.
    pub email: Option<&'a str>,
    /// Where the goods go.
    pub shipping_address: Option<&'a ShippingAddress>,
    /// How many events made it what it is. It grows with every change.
    pub version: u64,
    /// When it was placed.
    pub created_at: Timestamp,
}

impl<'a> OrderView<'a> {
    /// The view of `order`; `None` before its life begins.
    pub fn of(id: OrderId, order: &'a Order) -> Option<Self> {
        let (status, agreed) = order.agreed()?;
        Some(Self {
            id,
            status,
            lines: &agreed.lines,
            total: agreed.total,
            payment: (),
            email: agreed.email.as_deref(),
            shipping_address: agreed.shipping_address.as_ref(),
            version: order.version(),
            created_at: agreed.created_at,
        })
    }
}
