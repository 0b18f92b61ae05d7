//! Telling the relay that events wait: what every command does once its statement has committed.
//!
//! A kick only saves time. Whatever it misses, the periodic tick finds, so a kick that fails is not even told of.

use std::cell::Cell;
use std::time::Duration;

#[expect(clippy::same_length_and_capacity, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tradepost:relay-kick;

            world component {
                import tradepost:platform/nudge@0.1.0;
            }
        ",
        path: "../../wit/platform",
        generate_all,
    });
}

use wasip3::clocks::monotonic_clock;

use bindings::tradepost::platform::nudge::nudge;

/// The relay's component id.
const RELAY: &str = "messaging-relay";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kick {
    None,
    UnderWay,
    /// Events were written since the kick that is under way began.
    UnderWayAndWantedAgain,
}

thread_local! {
    static KICK: Cell<Kick> = const { Cell::new(Kick::None) };
}

/// Kicks the relay once the answer is on its way. To be called after the commit, never before.
///
/// However many commands of an instance call this while a kick is under way, one more follows it.
pub fn after_response() {
    if KICK.get() != Kick::None {
        KICK.set(Kick::UnderWayAndWantedAgain);
        return;
    }
    KICK.set(Kick::UnderWay);
    wasip3::spawn(async {
        loop {
            // A kick that fails leaves the events to the tick.
            let _ = nudge(RELAY.to_owned()).await;
            if KICK.replace(Kick::UnderWay) == Kick::UnderWay {
                break;
            }
        }
        KICK.set(Kick::None);
    });
}

/// Looks for an outcome that events bring on their way through several consumers, as `None` says, for as long as
/// `patience` lasts; `None` when it has not come by then. Whoever wrote the event that begins it has kicked the relay.
///
/// The pauses grow with the time that has passed: an outcome is noticed a quarter later than it came, or a fifth of a
/// second, and somebody who waits in vain for half a minute costs 170 looks.
pub async fn within<T, E>(
    patience: Duration,
    look: impl AsyncFn() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    const FIRST_PAUSE: u64 = 4_000_000;
    const LONGEST_PAUSE: u64 = 200_000_000;
    let begin = monotonic_clock::now();
    let patience = u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX);
    loop {
        let passed = monotonic_clock::now().saturating_sub(begin);
        let Some(left) = patience.checked_sub(passed).filter(|left| *left > 0) else { return look().await };
        monotonic_clock::wait_for((passed / 4).clamp(FIRST_PAUSE, LONGEST_PAUSE).min(left)).await;
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
    }
}

/// How long to wait before each further look, in milliseconds: a relay that has nothing else to do delivers within the
/// first two, and whoever asks for what does not exist learns it within half a second.
const PAUSES_MILLISECONDS: [u64; 5] = [5, 15, 40, 120, 250];

/// Looks for what an event may bring that is on its way, as `None` says; kicks the relay and looks again, five times
/// within half a second.
///
/// The relay is not waited for: under load it may have much to deliver before it comes to rest, and giving up a call
/// half-way would break off its work.
pub async fn until_found<T, E>(look: impl AsyncFn() -> Result<Option<T>, E>) -> Result<Option<T>, E> {
    for pause in PAUSES_MILLISECONDS {
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
        after_response();
        monotonic_clock::wait_for(pause * 1_000_000).await;
    }
    look().await
}
