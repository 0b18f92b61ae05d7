//! The database of a running installation: the operator's, or a private one under the data directory; migrated
//! either way.

use crate::cli::Common;
use crate::up::step;
use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tradepost_cluster::{Cluster, Durability, Options};
use tradepost_migrations::{LOGIN, Step, grant_login};
use tradepost_sql_pool::Destination;

/// The database's name in a private cluster.
const NAME: &str = "tradepost";

/// How long to wait for a server that does not answer.
const CONNECT: Duration = Duration::from_secs(10);

/// A database that is up and has the schema of this version.
pub(crate) struct Database {
    url: String,
    /// The same for components, in a cluster of our own.
    components_url: Option<String>,
    host_and_port: String,
    cluster: Option<Cluster>,
}

impl Database {
    /// Finds or starts the database, and migrates it.
    pub(crate) async fn ready(common: &Common) -> Result<Self> {
        // An empty variable in the environment is as good as none.
        let mut database = match common.database_url.as_ref().filter(|url| !url.is_empty()) {
            Some(url) => Self {
                host_and_port: host_and_port(url)?,
                url: url.clone(),
                components_url: None,
                cluster: None,
            },
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
        Ok(Self { host_and_port: host_and_port(&url)?, url, components_url: None, cluster: Some(cluster) })
    }

    async fn migrate(&mut self) -> Result<()> {
        let mut client = tradepost_sql_pool::connect(&self.url, CONNECT)
            .await
            .context("cannot connect to Postgres; is it running, and are user and password right?")?;
        let report = tradepost_migrations::migrate(&mut client, |progress| match progress {
            Step::Waiting => step("waiting for another process that migrates this database"),
            Step::Applied(file) => step(&format!("migrated {}/{}", file.context, file.file)),
        })
        .await;
        report?;
        if self.cluster.is_some() {
            let login = Login::of(&self.url).context("the private cluster's address has no password")?;
            grant_login(&client, &login.password).await.context("cannot make the components' login")?;
            self.components_url = Some(login.url);
        }
        Ok(())
    }

    /// Where it is for whoever owns it, with the password in it: a secret.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Where it is for components, with the password in it. In a private cluster they have a login of their own, which may
    /// take the contexts' roles and nothing else; whoever brings a database says by its address who they are.
    pub(crate) fn components_url(&self) -> &str {
        self.components_url.as_deref().unwrap_or(&self.url)
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

/// The components' login in a private cluster.
struct Login {
    url: String,
    password: String,
}

impl Login {
    /// Its password follows from the owner's, so that every process that uses the cluster knows it, and does not lead back.
    fn of(owner: &str) -> Option<Self> {
        let config: tokio_postgres::Config = owner.parse().ok()?;
        let digest = Sha256::new()
            .chain_update(b"tradepost components\0")
            .chain_update(config.get_password()?)
            .finalize();
        let password = hex::encode(digest);
        let (_, place) = owner.rsplit_once('@')?;
        Some(Self { url: format!("postgres://{LOGIN}:{password}@{place}"), password })
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
