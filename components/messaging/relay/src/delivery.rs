//! Turns that were taken: delivered, judged and settled.

use std::pin::pin;

use futures::future::{Either, select};
use tradepost_chance::random_bytes;
use tradepost_cloudevents::batch;
use tradepost_messaging::{Policy, Reply, Settlement, given_back, judge, used_up};
use wasip3::clocks::monotonic_clock;

use crate::counts::Counts;
use crate::outages::outages_after;
use crate::ports::event_delivery::{DeliveryError, deliver};
use crate::ports::event_queue::{self as queue, settle};
use crate::turn::{Turn, outgoing, settlement};
use crate::{NANOSECONDS, reason};

/// How long the queue keeps what was taken for whoever took it.
pub(crate) const LEASE_SECONDS: u32 = 60;

/// How long a consumer has to answer. It stops by itself before, after 10 s, so that whoever waits in vain waits for a
/// consumer that hangs.
const DELIVERY_SECONDS: u64 = 15;

/// The lease under which turns were taken.
pub(crate) struct Lease {
    pub(crate) token: String,
    /// By the monotonic clock, in nanoseconds.
    ends: u64,
    policy: Policy,
}

impl Lease {
    /// A lease that begins now, before the queue is asked for it.
    pub(crate) fn new(token: String, policy: Policy) -> Self {
        Self { token, ends: monotonic_clock::now() + u64::from(LEASE_SECONDS) * NANOSECONDS, policy }
    }

    /// Delivers turns of one consumer in one batch, and leaves it to the caller to settle them with others. When the
    /// whole batch breaks, each turn is delivered and settled by itself at once: one event may have broken it, and the
    /// others are not to wait for that one's next try.
    pub(crate) async fn deliver_together(&self, turns: Vec<Turn>) -> Result<Judged, String> {
        let reply = reply_to(&turns).await;
        if matches!(reply, Reply::Broken(_)) && turns.len() > 1 {
            let counts = self.deliver_alone(turns).await?;
            return Ok(Judged { settlements: Vec::new(), counts });
        }
        Ok(self.judge(&turns, &reply))
    }

    /// Delivers turns of one consumer one after the other, each by itself.
    pub(crate) async fn deliver_alone(&self, turns: Vec<Turn>) -> Result<Counts, String> {
        let mut counts = Counts::default();
        for turn in &turns {
            let turn = std::slice::from_ref(turn);
            // What began now could end when the mailbox is somebody else's already.
            let in_time = monotonic_clock::now() + DELIVERY_SECONDS * NANOSECONDS < self.ends;
            counts += if in_time {
                let reply = reply_to(turn).await;
                self.settle(self.judge(turn, &reply)).await?
            } else {
                self.settle(Judged::of(turn, |_| given_back())).await?
            };
        }
        Ok(counts)
    }

    /// Sets turns aside that have had all their tries.
    pub(crate) async fn set_aside(&self, turns: Vec<Turn>) -> Result<Counts, String> {
        self.settle(Judged::of(&turns, used_up)).await
    }

    /// Tells the queue how turns of this lease ended.
    pub(crate) async fn settle(&self, judged: Judged) -> Result<Counts, String> {
        if !judged.settlements.is_empty() {
            settle(self.token.clone(), judged.settlements).await.map_err(reason)?;
        }
        Ok(judged.counts)
    }

    fn judge(&self, turns: &[Turn], reply: &Reply) -> Judged {
        let outages = turns.first().map_or(0, |turn| outages_after(&turn.consumer, reply));
        Judged::of(turns, |turn| judge(turn, reply, self.policy, outages, u64::from_le_bytes(random_bytes())))
    }
}

/// How turns of one lease ended, which the queue has yet to be told.
#[derive(Default)]
pub(crate) struct Judged {
    settlements: Vec<queue::Settlement>,
    counts: Counts,
}

impl Judged {
    fn of(turns: &[Turn], settlement_of: impl Fn(&Turn) -> Settlement) -> Self {
        let mut judged = Self::default();
        for turn in turns {
            let settled = settlement_of(turn);
            judged.counts += Counts::of(turn, &settled);
            judged.settlements.push(settlement(turn, settled));
        }
        judged
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.settlements.extend(other.settlements);
        self.counts += other.counts;
    }
}

/// Hands turns of one consumer over in one batch, and waits for what becomes of it.
async fn reply_to(turns: &[Turn]) -> Reply {
    let Some(first) = turns.first() else { return Reply::Away("There was nothing to deliver".to_owned()) };
    let delivery = deliver(first.consumer.clone(), batch(turns.iter().flat_map(outgoing)));
    let deadline = monotonic_clock::wait_for(DELIVERY_SECONDS * NANOSECONDS);
    match select(pin!(delivery), pin!(deadline)).await {
        Either::Left((Ok(delivered), _)) => Reply::of_http(delivered.status, &delivered.body),
        Either::Left((Err(DeliveryError::Unreachable(reason)), _)) => Reply::Away(reason),
        Either::Left((Err(DeliveryError::Other(reason)), _)) => Reply::Broken(reason),
        Either::Right(((), _)) => {
            Reply::Late(format!("The consumer did not answer within {DELIVERY_SECONDS} seconds"))
        }
    }
}
