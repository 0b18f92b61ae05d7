//! `GET /products/:product_id`: one product, from its view. `PATCH`: an edit. `DELETE`: off sale for good.

use tradepost_catalog::{Changes, Command, Product, ProductEvent, Standing, decide};
use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, now, open, staff};
use tradepost_ids::ProductId;
use tradepost_problem::{Code, Problem};
use tradepost_product_catalog::{self as catalog, Outcome};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:catalog-product;

            world component {
                import tradepost:catalog/product-views@0.1.0;
            }
        ",
        path: "../../../wit/catalog",
        generate_all,
    });
}

use ports::tradepost::catalog::product_views::{self as views, ViewError};

endpoint! {
    "/products/:product_id";
    GET (open().after_key_value()) => show,
    PATCH (staff(Scope::CatalogWrite).media_type("application/merge-patch+json").after_key_value()) => change,
    DELETE (staff(Scope::CatalogWrite).after_key_value()) => archive,
}

/// How often an edit of whatever is there (`If-Match: *`) is tried when others keep editing at the same time.
const MOST_ATTEMPTS: u32 = 5;

async fn show(request: &Admitted) -> Result<Reply, Problem> {
    let id = id_in(request)?;
    let view = views::get(id.as_uuid().to_string()).await.map_err(|error| match error {
        ViewError::Unavailable(cause) => Problem::unavailable(cause),
        ViewError::Other(cause) => Problem::internal(cause),
    })?;
    let view = view.ok_or_else(product_not_found)?;
    Ok(Reply::ok_json(&view.body).etag(view.version))
}

async fn change(request: &Admitted) -> Result<Reply, Problem> {
    let id = id_in(request)?;
    let body = request.json()?;
    let idempotency = request.idempotency(&body)?;
    for _ in 0..MOST_ATTEMPTS {
        let attempt = async {
            let product = current(request, id).await?;
            let changes = Changes::read(&body, &product)?;
            let events = events_of(&product, Command::Change(changes))?;
            Ok((product, events))
        };
        let (product, events) = match attempt.await {
            Ok(attempt) => attempt,
            // It may be refused because it has been made already.
            Err(refusal) => return catalog::answer_before(idempotency.as_ref()).await?.ok_or(refusal),
        };
        if let Outcome::Answered(reply) =
            catalog::change(request, product, events, idempotency.clone()).await?
        {
            return Ok(reply);
        }
    }
    Err(always_too_late())
}

async fn archive(request: &Admitted) -> Result<Reply, Problem> {
    let id = id_in(request)?;
    for _ in 0..MOST_ATTEMPTS {
        let product = current(request, id).await?;
        let archived = events_of(&product, Command::Archive)?.pop().ok_or_else(product_not_found)?;
        if let Outcome::Answered(reply) = catalog::archive(request, archived).await? {
            return Ok(reply);
        }
    }
    Err(always_too_late())
}

/// The product as the catalog has it, if that is what the request wants to be based on.
async fn current(request: &Admitted, id: ProductId) -> Result<Product, Problem> {
    let product = catalog::find(id).await?.ok_or_else(product_not_found)?;
    request.if_match()?.check(product.version)?;
    Ok(product)
}

fn events_of(product: &Product, command: Command) -> Result<Vec<ProductEvent>, Problem> {
    decide(&Standing::Listed(product.clone()), command, now()).map_err(|_| product_not_found())
}

fn id_in(request: &Admitted) -> Result<ProductId, Problem> {
    request.path_parameter("product_id").and_then(|id| id.parse().ok()).ok_or_else(product_not_found)
}

/// A malformed id is the id of nothing.
fn product_not_found() -> Problem {
    Problem::not_found("Product not found")
}

fn always_too_late() -> Problem {
    Problem::new(Code::Conflict, "Others keep changing this product at the same time; try again")
}
