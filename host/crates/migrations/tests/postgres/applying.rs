//! Applying: once, again, by several at once, and what stops it.

use tradepost_cluster::{Cluster, Durability, Options};
use tradepost_migrations::{EMBEDDED, MigrationError, MigrationFile, Step, migrate, migrate_files};

use crate::{EMPTY, MIGRATED, connect, number, refusal, wait_until_blocked};

const fn file(name: &'static str, sql: &'static str) -> MigrationFile {
    MigrationFile { context: "toys", file: name, sql }
}

const DOLLS: MigrationFile = file("0001_dolls.sql", "CREATE SCHEMA toys; CREATE TABLE toys.dolls (id int);");
const BALLS: MigrationFile = file("0002_balls.sql", "CREATE TABLE toys.balls (id int);");

#[tokio::test]
async fn every_file_is_applied_once_and_told_of() {
    let database = EMPTY.fresh().await;
    let mut client = database.connect().await;
    let mut told = Vec::new();
    let first = migrate(&mut client, |step| told.push(format!("{step:?}"))).await.unwrap();
    assert_eq!(first.applied, EMBEDDED);
    assert_eq!(first.already, 0);
    assert_eq!(told, EMBEDDED.iter().map(|file| format!("{:?}", Step::Applied(file))).collect::<Vec<_>>());

    let again = migrate(&mut client, |step| panic!("{step:?}")).await.unwrap();
    assert_eq!(again.applied, []);
    assert_eq!(again.already, EMBEDDED.len());
    let kept = number(&client, "SELECT count(*) FROM tradepost_migrations.ordering").await;
    assert_eq!(kept, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_start_at_once_take_turns() {
    let database = EMPTY.fresh().await;
    let mut hosts = Vec::new();
    for _ in 0..8 {
        let mut client = database.connect().await;
        hosts.push(tokio::spawn(async move { migrate(&mut client, |_| {}).await.unwrap() }));
    }
    let mut applied = 0;
    for host in hosts {
        let report = host.await.unwrap();
        assert!(report.applied.is_empty() || report.already == 0, "{report:?}");
        applied += report.applied.len();
    }
    assert_eq!(applied, EMBEDDED.len());
}

#[tokio::test]
async fn a_host_that_waits_for_another_says_so() {
    let database = EMPTY.fresh().await;
    let other = database.connect().await;
    other.batch_execute("SELECT pg_advisory_lock(x'7472616465706f73'::bigint)").await.unwrap();
    let (told, mut steps) = tokio::sync::mpsc::unbounded_channel();
    let mut client = database.connect().await;
    let waiting = tokio::spawn(async move {
        migrate_files(&mut client, &[DOLLS], |step| told.send(step == Step::Waiting).unwrap()).await
    });
    assert_eq!(steps.recv().await, Some(true));
    assert!(steps.is_empty());
    drop(other);
    assert_eq!(waiting.await.unwrap().unwrap().applied, [DOLLS]);
}

/// Roles belong to the server and not to the database, so two databases that are migrated at once meet there. One
/// of them is held open in its transaction until the other waits for it.
#[tokio::test]
async fn databases_of_one_server_can_be_migrated_at_once() {
    // A server of its own: on the tests' one the roles are there already.
    let directory = std::env::temp_dir().join(format!("tradepost-roles-{}", std::process::id()));
    let cluster = Cluster::start(Options::new(directory, Durability::Throwaway)).await.unwrap();
    for (index, file) in EMBEDDED.iter().enumerate().filter(|(_, file)| file.sql.contains("CREATE ROLE")) {
        // With all on which it stands; their roles are there since the turn before.
        let files = &EMBEDDED[..=index];
        let (first, second) = (format!("first_{index}"), format!("second_{index}"));
        cluster.create_database(&first).await.unwrap();
        cluster.create_database(&second).await.unwrap();
        let holder = connect(&cluster.url(&first)).await;
        holder.batch_execute("BEGIN").await.unwrap();
        for file in files {
            holder.batch_execute(file.sql).await.unwrap();
        }
        let mut client = connect(&cluster.url(&second)).await;
        let waiting = tokio::spawn(async move { migrate_files(&mut client, files, |_| {}).await });
        let observer = connect(&cluster.url(&second)).await;
        wait_until_blocked(&observer).await;
        holder.batch_execute("COMMIT").await.unwrap();
        waiting.await.unwrap().unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_broken_file_is_named_with_the_place_and_leaves_what_came_before() {
    let database = EMPTY.fresh().await;
    let mut client = database.connect().await;
    let broken =
        file("0002_broken.sql", "CREATE TABLE toys.half (id int);\nCREATE TABLE toys.cars (id nonsense);");
    let failure = migrate_files(&mut client, &[DOLLS, broken], |_| {}).await.unwrap_err();
    let said = failure.to_string();
    assert!(said.starts_with("migrations/toys/0002_broken.sql:2:28 failed and was rolled back"), "{said}");
    assert!(said.contains("nonsense") && said.contains("42704"), "{said}");
    assert_eq!(refusal(&client, "SELECT FROM toys.half").await, "42P01");
    client.batch_execute("SELECT FROM toys.dolls").await.unwrap();

    // The lock was given back, and the repaired file goes in.
    let mut other = database.connect().await;
    let report = migrate_files(&mut other, &[DOLLS, BALLS], |_| {}).await.unwrap();
    assert_eq!((report.applied, report.already), (vec![BALLS], 1));
}

#[tokio::test]
async fn a_failure_inside_a_function_tells_where_it_was() {
    let database = EMPTY.fresh().await;
    let mut client = database.connect().await;
    let broken = file("0001_broken.sql", "DO $$\nBEGIN\n    PERFORM 1 / 0;\nEND\n$$;");
    let said = migrate_files(&mut client, &[broken], |_| {}).await.unwrap_err().to_string();
    assert!(said.contains("0001_broken.sql") && said.contains("division by zero"), "{said}");
    assert!(said.contains("line 3"), "{said}");
}

#[tokio::test]
async fn history_and_files_that_disagree_are_refused() {
    let database = EMPTY.fresh().await;
    let mut client = database.connect().await;
    migrate_files(&mut client, &[DOLLS, BALLS], |_| {}).await.unwrap();

    let edited = file("0001_dolls.sql", "CREATE SCHEMA toys; CREATE TABLE toys.dolls (id bigint);");
    let changed = migrate_files(&mut client, &[edited, BALLS], |_| {}).await.unwrap_err();
    assert!(
        matches!(&changed, MigrationError::Changed { file } if file == "migrations/toys/0001_dolls.sql"),
        "{changed}"
    );

    let unknown = migrate_files(&mut client, &[DOLLS], |_| {}).await.unwrap_err();
    assert!(
        matches!(&unknown, MigrationError::Unknown { file } if file == "migrations/toys/0002_balls.sql"),
        "{unknown}"
    );

    let late = file("0000_late.sql", "SELECT 1");
    let out_of_order = migrate_files(&mut client, &[late, DOLLS, BALLS], |_| {}).await.unwrap_err();
    assert!(
        matches!(&out_of_order, MigrationError::OutOfOrder { file } if file == "migrations/toys/0000_late.sql"),
        "{out_of_order}"
    );
}

#[tokio::test]
async fn two_files_of_one_number_are_refused() {
    let database = EMPTY.fresh().await;
    let mut client = database.connect().await;
    let twice = file("0001_dolls.sql", DOLLS.sql);
    let refusal = migrate_files(&mut client, &[DOLLS, twice], |_| {}).await.unwrap_err();
    assert!(matches!(refusal, MigrationError::SameNumber { .. }), "{refusal}");
}

#[tokio::test]
async fn a_clone_of_a_migrated_database_has_nothing_left_to_apply() {
    let database = MIGRATED.fresh().await;
    let mut client = database.connect().await;
    assert_eq!(migrate(&mut client, |_| {}).await.unwrap().applied, []);
}
