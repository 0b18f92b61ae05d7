//! `spin:key-value@3.0.0` over the embedded store.

use crate::bindings::key_value::spin::key_value::key_value::{
    self, Error, Host, HostStore, HostStoreWithStore,
};
use crate::guest::{CallSite, Guest, HasGuest};
use wasmtime::component::{Accessor, FutureReader, Linker, Resource, StreamReader};

const INTERFACE: &str = "spin:key-value/key-value";

/// What a guest's `store` handle stands for.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Store(tradepost_key_value::Store);

pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    key_value::add_to_linker::<_, HasGuest>(linker, |guest| guest)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn failed(error: tradepost_key_value::Error) -> Error {
    Error::Other(error.to_string())
}

/// The store behind a handle.
fn store<T>(
    accessor: &Accessor<T, HasGuest>,
    handle: &Resource<Store>,
) -> wasmtime::Result<tradepost_key_value::Store> {
    accessor.with(|mut access| Ok(access.get().table.get(handle)?.0.clone()))
}

impl<T: Send + 'static> HostStoreWithStore<T> for HasGuest {
    async fn open(
        accessor: &Accessor<T, Self>,
        label: String,
    ) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        let site = CallSite::of(accessor);
        let open = async {
            if !site.grants.key_value_stores.contains(&label) {
                return Err(Error::AccessDenied);
            }
            site.services.stores.label(&label).map_err(failed)
        };
        match site.pass((INTERFACE, "open"), label.len(), Error::Other, open).await? {
            Ok(store) => Ok(Ok(accessor.with(|mut access| access.get().table.push(Store(store)))?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        handle: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let site = CallSite::of(accessor);
        let store = store(accessor, &handle)?;
        let get = async { store.get(&key).map_err(failed) };
        site.pass((INTERFACE, "get"), key.len(), Error::Other, get).await
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        handle: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let site = CallSite::of(accessor);
        let store = store(accessor, &handle)?;
        let bytes = key.len() + value.len();
        let set = async { store.set(&key, value).await.map_err(failed) };
        site.pass((INTERFACE, "set"), bytes, Error::Other, set).await
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        handle: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        let site = CallSite::of(accessor);
        let store = store(accessor, &handle)?;
        let delete = async { store.delete(&key).await.map_err(failed) };
        site.pass((INTERFACE, "delete"), key.len(), Error::Other, delete).await
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        handle: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        let site = CallSite::of(accessor);
        let store = store(accessor, &handle)?;
        let exists = async { store.exists(&key).map_err(failed) };
        site.pass((INTERFACE, "exists"), key.len(), Error::Other, exists).await
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        handle: Resource<Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let site = CallSite::of(accessor);
        let store = store(accessor, &handle)?;
        let keys = async { store.keys().and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(failed) };
        let (keys, end) = match site.pass((INTERFACE, "get-keys"), 0, Error::Other, keys).await? {
            Ok(keys) => (keys, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            let end = FutureReader::new(&mut access, async move { wasmtime::error::Ok(end) })?;
            Ok((keys, end))
        })
    }
}

impl HostStore for &mut Guest {
    async fn drop(&mut self, handle: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl Host for &mut Guest {}
