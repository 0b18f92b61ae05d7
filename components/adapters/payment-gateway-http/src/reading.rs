//! What an answer of the provider means.

use serde::Deserialize;

use crate::exchange::{Answer, Silence};
use crate::ports::exports::tradepost::payment::payment_gateway::{Decline, Finding, Outcome};

/// The longest code that the port allows, in characters.
const MOST_CODE_CHARS: usize = 64;

/// How much of what the provider says to a customer is passed on, in characters.
const MOST_MESSAGE_CHARS: usize = 300;

/// The longest name of ours or the provider's, in characters.
const MOST_ID_CHARS: usize = 128;

/// Something that was done.
#[derive(Deserialize)]
struct Done {
    id: String,
    status: String,
}

#[derive(Deserialize)]
struct Failed {
    error: Failure,
}

#[derive(Deserialize)]
struct Failure {
    code: String,
    /// More telling than the code, where there is one.
    decline_code: Option<String>,
    message: Option<String>,
}

/// What is known of an operation.
#[derive(Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Known {
    Succeeded { id: String },
    Declined { error: Failure },
    Pending,
}

/// What an operation came to, which is `done_as` when it was done.
pub(crate) fn outcome(answer: Result<Answer, Silence>, done_as: &str) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(silence) => return Outcome::Unknown(silence),
    };
    let odd = || Outcome::Unknown(oddity(&answer));
    match answer.status {
        200..300 => match serde_json::from_slice(&answer.body) {
            Ok(Done { id, status }) if status == done_as && is_id(&id) => Outcome::Approved(id),
            _ => odd(),
        },
        402 => match serde_json::from_slice(&answer.body) {
            Ok(Failed { error }) => Outcome::Declined(decline(error)),
            Err(_) => odd(),
        },
        _ => odd(),
    }
}

pub(crate) fn finding(answer: Result<Answer, Silence>) -> Finding {
    let answer = match answer {
        Ok(answer) => answer,
        Err(silence) => return Finding::Unknown(silence),
    };
    let odd = || Finding::Unknown(oddity(&answer));
    match answer.status {
        200 => match serde_json::from_slice(&answer.body) {
            Ok(Known::Succeeded { id }) if is_id(&id) => Finding::Approved(id),
            Ok(Known::Declined { error }) => Finding::Declined(decline(error)),
            Ok(Known::Pending) => Finding::Pending,
            _ => odd(),
        },
        // Anybody on the way can say 404; only the provider says this.
        404 => match serde_json::from_slice(&answer.body) {
            Ok(Failed { error }) if error.code == "operation_not_found" => Finding::Absent,
            _ => odd(),
        },
        _ => odd(),
    }
}

/// Whether it is a name that can stand in a path as it is.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=MOST_ID_CHARS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// Not what it says: whoever wrote it may have put anything there.
fn oddity(answer: &Answer) -> String {
    format!("the provider answered {} and {} bytes that decide nothing", answer.status, answer.body.len())
}

fn decline(failure: Failure) -> Decline {
    let code = failure.decline_code.filter(|code| !code.is_empty()).unwrap_or(failure.code);
    let code: String = code
        .chars()
        .take(MOST_CODE_CHARS)
        .map(|char| match char.to_ascii_lowercase() {
            lower @ ('a'..='z' | '0'..='9') => lower,
            _ => '_',
        })
        .collect();
    let message: String = failure
        .message
        .unwrap_or_default()
        .chars()
        .filter(|char| !char.is_control())
        .take(MOST_MESSAGE_CHARS)
        .collect();
    Decline {
        code: if code.is_empty() { "declined".to_owned() } else { code },
        message: if message.is_empty() { "The payment was declined".to_owned() } else { message },
    }
}
