//! What customers order, and how far each order is taken.

use super::api::Api;
use super::goods::Product;
use super::people::Person;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// How far an order is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Placed, and waiting to be sent.
    Placed,
    /// Some of it is sent.
    PartlySent,
    /// All of it is sent.
    Completed,
    /// All of it is sent and some comes back.
    Returned,
    /// Called off before it is sent, so the money goes back.
    Cancelled,
    /// Some money is given back for some other reason.
    Refunded,
    /// Somebody wants to look at it first.
    OnHold,
    /// The card is declined.
    Declined,
    /// More is wanted than there is.
    SoldOut,
}

/// How often each comes: most orders are on their way or done.
const FATES: [Fate; 20] = [
    Fate::Completed,
    Fate::Placed,
    Fate::Completed,
    Fate::PartlySent,
    Fate::Completed,
    Fate::Cancelled,
    Fate::Placed,
    Fate::Completed,
    Fate::Declined,
    Fate::Completed,
    Fate::Returned,
    Fate::Placed,
    Fate::OnHold,
    Fate::Completed,
    Fate::SoldOut,
    Fate::Placed,
    Fate::Refunded,
    Fate::Completed,
    Fate::PartlySent,
    Fate::Completed,
];

/// An order to be.
pub(crate) struct Plan {
    /// What the idempotency keys of its requests begin with.
    key: String,
    request: Value,
    fate: Fate,
}

/// The order of this number, the same one every time.
pub(crate) fn plan(number: usize, products: &[Product], people: &[Person]) -> Plan {
    let fate = pick(&FATES, number);
    let person = pick_ref(people, number * 7);
    // Steps that share no factor with the number of products go through all of them.
    let lines: Vec<_> = (0..=number % 3)
        .map(|line| {
            let product = pick_ref(products, number * 37 + line * 61);
            let quantity = if fate == Fate::SoldOut { 100_000 } else { 1 + (number + line) % 3 };
            json!({ "sku": product.sku, "quantity": quantity })
        })
        .collect();
    let token = match fate {
        Fate::Declined if number % 40 < 20 => "tok_insufficient_funds",
        Fate::Declined => "tok_declined",
        _ => "tok_ok",
    };
    let [street, city, postal_code, country] = person.address;
    let request = json!({
        "lines": lines,
        "payment_method": token,
        "email": person.email,
        "shipping_address": {
            "name": person.name, "line1": street, "city": city, "postal_code": postal_code, "country": country,
        },
    });
    Plan { key: format!("seed-order-{number}"), request, fate }
}

fn pick<T: Copy>(from: &[T], number: usize) -> T {
    *pick_ref(from, number)
}

fn pick_ref<T>(from: &[T], number: usize) -> &T {
    from.iter()
        .cycle()
        .nth(number % from.len().max(1))
        .unwrap_or_else(|| unreachable!("nothing to pick from"))
}

/// Places the order and takes it as far as its plan says; the status that it comes to.
pub(crate) async fn carry_out(api: &Api, plan: &Plan) -> Result<String> {
    let answer = api.post_as_guest("/orders", &plan.key, &plan.request).await?;
    answer.expect("an order", &[201])?;
    let id = answer.text("/id").context("an order has no id")?.to_owned();
    let path = format!("/orders/{id}");
    let step = async |name: &str, path: &str, body: Value| -> Result<()> {
        let answer = api.post(path, &format!("{}-{name}", plan.key), &body).await?;
        // 409 is a step that an earlier run has taken, longer ago than idempotency keys are kept.
        answer.expect(name, &[200, 201, 202, 409])
    };
    let lines = plan.request.get("lines");
    let first_piece = json!([{ "sku": plan.request.pointer("/lines/0/sku"), "quantity": 1 }]);
    let placed = answer.text("/status") == Some("placed");
    match plan.fate {
        _ if !placed => {}
        Fate::Placed | Fate::Declined | Fate::SoldOut => {}
        Fate::PartlySent => {
            let body = json!({ "lines": first_piece, "tracking": format!("TP{}", plan.key.len()) });
            step("fulfilment", &format!("{path}/fulfilments"), body).await?;
        }
        Fate::Completed | Fate::Returned => {
            let body = json!({ "lines": lines, "tracking": "TP0000001" });
            step("fulfilment", &format!("{path}/fulfilments"), body).await?;
            if plan.fate == Fate::Returned {
                step("return", &format!("{path}/returns"), json!({ "lines": first_piece })).await?;
            }
        }
        Fate::Cancelled => {
            step("cancellation", &format!("{path}/cancellation"), json!({ "reason": "Ordered by mistake" }))
                .await?;
        }
        Fate::Refunded => {
            let payment = answer.text("/payment/id").context("an order has no payment")?;
            let body = json!({ "amount": { "amount": 100, "currency": "USD" } });
            step("refund", &format!("/payments/{payment}/refunds"), body).await?;
        }
        Fate::OnHold => {
            step("hold", &format!("{path}/hold"), json!({ "reason": "The address looks odd" })).await?;
        }
    }
    let order = api.get(&path).await?;
    order.expect("reading an order", &[200])?;
    Ok(order.text("/status").context("an order has no status")?.to_owned())
}
