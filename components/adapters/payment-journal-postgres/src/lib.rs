//! The port `payment-journal` on Postgres: the functions `payment.append_one`, `append_all`, `load_all` and `take_due`.

mod entries;
mod streams;

use tradepost_kept_answer::{Claim, claim, find, kept_answer, of_port, parameters};
use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Journal;

    wit_bindgen::generate!({
        inline: "
            package tradepost:payment-journal-postgres;

            world component {
                export tradepost:payment/payment-journal@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
    });

    export!(Journal);
}

use ports::exports::tradepost::payment::payment_journal::{
    AppendError, Appended, Entry, EntryOutcome, Guest, IdempotencyScope, JournalError, KeptAnswer,
    PaymentStream, ReplayedAnswer,
};

const DATABASE: Database = Database::as_role("tradepost_payment");

struct Journal;

/// Every statement may be repeated: what the first run has written turns the second away as a conflict, after which the
/// caller loads the stream and finds it there.
impl Guest for Journal {
    async fn append(entry: Entry, answer: Option<KeptAnswer>) -> Result<Appended, AppendError> {
        let outcome = append(entry, answer).await;
        outcome.unwrap_or_else(|failure| match failure {
            Failure::Unavailable(reason) => Err(AppendError::Unavailable(reason)),
            failure => Err(AppendError::Other(failure.to_string())),
        })
    }

    async fn append_all(entries: Vec<Entry>) -> Result<Vec<EntryOutcome>, JournalError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        append_all(&entries).await.map_err(journal_error)
    }

    async fn find_answer(
        scope: IdempotencyScope,
        fingerprint: Vec<u8>,
    ) -> Result<Option<ReplayedAnswer>, JournalError> {
        let IdempotencyScope { principal, method, path, key } = scope;
        let found = find(DATABASE, "payment", [principal, method, path, key], fingerprint).await;
        found.map(|found| found.map(replayed)).map_err(journal_error)
    }

    async fn load_all(
        mut payment_ids: Vec<String>,
        with_recent: bool,
    ) -> Result<Vec<PaymentStream>, JournalError> {
        payment_ids.retain(|id| Uuid::try_parse(id).is_ok());
        if payment_ids.is_empty() {
            return Ok(Vec::new());
        }
        let statement = "
            SELECT payment_id, events::text, recent_email, recent_method
            FROM payment.load_all($1::text[]::uuid[], $2)";
        let ids = Parameter::ArrayStr(payment_ids.into_iter().map(Some).collect());
        streams(statement, vec![ids, Parameter::Boolean(with_recent)]).await
    }

    async fn take_due(at: i64, limit: u32) -> Result<Vec<PaymentStream>, JournalError> {
        let statement = "
            SELECT payment_id, events::text, recent_email, recent_method
            FROM payment.take_due($1, $2)";
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        streams(statement, vec![Parameter::Int64(at), Parameter::Int32(limit)]).await
    }
}

async fn append(entry: Entry, answer: Option<KeptAnswer>) -> Result<Result<Appended, AppendError>, Failure> {
    let statement = concat!(
        "SELECT outcome, version, status, location, body
         FROM payment.append_one($10::text::jsonb, ",
        kept_answer!(),
        ")"
    );
    let mut parameters = parameters(answer.map(|answer| of_port!(answer)));
    parameters.push(Parameter::Str(entries::one(&entry)?));
    let row = DATABASE.query_optional(statement, parameters, Repeat::Safe).await?;
    appended(row.ok_or_else(|| Failure::Other("no outcome".to_owned()))?)
}

fn appended(mut row: Row) -> Result<Result<Appended, AppendError>, Failure> {
    let outcome: String = row.take()?;
    let version: Option<i64> = row.take()?;
    match (claim(&outcome, &mut row)?, outcome.as_str()) {
        (Some(Claim::Replayed(answer)), _) => Ok(Ok(Appended::Replayed(replayed(answer)))),
        (Some(Claim::Reused), _) => Ok(Err(AppendError::KeyReused)),
        (None, "appended") => {
            let version = version.and_then(|version| u64::try_from(version).ok());
            let version = version.ok_or_else(|| Failure::Other("no version".to_owned()))?;
            Ok(Ok(Appended::AtVersion(version)))
        }
        (None, "version_conflict") => Ok(Err(AppendError::VersionConflict)),
        (None, other) => Err(Failure::Other(format!("unknown outcome {other}"))),
    }
}

async fn append_all(all: &[Entry]) -> Result<Vec<EntryOutcome>, Failure> {
    let statement = "SELECT outcome FROM payment.append_all($1::text::jsonb) ORDER BY ordinal";
    let parameters = vec![Parameter::Str(entries::many(all)?)];
    let rows = DATABASE.query(statement, parameters, Repeat::Safe).await?;
    if rows.len() != all.len() {
        return Err(Failure::Other(format!("{} outcomes for {} entries", rows.len(), all.len())));
    }
    rows.into_iter()
        .map(|mut row| match row.take::<String>()?.as_str() {
            "appended" => Ok(EntryOutcome::Appended),
            "version_conflict" => Ok(EntryOutcome::VersionConflict),
            other => Err(Failure::Other(format!("unknown outcome {other}"))),
        })
        .collect()
}

async fn streams(statement: &str, parameters: Vec<Parameter>) -> Result<Vec<PaymentStream>, JournalError> {
    let rows = DATABASE.query(statement, parameters, Repeat::Safe).await.map_err(journal_error)?;
    rows.into_iter().map(streams::of_row).collect::<Result<_, _>>().map_err(journal_error)
}

fn replayed(answer: tradepost_kept_answer::ReplayedAnswer) -> ReplayedAnswer {
    ReplayedAnswer { status: answer.status, location: answer.location, body: answer.body }
}

fn journal_error(failure: Failure) -> JournalError {
    match failure {
        Failure::Unavailable(reason) => JournalError::Unavailable(reason),
        failure => JournalError::Other(failure.to_string()),
    }
}
