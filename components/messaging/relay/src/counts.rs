//! What a run did.

use std::ops::AddAssign;

use serde::Serialize;
use tradepost_messaging::{Consequence, Placed, Settlement, Turn};

/// Numbers of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// Their consumers took them.
    pub(crate) delivered: u64,
    /// They will be tried again.
    pub(crate) retried: u64,
    /// They became dead letters.
    pub(crate) set_aside: u64,
}

impl Counts {
    pub(crate) fn of<E: Placed>(turn: &Turn<E>, settlement: &Settlement) -> Self {
        let through = settlement.through.unwrap_or(i64::MIN);
        let delivered = match &settlement.failure {
            None => turn.events.len(),
            Some(_) => turn.events.iter().filter(|event| event.position() <= through).count(),
        };
        let consequence = settlement.failure.as_ref().map(|failure| failure.consequence);
        Self {
            delivered: delivered as u64,
            retried: u64::from(matches!(
                consequence,
                Some(Consequence::Retry(_) | Consequence::RetryUncounted(_))
            )),
            set_aside: u64::from(consequence == Some(Consequence::SetAside)),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.retried += other.retried;
        self.set_aside += other.set_aside;
    }
}
