//! Writing down what was decided.

use tradepost_chance::now;

use crate::ports::journal::{
    self, AppendError, Appended, Entry, EntryOutcome, IdempotencyScope, JournalError, KeptAnswer,
    ReplayedAnswer,
};
use crate::{Case, Failure};

/// Why one payment was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppendFailure {
    /// Somebody else was faster: load it again and decide again.
    Conflict,
    /// The idempotency key was used before with another fingerprint.
    KeyReused,
    /// Nothing is known.
    Failed(Failure),
}

/// Writes one payment, and an answer under an idempotency key if there is one. Tells the relay.
///
/// A case in which nothing is new must not be written; without an answer that is nothing to do, with one it is the
/// caller's mistake, and the journal refuses it.
pub async fn append(case: &mut Case, answer: Option<KeptAnswer>) -> Result<Appended, AppendFailure> {
    let appended = journal::append(case.entry(now()), answer).await.map_err(failure)?;
    if let Appended::AtVersion(_) = appended {
        case.written();
        tradepost_relay_kick::after_response();
    }
    Ok(appended)
}

fn failure(error: AppendError) -> AppendFailure {
    match error {
        AppendError::VersionConflict => AppendFailure::Conflict,
        AppendError::KeyReused => AppendFailure::KeyReused,
        AppendError::Unavailable(cause) => AppendFailure::Failed(Failure::Unavailable(cause)),
        AppendError::Other(cause) => AppendFailure::Failed(Failure::Other(cause)),
    }
}

/// Writes all payments in which something is new, in one statement. Those that somebody else was faster at keep what was
/// decided unwritten; `true` for each of them, in order. The relay is not told: it is who called, or is called next.
pub async fn append_all(cases: &mut [Case]) -> Result<Vec<bool>, Failure> {
    let now = now();
    let entries: Vec<Entry> =
        cases.iter().filter(|case| case.has_news()).map(|case| case.entry(now)).collect();
    if entries.is_empty() {
        return Ok(vec![false; cases.len()]);
    }
    let mut outcomes = journal::append_all(entries).await?.into_iter();
    let mut lost = Vec::with_capacity(cases.len());
    for case in cases {
        if !case.has_news() {
            lost.push(false);
            continue;
        }
        let written = outcomes.next() == Some(EntryOutcome::Appended);
        if written {
            case.written();
        }
        lost.push(!written);
    }
    Ok(lost)
}

/// The answer that is kept under an idempotency key for this fingerprint.
pub async fn find_answer(
    scope: IdempotencyScope,
    fingerprint: Vec<u8>,
) -> Result<Option<ReplayedAnswer>, Failure> {
    journal::find_answer(scope, fingerprint).await.map_err(|error: JournalError| error.into())
}
