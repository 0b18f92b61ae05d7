//! What `/docs` is to those who call it.

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 2] {
    let page = Operation::get("get_docs", "Shows this description, to read and to try")
        .header::<String>("If-None-Match", false, "The `ETag` of the page that is there already: 304 if it is still good.")
        .answer(Answer::bare::<String>(200, "text/html; charset=utf-8", "The page.").headers(&["ETag"]))
        .answer(Answer::empty(304, "It has not changed.").headers(&["ETag"]))
        .example(Example::new("page", 200, "The page"));
    let problems = Operation::get("get_problems", "Explains every problem")
        .text("The `type` of a problem leads to its place on this page.")
        .answer(Answer::bare::<String>(200, "text/html; charset=utf-8", "The page."))
        .example(Example::new("page", 200, "The page"));
    [
        Route::at("/docs", "Platform").within("/docs/...").operation(page),
        Route::at("/docs/problems", "Platform").within("/docs/...").operation(problems),
    ]
}
