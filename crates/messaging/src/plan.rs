//! What is delivered together.

use crate::Turn;

/// Turns, sorted by how they are delivered.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan<E> {
    /// Turns of one consumer each that are delivered in one batch.
    pub together: Vec<Vec<Turn<E>>>,
    /// Turns that have failed before: each is delivered by itself, so that it breaks nobody else's delivery. Grouped by
    /// consumer, because deliveries to one consumer that may break it are made one after the other: a trap takes with it
    /// what is under way in the same instance.
    pub alone: Vec<Vec<Turn<E>>>,
    /// Turns that have had all their tries, the last of which nobody lived to settle. They are set aside undelivered.
    pub used_up: Vec<Turn<E>>,
}

/// Sorts turns. `most_attempts` is how often an event is tried.
pub fn plan<E>(turns: Vec<Turn<E>>, most_attempts: u32) -> Plan<E> {
    let mut plan = Plan { together: Vec::new(), alone: Vec::new(), used_up: Vec::new() };
    for turn in turns {
        if turn.attempts > most_attempts {
            plan.used_up.push(turn);
        } else if turn.attempts > 1 {
            put(&mut plan.alone, turn);
        } else {
            put(&mut plan.together, turn);
        }
    }
    plan
}

fn put<E>(groups: &mut Vec<Vec<Turn<E>>>, turn: Turn<E>) {
    let same = |group: &&mut Vec<Turn<E>>| group.iter().all(|other| other.consumer == turn.consumer);
    match groups.iter_mut().find(same) {
        Some(group) => group.push(turn),
        None => groups.push(vec![turn]),
    }
}
