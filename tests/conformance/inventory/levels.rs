//! The port `inventory/stock-levels`.

use super::{Adjustments, Levels, LookupError, SETS, adjustment, stock, the_levels};
use crate::ground::{Ground, call};
use crate::mishap::{Mishap, Moment};

#[tokio::test(flavor = "multi_thread")]
async fn a_level_is_found_by_its_sku_and_nothing_by_any_other_text() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 7), ("cup", 0)]).await;
        the_levels(&ground, set, &[("tea-1", 7, 0), ("cup", 0, 0)], "").await;
        let mut levels = Levels::on(&ground, set.levels).await;
        let long = "0".repeat(100_000);
        for sku in ["", "TEA-1", "tea-1 ", "tea", "\0", "tea-1\0", "'", "é", &long] {
            assert_eq!(levels.find(sku).await, Ok(None), "{set:?} {sku:.60?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_version_grows_with_every_change() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 0)]).await;
        let mut levels = Levels::on(&ground, set.levels).await;
        let mut adjustments = Adjustments::on(&ground, set.adjustments).await;
        let mut before = None;
        for delta in [3, -1, 1, -1] {
            let level = call!(levels.tradepost_inventory_stock_levels.call_find("tea-1".to_owned()));
            let version = level.unwrap().unwrap().version;
            assert!(before < Some(version), "{before:?} {version}");
            before = Some(version);
            adjustments.adjust(&adjustment("tea-1", delta)).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for set in SETS {
        let ground = Ground::away().await;
        let found = Levels::on(&ground, set.levels).await.find("tea-1").await;
        assert!(matches!(found, Err(LookupError::Unavailable(_))), "{set:?} {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn finding_again_is_right_wherever_the_first_attempt_broke() {
    for set in SETS {
        let ground = Ground::fresh().await;
        stock(&ground, set, &[("tea-1", 7)]).await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut levels = Levels::unlucky_on(&ground, set.levels, &mishap).await;
                let mut found = levels.find("tea-1").await;
                if matches!(found, Err(LookupError::Unavailable(_))) {
                    found = levels.find("tea-1").await;
                }
                assert_eq!(found, Ok(Some((7, 0))), "{set:?} {mishap:?}");
                if !mishap.happened() {
                    assert!(ordinal > 2, "{set:?} {mishap:?}");
                    break;
                }
            }
        }
    }
}
