//! What an order is, after everything that happened to it.

use std::collections::BTreeSet;

use tradepost_events::ordering::{self as view, Fulfilment, Pieces, Reason, Return};
use tradepost_ids::{OrderId, PaymentId};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::{
    OrderEvent, OrderLine, OrderPaymentChanged, OrderPlaced, Owner, PaymentStatus, Recorded, Status,
};

/// The state that a stream of events tells. Before the first event there is an order of version 0 and no status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    version: u64,
    causes: BTreeSet<Uuid>,
    life: Option<Life>,
}

/// The order once there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) status: Status,
    pub(crate) status_since: Timestamp,
    pub(crate) reason: Option<Reason>,
    pub(crate) agreed: OrderPlaced,
    pub(crate) lines: Vec<view::OrderLine>,
    pub(crate) payment: Payment,
    pub(crate) fulfilments: Vec<Fulfilment>,
    pub(crate) returns: Vec<Return>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The payment, as far as ordering has heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) status: PaymentStatus,
    pub(crate) decline_code: Option<String>,
    pub(crate) refunded: Money,
}

impl Order {
    /// The order that `events`, from the first one on, tell of.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }

    /// How many events there were: the version of the stream.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Where in its life the order is; `None` before it begins.
    pub fn status(&self) -> Option<Status> {
        self.life.as_ref().map(|life| life.status)
    }

    /// Since when it has had its status; `None` before its life begins.
    pub fn status_since(&self) -> Option<Timestamp> {
        self.life.as_ref().map(|life| life.status_since)
    }

    /// When it was placed; `None` before that.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.life.as_ref().map(|life| life.created_at)
    }

    /// Whose order it is; `None` before it begins.
    pub fn owner(&self) -> Option<Owner> {
        self.life.as_ref().map(|life| life.agreed.owner)
    }

    /// Whether one of its events answers to the event `cause`.
    pub fn has_answered(&self, cause: &Uuid) -> bool {
        self.causes.contains(cause)
    }

    /// The order as clients see it; `None` before its life begins.
    pub fn view(&self, id: OrderId) -> Option<view::Order> {
        let life = self.life.as_ref()?;
        Some(view::Order {
            id,
            status: life.status.as_str().to_owned(),
            reason: life.reason.clone(),
            lines: life.lines.clone(),
            total: life.agreed.total,
            payment: view::OrderPayment {
                id: PaymentId::from_uuid(*id.as_uuid()),
                status: life.payment.status.as_str().to_owned(),
                decline_code: life.payment.decline_code.clone(),
                refunded: life.payment.refunded,
            },
            email: life.agreed.email.clone(),
            shipping_address: life.agreed.shipping_address.clone(),
            fulfilments: life.fulfilments.clone(),
            returns: life.returns.clone(),
            version: self.version,
            created_at: life.created_at,
            updated_at: life.updated_at,
        })
    }

    pub(crate) const fn life(&self) -> Option<&Life> {
        self.life.as_ref()
    }
}

/// The order after `recorded`. It asks no questions: what is recorded has happened.
#[must_use]
pub fn evolve(mut order: Order, recorded: &Recorded) -> Order {
    order.version += 1;
    order.causes.extend(recorded.caused_by);
    match (&recorded.event, order.life.as_mut()) {
        (OrderEvent::OrderPlaced(agreed), _) => order.life = Some(Life::beginning(agreed, recorded.at)),
        (event, Some(life)) => life.go_on(event, recorded.at),
        // A stream that does not begin with the order's placing is damaged, and its order has no life.
        (_, None) => {}
    }
    order
}

impl Life {
    fn beginning(agreed: &OrderPlaced, at: Timestamp) -> Self {
        Self {
            status: Status::Pending,
            status_since: at,
            reason: None,
            agreed: agreed.clone(),
            lines: agreed.lines.iter().map(open_line).collect(),
            payment: Payment {
                status: PaymentStatus::Initiated,
                decline_code: None,
                refunded: Money::new(0, agreed.total.currency()),
            },
            fulfilments: Vec::new(),
            returns: Vec::new(),
            created_at: at,
            updated_at: at,
        }
    }

    fn go_on(&mut self, event: &OrderEvent, at: Timestamp) {
        let before = self.status;
        self.updated_at = at;
        match event {
            OrderEvent::OrderPlaced(_) => {}
            OrderEvent::OrderConfirmed(_) => {
                self.status = Status::Placed;
                self.payment.status = PaymentStatus::Succeeded;
            }
            OrderEvent::OrderRejected(_) => {
                self.end(Status::Rejected, &crate::ReasonCode::InsufficientStock.with(None));
            }
            OrderEvent::OrderExpired(expired) => self.end(Status::Expired, &expired.reason),
            OrderEvent::OrderCancelled(cancelled) => {
                self.move_pieces(&cancelled.lines, |line, pieces| {
                    line.open = line.open.saturating_sub(pieces);
                    line.cancelled = line.cancelled.saturating_add(pieces);
                });
                if let Some(code) = &cancelled.decline_code {
                    self.payment.status = PaymentStatus::Failed;
                    self.payment.decline_code = Some(code.clone());
                }
                self.reason = Some(cancelled.reason.clone());
                if self.lines.iter().all(|line| line.fulfilled == 0) {
                    self.status = Status::Cancelled;
                }
            }
            OrderEvent::OrderHeld(held) => {
                self.status = Status::OnHold;
                self.reason = Some(held.reason.clone());
            }
            OrderEvent::OrderReleased(_) => {
                self.status = Status::Placed;
                self.reason = None;
            }
            OrderEvent::OrderFulfilled(fulfilled) => {
                self.move_pieces(&fulfilled.lines, |line, pieces| {
                    line.open = line.open.saturating_sub(pieces);
                    line.fulfilled = line.fulfilled.saturating_add(pieces);
                });
                self.fulfilments.push(Fulfilment {
                    id: fulfilled.id,
                    lines: fulfilled.lines.clone(),
                    tracking: fulfilled.tracking.clone(),
                    created_at: at,
                });
            }
            OrderEvent::OrderCompleted(_) => {
                self.status = Status::Completed;
                self.reason = None;
            }
            OrderEvent::OrderReturned(returned) => {
                self.move_pieces(&returned.lines, |line, pieces| {
                    line.returned = line.returned.saturating_add(pieces);
                });
                self.returns.push(Return {
                    id: returned.id,
                    lines: returned.lines.clone(),
                    tracking: returned.tracking.clone(),
                    value: returned.value,
                    created_at: at,
                });
            }
            OrderEvent::OrderPaymentChanged(changed) => match changed {
                OrderPaymentChanged::Unknown => self.payment.status = PaymentStatus::Unknown,
                OrderPaymentChanged::Refunded { refunded, .. } => self.payment.refunded = *refunded,
                OrderPaymentChanged::RefundDeclined { .. } => {}
            },
        }
        if self.status != before {
            self.status_since = at;
        }
    }

    /// An end at which nothing was sent: nothing will be.
    fn end(&mut self, status: Status, reason: &Reason) {
        self.status = status;
        self.reason = Some(reason.clone());
        for line in &mut self.lines {
            line.cancelled = line.cancelled.saturating_add(line.open);
            line.open = 0;
        }
    }

    fn move_pieces(&mut self, pieces: &[Pieces], change: impl Fn(&mut view::OrderLine, u32)) {
        for Pieces { sku, quantity } in pieces {
            if let Some(line) = self.lines.iter_mut().find(|line| line.sku == *sku) {
                change(line, *quantity);
            }
        }
    }
}

fn open_line(line: &OrderLine) -> view::OrderLine {
    view::OrderLine {
        sku: line.sku.clone(),
        name: line.name.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        total: line.total,
        open: line.quantity,
        cancelled: 0,
        fulfilled: 0,
        returned: 0,
    }
}
