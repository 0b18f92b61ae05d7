//! The port `product-search` on Postgres: the functions `catalog.list_products` and `catalog.search_products`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};

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

/// The most products of a page.
const MOST_LIMIT: u32 = 100;

struct Search;

impl Guest for Search {
    async fn search(filter: Filter, start: Start, limit: u32) -> Result<Page, SearchError> {
        page_of(filter, start, limit.clamp(1, MOST_LIMIT)).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => SearchError::Unavailable(reason),
            failure => SearchError::Other(failure.to_string()),
        })
    }
}

async fn page_of(filter: Filter, start: Start, limit: u32) -> Result<Page, Failure> {
    let is_backwards = matches!(start, Start::Before(_));
    let (after, before) = match start {
        Start::Top => (None, None),
        Start::After(id) => (Some(id), None),
        Start::Before(id) => (None, Some(id)),
    };
    // One more than the page holds tells whether there is more.
    let wanted = i32::try_from(limit).unwrap_or(i32::MAX).saturating_add(1);
    let mut parameters = vec![
        filter.category.map_or(Parameter::DbNull, Parameter::Str),
        filter.active.map_or(Parameter::DbNull, Parameter::Boolean),
        after.map_or(Parameter::DbNull, Parameter::Uuid),
        before.map_or(Parameter::DbNull, Parameter::Uuid),
        Parameter::Int32(wanted),
    ];
    let statement = match filter.words {
        None => "SELECT * FROM catalog.list_products($1, $2, $3, $4, $5)",
        Some(words) => {
            parameters.push(Parameter::Str(words));
            "SELECT * FROM catalog.search_products($6, $1, $2, $3, $4, $5)"
        }
    };
    let mut rows = DATABASE.query(statement, parameters, Repeat::Safe).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let mut products = rows.into_iter().map(product_of).collect::<Result<Vec<_>, _>>()?;
    if is_backwards {
        // They came nearest first.
        products.reverse();
    }
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
