//! Everything at once: transactions, plain statements, cancellations, guests that vanish, connections that are cut.

use std::time::Duration;

use futures::future::join_all;
use tradepost_sql_pool::{Error, Lease, Limits, Parameter, Value};

use crate::{World, rows};

const GUESTS: u64 = 12;
const TURNS: u64 = 40;

/// A sequence that is the same in every run (Numerical Recipes' constants).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) % sides
    }
}

/// Writes a pair of rows in a transaction, perhaps vanishing on the way.
async fn write_a_pair(lease: &Lease, pair: i64) -> Result<(), Error> {
    lease.execute("BEGIN", &[]).await?;
    for half in [1, 2] {
        let parameters = [Parameter::Int64(pair), Parameter::Int32(half)];
        lease.execute("INSERT INTO half VALUES ($1, $2)", &parameters).await?;
    }
    lease.execute("COMMIT", &[]).await.map(drop)
}

async fn guest(world: &World, number: u64) -> u64 {
    let mut dice = Dice(number);
    let mut lease = world.lease().await;
    let mut answered = 0;
    for turn in 0..TURNS {
        let pair = i64::try_from(number * 1000 + turn).unwrap();
        // Longer than most turns take, shorter than others: it falls before, inside and after the statements.
        let patience = Duration::from_micros(200 + dice.roll(20_000));
        match dice.roll(4) {
            0 => {
                let _ = tokio::time::timeout(patience, write_a_pair(&lease, pair)).await;
                // Whatever has become of it, the next turn must not be part of it.
                lease = world.lease().await;
            }
            1 => {
                if write_a_pair(&lease, pair).await.is_err() {
                    lease = world.lease().await;
                }
            }
            2 => {
                let _ = tokio::time::timeout(patience, lease.query("SELECT -1, pg_sleep(0.01)", &[])).await;
            }
            _ => {
                let sql = "SELECT $1::int8, txid_current_if_assigned() FROM generate_series(1, 3)";
                match rows(&lease, sql, &[Parameter::Int64(pair)]).await {
                    Ok(rows) => {
                        // No row of another's, and no transaction of another's around it.
                        assert_eq!(rows, vec![vec![Value::Int64(pair), Value::Null]; 3]);
                        answered += 1;
                    }
                    // Its connection was cut under it.
                    Err(error) => assert!(
                        !format!("{error:?}").contains("57014"),
                        "a stranger's cancellation: {error:?}"
                    ),
                }
            }
        }
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_storm_every_transaction_is_whole_or_absent_and_nobody_is_inside_anothers() {
    let world = World::with(Limits { connections_per_address: 4, ..Limits::default() }).await;
    world.outside.batch_execute("CREATE TABLE half (pair int8, half int)").await.unwrap();
    let lightning = async {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND application_name = 'tradepost' LIMIT 1";
        loop {
            tokio::time::sleep(Duration::from_millis(70)).await;
            world.outside.execute(sql, &[]).await.unwrap();
        }
    };
    let answered = tokio::select! {
        answered = join_all((0..GUESTS).map(|number| guest(&world, number))) => answered.into_iter().sum::<u64>(),
        () = lightning => unreachable!(),
    };
    assert!(answered > GUESTS * TURNS / 8, "only {answered} statements were answered");
    world.wait_for_sessions("state <> 'idle'", 0).await;
    let torn = "SELECT count(*) FROM (SELECT FROM half GROUP BY pair HAVING count(*) <> 2) torn";
    let torn: i64 = world.outside.query_one(torn, &[]).await.unwrap().get(0);
    let pairs: i64 =
        world.outside.query_one("SELECT count(DISTINCT pair) FROM half", &[]).await.unwrap().get(0);
    assert_eq!(torn, 0, "of {pairs} pairs");
    assert!(pairs > 20, "{pairs} pairs");
}
