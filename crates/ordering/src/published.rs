//! Events as other contexts are told of them: each with the order as it is after it.

use serde_json::Error;
use tradepost_events::ordering::{self as told, Fulfilment, Order, Return};
use tradepost_ids::UserId;

use crate::{OrderEvent, OrderPaymentChanged};

/// The payload of `event`, after which the customer's order is `order`.
pub(crate) fn published_json(
    event: &OrderEvent,
    customer: Option<UserId>,
    order: &Order,
) -> Result<String, Error> {
    let order = order.clone();
    let at = order.updated_at;
    match event.clone() {
        OrderEvent::OrderPlaced(event) => {
            let payment_method = event.payment_method.map(|method| method.as_str().to_owned());
            serde_json::to_string(&told::OrderPlaced { payment_method, customer, order })
        }
        OrderEvent::OrderConfirmed(event) => serde_json::to_string(&told::OrderConfirmed {
            captured: event.captured,
            risk: event.risk,
            customer,
            order,
        }),
        OrderEvent::OrderRejected(event) => {
            serde_json::to_string(&told::OrderRejected { short: event.short, customer, order })
        }
        OrderEvent::OrderExpired(_) => serde_json::to_string(&told::OrderExpired { customer, order }),
        OrderEvent::OrderCancelled(event) => serde_json::to_string(&told::OrderCancelled {
            lines: event.lines,
            value: event.value,
            customer,
            order,
        }),
        OrderEvent::OrderHeld(_) => serde_json::to_string(&told::OrderHeld { customer, order }),
        OrderEvent::OrderReleased(_) => serde_json::to_string(&told::OrderReleased { customer, order }),
        OrderEvent::OrderFulfilled(event) => {
            let fulfilment =
                Fulfilment { id: event.id, lines: event.lines, tracking: event.tracking, created_at: at };
            serde_json::to_string(&told::OrderFulfilled { fulfilment, customer, order })
        }
        OrderEvent::OrderCompleted(_) => serde_json::to_string(&told::OrderCompleted { customer, order }),
        OrderEvent::OrderReturned(event) => {
            let returned = Return {
                id: event.id,
                lines: event.lines,
                tracking: event.tracking,
                value: event.value,
                created_at: at,
            };
            serde_json::to_string(&told::OrderReturned { returned, customer, order })
        }
        OrderEvent::OrderPaymentChanged(event) => {
            let refund_id = match event {
                OrderPaymentChanged::Unknown => None,
                OrderPaymentChanged::Refunded { refund_id, .. }
                | OrderPaymentChanged::RefundDeclined { refund_id, .. } => Some(refund_id),
            };
            serde_json::to_string(&told::OrderPaymentChanged { refund_id, customer, order })
        }
    }
}
