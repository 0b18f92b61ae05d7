//! Whether payments agree with their streams, the ledger and the orders that they are for.

use super::texts;
use tokio_postgres::Client;

/// Streams, heads, events and transfers; one row for each thing that is wrong.
const RECORDS: &str = "
WITH told AS (
    SELECT id, type, sequence FROM messaging.outbox WHERE source = '/payment'
    UNION ALL
    SELECT id, type, sequence FROM messaging.events WHERE source = '/payment'
), stream AS (
    SELECT payment_id, count(*) AS events, max(version) AS version FROM payment.payment_events GROUP BY payment_id
), moved AS (
    SELECT payment_id, currency, sum(CASE WHEN debit = 'provider' THEN amount ELSE 0 END) AS captured,
           sum(CASE WHEN credit = 'provider' THEN amount ELSE 0 END) AS refunded
    FROM payment.ledger_transfers
    GROUP BY payment_id, currency
)
SELECT 'the stream of payment ' || payment_id || ' has gaps' FROM stream WHERE events <> version
UNION ALL
SELECT 'payment ' || coalesce(payments.payment_id, stream.payment_id) || ' has version '
       || coalesce(payments.version::text, 'none') || ' and ' || coalesce(stream.events::text, 'no') || ' events'
FROM payment.payments FULL JOIN stream USING (payment_id)
WHERE payments.version IS DISTINCT FROM stream.events
UNION ALL
SELECT 'event ' || coalesce(event.event_id, told.id) || ' of payments is '
       || CASE WHEN told.id IS NULL THEN 'not told' ELSE 'told and did not happen' END
FROM payment.payment_events AS event FULL JOIN told ON told.id = event.event_id
WHERE (event.type, event.version) IS DISTINCT FROM (told.type, told.sequence)
UNION ALL
SELECT 'payment ' || payments.payment_id || ' says captured ' || (view #>> '{captured,amount}') || ', refunded '
       || (view #>> '{refunded,amount}') || ' and the ledger ' || coalesce(moved.captured, 0) || ', '
       || coalesce(moved.refunded, 0)
FROM payment.payments LEFT JOIN moved ON moved.payment_id = payments.payment_id
WHERE ((view #>> '{captured,amount}')::bigint, (view #>> '{refunded,amount}')::bigint)
      IS DISTINCT FROM (coalesce(moved.captured, 0), coalesce(moved.refunded, 0))
UNION ALL
SELECT 'payment ' || payment_id || ' gave back ' || refunded || ' of ' || captured FROM moved WHERE refunded > captured
UNION ALL
SELECT 'payment ' || payments.payment_id || ' took ' || captured || ' for an order of ' || (view #>> '{amount,amount}')
FROM moved JOIN payment.payments USING (payment_id)
WHERE captured > (view #>> '{amount,amount}')::bigint
UNION ALL
SELECT 'the ledger of ' || currency || ' sums to ' || sum(balance)
FROM payment.ledger_balances GROUP BY currency HAVING sum(balance) <> 0";

/// Money follows orders, when nothing is under way.
const ORDERS: &str = "
WITH line AS (
    SELECT order_id,
           sum((line ->> 'quantity')::numeric * (line #>> '{unit_price,amount}')::numeric) AS ordered,
           sum((line ->> 'cancelled')::numeric * (line #>> '{unit_price,amount}')::numeric) AS cancelled,
           sum((line ->> 'returned')::numeric * (line #>> '{unit_price,amount}')::numeric) AS returned
    FROM ordering.orders, json_array_elements(orders.view -> 'lines') AS line
    GROUP BY order_id
), money AS (
    SELECT orders.order_id, orders.status, line.ordered, line.cancelled, line.returned,
           coalesce((payments.view #>> '{captured,amount}')::numeric, 0) AS captured,
           coalesce((payments.view #>> '{refunded,amount}')::numeric, 0) AS refunded,
           coalesce((payments.view #>> '{authorised,amount}')::numeric, 0) AS authorised
    FROM ordering.orders
    JOIN line USING (order_id)
    LEFT JOIN payment.payments ON payments.payment_id = orders.order_id
)
SELECT 'order ' || row_to_json(money)::text || ' and its money do not agree'
FROM money
WHERE CASE
    WHEN status = 'pending' THEN false
    WHEN status IN ('placed', 'on_hold', 'completed')
        THEN captured <> ordered OR refunded < cancelled + returned
    ELSE captured <> refunded OR authorised <> 0
END
UNION ALL
SELECT 'order ' || orders.order_id || ' says refunded ' || (orders.view #>> '{payment,refunded,amount}')
       || ' and its payment ' || (payments.view #>> '{refunded,amount}')
FROM ordering.orders JOIN payment.payments ON payments.payment_id = orders.order_id
WHERE orders.view #>> '{payment,refunded,amount}' <> payments.view #>> '{refunded,amount}'";

/// All that is wrong with payments and the ledger. That money follows orders holds when nothing is under way.
pub async fn payment_faults(database: &Client) -> Vec<String> {
    let mut faults = texts(database, RECORDS).await;
    faults.extend(texts(database, ORDERS).await);
    faults
}
