//! The port `inventory/stock-openings`.

use super::{Adjustments, Levels, Opening, OpeningError, Openings, SETS, adjustment, opening, the_levels};
use crate::ground::Ground;
use crate::mishap::{Mishap, Moment};
use futures::future::join_all;

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_begins_with_nothing_and_the_same_event_again_changes_nothing() {
    for set in SETS {
        let ground = Ground::fresh().await;
        let mut openings = Openings::on(&ground, set.openings).await;
        let both = [opening("tea-1"), opening("cup")];
        openings.open(&both).await.unwrap();
        the_levels(&ground, set, &[("tea-1", 0, 0), ("cup", 0, 0)], "opened").await;
        Adjustments::on(&ground, set.adjustments).await.adjust(&adjustment("cup", 3)).await.unwrap();
        // The same events; another event for the same SKU; both in one call, twice.
        for again in [&both[..], &[opening("cup")], &[both[1].clone(), opening("cup"), both[1].clone()], &[]]
        {
            assert_eq!(openings.open(again).await, Ok(()), "{set:?} {again:?}");
            the_levels(&ground, set, &[("tea-1", 0, 0), ("cup", 3, 0)], "opened again").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_applied_brings_no_other_sku() {
    for set in SETS {
        let ground = Ground::fresh().await;
        let mut openings = Openings::on(&ground, set.openings).await;
        let first = opening("tea-1");
        openings.open(std::slice::from_ref(&first)).await.unwrap();
        openings.open(&[Opening { sku: "cup".to_owned(), ..first }]).await.unwrap();
        assert_eq!(Levels::on(&ground, set.levels).await.find("cup").await, Ok(None), "{set:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_opens_all_or_nothing() {
    for set in SETS {
        let ground = Ground::fresh().await;
        let mut openings = Openings::on(&ground, set.openings).await;
        let bad = [
            Opening { event_id: "no uuid".to_owned(), ..opening("cup") },
            opening(""),
            opening("nul\0"),
            opening(&"s".repeat(256)),
        ];
        let good = opening("tea-1");
        for bad in bad {
            let opened = openings.open(&[good.clone(), bad.clone()]).await;
            assert!(matches!(opened, Err(OpeningError::Other(_))), "{set:?} {bad:?}: {opened:?}");
            assert_eq!(Levels::on(&ground, set.levels).await.find("tea-1").await, Ok(None), "{set:?}");
        }
        openings.open(&[good]).await.unwrap();
        the_levels(&ground, set, &[("tea-1", 0, 0)], "the good one alone").await;
        let many: Vec<Opening> = (0..1_000).map(|number| opening(&format!("sku-{number}"))).collect();
        openings.open(&many).await.unwrap();
        the_levels(&ground, set, &[("sku-0", 0, 0), ("sku-999", 0, 0)], "a thousand").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_events_delivered_at_once_in_any_order_do_not_block_each_other() {
    for set in SETS {
        let ground = Ground::fresh().await;
        let events: Vec<Opening> = (0..50).map(|number| opening(&format!("sku-{number}"))).collect();
        let backwards: Vec<Opening> = events.iter().rev().cloned().collect();
        let mut instances = join_all((0..8).map(|_| Openings::on(&ground, set.openings))).await;
        let calls = instances.iter_mut().enumerate().map(|(number, instance)| {
            let events = if number % 2 == 0 { &events } else { &backwards };
            instance.open(events)
        });
        assert_eq!(join_all(calls).await, vec![Ok(()); 8], "{set:?}");
        the_levels(&ground, set, &[("sku-0", 0, 0), ("sku-49", 0, 0)], "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for set in SETS {
        let ground = Ground::away().await;
        let opened = Openings::on(&ground, set.openings).await.open(&[opening("tea-1")]).await;
        assert!(matches!(opened, Err(OpeningError::Unavailable(_))), "{set:?} {opened:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_again_is_right_wherever_the_first_attempt_broke() {
    for set in SETS {
        let ground = Ground::fresh().await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut openings = Openings::unlucky_on(&ground, set.openings, &mishap).await;
                let sku = format!("{moment:?}-{ordinal}");
                let event = [opening(&sku)];
                if let Err(error) = openings.open(&event).await {
                    assert!(matches!(error, OpeningError::Unavailable(_)), "{set:?} {mishap:?}: {error:?}");
                    openings.open(&event).await.unwrap();
                }
                the_levels(&ground, set, &[(&sku, 0, 0)], &format!("{mishap:?}")).await;
                if !mishap.happened() {
                    assert!(ordinal > 2, "{set:?} {mishap:?}");
                    break;
                }
            }
        }
    }
}
