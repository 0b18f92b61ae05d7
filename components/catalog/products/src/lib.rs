//! `POST /products`: something goes on sale. `GET /products`: what is, newest first or best match first.

use tradepost_catalog::{Category, created};
use tradepost_catalog::{NewProduct, Product, SearchText};
use tradepost_endpoint::{Admitted, Page, Reply, Scope, endpoint, now, open, staff};
use tradepost_ids::ProductId;
use tradepost_input::{Field, Invalid, code};
use tradepost_money::Money;
use tradepost_problem::Problem;
use tradepost_product_catalog as catalog;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:catalog-products;

            world component {
                import tradepost:catalog/product-search@0.1.0;
            }
        ",
        path: "../../../wit/catalog",
        generate_all,
    });
}

use ports::tradepost::catalog::product_search::{self as search, Filter, SearchError, Start};

endpoint! {
    "/products";
    POST (staff(Scope::CatalogWrite).after_key_value()) => create,
    GET (open().query(&["limit", "starting_after", "ending_before", "q", "category", "active"])) => list,
}

async fn create(request: &Admitted) -> Result<Reply, Problem> {
    let body = request.json()?;
    let idempotency = request.idempotency(&body)?;
    let product = NewProduct::read(&body)?;
    catalog::create(request, created(catalog::fresh_id(), product, now()), idempotency).await
}

async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let (page, filter) = request.query(|query| {
        let page = Page::<ProductId>::read(query);
        let words = query.optional("q", Field::parse::<SearchText>);
        let category = query.optional("category", Field::parse::<Category>);
        let active = query.optional("active", |active| active.parse_with(read_truth));
        let filter = Filter {
            words: words?.map(SearchText::into_string),
            category: category?.map(Category::into_string),
            active: active?,
        };
        Ok((page?, filter))
    })?;
    let start = match (page.starting_after(), page.ending_before()) {
        (Some(id), _) => Start::After(id.as_uuid().to_string()),
        (None, Some(id)) => Start::Before(id.as_uuid().to_string()),
        (None, None) => Start::Top,
    };
    let found = search::search(filter, start, page.limit()).await.map_err(|error| match error {
        SearchError::Unavailable(cause) => Problem::unavailable(cause),
        SearchError::Other(cause) => Problem::internal(cause),
    })?;
    let products = found.products.into_iter().map(product_of).collect::<Result<Vec<_>, _>>()?;
    Reply::list(request, &page, &products, found.has_more)
}

fn read_truth(text: &str) -> Result<bool, Invalid> {
    text.parse().map_err(|_| Invalid::new(code::INVALID, "`active` must be true or false"))
}

fn product_of(product: search::Product) -> Result<(ProductId, Product), Problem> {
    let id = ProductId::from_uuid(Uuid::try_parse(&product.id).map_err(Problem::internal)?);
    let product = Product {
        id,
        sku: product.sku,
        name: product.name,
        description: product.description,
        price: Money::new(product.price.amount, product.price.currency.parse().map_err(Problem::internal)?),
        categories: product.categories,
        attributes: serde_json::from_str(&product.attributes)?,
        active: product.active,
        created_at: Timestamp::from_micros(product.created_at),
        version: product.version,
    };
    Ok((id, product))
}
