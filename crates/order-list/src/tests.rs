//! A list depends on what was noted and on nothing else, and its bytes stay what they are.

use super::{Day, Days, Listed, Page, Recent};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

fn listed(version: u64) -> Listed {
    Listed { version, status: format!("status {version}") }
}

#[test]
fn a_day_is_the_one_on_which_the_order_was_made() {
    // 2026-11-22T23:59:59.999Z and a millisecond later.
    for (milliseconds, day) in [(1_795_391_999_999_u128, 20_779), (1_795_392_000_000, 20_780), (0, 0)] {
        let id = Uuid::from_u128(milliseconds << 80 | 0x7000_8000_0000_0000_0001);
        assert_eq!(Day::of(id).number(), day);
    }
    assert_eq!(Day::of(Uuid::max()).number(), ((1 << 48) - 1) / 86_400_000);
}

#[test]
fn the_bytes_stay_what_they_are() {
    let mut page = Page::default();
    page.note(Uuid::from_u128(2), listed(1));
    page.note(Uuid::from_u128(1), listed(12));
    let text = r#"{"00000000-0000-0000-0000-000000000001":{"version":12,"status":"status 12"},"00000000-0000-0000-0000-000000000002":{"version":1,"status":"status 1"}}"#;
    assert_eq!(serde_json::to_string(&page).unwrap(), text);
    assert_eq!(serde_json::from_str::<Page>(text).unwrap(), page);

    let mut days = Days::default();
    for id in [Uuid::max(), Uuid::nil()] {
        assert!(days.note(Day::of(id)));
        assert!(!days.note(Day::of(id)));
    }
    assert_eq!(serde_json::to_string(&days).unwrap(), "[0,3257812]");
}

#[test]
fn what_is_recent_is_bounded_and_the_oldest_goes() {
    let mut recent = Recent::default();
    let ids: Vec<Uuid> = (0..20).map(Uuid::from_u128).collect();
    for id in &ids {
        assert!(recent.note(*id));
        assert!(!recent.note(*id));
    }
    assert!(recent.iter().eq(ids[20 - Recent::MOST..].iter().copied()));
}

proptest! {
    #[test]
    fn a_page_is_the_same_whatever_comes_first_and_however_often(
        notes in vec((0_u128..6, 1_u64..8), 0..40).prop_flat_map(|notes| {
            let mut doubled = notes.clone();
            doubled.extend(notes.iter().step_by(2));
            (Just(notes), Just(doubled).prop_shuffle())
        })
    ) {
        let page = |notes: &[(u128, u64)]| {
            let mut page = Page::default();
            for (order, version) in notes {
                page.note(Uuid::from_u128(*order), listed(*version));
            }
            serde_json::to_vec(&page).unwrap()
        };
        prop_assert_eq!(page(&notes.0), page(&notes.1));
    }

    #[test]
    fn a_page_says_the_newest_of_each_order(notes in vec((0_u128..6, 1_u64..8), 0..40)) {
        let mut page = Page::default();
        for (order, version) in &notes {
            page.note(Uuid::from_u128(*order), listed(*version));
        }
        for (order, _) in &notes {
            let newest = notes.iter().filter(|(other, _)| other == order).map(|(_, version)| *version).max();
            let said = page.get(Uuid::from_u128(*order)).map(|listed| listed.version);
            prop_assert_eq!(said, newest);
        }
        prop_assert!(page.iter().is_sorted_by_key(|(order, _)| order));
    }
}
