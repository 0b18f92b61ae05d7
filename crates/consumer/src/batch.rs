//! What arrives: a batch of events, of which some may be none.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;
use tradepost_cloudevents::CloudEvent;

use crate::Outcome;
use crate::answer::Answer;

/// The most events in a batch. The relay sends fewer by far; a stranger's million is not answered one by one.
pub(crate) const MOST_EVENTS: usize = 10_000;

/// Why a body is no batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is not the JSON that it claims to be; the text says where.
    Malformed(String),
    /// It has more than [`MOST_EVENTS`].
    TooMany,
}

/// A batch, taken apart into what can be applied and what is answered already.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The events that can be applied, in order.
    pub(crate) events: Vec<CloudEvent>,
    places: Vec<Place>,
}

#[derive(Debug)]
enum Place {
    /// The next of `events`.
    Event,
    Answered(Answer),
}

/// What can be told of an element that is not a CloudEvent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Remains {
    id: Option<String>,
    partitionkey: Option<String>,
}

impl Batch {
    /// Reads the body of `application/cloudevents-batch+json`.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let elements: Vec<&RawValue> = serde_json::from_slice(body)
            .map_err(|error| Unreadable::Malformed(format!("The body is not a JSON array: {error}")))?;
        if elements.len() > MOST_EVENTS {
            return Err(Unreadable::TooMany);
        }
        Ok(Self::of(&elements))
    }

    /// Reads the body of `application/cloudevents+json`, one event.
    pub(crate) fn read_one(body: &[u8]) -> Result<Self, Unreadable> {
        let element: &RawValue = serde_json::from_slice(body)
            .map_err(|error| Unreadable::Malformed(format!("The body is not JSON: {error}")))?;
        Ok(Self::of(&[element]))
    }

    /// An element that is no CloudEvent is rejected alone. Later events of its key are held, where the key can be
    /// told: it stands in their way like any other event that does not get through. Where it cannot, nothing ties
    /// the others to it.
    fn of(elements: &[&RawValue]) -> Self {
        let mut broken_keys = HashSet::new();
        let mut events = Vec::with_capacity(elements.len());
        let places = elements
            .iter()
            .map(|element| match serde_json::from_str::<CloudEvent>(element.get()) {
                Ok(event) if broken_keys.contains(&event.partitionkey) => {
                    Place::Answered(Answer { id: Some(event.id), outcome: Outcome::Held })
                }
                Ok(event) => {
                    events.push(event);
                    Place::Event
                }
                Err(error) => {
                    let remains: Remains = serde_json::from_str(element.get()).unwrap_or_default();
                    broken_keys.extend(remains.partitionkey);
                    let outcome = Outcome::Rejected(format!("This is not a CloudEvent: {error}"));
                    Place::Answered(Answer { id: remains.id, outcome })
                }
            })
            .collect();
        Self { events, places }
    }

    /// One answer for each element in order, given the outcomes of `events`.
    pub(crate) fn answers(self, outcomes: Vec<Outcome>) -> Vec<Answer> {
        let unanswered = || Outcome::Failed("The consumer gave no answer".to_owned());
        let mut outcomes = outcomes.into_iter();
        let mut events = self.events.into_iter();
        self.places
            .into_iter()
            .map(|place| match place {
                Place::Answered(answer) => answer,
                Place::Event => Answer {
                    id: events.next().map(|event| event.id),
                    outcome: outcomes.next().unwrap_or_else(unanswered),
                },
            })
            .collect()
    }
}
