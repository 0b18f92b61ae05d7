//! What a guest holds as its connection.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::checkout::{Checkout, Condition};
use crate::effect::Effect;
use crate::encode::arguments;
use crate::error::Error;
use crate::pool::Pool;
use crate::rows::Rows;
use crate::session::Trips;
use crate::value::Parameter;

/// The right to run statements at one address, by one guest at a time but as many statements at once as it likes.
///
/// Clones share it. The last of them to go, and the last unread [`Rows`], end it: a transaction that is open then is
/// rolled back.
///
/// Statements are believed to leave nothing in their session when they begin with SELECT, INSERT, UPDATE, DELETE,
/// WITH, MERGE, VALUES, TABLE, EXPLAIN, SHOW, CALL, DO, NOTIFY, a word of transaction control, or a command that
/// changes definitions or maintains tables, and name none of `set_config`, `setseed`, `pg_temp`,
/// `pg_[try_]advisory_lock[_shared]` and temporary tables. After any other one that the server accepts, the lease
/// keeps the session it ran in.
///
/// When a bound session is lost, by a fault or because a statement in it was cancelled, every later statement of the
/// lease fails as on a closed connection, so that no half of a transaction runs outside of it.
#[derive(Clone)]
pub struct Lease {
    desk: Arc<Desk>,
}

struct Desk {
    pool: Arc<Pool>,
    slot: Arc<Mutex<Slot>>,
    /// How many statements want the slot, and one more while it is not free. Statements that do not care for it look
    /// here first and pass by.
    claims: Arc<AtomicUsize>,
}

/// The session that a lease is bound to.
enum Slot {
    Free,
    Held {
        checkout: Checkout,
        claim: Claim,
    },
    /// Never read: it is there to be counted.
    Lost {
        _claim: Claim,
    },
}

/// One of [`Desk::claims`].
struct Claim(Arc<AtomicUsize>);

impl Claim {
    fn new(claims: &Arc<AtomicUsize>) -> Self {
        claims.fetch_add(1, Ordering::SeqCst);
        Self(claims.clone())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a command did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Executed {
    /// Rows inserted, updated, deleted, or selected and thrown away.
    pub rows: u64,
    /// What it cost.
    pub trips: Trips,
}

impl Lease {
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self { desk: Arc::new(Desk { pool, slot: Arc::new(Mutex::new(Slot::Free)), claims: Arc::default() }) }
    }

    /// Runs a statement for its effect.
    ///
    /// Dropping the future cancels the statement on the server, unless it has just ended there.
    ///
    /// # Errors
    /// Any [`Error`] but `BadParameter`. After `ConnectionFailed` and `ValueConversionFailed` nothing was executed.
    pub async fn execute(&self, sql: &str, parameters: &[Parameter]) -> Result<Executed, Error> {
        let arguments = arguments(parameters).map_err(Error::ValueConversionFailed)?;
        let mut trips = Trips::default();
        let effect = Effect::of(sql);
        let mut place = self.desk.enter(effect, &mut trips).await?;
        let checkout = place.checkout()?;
        let mut rows = pin!(checkout.send(sql, &arguments, &mut trips).await?);
        checkout.keeps_state |= effect == Effect::Session;
        while let Some(row) = rows.next().await {
            if let Err(error) = row {
                return Err(checkout.ended(Some(&error)).unwrap_or_else(Error::lost));
            }
        }
        checkout.ended(None);
        Ok(Executed { rows: rows.rows_affected().unwrap_or_default(), trips })
    }

    /// Runs a statement for its rows: returns with those that have come, the first at least, once there are any.
    ///
    /// Dropping the future cancels the statement on the server. Dropping the [`Rows`] lets it end if it soon does
    /// ([`crate::Limits::patience`]).
    ///
    /// # Errors
    /// Any [`Error`] but `ValueConversionFailed`, for what fails before the statement is executed: connecting, parsing,
    /// parameters. What fails later, be it before the first row, comes at the end of the rows, as on Spin. Only a lost
    /// connection, or a row so long that it was given up, may come in either place and leave open what was done.
    pub async fn query(&self, sql: &str, parameters: &[Parameter]) -> Result<Rows, Error> {
        let arguments = arguments(parameters).map_err(Error::BadParameter)?;
        let mut trips = Trips::default();
        let effect = Effect::of(sql);
        let mut place = self.desk.enter(effect, &mut trips).await?;
        let checkout = place.checkout()?;
        let rows = checkout.send(sql, &arguments, &mut trips).await?;
        checkout.keeps_state |= effect == Effect::Session;
        Ok(Rows::gathered(Box::pin(rows), place, self.desk.pool.limits(), trips).await)
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Lease").field("server", &self.desk.pool.name()).finish_non_exhaustive()
    }
}

impl Desk {
    /// Finds the session for a statement: the bound one in turn, or any.
    async fn enter(&self, effect: Effect, trips: &mut Trips) -> Result<Place, Error> {
        // Before the first wait, so that what the guest sends next sees it.
        let claim = (effect != Effect::Nothing).then(|| Claim::new(&self.claims));
        if claim.is_none() && self.claims.load(Ordering::SeqCst) == 0 {
            return Ok(Place::Any(self.pool.checkout(trips).await?));
        }
        let mut slot = self.slot.clone().lock_owned().await;
        match (&mut *slot, claim) {
            (Slot::Lost { .. }, _) => Err(Error::lost()),
            (Slot::Held { .. }, _) => {
                let mut hold = Hold { slot };
                if hold.checkout().is_some_and(|checkout| checkout.is_closed()) {
                    return Err(Error::lost());
                }
                Ok(Place::Bound(hold))
            }
            (Slot::Free, None) => {
                drop(slot);
                Ok(Place::Any(self.pool.checkout(trips).await?))
            }
            (Slot::Free, Some(claim)) => {
                let checkout = self.pool.checkout(trips).await?;
                *slot = Slot::Held { checkout, claim };
                Ok(Place::Bound(Hold { slot }))
            }
        }
    }
}

/// Where a statement runs.
pub(crate) enum Place {
    /// In any session of the pool.
    Any(Checkout),
    /// In the one of the lease.
    Bound(Hold),
}

impl Place {
    pub(crate) fn checkout(&mut self) -> Result<&mut Checkout, Error> {
        match self {
            Self::Any(checkout) => Ok(checkout),
            Self::Bound(hold) => hold.checkout().ok_or_else(Error::lost),
        }
    }
}

/// A statement's turn in a lease's slot. At its end the slot is freed, or kept, or lost.
pub(crate) struct Hold {
    slot: OwnedMutexGuard<Slot>,
}

impl Hold {
    fn checkout(&mut self) -> Option<&mut Checkout> {
        match &mut *self.slot {
            Slot::Held { checkout, .. } => Some(checkout),
            Slot::Free | Slot::Lost { .. } => None,
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let Slot::Held { checkout, claim } = std::mem::replace(&mut *self.slot, Slot::Free) else { return };
        let is_usable = checkout.condition == Condition::Quiet && !checkout.is_closed();
        if is_usable && checkout.is_bound() {
            *self.slot = Slot::Held { checkout, claim };
        } else if !is_usable && !checkout.is_fresh {
            *self.slot = Slot::Lost { _claim: claim };
        }
    }
}
