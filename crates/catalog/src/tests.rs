//! What the tests of these rules have in common.

mod changing;
mod creating;
mod deciding;

use serde_json::{Value, json};
use tradepost_ids::ProductId;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::{Command, NewProduct, Product, Standing, decide};

const NOON: Timestamp = Timestamp::from_micros(0);

fn tea() -> Value {
    json!({"sku": "tea-1", "name": "Tea", "price": {"amount": 1999, "currency": "USD"}})
}

/// What `body` makes of a POST.
fn product(body: &Value) -> Product {
    let product = NewProduct::read(body).unwrap();
    let command = Command::Create { id: ProductId::from_uuid(Uuid::nil()), product };
    let mut events = decide(&Standing::Absent, command, NOON).unwrap();
    assert_eq!(events.len(), 1);
    events.remove(0).into_product()
}
