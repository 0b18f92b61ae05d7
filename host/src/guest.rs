//! One component as it runs: its instances, what each may use, and how requests are spread over them.

use crate::limits::Limits;
use crate::request::RequestRecord;
use crate::seam::{self, HostCall};
use crate::services::{Services, guest_log::GuestLog, outbound_http::Outbound};
use crate::turns::{Player, Turns};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tradepost_manifest::{AllowedHosts, ComponentVariables, Manifest, Variables};
use wasmtime::component::{Accessor, GuestTaskId, HasData, ResourceTable};
use wasmtime::{AsContextMut as _, Store, StoreContextMut, StoreLimits, StoreLimitsBuilder, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ProxyHandler, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// What the manifest grants to a component; its dependencies get no more than they inherit of it.
#[derive(Debug)]
pub(crate) struct Grants {
    pub(crate) component: Arc<str>,
    pub(crate) allowed_hosts: AllowedHosts,
    pub(crate) key_value_stores: Vec<String>,
    pub(crate) variables: ComponentVariables,
}

impl Grants {
    /// What `manifest` grants to `component`.
    pub(crate) fn of(
        manifest: &Manifest,
        component: &tradepost_manifest::Component,
        variables: &Variables,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            component: component.id.as_str().into(),
            allowed_hosts: manifest.allowed_hosts(component, variables)?,
            key_value_stores: component.key_value_stores.clone(),
            variables: variables.for_component(&component.id),
        })
    }
}

/// What an instance's store holds.
pub struct Guest {
    wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    http: WasiHttpCtx,
    pub(crate) outbound: Outbound,
    limits: StoreLimits,
    pub(crate) grants: Arc<Grants>,
    pub(crate) services: Arc<Services>,
    /// Requests of this instance, by the task that handles each, or did and may still be at work.
    requests: Vec<(GuestTaskId, Arc<RequestRecord>)>,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outbound, table: &mut self.table, ctx: &mut self.http }
    }
}

/// Requests that an instance remembers. Task numbers are reused, so there are about as many as were ever handled at
/// once; this bounds it should that change.
const REMEMBERED: usize = 256;

/// What a guest is given where fuel is counted: more than it could ever use.
const FUEL: u64 = u64::MAX;

/// Names [`Guest`] as what the generated bindings work on.
pub(crate) struct HasGuest;

impl HasData for HasGuest {
    type Data<'a> = &'a mut Guest;
}

/// The circumstances of one host call.
pub(crate) struct CallSite {
    pub(crate) grants: Arc<Grants>,
    pub(crate) services: Arc<Services>,
    pub(crate) request: Option<Arc<RequestRecord>>,
    ordinal: u32,
    cascade_ordinal: u32,
}

impl CallSite {
    /// The call site of an asynchronous host function; to be taken before its first await, while the caller is
    /// still known.
    pub(crate) fn of<T>(accessor: &Accessor<T, HasGuest>) -> Self {
        accessor.with(|mut access| {
            // The root of the call stack is the export that the request called.
            let root = access.as_context_mut().async_call_stack().ok().and_then(Iterator::last);
            access.get().call_site(root)
        })
    }

    /// Runs `effect` through the seam.
    pub(crate) async fn pass<R, E>(
        &self,
        (interface, function): (&'static str, &'static str),
        argument_bytes: usize,
        fail: impl Fn(String) -> E,
        effect: impl Future<Output = Result<R, E>>,
    ) -> wasmtime::Result<Result<R, E>> {
        let call = || HostCall {
            component: self.grants.component.clone(),
            request: self.request.clone(),
            ordinal: self.ordinal,
            cascade_ordinal: self.cascade_ordinal,
            interface,
            function,
            argument_bytes,
        };
        seam::pass(self.services.seam.as_ref(), call, fail, effect).await
    }
}

impl Guest {
    /// An empty store for an instance of the component that `grants` are for.
    pub(crate) fn store(
        engine: &wasmtime::Engine,
        grants: &Arc<Grants>,
        services: &Arc<Services>,
        limits: &Limits,
    ) -> Store<Self> {
        // Nothing of the process is passed on: no arguments, environment, files or sockets.
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(GuestLog::new(&grants.component)).stderr(GuestLog::new(&grants.component));
        services.inputs.give(&mut wasi);
        let guest = Self {
            wasi: wasi.build(),
            table: ResourceTable::new(),
            http: WasiHttpCtx::new(),
            outbound: Outbound::new(grants.clone(), services.clone()),
            limits: StoreLimitsBuilder::new().memory_size(limits.instance_memory_bytes).build(),
            grants: grants.clone(),
            services: services.clone(),
            requests: Vec::new(),
        };
        let mut store = Store::new(engine, guest);
        store.limiter(|guest| &mut guest.limits);
        // Refused by an engine that does not count fuel.
        let _ = store.set_fuel(FUEL);
        store.set_epoch_deadline(1);
        // A guest that computes gives way at every epoch's end, so that its neighbours on this thread run and the
        // deadline is looked at; see `Expiration`.
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Yield(1)));
        store
    }

    fn call_site(&mut self, task: Option<GuestTaskId>) -> CallSite {
        let request = task.and_then(|task| {
            self.requests.iter().rev().find(|(id, _)| *id == task).map(|(_, request)| request.clone())
        });
        let (ordinal, cascade_ordinal) = request.as_ref().map_or_else(
            || {
                let ordinal = self.services.count_host_call();
                (ordinal, ordinal)
            },
            |request| request.count_host_call(),
        );
        let (grants, services) = (self.grants.clone(), self.services.clone());
        CallSite { grants, services, request, ordinal, cascade_ordinal }
    }

    /// The call site of a synchronous host function, whose caller is not known.
    pub(crate) fn synchronous_call_site(&mut self) -> CallSite {
        self.call_site(None)
    }
}

/// A component that can be asked: the place that its instances come from.
#[derive(Clone)]
pub(crate) struct Component {
    handler: ProxyHandler<Instances>,
}

impl Component {
    pub(crate) fn new(
        pre: ServicePre<Guest>,
        grants: Arc<Grants>,
        services: Arc<Services>,
        limits: Arc<Limits>,
        turns: Turns,
    ) -> Self {
        Self { handler: ProxyHandler::new(Instances { pre, grants, services, limits, turns }) }
    }

    /// Has an instance handle `request`.
    pub(crate) async fn handle(
        &self,
        record: Arc<RequestRecord>,
        request: wasmtime_wasi_http::handler::Request,
    ) -> wasmtime::Result<wasmtime_wasi_http::handler::Response> {
        self.handler.handle(record, request).await
    }
}

/// Makes instances of one component.
struct Instances {
    pre: ServicePre<Guest>,
    grants: Arc<Grants>,
    services: Arc<Services>,
    limits: Arc<Limits>,
    turns: Turns,
}

impl HandlerState for Instances {
    type StoreData = Guest;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Guest, Expiration, Worker>> {
        let limits = &self.limits;
        let mut store = Guest::store(self.pre.engine(), &self.grants, &self.services, limits);
        let service = self.pre.instantiate_async(&mut store).await?;
        let player = self.turns.player();
        let of_store = player.clone();
        store.epoch_deadline_callback(move |_| Ok(of_store.meets_epochs_end()));
        Ok(Instance {
            store,
            proxy: Proxy::P3(service),
            view: Guest::http,
            expiration: Expiration {
                idle: limits.instance_idle,
                busy: limits.request_deadline,
                sleep: tokio::time::sleep(Duration::ZERO),
                player,
            },
            state: Worker { component: self.grants.component.clone(), limits: self.limits.clone() },
        })
    }
}

pin_project! {
    /// When an instance is given up: after its idle time, or when a request or what it left running has had the
    /// whole deadline.
    struct Expiration {
        idle: Duration,
        busy: Duration,
        #[pin]
        sleep: tokio::time::Sleep,
        player: Arc<Player>,
    }
}

impl WorkerExpiration for Expiration {
    fn poll(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        status: WorkerStatus,
        since: Instant,
    ) -> Poll<()> {
        let mut this = self.project();
        // Looked at whenever the instance waits for something.
        this.player.waits();
        let allowed = match status {
            WorkerStatus::Idle => *this.idle,
            WorkerStatus::Requests | WorkerStatus::PostReturn => *this.busy,
        };
        let Some(end) = since.checked_add(allowed) else { return Poll::Pending };
        let end = tokio::time::Instant::from_std(end);
        if this.sleep.deadline() != end {
            this.sleep.as_mut().reset(end);
        }
        this.sleep.poll(context)
    }
}

/// One instance's rules: how many requests, and what is noted of each.
struct Worker {
    component: Arc<str>,
    limits: Arc<Limits>,
}

impl WorkerState for Worker {
    type StoreData = Guest;
    type RequestData = Arc<RequestRecord>;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.limits.instance_reuse {
            ShouldAccept::Never
        } else if concurrent >= self.limits.instance_concurrency {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        mut store: StoreContextMut<'_, Guest>,
        record: Arc<RequestRecord>,
        task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        let requests = &mut store.data_mut().requests;
        // A task is its request's until its number is given to another, which is after its end: what a request
        // leaves running after its response is still its own.
        requests.retain(|(id, _)| *id != task);
        if requests.len() >= REMEMBERED {
            requests.remove(0);
        }
        requests.push((task, record.clone()));
        let deadline = tokio::time::sleep(self.limits.request_deadline);
        Box::pin(async move {
            deadline.await;
            record.abandon();
        })
    }

    fn drop(&self, store: Store<Guest>, result: Result<(), wasmtime::Error>) {
        // Instances that the end of the process cuts off have done nothing wrong.
        if let Err(error) = result
            && !store.data().services.stopped.load(Ordering::Relaxed)
        {
            tracing::error!(component = &*self.component, error = ?error, "an instance ended with an error");
        }
        if let Some(seam) = &store.data().services.seam {
            let requests: Vec<_> = store.data().requests.iter().map(|(_, request)| request.clone()).collect();
            seam.ended(&self.component, &requests, store.get_fuel().ok().map(|left| FUEL - left));
        }
        drop(store);
    }
}
