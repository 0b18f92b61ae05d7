//! `spin:variables@3.0.0`: the variables that the manifest gives to the calling component.

use crate::bindings::variables::spin::variables::variables::{self, Error, Host, HostWithStore};
use crate::guest::{CallSite, Guest, HasGuest};
use tradepost_manifest::LookupError;
use wasmtime::component::{Accessor, Linker};

const INTERFACE: &str = "spin:variables/variables";

pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    variables::add_to_linker::<_, HasGuest>(linker, |guest| guest)
}

impl<T: Send + 'static> HostWithStore<T> for HasGuest {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> wasmtime::Result<Result<String, Error>> {
        let site = CallSite::of(accessor);
        let look_up = async {
            match site.grants.variables.get(&name) {
                Ok(value) => Ok(value.to_owned()),
                Err(LookupError::InvalidName(reason)) => Err(Error::InvalidName(reason)),
                Err(LookupError::Undefined(reason)) => Err(Error::Undefined(reason)),
            }
        };
        site.pass((INTERFACE, "get"), name.len(), Error::Provider, look_up).await
    }
}

impl Host for &mut Guest {}
