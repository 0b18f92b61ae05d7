//! What is answered: of each event, what became of it.

use serde::{Serialize, Serializer};

use crate::Outcome;

/// What became of one element of the batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The event's id, where one could be read.
    pub(crate) id: Option<String>,
    pub(crate) outcome: Outcome,
}

#[derive(Serialize)]
struct Body<'a> {
    results: &'a [Answer],
}

#[derive(Serialize)]
struct AnswerForm<'a> {
    id: Option<&'a str>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (outcome, error) = match &self.outcome {
            Outcome::Applied => ("applied", None),
            Outcome::Failed(error) => ("failed", Some(error.as_str())),
            Outcome::Rejected(error) => ("rejected", Some(error.as_str())),
            Outcome::Held => ("held", None),
            Outcome::Unavailable(error) => ("unavailable", Some(error.as_str())),
        };
        AnswerForm { id: self.id.as_deref(), outcome, error }.serialize(serializer)
    }
}

/// The status and the body of an answer. The status alone is enough for a broker that reads no more: it delivers
/// the whole batch again, and what was applied is applied no second time.
pub(crate) fn answer(results: &[Answer]) -> Result<(u16, Vec<u8>), serde_json::Error> {
    let all_applied = results.iter().all(|answer| answer.outcome == Outcome::Applied);
    Ok((if all_applied { 200 } else { 503 }, serde_json::to_vec(&Body { results })?))
}
