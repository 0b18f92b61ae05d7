//! Money: what the provider has done, what payments say, what the ledger holds and what orders are worth are one thing.

use crate::invariants::none;
use crate::story::{Verdict, ensure};
use crate::world::World;
use serde_json::Value;
use tradepost_payment::{Payment, PaymentEvent, transfers, view};
use tradepost_tests::books;
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

/// The provider took and gave back what the payments say, and took nothing twice, whatever was lost on the way.
pub(crate) async fn the_provider_agrees(world: &World) -> Verdict {
    let faults = books::provider_faults(&world.sql, &world.app().store("default")).await;
    ensure(faults.is_empty(), || faults.join("; "))
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
