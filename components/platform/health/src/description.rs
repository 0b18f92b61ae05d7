//! What `/health` is to those who call it.

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let alive = Operation::get("get_health", "Says that the process serves")
        .text("Asks nobody: a service whose database is away is alive.")
        .answer(Answer::json::<String>(200, "It serves."))
        .example(Example::new("alive", 200, "A service that is alive"));
    [Route::at("/health", "Platform").operation(alive)]
}
