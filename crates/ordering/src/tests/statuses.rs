//! The tables.

use crate::{Action, PaymentStatus, STEPS, Status, TRANSITIONS};

#[test]
fn an_order_lives_by_this_table() {
    use Status::{Cancelled, Completed, Expired, OnHold, Pending, Placed, Rejected};
    let rows: [(Status, &[Status]); 7] = [
        (Pending, &[Placed, Rejected, Expired, Cancelled]),
        (Placed, &[OnHold, Completed, Cancelled]),
        (OnHold, &[Placed, Cancelled, Completed]),
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
fn names_are_those_that_are_written() {
    for status in Status::ALL {
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
    for action in Action::ALL {
        assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
    }
    for status in PaymentStatus::ALL {
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
}

#[test]
fn what_commands_do_moves_along_the_table_or_not_at_all() {
    for step in STEPS {
        for to in step.to {
            // A risky payment goes two ways at once: the order is placed, then held.
            let is_way = |from: Status, to| from.allowed().any(|allowed| allowed == to);
            let is_two = is_way(step.from, Status::Placed) && is_way(Status::Placed, *to);
            let is_move = is_way(step.from, *to) || step.action == Action::Confirm && is_two;
            assert!(is_move || *to == step.from, "{step:?}");
        }
    }
    for way in TRANSITIONS {
        assert!(STEPS.iter().any(|step| step.from == way.from && step.to.contains(&way.to)), "{way:?}");
    }
}

#[test]
fn an_order_that_has_ended_stays_so() {
    let ends = [Status::Completed, Status::Cancelled, Status::Rejected, Status::Expired];
    for status in Status::ALL {
        assert_eq!(status.is_end(), ends.contains(status), "{status:?}");
    }
}
