//! The port `user-search` on Postgres: the function `identity.list_users`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row, part_of};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Search;

    wit_bindgen::generate!({
        inline: "
            package tradepost:user-search-postgres;

            world component {
                export tradepost:identity/user-search@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Search);
}

use ports::exports::tradepost::identity::user_search::{Filter, Guest, Page, SearchError, Start, User};

/// May read and nothing else.
const DATABASE: Database = Database::as_role("tradepost_identity_reader");

struct Search;

impl Guest for Search {
    async fn search(filter: Filter, start: Start, limit: u32) -> Result<Page, SearchError> {
        page_of(filter, start, limit).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => SearchError::Unavailable(reason),
            failure => SearchError::Other(failure.to_string()),
        })
    }
}

async fn page_of(filter: Filter, start: Start, limit: u32) -> Result<Page, Failure> {
    let part = part_of!(start, limit);
    let statement = "SELECT * FROM identity.list_users($1, $2, $3, $4, $5)";
    let text = |text: Option<String>| text.map_or(Parameter::DbNull, Parameter::Str);
    let mut parameters = vec![text(filter.words), text(filter.email_key)];
    parameters.extend(part.parameters());
    let rows = DATABASE.query(statement, parameters, Repeat::Safe).await?;
    let (users, has_more) = part.items(rows, user_of)?;
    Ok(Page { users, has_more })
}

fn user_of(mut row: Row) -> Result<User, Failure> {
    Ok(User {
        id: row.take()?,
        name: row.take()?,
        email: row.take()?,
        created_at: row.take()?,
        verified_at: row.take()?,
        scopes: row.take()?,
        version: row
            .take::<i64>()?
            .try_into()
            .map_err(|_| Failure::Other("a version is not positive".to_owned()))?,
    })
}
