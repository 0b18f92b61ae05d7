//! What an order is, after everything that happened to it.

use crate::{OrderEvent, OrderPlaced, Owner, Status};

/// The state that a stream of events tells. Before the first event there is an order of version 0 and no status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    version: u64,
    life: Option<Life>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Life {
    status: Status,
    agreed: OrderPlaced,
}

impl Order {
    /// The order that `events`, from the first one on, tell of.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a OrderEvent>) -> Self {
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

    /// Whose order it is; `None` before it begins.
    pub fn owner(&self) -> Option<Owner> {
        self.life.as_ref().map(|life| life.agreed.owner)
    }

    /// What was agreed on with the customer, and the status since; `None` before the order begins.
    pub(crate) fn agreed(&self) -> Option<(Status, &OrderPlaced)> {
        self.life.as_ref().map(|life| (life.status, &life.agreed))
    }
}

/// The order after `event`. It asks no questions: what is recorded has happened.
#[must_use]
pub fn evolve(mut order: Order, event: &OrderEvent) -> Order {
    order.version += 1;
    match event {
        OrderEvent::OrderPlaced(agreed) => {
            order.life = Some(Life { status: Status::Pending, agreed: agreed.clone() });
        }
    }
    order
}
