//! What `/orders` is to those who call it.

use serde_json::json;
use tradepost_events::ordering::Order;
use tradepost_ids::{OrderId, UserId};
use tradepost_ordering::{PlaceOrder, Status};
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    [Route::at("/orders", "Ordering").operation(place()).operation(list())]
}

/// An order of bookcases that is paid at once.
fn paid(name: &'static str, summary: &'static str, key: &'static str, pieces: u32) -> Example {
    Example::new(name, 201, summary)
        .with("Idempotency-Key", key)
        .with("Prefer", "wait=10")
        .json(json!({
            "lines": [{ "sku": "$stocked_sku", "quantity": pieces }],
            "payment_method": "tok_ok",
            "email": "first@example.com",
        }))
}

fn place() -> Operation {
    Operation::post("place_order", "Orders")
        .text(
            "Prices come from the catalog. The order is `pending` until its stock is reserved and its payment captured; \
             `Prefer: wait=5` waits for that. An order without a customer is for whoever has its id.",
        )
        .body::<PlaceOrder>()
        .answer(
            Answer::json::<Order>(201, "The order, whatever becomes of it.").headers(&["Location", "Preference-Applied"]).leads("order_id", "/data/id").leads("payment_id", "/data/payment/id"),
        )
        .idempotency_required()
        .prefer_wait()
        .problems(&[Code::UnknownSku, Code::MixedCurrencies, Code::TotalTooLarge])
        .example(
            paid("paid", "Two bookcases, paid at once", "order-1", 2)
                .keeps("order_id", "/data/id")
                .keeps("payment_id", "/data/payment/id"),
        )
        .example(paid("to_be_cancelled", "One that is called off", "order-2", 1).keeps("cancelled_id", "/data/id"))
        .example(paid("to_be_held", "One that is looked at", "order-3", 1).keeps("held_id", "/data/id"))
        .example(
            Example::new("declined", 201, "A card that has no money")
                .with("Idempotency-Key", "order-4")
                .with("Prefer", "wait=10")
                .json(json!({
                    "lines": [{ "sku": "$stocked_sku", "quantity": 1 }],
                    "payment_method": "tok_insufficient_funds",
                })),
        )
        .example(
            Example::new("delivered", 201, "With an address")
                .with("Idempotency-Key", "order-5")
                .json(json!({
                    "lines": [{ "sku": "$stocked_sku", "quantity": 1 }],
                    "payment_method": "tok_ok",
                    "shipping_address": {
                        "name": "Ada Lovelace",
                        "line1": "12 St James's Square",
                        "city": "London",
                        "postal_code": "SW1Y 4JH",
                        "country": "GB",
                    },
                })),
        )
        .example(
            Example::new("unknown", 422, "Something that is not on sale")
                .with("Idempotency-Key", "order-6")
                .json(json!({ "lines": [{ "sku": "NO-1", "quantity": 1 }] })),
        )
        .example(
            Example::new("without_key", 400, "Without an idempotency key")
                .json(json!({ "lines": [{ "sku": "$stocked_sku", "quantity": 1 }] })),
        )
}

fn list() -> Operation {
    Operation::get("list_orders", "Lists orders")
        .text("A customer's own, newest first; for staff with the scope `orders:read` everybody's.")
        .identified()
        .query::<Status>("status", "Only those in this state.")
        .query::<UserId>("customer", "Only this customer's. For staff.")
        .list::<OrderId, Order>("A page of orders.")
        .example(
            Example::new("placed", 200, "The newest that is placed")
                .by(crate::Caller::Operator)
                .with("limit", "1")
                .with("status", "cancelled")
                .after("place_order.declined")
                .after("cancel_order.cancelled"),
        )
}
