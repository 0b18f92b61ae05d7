//! Consumes what stock and payment decide and moves orders along: pending ones are placed, rejected, cancelled or
//! expire, and the rest is noted. What comes too late changes nothing.
//!
//! A batch is two statements, one that loads the orders and one that appends to them. An order that somebody else has
//! changed in between is loaded and decided on again.

use std::collections::BTreeMap;

use tradepost_chance::now;
use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};
use tradepost_ids::OrderId;
use tradepost_order_entry::{entry_of, order_of};
use tradepost_ordering::{Draft, Refusal};
use uuid::Uuid;

mod news;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:ordering-progress;

            world component {
                import tradepost:ordering/order-journal@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });
}

use news::News;
use ports::tradepost::ordering::order_journal::{
    self as journal, AppendAllError, Entry, LoadError, RecordedEvent,
};

/// Who the audit says it was.
const ACTOR: &str = "ordering-progress";

/// How often an order that others keep changing is decided on. The relay comes again after that.
const MOST_ROUNDS: u32 = 5;

/// How many orders one statement takes.
const MOST_ORDERS: usize = 1_000;

tradepost_consumer::consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    apply_by_key(events, async |events| {
        let news = events.iter().map(|event| News::of(event)).collect::<Result<Vec<_>, _>>()?;
        let mut by_order: BTreeMap<Uuid, Vec<News>> = BTreeMap::new();
        for news in news {
            by_order.entry(news.order).or_default().push(news);
        }
        let mut orders: Vec<(Uuid, Vec<News>)> = by_order.into_iter().collect();
        while !orders.is_empty() {
            let rest = orders.split_off(orders.len().min(MOST_ORDERS));
            tell(std::mem::replace(&mut orders, rest)).await?;
        }
        Ok(())
    })
    .await
}

/// Lets every order hear its news.
async fn tell(mut orders: Vec<(Uuid, Vec<News>)>) -> Result<(), Outcome> {
    for _ in 0..MOST_ROUNDS {
        orders = tell_once(orders).await?;
        if orders.is_empty() {
            return Ok(());
        }
    }
    Err(Outcome::Failed(format!("{} orders are changed too often to be decided on", orders.len())))
}

/// Tries once, and returns the orders that somebody else has changed meanwhile.
async fn tell_once(orders: Vec<(Uuid, Vec<News>)>) -> Result<Vec<(Uuid, Vec<News>)>, Outcome> {
    let ids = orders.iter().map(|(id, _)| id.to_string()).collect();
    let streams = journal::load_all(ids).await.map_err(|error| match error {
        LoadError::Unavailable(cause) => Outcome::Unavailable(cause),
        LoadError::Other(cause) => Outcome::Failed(cause),
    })?;
    let mut entries = Vec::new();
    let mut changed = Vec::new();
    for ((id, news), stream) in orders.into_iter().zip(streams) {
        if let Some(entry) = entry_after(id, &news, &stream)? {
            entries.push(entry);
            changed.push((id, news));
        }
    }
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let outcomes = journal::append_all(entries).await.map_err(|error| match error {
        AppendAllError::Unavailable(cause) => Outcome::Unavailable(cause),
        AppendAllError::Other(cause) => Outcome::Failed(cause),
    })?;
    let outcomes = changed.into_iter().zip(outcomes);
    let lost = outcomes.filter(|(_, outcome)| matches!(outcome, journal::Outcome::VersionConflict));
    Ok(lost.map(|(order, _)| order).collect())
}

/// What the news make of the order that `stream` tells of; `None` when they change nothing.
fn entry_after(id: Uuid, news: &[News], stream: &[RecordedEvent]) -> Result<Option<Entry>, Outcome> {
    let order = order_of!(stream).map_err(|error| Outcome::Failed(error.to_string()))?;
    let mut draft = Draft::of(OrderId::from_uuid(id), order);
    let mut traceparent = None;
    for news in news {
        let is_changed = draft.command(news.command.clone(), Some(news.cause), now());
        if is_changed.map_err(|refusal| outcome_of(id, &refusal))? {
            traceparent.clone_from(&news.traceparent);
        }
    }
    if !draft.is_changed() {
        return Ok(None);
    }
    entry_of!(journal, &draft, ACTOR, traceparent)
        .map(Some)
        .map_err(|error| Outcome::Failed(error.to_string()))
}

fn outcome_of(id: Uuid, refusal: &Refusal) -> Outcome {
    match refusal {
        Refusal::NoOrder => Outcome::Rejected(format!("there is no order {id}")),
        refusal => Outcome::Failed(format!("order {id}: {refusal:?}")),
    }
}
