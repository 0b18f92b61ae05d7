//! The port `inventory/reservations`: promises are kept, taken back, or run out.

use super::reservations::{demand, rejected};
use super::reservations_port::exports::tradepost::inventory::reservations::{
    Demand, ReservationError, Settled, State,
};
use super::{Reservations, SETS, in_seconds, stock, the_levels, told};
use crate::ground::Ground;
use crate::mishap::{Mishap, Moment};
use futures::future::join_all;
use serde_json::json;
use tradepost_inventory::ReservationState;
use uuid::Uuid;

/// An order whose reservation is in `state`; it wants 3 of 10.
async fn order_in(state: ReservationState, reservations: &mut Reservations, sku: &str) -> String {
    let quantity = if state == ReservationState::Rejected { 11 } else { 3 };
    let order = Demand { expires_at: in_seconds(-1), ..demand(&[(sku, quantity)]) };
    let decided = reservations.reserve(&order).await.unwrap();
    match state {
        ReservationState::Rejected => assert_eq!(Ok(decided), rejected(&[(sku, 11, 10)])),
        ReservationState::Held => {}
        ReservationState::Committed => {
            assert_eq!(reservations.commit(&order.order_id).await, Ok(Settled::Done));
        }
        ReservationState::Released => {
            assert_eq!(reservations.release(&order.order_id).await, Ok(Settled::Done));
        }
        ReservationState::Expired => assert_eq!(reservations.expire(0, 1_000).await, Ok(1)),
    }
    order.order_id
}

fn of_port(state: ReservationState) -> State {
    match state {
        ReservationState::Rejected => State::Rejected,
        ReservationState::Held => State::Held,
        ReservationState::Committed => State::Committed,
        ReservationState::Released => State::Released,
        ReservationState::Expired => State::Expired,
    }
}

/// Every state and every way out of it, as the rules' table has them.
#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_goes_where_the_table_of_transitions_says_and_stays_otherwise() {
    for set in SETS {
        let ground = Ground::fresh().await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        for from in ReservationState::ALL {
            for to in [ReservationState::Committed, ReservationState::Released, ReservationState::Expired] {
                let (sku, context) = (format!("{from:?}-{to:?}"), format!("{set:?} {from:?} -> {to:?}"));
                stock(&ground, set, &[(&sku, 10)]).await;
                let order_id = order_in(*from, &mut reservations, &sku).await;
                let may = from.may_become(to);
                if to == ReservationState::Expired {
                    assert_eq!(reservations.expire(0, 1_000).await, Ok(u64::from(may)), "{context}");
                } else {
                    let expected = if may || *from == to {
                        Ok(Settled::Done)
                    } else if *from == ReservationState::Committed {
                        Ok(Settled::Restocked)
                    } else {
                        Ok(Settled::TooLate(of_port(*from)))
                    };
                    // Once more changes nothing.
                    for _ in 0..2 {
                        let settled = if to == ReservationState::Committed {
                            reservations.commit(&order_id).await
                        } else {
                            reservations.release(&order_id).await
                        };
                        assert_eq!(settled, expected, "{context}");
                    }
                }
                let now = if may { to } else { *from };
                let (on_hand, reserved) = match now {
                    ReservationState::Held => (10, 3),
                    ReservationState::Committed if to == ReservationState::Released => (10, 0),
                    ReservationState::Committed => (7, 0),
                    _ => (10, 0),
                };
                the_levels(&ground, set, &[(&sku, on_hand, reserved)], &context).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_reservation_is_told_with_its_lines() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 20), ("cup", 20)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let lines = json!([{"sku": "cup", "quantity": 1}, {"sku": "tea-1", "quantity": 2}]);
        for (end, kind) in [
            ("commit", "reservation-committed.v1"),
            ("release", "reservation-released.v1"),
            ("expire", "reservation-expired.v1"),
        ] {
            let order = demand(&[("tea-1", 2), ("cup", 1)]);
            reservations.reserve(&order).await.unwrap();
            match end {
                "commit" => assert_eq!(reservations.commit(&order.order_id).await, Ok(Settled::Done)),
                "release" => assert_eq!(reservations.release(&order.order_id).await, Ok(Settled::Done)),
                _ => assert_eq!(reservations.expire(61, 10).await, Ok(1)),
            }
            let order_id =
                tradepost_ids::OrderId::from_uuid(Uuid::try_parse(&order.order_id).unwrap()).to_string();
            let last = told(&ground, &order_id).await.pop().unwrap();
            assert_eq!(last, (kind.to_owned(), json!({"order_id": order_id, "lines": lines})), "{set:?}");
        }
        the_levels(&ground, set, &[("tea-1", 18, 0), ("cup", 19, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overdue_expires_oldest_first_and_nothing_else_does() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 100)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let mut orders = Vec::new();
        for seconds in [30, 10, 20, 40] {
            let order = Demand { expires_at: in_seconds(seconds), ..demand(&[("tea-1", 1)]) };
            reservations.reserve(&order).await.unwrap();
            orders.push(order.order_id);
        }
        assert_eq!(reservations.expire(5, 10).await, Ok(0), "{set:?}");
        assert_eq!(reservations.expire(35, 2).await, Ok(2), "{set:?}");
        // The two oldest are gone, so the third and the one that is not overdue can still be committed.
        let mut ends = Vec::new();
        for order in [&orders[1], &orders[2], &orders[0], &orders[3]] {
            ends.push(reservations.commit(order).await);
        }
        let gone = || Ok(Settled::TooLate(State::Expired));
        assert_eq!(ends, [gone(), gone(), Ok(Settled::Done), Ok(Settled::Done)], "{set:?}");
        assert_eq!(reservations.expire(1_000, 10).await, Ok(0), "{set:?}");
        the_levels(&ground, set, &[("tea-1", 98, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_that_expired_can_be_promised_to_others() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 3)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let first = Demand { expires_at: in_seconds(-1), ..demand(&[("tea-1", 3)]) };
        reservations.reserve(&first).await.unwrap();
        let early = reservations.reserve(&demand(&[("tea-1", 1)])).await;
        assert_eq!(early, rejected(&[("tea-1", 1, 0)]), "overdue is promised until the sweep: {set:?}");
        assert_eq!(reservations.expire(0, 10).await, Ok(1), "{set:?}");
        assert!(reservations.reserve(&demand(&[("tea-1", 3)])).await.is_ok(), "{set:?}");
        the_levels(&ground, set, &[("tea-1", 3, 3)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sweepers_at_once_share_the_work() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 1_000), ("cup", 1_000), ("pot", 1_000)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let lines: [&[(&str, i64)]; 3] =
            [&[("tea-1", 1), ("cup", 2)], &[("cup", 1), ("pot", 1)], &[("pot", 2), ("tea-1", 1)]];
        let orders: Vec<Demand> = (0..120)
            .map(|number| Demand { expires_at: in_seconds(-1), ..demand(lines[number % 3]) })
            .collect();
        assert!(reservations.reserve_at_once(orders).await.iter().all(Result::is_ok), "{set:?}");
        let mut sweepers = join_all((0..6).map(|_| Reservations::on(&ground, set.reservations))).await;
        let sweeps = sweepers.iter_mut().map(|sweeper| async move {
            let mut expired = 0;
            loop {
                match sweeper.expire(0, 7).await.unwrap() {
                    0 => return expired,
                    some => expired += some,
                }
            }
        });
        assert_eq!(join_all(sweeps).await.iter().sum::<u64>(), 120, "{set:?}");
        the_levels(&ground, set, &[("tea-1", 1_000, 0), ("cup", 1_000, 0), ("pot", 1_000, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_again_ends_once_wherever_the_first_attempt_broke() {
    for set in SETS {
        let ground = Ground::fresh().await;
        let mut lucky = Reservations::on(&ground, set.reservations).await;
        for (end, on_hand) in [("commit", 6), ("release", 10), ("expire", 10)] {
            for moment in Moment::BOTH {
                for ordinal in 1.. {
                    let mishap = Mishap::at(ordinal, moment);
                    let (sku, context) = (format!("{end}-{moment:?}-{ordinal}"), format!("{end} {mishap:?}"));
                    stock(&ground, set, &[(&sku, 10)]).await;
                    let order = Demand { expires_at: in_seconds(-1), ..demand(&[(&sku, 4)]) };
                    lucky.reserve(&order).await.unwrap();
                    let mut unlucky = Reservations::unlucky_on(&ground, set.reservations, &mishap).await;
                    for attempt in 1.. {
                        let unavailable = match end {
                            "commit" => unlucky
                                .commit(&order.order_id)
                                .await
                                .is_err_and(|error| matches!(error, ReservationError::Unavailable(_))),
                            "release" => unlucky
                                .release(&order.order_id)
                                .await
                                .is_err_and(|error| matches!(error, ReservationError::Unavailable(_))),
                            _ => unlucky
                                .expire(0, 10)
                                .await
                                .is_err_and(|error| matches!(error, ReservationError::Unavailable(_))),
                        };
                        if !unavailable {
                            break;
                        }
                        assert_eq!(attempt, 1, "{set:?} {context}");
                    }
                    the_levels(&ground, set, &[(&sku, on_hand, 0)], &context).await;
                    if !mishap.happened() {
                        assert!(ordinal > 2, "{set:?} {context}");
                        break;
                    }
                }
            }
        }
    }
}
