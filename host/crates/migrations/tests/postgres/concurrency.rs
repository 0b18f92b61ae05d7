//! `ordering.append_order_events` when two want the same: the same key, or the same place in a stream.
//!
//! One side is held open in a transaction, so that every race is run in a chosen order and not left to luck.

use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tradepost_cluster::testing::TestDatabase;

use crate::append::{Answer, Append, rows};
use crate::{MIGRATED, connect_as, wait_until_blocked};

async fn connect(database: &TestDatabase) -> Client {
    connect_as(database.url(), "tradepost_ordering").await
}

/// Begins `append` on a connection of its own and returns once it waits for somebody's lock.
async fn begin_waiting(database: &TestDatabase, append: Append) -> JoinHandle<Answer> {
    let client = connect(database).await;
    let observer = database.connect().await;
    let waiting = tokio::spawn(async move { append.call(&client).await.unwrap() });
    wait_until_blocked(&observer).await;
    waiting
}

/// Runs `first` inside a transaction, `second` against it, and ends the transaction with `end`.
async fn race(end: &str, first: &Append, second: &Append) -> (Answer, TestDatabase) {
    let database = MIGRATED.fresh().await;
    let client = connect(&database).await;
    client.batch_execute("BEGIN").await.unwrap();
    assert_eq!(first.call(&client).await.unwrap(), Answer::Appended(1));
    let second = begin_waiting(&database, second.clone()).await;
    client.batch_execute(end).await.unwrap();
    (second.await.unwrap(), database)
}

fn twin(number: u32) -> Append {
    let body = format!("answer {number}").into_bytes();
    Append { order: number, events: vec![number], key: Some("k"), body, ..Append::default() }
}

#[tokio::test]
async fn a_twin_waits_and_gets_the_winners_answer() {
    let (answer, database) = race("COMMIT", &twin(1), &twin(2)).await;
    assert_eq!(answer, twin(1).replay());
    assert_eq!(rows(&database).await, [1, 1, 1]);
}

#[tokio::test]
async fn a_twin_goes_ahead_when_the_first_came_to_nothing() {
    let (answer, database) = race("ROLLBACK", &twin(1), &twin(2)).await;
    assert_eq!(answer, Answer::Appended(1));
    assert_eq!(rows(&database).await, [1, 1, 1]);
}

#[tokio::test]
async fn a_key_in_flight_with_another_body_is_refused_once_the_first_is_written() {
    let other = Append { fingerprint: [8; 32], ..twin(2) };
    let (answer, database) = race("COMMIT", &twin(1), &other).await;
    assert_eq!(answer, Answer::KeyReused);
    assert_eq!(rows(&database).await, [1, 1, 1]);
}

#[tokio::test]
async fn a_twin_goes_ahead_when_the_first_ended_in_a_conflict() {
    let database = MIGRATED.fresh().await;
    let client = connect(&database).await;
    Append { order: 1, events: vec![9], ..Append::default() }.call(&client).await.unwrap();
    client.batch_execute("BEGIN").await.unwrap();
    assert_eq!(twin(1).call(&client).await.unwrap(), Answer::VersionConflict);
    let second = begin_waiting(&database, twin(2)).await;
    client.batch_execute("COMMIT").await.unwrap();
    assert_eq!(second.await.unwrap(), Answer::Appended(1));
    assert_eq!(rows(&database).await, [2, 2, 1]);
}

#[tokio::test]
async fn the_later_of_two_appends_at_one_version_writes_nothing_however_long_it_is() {
    let first = Append { events: vec![1], key: Some("a"), ..Append::default() };
    // Three events: were each let in where there is room, the second and third would be.
    let second = Append { events: vec![2, 3, 4], key: Some("b"), ..Append::default() };
    let (answer, database) = race("COMMIT", &first, &second).await;
    assert_eq!(answer, Answer::VersionConflict);
    assert_eq!(rows(&database).await, [1, 1, 1]);
}

#[tokio::test]
async fn the_later_of_two_appends_goes_in_when_the_first_came_to_nothing() {
    let first = Append { events: vec![1], key: Some("a"), ..Append::default() };
    let second = Append { events: vec![2, 3, 4], key: Some("b"), ..Append::default() };
    let (answer, database) = race("ROLLBACK", &first, &second).await;
    assert_eq!(answer, Answer::Appended(3));
    assert_eq!(rows(&database).await, [3, 3, 1]);
}

/// Calls all at once, each on its own connection.
async fn all_at_once(database: &TestDatabase, appends: impl Iterator<Item = Append>) -> Vec<Answer> {
    let mut clients = Vec::new();
    for append in appends {
        clients.push((append, connect(database).await));
    }
    let calls: Vec<_> = clients
        .into_iter()
        .map(|(append, client)| tokio::spawn(async move { append.call(&client).await.unwrap() }))
        .collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_twins_one_is_written_and_31_get_its_answer() {
    let database = MIGRATED.fresh().await;
    let answers = all_at_once(&database, (1..=32).map(twin)).await;
    let winners: Vec<u32> = (1..=32)
        .zip(&answers)
        .filter(|(_, answer)| **answer == Answer::Appended(1))
        .map(|(n, _)| n)
        .collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    let replay = twin(winners[0]).replay();
    assert_eq!(answers.iter().filter(|answer| **answer == replay).count(), 31, "{answers:?}");
    assert_eq!(rows(&database).await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_appends_at_one_version_one_wins() {
    let database = MIGRATED.fresh().await;
    let appends = (1..=32_u32).map(|n| Append { events: vec![2 * n, 2 * n + 1], ..Append::default() });
    let answers = all_at_once(&database, appends).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Answer::Appended(2)).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Answer::VersionConflict).count(), 31);
    assert_eq!(rows(&database).await, [2, 2, 0]);
}
