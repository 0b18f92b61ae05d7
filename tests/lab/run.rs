//! One case, from a copy of what its story prepared to the verdict.

use crate::case::Case;
use crate::point::Point;
use crate::story::{Ended, Story};
use crate::world::{Patience, World};
use crate::{invariants, product};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use tempfile::TempDir;
use tradepost_cluster::testing::TestDatabase;
use tradepost_tests::{Compiled, migrated_databases};

/// What a story prepared, for its cases to copy.
pub(crate) struct Prepared {
    pub(crate) story: Story,
    database: TestDatabase,
    stores: TempDir,
    product: Arc<Compiled>,
}

/// What came of a case.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The calls of the subject, before the first strike.
    pub(crate) seen: Vec<Point>,
    /// How many strikes there were.
    pub(crate) struck: usize,
    /// What does not hold.
    pub(crate) violations: Vec<String>,
}

impl Prepared {
    /// Has a story prepare; then `seed_defect` is run in its database, and its cases run with `product`. An error is
    /// that the defect could not be seeded.
    pub(crate) async fn of(story: &Story, seed_defect: &str, product: Arc<Compiled>) -> Result<Self, String> {
        let database = migrated_databases().fresh().await;
        let mut world = World::on(
            database,
            None,
            &[],
            Patience::Usual,
            &product::for_the_lab().await,
            seed(&format!("before {}", story.name)),
        )
        .await;
        world.hand.stop_kicks(!story.delivered);
        (story.prepare)(&world).await;
        if story.delivered {
            world.recover().await.unwrap_or_else(|how| panic!("{}: {how}", story.name));
        }
        let seeded = world.sql.batch_execute(seed_defect).await;
        let (database, stores) = world.close().await;
        seeded.map_err(|error| format!("{error:?}"))?;
        Ok(Self { story: *story, database, stores, product })
    }

    /// Runs a case of this story.
    pub(crate) async fn run(&self, case: &Case) -> Outcome {
        let slow = case.strikes.iter().any(|strike| strike.fault.is_slow());
        let patience = if slow { Patience::Little } else { Patience::Usual };
        let (database, stores) = (self.database.copy().await, Some(self.stores.path()));
        let mut world =
            World::on(database, stores, &case.strikes, patience, &self.product, seed(&case.to_string()))
                .await;
        let (seen, violations) = self.tell(&mut world).await;
        let struck = world.hand.struck();
        world.end().await;
        Outcome { seen, struck, violations }
    }

    async fn tell(&self, world: &mut World) -> (Vec<Point>, Vec<String>) {
        let hand = world.hand.clone();
        let first = tokio::select! {
            answer = (self.story.act)(world) => answer,
            () = hand.hang_up.notified() => None,
            () = hand.crashed.notified() => None,
        };
        world.quiet().await;
        let seen = hand.seen();
        let mut violations: Vec<String> = invariants::violations_midway(world).await.into_iter().collect();
        if hand.struck() < hand.expected() {
            // The second strike waits for the recovery, which may not come through under it.
            let _ = world.recover().await;
        }
        hand.rest();
        world.take_patience().await;
        violations.extend(world.recover().await.err());
        match (self.story.act)(world).await {
            None => violations.push("the retry got no answer".to_owned()),
            Some(again) => {
                violations.extend(world.recover().await.err());
                let ended = Ended { world, first, again };
                if let Err(how) = (self.story.holds)(&ended).await {
                    violations.push(how);
                }
            }
        }
        violations.extend(invariants::violations(world).await);
        (seen, violations)
    }
}

/// The number that decides all chance in what is so named.
fn seed(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
