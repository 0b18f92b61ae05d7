//! Applying migrations.

use refinery::{Runner, Target};
use tokio_postgres::Client;

use crate::{EMBEDDED, MigrationError, MigrationFile};

/// The key of the advisory lock: the bytes of `tradepos`. Any number will do that nobody else uses.
const LOCK: i64 = i64::from_be_bytes(*b"tradepos");
/// Where the histories are.
const SCHEMA: &str = "tradepost_migrations";

/// Something worth telling the person who waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step<'a> {
    /// Another process migrates this database; its end is waited for.
    Waiting,
    /// This file was applied and committed.
    Applied(&'a MigrationFile),
}

/// What a run did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// What was applied now, in order.
    pub applied: Vec<MigrationFile>,
    /// How many files had been applied before.
    pub already: usize,
}

/// Applies what this build brings and the database lacks. Running it again is harmless.
///
/// The client's login has to be allowed to create schemas and roles, and the client must talk to the server
/// itself: a pooler that hands each transaction another session breaks the lock.
pub async fn migrate(
    client: &mut Client,
    progress: impl FnMut(Step<'_>) + Send,
) -> Result<Report, MigrationError> {
    migrate_files(client, EMBEDDED, progress).await
}

/// As [`migrate`], with files of the caller's choice.
pub async fn migrate_files(
    client: &mut Client,
    files: &[MigrationFile],
    mut progress: impl FnMut(Step<'_>) + Send,
) -> Result<Report, MigrationError> {
    lock(client, &mut progress).await?;
    let outcome = apply(client, files, &mut progress).await;
    // Should this fail, the session has ended and the lock with it. A caller that gives up halfway drops the
    // future, and the lock stays until it drops the client too.
    let unlocked = client.query_one("SELECT pg_advisory_unlock($1)", &[&LOCK]).await;
    let report = outcome?;
    unlocked.map_err(MigrationError::database("give back the migration lock"))?;
    Ok(report)
}

async fn lock(client: &Client, progress: &mut (impl FnMut(Step<'_>) + Send)) -> Result<(), MigrationError> {
    let failed = || MigrationError::database("take the migration lock");
    let at_once = client.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await.map_err(failed())?;
    if !at_once.try_get::<_, bool>(0).map_err(failed())? {
        progress(Step::Waiting);
        client.query_one("SELECT pg_advisory_lock($1)", &[&LOCK]).await.map_err(failed())?;
    }
    Ok(())
}

async fn apply(
    client: &mut Client,
    files: &[MigrationFile],
    progress: &mut (impl FnMut(Step<'_>) + Send),
) -> Result<Report, MigrationError> {
    create_schema(client).await?;
    let mut report = Report::default();
    for context in files.chunk_by(|a, b| a.context == b.context) {
        apply_context(client, context, &mut report, progress).await?;
    }
    Ok(report)
}

/// Asks first: `IF NOT EXISTS` wants the right to create even when there is nothing to do.
async fn create_schema(client: &Client) -> Result<(), MigrationError> {
    let failed = || MigrationError::database("create the schema of the migrations' history");
    let exists =
        client.query_opt("SELECT FROM pg_namespace WHERE nspname = $1", &[&SCHEMA]).await.map_err(failed())?;
    if exists.is_none() {
        client.batch_execute(&format!("CREATE SCHEMA {SCHEMA}")).await.map_err(failed())?;
    }
    Ok(())
}

/// `files` are those of one context.
async fn apply_context(
    client: &mut Client,
    files: &[MigrationFile],
    report: &mut Report,
    progress: &mut (impl FnMut(Step<'_>) + Send),
) -> Result<(), MigrationError> {
    let Some(context) = files.first().map(|file| file.context) else { return Ok(()) };
    let migrations = files.iter().map(MigrationFile::migration).collect::<Result<Vec<_>, _>>()?;
    let mut runner = Runner::new(&migrations);
    runner.set_migration_table_name(format!("{SCHEMA}.\"{context}\""));
    // No version is that low: this creates the history, compares it with the files and applies nothing.
    runner = runner.set_target(Target::Version(-1));
    runner.run_async(client).await.map_err(|error| MigrationError::history(context, error))?;
    let last = runner
        .get_last_applied_migration_async(client)
        .await
        .map_err(|error| MigrationError::history(context, error))?
        .map(|last| last.version());
    for (file, migration) in files.iter().zip(&migrations) {
        if last >= Some(migration.version()) {
            report.already += 1;
            continue;
        }
        // One at a time, to tell of each and to know which one failed.
        runner = runner.set_target(Target::Version(migration.version()));
        runner
            .run_async(client)
            .await
            .map_err(|error| MigrationError::applying(context, migration, error))?;
        report.applied.push(*file);
        progress(Step::Applied(file));
    }
    Ok(())
}
