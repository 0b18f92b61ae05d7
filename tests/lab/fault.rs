//! What can go wrong at a point.

use std::fmt;
use std::str::FromStr;

/// What Postgres clients say when a connection breaks: adapters may try again if a repeat is harmless.
pub(crate) const BROKEN: &str = "Error { kind: Closed, cause: None }";

/// One way for a host call to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The guest dies before the call.
    KillBefore,
    /// The guest dies after the effect.
    KillAfter,
    /// The whole process dies before the call.
    CrashBefore,
    /// The whole process dies after the effect.
    CrashAfter,
    /// The call fails with its error type.
    Fail,
    /// The connection breaks before the effect.
    Break,
    /// The effect is there, the connection breaks before the reply.
    Lose,
    /// The call takes longer than anybody waits, and has its effect then.
    SlowBefore,
    /// The effect is there, the reply takes longer than anybody waits.
    SlowAfter,
    /// The client hangs up before the effect.
    GoneBefore,
    /// The client hangs up after the effect.
    GoneAfter,
}

impl Fault {
    const NAMES: [(Self, &'static str); 11] = [
        (Self::KillBefore, "kill-before"),
        (Self::KillAfter, "kill-after"),
        (Self::CrashBefore, "crash-before"),
        (Self::CrashAfter, "crash-after"),
        (Self::Fail, "fail"),
        (Self::Break, "break"),
        (Self::Lose, "lose"),
        (Self::SlowBefore, "slow-before"),
        (Self::SlowAfter, "slow-after"),
        (Self::GoneBefore, "gone-before"),
        (Self::GoneAfter, "gone-after"),
    ];

    /// All that can happen at a call; without an effect, before and after are the same.
    pub(crate) fn all(has_effect: bool) -> impl Iterator<Item = Self> {
        Self::NAMES.into_iter().map(|(fault, _)| fault).filter(move |fault| has_effect || !fault.is_after())
    }

    /// Whether it strikes when the effect is there.
    pub(crate) fn is_after(self) -> bool {
        matches!(self, Self::KillAfter | Self::CrashAfter | Self::Lose | Self::SlowAfter | Self::GoneAfter)
    }

    /// Whether somebody's patience has to run out.
    pub(crate) fn is_slow(self) -> bool {
        matches!(self, Self::SlowBefore | Self::SlowAfter)
    }

    /// Whether it takes a client that still waits.
    pub(crate) fn needs_client(self) -> bool {
        matches!(self, Self::GoneBefore | Self::GoneAfter)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(fault, _)| fault == self).map_or("", |(_, name)| name);
        f.write_str(name)
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::NAMES.iter().find(|(_, name)| *name == text);
        named.map(|(fault, _)| *fault).ok_or_else(|| format!("{text:?} is no fault"))
    }
}
