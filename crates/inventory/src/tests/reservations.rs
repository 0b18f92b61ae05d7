//! The table of transitions.

use crate::ReservationState;

#[test]
fn a_reservation_lives_by_this_table() {
    use ReservationState::{Committed, Expired, Held, Rejected, Released};
    let rows: [(ReservationState, &[ReservationState]); 5] = [
        (Rejected, &[]),
        (Held, &[Committed, Released, Expired]),
        (Committed, &[]),
        (Released, &[]),
        (Expired, &[]),
    ];
    assert_eq!(rows.map(|(state, _)| state), ReservationState::ALL);
    for (from, allowed) in rows {
        let found: Vec<_> = ReservationState::ALL.iter().copied().filter(|to| from.may_become(*to)).collect();
        assert_eq!(found, allowed, "{from:?}");
    }
}

#[test]
fn a_state_is_read_from_its_name_only() {
    for state in ReservationState::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
    }
    assert!("Held".parse::<ReservationState>().is_err());
}
