//! What a client wants given back, and by which id that is known however often it is asked for.

use serde_json::Value;
use sha2::{Digest, Sha256};
use tradepost_ids::RefundId;
use tradepost_input::{Faulted, Faults, Field, Invalid, code};
use tradepost_money::{Currency, Money};
use uuid::{Builder, Uuid};

/// What a client wants given back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefundRequest {
    /// How much; all that is left, if it is not said.
    #[cfg_attr(feature = "schema", schemars(schema_with = "amount_schema", default))]
    pub amount: Option<Money>,
}

impl RefundRequest {
    /// Reads `{amount?: {amount, currency}}`, and tells every fault.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        tradepost_input::read(body, |request| Ok(Self { amount: request.optional("amount", read_amount)? }))
    }
}

#[cfg(feature = "schema")]
fn amount_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": ["object", "null"],
        "required": ["amount", "currency"],
        "properties": {
            "amount": { "type": "integer", "minimum": 1, "maximum": i64::MAX },
            "currency": { "type": "string", "enum": Currency::codes() },
        },
        "additionalProperties": false,
    })
}

fn read_amount(field: Field<'_>) -> Result<Money, Faulted> {
    field.object(|money| {
        let amount = money.required("amount", |amount| amount.integer_in(1..=i64::MAX));
        let currency = money.required("currency", |currency| {
            currency.parse_with(|code| {
                code.parse::<Currency>()
                    .map_err(|error| Invalid::new(code::INVALID, format!("Currency {error}")))
            })
        });
        Ok(Money::new(amount?, currency?))
    })
}

/// The id of the refund that is asked for under an idempotency key. `scope` is what the key counts in (principal, method,
/// path) and the key; `fingerprint` stands for the request's body.
///
/// It follows from what is asked, so whoever asks again after a crash finds the refund and not a second one. One half is
/// the scope's and the other the body's: see [`is_under_one_key`].
pub fn refund_asked_for(scope: [&str; 4], fingerprint: &[u8]) -> RefundId {
    let mut scope_digest = Sha256::new();
    for part in scope {
        // With its length, so that no two scopes run into the same bytes.
        scope_digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        scope_digest.update(part);
    }
    let halves = scope_digest.finalize().into_iter().take(8).chain(Sha256::digest(fingerprint));
    let mut bytes = [0; 16];
    for (byte, half) in bytes.iter_mut().zip(halves) {
        *byte = half;
    }
    // Version 8 (RFC 9562): no other refund has one.
    RefundId::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
}

/// Whether both refunds were asked for under the same idempotency key, with the same body or with another.
pub fn is_under_one_key(one: RefundId, other: RefundId) -> bool {
    fn scope(uuid: &Uuid) -> Option<u64> {
        (uuid.get_version_num() == 8).then(|| uuid.as_u64_pair().0)
    }
    scope(one.as_uuid()).is_some() && scope(one.as_uuid()) == scope(other.as_uuid())
}
