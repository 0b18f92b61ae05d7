//! Sessions of the database.

use crate::invariants::none;
use crate::story::Verdict;
use crate::world::World;

/// A session in a transaction would hand it to whoever gets its connection next.
pub(crate) async fn no_open_transaction(world: &World) -> Verdict {
    let open = "SELECT state || ': ' || query FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL";
    none(world, open).await
}
