//! What `/tick` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Answer, Example, Operation, Route};

/// What became of a component that was woken.
#[derive(Serialize, JsonSchema)]
struct Nudged {
    /// Its id.
    component: String,
    /// `null` when it has done what was due.
    error: Option<String>,
}

pub(crate) fn routes() -> [Route; 1] {
    let tick = Operation::post("tick", "Has whatever is due done")
        .text(
            "For whoever keeps time: called every second or so, any number of callers at once. A tick that is missed costs \
             time and loses nothing.",
        )
        .scope("operations")
        .answer(Answer::json::<Vec<Nudged>>(200, "Each has been woken, also when another failed."))
        .example(Example::new("tick", 200, "Nothing is left undone"));
    [Route::at("/tick", "Platform").operation(tick)]
}
