//! Applying a batch in as few calls as it takes, so that a poisoned key blocks only itself.

use tradepost_cloudevents::CloudEvent;

use crate::Outcome;

/// Applies `events` by `apply`, which applies all that it is given, in order, or nothing.
///
/// The whole batch is tried in one call. When that fails, each partition key is tried in a call of its own, and what
/// fails then event by event: what comes before the event that fails is applied, what comes after it in its key is
/// held. As soon as something is unavailable no more is tried: the next call would only wait for the same thing.
///
/// An error of `apply` is the outcome of what it was given. It is not called for an empty batch.
pub async fn apply_by_key(
    events: &[CloudEvent],
    apply: impl AsyncFn(&[&CloudEvent]) -> Result<(), Outcome>,
) -> Vec<Outcome> {
    let mut attempt = Attempt { apply, outcomes: vec![None; events.len()] };
    let all: Vec<Place<'_>> = events.iter().enumerate().collect();
    let unavailable = attempt.all_at_once(&all).await;
    attempt
        .outcomes
        .into_iter()
        .map(|outcome| outcome.or_else(|| unavailable.clone().map(Outcome::Unavailable)))
        .map(|outcome| outcome.unwrap_or(Outcome::Held))
        .collect()
}

/// An event and where it stands in the batch.
type Place<'e> = (usize, &'e CloudEvent);

struct Attempt<A> {
    apply: A,
    /// `None` until one is known.
    outcomes: Vec<Option<Outcome>>,
}

/// Why nothing more is to be tried.
type Stop = Option<String>;

impl<A: AsyncFn(&[&CloudEvent]) -> Result<(), Outcome>> Attempt<A> {
    async fn all_at_once(&mut self, all: &[Place<'_>]) -> Stop {
        match self.call(all).await {
            Ok(()) => None,
            Err(Outcome::Unavailable(reason)) => Some(reason),
            Err(outcome) => {
                let keys = by_key(all);
                if let [_] = keys.as_slice() {
                    return self.one_by_one(all, outcome).await;
                }
                for key in keys {
                    let stop = match self.call(&key).await {
                        Ok(()) => None,
                        Err(Outcome::Unavailable(reason)) => Some(reason),
                        Err(outcome) => self.one_by_one(&key, outcome).await,
                    };
                    if stop.is_some() {
                        return stop;
                    }
                }
                None
            }
        }
    }

    /// Tries the events of one key, which together came to `together`.
    async fn one_by_one(&mut self, key: &[Place<'_>], together: Outcome) -> Stop {
        if let [(place, _)] = key {
            self.settle(*place, together);
            return None;
        }
        for event in key {
            match self.call(std::slice::from_ref(event)).await {
                Ok(()) => {}
                Err(Outcome::Unavailable(reason)) => return Some(reason),
                Err(outcome) => {
                    self.settle(event.0, outcome);
                    for (later, _) in key.iter().filter(|(place, _)| *place > event.0) {
                        self.settle(*later, Outcome::Held);
                    }
                    return None;
                }
            }
        }
        None
    }

    async fn call(&mut self, places: &[Place<'_>]) -> Result<(), Outcome> {
        if places.is_empty() {
            return Ok(());
        }
        let events: Vec<&CloudEvent> = places.iter().map(|(_, event)| *event).collect();
        (self.apply)(&events).await?;
        for (place, _) in places {
            self.settle(*place, Outcome::Applied);
        }
        Ok(())
    }

    fn settle(&mut self, place: usize, outcome: Outcome) {
        if let Some(slot) = self.outcomes.get_mut(place) {
            *slot = Some(outcome);
        }
    }
}

/// The events of each key in order, the keys in the order of their first events.
fn by_key<'e>(events: &[Place<'e>]) -> Vec<Vec<Place<'e>>> {
    let mut keys: Vec<(&str, Vec<Place<'e>>)> = Vec::new();
    let mut place_of = std::collections::HashMap::new();
    for (place, event) in events {
        let key = event.partitionkey.as_str();
        let index = *place_of.entry(key).or_insert_with(|| {
            keys.push((key, Vec::new()));
            keys.len() - 1
        });
        if let Some((_, places)) = keys.get_mut(index) {
            places.push((*place, *event));
        }
    }
    keys.into_iter().map(|(_, places)| places).collect()
}
