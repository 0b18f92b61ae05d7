//! Pieces: sent, called off, taken back.

use super::{after, cancel, confirm, fulfil, hold, money, pending, status_of, take_back};
use crate::{Command, Draft, OrderEvent, PiecesFault, Recorded, Refusal, Status};

use super::NOON;

/// Open, cancelled, fulfilled, returned of the two lines.
fn counts(draft: &Draft) -> Vec<[u32; 4]> {
    let view = draft.view().unwrap();
    view.lines.iter().map(|line| [line.open, line.cancelled, line.fulfilled, line.returned]).collect()
}

#[test]
fn with_the_last_piece_the_order_is_complete() {
    let mut draft = after([confirm(), fulfil(&[("tea", 1)]), fulfil(&[("pot", 1)])]);
    assert_eq!((status_of(&draft), counts(&draft)), (Status::Placed, vec![[1, 0, 1, 0], [0, 0, 1, 0]]));
    assert!(draft.command(fulfil(&[("tea", 1)]), None, NOON).unwrap());
    assert_eq!((status_of(&draft), counts(&draft)), (Status::Completed, vec![[0, 0, 2, 0], [0, 0, 1, 0]]));
    let view = draft.view().unwrap();
    assert_eq!((view.fulfilments.len(), view.version), (3, 6));
    assert_eq!(view.fulfilments[0].lines[0].sku, "tea");
}

#[test]
fn calling_off_a_partly_sent_order_completes_it() {
    for commands in [
        vec![confirm(), fulfil(&[("tea", 1)]), cancel()],
        vec![confirm(), fulfil(&[("tea", 1)]), hold(), cancel()],
    ] {
        let draft = after(commands);
        assert_eq!(
            (status_of(&draft), counts(&draft)),
            (Status::Completed, vec![[0, 1, 1, 0], [0, 1, 0, 0]])
        );
        let told = draft.events().unwrap();
        let cancelled = told.iter().find(|event| event.event_type.ends_with("order-cancelled.v1")).unwrap();
        assert!(cancelled.data.contains(r#""value":{"amount":6999,"currency":"USD"}"#), "{}", cancelled.data);
        assert!(told.last().unwrap().event_type.ends_with("order-completed.v1"));
    }
}

#[test]
fn an_order_that_ends_before_anything_is_sent_has_nothing_open() {
    for command in [cancel(), Command::LoseReservation, Command::Reject { short: vec![] }] {
        assert_eq!(counts(&after([command])), [[0, 2, 0, 0], [0, 1, 0, 0]]);
    }
    let mut draft = pending();
    draft.command(cancel(), None, NOON).unwrap();
    let cancelled = draft.events().unwrap().pop().unwrap();
    let read = Recorded::read(cancelled.event_type, &cancelled.data, 0, None).unwrap();
    let OrderEvent::OrderCancelled(cancelled) = read.event else { panic!("{read:?}") };
    assert_eq!((cancelled.lines.len(), cancelled.value), (2, money(8998, "USD")));
}

#[test]
fn no_more_is_sent_than_is_open_and_all_faults_are_told() {
    let mut draft = after([confirm(), fulfil(&[("tea", 1)])]);
    let refusal = draft.command(fulfil(&[("cup", 1), ("tea", 2), ("pot", 1)]), None, NOON).unwrap_err();
    let expected = vec![
        PiecesFault::NoSuchLine { line_index: 0, sku: "cup".to_owned() },
        PiecesFault::NotThatMany { line_index: 1, wanted: 2, available: 1 },
    ];
    assert_eq!(refusal, Refusal::Pieces(expected));
    let faults: Vec<_> = refusal.faults().iter().map(|fault| (fault.pointer.clone(), fault.code)).collect();
    let expected =
        [("/lines/0/sku".to_owned(), "no_such_line"), ("/lines/1/quantity".to_owned(), "not_that_many")];
    assert_eq!(faults, expected);
    assert_eq!(draft.order().version(), 3);
}

#[test]
fn no_more_comes_back_than_was_sent() {
    let mut draft = after([confirm(), fulfil(&[("tea", 2)]), take_back(&[("tea", 1)])]);
    let refusal = draft.command(take_back(&[("tea", 2)]), None, NOON).unwrap_err();
    let expected = PiecesFault::NotThatMany { line_index: 0, wanted: 2, available: 1 };
    assert_eq!(refusal, Refusal::Pieces(vec![expected]));
    assert!(draft.command(take_back(&[("tea", 1)]), None, NOON).unwrap());
    assert_eq!((status_of(&draft), counts(&draft)), (Status::Placed, vec![[0, 0, 2, 2], [1, 0, 0, 0]]));
    let view = draft.view().unwrap();
    assert_eq!(view.returns[1].value, money(1999, "USD"));
}

#[test]
fn goods_of_a_complete_order_can_come_back_and_it_stays_complete() {
    let draft = after([confirm(), fulfil(&[("tea", 2), ("pot", 1)]), take_back(&[("pot", 1)])]);
    assert_eq!(status_of(&draft), Status::Completed);
    assert_eq!(draft.view().unwrap().returns[0].value, money(5000, "USD"));
}
