//! What the events of a batch demand, decided and written: a statement for those that begin, a look and a statement for
//! those that go on.

use std::collections::{BTreeMap, BTreeSet};

use tradepost_chance::now;
use tradepost_consumer::{CloudEvent, Outcome};
use tradepost_ids::PaymentId;
use tradepost_payment::{Command, Refusal};
use tradepost_payment_desk::{Case, Failure, append_all, load_all};

use crate::ACTOR;
use crate::risk::Settings;
use crate::wish::{Wish, wish};

/// How often a payment that somebody else was faster at is loaded and decided on.
const MOST_TRIES: u32 = 4;

/// What a payment's events demand, in order.
#[derive(Debug, Default)]
struct Demand {
    request: Option<Wish>,
    wishes: Vec<Wish>,
    traceparent: Option<String>,
}

/// Writes what `events` demand, all of it or nothing of what comes after an error. The payments about which the provider may
/// have to be asked now.
pub(crate) async fn write(events: &[&CloudEvent]) -> Result<Vec<Case>, Outcome> {
    let mut demands: BTreeMap<PaymentId, Demand> = BTreeMap::new();
    for event in events {
        let (id, wish) = wish(event)?;
        let demand = demands.entry(id).or_default();
        demand.traceparent.clone_from(&event.traceparent);
        match wish {
            // An order is placed before anything else happens to it.
            Wish::Request(_) => demand.request = Some(wish),
            _ => demand.wishes.push(wish),
        }
    }
    begin(&demands).await?;
    demands.retain(|_, demand| !demand.wishes.is_empty());
    go_on(demands).await
}

/// Begins payments. One that is there already was begun by an earlier delivery.
async fn begin(demands: &BTreeMap<PaymentId, Demand>) -> Result<(), Outcome> {
    let mut cases = Vec::new();
    for (id, demand) in demands {
        if let Some(Wish::Request(request)) = &demand.request {
            let mut case = Case::new(*id, ACTOR);
            case.traceparent.clone_from(&demand.traceparent);
            case.decide(Command::Request(request.clone()), now()).map_err(refused)?;
            cases.push(case);
        }
    }
    append_all(&mut cases).await.map_err(failed)?;
    Ok(())
}

async fn go_on(mut demands: BTreeMap<PaymentId, Demand>) -> Result<Vec<Case>, Outcome> {
    let mut written = Vec::new();
    for _ in 0..MOST_TRIES {
        if demands.is_empty() {
            return Ok(written);
        }
        let scored = demands.values().any(Demand::charges);
        let settings = if scored { Some(Settings::read().await?) } else { None };
        let mut cases = load_all(demands.keys().copied(), scored, ACTOR).await.map_err(failed)?;
        let found: BTreeSet<PaymentId> = cases.iter().map(|case| case.id).collect();
        if let Some((id, _)) = demands.iter().find(|(id, demand)| demand.charges() && !found.contains(id)) {
            return Err(Outcome::Failed(format!("{id} is to be charged and was never requested")));
        }
        // Where nothing was requested, nothing has to be called off.
        demands.retain(|id, _| found.contains(id));
        for case in &mut cases {
            if let Some(demand) = demands.get(&case.id) {
                decide(case, demand, settings.as_ref()).await?;
            }
        }
        let news: Vec<bool> = cases.iter().map(Case::has_news).collect();
        let lost = append_all(&mut cases).await.map_err(failed)?;
        for (case, (lost, news)) in cases.into_iter().zip(lost.into_iter().zip(news)) {
            if !lost {
                demands.remove(&case.id);
                // What was so already, somebody else is at, or the tick will be: two who ask for one promise at once could
                // not tell whether the other's question is still on its way.
                written.extend(news.then_some(case));
            }
        }
    }
    if demands.is_empty() {
        Ok(written)
    } else {
        Err(Outcome::Failed("others were faster again and again".to_owned()))
    }
}

impl Demand {
    fn charges(&self) -> bool {
        self.wishes.iter().any(|wish| matches!(wish, Wish::Charge { .. }))
    }
}

async fn decide(case: &mut Case, demand: &Demand, settings: Option<&Settings>) -> Result<(), Outcome> {
    case.traceparent.clone_from(&demand.traceparent);
    for (wish, place) in demand.wishes.iter().zip(1..) {
        let mut later = demand.wishes.iter().skip(place);
        let command = match wish.clone() {
            // What has been called off by now is not begun for form's sake.
            Wish::Charge { .. } if later.any(|wish| matches!(wish, Wish::CallOff { .. })) => continue,
            Wish::Request(request) => Command::Request(request),
            Wish::Charge { reserved_until } => {
                let (Some(settings), Some(requested)) = (settings, case.payment().requested()) else {
                    continue;
                };
                if !case.payment().awaits_its_first_attempt() {
                    continue;
                }
                let risk = settings.assess(requested, &case.recent).await;
                Command::Charge { reserved_until, risk }
            }
            Wish::CallOff { reason, value } => Command::CallOff { reason: reason.to_owned(), value },
            Wish::GiveBack { refund_id, value } => {
                Command::GiveBack { refund_id, value, reason: "order_returned".to_owned() }
            }
        };
        case.decide(command, now()).map_err(refused)?;
    }
    Ok(())
}

fn refused(refusal: Refusal) -> Outcome {
    Outcome::Rejected(refusal.to_string())
}

fn failed(failure: Failure) -> Outcome {
    match failure {
        Failure::Unavailable(cause) => Outcome::Unavailable(cause),
        Failure::Other(cause) => Outcome::Failed(cause),
    }
}
