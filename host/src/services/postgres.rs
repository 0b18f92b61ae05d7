//! `spin:postgres@4.2.0` over the connection pools.

mod rows;
mod values;

use crate::bindings::postgres::spin::postgres::postgres::{
    self, Error, Host, HostConnection, HostConnectionBuilder, HostConnectionBuilderWithStore,
    HostConnectionWithStore, ParameterValue, RowSet,
};
use crate::guest::{CallSite, Guest, HasGuest};
use tradepost_sql_pool::{CaRoot, Destination, Executed, Lease, Rows, destinations};
use wasmtime::component::{Accessor, Linker, Resource};

const INTERFACE: &str = "spin:postgres/postgres";

/// What a guest's `connection` handle stands for.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Connection(Lease);

/// What a guest's `connection-builder` handle stands for.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
#[derive(Clone)]
pub struct ConnectionBuilder {
    address: String,
    ca_root: Option<String>,
}

pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    postgres::add_to_linker::<_, HasGuest>(linker, |guest| guest)
}

/// How a seam's text becomes an error of opening, and of a statement.
fn not_opened(text: String) -> Error {
    Error::ConnectionFailed(text)
}

fn not_run(text: String) -> Error {
    Error::QueryFailed(postgres::QueryError::Text(text))
}

/// Opens a connection, if the address is one that the component may reach.
async fn open(site: &CallSite, builder: ConnectionBuilder) -> wasmtime::Result<Result<Connection, Error>> {
    let bytes = builder.address.len();
    let effect = async {
        permit(site, &builder.address)?;
        let ca_root = builder.ca_root.as_deref().map(CaRoot::from_pem).transpose().map_err(values::error)?;
        site.services
            .pools
            .open(&builder.address, ca_root.as_ref())
            .await
            .map(Connection)
            .map_err(values::error)
    };
    site.pass((INTERFACE, "open"), bytes, not_opened, effect).await
}

#[expect(clippy::result_large_err, reason = "the error is the interface's own")]
fn permit(site: &CallSite, address: &str) -> Result<(), Error> {
    for Destination { host, port } in destinations(address).map_err(values::error)? {
        if !site.grants.allowed_hosts.allows("postgres", &host, Some(port)) {
            return Err(Error::ConnectionFailed(format!(
                "address postgres://{host}:{port} is not permitted"
            )));
        }
    }
    Ok(())
}

/// Runs `statement` unless the request ends first, which cancels it.
async fn while_wanted<T>(
    site: &CallSite,
    statement: impl Future<Output = Result<T, tradepost_sql_pool::Error>>,
) -> Result<T, Error> {
    let abandoned = async {
        match &site.request {
            Some(request) => request.abandoned().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        answer = statement => answer.map_err(values::error),
        () = abandoned => Err(not_run("cancelled, because its request has ended".to_owned())),
    }
}

async fn query(
    site: &CallSite,
    lease: &Lease,
    statement: &str,
    parameters: Vec<ParameterValue>,
) -> wasmtime::Result<Result<Rows, Error>> {
    let effect = async {
        let parameters: Vec<_> = parameters.into_iter().map(values::parameter).collect();
        let rows = while_wanted(site, lease.query(statement, &parameters)).await?;
        count(site, rows.trips().round_trips());
        Ok(rows)
    };
    site.pass((INTERFACE, "query"), statement.len(), not_run, effect).await
}

async fn execute(
    site: &CallSite,
    lease: &Lease,
    statement: &str,
    parameters: Vec<ParameterValue>,
) -> wasmtime::Result<Result<u64, Error>> {
    let effect = async {
        let parameters: Vec<_> = parameters.into_iter().map(values::parameter).collect();
        let Executed { rows, trips } = while_wanted(site, lease.execute(statement, &parameters)).await?;
        count(site, trips.round_trips());
        Ok(rows)
    };
    site.pass((INTERFACE, "execute"), statement.len(), not_run, effect).await
}

fn count(site: &CallSite, round_trips: u32) {
    if let Some(request) = &site.request {
        request.count_round_trips(round_trips);
    }
}

fn lease<T>(accessor: &Accessor<T, HasGuest>, handle: &Resource<Connection>) -> wasmtime::Result<Lease> {
    accessor.with(|mut access| Ok(access.get().table.get(handle)?.0.clone()))
}

impl<T: Send + 'static> HostConnectionWithStore<T> for HasGuest {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        address: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let site = CallSite::of(accessor);
        match open(&site, ConnectionBuilder { address, ca_root: None }).await? {
            Ok(connection) => Ok(Ok(accessor.with(|mut access| access.get().table.push(connection))?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn query_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<rows::Streamed, Error>> {
        let site = CallSite::of(accessor);
        let lease = lease(accessor, &handle)?;
        match query(&site, &lease, &statement, parameters).await? {
            Ok(rows) => Ok(Ok(accessor.with(|access| rows::streamed(access, rows))?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let site = CallSite::of(accessor);
        let lease = lease(accessor, &handle)?;
        execute(&site, &lease, &statement, parameters).await
    }
}

impl HostConnection for &mut Guest {
    async fn open(&mut self, address: String) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let site = self.synchronous_call_site();
        match open(&site, ConnectionBuilder { address, ca_root: None }).await? {
            Ok(connection) => Ok(Ok(self.table.push(connection)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn query(
        &mut self,
        handle: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<RowSet, Error>> {
        let site = self.synchronous_call_site();
        let lease = self.table.get(&handle)?.0.clone();
        let rows = match query(&site, &lease, &statement, parameters).await? {
            Ok(rows) => rows,
            Err(error) => return Ok(Err(error)),
        };
        Ok(rows.all().await.map_err(values::error).map(|(columns, rows)| RowSet {
            columns: columns.iter().map(values::column).collect(),
            rows: rows.into_iter().map(values::row).collect(),
        }))
    }

    async fn execute(
        &mut self,
        handle: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let site = self.synchronous_call_site();
        let lease = self.table.get(&handle)?.0.clone();
        execute(&site, &lease, &statement, parameters).await
    }

    async fn drop(&mut self, handle: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl<T: Send + 'static> HostConnectionBuilderWithStore<T> for HasGuest {
    async fn build_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<ConnectionBuilder>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let site = CallSite::of(accessor);
        let builder =
            accessor.with(|mut access| wasmtime::error::Ok(access.get().table.get(&handle)?.clone()))?;
        match open(&site, builder).await? {
            Ok(connection) => Ok(Ok(accessor.with(|mut access| access.get().table.push(connection))?)),
            Err(error) => Ok(Err(error)),
        }
    }
}

impl HostConnectionBuilder for &mut Guest {
    async fn new(&mut self, address: String) -> wasmtime::Result<Resource<ConnectionBuilder>> {
        Ok(self.table.push(ConnectionBuilder { address, ca_root: None })?)
    }

    async fn set_ca_root(
        &mut self,
        handle: Resource<ConnectionBuilder>,
        certificate: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        if let Err(error) = CaRoot::from_pem(&certificate) {
            return Ok(Err(values::error(error)));
        }
        self.table.get_mut(&handle)?.ca_root = Some(certificate);
        Ok(Ok(()))
    }

    async fn build(
        &mut self,
        handle: Resource<ConnectionBuilder>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let site = self.synchronous_call_site();
        let builder = self.table.get(&handle)?.clone();
        match open(&site, builder).await? {
            Ok(connection) => Ok(Ok(self.table.push(connection)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn drop(&mut self, handle: Resource<ConnectionBuilder>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl Host for &mut Guest {}
