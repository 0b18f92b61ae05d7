//! What `/products/import` is to those who call it.

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let import = Operation::post("import_products", "Puts products on sale by the thousand")
        .text(
            "The body has one product a line, each as in `POST /products`, of at most 256 KiB, and any number of lines. The \
             answer has one line for each, while they come: `{\"line\", \"status\", \"id\", \"error\"}`, where `status` is \
             `created`, `unchanged` or `failed`. A line with `resume_from` is the last: send the rest from there on, or all \
             of it again.",
        )
        .scope("catalog:write")
        .body_of::<String>("application/x-ndjson")
        .answer(Answer::bare::<String>(200, "application/x-ndjson", "A line for each line."))
        .example(
            Example::new("two_lines", 200, "A line that is good and one that is not")
                .body(concat!(
                    r#"{"sku":"IM-1","name":"Imported","price":{"amount":100,"currency":"USD"}}"#,
                    "\n",
                    r#"{"sku":"IM-2","price":{"amount":100,"currency":"USD"}}"#,
                    "\n",
                ))
                .after("list_products.newest"),
        );
    [Route::at("/products/import", "Catalog").operation(import)]
}
