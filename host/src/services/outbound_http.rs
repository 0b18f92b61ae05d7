//! Outbound `wasi:http`: to another component of the application in memory, to the world over the network, and
//! only where the manifest allows it.

use crate::guest::Grants;
use crate::seam::{self, HostCall};
use crate::services::Services;
use http_body_util::BodyExt;
use std::sync::Arc;
use tradepost_manifest::chained_component;
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody, WasiHttpHooks};

/// One instance's way out.
pub(crate) struct Outbound {
    grants: Arc<Grants>,
    services: Arc<Services>,
}

type Answer = (http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

impl Outbound {
    pub(crate) fn new(grants: Arc<Grants>, services: Arc<Services>) -> Self {
        Self { grants, services }
    }
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Answer>> + Send> {
        let (grants, services) = (self.grants.clone(), self.services.clone());
        Box::new(async move {
            let call = || HostCall {
                component: grants.component.clone(),
                request_id: None,
                ordinal: services.count_host_call(),
                interface: "wasi:http/client",
                function: "send",
                argument_bytes: request.uri().to_string().len(),
            };
            let call = services.seam.is_some().then(call);
            let effect = send(&grants, &services, request, options);
            let fail = |text| Error::InternalError(Some(text));
            match call {
                None => effect.await,
                // A guest that is to be killed here gets an error instead: a hook has no way to trap.
                Some(call) => seam::pass(services.seam.as_ref(), || call, fail, effect)
                    .await
                    .unwrap_or_else(|killed| Err(Error::InternalError(Some(killed.to_string())))),
            }
        })
    }
}

async fn send(
    grants: &Grants,
    services: &Services,
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
        let response = app.handle_chained(&component, request).await.ok_or(Error::DestinationNotFound)?;
        return Ok((response, Box::new(std::future::ready(Ok(())))));
    }
    let (response, io) = wasmtime_wasi_http::default_send_request(request, options).await?;
    Ok((response.map(BodyExt::boxed_unsync), Box::new(io)))
}
