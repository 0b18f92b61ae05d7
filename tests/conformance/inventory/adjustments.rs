//! The port `inventory/stock-adjustments`.

use super::adjustments_port::exports::tradepost::inventory::stock_adjustments::{
    Idempotency, IdempotencyScope, StockLevel,
};
use super::reservations::demand;
use super::{
    Adjusted, Adjustment, AdjustmentError, Adjustments, Reservations, SETS, adjustment, fresh_id, in_seconds,
    stock, the_levels, told,
};
use crate::ground::{Ground, call_all};
use crate::mishap::{Mishap, Moment};
use futures::future::join_all;
use serde_json::json;
use tradepost_inventory::MOST_ON_HAND;

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what the port answers")]
fn now(on_hand: i64, reserved: i64) -> Result<Adjusted, AdjustmentError> {
    Ok(Adjusted::Now(StockLevel { on_hand, reserved }))
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what the port answers")]
fn before(on_hand: i64, reserved: i64) -> Result<Adjusted, AdjustmentError> {
    Ok(Adjusted::Before(StockLevel { on_hand, reserved }))
}

/// The adjustment under a key, with a body that has this fingerprint.
fn keyed(adjustment: Adjustment, key: &str, fingerprint: u8) -> Adjustment {
    let scope = IdempotencyScope {
        principal: "admin".to_owned(),
        method: "POST".to_owned(),
        path: format!("/stock/{}/adjustments", adjustment.sku),
        key: key.to_owned(),
    };
    let idempotency =
        Idempotency { scope, fingerprint: vec![fingerprint; 32], expires_at: in_seconds(3_600) };
    Adjustment { idempotency: Some(idempotency), ..adjustment }
}

/// The same request once more: its events get other ids.
fn again(adjustment: &Adjustment) -> Adjustment {
    Adjustment { event_id: fresh_id(), low_event_id: fresh_id(), ..adjustment.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adjustment_answers_the_new_level_and_tells_who_and_why() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 0)]).await;
        let mut adjustments = Adjustments::on(&ground, set.adjustments).await;
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let delivery = Adjustment {
            reason: "Lieferung „Ängström“ 'x' {1}".to_owned(),
            traceparent: Some(traceparent.to_owned()),
            ..adjustment("tea-1", 20)
        };
        assert_eq!(adjustments.adjust(&delivery).await, now(20, 0), "{set:?}");
        assert_eq!(adjustments.adjust(&adjustment("tea-1", -3)).await, now(17, 0), "{set:?}");
        the_levels(&ground, set, &[("tea-1", 17, 0)], "").await;
        let expected = json!({
            "sku": "tea-1", "delta": 20, "on_hand": 20, "reserved": 0, "available": 20,
            "reason": delivery.reason, "actor": "admin",
        });
        let events = told(&ground, "tea-1").await;
        assert_eq!((&*events[0].0, &events[0].1), ("stock-adjusted.v1", &expected), "{set:?}");
        assert_eq!(events.len(), 2, "{set:?}");

        let client = ground.database.as_ref().unwrap().connect().await;
        let row = client
            .query_one(
                "SELECT reason, actor, outbox.id::text, traceparent, time = occurred_at
                 FROM inventory.movements JOIN inventory.outbox ON subject = sku AND sequence = number
                 WHERE number = 1",
                &[],
            )
            .await
            .unwrap();
        let columns: [&str; 4] = std::array::from_fn(|column| row.get(column));
        assert_eq!(columns, [&*delivery.reason, "admin", &*delivery.event_id, traceparent], "{set:?}");
        assert!(row.get::<_, bool>(4), "{set:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_adjustment_says_what_is_there_and_writes_nothing() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 7), ("full", 0)]).await;
        let client = ground.database.as_ref().unwrap().connect().await;
        // As nobody will adjust a thousand times in a test.
        client
            .execute(
                "WITH full_stock AS (
                     UPDATE inventory.stock SET on_hand = $1, movements = 1, events = 1 WHERE sku = 'full'
                 ), movement AS (
                     INSERT INTO inventory.movements
                         (sku, number, kind, on_hand_delta, reserved_delta, reason, actor, occurred_at)
                     VALUES ('full', 1, 'adjusted', $1, 0, 'Counted', 'admin', now())
                 )
                 INSERT INTO inventory.outbox (id, source, type, subject, time, partitionkey, sequence, data)
                 VALUES (gen_random_uuid(), '/inventory', 'tradepost.inventory.stock-adjusted.v1', 'full', now(),
                         'full', 1, jsonb_build_object('sku', 'full', 'delta', $1, 'on_hand', $1, 'reserved', 0,
                         'available', $1, 'reason', 'Counted', 'actor', 'admin'))",
                &[&(MOST_ON_HAND - 1)],
            )
            .await
            .unwrap();
        let mut adjustments = Adjustments::on(&ground, set.adjustments).await;
        let seven = StockLevel { on_hand: 7, reserved: 0 };
        let full = StockLevel { on_hand: MOST_ON_HAND - 1, reserved: 0 };
        let rows = [
            ("tea-1", -8, AdjustmentError::Insufficient(seven)),
            ("tea-1", i64::MIN, AdjustmentError::Insufficient(seven)),
            ("tea-1", i64::MAX, AdjustmentError::Overflow(seven)),
            ("full", 2, AdjustmentError::Overflow(full)),
            ("full", i64::MAX, AdjustmentError::Overflow(full)),
            ("cup", 1, AdjustmentError::NotFound),
            ("", 1, AdjustmentError::NotFound),
            ("TEA-1", 1, AdjustmentError::NotFound),
        ];
        for (sku, delta, error) in rows {
            let refused = adjustments.adjust(&adjustment(sku, delta)).await;
            assert_eq!(refused, Err(error), "{set:?} {sku} {delta}");
        }
        the_levels(&ground, set, &[("tea-1", 7, 0), ("full", MOST_ON_HAND - 1, 0)], "").await;
        assert_eq!(adjustments.adjust(&adjustment("full", 1)).await, now(MOST_ON_HAND, 0), "{set:?}");
        assert_eq!(adjustments.adjust(&adjustment("tea-1", -7)).await, now(0, 0), "{set:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_promised_cannot_be_adjusted_away() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 7)]).await;
        let order = demand(&[("tea-1", 4)]);
        Reservations::on(&ground, set.reservations).await.reserve(&order).await.unwrap();
        let mut adjustments = Adjustments::on(&ground, set.adjustments).await;
        let level = StockLevel { on_hand: 7, reserved: 4 };
        let refused = adjustments.adjust(&adjustment("tea-1", -4)).await;
        assert_eq!(refused, Err(AdjustmentError::Insufficient(level)), "{set:?}");
        assert_eq!(adjustments.adjust(&adjustment("tea-1", -3)).await, now(4, 4), "{set:?}");
        the_levels(&ground, set, &[("tea-1", 4, 4)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_adjustment_is_refused_whole() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 7)]).await;
        let mut adjustments = Adjustments::on(&ground, set.adjustments).await;
        let good = || adjustment("tea-1", 1);
        let rows = [
            adjustment("tea-1", 0),
            Adjustment { reason: String::new(), ..good() },
            Adjustment { reason: "nul\0".to_owned(), ..good() },
            Adjustment { actor: String::new(), ..good() },
            Adjustment { event_id: "no uuid".to_owned(), ..good() },
            Adjustment { low_event_id: String::new(), ..good() },
            Adjustment { traceparent: Some("x".repeat(300)), ..good() },
            keyed(good(), "", 1),
            keyed(good(), &"k".repeat(256), 1),
        ];
        for row in rows {
            let adjusted = adjustments.adjust(&row).await;
            assert!(matches!(adjusted, Err(AdjustmentError::Other(_))), "{set:?} {row:?}: {adjusted:?}");
        }
        the_levels(&ground, set, &[("tea-1", 7, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn that_stock_has_become_low_is_told_on_the_step_that_takes_it_there() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 7)]).await;
        let mut adjustments = Adjustments::on(&ground, set.adjustments).await;
        // 6, 5 (low), 4, 5, 6, 0 (low)
        for delta in [-1, -1, -1, 1, 1, -6] {
            adjustments.adjust(&adjustment("tea-1", delta)).await.unwrap();
        }
        let events = told(&ground, "tea-1").await;
        let low: Vec<(usize, i64)> = events
            .iter()
            .enumerate()
            .filter(|(_, (kind, _))| kind == "stock-low.v1")
            .map(|(place, (_, data))| (place, data["available"].as_i64().unwrap()))
            .collect();
        assert_eq!(low, [(3, 5), (8, 0)], "{set:?} {events:?}");
        let expected = json!({"sku": "tea-1", "on_hand": 5, "reserved": 0, "available": 5, "low_at": 5});
        assert_eq!(events[3].1, expected, "{set:?}");
        the_levels(&ground, set, &[("tea-1", 0, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_used_again_gets_the_level_of_its_time_also_when_it_would_be_refused_now() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 7)]).await;
        let mut adjustments = Adjustments::on(&ground, set.adjustments).await;
        let mut another = Adjustments::on(&ground, set.adjustments).await;
        let first = keyed(adjustment("tea-1", -5), "k", 1);
        assert_eq!(adjustments.adjust(&first).await, now(2, 0), "{set:?}");
        for instance in [&mut adjustments, &mut another] {
            assert_eq!(instance.adjust(&again(&first)).await, before(2, 0), "{set:?}");
        }
        let other = keyed(adjustment("tea-1", -1), "k", 2);
        assert_eq!(adjustments.adjust(&other).await, Err(AdjustmentError::KeyReused), "{set:?}");
        let elsewhere = keyed(adjustment("cup", 1), "k", 2);
        assert_eq!(adjustments.adjust(&elsewhere).await, Err(AdjustmentError::NotFound), "{set:?}");
        the_levels(&ground, set, &[("tea-1", 2, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_adjustment_leaves_its_key_unused() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 7)]).await;
        let mut adjustments = Adjustments::on(&ground, set.adjustments).await;
        let refused = adjustments.adjust(&keyed(adjustment("tea-1", -8), "k", 1)).await;
        assert!(matches!(refused, Err(AdjustmentError::Insufficient(_))), "{set:?} {refused:?}");
        assert_eq!(adjustments.adjust(&keyed(adjustment("tea-1", -7), "k", 2)).await, now(0, 0), "{set:?}");
        let not_found = keyed(adjustment("cup", 1), "k", 1);
        assert_eq!(adjustments.adjust(&not_found).await, Err(AdjustmentError::NotFound), "{set:?}");
        stock(&ground, set, &[("cup", 0)]).await;
        assert_eq!(adjustments.adjust(&again(&not_found)).await, now(1, 0), "{set:?}");
        the_levels(&ground, set, &[("tea-1", 0, 0), ("cup", 1, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twins_at_once_one_adjusts_and_strangers_all_do() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 0)]).await;
        let mut instances = join_all((0..4).map(|_| Adjustments::on(&ground, set.adjustments))).await;
        let first = keyed(adjustment("tea-1", 1_000), "k", 1);
        let calls = instances.iter_mut().map(|instance| {
            let twins: Vec<Adjustment> = (0..4).map(|_| again(&first)).collect();
            let strangers = (0..12).map(|_| adjustment("tea-1", 1));
            let all: Vec<Adjustment> = twins.into_iter().chain(strangers).collect();
            async move {
                call_all!(instance.tradepost_inventory_stock_adjustments.call_adjust(each in all => each))
            }
        });
        let answers = join_all(calls).await.concat();
        let replayed = answers.iter().filter(|answer| matches!(answer, Ok(Adjusted::Before(_)))).count();
        assert_eq!(
            (replayed, answers.iter().filter(|answer| answer.is_err()).count()),
            (15, 0),
            "{answers:?}"
        );
        the_levels(&ground, set, &[("tea-1", 1_048, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for set in SETS {
        let ground = Ground::away().await;
        let adjusted = Adjustments::on(&ground, set.adjustments).await.adjust(&adjustment("tea-1", 1)).await;
        assert!(matches!(adjusted, Err(AdjustmentError::Unavailable(_))), "{set:?} {adjusted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_key_adjusting_again_adjusts_once_wherever_the_first_attempt_broke() {
    for set in SETS {
        let ground = Ground::fresh().await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let sku = format!("{moment:?}-{ordinal}");
                stock(&ground, set, &[(&sku, 7)]).await;
                let mut adjustments = Adjustments::unlucky_on(&ground, set.adjustments, &mishap).await;
                let first = keyed(adjustment(&sku, -2), "k", 1);
                let mut answer = adjustments.adjust(&first).await;
                if matches!(answer, Err(AdjustmentError::Unavailable(_))) {
                    answer = adjustments.adjust(&again(&first)).await;
                }
                assert!(answer == now(5, 0) || answer == before(5, 0), "{set:?} {mishap:?}: {answer:?}");
                the_levels(&ground, set, &[(&sku, 5, 0)], &format!("{mishap:?}")).await;
                if !mishap.happened() {
                    assert!(ordinal > 2, "{set:?} {mishap:?}");
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_a_broken_adjustment_happened_once_or_not_at_all() {
    for set in SETS {
        let ground = Ground::fresh().await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let sku = format!("{moment:?}-{ordinal}");
                stock(&ground, set, &[(&sku, 0)]).await;
                let mut adjustments = Adjustments::unlucky_on(&ground, set.adjustments, &mishap).await;
                let answer = adjustments.adjust(&adjustment(&sku, 7)).await;
                let on_hand = match (answer, moment) {
                    (Ok(_), _) => 7,
                    // Its statement was the last call; the connection's, which came before, has no effect.
                    (Err(AdjustmentError::Unavailable(_)), Moment::After) if ordinal > 2 => 7,
                    (Err(AdjustmentError::Unavailable(_)), _) => 0,
                    (Err(error), _) => panic!("{set:?} {mishap:?}: {error:?}"),
                };
                the_levels(&ground, set, &[(&sku, on_hand, 0)], &format!("{mishap:?}")).await;
                if !mishap.happened() {
                    break;
                }
            }
        }
    }
}
