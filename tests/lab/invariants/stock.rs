//! Stock, and what orders did to it.

use crate::story::{Verdict, ensure};
use crate::world::World;
use tradepost_tests::books;

/// All that the soak asks of stock and of what orders did to it.
pub(crate) async fn books_balance(world: &World) -> Verdict {
    let mut faults = books::inventory_faults(&world.sql).await;
    faults.extend(books::order_faults(&world.sql).await);
    ensure(faults.is_empty(), || faults.join("; "))
}
