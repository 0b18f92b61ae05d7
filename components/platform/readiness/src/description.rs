//! What `/health/ready` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Answer, Example, Operation, Route};

/// Whether everything that requests need answers.
#[derive(Serialize, JsonSchema)]
struct Readiness {
    /// `ready`.
    status: String,
    /// What requests need.
    dependencies: Vec<Dependency>,
}

/// Something that requests need.
#[derive(Serialize, JsonSchema)]
struct Dependency {
    /// What it is.
    name: String,
    /// `up` or `down`.
    state: String,
}

pub(crate) fn routes() -> [Route; 1] {
    let ready = Operation::get("get_readiness", "Says whether everything that requests need answers")
        .text("503 when something does not; `dependencies` of the problem says what.")
        .answer(Answer::json::<Readiness>(200, "Everything answers."))
        .example(Example::new("ready", 200, "A service that is ready"));
    [Route::at("/health/ready", "Platform").operation(ready)]
}
