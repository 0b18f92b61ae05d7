//! The waits of `wasi:clocks/monotonic-clock`: by the clock that guests are given, and for times too short for a
//! timer.
//!
//! A guest that waits for a nanosecond wants the others to have a turn: the wrapper of every endpoint does so where
//! Spin needs it. The runtime's timers count in milliseconds and would make a pause of it.

use crate::guest::Guest;
use std::time::Duration;
use wasmtime::component::{Accessor, Linker};
use wasmtime_wasi::clocks::WasiClocksView as _;
use wasmtime_wasi::p3::bindings::clocks::monotonic_clock::Host as _;

/// Waits below this give way once instead; it is a tenth of what a timer can tell apart.
const SHORT: Duration = Duration::from_micros(100);

/// Takes the place of the functions that the linker has.
pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.3.0")?;
    clock.func_wrap_concurrent("wait-for", |accessor, (nanoseconds,): (u64,)| {
        Box::pin(async move {
            wait(accessor, Duration::from_nanos(nanoseconds)).await;
            Ok(())
        })
    })?;
    clock.func_wrap_concurrent("wait-until", |accessor, (mark,): (u64,)| {
        Box::pin(async move {
            let now = accessor.with(|mut access| access.data_mut().clocks().now())?;
            wait(accessor, Duration::from_nanos(mark.saturating_sub(now))).await;
            Ok(())
        })
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

async fn wait(accessor: &Accessor<Guest>, wait: Duration) {
    if wait < SHORT {
        tokio::task::yield_now().await;
        return;
    }
    match accessor.with(|mut access| access.data_mut().services.inputs.clock.clone()) {
        Some(clock) => clock.wait(wait).await,
        None => tokio::time::sleep(wait).await,
    }
}
