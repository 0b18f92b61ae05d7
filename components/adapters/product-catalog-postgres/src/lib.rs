//! The port `product-catalog` on Postgres, table `catalog.products`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat};
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
    CreationError, Guest, LookupError, Money, Product,
};

const DATABASE: Database = Database::as_role("tradepost_catalog");

struct Catalog;

impl Guest for Catalog {
    async fn create(product: Product) -> Result<(), CreationError> {
        // The attributes go as text: a `jsonb` parameter would be parsed by the host and then again by Postgres.
        let statement = "
            INSERT INTO catalog.products
                (id, sku, name, description, price_amount, price_currency, categories, attributes, active, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9,
                    timestamptz 'epoch' + $10::bigint * interval '1 microsecond')";
        let parameters = vec![
            Parameter::Uuid(product.id),
            Parameter::Str(product.sku),
            Parameter::Str(product.name),
            product.description.map_or(Parameter::DbNull, Parameter::Str),
            Parameter::Int64(product.price.amount),
            Parameter::Str(product.price.currency),
            Parameter::ArrayStr(product.categories.into_iter().map(Some).collect()),
            Parameter::Str(product.attributes),
            Parameter::Boolean(product.active),
            Parameter::Int64(product.created_at),
        ];
        match DATABASE.execute(statement, parameters, Repeat::Safe).await {
            Ok(_) => Ok(()),
            // The primary key is checked first. An id that is taken means that this product has been written
            // before: by this very call, whose first connection broke, or by an earlier one of the caller's.
            Err(Failure::Constraint { constraint, repeated: true, .. }) if constraint == "products_pkey" => {
                Ok(())
            }
            Err(Failure::Constraint { constraint, .. })
                if matches!(constraint.as_str(), "products_pkey" | "products_sku_key") =>
            {
                Err(CreationError::SkuTaken)
            }
            Err(Failure::Unavailable(reason)) => Err(CreationError::Unavailable(reason)),
            Err(failure) => Err(CreationError::Other(failure.to_string())),
        }
    }

    async fn find(id: String) -> Result<Option<Product>, LookupError> {
        if Uuid::try_parse(&id).is_err() {
            return Ok(None);
        }
        row_of(id).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => LookupError::Unavailable(reason),
            failure => LookupError::Other(failure.to_string()),
        })
    }
}

async fn row_of(id: String) -> Result<Option<Product>, Failure> {
    let statement = "
        SELECT id, sku, name, description, price_amount, price_currency, categories, attributes::text, active,
               (extract(epoch FROM created_at) * 1000000)::bigint
        FROM catalog.products
        WHERE id = $1";
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
    }))
}
