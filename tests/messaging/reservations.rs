//! The consumers `inventory-reservation` and `inventory-settlement` with the events of orders, in any order.

use serde_json::{Value, json};
use tradepost_tests::{Application, Setup, ToldOrder, inventory_faults};

const RESERVATION: &str = "inventory-reservation";
const SETTLEMENT: &str = "inventory-settlement";

/// An application with so many pieces of these SKUs.
async fn stocked(skus: &[(&str, i64)]) -> Application {
    let app = Application::start().await;
    let client = app.database().connect().await;
    for (sku, pieces) in skus {
        client
            .execute("SELECT FROM inventory.open_stock(ARRAY[gen_random_uuid()], ARRAY[$1::text])", &[sku])
            .await
            .unwrap();
        client
            .execute(
                "SELECT FROM inventory.adjust_stock($1, $2, 'Delivery', 'admin', gen_random_uuid(), gen_random_uuid(), 0,
                                                    NULL, NULL)",
                &[sku, pieces],
            )
            .await
            .unwrap();
    }
    app
}

/// Each of the events is applied.
async fn applied(app: &Application, consumer: &str, events: &[Value]) {
    let (status, outcomes) = app.deliver(consumer, events).await;
    assert_eq!((status, outcomes), (200, vec!["applied".to_owned(); events.len()]));
}

/// On hand and reserved of a SKU; the books balance.
async fn level(app: &Application, sku: &str) -> (i64, i64) {
    let client = app.database().connect().await;
    assert_eq!(inventory_faults(&client).await, Vec::<String>::new());
    let row = client.query_one("SELECT on_hand, reserved FROM inventory.stock WHERE sku = $1", &[&sku]).await;
    let row = row.unwrap();
    (row.get(0), row.get(1))
}

/// What the inventory has told of an order: the kinds of its events in order, and the last one's payload.
async fn told(app: &Application, order: &ToldOrder) -> (Vec<String>, Value) {
    let statement = "
        SELECT type, data::text FROM (
            SELECT type, data, subject, sequence FROM messaging.outbox WHERE source = '/inventory'
            UNION ALL SELECT type, data, subject, sequence FROM messaging.events WHERE source = '/inventory'
        ) AS told
        WHERE subject = $1 ORDER BY sequence";
    let rows = app.database().connect().await.query(statement, &[&order.id()]).await.unwrap();
    let kinds = rows.iter().map(|row| {
        let kind: &str = row.get(0);
        kind.trim_start_matches("tradepost.inventory.").trim_end_matches(".v1").to_owned()
    });
    let last = rows.last().map(|row| serde_json::from_str(row.get(1)).unwrap()).unwrap_or_default();
    (kinds.collect(), last)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_order_takes_its_pieces_out_of_stock() {
    let app = stocked(&[("A", 10), ("B", 10)]).await;
    let order = ToldOrder::of(&[("A", 3), ("B", 1)]);
    for _ in 0..2 {
        applied(&app, RESERVATION, &[order.placed()]).await;
    }
    assert_eq!((level(&app, "A").await, level(&app, "B").await), ((10, 3), (10, 1)));
    for _ in 0..2 {
        applied(&app, SETTLEMENT, &[order.captured()]).await;
    }
    assert_eq!((level(&app, "A").await, level(&app, "B").await), ((7, 0), (9, 0)));
    assert_eq!(told(&app, &order).await.0, ["stock-reserved", "reservation-committed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_ends_before_it_is_paid_gives_back_what_was_promised() {
    let app = stocked(&[("A", 10)]).await;
    let orders: Vec<ToldOrder> = (0..3).map(|_| ToldOrder::of(&[("A", 2)])).collect();
    let placed: Vec<Value> = orders.iter().map(ToldOrder::placed).collect();
    applied(&app, RESERVATION, &placed).await;
    assert_eq!(level(&app, "A").await, (10, 6));
    let ends = [orders[0].expired(), orders[1].cancelled(&[("A", 2)]), orders[2].rejected()];
    applied(&app, SETTLEMENT, &ends).await;
    // The money came in all the same: payment refunds it, and the stock stays where it is.
    let late: Vec<Value> = orders.iter().map(ToldOrder::captured).collect();
    applied(&app, SETTLEMENT, &late).await;
    assert_eq!(level(&app, "A").await, (10, 0));
    for order in &orders {
        assert_eq!(told(&app, order).await.0, ["stock-reserved", "reservation-released"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_ended_before_it_was_reserved_for_is_promised_nothing() {
    let app = stocked(&[("A", 10)]).await;
    let order = ToldOrder::of(&[("A", 2)]);
    applied(&app, SETTLEMENT, &[order.cancelled(&[("A", 2)])]).await;
    applied(&app, RESERVATION, &[order.placed()]).await;
    applied(&app, SETTLEMENT, &[order.cancelled(&[("A", 2)])]).await;
    assert_eq!(level(&app, "A").await, (10, 0));
    assert_eq!(told(&app, &order).await.0, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_had_left_comes_back_once_for_each_event_and_never_more_than_left() {
    let app = stocked(&[("A", 10), ("B", 10)]).await;
    let order = ToldOrder::of(&[("A", 3), ("B", 1)]);
    applied(&app, RESERVATION, &[order.placed()]).await;
    let some = order.cancelled(&[("A", 2), ("never ordered", 5)]);
    // In one batch, in order: it leaves, some of it comes back.
    applied(&app, SETTLEMENT, &[order.captured(), some.clone(), some.clone()]).await;
    applied(&app, SETTLEMENT, &[some]).await;
    assert_eq!((level(&app, "A").await, level(&app, "B").await), ((9, 0), (9, 0)));
    let back = json!({"order_id": order.id(), "lines": [{"sku": "A", "quantity": 2}]});
    let kinds = ["stock-reserved", "reservation-committed", "stock-restocked"].map(str::to_owned);
    assert_eq!(told(&app, &order).await, (kinds.to_vec(), back));

    // Two others, one after the other, want more back than is left of it.
    applied(&app, SETTLEMENT, &[order.cancelled(&[("A", 3), ("B", 9)]), order.expired()]).await;
    assert_eq!((level(&app, "A").await, level(&app, "B").await), ((10, 0), (10, 0)));
    let (kinds, last) = told(&app, &order).await;
    let back = json!([{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 1}]);
    assert_eq!((kinds.len(), &last["lines"]), (4, &back), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_be_served_or_read_is_nothing_to_the_others() {
    let app = stocked(&[("A", 10), ("B", 1)]).await;
    let good = [ToldOrder::of(&[("A", 1)]), ToldOrder::of(&[("A", 2), ("B", 1)])];
    let short = ToldOrder::of(&[("A", 1), ("B", 1)]);
    let nothing = ToldOrder::of(&[]);
    let mut of_another_type = ToldOrder::of(&[("A", 1)]).placed();
    of_another_type["type"] = json!("tradepost.ordering.order-placed.v1");
    let batch = [good[0].placed(), nothing.placed(), good[1].placed(), of_another_type, short.placed()];
    let (status, outcomes) = app.deliver(RESERVATION, &batch).await;
    let expected = ["applied", "rejected", "applied", "rejected", "applied"].map(str::to_owned);
    assert_eq!((status, outcomes), (503, expected.to_vec()));
    assert_eq!((level(&app, "A").await, level(&app, "B").await), ((10, 3), (1, 1)));
    let lacking = json!({"order_id": short.id(), "short": [{"sku": "B", "wanted": 1, "available": 0}]});
    assert_eq!(told(&app, &short).await, (vec!["stock-rejected".to_owned()], lacking));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_for_what_nobody_reserved_is_set_aside_for_somebody_to_look_at() {
    let app = stocked(&[("A", 10)]).await;
    let (order, unheard_of) = (ToldOrder::of(&[("A", 1)]), ToldOrder::of(&[("A", 1)]));
    applied(&app, RESERVATION, &[order.placed()]).await;
    let (_, outcomes) = app.deliver(SETTLEMENT, &[unheard_of.captured(), order.captured()]).await;
    assert_eq!(outcomes, ["failed", "applied"]);
    assert_eq!(level(&app, "A").await, (9, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_promised_for_as_long_as_the_operator_says() {
    for (seconds, outcome) in [("60", "applied"), ("0", "unavailable"), ("a while", "unavailable")] {
        let variables = vec![("reservation_seconds".to_owned(), seconds.to_owned())];
        let app = Application::with(Setup { variables, ..Setup::default() }).await;
        let (_, outcomes) = app.deliver(RESERVATION, &[ToldOrder::of(&[("A", 1)]).placed()]).await;
        assert_eq!(outcomes, [outcome], "{seconds}");
        if outcome == "applied" {
            let promised =
                "SELECT extract(epoch FROM expires_at - decided_at)::bigint FROM inventory.reservations";
            let promised = app.database().connect().await.query_one(promised, &[]).await.unwrap();
            assert_eq!(promised.get::<_, i64>(0), 60);
        }
    }
}
