//! The ports by which products are written, in the words of the rules about products: what the endpoints that write
//! them have in common.
//!
//! A write is done when the catalog has it. Showing it to its writer at once and waking the relay are courtesies that
//! follow; what they miss, the projection and the tick bring.

mod shape;

use serde::Deserialize;
use tradepost_catalog::{NewProduct, Product, ProductEvent};
use tradepost_endpoint::{Admitted, Idempotency, Reply, fresh_uuid, key_reused, now};
use tradepost_ids::ProductId;
use tradepost_problem::{Code, Problem, data_of_success_body, success_body};

#[expect(clippy::same_length_and_capacity, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tradepost:writing-products;

            world component {
                import tradepost:catalog/product-catalog@0.1.0;
                import tradepost:catalog/product-view-updates@0.1.0;
            }
        ",
        path: "../../wit/catalog",
        generate_all,
    });
}

use bindings::tradepost::catalog::product_catalog::{
    self as port, Added, Addition, Entry, IdempotencyScope, KeptAnswer, LookupError, ReplayedAnswer,
    WriteError, Written,
};
use bindings::tradepost::catalog::product_view_updates::{ProductView, put_recent};

/// What became of a write.
#[derive(Debug)]
pub enum Outcome {
    /// It is done, or was when the same request came before; this is the answer to it.
    Answered(Reply),
    /// Somebody else has changed the product meanwhile: find it again and decide again.
    Conflict,
}

/// What an addition came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addendum {
    /// The product was created.
    Created,
    /// The product with its SKU, which has this id, says the same already.
    Unchanged(ProductId),
    /// Another product has its SKU.
    SkuTaken,
}

/// The product with this id, unless it is archived.
pub async fn find(id: ProductId) -> Result<Option<Product>, Problem> {
    let found = port::find(id.as_uuid().to_string()).await.map_err(lookup_problem)?;
    found.map(shape::product_of).transpose()
}

/// The answer that was given when this request came before. For an edit that cannot be made now: its first run may
/// be the reason.
pub async fn answer_before(idempotency: Option<&Idempotency>) -> Result<Option<Reply>, Problem> {
    let Some(idempotency) = idempotency else { return Ok(None) };
    let found = port::find_answer(scope_of(idempotency), idempotency.fingerprint.clone()).await;
    Ok(found.map_err(lookup_problem)?.map(replayed))
}

/// Puts `product` on sale, as `created` tells it, and answers 201.
pub async fn create(
    request: &Admitted,
    created: ProductEvent,
    idempotency: Option<Idempotency>,
) -> Result<Reply, Problem> {
    let product = created.clone().into_product();
    let location = Some(format!("/products/{}", product.id));
    match write(request, 0, product, vec![created], idempotency, (201, location)).await? {
        Outcome::Answered(reply) => Ok(reply),
        // The version that a new product is expected to have is none.
        Outcome::Conflict => Err(Problem::internal("a new product has a version")),
    }
}

/// Edits `product` as `events` tell, if any, and answers 200.
pub async fn change(
    request: &Admitted,
    product: Product,
    events: Vec<ProductEvent>,
    idempotency: Option<Idempotency>,
) -> Result<Outcome, Problem> {
    let version = product.version;
    let after = events.last().cloned().map_or(product, ProductEvent::into_product);
    if events.is_empty() && idempotency.is_none() {
        return Ok(Outcome::Answered(Reply::ok(&after)?.etag(version)));
    }
    write(request, version, after, events, idempotency, (200, None)).await
}

/// Archives the product that `archived` tells of, and answers 204.
pub async fn archive(request: &Admitted, archived: ProductEvent) -> Result<Outcome, Problem> {
    let product = archived.clone().into_product();
    let entry = Entry {
        archived: true,
        expected_version: product.version - 1,
        events: vec![shape::event_for_port(&archived)?],
        traceparent: Some(request.traceparent().into()),
        answer: None,
        product: shape::product_for_port(&product)?,
    };
    match port::write(entry).await {
        Ok(_) => {
            shown(request, product.id, product.version, None).await;
            Ok(Outcome::Answered(Reply::no_content()))
        }
        Err(error) => conflict_or_problem(error, &product),
    }
}

/// Creates many products, each or not; what became of each, in order.
pub async fn add_all(
    products: Vec<(ProductId, NewProduct)>,
    traceparent: String,
) -> Result<Vec<Addendum>, Problem> {
    let now = now();
    let additions = products
        .into_iter()
        .map(|(id, product)| {
            let created = tradepost_catalog::created(id, product, now);
            let event = shape::event_for_port(&created)?;
            Ok(Addition { product: shape::product_for_port(&created.into_product())?, event })
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    let added = port::add_all(additions, Some(traceparent)).await.map_err(lookup_problem)?;
    added
        .into_iter()
        .map(|added| match added {
            Added::Created => Ok(Addendum::Created),
            Added::Unchanged(id) => Ok(Addendum::Unchanged(shape::id_of(&id)?)),
            Added::SkuTaken => Ok(Addendum::SkuTaken),
        })
        .collect()
}

async fn write(
    request: &Admitted,
    expected_version: u64,
    product: Product,
    events: Vec<ProductEvent>,
    idempotency: Option<Idempotency>,
    (status, location): (u16, Option<String>),
) -> Result<Outcome, Problem> {
    let body = success_body(&product)?;
    let entry = Entry {
        archived: false,
        expected_version,
        events: events.iter().map(shape::event_for_port).collect::<Result<_, _>>()?,
        traceparent: Some(request.traceparent().into()),
        answer: idempotency.map(|idempotency| KeptAnswer {
            scope: scope_of(&idempotency),
            fingerprint: idempotency.fingerprint,
            status,
            location: location.clone(),
            body: body.clone(),
            expires_at: idempotency.expires_at,
        }),
        product: shape::product_for_port(&product)?,
    };
    match port::write(entry).await {
        Ok(Written::Done) => {
            shown(request, product.id, product.version, Some(serde_json::to_vec(&product)?)).await;
            let reply = Reply::enveloped(status, body).etag(product.version);
            Ok(Outcome::Answered(match location {
                Some(location) => reply.header("location", location),
                None => reply,
            }))
        }
        Ok(Written::Replayed(answer)) => {
            // The first run may have ended between the commit and the courtesies.
            if let Some((id, version, view)) = view_in(&answer) {
                shown(request, id, version, Some(view)).await;
            }
            Ok(Outcome::Answered(replayed(answer)))
        }
        Err(error) => conflict_or_problem(error, &product),
    }
}

fn conflict_or_problem(error: WriteError, product: &Product) -> Result<Outcome, Problem> {
    match error {
        WriteError::VersionConflict => Ok(Outcome::Conflict),
        WriteError::SkuTaken => Err(sku_taken(&product.sku)),
        WriteError::KeyReused => Err(key_reused()),
        WriteError::Unavailable(cause) => Err(Problem::unavailable(cause)),
        WriteError::Other(cause) => Err(Problem::internal(cause)),
    }
}

/// 409: the SKU is another product's.
pub fn sku_taken(sku: &str) -> Problem {
    Problem::new(Code::SkuTaken, format!("There is a product with the SKU {sku} already, or was"))
}

/// The courtesies after a commit.
async fn shown(request: &Admitted, id: ProductId, version: u64, body: Option<Vec<u8>>) {
    tradepost_relay_kick::after_response();
    if let Err(error) = put_recent(id.as_uuid().to_string(), ProductView { version, body }).await {
        request.log(format_args!("the view of {id} was not written: {error:?}"));
    }
}

/// What of a product's JSON form says which product and which version it is.
#[derive(Deserialize)]
struct Stamp {
    id: ProductId,
    version: u64,
}

/// The product that a kept answer tells of.
fn view_in(answer: &ReplayedAnswer) -> Option<(ProductId, u64, Vec<u8>)> {
    let view = data_of_success_body(&answer.body)?;
    let Stamp { id, version } = serde_json::from_slice(view).ok()?;
    Some((id, version, view.to_vec()))
}

fn replayed(answer: ReplayedAnswer) -> Reply {
    let version = view_in(&answer).map(|(_, version, _)| version);
    let reply = Reply::replayed(answer.status, answer.location, answer.body);
    match version {
        Some(version) => reply.etag(version),
        None => reply,
    }
}

fn scope_of(idempotency: &Idempotency) -> IdempotencyScope {
    IdempotencyScope {
        principal: idempotency.principal.clone(),
        method: idempotency.method.clone(),
        path: idempotency.path.clone(),
        key: idempotency.key.clone(),
    }
}

fn lookup_problem(error: LookupError) -> Problem {
    match error {
        LookupError::Unavailable(cause) => Problem::unavailable(cause),
        LookupError::Other(cause) => Problem::internal(cause),
    }
}

/// A fresh id for a product.
pub fn fresh_id() -> ProductId {
    ProductId::from_uuid(fresh_uuid())
}
