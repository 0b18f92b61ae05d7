//! What came back from a delivery.

use std::collections::HashMap;

use serde::Deserialize;

/// What a delivery came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The consumer answered for its events, by their ids.
    Answered(HashMap<String, Answer>),
    /// The consumer, or something that it needs, is not there: nobody's fault, and no try.
    Away(String),
    /// The delivery as a whole came to nothing: the consumer trapped, or answered what says nothing. Any one event of
    /// the batch may have done it.
    Broken(String),
    /// The consumer did not answer in time. Delivering each mailbox by itself at once would wait as long again for
    /// each, so they are tried again later, by themselves then.
    Late(String),
}

/// What the consumer says of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has taken effect.
    Applied,
    /// Try again.
    Failed(String),
    /// Do not try again.
    Rejected(String),
    /// Not tried, because of an earlier one.
    Held,
    /// Something that the consumer needs is down.
    Unavailable(String),
}

#[derive(Deserialize)]
struct Body {
    results: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    id: Option<String>,
    outcome: Outcome,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Applied,
    Failed,
    Rejected,
    Held,
    Unavailable,
}

impl Reply {
    /// The meaning of an HTTP answer. The body counts before the status: with results, whatever the status, each event
    /// has its answer. Without results 404, 429 and 503 say that nobody was there to try.
    pub fn of_http(status: u16, body: &[u8]) -> Self {
        if let Ok(body) = serde_json::from_slice::<Body>(body) {
            return Self::Answered(body.results.into_iter().filter_map(answer).collect());
        }
        let text = format!("The consumer answered {status} without results: {}", first_line(body));
        if matches!(status, 404 | 429 | 503) { Self::Away(text) } else { Self::Broken(text) }
    }
}

fn answer(line: Line) -> Option<(String, Answer)> {
    let error = line.error.unwrap_or_default();
    let answer = match line.outcome {
        Outcome::Applied => Answer::Applied,
        Outcome::Failed => Answer::Failed(error),
        Outcome::Rejected => Answer::Rejected(error),
        Outcome::Held => Answer::Held,
        Outcome::Unavailable => Answer::Unavailable(error),
    };
    Some((line.id?, answer))
}

/// As much of an answer as helps whoever reads the error.
fn first_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..body.len().min(4_096)).unwrap_or_default());
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}
