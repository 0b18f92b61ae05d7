//! Opening a physical connection, and asking a server to cancel what one is doing.

use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode, SslNegotiation, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::{CancelToken, Client, Config, SimpleQueryMessage};

use crate::error::{Error, why_not_connected};
use crate::observer::{Line, Observed};
use crate::pools::Limits;
use crate::tls::{AlreadySecured, CaRoot, Link, Secured, Trust, secure};

/// When an address says nothing of keepalives, a dead peer is noticed after 90 seconds and not after two hours.
const KEEPALIVE_IDLE: Duration = Duration::from_mins(1);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;
const DRIVER_KEEPALIVE_IDLE: Duration = Duration::from_hours(2);

/// An address that has been read: where to, as whom, how secure.
pub(crate) struct Target {
    config: Config,
    servers: Vec<Server>,
    name: String,
    trust: Trust,
    timeout: Duration,
}

struct Server {
    /// As the address spells it: what a certificate must be for.
    name: String,
    /// Where to, when the address says it by number.
    number: Option<std::net::IpAddr>,
    port: u16,
}

/// A new physical connection.
pub(crate) struct Dialed {
    pub(crate) client: Client,
    pub(crate) line: Arc<Line>,
    /// Moves bytes between the client and the server until either is gone.
    pub(crate) driver: JoinHandle<()>,
    pub(crate) peer: Peer,
    pub(crate) feeler: Feeler,
}

/// A second handle to a connection's socket, to feel whether something has come that the driver has not seen yet.
pub(crate) struct Feeler(socket2::Socket);

impl Feeler {
    /// Whether there is nothing to read and no end, which is how an idle connection is.
    pub(crate) fn finds_nothing(&self) -> bool {
        let found = self.0.peek(&mut [MaybeUninit::uninit()]);
        found.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }
}

/// The server that a connection leads to, of those an address may name.
#[derive(Clone)]
pub(crate) struct Peer {
    address: SocketAddr,
    name: String,
}

/// Why there is no connection.
pub(crate) struct NotDialed {
    /// The server has as many connections as it takes; one may soon be free.
    pub(crate) is_full: bool,
    text: String,
}

impl NotDialed {
    fn because(text: impl Into<String>) -> Self {
        Self { is_full: false, text: text.into() }
    }
}

impl From<NotDialed> for Error {
    fn from(error: NotDialed) -> Self {
        Self::ConnectionFailed(error.text)
    }
}

/// A place that an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// A name or a number; where an address gives both (`host` and `hostaddr`), the number, which is what counts.
    pub host: String,
    /// The port, 5432 if the address names none.
    pub port: u16,
}

/// Every place that [`Pools::open`](crate::Pools::open) may connect to for an address, for a caller that allows some
/// and not others. To ask here is to have the address read as it will be.
///
/// # Errors
/// [`Error::ConnectionFailed`] if the address cannot be used at all. The error does not quote it.
pub fn destinations(address: &str) -> Result<Vec<Destination>, Error> {
    let (_, servers) = read(address)?;
    let place = |Server { name, number, port }| Destination {
        host: number.map_or(name, |number| number.to_string()),
        port,
    };
    Ok(servers.into_iter().map(place).collect())
}

/// Opens a connection of the caller's own, outside of any pool: for administration such as migrations. It ends when
/// the client is dropped.
///
/// # Errors
/// [`Error::ConnectionFailed`]. It names the server and never quotes the address.
pub async fn connect(address: &str, timeout: Duration) -> Result<Client, Error> {
    let target = Target::parse(address, None, timeout)?;
    Ok(target.dial(Limits::default().row_bytes).await?.client)
}

/// Reads an address, as a URL or as `key=value` pairs.
///
/// The error does not quote it: a misspelled address is where a password ends up in the wrong place.
fn read(address: &str) -> Result<(Config, Vec<Server>), Error> {
    let refused = |why: &str| Error::ConnectionFailed(format!("the database's address is not usable: {why}"));
    let config: Config = address.parse().map_err(|error: tokio_postgres::Error| {
        let cause = error.into_source().map(|cause| cause.to_string()).unwrap_or_default();
        // The option's name is one of the driver's own words here, and a piece of the address elsewhere.
        if cause.starts_with("invalid value for option") {
            refused(&cause)
        } else {
            refused("it cannot be read")
        }
    })?;
    let servers = servers(&config).map_err(refused)?;
    Ok((config, servers))
}

impl Target {
    pub(crate) fn parse(address: &str, ca_root: Option<CaRoot>, timeout: Duration) -> Result<Self, Error> {
        let (mut config, servers) = read(address)?;
        if config.get_application_name().is_none() {
            config.application_name("tradepost");
        }
        let timeout = config.get_connect_timeout().map_or(timeout, |asked| timeout.min(*asked));
        let names: Vec<_> = servers.iter().map(|server| format!("{}:{}", server.name, server.port)).collect();
        Ok(Self { config, servers, name: names.join(","), trust: Trust::new(ca_root), timeout })
    }

    /// Its servers, for a log.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Opens a connection to the first server that takes one.
    pub(crate) async fn dial(&self, row_bytes_max: usize) -> Result<Dialed, NotDialed> {
        let mut failure = NotDialed::because("the address names no server");
        for server in &self.servers {
            let dialed = tokio::time::timeout(self.timeout, self.dial_server(server, row_bytes_max)).await;
            let dialed = dialed
                .unwrap_or_else(|_| Err(NotDialed::because(format!("no answer in {:?}", self.timeout))));
            match dialed {
                Ok(dialed) => return Ok(dialed),
                Err(NotDialed { is_full, text }) => {
                    let text = format!("{}:{}: {text}", server.name, server.port);
                    failure = NotDialed { is_full, text };
                }
            }
        }
        Err(failure)
    }

    async fn dial_server(&self, server: &Server, row_bytes_max: usize) -> Result<Dialed, NotDialed> {
        let addresses: Vec<SocketAddr> = match server.number {
            Some(number) => vec![(number, server.port).into()],
            None => tokio::net::lookup_host((server.name.as_str(), server.port))
                .await
                .map_err(|error| NotDialed::because(error.to_string()))?
                .collect(),
        };
        let mut failure = NotDialed::because("the name has no address");
        for address in addresses {
            let peer = Peer { address, name: server.name.clone() };
            match self.dial_peer(peer, row_bytes_max).await {
                Ok(dialed) => return Ok(dialed),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn dial_peer(&self, peer: Peer, row_bytes_max: usize) -> Result<Dialed, NotDialed> {
        let (secured, feeler) = self.reach(&peer).await.map_err(NotDialed::because)?;
        let line = Arc::new(Line::new(row_bytes_max));
        let config = self.config_over(&secured.link);
        let stream = Observed::new(secured.link, line.clone());
        let tls = AlreadySecured { end_point: secured.end_point };
        let (client, connection) = config.connect_raw(stream, tls).await.map_err(|error| NotDialed {
            is_full: error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS),
            text: why_not_connected(&error),
        })?;
        // What ends it reaches whoever uses the client.
        let driver = tokio::spawn(async move {
            let _ = connection.await;
        });
        let dialed = Dialed { client, line, driver, peer, feeler };
        self.require_session_attributes(&dialed.client).await?;
        Ok(dialed)
    }

    async fn reach(&self, peer: &Peer) -> Result<(Secured, Feeler), String> {
        let tcp = TcpStream::connect(peer.address).await.map_err(|error| error.to_string())?;
        tcp.set_nodelay(true).map_err(|error| error.to_string())?;
        self.keep_alive(&tcp).map_err(|error| error.to_string())?;
        let (mode, negotiation) = (self.config.get_ssl_mode(), self.config.get_ssl_negotiation());
        let feeler = Feeler(SockRef::from(&tcp).try_clone().map_err(|error| error.to_string())?);
        Ok((secure(tcp, mode, negotiation, &peer.name, &self.trust).await?, feeler))
    }

    fn keep_alive(&self, tcp: &TcpStream) -> std::io::Result<()> {
        let (config, socket) = (&self.config, SockRef::from(tcp));
        if config.get_keepalives() {
            let idle = config.get_keepalives_idle();
            let idle = if idle == DRIVER_KEEPALIVE_IDLE { KEEPALIVE_IDLE } else { idle };
            socket.set_tcp_keepalive(
                &TcpKeepalive::new()
                    .with_time(idle)
                    .with_interval(config.get_keepalives_interval().unwrap_or(KEEPALIVE_INTERVAL))
                    .with_retries(config.get_keepalives_retries().unwrap_or(KEEPALIVE_RETRIES)),
            )?;
        }
        #[cfg(target_os = "linux")]
        if let Some(timeout) = config.get_tcp_user_timeout() {
            socket.set_tcp_user_timeout(Some(*timeout))?;
        }
        Ok(())
    }

    /// The driver is told that TLS begins at once where it has in fact been done, so that it binds the login to it.
    fn config_over(&self, link: &Link) -> Config {
        let mut config = self.config.clone();
        match link {
            Link::Plain(_) => config.ssl_mode(SslMode::Disable),
            Link::Tls(_) => config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct),
        };
        config
    }

    async fn require_session_attributes(&self, client: &Client) -> Result<(), NotDialed> {
        let (wanted, refusal) = match self.config.get_target_session_attrs() {
            TargetSessionAttrs::ReadWrite => ("off", "the server takes no writes"),
            TargetSessionAttrs::ReadOnly => ("on", "the server takes writes"),
            _ => return Ok(()),
        };
        let answer = client.simple_query("SHOW transaction_read_only").await;
        let answer = answer.map_err(|error| NotDialed::because(why_not_connected(&error)))?;
        let is_wanted = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.try_get(0).is_ok_and(|value| value == Some(wanted)),
            _ => false,
        };
        if answer.iter().any(is_wanted) { Ok(()) } else { Err(NotDialed::because(refusal)) }
    }

    /// Asks `peer` to cancel what the connection of `token` is doing, and returns when the server has passed the
    /// request on: whatever that connection is sent afterwards will not be hit by it.
    pub(crate) async fn cancel(&self, peer: &Peer, token: CancelToken) -> Result<(), String> {
        let (Secured { mut link, .. }, _) = self.reach(peer).await?;
        let tls = AlreadySecured { end_point: None };
        token.cancel_query_raw(&mut link, tls).await.map_err(|error| why_not_connected(&error))?;
        // The server closes once it has signalled its process. How it closes does not matter.
        let _ = link.read_to_end(&mut Vec::new()).await;
        Ok(())
    }
}

fn servers(config: &Config) -> Result<Vec<Server>, &'static str> {
    let (hosts, numbers, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = hosts.len().max(numbers.len());
    if count == 0 {
        return Err("it names no host");
    }
    if !hosts.is_empty() && !numbers.is_empty() && hosts.len() != numbers.len() {
        return Err("it has not as many hosts as hostaddrs");
    }
    if ports.len() > 1 && ports.len() != count {
        return Err("it has not as many ports as hosts");
    }
    (0..count)
        .map(|index| {
            let number = numbers.get(index).copied();
            let name = match (hosts.get(index), number) {
                (Some(Host::Tcp(name)), _) => name.clone(),
                (None, Some(number)) => number.to_string(),
                _ => return Err("Unix sockets are not supported"),
            };
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            Ok(Server { name, number, port })
        })
        .collect()
}
