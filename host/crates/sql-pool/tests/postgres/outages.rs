//! Servers that go away, come back, or never were there.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tradepost_cluster::{Cluster, Durability, Options};
use tradepost_sql_pool::{Error, Limits, Pools, QueryError, Value};

use crate::{World, refusal, value};

/// Speaks just enough of the protocol to break it off: each connection ends after so many messages of the client, or
/// goes on for ever. Returns its address, and how many connections there were.
async fn breaking_off_after(messages: &'static [usize]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("postgres://app@{}/shop?sslmode=disable", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        for messages in messages {
            let (stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(converse(stream, *messages));
        }
    });
    (address, count)
}

async fn converse(mut stream: TcpStream, messages: usize) -> std::io::Result<()> {
    let start_up = stream.read_u32().await?;
    stream.read_exact(&mut vec![0; start_up as usize - 4]).await?;
    // AuthenticationOk, ReadyForQuery.
    stream.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").await?;
    for _ in 0..messages {
        let kind = stream.read_u8().await?;
        let length = stream.read_u32().await?;
        stream.read_exact(&mut vec![0; length as usize - 4]).await?;
        let answer: &[u8] = match kind {
            b'P' => b"1\0\0\0\x04",
            b'D' => b"t\0\0\0\x06\0\0n\0\0\0\x04",
            b'B' => b"2\0\0\0\x04",
            b'E' => b"C\0\0\0\x0fINSERT 0 1\0",
            b'S' => b"Z\0\0\0\x05I",
            _ => b"",
        };
        stream.write_all(answer).await?;
    }
    Ok(())
}

/// A server that can be stopped and started again at the same address.
struct Outage {
    directory: PathBuf,
    cluster: Option<Cluster>,
}

impl Outage {
    async fn begin(name: &str) -> (Self, String) {
        let directory = std::env::temp_dir().join(format!("tradepost-outage-{}-{name}", std::process::id()));
        let mut outage = Self { directory, cluster: None };
        outage.start().await;
        let cluster = outage.cluster.as_ref().unwrap();
        cluster.create_database("shop").await.unwrap();
        let url = cluster.url("shop");
        (outage, url)
    }

    async fn start(&mut self) {
        let options = Options::new(&self.directory, Durability::Durable);
        self.cluster = Some(Cluster::start(options).await.unwrap());
    }

    async fn stop(&mut self) {
        self.cluster.take().unwrap().stop().await.unwrap();
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        drop(self.cluster.take());
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_costs_idle_leases_nothing_and_running_statements_only_themselves() {
    let (mut outage, url) = Outage::begin("restart").await;
    let pools = Pools::new(Limits::default());
    let lease = pools.open(&url, None).await.unwrap();
    lease.execute("CREATE TABLE note (id int)", &[]).await.unwrap();
    let running = {
        let lease = lease.clone();
        tokio::spawn(async move {
            let sql = "WITH slow AS (SELECT pg_sleep(60)) INSERT INTO note SELECT 1 FROM slow";
            lease.execute(sql, &[]).await
        })
    };
    while pools.statistics().connections_open < 2 {
        lease.execute("SELECT pg_sleep(0.01)", &[]).await.unwrap();
    }
    outage.stop().await;

    match running.await.unwrap().unwrap_err() {
        Error::QueryFailed(QueryError::Db(error)) => assert_eq!(error.code, "57P01"),
        Error::QueryFailed(QueryError::Text(text)) => assert!(text.contains("kind: Closed"), "{text}"),
        other => panic!("{other:?}"),
    }
    let start = Instant::now();
    let down = lease.execute("INSERT INTO note VALUES (2)", &[]).await.unwrap_err();
    assert!(matches!(down, Error::ConnectionFailed(_)), "{down:?}");
    assert!(matches!(pools.open(&url, None).await, Err(Error::ConnectionFailed(_))));
    assert!(start.elapsed() < Duration::from_secs(1), "an absent server took {:?}", start.elapsed());

    outage.start().await;
    lease.execute("INSERT INTO note VALUES (3)", &[]).await.unwrap();
    assert_eq!(value(&lease, "SELECT array_agg(id) FROM note").await, Value::ArrayInt32(vec![Some(3)]));

    // Once more, with connections that are idle all the while.
    outage.stop().await;
    outage.start().await;
    assert_eq!(value(&lease, "SELECT count(*) FROM note").await, Value::Int64(1));
}

#[tokio::test]
async fn an_idle_connection_that_the_server_closed_is_never_noticed() {
    let world = World::new().await;
    let lease = world.lease().await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE datname = current_database() AND application_name = 'tradepost'";
    for _ in 0..20 {
        assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
        world.outside.execute(kill, &[]).await.unwrap();
        world.wait_for_sessions("true", 0).await;
        lease.execute("BEGIN", &[]).await.unwrap();
        lease.execute("COMMIT", &[]).await.unwrap();
        world.outside.execute(kill, &[]).await.unwrap();
        world.wait_for_sessions("true", 0).await;
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_a_moment_ago_is_found_out() {
    let world = World::new().await;
    let lease = world.lease().await;
    let url = world.database.url().to_owned();
    for sql in ["SELECT 1", "BEGIN"] {
        assert_eq!(lease.execute("SELECT 1", &[]).await.unwrap().trips.connect, 0);
        // On a thread of its own, while this one stands still: nobody here sees the connection close.
        let cut = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(cut_all(&url));
        };
        std::thread::scope(|scope| scope.spawn(cut).join().unwrap());
        assert_eq!(lease.execute(sql, &[]).await.unwrap().trips.connect, 1, "{sql}");
    }
}

async fn cut_all(url: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
               WHERE datname = current_database() AND application_name = 'tradepost'";
    client.execute(sql, &[]).await.unwrap();
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("postgres://app:secret@{}/shop?sslmode=disable", silent.local_addr().unwrap());
    let pools = Pools::new(Limits { connect_timeout: Duration::from_millis(300), ..Limits::default() });
    let start = Instant::now();
    let Err(Error::ConnectionFailed(text)) = pools.open(&address, None).await else {
        panic!("it was opened")
    };
    assert!(text.ends_with("no answer in 300ms"), "{text}");
    assert!(start.elapsed() < Duration::from_secs(2));
}

/// A preparation is three messages, an execution three more.
#[tokio::test]
async fn what_was_lost_before_it_was_executed_is_repeated_and_nothing_else_is() {
    for (messages, expected) in [
        // Lost in the preparation: certainly not executed.
        (&[0, 99][..], Ok(2)),
        (&[2, 99], Ok(2)),
        (&[0, 0, 99], Err(2)),
        // Lost in the execution: who knows.
        (&[4, 99], Err(1)),
        (&[5, 99], Err(1)),
        (&[99], Ok(1)),
    ] {
        let (address, connections) = breaking_off_after(messages).await;
        let lease = Pools::new(Limits::default()).open(&address, None).await.unwrap();
        let result = lease.execute("INSERT INTO note VALUES (1)", &[]).await;
        let connections = connections.load(Ordering::SeqCst);
        match expected {
            Ok(count) => assert_eq!((result.unwrap().rows, connections), (1, count), "{messages:?}"),
            Err(count) => {
                assert!(refusal(result).contains("kind: Closed"), "{messages:?}");
                assert_eq!(connections, count, "{messages:?}");
            }
        }
    }
}
