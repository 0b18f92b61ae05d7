//! The life of an order, as events: what may happen to it, and what it is after all that happened.
//!
//! [`decide`] takes an order and a command and answers with events or a refusal; [`Order::fold`] makes the order
//! that events tell of; a [`Draft`] does both and has what is to be written down. Prices, ids and the time are
//! arguments. Three machines are kept apart: the order's ([`TRANSITIONS`], [`STEPS`]), the payment's as ordering sees
//! it ([`PAYMENT_TRANSITIONS`]) and the arithmetic of each line.

mod action;
mod address;
mod audit;
mod command;
mod countries;
mod decide;
mod draft;
mod event;
mod line;
mod order;
mod owner;
mod payment_method;
mod payment_status;
mod pieces;
mod place;
mod place_order;
mod placed_v1;
mod published;
mod quantity;
mod reason;
mod refusal;
mod requested_pieces;
#[cfg(feature = "schema")]
mod schema;
mod status;
#[cfg(test)]
mod tests;

pub use action::{Action, STEPS, Step};
pub use audit::AuditItem;
pub use command::{Command, Deadlines, PaymentNews, Price};
pub use decide::decide;
pub use draft::{Draft, Head, WrittenEvent};
pub use event::{
    EventError, OrderCancelled, OrderCompleted, OrderConfirmed, OrderEvent, OrderExpired, OrderFulfilled,
    OrderHeld, OrderPaymentChanged, OrderPlaced, OrderRejected, OrderReleased, OrderReturned, Recorded,
};
pub use line::OrderLine;
pub use order::{Order, evolve};
pub use owner::Owner;
pub use payment_method::PaymentMethod;
pub use payment_status::{PAYMENT_TRANSITIONS, PaymentStatus, PaymentTransition};
pub use place::MOST_TOTAL_MINOR_UNITS;
pub use place_order::{PlaceOrder, RequestedLine};
pub use placed_v1::ORDER_PLACED_V1;
#[cfg(feature = "schema")]
pub use placed_v1::schemas;
pub use quantity::Quantity;
pub use reason::ReasonCode;
pub use refusal::{PiecesFault, Refusal, UnknownSku};
pub use requested_pieces::{Explanation, RequestedPieces};
pub use status::{Status, TRANSITIONS, Transition};
pub use tradepost_events::ordering::{Reason, ShippingAddress};
