//! What is answered to a command that was done.

use serde::Serialize;
use tradepost_endpoint::{Idempotency, Reply};
use tradepost_events::ordering::Order as View;
use tradepost_problem::{Problem, success_body};

use crate::bindings::tradepost::ordering::order_journal::{KeptAnswer, ReplayedAnswer};
use crate::scope_of;

/// An answer, which may be kept and given again.
pub struct Answer {
    status: u16,
    location: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    /// 200 with the order as it is now.
    pub fn order(view: &View) -> Result<Self, Problem> {
        Ok(Self { status: 200, location: None, body: success_body(view)? })
    }

    /// 201 with what was created; `location` is the path under which it is found.
    pub fn created<T: Serialize>(location: String, created: &T) -> Result<Self, Problem> {
        Ok(Self { status: 201, location: Some(location), body: success_body(created)? })
    }

    pub(crate) fn kept(&self, idempotency: Idempotency) -> KeptAnswer {
        KeptAnswer {
            scope: scope_of(&idempotency),
            fingerprint: idempotency.fingerprint,
            status: self.status,
            location: self.location.clone(),
            body: self.body.clone(),
            expires_at: idempotency.expires_at,
        }
    }

    /// Whether this is what was kept.
    pub(crate) fn is(&self, kept: &ReplayedAnswer) -> bool {
        (self.status, &self.body) == (kept.status, &kept.body)
    }

    /// The answer as it is given the first time, of the order in this version.
    pub(crate) fn reply(self, version: u64) -> Reply {
        let reply = Reply::enveloped(self.status, self.body);
        match self.location {
            Some(location) => reply.header("location", location),
            None => reply.etag(version),
        }
    }
}
