//! What `/dead-letters/:letter_id/replay` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;
use tradepost_ids::LetterId;

use crate::{Answer, Example, Operation, Route};

/// A letter that is tried again.
#[derive(Serialize, JsonSchema)]
struct ReplayedLetter {
    /// The letter's id, under which it is not found any more.
    id: LetterId,
}

pub(crate) fn routes() -> [Route; 1] {
    let replay = Operation::post("replay_dead_letter", "Tries an event again that was set aside")
        .text("If it fails again, it is set aside again, under another id.")
        .scope("events:write")
        .answer(Answer::json::<ReplayedLetter>(202, "It is on its way."))
        .idempotent()
        .example(Example::new("again", 202, "One more try"))
        .example(
            Example::new("absent", 404, "A letter that there is not")
                .with("letter_id", "letter_01h455vb4pex5vsknk084sn02q"),
        );
    [Route::at("/dead-letters/:letter_id/replay", "Messaging")
        .parameter::<LetterId>("letter_id", "The dead letter.")
        .operation(replay)]
}
