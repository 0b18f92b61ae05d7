//! The port `inventory/reservations`: orders get all that they want, or nothing.

use super::reservations_port::exports::tradepost::inventory::reservations::{
    Decision, Demand, Ending, Line, ReservationError, Settled, Settlement, ShortLine, Sweep,
};
use super::{Reservations, SETS, fresh_id, in_seconds, stock, the_levels, told};
use crate::ground::{Ground, call, call_all};
use crate::mishap::{Mishap, Moment};
use serde_json::json;
use uuid::Uuid;

impl Reservations {
    pub(super) async fn reserve_all(
        &mut self,
        demands: &[Demand],
    ) -> Result<Vec<Decision>, ReservationError> {
        let at = in_seconds(0);
        call!(self.tradepost_inventory_reservations.call_reserve_all(demands.to_vec(), at))
    }

    pub(super) async fn reserve(&mut self, demand: &Demand) -> Result<Decision, ReservationError> {
        let decisions = self.reserve_all(std::slice::from_ref(demand)).await?;
        assert_eq!(decisions.len(), 1);
        Ok(decisions.into_iter().next().unwrap())
    }

    /// Each in a call of its own, all calls at once.
    pub(super) async fn reserve_at_once(
        &mut self,
        all: Vec<Demand>,
    ) -> Vec<Result<Decision, ReservationError>> {
        let at = in_seconds(0);
        let answers = call_all!(
            self.tradepost_inventory_reservations.call_reserve_all(demand in all => vec![demand], at)
        );
        answers
            .into_iter()
            .map(|answer| answer.map(|decisions| decisions.into_iter().next().unwrap()))
            .collect()
    }

    pub(super) async fn settle_all(
        &mut self,
        settlements: &[Settlement],
    ) -> Result<Vec<Settled>, ReservationError> {
        let at = in_seconds(0);
        call!(self.tradepost_inventory_reservations.call_settle_all(settlements.to_vec(), at))
    }

    async fn settle(&mut self, settlement: Settlement) -> Result<Settled, ReservationError> {
        let settled = self.settle_all(&[settlement]).await?;
        assert_eq!(settled.len(), 1);
        Ok(settled.into_iter().next().unwrap())
    }

    pub(super) async fn commit(&mut self, order_id: &str) -> Result<Settled, ReservationError> {
        self.settle(settlement(order_id, Ending::Commit)).await
    }

    pub(super) async fn release(&mut self, order_id: &str) -> Result<Settled, ReservationError> {
        self.settle(settlement(order_id, Ending::Release(None))).await
    }

    /// Expires at most `most` of what is overdue `seconds` from now.
    pub(super) async fn expire(&mut self, seconds: i64, most: usize) -> Result<u64, ReservationError> {
        let sweep = Sweep {
            at: in_seconds(seconds),
            event_ids: (0..most).map(|_| fresh_id()).collect(),
            traceparent: None,
        };
        call!(self.tradepost_inventory_reservations.call_expire_due(sweep.clone()))
    }
}

/// Because of an event that nobody has heard of.
pub(super) fn settlement(order_id: &str, ending: Ending) -> Settlement {
    Settlement {
        order_id: order_id.to_owned(),
        ending,
        cause_id: fresh_id(),
        event_id: fresh_id(),
        traceparent: None,
    }
}

pub(super) fn lines(lines: &[(&str, i64)]) -> Vec<Line> {
    lines.iter().map(|(sku, quantity)| Line { sku: (*sku).to_owned(), quantity: *quantity }).collect()
}

/// A new order that wants these pieces, for a minute.
pub(super) fn demand(lines: &[(&str, i64)]) -> Demand {
    Demand {
        order_id: fresh_id(),
        lines: self::lines(lines),
        expires_at: in_seconds(60),
        event_ids: (0..=lines.len()).map(|_| fresh_id()).collect(),
        traceparent: None,
    }
}

/// The same demand with other ids for its events, as one who repeats it would bring.
fn again(demand: &Demand) -> Demand {
    Demand { event_ids: demand.event_ids.iter().map(|_| fresh_id()).collect(), ..demand.clone() }
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what the port answers")]
pub(super) fn rejected(short: &[(&str, i64, i64)]) -> Result<Decision, ReservationError> {
    let lines = short.iter().map(|(sku, wanted, available)| ShortLine {
        sku: (*sku).to_owned(),
        wanted: *wanted,
        available: *available,
    });
    Ok(Decision::Rejected(lines.collect()))
}

pub(super) fn typed(order_id: &str) -> String {
    tradepost_ids::OrderId::from_uuid(Uuid::try_parse(order_id).unwrap()).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_order_wants_is_promised_and_told_under_the_order() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 20), ("cup", 6)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let order = demand(&[("tea-1", 2), ("cup", 1), ("tea-1", 3)]);
        assert_eq!(reservations.reserve(&order).await, Ok(Decision::Reserved(order.expires_at)), "{set:?}");
        the_levels(&ground, set, &[("tea-1", 20, 5), ("cup", 6, 1)], "").await;

        let order_id = typed(&order.order_id);
        let [(kind, data)] = told(&ground, &order_id).await.try_into().unwrap();
        assert_eq!(kind, "stock-reserved.v1", "{set:?}");
        assert_eq!(
            (&data["order_id"], &data["lines"]),
            (&json!(order_id), &json!([{"sku": "cup", "quantity": 1}, {"sku": "tea-1", "quantity": 5}]),),
            "{set:?}"
        );
        let expires_at: tradepost_timestamp::Timestamp =
            serde_json::from_value(data["expires_at"].clone()).unwrap();
        assert_eq!(expires_at.as_micros(), order.expires_at, "{set:?}");
        // Six cups are enough and five are low; the tea is far from that.
        let low = told(&ground, "cup").await.pop().unwrap();
        let expected = json!({"sku": "cup", "on_hand": 6, "reserved": 1, "available": 5, "low_at": 5});
        assert_eq!(low, ("stock-low.v1".to_owned(), expected), "{set:?}");
        assert_eq!(told(&ground, "tea-1").await.len(), 1, "{set:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_which_anything_is_short_gets_nothing() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 20), ("cup", 6), ("Pot", 0)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let order = demand(&[("tea-1", 20), ("cup", 7), ("unheard-of", 1), ("Pot", i64::MAX), ("cup", 1)]);
        let short = [("Pot", i64::MAX, 0), ("cup", 8, 6), ("unheard-of", 1, 0)];
        assert_eq!(reservations.reserve(&order).await, rejected(&short), "{set:?}");
        the_levels(&ground, set, &[("tea-1", 20, 0), ("cup", 6, 0), ("Pot", 0, 0)], "").await;
        let order_id = typed(&order.order_id);
        let [(kind, data)] = told(&ground, &order_id).await.try_into().unwrap();
        assert_eq!(kind, "stock-rejected.v1", "{set:?}");
        let short = short
            .map(|(sku, wanted, available)| json!({"sku": sku, "wanted": wanted, "available": available}));
        assert_eq!(data, json!({"order_id": order_id, "short": short}), "{set:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_decided_once_whatever_happens_afterwards() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 5)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let mut another = Reservations::on(&ground, set.reservations).await;
        let (one, other) = (demand(&[("tea-1", 4)]), demand(&[("tea-1", 2)]));
        let promised = Ok(Decision::Reserved(one.expires_at));
        assert_eq!(reservations.reserve(&one).await, promised, "{set:?}");
        assert_eq!(reservations.reserve(&other).await, rejected(&[("tea-1", 2, 1)]), "{set:?}");
        let later = Demand { expires_at: in_seconds(600), ..again(&one) };
        let greedier = Demand { lines: demand(&[("tea-1", 5)]).lines, ..again(&one) };
        for repeated in [&one, &later, &greedier] {
            assert_eq!(another.reserve(repeated).await, promised, "{set:?}");
        }
        reservations.release(&one.order_id).await.unwrap();
        // Released, or rejected for want of what is there now: it stays what was said.
        assert_eq!(another.reserve(&again(&one)).await, promised, "{set:?}");
        assert_eq!(another.reserve(&again(&other)).await, rejected(&[("tea-1", 2, 1)]), "{set:?}");
        the_levels(&ground, set, &[("tea-1", 5, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_of_an_order_at_once_promise_once() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 50)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let order = demand(&[("tea-1", 2)]);
        let twins = (0..32).map(|_| again(&order)).collect();
        let answers = reservations.reserve_at_once(twins).await;
        assert_eq!(answers, vec![Ok(Decision::Reserved(order.expires_at)); 32], "{set:?}");
        the_levels(&ground, set, &[("tea-1", 50, 2)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_demand_is_told_and_writes_nothing() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 5)]).await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let good = || demand(&[("tea-1", 1)]);
        let many: Vec<String> = (0..1_001).map(|number| number.to_string()).collect();
        let many: Vec<(&str, i64)> = many.iter().map(|sku| (sku.as_str(), 1)).collect();
        let rows = [
            demand(&[]),
            demand(&[("tea-1", 0)]),
            demand(&[("tea-1", 1), ("cup", -1)]),
            demand(&[("tea-1", i64::MAX), ("tea-1", 1)]),
            demand(&many),
            Demand { order_id: "no uuid".to_owned(), ..good() },
            Demand { order_id: typed(&fresh_id()), ..good() },
            Demand { event_ids: vec![fresh_id()], ..good() },
            Demand { event_ids: vec![fresh_id(), "no uuid".to_owned()], ..good() },
        ];
        for row in rows {
            let answer = reservations.reserve(&row).await;
            assert!(matches!(answer, Err(ReservationError::Malformed(_))), "{set:?} {answer:?}");
        }
        let most = demand(&many[..1_000]);
        assert!(
            matches!(reservations.reserve(&most).await, Ok(Decision::Rejected(short)) if short.len() == 1_000)
        );
        assert!(matches!(reservations.expire(0, 0).await, Err(ReservationError::Malformed(_))), "{set:?}");
        assert!(
            matches!(reservations.expire(0, 1_001).await, Err(ReservationError::Malformed(_))),
            "{set:?}"
        );
        let crowd = vec![good(); 1_001];
        assert!(
            matches!(reservations.reserve_all(&crowd).await, Err(ReservationError::Malformed(_))),
            "{set:?}"
        );
        assert_eq!(reservations.reserve_all(&[]).await, Ok(Vec::new()), "{set:?}");
        assert_eq!(reservations.settle_all(&[]).await, Ok(Vec::new()), "{set:?}");
        for id in ["", "no uuid", &typed(&fresh_id())] {
            let committed = reservations.commit(id).await;
            assert!(matches!(committed, Err(ReservationError::Malformed(_))), "{set:?} {id}");
        }
        the_levels(&ground, set, &[("tea-1", 5, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for set in SETS {
        let ground = Ground::away().await;
        let mut reservations = Reservations::on(&ground, set.reservations).await;
        let reserved = reservations.reserve(&demand(&[("tea-1", 1)])).await;
        assert!(matches!(reserved, Err(ReservationError::Unavailable(_))), "{set:?} {reserved:?}");
        let expired = reservations.expire(0, 1).await;
        assert!(matches!(expired, Err(ReservationError::Unavailable(_))), "{set:?} {expired:?}");
        let committed = reservations.commit(&fresh_id()).await;
        assert!(matches!(committed, Err(ReservationError::Unavailable(_))), "{set:?} {committed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reserving_again_promises_once_wherever_the_first_attempt_broke() {
    for set in SETS {
        let ground = Ground::fresh().await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let sku = format!("{moment:?}-{ordinal}");
                stock(&ground, set, &[(&sku, 6)]).await;
                let mut reservations = Reservations::unlucky_on(&ground, set.reservations, &mishap).await;
                let order = demand(&[(&sku, 4)]);
                let mut answer = reservations.reserve(&order).await;
                if matches!(answer, Err(ReservationError::Unavailable(_))) {
                    answer = reservations.reserve(&again(&order)).await;
                }
                assert_eq!(answer, Ok(Decision::Reserved(order.expires_at)), "{set:?} {mishap:?}");
                the_levels(&ground, set, &[(&sku, 6, 4)], &format!("{mishap:?}")).await;
                if !mishap.happened() {
                    assert!(ordinal > 2, "{set:?} {mishap:?}");
                    break;
                }
            }
        }
    }
}
