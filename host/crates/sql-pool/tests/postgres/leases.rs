//! Many leases, few connections.

use std::time::{Duration, Instant};

use futures::future::join_all;
use tradepost_sql_pool::{Error, Limits, Parameter, Pools, Value, connect, destinations};

use crate::{DATABASES, World, rows, value};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_leases_share_four_connections() {
    let world = World::with(Limits { connections_per_address: 4, ..Limits::default() }).await;
    let leases = join_all((0..200).map(|_| world.lease())).await;
    let answers = leases.iter().zip(0_i64..).map(|(lease, number)| async move {
        let parameter = [Parameter::Int64(number)];
        let answer = rows(lease, "SELECT $1::int8, pg_backend_pid()::int8", &parameter).await.unwrap();
        assert_eq!(answer[0][0], Value::Int64(number));
        answer[0][1].clone()
    });
    let mut backends: Vec<_> = join_all(answers).await.iter().map(|pid| format!("{pid:?}")).collect();
    backends.sort();
    backends.dedup();
    assert!(backends.len() <= 4, "{backends:?}");
    assert!(world.pools.statistics().connections_opened_total <= 4);
}

#[tokio::test]
async fn opening_costs_a_connection_only_when_there_is_none() {
    let world = World::new().await;
    for _ in 0..10 {
        world.lease().await;
    }
    let statistics = world.pools.statistics();
    assert_eq!((statistics.connections_opened_total, statistics.connections_idle), (1, 1));
}

#[tokio::test]
async fn statements_of_one_lease_run_at_once() {
    let world = World::new().await;
    let lease = world.lease().await;
    let start = Instant::now();
    join_all((0..8).map(|_| async { lease.execute("SELECT pg_sleep(0.5)", &[]).await.unwrap() })).await;
    assert!(start.elapsed() < Duration::from_secs(3), "they took {:?}", start.elapsed());
}

#[tokio::test]
async fn a_slow_reader_holds_up_nobody() {
    let world = World::new().await;
    let lease = world.lease().await;
    let sql = "SELECT repeat('x', 1000), n FROM generate_series(1, 20000) n";
    let unread = lease.query(sql, &[]).await.unwrap();
    for _ in 0..5 {
        assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
    }
    assert_eq!(unread.all().await.unwrap().1.len(), 20_000);
}

#[tokio::test]
async fn an_address_may_be_in_either_form() {
    let database = DATABASES.fresh().await;
    let config: tokio_postgres::Config = database.url().parse().unwrap();
    let password = String::from_utf8(config.get_password().unwrap_or_default().to_vec()).unwrap();
    let (user, name, port) =
        (config.get_user().unwrap(), config.get_dbname().unwrap(), config.get_ports()[0]);
    let pairs = format!("host=127.0.0.1 port={port} user={user} password='{password}' dbname={name}");
    let pools = Pools::new(Limits::default());
    let lease = pools.open(&pairs, None).await.unwrap();
    assert_eq!(value(&lease, "SELECT current_database()::text").await, Value::Str(name.to_owned()));
}

#[tokio::test]
async fn an_address_that_is_wrong_is_refused_and_never_quoted() {
    let pools = Pools::new(Limits::default());
    for address in [
        "postgres//app:hunter2@localhost/shop",
        "postgres://app:hunter2@localhost/shop?hunter2=1",
        "postgres://app:hunter2@localhost:port/shop",
        "host=localhost pass=hunter2 word=hunter2",
        "host=localhost password='hunter2",
        "hunter2",
        "user=app password=hunter2",
        "host=/run/postgresql password=hunter2",
        "host=a,b port=1,2,3 password=hunter2",
    ] {
        let error = pools.open(address, None).await.unwrap_err();
        assert!(matches!(error, Error::ConnectionFailed(_)), "{address}: {error:?}");
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{address}: {error:?}");
    }
    assert!(!format!("{pools:?}").contains("hunter2"));
}

#[tokio::test]
async fn neither_a_lease_nor_a_parameter_tells_secrets_when_printed() {
    let world = World::new().await;
    let lease = world.lease().await;
    let config: tokio_postgres::Config = world.database.url().parse().unwrap();
    let password = String::from_utf8(config.get_password().unwrap_or_default().to_vec()).unwrap();
    assert!(password.is_empty() || !format!("{lease:?} {:?}", world.pools).contains(&password));
    assert_eq!(format!("{:?}", Parameter::Str("hunter2".to_owned())), "Str(…)");
}

#[tokio::test]
async fn a_refused_login_is_a_failed_connection_that_says_why() {
    let database = DATABASES.fresh().await;
    let mut config: tokio_postgres::Config = database.url().parse().unwrap();
    let port = config.get_ports()[0];
    let name = config.dbname("x").get_user().unwrap().to_owned();
    let pools = Pools::new(Limits::default());
    let address = format!("postgres://{name}:wrong@127.0.0.1:{port}/{name}");
    let Err(Error::ConnectionFailed(text)) = pools.open(&address, None).await else {
        panic!("it was let in")
    };
    assert!(text.contains("password authentication failed") && !text.contains("wrong"), "{text}");
}

#[tokio::test]
async fn the_figures_count_what_waits() {
    let world = World::with(Limits { connections_per_address: 1, ..Limits::default() }).await;
    let lease = world.lease().await;
    join_all((0..3).map(|_| async { lease.execute("SELECT pg_sleep(0.05)", &[]).await.unwrap() })).await;
    assert_eq!(world.pools.statistics().waited_total, 2);
}

#[test]
fn the_places_an_address_leads_to_are_told_as_they_will_be_used() {
    for (address, expected) in [
        ("postgres://app:pw@db.example/shop", "db.example:5432"),
        ("postgres://app:pw@a:1,b:2/shop?sslmode=require", "a:1 b:2"),
        ("host=a,b port=7", "a:7 b:7"),
        // The name would be for show: the number is where it connects.
        ("host=allowed.example hostaddr=10.0.0.1", "10.0.0.1:5432"),
        ("postgres://[::1]:7/shop", "::1:7"),
    ] {
        let places = destinations(address).unwrap();
        let places: Vec<_> = places.iter().map(|place| format!("{}:{}", place.host, place.port)).collect();
        assert_eq!(places.join(" "), expected, "{address}");
    }
    assert!(matches!(destinations("host=/run/postgresql"), Err(Error::ConnectionFailed(_))));
}

#[tokio::test]
async fn a_connection_of_ones_own_takes_several_statements_at_once_and_ends_with_its_client() {
    let world = World::new().await;
    let client = connect(world.database.url(), Duration::from_secs(5)).await.unwrap();
    client.batch_execute("BEGIN; INSERT INTO note VALUES (1); COMMIT").await.unwrap();
    assert_eq!(world.notes().await, 1);
    drop(client);
    world.wait_for_sessions("true", 0).await;
    let Err(Error::ConnectionFailed(text)) =
        connect("postgres://app:hunter2@127.0.0.1:1/x", Duration::from_secs(5)).await
    else {
        panic!("nobody listens there")
    };
    assert!(text.starts_with("127.0.0.1:1: ") && !text.contains("hunter2"), "{text}");
}
