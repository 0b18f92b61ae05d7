//! The port `api-keys` on Postgres: the functions `identity.create_api_key` and `identity.revoke_api_key`.

use serde::Serialize;
use tradepost_ids::KeyId;
use tradepost_kept_answer::{Claim, claim, kept_answer, of_port, parameters};
use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Keys;

    wit_bindgen::generate!({
        inline: "
            package tradepost:api-keys-postgres;

            world component {
                export tradepost:identity/api-keys@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Keys);
}

use ports::exports::tradepost::identity::api_keys::{
    ApiKey, Created, Creation, CreationError, Guest, ReplayedAnswer, Revocation, RevocationError, Revoked,
};

const DATABASE: Database = Database::as_role("tradepost_identity");

struct Keys;

impl Guest for Keys {
    async fn create(creation: Creation) -> Result<Created, CreationError> {
        let statement = concat!(
            "SELECT outcome, status, location, body
             FROM identity.create_api_key($10::text::jsonb, $11, $12, ",
            kept_answer!(),
            ")"
        );
        let row = match parameters_of(creation) {
            // A second run finds the key that the first one made by its id.
            Ok(parameters) => DATABASE.query_optional(statement, parameters, Repeat::Safe).await,
            Err(failure) => Err(failure),
        };
        let outcome =
            row.and_then(|row| outcome_of(row.ok_or_else(|| Failure::Other("no outcome".to_owned()))?));
        outcome.unwrap_or_else(|failure| match failure {
            Failure::Unavailable(reason) => Err(CreationError::Unavailable(reason)),
            failure => Err(CreationError::Other(failure.to_string())),
        })
    }

    async fn revoke(revocation: Revocation) -> Result<Option<Revoked>, RevocationError> {
        if Uuid::try_parse(&revocation.id).is_err() {
            return Ok(None);
        }
        revoked(revocation).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => RevocationError::Unavailable(reason),
            failure => RevocationError::Other(failure.to_string()),
        })
    }
}

/// A key as the function takes it.
#[derive(Serialize)]
struct KeyParameter<'a> {
    id: &'a str,
    subject: String,
    name: &'a str,
    digest: String,
    scopes: &'a str,
    owner: Option<&'a str>,
    created_by: &'a str,
    created_at: i64,
}

impl<'a> KeyParameter<'a> {
    fn of(key: &'a ApiKey) -> Result<Self, Failure> {
        let digest = hex::encode(&key.digest);
        Ok(Self {
            id: &key.id,
            subject: KeyId::from_uuid(Uuid::try_parse(&key.id).map_err(other)?).to_string(),
            name: &key.name,
            digest,
            scopes: &key.scopes,
            owner: key.owner.as_deref(),
            created_by: &key.created_by,
            created_at: key.created_at,
        })
    }
}

fn parameters_of(creation: Creation) -> Result<Vec<Parameter>, Failure> {
    let key = KeyParameter::of(&creation.api_key)?;
    let mut parameters = parameters(creation.answer.map(|answer| of_port!(answer)));
    parameters.extend([
        Parameter::Str(serde_json::to_string(&key).map_err(other)?),
        Parameter::Uuid(creation.event_id),
        creation.traceparent.map_or(Parameter::DbNull, Parameter::Str),
    ]);
    Ok(parameters)
}

fn outcome_of(mut row: Row) -> Result<Result<Created, CreationError>, Failure> {
    let outcome: String = row.take()?;
    match (claim(&outcome, &mut row)?, outcome.as_str()) {
        (Some(Claim::Replayed(answer)), _) => Ok(Ok(Created::Replayed(ReplayedAnswer {
            status: answer.status,
            location: answer.location,
            body: answer.body,
        }))),
        (Some(Claim::Reused), _) => Ok(Err(CreationError::KeyReused)),
        (None, "created") => Ok(Ok(Created::Done)),
        (None, "not_owned") => Ok(Err(CreationError::NotOwned)),
        (None, unknown) => Err(Failure::Other(format!("unknown outcome {unknown}"))),
    }
}

async fn revoked(revocation: Revocation) -> Result<Option<Revoked>, Failure> {
    let statement = "SELECT digest, scopes FROM identity.revoke_api_key($1, $2, $3, $4)";
    let parameters = vec![
        Parameter::Uuid(revocation.id),
        Parameter::Uuid(revocation.event_id),
        Parameter::Int64(revocation.occurred_at),
        revocation.traceparent.map_or(Parameter::DbNull, Parameter::Str),
    ];
    // A second run would find that there is nothing to revoke, and could not say why.
    let Some(mut row) = DATABASE.query_optional(statement, parameters, Repeat::Never).await? else {
        return Ok(None);
    };
    Ok(Some(Revoked { digest: row.take()?, scopes: row.take()? }))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn other(error: impl ToString) -> Failure {
    Failure::Other(error.to_string())
}
