//! The port `product-catalog` on Postgres: the functions `catalog.write_product` and `catalog.add_products`, and the
//! table `catalog.products`.

mod parameter;

use parameter::{AdditionParameter, EventParameter, ProductParameter};
use tradepost_ids::ProductId;
use tradepost_kept_answer::{Claim, claim, find, kept_answer, of_port, parameters};
use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Catalog;

    wit_bindgen::generate!({
        inline: "
            package tradepost:product-catalog-postgres;

            world component {
                export tradepost:catalog/product-catalog@0.1.0;
            }
        ",
        path: "../../../wit/catalog",
        generate_all,
    });

    export!(Catalog);
}

use ports::exports::tradepost::catalog::product_catalog::{
    Added, Addition, Entry, Guest, IdempotencyScope, LookupError, Money, Product, ReplayedAnswer, WriteError,
    Written,
};

const DATABASE: Database = Database::as_role("tradepost_catalog");

/// From here an entry's events, at most 100, can be counted without leaving `bigint`.
const MOST_EXPECTED_VERSION: i64 = i64::MAX - 100;

struct Catalog;

impl Guest for Catalog {
    async fn write(entry: Entry) -> Result<Written, WriteError> {
        // A creation knows its own first run by the product's id, and a write under a key finds the first one's
        // answer. An edit without a key would find its own events and call that a conflict.
        let repeat =
            if entry.expected_version == 0 || entry.answer.is_some() { Repeat::Safe } else { Repeat::Never };
        let statement = concat!(
            "SELECT outcome, status, location, body
             FROM catalog.write_product($10::text::jsonb, $11, $12, $13, $14::text::jsonb, $15, ",
            kept_answer!(),
            ")"
        );
        let row = match parameters_of(entry) {
            Ok(parameters) => DATABASE.query_optional(statement, parameters, repeat).await,
            Err(failure) => Err(failure),
        };
        let outcome =
            row.and_then(|row| outcome_of(row.ok_or_else(|| Failure::Other("no outcome".to_owned()))?));
        outcome.unwrap_or_else(|failure| match failure {
            Failure::Unavailable(reason) => Err(WriteError::Unavailable(reason)),
            failure => Err(WriteError::Other(failure.to_string())),
        })
    }

    async fn add_all(
        additions: Vec<Addition>,
        traceparent: Option<String>,
    ) -> Result<Vec<Added>, LookupError> {
        added(additions, traceparent).await.map_err(lookup_error)
    }

    async fn find_answer(
        scope: IdempotencyScope,
        fingerprint: Vec<u8>,
    ) -> Result<Option<ReplayedAnswer>, LookupError> {
        answer_under(scope, fingerprint).await.map_err(lookup_error)
    }

    async fn find(id: String) -> Result<Option<Product>, LookupError> {
        if Uuid::try_parse(&id).is_err() {
            return Ok(None);
        }
        row_of(id).await.map_err(lookup_error)
    }
}

fn lookup_error(failure: Failure) -> LookupError {
    match failure {
        Failure::Unavailable(reason) => LookupError::Unavailable(reason),
        failure => LookupError::Other(failure.to_string()),
    }
}

fn parameters_of(entry: Entry) -> Result<Vec<Parameter>, Failure> {
    let events = entry.events.iter().map(EventParameter::of).collect::<Result<Vec<_>, _>>().map_err(other)?;
    // No product has had so many events, so a version beyond which Postgres cannot count is in conflict like any other.
    let expected_version =
        i64::try_from(entry.expected_version).unwrap_or(i64::MAX).min(MOST_EXPECTED_VERSION);
    let product = ProductParameter::of(&entry.product).map_err(other)?;
    let mut parameters = parameters(entry.answer.map(|answer| of_port!(answer)));
    parameters.extend([
        Parameter::Str(serde_json::to_string(&product).map_err(other)?),
        Parameter::Str(subject_of(&entry.product)?),
        Parameter::Int64(expected_version),
        Parameter::Boolean(entry.archived),
        Parameter::Str(serde_json::to_string(&events).map_err(other)?),
        entry.traceparent.map_or(Parameter::DbNull, Parameter::Str),
    ]);
    Ok(parameters)
}

/// The product as other contexts know it.
fn subject_of(product: &Product) -> Result<String, Failure> {
    Ok(ProductId::from_uuid(Uuid::try_parse(&product.id).map_err(other)?).to_string())
}

fn outcome_of(mut row: Row) -> Result<Result<Written, WriteError>, Failure> {
    let outcome: String = row.take()?;
    match (claim(&outcome, &mut row)?, outcome.as_str()) {
        (Some(Claim::Replayed(answer)), _) => Ok(Ok(Written::Replayed(ReplayedAnswer {
            status: answer.status,
            location: answer.location,
            body: answer.body,
        }))),
        (Some(Claim::Reused), _) => Ok(Err(WriteError::KeyReused)),
        (None, "written") => Ok(Ok(Written::Done)),
        (None, "sku_taken") => Ok(Err(WriteError::SkuTaken)),
        (None, "version_conflict") => Ok(Err(WriteError::VersionConflict)),
        (None, unknown) => Err(Failure::Other(format!("unknown outcome {unknown}"))),
    }
}

async fn added(additions: Vec<Addition>, traceparent: Option<String>) -> Result<Vec<Added>, Failure> {
    let statement = "SELECT outcome, id FROM catalog.add_products($1::text::jsonb, $2)";
    let rows: Vec<AdditionParameter<'_>> = additions
        .iter()
        .map(|addition| {
            Ok(AdditionParameter {
                product: ProductParameter::of(&addition.product).map_err(other)?,
                subject: subject_of(&addition.product)?,
                event: EventParameter::of(&addition.event).map_err(other)?,
            })
        })
        .collect::<Result<_, Failure>>()?;
    let parameters = vec![
        Parameter::Str(serde_json::to_string(&rows).map_err(other)?),
        traceparent.map_or(Parameter::DbNull, Parameter::Str),
    ];
    // A second run finds what the first one created by its id.
    let outcomes = DATABASE.query(statement, parameters, Repeat::Safe).await?;
    if outcomes.len() != additions.len() {
        return Err(Failure::Other(format!("{} outcomes of {} additions", outcomes.len(), additions.len())));
    }
    outcomes.into_iter().map(added_of).collect()
}

fn added_of(mut row: Row) -> Result<Added, Failure> {
    let outcome: String = row.take()?;
    match outcome.as_str() {
        "created" => Ok(Added::Created),
        "unchanged" => Ok(Added::Unchanged(row.take()?)),
        "sku_taken" => Ok(Added::SkuTaken),
        unknown => Err(Failure::Other(format!("unknown outcome {unknown}"))),
    }
}

async fn answer_under(
    scope: IdempotencyScope,
    fingerprint: Vec<u8>,
) -> Result<Option<ReplayedAnswer>, Failure> {
    let IdempotencyScope { principal, method, path, key } = scope;
    let answer = find(DATABASE, "catalog", [principal, method, path, key], fingerprint).await?;
    Ok(answer.map(|answer| ReplayedAnswer {
        status: answer.status,
        location: answer.location,
        body: answer.body,
    }))
}

async fn row_of(id: String) -> Result<Option<Product>, Failure> {
    let statement = "
        SELECT id, sku, name, description, price_amount, price_currency, categories, attributes::text, active,
               (extract(epoch FROM created_at) * 1000000)::bigint, version
        FROM catalog.products
        WHERE id = $1 AND archived_at IS NULL";
    let Some(mut row) = DATABASE.query_optional(statement, vec![Parameter::Uuid(id)], Repeat::Safe).await?
    else {
        return Ok(None);
    };
    Ok(Some(Product {
        id: row.take()?,
        sku: row.take()?,
        name: row.take()?,
        description: row.take()?,
        price: Money { amount: row.take()?, currency: row.take()? },
        categories: row.take()?,
        attributes: row.take()?,
        active: row.take()?,
        created_at: row.take()?,
        version: row.take::<i64>()?.try_into().map_err(other)?,
    }))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn other(error: impl ToString) -> Failure {
    Failure::Other(error.to_string())
}
