//! The rules, told from outside: requests in, decisions and views out.

mod deciding;
mod recording;
mod requesting;
mod statuses;

use serde_json::{Value, json};
use tradepost_ids::UserId;
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::{Command, Order, OrderEvent, Owner, PlaceOrder, Price, Refusal, decide};

const NOON: Timestamp = Timestamp::from_micros(1_795_354_400_123_456);

fn ada() -> Owner {
    Owner::Customer(UserId::from_uuid(Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057)))
}

fn money(amount: i64, currency: &str) -> Money {
    Money::new(amount, currency.parse().unwrap())
}

fn price(sku: &str, amount: i64, currency: &str) -> Price {
    Price { sku: sku.to_owned(), name: sku.to_uppercase(), unit: money(amount, currency) }
}

/// A request for these SKUs and quantities.
fn request(lines: &[(&str, i64)]) -> PlaceOrder {
    let lines: Vec<Value> =
        lines.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity})).collect();
    PlaceOrder::read(&json!({ "lines": lines })).unwrap()
}

fn place(request: PlaceOrder, prices: &[Price]) -> Result<Vec<OrderEvent>, Refusal> {
    decide(&Order::default(), Command::Place { request, prices, owner: ada() }, NOON)
}
