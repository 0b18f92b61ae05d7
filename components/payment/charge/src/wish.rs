//! What an event demands of a payment.

use tradepost_consumer::{CloudEvent, Outcome};
use tradepost_events::Event;
use tradepost_events::inventory::StockReserved;
use tradepost_events::ordering::{
    Order, OrderCancelled, OrderExpired, OrderPlaced, OrderRejected, OrderReturned,
};
use tradepost_ids::{PaymentId, RefundId};
use tradepost_money::Money;
use tradepost_payment::{PaymentMethod, Request};
use tradepost_timestamp::Timestamp;

/// What an event demands.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    /// To be paid.
    Request(Request),
    /// To charge, because stock is promised until then.
    Charge { reserved_until: Timestamp },
    /// To take nothing, or give it back.
    CallOff { reason: &'static str, value: Option<Money> },
    /// To give back what came back cost.
    GiveBack { refund_id: RefundId, value: Money },
}

/// The payment that an event is about, and what it demands.
pub(crate) fn wish(event: &CloudEvent) -> Result<(PaymentId, Wish), Outcome> {
    match event.event_type.as_str() {
        OrderPlaced::TYPE => {
            let placed: OrderPlaced = payload(event)?;
            Ok((payment_of(&placed.order), Wish::Request(request(placed))))
        }
        StockReserved::TYPE => {
            let reserved: StockReserved = payload(event)?;
            let id = PaymentId::from_uuid(*reserved.order_id.as_uuid());
            Ok((id, Wish::Charge { reserved_until: reserved.expires_at }))
        }
        OrderRejected::TYPE => {
            let OrderRejected { order, .. } = payload(event)?;
            Ok((payment_of(&order), Wish::CallOff { reason: "order_rejected", value: None }))
        }
        OrderExpired::TYPE => {
            let OrderExpired { order, .. } = payload(event)?;
            Ok((payment_of(&order), Wish::CallOff { reason: "order_expired", value: None }))
        }
        OrderCancelled::TYPE => {
            let OrderCancelled { order, value, .. } = payload(event)?;
            Ok((payment_of(&order), Wish::CallOff { reason: "order_cancelled", value: Some(value) }))
        }
        OrderReturned::TYPE => {
            let OrderReturned { order, returned, .. } = payload(event)?;
            // What came back once is given back once, whoever tells of it how often.
            let refund_id = RefundId::from_uuid(*returned.id.as_uuid());
            Ok((payment_of(&order), Wish::GiveBack { refund_id, value: returned.value }))
        }
        other => Err(Outcome::Rejected(format!("{other} is not an event for this consumer"))),
    }
}

fn payload<T: Event>(event: &CloudEvent) -> Result<T, Outcome> {
    // What stands where something else should could be what is charged, and the text is kept for people to read.
    event.payload().map_err(|_| {
        Outcome::Rejected(format!("the payload does not have the shape of {}", event.event_type))
    })
}

fn payment_of(order: &Order) -> PaymentId {
    PaymentId::from_uuid(*order.id.as_uuid())
}

fn request(placed: OrderPlaced) -> Request {
    let OrderPlaced { payment_method, customer, order } = placed;
    Request {
        order_id: order.id,
        amount: order.total,
        payment_method: payment_method.map(PaymentMethod::new),
        email: order.email,
        guest: customer.is_none(),
        shipping_country: order.shipping_address.map(|address| address.country),
        pieces: order.lines.iter().map(|line| u64::from(line.quantity)).sum(),
    }
}
