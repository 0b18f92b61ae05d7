//! Payments brought as far as they go: the provider is asked about each at once, and what it says is written down for as
//! many together as have come in.

use std::mem;
use std::pin::pin;

use futures::StreamExt;
use futures::future::{Either, FutureExt, LocalBoxFuture, select};
use futures::stream::FuturesUnordered;
use tradepost_chance::now;
use tradepost_ids::RefundId;
use tradepost_payment::{Answer, Command, Step, next_steps};
use wasip3::clocks::monotonic_clock;

use crate::{Case, Failure, append_all, gateway, load_all};

/// How often a payment that somebody else was faster at is loaded and gone on with. It is due again later in any case.
const MOST_ROUNDS: u32 = 4;

/// How many questions one payment comes to at most between two writes: a bound, and more than any has.
const MOST_QUESTIONS: u32 = 64;

/// How long those that are answered wait for others, in nanoseconds: 3 ms. A payment that is alone waits for nobody.
const LINGER: u64 = 3_000_000;

/// How far payments have come.
#[derive(Debug, Default)]
pub struct Settled {
    /// The payments as they are written, in no order. Not among them are those whose state nobody knows, because the
    /// journal failed or somebody else was faster too often; the tick finds them.
    pub cases: Vec<Case>,
    /// Why some are missing.
    pub failure: Option<Failure>,
}

/// Asks the provider what is to be asked about `case`, and takes its answers in; nothing is written. A question that is not
/// answered at `until`, which is a moment of the monotonic clock, has an unknown outcome.
///
/// It ends before an attempt that is not written yet: write it, and call again.
pub async fn ask(case: &mut Case, until: u64) {
    let mut done: Vec<Step> = Vec::new();
    let mut follow_up = None;
    for _ in 0..MOST_QUESTIONS {
        // No refusal: a payment that is at work exists.
        let _ = case.decide(Command::Lapse, now());
        if case.begins_an_attempt() || monotonic_clock::now() >= until {
            return;
        }
        let steps = next_steps(case.payment(), now());
        let Some(step) = follow_up.take().or_else(|| steps.into_iter().find(|step| !done.contains(step)))
        else {
            return;
        };
        let answer = before(until, gateway::ask(&step)).await.unwrap_or(Answer::Unknown);
        let (next, is_news) = case.react(&step, answer, now());
        follow_up = next;
        if !is_news {
            done.push(step);
        }
    }
}

/// The same about one refund alone: whoever waits for that one asks about no other.
pub async fn ask_for_refund(case: &mut Case, refund_id: RefundId, until: u64) {
    let steps = next_steps(case.payment(), now());
    let mut step = steps.into_iter().find(|step| {
        matches!(step, Step::Refund { refund_id: id, .. } | Step::LookUpRefund { refund_id: id, .. } if *id == refund_id)
    });
    // It ends: a look leads to at most one more question.
    while let Some(asked) = step {
        let answer = before(until, gateway::ask(&asked)).await.unwrap_or(Answer::Unknown);
        (step, _) = case.react(&asked, answer, now());
    }
}

/// Brings `cases`, in which nothing is unwritten but what the provider may be asked about already, as far as they go
/// before `until`.
pub async fn settle(cases: Vec<Case>, until: u64) -> Settled {
    let mut work = Work { until, ..Work::default() };
    for case in cases {
        work.ask((case, 1));
    }
    work.through().await
}

/// A case, and how often it has been loaded here.
type Round = (Case, u32);

#[derive(Default)]
struct Work {
    until: u64,
    steps: FuturesUnordered<LocalBoxFuture<'static, Event>>,
    /// How many cases are being asked about.
    asking: usize,
    /// What is to be written with the next statement.
    answered: Vec<Round>,
    writing: bool,
    lingering: bool,
    settled: Settled,
}

enum Event {
    Asked(Box<Round>),
    /// Whoever has answered has waited long enough for others.
    Lingered,
    Written(Vec<Round>, Result<Vec<bool>, Failure>),
    /// Payments that somebody else was faster at, as they are now.
    Reloaded(Result<Vec<Round>, Failure>),
}

impl Work {
    async fn through(mut self) -> Settled {
        while self.asking > 0 || self.writing || !self.answered.is_empty() {
            self.write_if_it_is_time();
            match self.steps.next().await {
                Some(Event::Asked(round)) => self.asked(*round),
                Some(Event::Lingered) => self.lingering = false,
                Some(Event::Written(rounds, Ok(lost))) => {
                    self.writing = false;
                    self.written(rounds, lost);
                }
                Some(Event::Written(_, Err(failure))) => {
                    self.writing = false;
                    self.settled.failure = Some(failure);
                }
                Some(Event::Reloaded(reloaded)) => {
                    self.asking -= 1;
                    match reloaded {
                        Ok(rounds) => rounds.into_iter().for_each(|round| self.ask(round)),
                        Err(failure) => self.settled.failure = Some(failure),
                    }
                }
                None => break,
            }
        }
        self.settled
    }

    fn ask(&mut self, (mut case, round): Round) {
        let until = self.until;
        self.asking += 1;
        self.steps.push(
            async move {
                ask(&mut case, until).await;
                Event::Asked(Box::new((case, round)))
            }
            .boxed_local(),
        );
    }

    fn asked(&mut self, round: Round) {
        self.asking -= 1;
        if !round.0.has_news() {
            self.settled.cases.push(round.0);
            return;
        }
        self.answered.push(round);
        if self.answered.len() == 1 && !self.lingering {
            self.lingering = true;
            let linger = monotonic_clock::wait_for(LINGER);
            self.steps.push(linger.map(|()| Event::Lingered).boxed_local());
        }
    }

    fn write_if_it_is_time(&mut self) {
        let waits = self.lingering && self.asking > 0;
        if self.answered.is_empty() || self.writing || waits {
            return;
        }
        self.writing = true;
        let (mut cases, rounds): (Vec<Case>, Vec<u32>) = mem::take(&mut self.answered).into_iter().unzip();
        self.steps.push(
            async move {
                let outcome = append_all(&mut cases).await;
                Event::Written(cases.into_iter().zip(rounds).collect(), outcome)
            }
            .boxed_local(),
        );
    }

    fn written(&mut self, rounds: Vec<Round>, lost: Vec<bool>) {
        let mut behind = Vec::new();
        for ((case, round), lost) in rounds.into_iter().zip(lost) {
            if !lost {
                // What was written may have been the beginning of an attempt.
                self.ask((case, round));
            } else if round < MOST_ROUNDS {
                behind.push((case, round));
            } else {
                let failure = Failure::Other(format!("others were faster at {} again and again", case.id));
                self.settled.failure = Some(failure);
            }
        }
        if !behind.is_empty() {
            self.asking += 1;
            self.steps.push(async move { Event::Reloaded(reload(behind).await) }.boxed_local());
        }
    }
}

async fn reload(behind: Vec<Round>) -> Result<Vec<Round>, Failure> {
    let Some((first, _)) = behind.first() else { return Ok(Vec::new()) };
    let actor = first.actor().to_owned();
    let fresh = load_all(behind.iter().map(|(case, _)| case.id), false, &actor).await?;
    let rounds = fresh.into_iter().filter_map(|fresh| {
        let (stale, round) = behind.iter().find(|(stale, _)| stale.id == fresh.id)?;
        Some((stale.reloaded(fresh), round + 1))
    });
    Ok(rounds.collect())
}

/// What `work` comes to, or `None` when it is `until` first.
async fn before<T>(until: u64, work: impl Future<Output = T>) -> Option<T> {
    let (work, deadline) = (pin!(work), pin!(monotonic_clock::wait_until(until)));
    match select(work, deadline).await {
        Either::Left((answer, _)) => Some(answer),
        Either::Right(_) => None,
    }
}
