//! What `/products` is to those who call it.

use serde_json::json;
use tradepost_catalog::{Category, NewProduct, Product, SearchText};
use tradepost_ids::ProductId;
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    [Route::at("/products", "Catalog").operation(create()).operation(list())]
}

fn create() -> Operation {
    Operation::post("create_product", "Puts something on sale")
        .scope("catalog:write")
        .body::<NewProduct>()
        .answer(Answer::json::<Product>(201, "The product.").headers(&["Location", "ETag"]).leads("product_id", "/data/id").leads("sku", "/data/sku"))
        .idempotent()
        .problems(&[Code::SkuTaken])
        .example(
            Example::new("bookcase", 201, "A bookcase")
                .with("Idempotency-Key", "the-bookcase")
                .json(json!({
                    "sku": "BK-1",
                    "name": "Bookcase",
                    "description": "Oak, five shelves",
                    "price": { "amount": 26196, "currency": "USD" },
                    "categories": ["furniture"],
                    "attributes": { "colour": "oak" },
                }))
                .keeps("product_id", "/data/id")
                .keeps("sku", "/data/sku"),
        )
        .example(
            Example::new("leftover", 201, "The least that a product needs")
                .json(json!({ "sku": "OLD-1", "name": "Leftover", "price": { "amount": 0, "currency": "EUR" } }))
                .keeps("leftover_id", "/data/id"),
        )
        .example(
            Example::new("taken", 409, "Another product has the SKU")
                .json(json!({ "sku": "$sku", "name": "Bookend", "price": { "amount": 900, "currency": "USD" } })),
        )
        .example(
            Example::new("refused", 400, "Every fault is told")
                .json(json!({ "sku": "no blanks", "price": { "amount": -1, "currency": "usd" }, "colour": "oak" })),
        )
        .example(
            Example::new("stranger", 401, "Nobody in particular may not")
                .by(crate::Caller::Anonymous)
                .json(json!({ "sku": "BK-2", "name": "Bookend", "price": { "amount": 900, "currency": "USD" } })),
        )
}

fn list() -> Operation {
    Operation::get("list_products", "Lists and searches what is on sale")
        .text("Newest first; with `q` the best match first.")
        .query::<SearchText>("q", "Words to search for, as a person types them: `\"green tea\" -bags`.")
        .query::<Category>("category", "Only what is in this category.")
        .query::<bool>("active", "Only what can be ordered, or only what cannot.")
        .list::<ProductId, Product>("A page of products.")
        .example(
            Example::new("newest", 200, "The newest product").with("limit", "1").after("create_product.leftover"),
        )
        .example(
            Example::new("found", 200, "A search").with("q", "oak shelves").with("category", "furniture").after(
                "create_product.bookcase",
            ),
        )
        .example(Example::new("misspelt", 400, "A filter that there is not").with("colour", "oak"))
}
