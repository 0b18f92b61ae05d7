//! An application: a manifest's components, composed, compiled and ready to answer requests.

use crate::answer::{self, RequestLine};
use crate::compilation::{Compilation, Loaded};
use crate::engine::Engine;
use crate::guest::{Component, Grants};
use crate::inputs::Inputs;
use crate::limits::Limits;
use crate::networks::Networks;
use crate::pace::paced;
use crate::request::{AbandonOnDrop, RequestRecord};
use crate::seam::Seam;
use crate::server::head::{HEADERS, TARGET_BYTES, is_host, is_same_host};
use crate::services::Services;
use anyhow::{Context as _, Result};
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Limited};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tokio::sync::{Semaphore, oneshot};
use tradepost_key_value::Stores;
use tradepost_manifest::{
    Arrival, CHAINED_CLIENT, Manifest, Router, Variables, is_spin_header, spin_headers,
};
use tradepost_sql_pool::Pools;
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{ExpirationError, InstantiationError};

/// The header that names a request, in the answer and in the log.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// What an application is made from.
pub struct Parts<'a> {
    /// The manifest, read.
    pub manifest: &'a Manifest,
    /// Its variables, resolved.
    pub variables: &'a Variables,
    /// What compiles.
    pub engine: &'a Engine,
    /// What a request may use.
    pub limits: Limits,
    /// Connections to Postgres.
    pub pools: Pools,
    /// The key-value stores.
    pub stores: Stores,
    /// A test's hand on the host calls.
    pub seam: Option<Arc<dyn Seam>>,
    /// Time and chance.
    pub inputs: Inputs,
    /// Where guests' requests may go.
    pub networks: Networks,
}

/// How a client reached the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Who is at the other end of a connection, and how he got there.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    /// The address.
    pub peer: SocketAddr,
    /// The scheme.
    pub scheme: Scheme,
}

/// An application that answers requests.
pub struct App {
    router: Router,
    components: HashMap<String, Component>,
    limits: Arc<Limits>,
    requests: Semaphore,
    services: Arc<Services>,
}

impl App {
    /// Composes and compiles every component that has a route, and makes an application of them.
    pub fn load(parts: Parts<'_>, progress: impl FnMut(Loaded<'_>)) -> Result<Arc<Self>> {
        let compilation = Compilation::of(parts.manifest, parts.engine, progress)?;
        Self::of(&compilation, parts)
    }

    /// An application of what was compiled from the same manifest before.
    pub fn of(compilation: &Compilation, parts: Parts<'_>) -> Result<Arc<Self>> {
        let Parts { manifest, variables, engine, limits, pools, stores, seam, inputs, networks } = parts;
        let limits = Arc::new(limits);
        let services = Arc::new(Services::new(seam, inputs, pools, stores, networks));
        let mut components = HashMap::new();
        for component in manifest.endpoints() {
            let id = component.id.as_str();
            let pre =
                compilation.component(id).with_context(|| format!("component {id:?} is not compiled"))?;
            let grants = Arc::new(Grants::of(manifest, component, variables)?);
            let turns = engine.turns().clone();
            let component = Component::new(pre.clone(), grants, services.clone(), limits.clone(), turns);
            components.insert(id.to_owned(), component);
        }
        let app = Arc::new(Self {
            router: manifest.router().clone(),
            components,
            requests: Semaphore::new(limits.concurrent_requests),
            limits,
            services: services.clone(),
        });
        // Set once, here: the only other reference to these services is in the application just made.
        let _ = services.app.set(Arc::downgrade(&app));
        Ok(app)
    }

    /// Says that no more requests come.
    pub fn stop(&self) {
        self.services.stopped.store(true, Ordering::Relaxed);
    }

    /// What a request may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Answers a request whose head could not be read.
    pub(crate) fn refuse(refusal: answer::Refusal) -> Response<WasiBody> {
        let id = request_id(&HeaderMap::new());
        let line = RequestLine::unknown();
        let mut response = answer::problem(&refusal, &line, &id);
        answer::complete(&mut response, &id);
        tracing::info!(
            target: "tradepost::request",
            method = %line.method,
            path = &*line.path,
            status = response.status().as_u16(),
            request_id = &*id,
        );
        response
    }

    /// Answers a request that came over the network from `client`.
    pub async fn handle(&self, mut request: Request<WasiBody>, client: Client) -> Response<WasiBody> {
        let start = Instant::now();
        let id = request_id(request.headers());
        let record = RequestRecord::new(&id);
        let line = RequestLine::of(&request);
        let (route, component, mut response) = match self.admit(&mut request, &id, client) {
            Ok((route, component, permit)) => {
                let (head, body) = request.into_parts();
                let (body, late) = paced(body, &self.limits);
                let request = Request::from_parts(head, body);
                let response = self.run(component, &record, request, &line, Some(late)).await;
                drop(permit);
                (route, component, response)
            }
            Err(refusal) => ("", "", answer::problem(&refusal, &line, &id)),
        };
        answer::complete(&mut response, &id);
        tracing::info!(
            target: "tradepost::request",
            method = %line.method,
            path = &*line.path,
            route,
            component,
            status = response.status().as_u16(),
            duration_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX),
            request_id = &*id,
            host_calls = record.host_calls(),
            round_trips = record.round_trips(),
        );
        response
    }

    /// Answers a request of the host's own to `component`, on a private route or not: as service chaining does, but
    /// with nobody's grants. `None` if there is no such component.
    pub async fn send_to(&self, component: &str, request: Request<WasiBody>) -> Option<Response<WasiBody>> {
        self.handle_chained(component, request, None).await
    }

    /// Answers a request that a component sent to `component` on behalf of `parent`; `None` if there is no such
    /// component.
    pub(crate) async fn handle_chained(
        &self,
        component: &str,
        mut request: Request<WasiBody>,
        parent: Option<&RequestRecord>,
    ) -> Option<Response<WasiBody>> {
        let record =
            parent.map_or_else(|| RequestRecord::new(&request_id(request.headers())), RequestRecord::chain);
        let id = record.id().clone();
        let line = RequestLine::of(&request);
        let matched = self.router.chained(component, &line.path)?;
        let host = request.uri().host().map(str::to_owned);
        let chained = Client { peer: CHAINED_CLIENT, scheme: Scheme::Http };
        let ours = spin_headers(&matched, &arrival(request.uri(), host.as_deref(), chained));
        set_spin_headers(request.headers_mut(), ours);
        if let Ok(value) = HeaderValue::from_str(&id) {
            request.headers_mut().insert(REQUEST_ID, value);
        }
        let mut response = self.run(component, &record, request, &line, None).await;
        answer::complete(&mut response, &id);
        Some(response)
    }

    /// Answers a request that the host makes itself; `None` if there is no such route. No client waits for it, so it needs
    /// no place among the requests, and the log has no line of it.
    pub(crate) async fn handle_own(&self, request: Request<WasiBody>) -> Option<Response<WasiBody>> {
        let component = self.router.route(request.uri().path())?.component.as_str();
        self.handle_chained(component, request, None).await
    }

    /// Checks what is the host's to check, and finds who answers.
    fn admit(
        &self,
        request: &mut Request<WasiBody>,
        id: &str,
        client: Client,
    ) -> Result<(&str, &str, tokio::sync::SemaphorePermit<'_>), answer::Refusal> {
        check_head(request)?;
        let limit = self.limits.request_body_bytes;
        if content_length(request.headers()).is_some_and(|length| length > limit) {
            return Err(answer::Refusal::BodyTooLarge { limit });
        }
        let Ok(permit) = self.requests.try_acquire() else { return Err(answer::Refusal::Overloaded) };
        let path = request.uri().path();
        // Spin's router skips empty segments, so that `//events` is `/events`; a proxy in front that guards a path does not.
        let matched = if path.contains("//") { None } else { self.router.route(path) };
        let Some(matched) = matched else { return Err(answer::Refusal::NoRoute) };
        let (route, component) = (matched.pattern.as_str(), matched.component.as_str());
        let host = request.headers().get(header::HOST).cloned();
        let host = host.as_ref().and_then(|host| host.to_str().ok());
        let ours = spin_headers(&matched, &arrival(request.uri(), host, client));
        set_spin_headers(request.headers_mut(), ours);
        if let Ok(value) = HeaderValue::from_str(id) {
            request.headers_mut().insert(REQUEST_ID, value);
        }
        // Guests see an absolute URI, as they do on Spin.
        if let Some(uri) = absolute(request.uri(), client.scheme, host.unwrap_or("localhost")) {
            *request.uri_mut() = uri;
        }
        Ok((route, component, permit))
    }

    async fn run(
        &self,
        component: &str,
        record: &Arc<RequestRecord>,
        request: Request<WasiBody>,
        line: &RequestLine,
        late: Option<oneshot::Receiver<()>>,
    ) -> Response<WasiBody> {
        let id = record.id().clone();
        let Some(component) = self.components.get(component) else {
            return answer::problem(&answer::Refusal::NoRoute, line, &id);
        };
        let limit = usize::try_from(self.limits.request_body_bytes).unwrap_or(usize::MAX);
        let request = request.map(|body| {
            Limited::new(body, limit)
                .map_err(|error| match error.downcast::<wasmtime_wasi_http::Error>() {
                    Ok(error) => *error,
                    Err(_) => wasmtime_wasi_http::Error::HttpRequestBodySize(None),
                })
                .boxed_unsync()
        });
        let start = Instant::now();
        let abandon = AbandonOnDrop::new(record.clone());
        let deadline = self.limits.request_deadline;
        let late = async {
            match late {
                Some(late) => late.await.is_ok(),
                None => false,
            }
        };
        let answer = tokio::select! {
            // First, so that the component's own word about a body that broke off does not overtake it.
            biased;
            true = late => return answer::problem(&answer::Refusal::BodyTooSlow, line, &id),
            answer = tokio::time::timeout(deadline, component.handle(record.clone(), request)) => answer,
        };
        let refusal = match answer {
            Ok(Ok(response)) => {
                abandon.answered();
                return response;
            }
            Err(_) => answer::Refusal::DeadlineExceeded,
            Ok(Err(error)) if error.is::<ExpirationError>() => answer::Refusal::DeadlineExceeded,
            Ok(Err(error)) if error.is::<InstantiationError<Arc<RequestRecord>>>() => {
                tracing::error!(request_id = &*id, error = ?error, "no instance could be made");
                answer::Refusal::Overloaded
            }
            // The instance was stopped because it computed through the whole deadline.
            Ok(Err(_)) if start.elapsed() >= deadline => answer::Refusal::DeadlineExceeded,
            Ok(Err(error)) => {
                tracing::error!(request_id = &*id, error = ?error, "the component failed");
                answer::Refusal::Failed
            }
        };
        answer::problem(&refusal, line, &id)
    }
}

/// The client's id for the request if it is one that may stand in a log line, else a fresh one.
fn request_id(headers: &HeaderMap) -> String {
    tradepost_request_id::of_client(headers.get_all(REQUEST_ID))
        .unwrap_or_else(|| format!("req_{}", uuid::Uuid::now_v7().simple()))
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Replaces what a client may have sent under Spin's own header names by what the host says.
fn set_spin_headers(headers: &mut HeaderMap, ours: Vec<(HeaderName, HeaderValue)>) {
    let forged: Vec<HeaderName> = headers.keys().filter(|name| is_spin_header(name)).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    headers.remove(header::CONNECTION);
    headers.extend(ours);
}

/// What every request must satisfy, by whichever protocol it came.
fn check_head(request: &mut Request<WasiBody>) -> Result<(), answer::Refusal> {
    let (uri, headers) = (request.uri(), request.headers());
    if headers.len() > HEADERS {
        return Err(answer::Refusal::HeadTooLarge);
    }
    if uri.path_and_query().is_some_and(|target| target.as_str().len() > TARGET_BYTES) {
        return Err(answer::Refusal::TargetTooLong);
    }
    if headers.values().any(|value| str::from_utf8(value.as_bytes()).is_err()) {
        return Err(answer::Refusal::Malformed("A header has bytes that are not UTF-8; percent-encode them"));
    }
    let encodings = headers.get_all(header::CONTENT_ENCODING);
    if encodings.iter().any(|coding| !coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")) {
        return Err(answer::Refusal::Encoded);
    }
    if uri.path_and_query().is_none() {
        return Err(answer::Refusal::Malformed("CONNECT is for proxies, and this is none"));
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let (host, another) = (hosts.next(), hosts.next());
    if another.is_some() {
        return Err(answer::Refusal::Malformed("There is more than one Host header"));
    }
    // An authority is what HTTP/2 has in the place of the header, and what a target in absolute form begins with.
    let authority = uri.authority().map(http::uri::Authority::as_str);
    let host = host.map(|host| host.to_str().unwrap_or_default());
    if let (Some(host), Some(authority)) = (host, authority)
        && !is_same_host(host, authority)
    {
        return Err(answer::Refusal::Malformed("The target and the Host header name different hosts"));
    }
    if host.or(authority).is_some_and(|host| !is_host(host)) {
        return Err(answer::Refusal::Malformed("The Host header is not a host, with or without a port"));
    }
    if host.is_none()
        && let Some(Ok(authority)) = authority.map(HeaderValue::from_str)
    {
        request.headers_mut().insert(header::HOST, authority);
    }
    Ok(())
}

fn arrival<'a>(uri: &'a http::Uri, host: Option<&'a str>, client: Client) -> Arrival<'a> {
    let path_and_query = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    Arrival { scheme: client.scheme.as_str(), host, path_and_query, client: client.peer }
}

fn absolute(uri: &http::Uri, scheme: Scheme, authority: &str) -> Option<http::Uri> {
    let path = uri.path_and_query()?.clone();
    http::Uri::builder().scheme(scheme.as_str()).authority(authority).path_and_query(path).build().ok()
}
