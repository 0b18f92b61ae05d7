//! What holds of the product when it is at rest, whatever happened before. A file a subject.

mod messaging;
mod ordering;
mod sessions;

use crate::story::Verdict;
use crate::world::World;
use futures::future::BoxFuture;

type Check = fn(&World) -> BoxFuture<'_, Verdict>;

/// Each by its name.
const ALL: &[(&str, Check)] = &[
    ("no session is left in a transaction", |world| Box::pin(sessions::no_open_transaction(world))),
    ("nothing is under way at rest", |world| Box::pin(messaging::nothing_under_way(world))),
    ("sequences are gap-free", |world| Box::pin(messaging::gap_free_sequences(world))),
    ("orders and their events agree", |world| Box::pin(ordering::streams_and_events_agree(world))),
];

/// Everything that does not hold.
pub(crate) async fn violations(world: &World) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, check) in ALL {
        if let Err(how) = check(world).await {
            violations.push(format!("{name}: {how}"));
        }
    }
    violations
}

/// A query that finds what must not be, one text a row.
pub(crate) async fn none(world: &World, query: &str) -> Verdict {
    let found = world.texts(query).await?;
    if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}
