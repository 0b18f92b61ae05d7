//! The port `price-list` on Postgres, view `catalog.price_list`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::PriceList;

    wit_bindgen::generate!({
        inline: "
            package tradepost:price-list-postgres;

            world component {
                export tradepost:catalog/price-list@0.1.0;
            }
        ",
        path: "../../../wit/catalog",
        generate_all,
    });

    export!(PriceList);
}

use ports::exports::tradepost::catalog::price_list::{Guest, Price, PriceError};

/// May see prices and nothing else: this runs inside a component of another context.
const DATABASE: Database = Database::as_role("tradepost_catalog_reader");

struct PriceList;

impl Guest for PriceList {
    async fn prices(skus: Vec<String>) -> Result<Vec<Price>, PriceError> {
        rows_of(skus).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => PriceError::Unavailable(reason),
            failure => PriceError::Other(failure.to_string()),
        })
    }
}

async fn rows_of(skus: Vec<String>) -> Result<Vec<Price>, Failure> {
    if skus.is_empty() {
        return Ok(Vec::new());
    }
    let statement = "
        SELECT sku, name, unit_amount, currency
        FROM catalog.price_list
        WHERE sku = ANY ($1::text[])";
    let parameters = vec![Parameter::ArrayStr(skus.into_iter().map(Some).collect())];
    let rows = DATABASE.query(statement, parameters, Repeat::Safe).await?;
    rows.into_iter().map(price_of).collect()
}

fn price_of(mut row: Row) -> Result<Price, Failure> {
    Ok(Price { sku: row.take()?, name: row.take()?, unit_amount: row.take()?, currency: row.take()? })
}
