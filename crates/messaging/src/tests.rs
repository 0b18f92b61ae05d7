//! Turns, replies and what follows from them.

mod judging;
mod replying;
mod waiting;

use crate::{Answer, Placed, Reply, Turn};

/// An event by its id, whose number is its position: `a7`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Event(String);

impl Placed for Event {
    fn id(&self) -> &str {
        &self.0
    }

    fn position(&self) -> i64 {
        self.0.trim_start_matches(char::is_alphabetic).parse().unwrap()
    }
}

/// A turn at its `attempts`-th try; its key is the letter of its events.
fn turn(consumer: &str, attempts: u32, ids: &str) -> Turn<Event> {
    let events: Vec<Event> = ids.split_whitespace().map(|id| Event(id.to_owned())).collect();
    let partitionkey = events[0].0.chars().take(1).collect();
    Turn { consumer: consumer.to_owned(), partitionkey, attempts, events }
}

fn answered(answers: &[(&str, Answer)]) -> Reply {
    Reply::Answered(answers.iter().map(|(id, answer)| ((*id).to_owned(), answer.clone())).collect())
}
