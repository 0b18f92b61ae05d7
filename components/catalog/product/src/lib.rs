//! `GET /products/:product_id`: one product.

use tradepost_catalog::Product;
use tradepost_endpoint::{Admitted, Reply, endpoint, open};
use tradepost_ids::ProductId;
use tradepost_money::Money;
use tradepost_problem::Problem;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:catalog-product;

            world component {
                import tradepost:catalog/product-catalog@0.1.0;
            }
        ",
        path: "../../../wit/catalog",
        generate_all,
    });
}

use ports::tradepost::catalog::product_catalog::{self, LookupError};

endpoint! {
    "/products/:product_id";
    GET (open()) => show,
}

async fn show(request: &Admitted) -> Result<Reply, Problem> {
    let id: ProductId =
        request.path_parameter("product_id").and_then(|id| id.parse().ok()).ok_or_else(product_not_found)?;
    let found = product_catalog::find(id.as_uuid().to_string()).await.map_err(|error| match error {
        LookupError::Unavailable(cause) => Problem::unavailable(cause),
        LookupError::Other(cause) => Problem::internal(cause),
    })?;
    let product = found.ok_or_else(product_not_found)?;

    Reply::ok(&Product {
        id: ProductId::from_uuid(Uuid::try_parse(&product.id).map_err(Problem::internal)?),
        sku: product.sku,
        name: product.name,
        description: product.description,
        price: Money::new(product.price.amount, product.price.currency.parse().map_err(Problem::internal)?),
        categories: product.categories,
        attributes: serde_json::from_str(&product.attributes)?,
        active: product.active,
        created_at: Timestamp::from_micros(product.created_at),
    })
}

/// A malformed id is the id of nothing.
fn product_not_found() -> Problem {
    Problem::not_found("Product not found")
}
