//! What each component must do to be said to work, which takes everything that it is granted.

use super::left::{
    CONFIRMED, CREATED, FULFILLED, NOBODY, PLACED, SESSION, TOKEN, WEBHOOK_SECRET, add_product,
    announce_product, charge, charge_to_rest, cloud_event, leave_api_key, leave_events, leave_letter,
    leave_order, leave_password, leave_session, leave_something_for_everybody, leave_token, leave_user,
    reserve_overdue, stream, token,
};
use super::seen::{
    EVERYBODY_WAS_REACHED, has_key, is_changed, is_put_without_the_relay, is_relayed, is_shown_from,
    is_shown_without_the_relay, is_there, is_told, product_id, relay_to_rest,
};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tradepost_ids::PaymentId;
use tradepost_tests::credentials::unix_seconds;
use tradepost_tests::{Application, ToldOrder};
use tradepost_timestamp::Timestamp;

/// Whether the component's gateway can say of an API key that there is none, for which it has to look into the view store.
/// The operator's key, by which everything else here is asked for, is known without.
async fn knows_credentials(app: &Application, component: &str) -> bool {
    let mut routes = tradepost_tests::components().router().routes();
    let Some((pattern, _)) = routes.find(|(_, id)| id.as_str() == component) else { return true };
    let is_open = |part: &str| part.starts_with(':') || part == "...";
    let fill = |part| if is_open(part) { "nothing" } else { part };
    let path = pattern.as_str().split('/').map(fill).collect::<Vec<_>>().join("/");
    let options = app.ask("OPTIONS", &path).send().await;
    let method = options
        .headers
        .get("allow")
        .map_or("GET", |allow| allow.to_str().unwrap().split(',').next().unwrap());
    let key = format!("Bearer tp_{}", "x".repeat(43));
    app.ask(method, &path).header("authorization", key).send().await.status == 401
}

/// Whether `component` does all of its work in `app`.
#[expect(clippy::too_many_lines, reason = "one arm a component")]
pub(super) async fn works(app: &Application, component: &str) -> bool {
    let get = |path: String| async move { app.get(&path).as_admin().send().await.status };
    if !knows_credentials(app, component).await {
        return false;
    }
    match component {
        "platform-health" => get("/health".to_owned()).await == 200,
        "platform-readiness" => get("/health/ready".to_owned()).await == 200,
        "platform-openapi" => get("/openapi.json".to_owned()).await == 200,
        "platform-docs" => get("/docs".to_owned()).await == 200,
        "platform-not-found" => get("/nothing".to_owned()).await == 404,
        "platform-idempotency-expiry" => {
            app.post("/private/platform-idempotency-expiry").send().await.status == 200
        }
        "identity-users" => {
            let body = json!({"name": "N", "email": "n@example.com", "password": "correct horse"});
            app.post("/users").as_admin().json(body).send().await.status == 201
                && get("/users".to_owned()).await == 200
                && is_relayed(app, "tradepost.identity.user-registered.v1").await
        }
        "identity-user" => {
            leave_user(app).await;
            let user = format!("/users/user_{NOBODY}");
            get(user.clone()).await == 200
                && app.ask("DELETE", &user).as_admin().send().await.status == 204
                && is_relayed(app, "tradepost.identity.user-erased.v1").await
        }
        "identity-user-verification" => {
            leave_user(app).await;
            let ask = app.post(&format!("/users/user_{NOBODY}/verification")).as_admin();
            ask.send().await.status == 202
        }
        "identity-verifications-confirmation" => {
            leave_user(app).await;
            leave_token(app, "email-verification").await;
            let ask = app.post("/verifications/confirmation").as_admin().json(json!({"token": TOKEN}));
            ask.send().await.status == 204 && is_relayed(app, "tradepost.identity.user-changed.v1").await
        }
        "identity-password-resets" => {
            leave_user(app).await;
            let ask = app.post("/password-resets").as_admin().json(json!({"email": "n@example.com"}));
            ask.send().await.status == 202 && is_there(app, "SELECT FROM notification.messages").await
        }
        "identity-password-resets-confirmation" => {
            leave_user(app).await;
            leave_token(app, "password-reset").await;
            leave_session(app).await;
            let body = json!({"token": TOKEN, "password": "a long enough password"});
            let ask = app.post("/password-resets/confirmation").as_admin().json(body);
            is_put_without_the_relay(app, ask, 204, "session:").await
                && is_relayed(app, "tradepost.identity.sessions-ended.v1").await
        }
        "identity-user-password" => {
            leave_user(app).await;
            leave_session(app).await;
            leave_password(app, "password").await;
            let body = json!({"current_password": "password", "new_password": "another long password"});
            let ask = app
                .post(&format!("/users/user_{NOBODY}/password"))
                .header("authorization", token(app, SESSION).await);
            is_put_without_the_relay(app, ask.json(body), 204, "session:").await
                && is_relayed(app, "tradepost.identity.sessions-ended.v1").await
        }
        "identity-api-keys" => {
            let body = json!({"name": "N", "scopes": []});
            let ask = app.post("/api-keys").as_admin().json(body);
            is_shown_without_the_relay(app, ask, 201).await
                && get("/api-keys".to_owned()).await == 200
                && is_relayed(app, "tradepost.identity.api-key-changed.v1").await
        }
        "identity-api-key" => {
            leave_api_key(app).await;
            let ask = app.ask("DELETE", &format!("/api-keys/key_{NOBODY}")).as_admin();
            is_shown_without_the_relay(app, ask, 204).await
                && is_relayed(app, "tradepost.identity.api-key-changed.v1").await
        }
        "identity-api-key-views" => {
            let event = crate::example("tradepost.identity.api-key-changed.v1", &format!("key_{NOBODY}"));
            app.deliver(component, &[event]).await.1 == ["applied"] && has_key(app, "api-key:", "")
        }
        "identity-sessions" => {
            leave_user(app).await;
            leave_password(app, "correct horse").await;
            let body = json!({"email": "n@example.com", "password": "correct horse"});
            let has_begun = app.post("/sessions").as_admin().json(body).send().await.status == 201;
            let end = async || {
                let sessions = "SELECT id::text FROM identity.sessions";
                let session: String =
                    app.database().connect().await.query_one(sessions, &[]).await.unwrap().get(0);
                let ask = app.ask("DELETE", "/sessions").header("authorization", token(app, &session).await);
                is_put_without_the_relay(app, ask, 204, "session:").await
            };
            has_begun && end().await && is_relayed(app, "tradepost.identity.sessions-ended.v1").await
        }
        "identity-sessions-refresh" => {
            leave_user(app).await;
            leave_session(app).await;
            let body = json!({"refresh_token": "tr_used"});
            let ask = app.post("/sessions/refresh").as_admin().json(body);
            is_put_without_the_relay(app, ask, 401, "session:").await
                && is_relayed(app, "tradepost.identity.sessions-ended.v1").await
        }
        "identity-session-views" => {
            let mut event = crate::example("tradepost.identity.sessions-ended.v1", "session");
            event["time"] = json!(Timestamp::from_micros(unix_seconds() * 1_000_000));
            app.deliver(component, &[event]).await.1 == ["applied"] && has_key(app, "session:", ":ended")
        }
        "identity-session-expiry" => {
            leave_user(app).await;
            leave_session(app).await;
            let end = "UPDATE identity.sessions SET ended_at = now() - interval '1 day' RETURNING id::text";
            let ended = app.database().connect().await.query_one(end, &[]).await.unwrap();
            let key = format!("session:{}:ended", ended.get::<_, &str>(0));
            app.views().set(&key, b"ended".to_vec()).await.unwrap();
            app.post("/private/identity-session-expiry").send().await.status == 200
                && !has_key(app, "session:", ":ended")
        }
        "identity-key-rotation" => {
            app.post("/private/identity-key-rotation").send().await.status == 200
                && has_key(app, "identity:signing-keys", "")
        }
        "identity-jwks" => get("/.well-known/jwks.json".to_owned()).await == 200,
        "identity-password-hashing" => {
            let body = json!({"hash": "correct horse battery"});
            app.post("/private/identity-password-hashing").json(body).send().await.json()["phc"].is_string()
        }
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
            let ann = token(app, SESSION).await;
            let body = json!({"lines": [{"sku": "S", "quantity": 1}]});
            let anns = app
                .post("/orders")
                .header("authorization", ann.clone())
                .idempotency_key("k")
                .json(body)
                .send()
                .await;
            let listed = app.get("/orders").header("authorization", ann).send().await;
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
