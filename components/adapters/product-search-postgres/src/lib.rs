//! The port `product-search` on Postgres: the functions `catalog.list_products` and `catalog.search_products`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row, part_of};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Search;

    wit_bindgen::generate!({
        inline: "
            package tradepost:product-search-postgres;

            world component {
                export tradepost:catalog/product-search@0.1.0;
            }
        ",
        path: "../../../wit/catalog",
        generate_all,
    });

    export!(Search);
}

use ports::exports::tradepost::catalog::product_search::{
    Filter, Guest, Money, Page, Product, SearchError, Start,
};

/// May read and nothing else.
const DATABASE: Database = Database::as_role("tradepost_catalog_search");

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
    let mut parameters = vec![
        filter.category.map_or(Parameter::DbNull, Parameter::Str),
        filter.active.map_or(Parameter::DbNull, Parameter::Boolean),
    ];
    parameters.extend(part.parameters());
    let statement = match filter.words {
        None => "SELECT * FROM catalog.list_products($1, $2, $3, $4, $5)",
        Some(words) => {
            parameters.push(Parameter::Str(words));
            "SELECT * FROM catalog.search_products($6, $1, $2, $3, $4, $5)"
        }
    };
    let rows = DATABASE.query(statement, parameters, Repeat::Safe).await?;
    let (products, has_more) = part.items(rows, product_of)?;
    Ok(Page { products, has_more })
}

fn product_of(mut row: Row) -> Result<Product, Failure> {
    Ok(Product {
        id: row.take()?,
        sku: row.take()?,
        name: row.take()?,
        description: row.take()?,
        price: Money { amount: row.take()?, currency: row.take()? },
        categories: row.take()?,
        attributes: row.take()?,
        active: row.take()?,
        created_at: row.take()?,
        version: row
            .take::<i64>()?
            .try_into()
            .map_err(|_| Failure::Other("a version is not positive".to_owned()))?,
    })
}
