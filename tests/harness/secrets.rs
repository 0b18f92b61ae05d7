//! What must never be seen: in no log line, in no error's body and headers, in no metric of any test.
//!
//! Every log line of a test process and every refusal that a test gets is searched for every secret in play. A new
//! secret that is always the same is one line of [`ALWAYS`]; one that a test makes or is given is told to [`watch`].

use crate::application::{ADMIN_KEY, LOGIN_PASSWORD};
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter, Layer, SubscriberExt as _};

/// Secrets that are the same in every test, and what they are.
const ALWAYS: &[(&str, &str)] = &[
    ("the operator's key", ADMIN_KEY),
    ("the components' database password", LOGIN_PASSWORD),
    ("what payment providers sign their notices with", "whsec_of_the_tests"),
    ("what requests to the provider are signed with", "whsec_conformance"),
    ("the payment provider's key", "sk_conformance"),
    ("a token that pays", "tok_ok"),
    ("a token that is declined", "tok_declined"),
];

/// Secrets of which somebody told.
static TOLD: Mutex<Vec<(&str, String)>> = Mutex::new(Vec::new());

/// What was found in the log.
static FOUND: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Has all that comes after searched for this too.
pub fn watch(what: &'static str, secret: &str) {
    // A short one would be found everywhere.
    assert!(secret.len() >= 6, "{what} is no secret");
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if !told.iter().any(|(_, known)| known == secret) {
        told.push((what, secret.to_owned()));
    }
}

/// The first secret in `text`, by what it is.
pub(crate) fn secret_in(text: &str) -> Option<&'static str> {
    let always = ALWAYS.iter().find(|(_, secret)| text.contains(secret)).map(|(what, _)| *what);
    always.or_else(|| {
        let told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        told.iter().find(|(_, secret)| text.contains(secret)).map(|(what, _)| *what)
    })
}

/// Fails the test if the log has shown a secret, whichever test's it was.
#[track_caller]
pub(crate) fn check_log() {
    let found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(found.is_empty(), "the log shows {found:?}");
}

/// Begins to read along, once a process.
pub(crate) fn read_the_log() {
    static READING: OnceLock<()> = OnceLock::new();
    READING.get_or_init(|| {
        let found = |line: String| FOUND.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        let reader = Reader { found }.with_filter(WhatOperatorsSee);
        // A test process that logs by itself keeps its own, and is none that is looked at here.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(reader));
    });
}

/// All that the host says, down to its finest, and of others what the host's default shows.
struct WhatOperatorsSee;

impl<S> Filter<S> for WhatOperatorsSee {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        metadata.target().starts_with("tradepost") || *metadata.level() <= tracing::Level::WARN
    }
}

/// Looks for secrets in each line, and keeps what it found.
struct Reader<F> {
    found: F,
}

impl<S: Subscriber, F: Fn(String) + 'static> Layer<S> for Reader<F> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        if let Some(what) = secret_in(&line.0) {
            (self.found)(format!("{what} in {:?}", line.0));
        }
    }
}

/// The fields of an event, one after the other.
struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        use fmt::Write as _;
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, secret_in, watch};
    use crate::application::ADMIN_KEY;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::layer::SubscriberExt as _;

    #[test]
    fn a_secret_is_found_wherever_it_stands_in_a_line() {
        watch("a secret of this test", "a-secret-of-this-test");
        let found = Arc::new(Mutex::new(Vec::new()));
        let keep = found.clone();
        let reader = Reader { found: move |line| keep.lock().unwrap().push(line) };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(reader), || {
            tracing::info!("nothing to see");
            tracing::info!("the key is {ADMIN_KEY}!");
            tracing::debug!(header = "Bearer a-secret-of-this-test", "a field");
            tracing::trace!(error = ?Err::<(), _>(format!("postgres://x:{ADMIN_KEY}@y")), "an error");
        });
        assert_eq!(found.lock().unwrap().len(), 3, "{found:?}");
        assert_eq!(secret_in("nothing"), None);
    }
}
