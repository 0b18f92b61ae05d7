//! What the provider says. Members that nobody here knows are its own affair.

use serde::Deserialize;
use serde_json::Value;
use tradepost_ids::{OrderId, PaymentId};
use tradepost_payment::{Answer, Named};
use tradepost_problem::{Code, Problem};

/// The longest name of the provider's, in characters.
const MOST_ID_CHARS: usize = 128;

/// An operation of ours, and what became of it.
pub(crate) struct Notice {
    pub(crate) payment: PaymentId,
    pub(crate) named: Named,
    pub(crate) answer: Answer,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    notice_type: String,
    data: Value,
}

#[derive(Deserialize)]
struct Operation {
    /// Ours.
    reference: String,
    order_id: OrderId,
}

#[derive(Deserialize)]
struct Succeeded {
    /// The provider's name for it.
    id: String,
}

#[derive(Deserialize)]
struct Declined {
    error: Failure,
}

#[derive(Deserialize)]
struct Failure {
    code: String,
    decline_code: Option<String>,
}

impl Notice {
    /// Reads a notice; `None` when it is about nothing of ours. What does not have the documented form is 400.
    pub(crate) fn read(body: &Value) -> Result<Option<Self>, Problem> {
        let envelope: Envelope = read(body)?;
        let answer = match envelope.notice_type.as_str() {
            "operation.succeeded" => {
                let Succeeded { id } = read(&envelope.data)?;
                let is_id = (1..=MOST_ID_CHARS).contains(&id.len())
                    && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
                if !is_id {
                    return Err(malformed("the id is none"));
                }
                Answer::Approved(id)
            }
            "operation.declined" => {
                let Declined { error } = read(&envelope.data)?;
                let code = error.decline_code.unwrap_or(error.code);
                let is_code = (1..=64).contains(&code.len())
                    && code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
                if !is_code {
                    return Err(malformed("the code is none"));
                }
                Answer::Declined { code }
            }
            _ => return Ok(None),
        };
        let Operation { reference, order_id } = read(&envelope.data)?;
        let payment = PaymentId::from_uuid(*order_id.as_uuid());
        Ok(match Named::of(&reference) {
            Some(Named::Attempt { payment: other, .. }) if other != payment => None,
            named => named.map(|named| Self { payment, named, answer }),
        })
    }
}

fn read<'de, T: Deserialize<'de>>(value: &'de Value) -> Result<T, Problem> {
    T::deserialize(value).map_err(malformed)
}

fn malformed(fault: impl std::fmt::Display) -> Problem {
    Problem::new(Code::MalformedRequest, format!("The notice cannot be read: {fault}"))
}
