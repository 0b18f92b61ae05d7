//! Outbound `wasi:http`: to another component of the application in memory, to the world over the network, and
//! only where the manifest allows it.

mod exchange;

use crate::guest::{CallSite, Grants, Guest, HasGuest};
use crate::request::RequestRecord;
use crate::services::Services;
use std::sync::Arc;
use tradepost_manifest::chained_component;
use wasmtime::component::{Accessor, Linker, Resource};
use wasmtime_wasi_http::p3::bindings::http::client::HostWithStore;
use wasmtime_wasi_http::p3::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p3::{Request, Response};
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody, WasiHttp, WasiHttpHooks, WasiHttpView};

/// One instance's way out.
pub(crate) struct Outbound {
    grants: Arc<Grants>,
    services: Arc<Services>,
    /// Whose request is about to be sent. The hook below is not told, so the function above it leaves word here, in
    /// the same turn.
    sender: Option<Arc<RequestRecord>>,
}

type Answer = (http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

impl Outbound {
    pub(crate) fn new(grants: Arc<Grants>, services: Arc<Services>) -> Self {
        Self { grants, services, sender: None }
    }
}

/// Puts the seam around the function that the linker has.
pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut client = linker.instance("wasi:http/client@0.3.0")?;
    client.func_wrap_concurrent("send", |accessor, (request,): (Resource<Request>,)| {
        Box::pin(async move { Ok((through_the_seam(accessor, request).await?,)) })
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

/// An error of sending that the guest is to see, or one that traps it.
enum NotSent {
    Refused(ErrorCode),
    Trapped(wasmtime::Error),
}

async fn through_the_seam(
    accessor: &Accessor<Guest>,
    request: Resource<Request>,
) -> wasmtime::Result<Result<Resource<Response>, ErrorCode>> {
    let site = CallSite::of(&accessor.with_getter::<HasGuest>(|guest| guest));
    let http = accessor.with_getter::<WasiHttp>(Guest::http);
    let effect = async {
        accessor.with(|mut access| access.data_mut().outbound.sender.clone_from(&site.request));
        // Reaches the hook below before it waits for the first time.
        WasiHttp::send(&http, request).await.map_err(|error| match error.downcast() {
            Ok(code) => NotSent::Refused(code),
            Err(trap) => NotSent::Trapped(trap),
        })
    };
    let fail = |text| NotSent::Refused(ErrorCode::InternalError(Some(text)));
    match site.pass(("wasi:http/client", "send"), 0, fail, effect).await? {
        Ok(response) => Ok(Ok(response)),
        Err(NotSent::Refused(code)) => Ok(Err(code)),
        Err(NotSent::Trapped(trap)) => Err(trap),
    }
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Answer>> + Send> {
        let (grants, services, sender) = (self.grants.clone(), self.services.clone(), self.sender.take());
        Box::new(async move { send(&grants, &services, sender.as_deref(), request, options).await })
    }
}

async fn send(
    grants: &Grants,
    services: &Services,
    sender: Option<&RequestRecord>,
    request: http::Request<WasiBody>,
    options: Option<RequestOptions>,
) -> Result<Answer> {
    let uri = request.uri();
    let scheme = uri.scheme_str().unwrap_or("http");
    let Some(host) = uri.host() else { return Err(Error::HttpRequestUriInvalid) };
    if !grants.allowed_hosts.allows(scheme, host, uri.port_u16()) {
        tracing::warn!(
            component = &*grants.component,
            "refused an outbound request to {scheme}://{host}: it is not in `allowed_outbound_hosts`"
        );
        return Err(Error::HttpRequestDenied);
    }
    if let Some(component) = chained_component(host) {
        let app = services.app.get().and_then(std::sync::Weak::upgrade).ok_or(Error::ConnectionTerminated)?;
        let component = component.to_owned();
        let response =
            app.handle_chained(&component, request, sender).await.ok_or(Error::DestinationNotFound)?;
        return Ok((response, Box::new(std::future::ready(Ok(())))));
    }
    exchange::exchange(&services.networks, request, options).await
}
