//! Taking what is due.

use tradepost_postgres::{Failure, Parameter, Repeat, Row};

use crate::ports::exports::tradepost::messaging::event_queue::{Event, Limits, Subscription, Turn};
use crate::{DATABASE, integer};

pub(crate) async fn take(
    token: String,
    subscriptions: Vec<Subscription>,
    limits: Limits,
) -> Result<Vec<Turn>, Failure> {
    let statement = concat!(
        "SELECT consumer, partitionkey, attempts, position, id, source, type, subject, time_microseconds, sequence,
                traceparent, data
         FROM (SELECT ",
        without_waiting!(),
        ") AS commit, LATERAL messaging.take($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    let wants = subscriptions.into_iter().flat_map(|Subscription { consumer, event_types, key_member }| {
        let want = move |event_type| (Some(consumer.clone()), Some(event_type), key_member.clone());
        event_types.into_iter().map(want)
    });
    let (consumers, types, members) = wants.collect();
    let parameters = vec![
        Parameter::ArrayStr(consumers),
        Parameter::ArrayStr(types),
        Parameter::Uuid(token),
        Parameter::Int32(integer(limits.lease_milliseconds)),
        Parameter::Int32(integer(limits.mailboxes)),
        Parameter::Int32(integer(limits.events)),
        Parameter::Int32(integer(limits.bytes)),
        Parameter::ArrayStr(members),
    ];
    // What a first run leased comes back when its lease ends.
    let rows = DATABASE.query(statement, parameters, Repeat::Safe).await?;

    let mut turns: Vec<Turn> = Vec::new();
    for row in rows {
        let (turn, event) = turn_and_event(row)?;
        match turns.last_mut() {
            Some(last) if last.consumer == turn.consumer && last.partitionkey == turn.partitionkey => {
                last.events.push(event);
            }
            _ => turns.push(Turn { events: vec![event], ..turn }),
        }
    }
    Ok(turns)
}

/// A row: the turn that it belongs to, still without events, and its event.
fn turn_and_event(mut row: Row) -> Result<(Turn, Event), Failure> {
    let turn = Turn {
        consumer: row.take()?,
        partitionkey: row.take()?,
        attempts: whole(row.take::<i32>()?)?,
        events: Vec::new(),
    };
    let event = Event {
        position: row.take()?,
        id: row.take()?,
        source: row.take()?,
        event_type: row.take()?,
        subject: row.take()?,
        time: row.take()?,
        sequence: whole(row.take::<i64>()?)?,
        traceparent: row.take()?,
        data: row.take()?,
    };
    Ok((turn, event))
}

fn whole<T, N: TryFrom<T>>(number: T) -> Result<N, Failure> {
    N::try_from(number).map_err(|_| Failure::Other("a number that counts is negative".to_owned()))
}
