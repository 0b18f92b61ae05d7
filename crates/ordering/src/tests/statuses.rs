//! The table of transitions.

use serde_json::json;

use crate::{Status, TRANSITIONS};

#[test]
fn an_order_lives_by_this_table() {
    use Status::{Cancelled, Completed, Expired, OnHold, Pending, Placed, Rejected};
    let rows: [(Status, &[Status]); 7] = [
        (Pending, &[Placed, Rejected, Expired]),
        (Placed, &[Completed, Cancelled, OnHold]),
        (OnHold, &[Placed]),
        (Completed, &[]),
        (Cancelled, &[]),
        (Rejected, &[]),
        (Expired, &[]),
    ];
    assert_eq!(rows.map(|(status, _)| status), Status::ALL);
    for (status, allowed) in rows {
        assert_eq!(status.allowed().collect::<Vec<_>>(), allowed, "{status:?}");
    }
}

#[test]
fn every_state_can_be_reached() {
    for status in Status::ALL {
        let reached = TRANSITIONS.iter().any(|way| way.to == *status);
        assert!(reached || *status == Status::Pending, "{status:?}");
    }
}

#[test]
fn the_table_is_published_as_json() {
    let table = serde_json::to_value(TRANSITIONS).unwrap();
    assert_eq!(table[5], json!({"from": "placed", "to": "on_hold"}));
    assert_eq!(table.as_array().unwrap().len(), TRANSITIONS.len());
    for status in Status::ALL {
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
}
