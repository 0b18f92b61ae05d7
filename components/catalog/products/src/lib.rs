//! `POST /products`: something goes on sale.

use tradepost_catalog::NewProduct;
use tradepost_endpoint::{Admitted, Reply, admin, endpoint, fresh_uuid, now};
use tradepost_ids::ProductId;
use tradepost_problem::{Code, Problem};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:catalog-products;

            world component {
                import tradepost:catalog/product-catalog@0.1.0;
            }
        ",
        path: "../../../wit/catalog",
        generate_all,
    });
}

use ports::tradepost::catalog::product_catalog::{self, CreationError, Money};

endpoint! {
    "/products";
    POST (admin()) => create,
}

async fn create(request: &Admitted) -> Result<Reply, Problem> {
    let product = NewProduct::read(&request.json()?)?.created(ProductId::from_uuid(fresh_uuid()), now());

    let entry = product_catalog::Product {
        id: product.id.as_uuid().to_string(),
        sku: product.sku.clone(),
        name: product.name.clone(),
        description: product.description.clone(),
        price: Money { amount: product.price.amount(), currency: product.price.currency().to_string() },
        categories: product.categories.clone(),
        attributes: serde_json::to_string(&product.attributes)?,
        active: product.active,
        created_at: product.created_at.as_micros(),
    };
    product_catalog::create(entry).await.map_err(|error| match error {
        CreationError::SkuTaken => {
            Problem::new(Code::SkuTaken, format!("There is a product with the SKU {} already", product.sku))
        }
        CreationError::Unavailable(cause) => Problem::unavailable(cause),
        CreationError::Other(cause) => Problem::internal(cause),
    })?;

    Reply::created(format!("/products/{}", product.id), &product)
}
