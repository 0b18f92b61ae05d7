//! The port `inventory/reservations` with many orders in one call.

use super::reservations::{demand, lines, settlement, typed};
use super::reservations_port::exports::tradepost::inventory::reservations::{
    Decision, Demand, Ending, Settled, ShortLine, State,
};
use super::{Reservations, SETS, fresh_id, in_seconds, stock, the_levels, told};
use crate::ground::Ground;
use futures::future::join_all;

fn short(sku: &str, wanted: i64, available: i64) -> Decision {
    Decision::Rejected(vec![ShortLine { sku: sku.to_owned(), wanted, available }])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_enough_for_all_goes_to_those_that_come_first() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 20), ("cup", 5), ("pot", 0)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let orders = [
            demand(&[("cup", 2), ("tea-1", 1)]),
            demand(&[("cup", 4), ("tea-1", 1)]),
            demand(&[("pot", 1), ("tea-1", 9)]),
            demand(&[("tea-1", 12), ("cup", 3)]),
            demand(&[("cup", 1)]),
            demand(&[("tea-1", 7)]),
        ];
        let answers = reservations.reserve_all(&orders).await.unwrap();
        let until = |order: usize| Decision::Reserved(orders[order].expires_at);
        let expected =
            vec![until(0), short("cup", 4, 3), short("pot", 1, 0), until(3), short("cup", 1, 0), until(5)];
        assert_eq!(answers, expected, "{set:?}");
        the_levels(&ground, set, &[("tea-1", 20, 20), ("cup", 5, 5), ("pot", 0, 0)], "").await;
        assert_eq!(reservations.reserve_all(&orders).await.unwrap(), expected, "again: {set:?}");
        the_levels(&ground, set, &[("tea-1", 20, 20), ("cup", 5, 5), ("pot", 0, 0)], "again").await;
        for (order, decision) in orders.iter().zip(&answers) {
            let kind = if matches!(decision, Decision::Reserved(_)) { "reserved" } else { "rejected" };
            let [(told, _)] = told(&ground, &typed(&order.order_id)).await.try_into().unwrap();
            assert_eq!(told, format!("stock-{kind}.v1"), "{set:?}");
        }
        // It has become low once, whoever of them made it so.
        assert_eq!(told(&ground, "cup").await.len(), 1, "five are low from the start: {set:?}");
        assert_eq!(told(&ground, "tea-1").await.len(), 2, "{set:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_sku_that_everybody_wants_a_batch_gets_what_there_is() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 10)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let orders: Vec<Demand> = (0..64).map(|_| demand(&[("tea-1", 1)])).collect();
        let answers = reservations.reserve_all(&orders).await.unwrap();
        let (first, rest) = answers.split_at(10);
        assert!(first.iter().all(|decision| matches!(decision, Decision::Reserved(_))), "{set:?}");
        assert!(rest.iter().all(|decision| *decision == short("tea-1", 1, 0)), "{set:?}");
        the_levels(&ground, set, &[("tea-1", 10, 10)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_twice_in_a_batch_is_decided_once() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 10)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let order = demand(&[("tea-1", 3)]);
        let answers = reservations.reserve_all(&[order.clone(), order.clone()]).await.unwrap();
        assert_eq!(answers, vec![Decision::Reserved(order.expires_at); 2], "{set:?}");
        the_levels(&ground, set, &[("tea-1", 10, 3)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_a_batch_of_settlements_ends_as_it_can() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 20), ("cup", 20)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let held: Vec<Demand> = (0..3).map(|_| demand(&[("tea-1", 2), ("cup", 1)])).collect();
        let overdue = Demand { expires_at: in_seconds(-1), ..demand(&[("cup", 1)]) };
        let rejected = demand(&[("cup", 99)]);
        reservations.reserve_all(&held).await.unwrap();
        reservations.reserve_all(&[overdue.clone(), rejected.clone()]).await.unwrap();
        assert_eq!(reservations.expire(0, 10).await, Ok(1), "{set:?}");
        let unheard_of = fresh_id();
        let back = || Ending::Release(Some(lines(&[("tea-1", 1)])));
        let settled = reservations
            .settle_all(&[
                settlement(&held[0].order_id, Ending::Commit),
                settlement(&overdue.order_id, Ending::Commit),
                settlement(&held[0].order_id, back()),
                settlement(&held[1].order_id, back()),
                settlement(&held[1].order_id, Ending::Commit),
                settlement(&unheard_of, Ending::Commit),
                settlement(&rejected.order_id, Ending::Release(None)),
                settlement(&held[2].order_id, Ending::Commit),
            ])
            .await;
        let expected = vec![
            Settled::Done,
            Settled::TooLate(State::Expired),
            Settled::Restocked,
            Settled::Done,
            Settled::TooLate(State::Released),
            Settled::Unknown,
            Settled::TooLate(State::Rejected),
            Settled::Done,
        ];
        assert_eq!(settled, Ok(expected), "{set:?}");
        the_levels(&ground, set, &[("tea-1", 17, 0), ("cup", 18, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_released_before_it_was_reserved_for_is_never_promised_anything() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 20)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let (ended, other) = (demand(&[("tea-1", 2)]), demand(&[("tea-1", 2)]));
        for _ in 0..2 {
            assert_eq!(reservations.release(&ended.order_id).await, Ok(Settled::Done), "{set:?}");
            let answers = reservations.reserve_all(&[ended.clone(), other.clone()]).await;
            let expected = vec![Decision::Ended, Decision::Reserved(other.expires_at)];
            assert_eq!(answers, Ok(expected), "{set:?}");
        }
        let committed = reservations.commit(&ended.order_id).await;
        assert_eq!(committed, Ok(Settled::TooLate(State::Released)), "{set:?}");
        assert_eq!(told(&ground, &typed(&ended.order_id)).await, [], "{set:?}");
        the_levels(&ground, set, &[("tea-1", 20, 2)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_puts_back_once_and_all_together_no_more_than_had_left() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 20), ("cup", 20)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let order = demand(&[("tea-1", 5), ("cup", 1)]);
        reservations.reserve(&order).await.unwrap();
        reservations.commit(&order.order_id).await.unwrap();
        let some = settlement(&order.order_id, Ending::Release(Some(lines(&[("tea-1", 2)]))));
        for _ in 0..2 {
            let twice = reservations.settle_all(&[some.clone(), some.clone()]).await;
            assert_eq!(twice, Ok(vec![Settled::Restocked; 2]), "{set:?}");
            the_levels(&ground, set, &[("tea-1", 17, 0), ("cup", 19, 0)], "").await;
        }
        // Sixteen at once that each want two back.
        let mut instances = join_all((0..4).map(|_| Reservations::on(&ground, set.reservations))).await;
        let calls = instances.iter_mut().map(|instance| async {
            for _ in 0..4 {
                let two = Ending::Release(Some(lines(&[("tea-1", 2)])));
                let settled = instance.settle_all(&[settlement(&order.order_id, two)]).await;
                assert_eq!(settled, Ok(vec![Settled::Restocked]));
            }
        });
        join_all(calls).await;
        the_levels(&ground, set, &[("tea-1", 20, 0), ("cup", 19, 0)], "").await;
        reservations.release(&order.order_id).await.unwrap();
        the_levels(&ground, set, &[("tea-1", 20, 0), ("cup", 20, 0)], "").await;
    }
}
