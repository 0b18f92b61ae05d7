//! The port `api-key-search` on Postgres: the function `identity.list_api_keys`.

use tradepost_postgres::{Database, Failure, Repeat, Row, part_of};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Search;

    wit_bindgen::generate!({
        inline: "
            package tradepost:api-key-search-postgres;

            world component {
                export tradepost:identity/api-key-search@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Search);
}

use ports::exports::tradepost::identity::api_key_search::{ApiKey, Guest, Page, SearchError, Start};

/// May read and nothing else.
const DATABASE: Database = Database::as_role("tradepost_identity_reader");

struct Search;

impl Guest for Search {
    async fn list_keys(start: Start, limit: u32) -> Result<Page, SearchError> {
        page_of(start, limit).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => SearchError::Unavailable(reason),
            failure => SearchError::Other(failure.to_string()),
        })
    }
}

async fn page_of(start: Start, limit: u32) -> Result<Page, Failure> {
    let part = part_of!(start, limit);
    let statement = "SELECT * FROM identity.list_api_keys($1, $2, $3)";
    let rows = DATABASE.query(statement, part.parameters().to_vec(), Repeat::Safe).await?;
    let (api_keys, has_more) = part.items(rows, key_of)?;
    Ok(Page { api_keys, has_more })
}

fn key_of(mut row: Row) -> Result<ApiKey, Failure> {
    Ok(ApiKey {
        id: row.take()?,
        name: row.take()?,
        scopes: row.take()?,
        created_by: row.take()?,
        created_at: row.take()?,
    })
}
