//! What holds of the product when it is at rest, whatever happened before. A file a subject.

mod catalog;
mod messaging;
mod ordering;
mod paying;
mod sessions;
mod stock;
mod views;

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
    ("streams explain orders", |world| Box::pin(ordering::streams_explain_orders(world))),
    ("views of orders show the heads", |world| Box::pin(ordering::views_show_the_heads(world))),
    ("stock is where the orders are", |world| Box::pin(ordering::stock_is_where_the_order_is(world))),
    ("payments and their events agree", |world| Box::pin(paying::streams_and_events_agree(world))),
    ("streams of payments explain the money", |world| Box::pin(paying::the_stream_explains_the_money(world))),
    ("the provider's books agree", |world| Box::pin(paying::the_provider_agrees(world))),
    ("no money is kept for nothing", |world| Box::pin(paying::no_money_is_kept_for_nothing(world))),
    ("views show what is", |world| Box::pin(views::show_what_is(world))),
    ("products and their events agree", |world| Box::pin(catalog::products_and_events_agree(world))),
    ("every product is stocked once its event was delivered", |world| {
        Box::pin(catalog::products_are_stocked(world))
    }),
    ("levels are the sums of their movements", |world| Box::pin(stock::levels_are_sums_of_movements(world))),
    ("what is reserved is what is held", |world| Box::pin(stock::reserved_is_what_is_held(world))),
    ("what happened to stock is told once", |world| Box::pin(stock::what_happened_is_told(world))),
    ("the books of stock balance", |world| Box::pin(stock::books_balance(world))),
    ("events of a SKU are counted", |world| Box::pin(stock::events_are_counted(world))),
];

/// What holds at any moment, and does not.
pub(crate) async fn violations_midway(world: &World) -> Option<String> {
    let verdict = views::are_the_projections_own(world).await;
    verdict.err().map(|how| format!("the projection's keys are its own: {how}"))
}

/// Everything that holds at rest, and does not.
pub(crate) async fn violations(world: &mut World) -> Vec<String> {
    let mut violations = broken(world).await;
    if !violations.is_empty() {
        return violations;
    }
    // Every deadline passes: nothing may wait for anything any more, and all of the above holds as before.
    if world.has_unended_orders().await {
        violations.extend(world.wait_for_the_end().await.err());
        let ended = ordering::every_order_has_ended(world).await;
        violations.extend(ended.err().map(|how| format!("every order ends: {how}")));
        violations.extend(broken(world).await.into_iter().map(|how| format!("in the end, {how}")));
    }
    // Last, because it starts the projections over.
    if let Err(how) = views::equal_their_replay(world).await {
        violations.push(format!("views equal their replay: {how}"));
    }
    violations
}

/// What does not hold of the world as it is.
async fn broken(world: &World) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, check) in ALL {
        if let Err(how) = check(world).await {
            broken.push(format!("{name}: {how}"));
        }
    }
    broken
}

/// A query that finds what must not be, one text a row.
pub(crate) async fn none(world: &World, query: &str) -> Verdict {
    let found = world.texts(query).await?;
    if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}
