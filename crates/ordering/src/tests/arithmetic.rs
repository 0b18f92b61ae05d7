//! Any commands in any order: what holds of an order whatever happens to it.

use proptest::prelude::*;
use proptest::sample::select;
use std::time::Duration;
use tradepost_money::Money;

use super::{
    NOON, ada, cancel, fulfil, hold, money, order_id, price, refund_id, release, request, risk, take_back,
    uuid,
};
use crate::{Command, Deadlines, Draft, Order, OrderEvent, PaymentNews, Recorded, Status};

const SKUS: [&str; 3] = ["a", "b", "c"];
/// In minor units, so that each piece's part of a sum can be told.
const UNITS: [i64; 3] = [1, 1_000, 1_000_000];

fn any_pieces() -> impl Strategy<Value = Vec<(&'static str, i64)>> {
    prop::collection::vec((select(vec!["a", "b", "c", "none"]), 1..4_i64), 1..4)
}

/// A command, and which event it answers to, if it answers to one: sometimes one that was answered before.
fn any_command() -> impl Strategy<Value = (Command<'static>, Option<u128>)> {
    let deadlines = |hours: u64| {
        let patience = Duration::from_hours(hours);
        Deadlines { pending: patience, on_hold: patience, placed: patience }
    };
    let command = prop_oneof![
        4 => any::<bool>().prop_map(|review| Command::Confirm { captured: money(1, "USD"), risk: risk(review) }),
        1 => Just(Command::Reject { short: vec![] }),
        1 => Just(Command::Decline { decline_code: "card_declined".to_owned() }),
        1 => Just(Command::LoseReservation),
        2 => (0..100_u64).prop_map(move |hours| Command::TimeOut { deadlines: deadlines(hours) }),
        1 => Just(cancel()),
        3 => Just(hold()),
        3 => Just(release()),
        8 => any_pieces().prop_map(|lines| fulfil(&lines)),
        6 => any_pieces().prop_map(|lines| take_back(&lines)),
        1 => Just(Command::HearOfPayment(PaymentNews::Unknown)),
        2 => (0..9_i64).prop_map(|amount| {
            let refunded = money(amount, "USD");
            Command::HearOfPayment(PaymentNews::Refunded { refund_id: refund_id(), refunded })
        }),
    ];
    (command, prop::option::of(0..5_u128))
}

fn placed(quantities: &[i64]) -> Draft {
    let prices: Vec<_> = SKUS.iter().zip(UNITS).map(|(sku, unit)| price(sku, unit, "USD")).collect();
    let lines: Vec<_> = SKUS.iter().copied().zip(quantities.iter().copied()).collect();
    let command = Command::Place { request: request(&lines), prices: &prices, owner: ada() };
    let mut draft = Draft::of(order_id(), Order::default());
    draft.command(command, None, NOON).unwrap();
    draft
}

fn sum(amounts: impl IntoIterator<Item = Money>) -> i64 {
    amounts.into_iter().map(Money::amount).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_commands_leave_an_order_that_adds_up(
        quantities in prop::collection::vec(1..6_i64, 1..=3),
        commands in prop::collection::vec(any_command(), 0..24),
    ) {
        let mut draft = placed(&quantities);
        let mut stream: Vec<Recorded> = Vec::new();
        let mut written = 0;
        let mut now = NOON;
        let mut answered = std::collections::BTreeSet::new();
        for (command, cause) in commands {
            now = now.saturating_add(Duration::from_hours(1));
            let before = draft.clone();
            let cause = cause.map(uuid);
            let result = draft.command(command.clone(), cause, now);
            let (status_before, status) = (before.order().status().unwrap(), draft.order().status().unwrap());

            // Nothing happened, or events did.
            let events = draft.events().unwrap();
            let grown = events.len() - before.events().unwrap().len();
            prop_assert_eq!(result.clone().unwrap_or(false), grown > 0, "{:?}", result);
            if grown == 0 {
                prop_assert_eq!(before.order(), draft.order());
            } else if let Some(cause) = cause {
                prop_assert!(answered.insert(cause), "{:?} was answered twice", cause);
            }

            // The status moved along the table, one way at a time.
            let steps: Vec<Recorded> = events[events.len() - grown..].iter().map(read).collect();
            let mut order = before.order().clone();
            for step in &steps {
                let from = order.status().unwrap();
                order = crate::evolve(order, step);
                let to = order.status().unwrap();
                prop_assert!(from == to || from.allowed().any(|allowed| allowed == to), "{:?} to {:?}", from, to);
                if from != to {
                    prop_assert_eq!(order.status_since(), Some(now));
                }
            }
            prop_assert_eq!(&order, draft.order());
            if status_before.is_end() {
                prop_assert_eq!(status, status_before);
            }

            // The lines add up.
            let view = draft.view().unwrap();
            for line in &view.lines {
                prop_assert_eq!(line.quantity, line.open + line.cancelled + line.fulfilled);
                prop_assert!(line.returned <= line.fulfilled);
                prop_assert_eq!(line.total.amount(), line.unit_price.amount() * i64::from(line.quantity));
                let sent = |pieces: &[tradepost_events::ordering::Pieces]| -> u32 {
                    pieces.iter().filter(|pieces| pieces.sku == line.sku).map(|pieces| pieces.quantity).sum()
                };
                prop_assert_eq!(line.fulfilled, view.fulfilments.iter().map(|one| sent(&one.lines)).sum::<u32>());
                prop_assert_eq!(line.returned, view.returns.iter().map(|one| sent(&one.lines)).sum::<u32>());
            }
            prop_assert_eq!(view.total.amount(), sum(view.lines.iter().map(|line| line.total)));
            let open: u32 = view.lines.iter().map(|line| line.open).sum();
            prop_assert_eq!(open == 0, status.is_end(), "{} open and {:?}", open, status);
            if status == Status::Cancelled {
                prop_assert!(view.lines.iter().all(|line| line.fulfilled == 0));
            }

            // What is given back is never more than was taken.
            let cancelled = events.iter().map(read).filter_map(|recorded| match recorded.event {
                OrderEvent::OrderCancelled(event) => Some(event.value),
                _ => None,
            });
            let given_back = sum(cancelled) + sum(view.returns.iter().map(|one| one.value));
            prop_assert!(given_back <= view.total.amount());
            written = events.len();
        }

        // Folding what was written gives the same order, as often as it is done, byte for byte.
        stream.extend(draft.events().unwrap().iter().map(read));
        prop_assert!(stream.len() >= written);
        prop_assert_eq!(&Order::fold(&stream), draft.order());
        let bytes = |order: &Order| serde_json::to_vec(&order.view(order_id()).unwrap()).unwrap();
        prop_assert_eq!(bytes(&Order::fold(&stream)), bytes(draft.order()));
        for (recorded, event) in stream.iter().zip(draft.events().unwrap()) {
            prop_assert_eq!(recorded.event.to_data_json().unwrap(), event.data);
        }
    }
}

fn read(event: &crate::WrittenEvent) -> Recorded {
    let cause = event.caused_by.map(|cause| cause.to_string());
    Recorded::read(event.event_type, &event.data, event.at.as_micros(), cause.as_deref()).unwrap()
}
