//! A run: taking, delivering and settling until nothing is due.

use std::cell::Cell;
use std::pin::pin;
use std::rc::{Rc, Weak};

use futures::StreamExt;
use futures::future::{Either, FutureExt, LocalBoxFuture, select};
use futures::stream::FuturesUnordered;
use tradepost_chance::fresh_uuid;
use tradepost_messaging::{Plan, plan};
use tradepost_subscriptions::SUBSCRIPTIONS;
use wasip3::clocks::monotonic_clock;

use crate::counts::Counts;
use crate::delivery::{Judged, LEASE_SECONDS, Lease};
use crate::ports::event_queue::{Limits, Subscription, take};
use crate::settings::Settings;
use crate::turn::{Turn, turn};
use crate::{NANOSECONDS, reason};

/// When a run takes no more, so that its answer stays within every host's deadline. Whatever is due then is the next
/// run's, which the next kick or tick begins.
const RUN_SECONDS: u64 = 20;

/// A run that has not been heard of for so long is gone: its caller went away and the host gave it up, or it waits for a
/// call that never ends.
const SILENCE_SECONDS: u64 = 60;

/// What is taken at once. 256 mailboxes of 64 events with their envelopes, or 1 MiB of payload, stay well below the 8 MiB
/// that a consumer reads, and below what it applies in its 10 seconds.
const LIMITS: Limits =
    Limits { lease_milliseconds: LEASE_SECONDS * 1_000, mailboxes: 256, events: 64, bytes: 1 << 20 };

/// For how long a run waits for all consumers of a take, so as to settle their turns in one statement and to take more
/// at once; then it settles what there is and takes for the others. It is also how soon it notices that somebody has
/// kicked meanwhile: the kick comes with another request to this instance, and what one request does wakes no other.
const LOOK_NANOSECONDS: u64 = 20_000_000;

/// The most takes whose deliveries are under way at once, so that one slow consumer does not stop the others' events.
const MOST_TAKES: usize = 4;

/// How a call of the relay ended.
pub(crate) enum Ran {
    /// It did a run, and this is what the run did.
    Through(Counts),
    /// There is a run in this instance, which will look once more.
    ByAnother,
}

/// The run of this instance.
#[derive(Clone, Copy)]
struct UnderWay {
    /// When it was last heard of, by the monotonic clock.
    heard: u64,
    /// Somebody has kicked since the last take began.
    once_more: bool,
}

thread_local! {
    static UNDER_WAY: Cell<Option<UnderWay>> = const { Cell::new(None) };
}

/// Forgets the run when it ends, however it ends.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        UNDER_WAY.set(None);
    }
}

/// Does a run, or leaves it to the one that is under way.
pub(crate) async fn run(settings: Settings) -> Result<Ran, String> {
    let now = monotonic_clock::now();
    if let Some(other) = UNDER_WAY.get()
        && now < other.heard + SILENCE_SECONDS * NANOSECONDS
    {
        UNDER_WAY.set(Some(UnderWay { once_more: true, ..other }));
        return Ok(Ran::ByAnother);
    }
    UNDER_WAY.set(Some(UnderWay { heard: now, once_more: false }));
    let _end = End;
    let counts = Run::new(settings, now + RUN_SECONDS * NANOSECONDS).through().await?;
    Ok(Ran::Through(counts))
}

/// Something that a run waits for.
enum Step {
    Taken(Rc<Lease>, Result<Vec<Turn>, String>),
    /// All turns of one take that went to one consumer in one batch.
    Delivered(Rc<Lease>, Result<Judged, String>),
    Settled(Result<Counts, String>),
}

struct Run {
    settings: Settings,
    /// When to take no more.
    until: u64,
    /// Every step that is under way. Taking goes on while others deliver and settle: no mailbox is in two of them.
    steps: FuturesUnordered<LocalBoxFuture<'static, Step>>,
    /// Takes whose turns have not been settled all; weak, because each ends with the last step that holds it.
    takes: Vec<Weak<Lease>>,
    taking: bool,
    /// When the last take began.
    taken_at: u64,
    /// What consumers have answered and the queue has not been told.
    judged: Vec<(Rc<Lease>, Judged)>,
    /// How many steps deliver.
    delivering: usize,
    /// The last take found nothing, and nothing has been settled since.
    nothing_due: bool,
    counts: Counts,
    error: Option<String>,
}

impl Run {
    fn new(settings: Settings, until: u64) -> Self {
        Self {
            settings,
            until,
            steps: FuturesUnordered::new(),
            takes: Vec::new(),
            taking: false,
            taken_at: 0,
            judged: Vec::new(),
            delivering: 0,
            nothing_due: false,
            counts: Counts::default(),
            error: None,
        }
    }

    async fn through(mut self) -> Result<Counts, String> {
        let mut look = pin!(monotonic_clock::wait_for(LOOK_NANOSECONDS));
        loop {
            if self.delivering == 0 {
                self.settle();
            }
            self.take_if_there_may_be_something();
            let step = match select(self.steps.next(), look.as_mut()).await {
                Either::Left((Some(step), _)) => step,
                Either::Left((None, _)) => break,
                Either::Right(_) => {
                    look.set(monotonic_clock::wait_for(LOOK_NANOSECONDS));
                    self.settle();
                    continue;
                }
            };
            match step {
                Step::Taken(lease, Ok(turns)) => {
                    self.taking = false;
                    self.nothing_due = turns.is_empty();
                    self.deliver(&lease, turns);
                }
                Step::Delivered(lease, Ok(judged)) => {
                    self.delivering -= 1;
                    match self.judged.iter_mut().find(|(other, _)| Rc::ptr_eq(other, &lease)) {
                        Some((_, others)) => others.add(judged),
                        None => self.judged.push((lease, judged)),
                    }
                }
                Step::Settled(Ok(counts)) => {
                    self.counts += counts;
                    // What was settled may have more behind it.
                    self.nothing_due = false;
                }
                // What is under way is still brought to its end. What was leased and not settled comes back.
                Step::Taken(_, Err(error)) => {
                    self.taking = false;
                    self.error = Some(error);
                }
                Step::Delivered(_, Err(error)) => {
                    self.delivering -= 1;
                    self.error = Some(error);
                }
                Step::Settled(Err(error)) => self.error = Some(error),
            }
        }
        self.error.map_or(Ok(self.counts), Err)
    }

    fn take_if_there_may_be_something(&mut self) {
        let now = monotonic_clock::now();
        if let Some(this) = UNDER_WAY.get() {
            UNDER_WAY.set(Some(UnderWay { heard: now, ..this }));
            self.nothing_due &= !this.once_more;
        }
        self.takes.retain(|take| take.strong_count() > 0);
        let stop = self.error.is_some() || now >= self.until || self.takes.len() >= MOST_TAKES;
        let rather_later = !self.takes.is_empty() && now < self.taken_at + LOOK_NANOSECONDS;
        if stop || rather_later || self.taking || self.nothing_due {
            return;
        }
        self.taken_at = now;
        UNDER_WAY.set(Some(UnderWay { heard: now, once_more: false }));
        self.taking = true;
        let lease = Rc::new(Lease::new(fresh_uuid().to_string(), self.settings.policy));
        self.takes.push(Rc::downgrade(&lease));
        self.steps.push(
            async move {
                let taken = take(lease.token.clone(), subscriptions(), LIMITS).await;
                let turns = taken.map(|turns| turns.into_iter().map(turn).collect());
                Step::Taken(lease, turns.map_err(reason))
            }
            .boxed_local(),
        );
    }

    /// Tells the queue what consumers have answered.
    fn settle(&mut self) {
        for (lease, judged) in self.judged.drain(..) {
            self.steps.push(async move { Step::Settled(lease.settle(judged).await) }.boxed_local());
        }
    }

    fn deliver(&mut self, lease: &Rc<Lease>, turns: Vec<Turn>) {
        let Plan { together, alone, used_up } = plan(turns, self.settings.policy.most_attempts);
        for turns in together {
            let lease = lease.clone();
            self.delivering += 1;
            self.steps.push(
                async move {
                    let judged = lease.deliver_together(turns).await;
                    Step::Delivered(lease, judged)
                }
                .boxed_local(),
            );
        }
        for turns in alone {
            let lease = lease.clone();
            self.steps.push(async move { Step::Settled(lease.deliver_alone(turns).await) }.boxed_local());
        }
        if !used_up.is_empty() {
            let lease = lease.clone();
            self.steps.push(async move { Step::Settled(lease.set_aside(used_up).await) }.boxed_local());
        }
    }
}

fn subscriptions() -> Vec<Subscription> {
    let each = SUBSCRIPTIONS.iter().map(|subscription| Subscription {
        consumer: subscription.consumer.to_owned(),
        event_types: subscription.event_types.iter().map(|name| (*name).to_owned()).collect(),
        key_member: subscription.key_member.map(str::to_owned),
    });
    each.collect()
}
