//! An order at work: commands go in, and what has to be written down comes out.

use serde_json::Error;
use tradepost_events::ordering as view;
use tradepost_ids::{OrderId, UserId};
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::published::published_json;
use crate::{Command, Order, Owner, Recorded, Refusal, Status, decide, evolve};

/// An order and what has happened to it since it was loaded.
#[derive(Debug, Clone)]
pub struct Draft {
    id: OrderId,
    loaded_version: u64,
    order: Order,
    steps: Vec<Step>,
}

/// An event and the order after it.
#[derive(Debug, Clone)]
struct Step {
    recorded: Recorded,
    view: view::Order,
}

/// An event as it is to be written into the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenEvent {
    /// The CloudEvents `type`.
    pub event_type: &'static str,
    /// What stands in the stream: a JSON object.
    pub data: String,
    /// What other contexts are told: a JSON object.
    pub published: String,
    /// The event that it answers to, if any.
    pub caused_by: Option<Uuid>,
    /// When it happened.
    pub at: Timestamp,
}

/// What an order is: the row that lists are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Whose order it is; `None` for a guest's.
    pub customer: Option<UserId>,
    /// Where in its life it is.
    pub status: Status,
    /// When it was placed.
    pub created_at: Timestamp,
    /// Since when it has had its status.
    pub status_since: Timestamp,
    /// What clients see of it: a JSON object.
    pub view: String,
}

impl Draft {
    /// A draft of the order `id`, which is `order` now.
    pub const fn of(id: OrderId, order: Order) -> Self {
        Self { id, loaded_version: order.version(), order, steps: Vec::new() }
    }

    /// Lets `command` happen, or not. `caused_by` is the event that it answers to: an event that the order has
    /// answered already does nothing more. Returns whether anything happened.
    pub fn command(
        &mut self,
        command: Command<'_>,
        caused_by: Option<Uuid>,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        if caused_by.is_some_and(|cause| self.order.has_answered(&cause)) {
            return Ok(false);
        }
        let events = decide(&self.order, command, now)?;
        let is_changed = !events.is_empty();
        for event in events {
            let recorded = Recorded { event, at: now, caused_by };
            self.order = evolve(std::mem::take(&mut self.order), &recorded);
            let view = self.order.view(self.id).ok_or(Refusal::Damaged)?;
            self.steps.push(Step { recorded, view });
        }
        Ok(is_changed)
    }

    /// The order's id.
    pub const fn id(&self) -> OrderId {
        self.id
    }

    /// The order after all that has happened.
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// Whether there is anything to write down.
    pub const fn is_changed(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The version that the stream must have to be appended to.
    pub const fn loaded_version(&self) -> u64 {
        self.loaded_version
    }

    /// The order as clients see it after all that has happened; `None` before its life begins.
    pub fn view(&self) -> Option<view::Order> {
        self.order.view(self.id)
    }

    /// What to append. An error is a bug: every field has a JSON form.
    pub fn events(&self) -> Result<Vec<WrittenEvent>, Error> {
        self.steps.iter().map(|step| self.written(step)).collect()
    }

    /// What the order is after that; `None` before its life begins.
    pub fn head(&self) -> Result<Option<Head>, Error> {
        let (Some(status), Some(status_since), Some(created_at), Some(view)) =
            (self.order.status(), self.order.status_since(), self.order.created_at(), self.view())
        else {
            return Ok(None);
        };
        let view = serde_json::to_string(&view)?;
        Ok(Some(Head { customer: self.customer(), status, created_at, status_since, view }))
    }

    fn written(&self, step: &Step) -> Result<WrittenEvent, Error> {
        let Recorded { event, at, caused_by } = &step.recorded;
        Ok(WrittenEvent {
            event_type: event.event_type(),
            data: event.to_data_json()?,
            published: published_json(event, self.customer(), &step.view)?,
            caused_by: *caused_by,
            at: *at,
        })
    }

    fn customer(&self) -> Option<UserId> {
        self.order.owner().and_then(Owner::customer)
    }
}
