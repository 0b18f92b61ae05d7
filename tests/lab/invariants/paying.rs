//! Money: what the provider has done, what payments say, what the ledger holds and what orders are worth are one thing.

use crate::invariants::none;
use crate::story::{Verdict, ensure};
use crate::world::World;
use serde_json::Value;
use std::collections::BTreeMap;
use tradepost_ids::PaymentId;
use tradepost_payment::{Payment, PaymentEvent, transfers, view};
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

/// What happened to payments is what the other contexts are told.
pub(crate) async fn streams_and_events_agree(world: &World) -> Verdict {
    none(
        world,
        "WITH told AS (
             SELECT id, type, sequence FROM messaging.outbox WHERE source = '/payment'
             UNION ALL SELECT id, type, sequence FROM messaging.events WHERE source = '/payment'
         ), recorded AS (
             SELECT event_id, type, version FROM payment.payment_events
         )
         (SELECT 'recorded, not told: ' || recorded::text FROM (TABLE recorded EXCEPT ALL TABLE told) AS recorded)
         UNION ALL
         (SELECT 'told, not recorded: ' || told::text FROM (TABLE told EXCEPT ALL TABLE recorded) AS told)",
    )
    .await
}

/// Folding the stream makes the head, what readers see, and the transfers of the ledger.
pub(crate) async fn the_stream_explains_the_money(world: &World) -> Verdict {
    let heads = "SELECT payment_id, view::text FROM payment.payments ORDER BY payment_id";
    let heads = world.sql.query(heads, &[]).await.map_err(|error| format!("{error:?}"))?;
    for head in heads {
        let id: Uuid = head.get(0);
        let events = stream(world, id).await?;
        let payment = Payment::fold(events.iter().map(|(event, at)| (event, *at)));
        let view = view(&payment).ok_or_else(|| format!("{id} is no payment"))?;
        let view = serde_json::to_value(&view).map_err(|error| error.to_string())?;
        for (what, text) in [
            ("head", Some(head.get::<_, &str>(1).to_owned())),
            ("view", world.shown(&format!("payment:{id}"))?),
        ] {
            let found: Value = serde_json::from_str(text.as_deref().unwrap_or("null")).unwrap_or_default();
            ensure(found == view, || format!("the {what} of {id} is {found}, but its stream makes {view}"))?;
        }
        let expected = events.iter().flat_map(|(event, _)| transfers(event));
        let mut expected: Vec<String> = expected
            .map(|transfer| {
                format!(
                    "{} {} {}",
                    transfer.debit.as_str(),
                    transfer.credit.as_str(),
                    transfer.amount.amount()
                )
            })
            .collect();
        expected.sort();
        let posted = format!(
            "SELECT debit || ' ' || credit || ' ' || amount FROM payment.ledger_transfers
             WHERE payment_id = '{id}'"
        );
        let mut posted = world.texts(&posted).await?;
        posted.sort();
        ensure(posted == expected, || format!("the ledger has {posted:?} of {id}, its stream {expected:?}"))?;
    }
    Ok(())
}

async fn stream(world: &World, id: Uuid) -> Result<Vec<(PaymentEvent, Timestamp)>, String> {
    let events = "SELECT type, data::text, (extract(epoch FROM occurred_at) * 1000000)::bigint
                  FROM payment.payment_events WHERE payment_id = $1 ORDER BY version";
    let rows = world.sql.query(events, &[&id]).await.map_err(|error| format!("{error:?}"))?;
    rows.iter()
        .map(|row| {
            let event = PaymentEvent::from_recorded(row.get(0), row.get(1));
            Ok((event.map_err(|error| error.to_string())?, Timestamp::from_micros(row.get(2))))
        })
        .collect()
}

/// What the provider has done for an order, in minor units.
#[derive(Debug, Default, PartialEq, Eq)]
struct Provided {
    captures: Vec<i64>,
    refunds: Vec<i64>,
    /// Promised, and neither taken nor let go.
    authorised: usize,
}

/// The provider's own books, by payment.
fn provided(world: &World) -> Result<BTreeMap<String, Provided>, String> {
    let store = world.app().store("default");
    let mut provided: BTreeMap<String, Provided> = BTreeMap::new();
    for key in store.keys().map_err(|error| error.to_string())? {
        let key = key.map_err(|error| error.to_string())?;
        if !key.starts_with("sandbox:") || key.ends_with(":refunds") || key.ends_with(":settled") {
            continue;
        }
        let entry = store.get(&key).map_err(|error| error.to_string())?.unwrap_or_default();
        let record: Value = serde_json::from_slice(&entry).map_err(|error| format!("{key}: {error}"))?;
        if !record["decline"].is_null() {
            continue;
        }
        // The reference of an authorisation begins with our payment, and so do the provider's references of it.
        let named = record["authorisation"].as_str().unwrap_or(&key);
        let payment = named.find("payment_").and_then(|at| named.get(at..at + "payment_".len() + 26));
        let payment: PaymentId = payment
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| format!("{key} is of no payment: {record}"))?;
        let of_order = provided.entry(payment.as_uuid().to_string()).or_default();
        let amount = record["amount"].as_i64().unwrap_or_default();
        match record["operation"].as_str() {
            Some("authorise") => {
                let settled = store.exists(&format!("{key}:settled")).map_err(|error| error.to_string())?;
                of_order.authorised += usize::from(!settled);
            }
            Some("capture") => of_order.captures.push(amount),
            Some("refund") => of_order.refunds.push(amount),
            _ => {}
        }
    }
    Ok(provided)
}

/// At most one capture an order, whatever was lost on the way; and the payment knows what the provider did.
pub(crate) async fn the_provider_agrees(world: &World) -> Verdict {
    let mut provided = provided(world)?;
    let heads = "SELECT payment_id::text, (view -> 'captured' ->> 'amount')::bigint,
                        (view -> 'refunded' ->> 'amount')::bigint, due_at IS NULL
                 FROM payment.payments";
    let heads = world.sql.query(heads, &[]).await.map_err(|error| format!("{error:?}"))?;
    for head in heads {
        let (id, captured, refunded, over): (&str, i64, i64, bool) =
            (head.get(0), head.get(1), head.get(2), head.get(3));
        let of_order = provided.remove(id).unwrap_or_default();
        ensure(of_order.captures.len() <= 1, || format!("{id} was captured more than once: {of_order:?}"))?;
        if over {
            let sums = (of_order.captures.iter().sum::<i64>(), of_order.refunds.iter().sum::<i64>());
            ensure(sums == (captured, refunded), || {
                format!(
                    "the provider has taken and given back {sums:?} of {id}, the payment says {captured}, {refunded}"
                )
            })?;
            ensure(of_order.authorised == 0, || {
                format!("what the provider promised for {id} is still promised")
            })?;
        }
    }
    ensure(provided.is_empty(), || format!("the provider knows of orders that nobody does: {provided:?}"))
}

/// Nobody's money is kept but for what was or will be sent; what a provider declines to give back is known as declined.
pub(crate) async fn no_money_is_kept_for_nothing(world: &World) -> Verdict {
    none(
        world,
        "WITH worth AS (
             SELECT head.order_id, head.status, sum(
                 (line -> 'unit_price' ->> 'amount')::bigint
                 * ((line ->> 'open')::bigint + (line ->> 'fulfilled')::bigint - (line ->> 'returned')::bigint)
             ) AS value
             FROM ordering.orders AS head, json_array_elements(head.view -> 'lines') AS line
             GROUP BY head.order_id
         ), kept AS (
             SELECT payment_id, due_at IS NOT NULL AS is_due,
                    (view -> 'captured' ->> 'amount')::bigint - (view -> 'refunded' ->> 'amount')::bigint AS amount,
                    (SELECT coalesce(sum((refund -> 'amount' ->> 'amount')::bigint), 0)
                     FROM jsonb_array_elements(view -> 'refunds') AS refund
                     WHERE refund ->> 'status' = 'failed') AS declined,
                    (SELECT coalesce(sum((refund -> 'amount' ->> 'amount')::bigint), 0)
                     FROM jsonb_array_elements(view -> 'refunds') AS refund
                     WHERE refund ->> 'status' = 'succeeded' AND refund ->> 'reason' = 'requested') AS requested
             FROM payment.payments
         )
         SELECT worth.order_id || ' is ' || status || ' and worth ' || value || ', ' || row_to_json(kept)::text
         FROM worth JOIN kept ON payment_id = order_id
         WHERE NOT is_due AND CASE
             WHEN status IN ('placed', 'on_hold', 'completed')
             THEN amount NOT BETWEEN value - requested AND value + declined
             WHEN status = 'pending' THEN false
             ELSE amount NOT BETWEEN 0 AND declined
         END",
    )
    .await
}
