//! What a component finds when it is asked to work: things left by nobody whom others were told of.

use super::seen::relay_to_rest;
use serde_json::json;
use tradepost_access_token::Claims;
use tradepost_tests::credentials::{Issuer, claims, unix_seconds};
use tradepost_tests::{Application, ToldOrder};

/// Whose what is left is, as the end of a TypeID.
pub(super) const NOBODY: &str = "01h455vb4pex5vsknk084sn02q";

/// A session that nobody has begun.
pub(super) const SESSION: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A credential of [`NOBODY`]'s in this session.
pub(super) async fn token(app: &Application, session: &str) -> String {
    let user = format!("user_{NOBODY}").parse().unwrap();
    let claims = Claims { session: session.parse().unwrap(), ..claims(user, "", unix_seconds()) };
    format!("Bearer {}", Issuer::of(app).await.key().sign(&claims))
}

/// Leaves an event for each consumer, which none of them can read.
pub(super) async fn leave_something_for_everybody(app: &Application) {
    let insert = "INSERT INTO catalog.outbox (id, source, type, subject, time, partitionkey, sequence, data)
                  SELECT gen_random_uuid(), '/catalog', type, 's', now(), 's', 1, jsonb_build_object($2::text, 'x')
                  FROM unnest($1::text[]) AS type";
    let client = app.database().connect().await;
    for subscription in tradepost_subscriptions::SUBSCRIPTIONS {
        let key = subscription.key_member.unwrap_or("none");
        client.execute(insert, &[&&subscription.event_types[..1], &key]).await.unwrap();
    }
}

/// What has happened to an order: type and payload.
pub(super) type Happened = (&'static str, &'static str);

pub(super) const PLACED: Happened = (
    "tradepost.ordering.order-placed.v2",
    r#"{"owner": "anonymous", "email": null, "payment_method": null, "shipping_address": null,
        "total": {"amount": 2, "currency": "USD"},
        "lines": [{"sku": "S", "name": "N", "quantity": 2, "unit_price": {"amount": 1, "currency": "USD"},
                   "total": {"amount": 2, "currency": "USD"}}]}"#,
);
pub(super) const CONFIRMED: Happened = (
    "tradepost.ordering.order-confirmed.v1",
    r#"{"captured": {"amount": 2, "currency": "USD"}, "risk": {"score": 0, "reasons": [], "review": false}}"#,
);
pub(super) const FULFILLED: Happened = (
    "tradepost.ordering.order-fulfilled.v1",
    r#"{"id": "fulfilment_01h455vb4pex5vsknk084sn02q", "tracking": null, "lines": [{"sku": "S", "quantity": 1}]}"#,
);

/// Leaves the stream of an order to which this has happened, and which nobody was told of; the order's id.
pub(super) async fn stream(app: &Application, happened: &[Happened]) -> String {
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

/// An event of ordering with this payload.
pub(super) fn cloud_event(event_type: &str, data: &serde_json::Value) -> serde_json::Value {
    let mut event = crate::example("tradepost.ordering.order-placed.v1", "order_01h455vb4pex5vsknk084sn02q");
    event["type"] = event_type.into();
    event["data"] = data.clone();
    event
}

pub(super) const CREATED: &str = "tradepost.catalog.product-created.v1";

/// Leaves an event in the log, and another in an outbox that only a kick brings.
pub(super) async fn leave_events(app: &Application) {
    let rows = format!(
        "INSERT INTO messaging.events (id, source, type, subject, time, partitionkey, sequence, data, recorded_at)
         VALUES (gen_random_uuid(), '/catalog', '{CREATED}', 's', now(), 's', 1, '{{}}', now());
         INSERT INTO ordering.outbox (id, source, type, subject, time, partitionkey, sequence, data)
         VALUES (gen_random_uuid(), '/ordering', 'waiting', 's', now(), 's', 1, '{{}}')"
    );
    app.database().connect().await.batch_execute(&rows).await.unwrap();
}

/// Sets the first event of the log aside, under the id of nobody.
pub(super) async fn leave_letter(app: &Application) {
    let row = "INSERT INTO messaging.dead_letters (id, consumer, partitionkey, position, attempts, error)
               SELECT '01890a5d-ac96-774b-bcce-b302099a8057', 'nobody', partitionkey, position, 1, 'error'
               FROM messaging.events ORDER BY position LIMIT 1";
    app.database().connect().await.execute(row, &[]).await.unwrap();
}

pub(super) async fn add_product(app: &Application) -> u16 {
    let body = json!({"sku": "S", "name": "N", "price": {"amount": 1, "currency": "USD"}});
    app.post("/products").as_admin().json(body).send().await.status
}

/// Leaves the event of a new product in the outbox, and nobody is told that it waits there.
pub(super) async fn announce_product(app: &Application, sku: &str) {
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
pub(super) async fn reserve_overdue(app: &Application) {
    let client = app.database().connect().await;
    client.execute("INSERT INTO inventory.stock (sku, on_hand) VALUES ('HELD', 1)", &[]).await.unwrap();
    let statement = "
        SELECT FROM inventory.reserve_stock(ARRAY[gen_random_uuid()], '{order_01h455vb4pex5vsknk084sn02q}',
            ARRAY[gen_random_uuid()], '{0}', '{NULL}', '{1}', '{HELD}', '{1}', ARRAY[gen_random_uuid()], 0)";
    client.execute(statement, &[]).await.unwrap();
}

/// Leaves a user, and nobody is told of it.
pub(super) async fn leave_user(app: &Application) {
    let row = "INSERT INTO identity.users (id, name, email, email_key, created_at)
               VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', 'N', 'n@example.com', 'n@example.com', now())";
    app.database().connect().await.execute(row, &[]).await.unwrap();
}

/// A token whose digest [`leave_token`] leaves.
pub(super) const TOKEN: &str = "a-token-of-the-tests";

/// Leaves a token of the user that [`leave_user`] leaves.
pub(super) async fn leave_token(app: &Application, purpose: &str) {
    let row =
        "INSERT INTO identity.one_time_tokens (digest, user_id, purpose, email_key, created_at, expires_at)
               SELECT sha256($1), id, $2, email_key, now(), now() + interval '1 hour' FROM identity.users";
    app.database().connect().await.execute(row, &[&TOKEN.as_bytes(), &purpose]).await.unwrap();
}

/// Leaves a password of the user that [`leave_user`] leaves, hashed by whoever hashes.
pub(super) async fn leave_password(app: &Application, password: &str) {
    let hashed = app.post("/private/identity-password-hashing").json(json!({"hash": password})).send().await;
    let phc = hashed.json()["phc"].as_str().unwrap().to_owned();
    let row = "INSERT INTO identity.credentials (user_id, phc, changed_at)
               VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', $1, now())";
    app.database().connect().await.execute(row, &[&phc]).await.unwrap();
}

/// Leaves a session of the user that [`leave_user`] leaves, with the refresh token `tr_used`, which was used.
pub(super) async fn leave_session(app: &Application) {
    let rows = "
        INSERT INTO identity.sessions (id, user_id, created_at, expires_at)
        VALUES (gen_random_uuid(), '01890a5d-ac96-774b-bcce-b302099a8057', now(), now() + interval '1 day');
        INSERT INTO identity.refresh_tokens (digest, session_id, issued_at, replaced_by)
        SELECT sha256('tr_used'), id, now(), sha256('another') FROM identity.sessions";
    app.database().connect().await.batch_execute(rows).await.unwrap();
}

/// Leaves an API key, and nobody is told of it.
pub(super) async fn leave_api_key(app: &Application) {
    let row = "INSERT INTO identity.api_keys (id, subject, name, digest, scopes, created_by, created_at)
               VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', 'key_01h455vb4pex5vsknk084sn02q', 'N', sha256('x'), '',
                       'admin', now())";
    app.database().connect().await.execute(row, &[]).await.unwrap();
}

/// Leaves an order that has been pending for an hour, and answers with its id.
pub(super) async fn leave_order(app: &Application) -> String {
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
pub(super) const WEBHOOK_SECRET: &str = "whsec_of_the_tests";

/// The id of a payment that the provider was asked to take with `token`, if it could be.
pub(super) async fn charge(app: &Application, token: &str) -> Option<String> {
    let order = ToldOrder::of(&[("PAID", 1)]);
    for event in [order.placed_with(token), order.reserved()] {
        if app.deliver("payment-charge", &[event]).await.1 != ["applied"] {
            return None;
        }
    }
    Some(order.id().replace("order_", "payment_"))
}

/// The same, when all that it told is delivered.
pub(super) async fn charge_to_rest(app: &Application, token: &str) -> Option<String> {
    let payment = charge(app, token).await;
    relay_to_rest(app).await;
    payment
}
