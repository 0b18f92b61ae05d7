//! What the events of stock and payment mean for an order.

use tradepost_consumer::{CloudEvent, Outcome};
use tradepost_events::Event;
use tradepost_events::inventory::{ReservationExpired, StockRejected};
use tradepost_events::payment::{
    PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentUnknown, RefundDeclined,
};
use tradepost_ordering::{Command, PaymentNews};
use uuid::Uuid;

/// What an event asks of an order.
pub(crate) struct News {
    /// The order.
    pub(crate) order: Uuid,
    /// The event.
    pub(crate) cause: Uuid,
    pub(crate) command: Command<'static>,
    pub(crate) traceparent: Option<String>,
}

impl News {
    /// What `event` asks. What cannot be read is rejected: no retry will help.
    pub(crate) fn of(event: &CloudEvent) -> Result<Self, Outcome> {
        let (order, command) = meaning(event)?;
        let cause = Uuid::try_parse(&event.id)
            .map_err(|error| Outcome::Rejected(format!("the id of the event is no UUID: {error}")))?;
        Ok(Self { order, cause, command, traceparent: event.traceparent.clone() })
    }
}

fn meaning(event: &CloudEvent) -> Result<(Uuid, Command<'static>), Outcome> {
    let (order, command) = match event.event_type.as_str() {
        StockRejected::TYPE => {
            let StockRejected { order_id, short } = payload(event)?;
            (order_id, Command::Reject { short })
        }
        ReservationExpired::TYPE => {
            let ReservationExpired { order_id, .. } = payload(event)?;
            (order_id, Command::LoseReservation)
        }
        PaymentCaptured::TYPE => {
            let PaymentCaptured { order_id, amount, risk, .. } = payload(event)?;
            (order_id, Command::Confirm { captured: amount, risk })
        }
        PaymentDeclined::TYPE => {
            let PaymentDeclined { order_id, decline_code, .. } = payload(event)?;
            (order_id, Command::Decline { decline_code })
        }
        PaymentUnknown::TYPE => {
            let PaymentUnknown { order_id, .. } = payload(event)?;
            (order_id, Command::HearOfPayment(PaymentNews::Unknown))
        }
        PaymentRefunded::TYPE => {
            let PaymentRefunded { order_id, refund_id, refunded, .. } = payload(event)?;
            (order_id, Command::HearOfPayment(PaymentNews::Refunded { refund_id, refunded }))
        }
        RefundDeclined::TYPE => {
            let RefundDeclined { order_id, refund_id, decline_code, .. } = payload(event)?;
            (order_id, Command::HearOfPayment(PaymentNews::RefundDeclined { refund_id, decline_code }))
        }
        other => return Err(Outcome::Rejected(format!("{other} is not an event for this consumer"))),
    };
    Ok((*order.as_uuid(), command))
}

fn payload<E: Event>(event: &CloudEvent) -> Result<E, Outcome> {
    event.payload().map_err(|error| Outcome::Rejected(error.to_string()))
}
