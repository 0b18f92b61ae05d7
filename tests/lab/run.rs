//! One case, from a copy of what its story or race prepared to the verdict.

use crate::case::Case;
use crate::gates::Racer;
use crate::point::Point;
use crate::race::{self, Race, Raced};
use crate::story::{Ended, Story};
use crate::world::{Patience, World};
use crate::{invariants, product};
use futures::future::BoxFuture;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tradepost_cluster::testing::TestDatabase;
use tradepost_tests::{Compiled, migrated_databases};

/// No case takes a tenth of it, on a machine that does little else.
pub(crate) const LONGEST: Duration = Duration::from_secs(100);

/// What the lab tells: one that something happens to, or two at the same time.
#[derive(Clone, Copy)]
pub(crate) enum Tale {
    Story(Story),
    Race(Race),
}

impl Tale {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Story(story) => story.name,
            Self::Race(race) => race.name,
        }
    }

    const fn prepare(&self) -> fn(&World) -> BoxFuture<'_, ()> {
        match self {
            Self::Story(story) => story.prepare,
            Self::Race(race) => race.prepare,
        }
    }

    const fn is_delivered(&self) -> bool {
        match self {
            Self::Story(story) => story.delivered,
            Self::Race(race) => race.delivered,
        }
    }
}

/// What a tale prepared, for its cases to copy.
pub(crate) struct Prepared {
    pub(crate) tale: Tale,
    database: TestDatabase,
    stores: TempDir,
    product: Arc<Compiled>,
}

/// What came of a case.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The calls of the subject, before the first strike; of a race, those of the one.
    pub(crate) seen: Vec<Point>,
    /// Of a race, the calls of the other.
    pub(crate) seen_of_other: Vec<Point>,
    /// How many strikes there were, or how many stops were come to.
    pub(crate) struck: usize,
    /// What does not hold.
    pub(crate) violations: Vec<String>,
}

impl Prepared {
    /// Has a tale prepare; then `seed_defect` is run in its database, and its cases run with `product`. An error is
    /// that the defect could not be seeded.
    pub(crate) async fn of(tale: Tale, seed_defect: &str, product: Arc<Compiled>) -> Result<Self, String> {
        let database = migrated_databases().fresh().await;
        let mut world = World::on(
            database,
            None,
            &[],
            Patience::Usual,
            &product::for_the_lab().await,
            seed(&format!("before {}", tale.name())),
        )
        .await;
        world.hand.stop_kicks(!tale.is_delivered());
        tale.prepare()(&world).await;
        if tale.is_delivered() {
            world.recover().await.unwrap_or_else(|how| panic!("{}: {how}", tale.name()));
        }
        let seeded = world.sql.batch_execute(seed_defect).await;
        let (database, stores) = world.close().await;
        seeded.map_err(|error| format!("{error:?}"))?;
        Ok(Self { tale, database, stores, product })
    }

    /// Runs a case of this tale. One that does not end has gone wrong too.
    pub(crate) async fn run(&self, case: &Case) -> Outcome {
        let stuck = || Outcome {
            struck: case.strikes.len() + case.stops.len(),
            violations: vec![format!("it has not ended after {} s", LONGEST.as_secs())],
            ..Outcome::default()
        };
        tokio::time::timeout(LONGEST, self.run_to_its_end(case)).await.unwrap_or_else(|_| stuck())
    }

    async fn run_to_its_end(&self, case: &Case) -> Outcome {
        let slow = case.strikes.iter().any(|strike| strike.fault.is_slow());
        let patience = if slow { Patience::Little } else { Patience::Usual };
        let (database, stores) = (self.database.copy().await, Some(self.stores.path()));
        let mut world =
            World::on(database, stores, &case.strikes, patience, &self.product, seed(&case.to_string()))
                .await;
        let outcome = match &self.tale {
            Tale::Story(story) => tell(story, &mut world).await,
            Tale::Race(race) => hold(race, case, &mut world).await,
        };
        world.end().await;
        outcome
    }
}

async fn tell(story: &Story, world: &mut World) -> Outcome {
    let hand = world.hand.clone();
    let first = tokio::select! {
        answer = (story.act)(world) => answer,
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
    match (story.act)(world).await {
        None => violations.push("the retry got no answer".to_owned()),
        Some(again) => {
            violations.extend(world.recover().await.err());
            let ended = Ended { world, first, again };
            if let Err(how) = (story.holds)(&ended).await {
                violations.push(how);
            }
        }
    }
    violations.extend(invariants::violations(world).await);
    Outcome { seen, struck: hand.struck(), violations, ..Outcome::default() }
}

async fn hold(race: &Race, case: &Case, world: &mut World) -> Outcome {
    let (one, other, struck) = race::run(race, world, &case.stops).await;
    world.quiet().await;
    let gates = &world.hand.gates;
    let (seen, seen_of_other) = (gates.seen(Racer::One), gates.seen(Racer::Other));
    let mut violations: Vec<String> = invariants::violations_midway(world).await.into_iter().collect();
    world.hand.stop_kicks(false);
    violations.extend(world.recover().await.err());
    match (one, other) {
        (Some(one), Some(other)) => {
            let raced = Raced { world, one, other };
            if let Err(how) = (race.holds)(&raced).await {
                violations.push(how);
            }
        }
        (one, other) => violations.push(format!("somebody got no answer: {one:?}, {other:?}")),
    }
    violations.extend(invariants::violations(world).await);
    Outcome { seen, seen_of_other, struck, violations }
}

/// The number that decides all chance in what is so named.
pub(crate) fn seed(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
