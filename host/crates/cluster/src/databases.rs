//! Creating, cloning and dropping databases of a running cluster.

use std::fmt::Write;
use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use crate::home::Password;
use crate::{Cluster, ClusterError};

/// Whom everybody connects as; adapters then take their context's role.
pub(crate) const SUPERUSER: &str = "tradepost";
/// There from the start, and nobody's.
const MAINTENANCE: &str = "postgres";

impl Cluster {
    /// The URL of a database of this cluster, with the password in it: a secret.
    pub fn url(&self, database: &str) -> String {
        let (port, password) = self.address();
        let mut url = format!("postgres://{SUPERUSER}:{}@127.0.0.1:{port}/", password.reveal());
        for byte in database.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                url.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(url, "%{byte:02X}");
            }
        }
        url
    }

    /// Creates an empty database unless it is there.
    pub async fn create_database(&self, name: &str) -> Result<(), ClusterError> {
        let action = format!("create the database {name}");
        match self.execute(&action, &format!("CREATE DATABASE {}", quoted(name))).await {
            Err(ClusterError::Database { source, .. })
                if source.code() == Some(&SqlState::DUPLICATE_DATABASE) =>
            {
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Creates a database with the contents of `template`, to which nobody may be connected meanwhile. An error if
    /// there is one of that name.
    pub async fn create_database_from_template(
        &self,
        name: &str,
        template: &str,
    ) -> Result<(), ClusterError> {
        let statement = format!("CREATE DATABASE {} TEMPLATE {}", quoted(name), quoted(template));
        self.execute(&format!("create the database {name} from {template}"), &statement).await
    }

    /// Drops a database if it is there, and cuts off whoever is connected to it.
    pub async fn drop_database(&self, name: &str) -> Result<(), ClusterError> {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
        self.execute(&format!("drop the database {name}"), &statement).await
    }

    async fn execute(&self, action: &str, statement: &str) -> Result<(), ClusterError> {
        let (port, password) = self.address();
        let client = connect(port, password, MAINTENANCE).await.map_err(ClusterError::database(action))?;
        client.batch_execute(statement).await.map_err(ClusterError::database(action))
    }
}

async fn connect(port: u16, password: &Password, database: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = Config::new()
        .host("127.0.0.1")
        .port(port)
        .user(SUPERUSER)
        .password(password.reveal())
        .dbname(database)
        .connect_timeout(Duration::from_secs(10))
        .connect(NoTls)
        .await?;
    // Ends when the client is dropped; whatever breaks the connection fails the client's next call.
    tokio::spawn(connection);
    Ok(client)
}

/// The directory of the server's data, as that server tells it.
pub(crate) async fn data_directory(port: u16, password: &Password) -> Result<String, tokio_postgres::Error> {
    let client = connect(port, password, MAINTENANCE).await?;
    client.query_one("SHOW data_directory", &[]).await?.try_get(0)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
