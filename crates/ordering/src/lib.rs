//! The life of an order, as events: what may happen to it, and what it is after all that happened.
//!
//! [`decide`] takes an order and a command and answers with events or a refusal; [`Order::fold`] makes the order
//! that events tell of. Prices, ids and the time are arguments. For now the only command is to place an order; the
//! table of [`TRANSITIONS`] knows the whole life, so that statuses mean the same from the first day.

mod address;
mod audit;
mod countries;
mod decide;
mod event;
mod line;
mod order;
mod owner;
mod payment_method;
mod place_order;
mod quantity;
mod refusal;
mod status;
#[cfg(test)]
mod tests;
mod view;

pub use address::ShippingAddress;
pub use audit::AuditItem;
pub use decide::{Command, MOST_TOTAL_MINOR_UNITS, Price, decide};
#[cfg(feature = "schema")]
pub use event::schemas;
pub use event::{EventError, ORDER_PLACED_V1, OrderEvent, OrderPlaced};
pub use line::OrderLine;
pub use order::{Order, evolve};
pub use owner::Owner;
pub use payment_method::PaymentMethod;
pub use place_order::{PlaceOrder, RequestedLine};
pub use quantity::Quantity;
pub use refusal::{Refusal, UnknownSku};
pub use status::{Status, TRANSITIONS, Transition};
pub use view::OrderView;
