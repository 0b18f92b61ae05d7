//! The lines of an order, added up.

use proptest::prelude::*;

use crate::{Demand, DemandError, MOST_SKUS};

fn demand(lines: &[(&str, i64)]) -> Result<Vec<(String, i64)>, DemandError> {
    let demand = Demand::of(lines.iter().map(|(sku, pieces)| ((*sku).to_owned(), *pieces)))?;
    Ok(demand.iter().map(|(sku, pieces)| (sku.to_owned(), pieces)).collect())
}

#[test]
fn lines_of_one_sku_are_added_up_and_skus_sorted_by_their_bytes() {
    let demand = demand(&[("tea", 2), ("cup", 1), ("Tea", 5), ("tea", 3)]).unwrap();
    assert_eq!(demand, [("Tea".to_owned(), 5), ("cup".to_owned(), 1), ("tea".to_owned(), 5)]);
}

#[test]
fn lines_that_make_no_demand_are_told_apart() {
    let sku = || "tea".to_owned();
    assert_eq!(demand(&[]), Err(DemandError::Empty));
    for pieces in [0, -1, i64::MIN] {
        assert_eq!(demand(&[("tea", pieces)]), Err(DemandError::NoPieces { sku: sku() }));
    }
    let most = demand(&[("tea", i64::MAX - 1), ("tea", 1)]).unwrap();
    assert_eq!(most, [(sku(), i64::MAX)]);
    let too_many = demand(&[("tea", i64::MAX), ("tea", 1)]);
    assert_eq!(too_many, Err(DemandError::TooManyPieces { sku: sku() }));
    let of = |count: usize| Demand::of((0..count).map(|number| (number.to_string(), 1)));
    assert_eq!(of(MOST_SKUS).unwrap().iter().len(), MOST_SKUS);
    assert_eq!(of(MOST_SKUS + 1), Err(DemandError::TooManySkus));
}

proptest! {
    #[test]
    fn adding_up_loses_no_piece(lines in prop::collection::vec(("[a-c]", 1..1_000_000_i64), 1..50)) {
        let demand = Demand::of(lines.clone()).unwrap();
        let wanted: i64 = lines.iter().map(|(_, pieces)| pieces).sum();
        prop_assert_eq!(demand.iter().map(|(_, pieces)| pieces).sum::<i64>(), wanted);
        let skus: Vec<&str> = demand.iter().map(|(sku, _)| sku).collect();
        prop_assert!(skus.is_sorted_by(|one, next| one < next), "{:?}", skus);
    }
}
