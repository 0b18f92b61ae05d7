//! Every grant in the manifest is needed: without it the component fails. So none is there for nothing, and the
//! sandbox, not a convention, is what keeps a component from what it has no business with.

use futures::StreamExt as _;
use futures::stream;
use serde_json::json;
use std::fmt;
use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::OnceCell;
use toml_edit::DocumentMut;
use tradepost_ids::PaymentId;
use tradepost_manifest::Manifest;
use tradepost_tests::{Application, Compiled, Setup, ToldOrder, opened, repository};

/// How many applications are looked at at once. They wait more than they compute.
const AT_ONCE: usize = 12;

/// Something that one component is granted.
#[derive(Clone, Debug)]
enum Grant {
    /// One entry of `allowed_outbound_hosts` or `key_value_stores`.
    Own { component: String, key: String, entry: String },
    /// One of the component's variables.
    Variable { component: String, name: String },
    /// One capability that a dependency inherits.
    Inherited { component: String, dependency: String, capability: String },
}

impl Grant {
    fn component(&self) -> &str {
        match self {
            Self::Own { component, .. }
            | Self::Variable { component, .. }
            | Self::Inherited { component, .. } => component,
        }
    }

    fn remove_from(&self, manifest: &mut DocumentMut) {
        let table = &mut manifest["component"][self.component()];
        match self {
            Self::Own { key, entry, .. } => {
                table[key].as_array_mut().unwrap().retain(|value| value.as_str() != Some(entry));
            }
            Self::Variable { name, .. } => {
                table["variables"].as_table_like_mut().unwrap().remove(name).unwrap();
            }
            Self::Inherited { dependency, capability, .. } => {
                let inherited =
                    table["dependencies"][dependency]["inherit_configuration"].as_array_mut().unwrap();
                inherited.retain(|entry| entry.as_str() != Some(capability));
            }
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own { component, key, entry } => write!(f, "{component}: {entry} of {key}"),
            Self::Variable { component, name } => write!(f, "{component}: variable {name}"),
            Self::Inherited { component, dependency, capability } => {
                write!(f, "{component}: {capability} inherited by {dependency}")
            }
        }
    }
}

fn text() -> String {
    crate::read("spin.toml")
}

fn grants() -> Vec<Grant> {
    let manifest: DocumentMut = text().parse().unwrap();
    let mut grants = Vec::new();
    for (component, table) in manifest["component"].as_table().unwrap() {
        let component = || component.to_owned();
        for key in ["allowed_outbound_hosts", "key_value_stores"] {
            for entry in table.get(key).and_then(|entries| entries.as_array()).into_iter().flatten() {
                let entry = entry.as_str().unwrap().to_owned();
                grants.push(Grant::Own { component: component(), key: key.to_owned(), entry });
            }
        }
        for (name, _) in table
            .get("variables")
            .and_then(|table| table.as_table_like())
            .into_iter()
            .flat_map(|table| table.iter())
        {
            grants.push(Grant::Variable { component: component(), name: name.to_owned() });
        }
        let dependencies = table.get("dependencies").and_then(|table| table.as_table_like());
        for (dependency, entry) in dependencies.into_iter().flat_map(|table| table.iter()) {
            for capability in entry["inherit_configuration"].as_array().unwrap() {
                grants.push(Grant::Inherited {
                    component: component(),
                    dependency: dependency.to_owned(),
                    capability: capability.as_str().unwrap().to_owned(),
                });
            }
        }
    }
    grants
}

/// Whether an event of this type comes to the log soon, which it does by a kick alone: nothing ticks here.
async fn is_relayed(app: &Application, event_type: &str) -> bool {
    is_there(app, &format!("SELECT FROM messaging.events WHERE type = '{event_type}'")).await
}

/// Whether an event was written by what kicks nobody, because the relay has called it or comes after it.
async fn is_told(app: &Application, event_type: &str) -> bool {
    relay_to_rest(app).await;
    is_relayed(app, event_type).await
}

/// Whether the query finds a row soon.
async fn is_there(app: &Application, query: &str) -> bool {
    let database = app.database().connect().await;
    for _ in 0..100 {
        if !database.query(query, &[]).await.unwrap().is_empty() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// Has the relay bring what was written until now to its consumers: what comes to the log after this was kicked for.
async fn relay_to_rest(app: &Application) {
    // 202 says that a run was under way already.
    while app.post("/private/messaging-relay").send().await.status == 202 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Leaves an event for each consumer, which none of them can read.
async fn leave_something_for_everybody(app: &Application) {
    let insert = "INSERT INTO catalog.outbox (id, source, type, subject, time, partitionkey, sequence, data)
                  SELECT gen_random_uuid(), '/catalog', type, 's', now(), 's', 1, jsonb_build_object($2::text, 'x')
                  FROM unnest($1::text[]) AS type";
    let client = app.database().connect().await;
    for subscription in tradepost_subscriptions::SUBSCRIPTIONS {
        let key = subscription.key_member.unwrap_or("none");
        client.execute(insert, &[&&subscription.event_types[..1], &key]).await.unwrap();
    }
}

/// A try counts when the consumer has seen the event, whatever it made of it, and does not when there was no way to it.
const EVERYBODY_WAS_REACHED: &str = "
    SELECT WHERE NOT EXISTS (SELECT FROM messaging.outbox)
             AND NOT EXISTS (SELECT FROM messaging.mailboxes WHERE lease IS NOT NULL OR attempts = 0)";

/// Whether `component` does all of its work in `app`.
#[expect(clippy::too_many_lines, reason = "one arm a component")]
async fn works(app: &Application, component: &str) -> bool {
    const NOBODY: &str = "01h455vb4pex5vsknk084sn02q";
    let get = |path: String| async move { app.get(&path).as_admin().send().await.status };
    match component {
        "platform-health" => get("/health".to_owned()).await == 200,
        "platform-readiness" => get("/health/ready".to_owned()).await == 200,
        "platform-not-found" => get("/nothing".to_owned()).await == 404,
        "identity-users" => {
            let body = json!({"name": "N", "email": "n@example.com"});
            app.post("/users").as_admin().json(body).send().await.status == 201
        }
        "identity-user" => get(format!("/users/user_{NOBODY}")).await == 404,
        "catalog-products" => {
            let body = json!({"sku": "P", "name": "N", "price": {"amount": 1, "currency": "USD"}});
            app.post("/products").as_admin().json(body).send().await.status == 201
                && is_shown_from(app, "P", ":recent", 1).await
                && get("/products".to_owned()).await == 200
                && is_relayed(app, "tradepost.catalog.product-created.v1").await
        }
        "catalog-products-import" => {
            let line = r#"{"sku": "S", "name": "N", "price": {"amount": 1, "currency": "USD"}}"#;
            let ask = app.post("/products/import").as_admin().bytes("application/x-ndjson", line);
            // In an application that has had an import before it is unchanged.
            String::from_utf8_lossy(&ask.send().await.body).contains(r#""id":"product_"#)
                && is_relayed(app, "tradepost.catalog.product-created.v1").await
        }
        "catalog-product" => {
            let product = format!("/products/{}", product_id(app).await);
            relay_to_rest(app).await;
            let edit = app.ask("PATCH", &product).as_admin().header("if-match", "*");
            let edit = edit.bytes("application/merge-patch+json", r#"{"name": "Another"}"#).send().await;
            edit.status == 200
                && is_shown_from(app, "S", ":recent", 2).await
                && get(product).await == 200
                && is_relayed(app, "tradepost.catalog.product-changed.v1").await
        }
        "catalog-product-views" => {
            let id = product_id(app).await;
            let event = crate::example("tradepost.catalog.product-created.v1", &id);
            app.deliver(component, &[event]).await.1 == ["applied"] && is_shown_from(app, "S", "", 1).await
        }
        "ordering-customer-orders" => {
            add_product(app).await;
            let body = json!({"lines": [{"sku": "S", "quantity": 1}]});
            let placed = app.post("/orders").as_admin().idempotency_key("l").json(body).send().await;
            let data = json!({"customer": format!("user_{NOBODY}"), "order": placed.data(201)});
            let event = cloud_event("tradepost.ordering.order-released.v1", &data);
            app.deliver(component, &[event]).await.1 == ["applied"]
                && app.views().exists("orders:01890a5d-ac96-774b-bcce-b302099a8057").unwrap()
        }
        "ordering-order-views" => {
            let event = crate::example("tradepost.ordering.order-placed.v1", &format!("order_{NOBODY}"));
            app.deliver(component, &[event]).await.1 == ["applied"]
                && get(format!("/orders/order_{NOBODY}")).await == 200
        }
        "ordering-order-cancellation" => {
            let order = stream(app, &[PLACED, CONFIRMED]).await;
            let path = format!("/orders/{order}/cancellation");
            app.post(&path).as_admin().json(json!({})).send().await.status == 200
                && is_changed(app, &order).await
        }
        "ordering-order-hold" => {
            let order = stream(app, &[PLACED, CONFIRMED]).await;
            let path = format!("/orders/{order}/hold");
            app.post(&path).as_admin().json(json!({})).send().await.status == 200
                && is_changed(app, &order).await
        }
        "ordering-order-fulfilments" => {
            let order = stream(app, &[PLACED, CONFIRMED]).await;
            let path = format!("/orders/{order}/fulfilments");
            let body = json!({"lines": [{"sku": "S", "quantity": 1}]});
            app.post(&path).as_admin().json(body).send().await.status == 201 && is_changed(app, &order).await
        }
        "ordering-order-returns" => {
            let order = stream(app, &[PLACED, CONFIRMED, FULFILLED]).await;
            let path = format!("/orders/{order}/returns");
            let body = json!({"lines": [{"sku": "S", "quantity": 1}]});
            app.post(&path).as_admin().json(body).send().await.status == 201 && is_changed(app, &order).await
        }
        "ordering-orders" => {
            add_product(app).await;
            relay_to_rest(app).await;
            let body = json!({"lines": [{"sku": "S", "quantity": 1}]});
            let answer = app.post("/orders").as_admin().idempotency_key("k").json(body).send().await;
            let ann = format!("user_{NOBODY}");
            let body = json!({"lines": [{"sku": "S", "quantity": 1}]});
            let anns = app.post("/orders").as_customer(&ann).idempotency_key("k").json(body).send().await;
            let listed = app.get("/orders").as_customer(&ann).send().await;
            answer.status == 201
                && get(answer.header("location").to_owned()).await == 200
                && get("/orders".to_owned()).await == 200
                && listed.json()["data"]["items"][0]["id"] == anns.json()["data"]["id"]
                // The courtesies. What the projections show proves nothing of this component.
                && app.views().exists("orders:01890a5d-ac96-774b-bcce-b302099a8057:recent").unwrap()
                && has_key(app, "order:", ":recent")
                && is_relayed(app, "tradepost.ordering.order-placed.v2").await
        }
        "payment-charge" => {
            charge(app, "tok_ok").await.is_some()
                && is_told(app, "tradepost.payment.payment-captured.v1").await
        }
        "payment-reconciliation" => {
            charge_to_rest(app, "tok_timeout_captured").await;
            // The provider is given time to come to itself.
            tokio::time::sleep(Duration::from_millis(2_100)).await;
            app.post("/private/payment-reconciliation").send().await.status == 200
                && is_told(app, "tradepost.payment.payment-captured.v1").await
        }
        "payment-refunds" => {
            let Some(payment) = charge_to_rest(app, "tok_ok").await else { return false };
            let path = format!("/payments/{payment}/refunds");
            let ask = app.post(&path).as_admin().idempotency_key("k").json(json!({})).send().await;
            let uuid = *payment.parse::<PaymentId>().unwrap().as_uuid();
            ask.status == 201
                && get(path).await == 200
                && app.views().exists(&format!("payment:{uuid}:recent")).unwrap()
                && is_relayed(app, "tradepost.payment.payment-refunded.v1").await
        }
        "payment-webhook" => {
            let Some(payment) = charge_to_rest(app, "tok_timeout").await else { return false };
            let body = json!({"type": "operation.declined", "data": {
                "reference": format!("{payment}-1-authorise"), "order_id": payment.replace("payment_", "order_"),
                "error": {"code": "card_declined"},
            }});
            let (body, now) = (body.to_string(), SystemTime::now().duration_since(UNIX_EPOCH).unwrap());
            let signature =
                tradepost_signature::sign(WEBHOOK_SECRET, now.as_secs().cast_signed(), body.as_bytes());
            let ask = app.post("/payments/webhook").as_admin().header("payment-signature", signature);
            ask.bytes("application/json", body).send().await.status == 200
                && is_relayed(app, "tradepost.payment.payment-declined.v1").await
        }
        "payment-payment" => get(format!("/payments/payment_{NOBODY}")).await == 404,
        "payment-ledger-balances" => get("/ledger/balances".to_owned()).await == 200,
        "payment-ledger-entries" => get("/ledger/entries".to_owned()).await == 200,
        "payment-views" => {
            let order = ToldOrder::of(&[("SOLD", 1)]);
            app.deliver(component, &[order.captured()]).await.1 == ["applied"]
                && app.views().exists(&format!("payment:{}", order.uuid())).unwrap()
        }
        "inventory-stock" => {
            announce_product(app, "SHOWN").await;
            get("/stock/SHOWN".to_owned()).await == 200
        }
        "inventory-stock-adjustments" => {
            announce_product(app, "ADJUSTED").await;
            let body = json!({"delta": 1, "reason": "Counted"});
            app.post("/stock/ADJUSTED/adjustments").as_admin().json(body).send().await.status == 201
        }
        "inventory-stock-openings" => {
            announce_product(app, "OPENED").await;
            app.post("/private/messaging-relay").send().await;
            is_there(app, "SELECT FROM inventory.stock WHERE sku = 'OPENED'").await
        }
        "inventory-reservation" => {
            let order = ToldOrder::of(&[("UNHEARD-OF", 1)]);
            app.deliver(component, &[order.placed()]).await.1 == ["applied"]
                && is_told(app, "tradepost.inventory.stock-rejected.v1").await
        }
        "inventory-settlement" => {
            let row = "INSERT INTO inventory.stock (sku, on_hand) VALUES ('HELD', 1)";
            app.database().connect().await.execute(row, &[]).await.unwrap();
            let order = ToldOrder::of(&[("HELD", 1)]);
            app.deliver("inventory-reservation", &[order.placed()]).await;
            assert!(is_told(app, "tradepost.inventory.stock-reserved.v1").await);
            relay_to_rest(app).await;
            app.deliver(component, &[order.captured()]).await.1 == ["applied"]
                && is_told(app, "tradepost.inventory.reservation-committed.v1").await
        }
        "inventory-reservation-expiry" => {
            reserve_overdue(app).await;
            app.post("/private/inventory-reservation-expiry").send().await.status == 200
                && is_told(app, "tradepost.inventory.reservation-expired.v1").await
        }
        "ordering-progress" => {
            let order = leave_order(app).await;
            let mut event = crate::example("tradepost.inventory.stock-rejected.v1", &order);
            event["data"]["order_id"] = order.into();
            app.deliver(component, &[event]).await.1 == ["applied"]
                && is_told(app, "tradepost.ordering.order-rejected.v1").await
        }
        "ordering-deadlines" => {
            leave_order(app).await;
            app.post("/private/ordering-deadlines").send().await.status == 200
                && is_told(app, "tradepost.ordering.order-expired.v1").await
        }
        "messaging-relay" => {
            leave_something_for_everybody(app).await;
            app.post("/private/messaging-relay").send().await;
            is_there(app, EVERYBODY_WAS_REACHED).await
        }
        "platform-tick" => {
            let answer = app.post("/tick").as_admin().send().await;
            let nudged = answer.json()["data"].as_array().cloned().unwrap_or_default();
            !nudged.is_empty() && nudged.iter().all(|nudged| nudged["error"].is_null())
        }
        "messaging-events" => get("/events".to_owned()).await == 200,
        "messaging-replays" => {
            leave_events(app).await;
            let body = json!({"consumer": "inventory-stock-openings", "types": [CREATED]});
            let answer = app.post("/events/replays").as_admin().json(body).send().await;
            answer.status == 202 && is_relayed(app, "waiting").await
        }
        "messaging-dead-letters" => get("/dead-letters".to_owned()).await == 200,
        "messaging-dead-letter-replay" => {
            leave_events(app).await;
            leave_letter(app).await;
            let path = format!("/dead-letters/letter_{NOBODY}/replay");
            app.post(&path).as_admin().send().await.status == 202 && is_relayed(app, "waiting").await
        }
        "ordering-order" => get(format!("/orders/order_{NOBODY}")).await == 404,
        "ordering-order-events" => get(format!("/orders/order_{NOBODY}/events")).await == 404,
        other => panic!("say here how to see whether {other} works"),
    }
}

/// Whether the view store has the product at this version or later, under the projection's key or, with `:recent`, a
/// command's.
async fn is_shown_from(app: &Application, sku: &str, writer: &str, version: u64) -> bool {
    let database = app.database().connect().await;
    let product = database.query_one("SELECT id::text FROM catalog.products WHERE sku = $1", &[&sku]).await;
    let id: String = product.unwrap().get(0);
    let entry = app.views().get(&format!("product:{id}{writer}")).unwrap();
    entry.is_some_and(|entry| entry[1..9] >= version.to_be_bytes()[..])
}

/// Whether a key of the view store begins and ends so.
fn has_key(app: &Application, begin: &str, end: &str) -> bool {
    let mut keys = app.views().keys().unwrap().map(Result::unwrap);
    keys.any(|key| key.starts_with(begin) && key.ends_with(end))
}

/// The id of the product that [`add_product`] adds.
async fn product_id(app: &Application) -> String {
    add_product(app).await;
    let products = app.get("/products").send().await.json();
    let items = products["data"]["items"].as_array().unwrap();
    let product = items.iter().find(|product| product["sku"] == "S").unwrap();
    product["id"].as_str().unwrap().to_owned()
}

/// What has happened to an order: type and payload.
type Happened = (&'static str, &'static str);

const PLACED: Happened = (
    "tradepost.ordering.order-placed.v2",
    r#"{"owner": "anonymous", "email": null, "payment_method": null, "shipping_address": null,
        "total": {"amount": 2, "currency": "USD"},
        "lines": [{"sku": "S", "name": "N", "quantity": 2, "unit_price": {"amount": 1, "currency": "USD"},
                   "total": {"amount": 2, "currency": "USD"}}]}"#,
);
const CONFIRMED: Happened = (
    "tradepost.ordering.order-confirmed.v1",
    r#"{"captured": {"amount": 2, "currency": "USD"}, "risk": {"score": 0, "reasons": [], "review": false}}"#,
);
const FULFILLED: Happened = (
    "tradepost.ordering.order-fulfilled.v1",
    r#"{"id": "fulfilment_01h455vb4pex5vsknk084sn02q", "tracking": null, "lines": [{"sku": "S", "quantity": 1}]}"#,
);

/// Leaves the stream of an order to which this has happened, and which nobody was told of; the order's id.
async fn stream(app: &Application, happened: &[Happened]) -> String {
    let id = uuid::Uuid::now_v7();
    let client = app.database().connect().await;
    for (version, (event_type, data)) in (1_i64..).zip(happened) {
        let insert =
            "INSERT INTO ordering.order_events (order_id, version, event_id, type, data, actor, occurred_at)
                      VALUES ($1, $2, gen_random_uuid(), $3, $4::text::jsonb, 'admin', now())";
        client.execute(insert, &[&id, &version, event_type, data]).await.unwrap();
    }
    tradepost_ids::OrderId::from_uuid(id).to_string()
}

/// Whether the order's change was shown by the command itself, and was told by its kick.
async fn is_changed(app: &Application, order: &str) -> bool {
    has_key(app, "order:", ":recent")
        && is_there(app, &format!("SELECT FROM messaging.events WHERE subject = '{order}'")).await
}

/// An event of ordering with this payload.
fn cloud_event(event_type: &str, data: &serde_json::Value) -> serde_json::Value {
    let mut event = crate::example("tradepost.ordering.order-placed.v1", "order_01h455vb4pex5vsknk084sn02q");
    event["type"] = event_type.into();
    event["data"] = data.clone();
    event
}

const CREATED: &str = "tradepost.catalog.product-created.v1";

/// Leaves an event in the log, and another in an outbox that only a kick brings.
async fn leave_events(app: &Application) {
    let rows = format!(
        "INSERT INTO messaging.events (id, source, type, subject, time, partitionkey, sequence, data, recorded_at)
         VALUES (gen_random_uuid(), '/catalog', '{CREATED}', 's', now(), 's', 1, '{{}}', now());
         INSERT INTO ordering.outbox (id, source, type, subject, time, partitionkey, sequence, data)
         VALUES (gen_random_uuid(), '/ordering', 'waiting', 's', now(), 's', 1, '{{}}')"
    );
    app.database().connect().await.batch_execute(&rows).await.unwrap();
}

/// Sets the first event of the log aside, under the id of nobody.
async fn leave_letter(app: &Application) {
    let row = "INSERT INTO messaging.dead_letters (id, consumer, partitionkey, position, attempts, error)
               SELECT '01890a5d-ac96-774b-bcce-b302099a8057', 'nobody', partitionkey, position, 1, 'error'
               FROM messaging.events ORDER BY position LIMIT 1";
    app.database().connect().await.execute(row, &[]).await.unwrap();
}

async fn add_product(app: &Application) -> u16 {
    let body = json!({"sku": "S", "name": "N", "price": {"amount": 1, "currency": "USD"}});
    app.post("/products").as_admin().json(body).send().await.status
}

/// Leaves the event of a new product in the outbox, and nobody is told that it waits there.
async fn announce_product(app: &Application, sku: &str) {
    let id = "product_01h455vb4pex5vsknk084sn02q";
    let data = json!({
        "id": id, "sku": sku, "name": "N", "description": null, "price": {"amount": 1, "currency": "USD"},
        "categories": [], "attributes": {}, "active": true, "created_at": "2026-11-22T12:00:00.000000Z", "version": 1,
    });
    let statement = "
        INSERT INTO catalog.outbox (id, source, type, subject, time, partitionkey, sequence, data)
        VALUES (gen_random_uuid(), '/catalog', 'tradepost.catalog.product-created.v1', $1, now(), $2, 1,
                $3::text::jsonb)";
    let client = app.database().connect().await;
    client.execute(statement, &[&id, &sku, &data.to_string()]).await.unwrap();
}

/// Leaves a reservation that is overdue.
async fn reserve_overdue(app: &Application) {
    let client = app.database().connect().await;
    client.execute("INSERT INTO inventory.stock (sku, on_hand) VALUES ('HELD', 1)", &[]).await.unwrap();
    let statement = "
        SELECT FROM inventory.reserve_stock(ARRAY[gen_random_uuid()], '{order_01h455vb4pex5vsknk084sn02q}',
            ARRAY[gen_random_uuid()], '{0}', '{NULL}', '{1}', '{HELD}', '{1}', ARRAY[gen_random_uuid()], 0)";
    client.execute(statement, &[]).await.unwrap();
}

/// Leaves an order that has been pending for an hour, and answers with its id.
async fn leave_order(app: &Application) -> String {
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    let placed = json!({
        "owner": "anonymous", "lines": [{"sku": "S", "name": "N", "quantity": 1, "unit_price": usd(1), "total": usd(1)}],
        "total": usd(1), "email": null, "payment_method": null, "shipping_address": null,
    });
    let rows = format!(
        "INSERT INTO ordering.order_events (order_id, version, event_id, type, data, actor, occurred_at)
         VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', 1, gen_random_uuid(),
                 'tradepost.ordering.order-placed.v2', '{placed}', 'anonymous', now() - interval '1 hour');
         INSERT INTO ordering.orders (order_id, status, version, created_at, status_since, view)
         VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', 'pending', 1, now(), now() - interval '1 hour', '{{}}')"
    );
    app.database().connect().await.batch_execute(&rows).await.unwrap();
    "order_01h455vb4pex5vsknk084sn02q".to_owned()
}

/// With what notices of the payment provider are signed.
const WEBHOOK_SECRET: &str = "whsec_of_the_tests";

/// The id of a payment that the provider was asked to take with `token`, if it could be.
async fn charge(app: &Application, token: &str) -> Option<String> {
    let order = ToldOrder::of(&[("PAID", 1)]);
    for event in [order.placed_with(token), order.reserved()] {
        if app.deliver("payment-charge", &[event]).await.1 != ["applied"] {
            return None;
        }
    }
    Some(order.id().replace("order_", "payment_"))
}

/// The same, when all that it told is delivered.
async fn charge_to_rest(app: &Application, token: &str) -> Option<String> {
    let payment = charge(app, token).await;
    relay_to_rest(app).await;
    payment
}

/// The manifest with its private routes open, behind a gateway that knows customers, so that what is granted for their
/// sake is used.
fn manifest(text: &str) -> Manifest {
    let mut manifest = opened(text);
    let turnstile = "target/wasm32-wasip2/component/turnstile.wasm";
    manifest["component"]["gateway-admission"]["source"] = toml_edit::value(turnstile);
    Manifest::parse(&manifest.to_string(), repository().join("spin.toml")).unwrap()
}

/// The product as it is granted, compiled once.
async fn product() -> Arc<Compiled> {
    static PRODUCT: OnceCell<Arc<Compiled>> = OnceCell::const_new();
    let compile = || {
        tradepost_tests::guest("turnstile");
        Arc::new(Compiled::of(manifest(&text())))
    };
    let product = PRODUCT.get_or_init(|| async { tokio::task::spawn_blocking(compile).await.unwrap() });
    product.await.clone()
}

/// The product but for one grant.
async fn product_without(grant: &Grant) -> Arc<Compiled> {
    let (product, mut text, component) =
        (product().await, text().parse().unwrap(), grant.component().to_owned());
    grant.remove_from(&mut text);
    let compile = move || Arc::new(product.with_other(manifest(&text.to_string()), &component));
    tokio::task::spawn_blocking(compile).await.unwrap()
}

async fn application(compiled: Arc<Compiled>) -> Application {
    let variables = vec![("payment_webhook_secret".to_owned(), WEBHOOK_SECRET.to_owned())];
    Application::with(Setup { compiled: Some(compiled), variables, ..Setup::default() }).await
}

/// The components to look at: those whose names contain what `GRANTS` says, or all.
fn is_wanted(component: &str) -> bool {
    component.contains(&std::env::var("GRANTS").unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_component_works_with_what_it_is_granted() {
    let broken = |component: &'static str| async move {
        let app = application(product().await).await;
        let works = works(&app, component).await;
        app.stop().await;
        (!works).then_some(component)
    };
    let components = tradepost_tests::components().endpoints().map(|endpoint| endpoint.id.as_str());
    let broken = stream::iter(components.filter(|component| is_wanted(component))).map(broken);
    let broken: Vec<&str> = broken.buffer_unordered(AT_ONCE).filter_map(ready).collect().await;
    assert!(broken.is_empty(), "these do not work: {broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_component_works_without_any_one_of_its_grants() {
    let without = |grant: Grant| async move {
        let app = application(product_without(&grant).await).await;
        let unused = works(&app, grant.component()).await;
        app.stop().await;
        unused.then(|| grant.to_string())
    };
    let grants = grants();
    assert!(grants.len() > 40, "{grants:?}");
    let grants = grants.into_iter().filter(|grant| is_wanted(grant.component()));
    let unused: Vec<String> =
        stream::iter(grants).map(without).buffer_unordered(AT_ONCE).filter_map(ready).collect().await;
    assert!(unused.is_empty(), "granted for nothing: {unused:#?}");
}
