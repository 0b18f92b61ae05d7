//! Levels and what becomes of them.

use proptest::prelude::*;

use crate::{Delta, MOST_ON_HAND, Refusal, Stock, StockLevel};

fn level(on_hand: i64, reserved: i64) -> StockLevel {
    StockLevel::new(on_hand, reserved).unwrap()
}

fn delta(pieces: i64) -> Delta {
    Delta::try_from(pieces).unwrap()
}

#[test]
fn clients_see_what_is_left_to_promise() {
    let shown = serde_json::to_string(&Stock::new("tea-1".to_owned(), level(10, 3))).unwrap();
    assert_eq!(shown, r#"{"sku":"tea-1","on_hand":10,"reserved":3,"available":7}"#);
}

#[test]
fn a_level_never_promises_more_than_there_is() {
    for (on_hand, reserved) in
        [(-1, 0), (0, -1), (0, 1), (i64::MIN, 0), (MOST_ON_HAND + 1, 0), (i64::MAX, i64::MAX)]
    {
        assert_eq!(StockLevel::new(on_hand, reserved), None, "{on_hand} {reserved}");
    }
}

#[test]
fn what_is_promised_cannot_be_adjusted_away_and_what_cannot_be_counted_cannot_come() {
    assert_eq!(level(10, 3).adjusted(delta(-7)), Ok(level(3, 3)));
    assert_eq!(level(10, 3).adjusted(delta(-8)), Err(Refusal::Insufficient));
    assert_eq!(level(MOST_ON_HAND - 1, 0).adjusted(delta(1)), Ok(level(MOST_ON_HAND, 0)));
    assert_eq!(level(MOST_ON_HAND, 0).adjusted(delta(1)), Err(Refusal::TooMuch));
    assert_eq!(level(3, 0).with_reserved(4), Err(Refusal::Insufficient));
    assert_eq!(level(3, 1).with_reserved(i64::MAX), Err(Refusal::Insufficient));
    assert_eq!(level(3, 1).with_committed(2), None);
    assert_eq!(level(3, 1).with_released(2), None);
}

#[test]
fn stock_becomes_low_on_the_step_that_takes_it_there() {
    let rows = [(7, 6, false), (6, 5, true), (9, 0, true), (5, 4, false), (5, 5, false), (4, 6, false)];
    for (before, after, low) in rows {
        assert_eq!(level(after, 0).has_become_low_since(level(before, 0), 5), low, "{before} {after}");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Adjust(i64),
    Reserve(i64),
    Commit(usize),
    Release(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (-20..20_i64).prop_filter("a delta is not 0", |delta| *delta != 0).prop_map(Step::Adjust),
        (1..10_i64).prop_map(Step::Reserve),
        any::<usize>().prop_map(Step::Commit),
        any::<usize>().prop_map(Step::Release),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #[test]
    fn whatever_happens_the_promises_are_kept_and_add_up(steps in steps()) {
        let (mut now, mut held) = (StockLevel::default(), Vec::new());
        for step in steps {
            let next = match step {
                Step::Adjust(pieces) => now.adjusted(delta(pieces)).ok(),
                Step::Reserve(pieces) => {
                    let next = now.with_reserved(pieces).ok();
                    if next.is_some() {
                        held.push(pieces);
                    }
                    next
                }
                Step::Commit(_) | Step::Release(_) if held.is_empty() => None,
                Step::Commit(which) => now.with_committed(held.remove(which % held.len())),
                Step::Release(which) => now.with_released(held.remove(which % held.len())),
            };
            now = next.unwrap_or(now);
            prop_assert_eq!(now.reserved(), held.iter().sum::<i64>());
            prop_assert!(now.available() >= 0);
        }
    }
}
