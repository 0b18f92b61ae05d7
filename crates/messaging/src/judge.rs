//! What a reply means for a mailbox.

use crate::error_text::kept;
use crate::{Answer, Backoff, Placed, Reply, Turn};

/// How patient the relay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How often an event is tried before it is set aside.
    pub most_attempts: u32,
    /// How long to wait between tries.
    pub backoff: Backoff,
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Position of the last event that was taken, with all before it.
    pub through: Option<i64>,
    /// What happened to the next one, if there is one.
    pub failure: Option<Failure>,
}

/// Why an event was not taken, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// At most 1,000 characters, without NUL.
    pub error: String,
    /// What follows.
    pub consequence: Consequence,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Another try after so many milliseconds; this one counts.
    Retry(u32),
    /// Another try after so many milliseconds; this one does not count.
    RetryUncounted(u32),
    /// No other try: a dead letter.
    SetAside,
}

/// Why the first event that was not taken was not.
enum Reason {
    Tried(String),
    Hopeless(String),
    Away(String),
}

/// How `turn` ended, given what its delivery came to. `outages` is how often in a row the consumer was found away, this
/// time included; `chance` any number, evenly drawn.
pub fn judge<E: Placed>(
    turn: &Turn<E>,
    reply: &Reply,
    policy: Policy,
    outages: u32,
    chance: u64,
) -> Settlement {
    let (through, reason) = match reply {
        Reply::Answered(answers) => {
            let answer = |event: &E| answers.get(event.id());
            let taken = turn.events.iter().take_while(|event| answer(event) == Some(&Answer::Applied));
            let (count, through) =
                taken.fold((0, None), |(count, _), event| (count + 1, Some(event.position())));
            let Some(next) = turn.events.get(count) else { return Settlement { through, failure: None } };
            (through, reason(answer(next)))
        }
        Reply::Away(text) => (None, Reason::Away(text.clone())),
        Reply::Broken(text) | Reply::Late(text) => (None, Reason::Tried(text.clone())),
    };
    // Behind events that were taken, the one that failed had its first try.
    let attempts = if through.is_some() { 1 } else { turn.attempts };
    let (error, consequence) = match reason {
        Reason::Tried(error) if attempts >= policy.most_attempts => (error, Consequence::SetAside),
        Reason::Tried(error) => (error, Consequence::Retry(policy.backoff.after_failure(attempts, chance))),
        Reason::Hopeless(error) => (error, Consequence::SetAside),
        Reason::Away(error) => {
            (error, Consequence::RetryUncounted(policy.backoff.after_outage(outages, chance)))
        }
    };
    Settlement { through, failure: Some(Failure { error: kept(&error), consequence }) }
}

fn reason(answer: Option<&Answer>) -> Reason {
    match answer {
        Some(Answer::Failed(error)) => Reason::Tried(error.clone()),
        Some(Answer::Rejected(error)) => Reason::Hopeless(error.clone()),
        Some(Answer::Unavailable(error)) => Reason::Away(error.clone()),
        Some(Answer::Held) => {
            Reason::Tried("The consumer held it back, but took all that was before it".to_owned())
        }
        Some(Answer::Applied) | None => Reason::Tried("The consumer did not answer for it".to_owned()),
    }
}

/// How a turn ends whose event has been tried so often that it is not delivered once more, although none of the tries
/// came to an end.
pub fn used_up<E>(turn: &Turn<E>) -> Settlement {
    let tries = turn.attempts.saturating_sub(1);
    let error =
        format!("The relay or the consumer died with it in each of {tries} tries, or in the last of them");
    Settlement { through: None, failure: Some(Failure { error, consequence: Consequence::SetAside }) }
}

/// How a turn ends that was not delivered after all, because the lease would run out first.
pub fn given_back() -> Settlement {
    let error = "There was no time to deliver it".to_owned();
    Settlement {
        through: None,
        failure: Some(Failure { error, consequence: Consequence::RetryUncounted(0) }),
    }
}
