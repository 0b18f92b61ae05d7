//! Many at once on few SKUs: nothing is promised twice, nobody waits in a circle, and the rules' model agrees.

use super::reservations::{demand, rejected};
use super::reservations_port::exports::tradepost::inventory::reservations::{
    Decision, Demand, ReservationError, Settled,
};
use super::{Adjusted, AdjustmentError, Adjustments, Reservations, SETS, adjustment, stock, the_levels};
use crate::ground::Ground;
use futures::future::join_all;
use std::collections::BTreeMap;
use tradepost_inventory::{Delta, Refusal, StockLevel};

fn is_reserved(answer: &Result<Decision, ReservationError>) -> bool {
    matches!(answer, Ok(Decision::Reserved(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_clients_that_want_one_of_ten_exactly_ten_get_it() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 10)]).await;
        let mut instances = join_all((0..8).map(|_| Reservations::on(&ground, set.reservations))).await;
        let calls = instances
            .iter_mut()
            .map(|instance| instance.reserve_at_once((0..8).map(|_| demand(&[("tea-1", 1)])).collect()));
        let answers = join_all(calls).await.concat();
        let reserved = answers.iter().filter(|answer| is_reserved(answer)).count();
        let rejected = answers.iter().filter(|answer| matches!(answer, Ok(Decision::Rejected(_)))).count();
        assert_eq!((reserved, rejected), (10, 54), "{set:?} {answers:?}");
        the_levels(&ground, set, &[("tea-1", 10, 10)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_baskets_with_one_of_ten_exactly_ten_are_filled_and_no_other_takes_anything() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("ample", 1_000), ("tea-1", 10), ("zest", 1_000)]).await;
        let mut instances = join_all((0..8).map(|_| Reservations::on(&ground, set.reservations))).await;
        let basket = || demand(&[("zest", 3), ("tea-1", 1), ("ample", 2)]);
        let calls =
            instances.iter_mut().map(|instance| instance.reserve_at_once((0..8).map(|_| basket()).collect()));
        let answers = join_all(calls).await.concat();
        let reserved = answers.iter().filter(|answer| is_reserved(answer)).count();
        let rejected = answers.iter().filter(|answer| **answer == rejected(&[("tea-1", 1, 0)])).count();
        assert_eq!((reserved, rejected), (10, 54), "{set:?} {answers:?}");
        the_levels(&ground, set, &[("ample", 1_000, 20), ("tea-1", 10, 10), ("zest", 1_000, 30)], "").await;
    }
}

/// Orders over the same SKUs in opposite orders, settled and swept while others are made.
#[tokio::test(flavor = "multi_thread")]
async fn orders_over_the_same_skus_in_any_order_never_block_each_other() {
    const SKUS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &SKUS.map(|sku| (sku, 100_000))).await;
        let mut instances = join_all((0..8).map(|_| Reservations::on(&ground, set.reservations))).await;
        let runs = instances.iter_mut().enumerate().map(|(number, instance)| async move {
            let mut committed = 0;
            for round in 0..12 {
                let mut skus: Vec<(&str, i64)> = SKUS.map(|sku| (sku, 1)).to_vec();
                skus.rotate_left((number + round) % SKUS.len());
                if number % 2 == 0 {
                    skus.reverse();
                }
                let orders: Vec<Demand> = (0..4).map(|_| demand(&skus)).collect();
                let [first, second, third, _] =
                    orders.iter().map(|order| order.order_id.clone()).collect::<Vec<_>>().try_into().unwrap();
                let answers = instance.reserve_at_once(orders).await;
                assert!(answers.iter().all(is_reserved), "{answers:?}");
                // Expiring takes what it finds, so any of these may come too late.
                committed += i64::from(instance.commit(&first).await == Ok(Settled::Done));
                committed += i64::from(instance.commit(&second).await == Ok(Settled::Done));
                let _ = instance.release(&third).await;
                if number == 0 {
                    instance.expire(3_600, 5).await.unwrap();
                }
            }
            committed
        });
        let committed: i64 = join_all(runs).await.iter().sum();
        let mut sweeper = Reservations::on(&ground, set.reservations).await;
        while sweeper.expire(3_600, 100).await.unwrap() > 0 {}
        let levels = SKUS.map(|sku| (sku, 100_000 - committed, 0));
        the_levels(&ground, set, &levels, "").await;
    }
}

/// A sequence that is the same at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pieces(&mut self, sides: u64) -> i64 {
        i64::try_from(self.roll(sides)).unwrap() + 1
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_in_turn_the_levels_are_those_of_the_rules() {
    const SKUS: [&str; 3] = ["a", "b", "c"];
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &SKUS.map(|sku| (sku, 0))).await;
        let mut adjustments = Adjustments::on(&ground, set.adjustments).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let mut model: BTreeMap<&str, StockLevel> = SKUS.map(|sku| (sku, StockLevel::default())).into();
        let mut held: Vec<(String, Vec<(&str, i64)>)> = Vec::new();
        let mut dice = Dice(42);
        for step in 0..400 {
            let sku = SKUS[usize::try_from(dice.roll(3)).unwrap()];
            match dice.roll(5) {
                0 | 1 => {
                    let pieces = dice.pieces(12) * if dice.roll(9) < 4 { -1 } else { 1 };
                    let expected = model[sku].adjusted(Delta::try_from(pieces).unwrap());
                    let adjusted = adjustments.adjust(&adjustment(sku, pieces)).await;
                    match (&expected, adjusted) {
                        (Ok(level), Ok(Adjusted::Now(now))) => {
                            assert_eq!(
                                (now.on_hand, now.reserved),
                                (level.on_hand(), level.reserved()),
                                "{step}"
                            );
                            model.insert(sku, *level);
                        }
                        (Err(Refusal::Insufficient), Err(AdjustmentError::Insufficient(_))) => {}
                        (_, adjusted) => panic!("step {step}: {expected:?}, not {adjusted:?}"),
                    }
                }
                2 => {
                    let lines: Vec<(&str, i64)> = SKUS
                        .into_iter()
                        .skip(usize::try_from(dice.roll(3)).unwrap())
                        .map(|sku| (sku, dice.pieces(4)))
                        .collect();
                    let order = demand(&lines);
                    let levels: Result<Vec<(&str, StockLevel)>, Refusal> = lines
                        .iter()
                        .map(|(sku, pieces)| Ok((*sku, model[sku].with_reserved(*pieces)?)))
                        .collect();
                    let answer = reservations.reserve(&order).await;
                    assert_eq!(is_reserved(&answer), levels.is_ok(), "step {step}: {answer:?}");
                    if let Ok(levels) = levels {
                        model.extend(levels);
                        held.push((order.order_id, lines));
                    }
                }
                end => {
                    if held.is_empty() {
                        continue;
                    }
                    let place = usize::try_from(dice.roll(held.len() as u64)).unwrap();
                    let (order_id, lines) = held.swap_remove(place);
                    let settled = if end == 3 {
                        reservations.commit(&order_id).await
                    } else {
                        reservations.release(&order_id).await
                    };
                    assert_eq!(settled, Ok(Settled::Done), "step {step}");
                    for (sku, pieces) in lines {
                        let level = model[sku];
                        let next =
                            if end == 3 { level.with_committed(pieces) } else { level.with_released(pieces) };
                        model.insert(sku, next.unwrap());
                    }
                }
            }
        }
        let expected = model.iter().map(|(sku, level)| (*sku, level.on_hand(), level.reserved()));
        the_levels(&ground, set, &expected.collect::<Vec<_>>(), "").await;
    }
}
