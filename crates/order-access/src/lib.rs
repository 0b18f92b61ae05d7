//! Whose orders a caller gets to see, and to change where the route lets him.
//!
//! Staff get everybody's, if they have the scope for what they are about to do. A customer gets his own. A guest has no account, so a guest's order is for whoever has its id:
//! the id has 74 random bits and stands in no list but the staff's, so nobody comes to it by guessing. It is as secret as a
//! link to reset a password, and what it opens is one order. For everybody else an order is absent: that it is
//! somebody's is not told.

use tradepost_endpoint::{Admitted, Principal, Scope};
use tradepost_ids::OrderId;
use tradepost_ordering::Owner;
use tradepost_problem::Problem;

/// The order that the path names as `:order_id`. A malformed id is the id of nothing.
pub fn order_id(request: &Admitted) -> Result<OrderId, Problem> {
    request.path_parameter("order_id").and_then(|id| id.parse().ok()).ok_or_else(order_not_found)
}

/// 404 unless an order of this owner's is for whoever is calling. `scope` is what lets staff do this with everybody's.
pub fn check(request: &Admitted, owner: Owner, scope: Scope) -> Result<(), Problem> {
    if is_for(request.principal(), owner, scope) { Ok(()) } else { Err(order_not_found()) }
}

/// Whose order it is that this caller places.
pub fn owner(request: &Admitted) -> Owner {
    match request.principal() {
        Principal::User { id, .. } => Owner::Customer(id),
        // Whoever has no account orders for somebody who called, or who clicked.
        Principal::Anonymous | Principal::Key { .. } | Principal::Admin => Owner::Anonymous,
    }
}

/// Absent, or not the caller's.
pub fn order_not_found() -> Problem {
    Problem::not_found("Order not found")
}

fn is_for(principal: Principal, owner: Owner, scope: Scope) -> bool {
    match owner {
        Owner::Anonymous => true,
        Owner::Customer(customer) => principal.user() == Some(customer) || principal.may(scope),
    }
}

#[cfg(test)]
mod tests {
    use super::is_for;
    use tradepost_endpoint::Principal::{Admin, Anonymous, Key, User};
    use tradepost_endpoint::{Scope, Scopes};
    use tradepost_ordering::Owner;

    #[test]
    fn staff_get_all_customers_their_own_and_everybody_a_guests() {
        let ann = "user_01h455vb4pex5vsknk084sn02q".parse().unwrap();
        let bob = "user_01h455vb4pex5vsknk084sn02r".parse().unwrap();
        let rows = [
            (Owner::Anonymous, [true, true, true, true, true, true]),
            (Owner::Customer(ann), [true, true, false, false, true, false]),
            (Owner::Customer(bob), [true, false, true, false, true, true]),
        ];
        for (owner, expected) in rows {
            let user = |id, scopes| User { id, scopes, session: None };
            let (reads, writes) =
                (Scopes::NONE.with(Scope::OrdersRead), Scopes::NONE.with(Scope::OrdersWrite));
            let callers = [
                Admin,
                user(ann, Scopes::NONE),
                user(bob, Scopes::NONE),
                Anonymous,
                Key { id: "key_01h455vb4pex5vsknk084sn02q".parse().unwrap(), scopes: reads },
                user(bob, writes),
            ];
            assert_eq!(callers.map(|caller| is_for(caller, owner, Scope::OrdersRead)), expected, "{owner}");
        }
    }
}
