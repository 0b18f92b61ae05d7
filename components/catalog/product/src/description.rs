//! What `/products/:product_id` is to those who call it.

use serde_json::json;
use tradepost_catalog::{Changes, Product};
use tradepost_ids::ProductId;
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    [Route::at("/products/:product_id", "Catalog")
        .parameter::<ProductId>("product_id", "The product.")
        .operation(show())
        .operation(change())
        .operation(archive())]
}

fn show() -> Operation {
    Operation::get("get_product", "Shows a product")
        .answer(Answer::json::<Product>(200, "The product.").headers(&["ETag"]))
        .example(Example::new("shown", 200, "The bookcase").keeps("product_etag", "etag"))
}

fn change() -> Operation {
    Operation::patch("change_product", "Changes a product")
        .text(
            "A merge patch (RFC 7396): what it does not name stays as it is, and null takes a description, the categories, \
             the attributes or one attribute away.",
        )
        .scope("catalog:write")
        .body_of::<Changes>("application/merge-patch+json")
        .answer(Answer::json::<Product>(200, "The product as it is now.").headers(&["ETag"]))
        .idempotent()
        .if_match()
        .problems(&[Code::Conflict])
        .example(
            Example::new("dearer", 200, "Another price")
                .with("If-Match", "$product_etag")
                .json(json!({ "price": { "amount": 27900 }, "attributes": { "colour": null } })),
        )
        .example(
            Example::new("stale", 412, "Somebody else was faster")
                .with("If-Match", "$product_etag")
                .json(json!({ "name": "Shelf" }))
                .after("change_product.dearer"),
        )
        .example(Example::new("blind", 428, "Nobody says what it is based on").json(json!({ "name": "Shelf" })))
}

fn archive() -> Operation {
    Operation::delete("archive_product", "Takes a product off sale for good")
        .scope("catalog:write")
        .answer(Answer::empty(204, "It is off sale. Its SKU is never given to another product."))
        .if_match()
        .problems(&[Code::Conflict])
        .example(
            Example::new("archived", 204, "Off sale")
                .with("product_id", "$leftover_id")
                .with("If-Match", "*")
                .after("list_products.newest"),
        )
}
