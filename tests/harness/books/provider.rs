//! Whether the payment provider's own books agree with ours: what it took and gave back, by its account.

use super::texts;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::Client;
use tradepost_ids::OrderId;
use tradepost_key_value::Store;

/// What the sandbox keeps its books under.
const PREFIX: &str = "sandbox:";

/// What the provider has done for one order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderBooks {
    /// Captures.
    pub captures: u32,
    /// What they took, in minor units.
    pub captured: i64,
    /// What was given back.
    pub refunded: i64,
    /// What is promised, neither taken nor let go.
    pub promised: i64,
}

impl ProviderBooks {
    /// By the order's UUID.
    pub fn of(views: &Store) -> BTreeMap<String, Self> {
        let mut records: BTreeMap<String, Value> = BTreeMap::new();
        for key in views.keys().unwrap() {
            let key = key.unwrap();
            if let Some(reference) = key.strip_prefix(PREFIX) {
                let bytes = views.get(&key).unwrap().unwrap_or_default();
                records.insert(reference.to_owned(), serde_json::from_slice(&bytes).unwrap());
            }
        }
        // By each refund's own record: of two that meet, one may be missing from the list under `:refunds`.
        let mut refunded: BTreeMap<&str, i64> = BTreeMap::new();
        for record in
            records.values().filter(|record| record["operation"] == "refund" && record["decline"].is_null())
        {
            *refunded.entry(record["authorisation"].as_str().unwrap()).or_default() +=
                record["amount"].as_i64().unwrap();
        }
        let mut books: BTreeMap<String, Self> = BTreeMap::new();
        for (reference, record) in &records {
            let is_promise = record["operation"] == "authorise" && record["decline"].is_null();
            let Some(order) = record["order_id"].as_str().filter(|_| is_promise) else { continue };
            let order: OrderId = order.parse().unwrap();
            let amount = record["amount"].as_i64().unwrap();
            let books = books.entry(order.as_uuid().to_string()).or_default();
            match records.get(&format!("{reference}:settled")).map(|settled| &settled["operation"]) {
                None => books.promised += amount,
                Some(operation) if operation == "capture" => {
                    books.captures += 1;
                    books.captured += amount;
                }
                Some(_) => {}
            }
            books.refunded += refunded.get(&*format!("sandbox_{reference}")).copied().unwrap_or(0);
        }
        books
    }
}

/// All that is wrong between the provider's books and ours, when nothing is under way.
pub async fn provider_faults(database: &Client, views: &Store) -> Vec<String> {
    let ours = texts(
        database,
        "SELECT json_build_object(
             'id', payment_id, 'captured', view #> '{captured,amount}', 'refunded', view #> '{refunded,amount}'
         )::text FROM payment.payments",
    )
    .await;
    let mut theirs = ProviderBooks::of(views);
    let mut faults = Vec::new();
    for payment in ours {
        let payment: Value = serde_json::from_str(&payment).unwrap();
        let books = theirs.remove(payment["id"].as_str().unwrap()).unwrap_or_default();
        let agree = payment["captured"] == books.captured && payment["refunded"] == books.refunded;
        if !agree || books.captures > 1 || books.promised != 0 {
            faults.push(format!("by our books {payment}, by the provider's {books:?}"));
        }
    }
    faults.extend(
        theirs.iter().map(|(id, books)| format!("the provider has {books:?} of {id}, we have nothing")),
    );
    faults
}
