//! `wait-for` of `wasi:clocks/monotonic-clock`, for waits too short for a timer.
//!
//! A guest that waits for a nanosecond wants the others to have a turn: the wrapper of every endpoint does so where
//! Spin needs it. The runtime's timers count in milliseconds and would make a pause of it.

use crate::guest::Guest;
use std::time::Duration;
use wasmtime::component::Linker;

/// Waits below this give way once instead; it is a tenth of what a timer can tell apart.
const SHORT: Duration = Duration::from_micros(100);

/// Takes the place of the function that the linker has.
pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.3.0")?;
    clock.func_wrap_concurrent("wait-for", |_, (nanoseconds,): (u64,)| {
        Box::pin(async move {
            let wait = Duration::from_nanos(nanoseconds);
            if wait < SHORT {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(wait).await;
            }
            Ok(())
        })
    })?;
    linker.allow_shadowing(false);
    Ok(())
}
