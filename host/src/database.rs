//! The database of a running installation: the operator's, or a private one under the data directory; migrated
//! either way.

use crate::cli::Common;
use crate::up::step;
use anyhow::{Context as _, Result, bail};
use std::time::Duration;
use tradepost_cluster::{Cluster, Durability, Options};
use tradepost_migrations::Step;
use tradepost_sql_pool::Destination;

/// The database's name in a private cluster.
const NAME: &str = "tradepost";

/// How long to wait for a server that does not answer.
const CONNECT: Duration = Duration::from_secs(10);

/// A database that is up and has the schema of this version.
pub(crate) struct Database {
    url: String,
    host_and_port: String,
    cluster: Option<Cluster>,
}

impl Database {
    /// Finds or starts the database, and migrates it.
    pub(crate) async fn ready(common: &Common) -> Result<Self> {
        // An empty variable in the environment is as good as none.
        let database = match common.database_url.as_ref().filter(|url| !url.is_empty()) {
            Some(url) => Self { host_and_port: host_and_port(url)?, url: url.clone(), cluster: None },
            None => Self::private(common).await?,
        };
        match database.migrate().await {
            Ok(()) => Ok(database),
            Err(error) => {
                database.stop().await;
                Err(error)
            }
        }
    }

    async fn private(common: &Common) -> Result<Self> {
        step("starting the private Postgres");
        let options = Options::new(common.data.join("postgres"), Durability::Durable).on_progress(step);
        let cluster = Cluster::start(options).await?;
        cluster.create_database(NAME).await?;
        let url = cluster.url(NAME);
        Ok(Self { host_and_port: host_and_port(&url)?, url, cluster: Some(cluster) })
    }

    async fn migrate(&self) -> Result<()> {
        let mut client = tradepost_sql_pool::connect(&self.url, CONNECT)
            .await
            .context("cannot connect to Postgres; is it running, and are user and password right?")?;
        let report = tradepost_migrations::migrate(&mut client, |progress| match progress {
            Step::Waiting => step("waiting for another process that migrates this database"),
            Step::Applied(file) => step(&format!("migrated {}/{}", file.context, file.file)),
        })
        .await;
        report?;
        Ok(())
    }

    /// Where it is, with the password in it: a secret.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The server's address.
    pub(crate) fn host_and_port(&self) -> &str {
        &self.host_and_port
    }

    /// Stops the server if it is a private one.
    pub(crate) async fn stop(self) {
        if let Some(cluster) = self.cluster
            && let Err(error) = cluster.stop().await
        {
            tracing::error!(%error, "the private Postgres did not stop");
        }
    }
}

fn host_and_port(url: &str) -> Result<String> {
    let destinations = tradepost_sql_pool::destinations(url).context(
        "the database URL cannot be used; it should look like postgres://user:password@host:port/database",
    )?;
    match destinations.as_slice() {
        [Destination { host, port }] => Ok(format!("{host}:{port}")),
        _ => bail!("the database URL must name one host, because components are permitted to reach one"),
    }
}
