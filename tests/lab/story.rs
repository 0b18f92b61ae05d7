//! What the lab tells again and again, with something else going wrong each time.

use crate::world::World;
use futures::future::BoxFuture;
use tradepost_tests::Answer;

/// A check: what does not hold, or nothing.
pub(crate) type Verdict = Result<(), String>;

/// One command of the product with all its consequences.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    /// `<resource>.<command>`.
    pub(crate) name: &'static str,
    /// What there is before; done once, every case starts from a copy.
    pub(crate) prepare: fn(&World) -> BoxFuture<'_, ()>,
    /// The client's request, which is also its retry: same body, same idempotency key. `None`: no answer came.
    pub(crate) act: fn(&World) -> BoxFuture<'_, Option<Answer>>,
    /// What must hold at the end, beside the invariants.
    pub(crate) holds: for<'a> fn(&'a Ended<'a>) -> BoxFuture<'a, Verdict>,
    /// Whether the events of what there is before have been delivered before.
    pub(crate) delivered: bool,
}

/// A story told to its end.
pub(crate) struct Ended<'a> {
    pub(crate) world: &'a World,
    /// What the client was told while things went wrong.
    pub(crate) first: Option<Answer>,
    /// What it was told when it tried again, and nothing went wrong.
    pub(crate) again: Answer,
}

impl Ended<'_> {
    /// The retry is answered with `status`, and says the same as a first answer that was a success.
    pub(crate) fn one_answer(&self, status: u16) -> Verdict {
        ensure(self.again.status == status, || format!("the retry is answered with {:?}", self.again))?;
        match &self.first {
            Some(first) if first.status < 300 => {
                ensure(first.status == self.again.status && first.body == self.again.body, || {
                    format!("two answers: {first:?} and {:?}", self.again)
                })
            }
            _ => Ok(()),
        }
    }

    /// A query counts so many.
    pub(crate) async fn counts(&self, expected: i64, query: &str) -> Verdict {
        let counted = self.world.sql.query_one(query, &[]).await.map_err(|error| format!("{error:?}"))?;
        let counted: i64 = counted.try_get(0).map_err(|error| format!("{error:?}"))?;
        ensure(counted == expected, || format!("{counted} and not {expected}: {query}"))
    }
}

/// An error with this text unless it holds.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise()) }
}
