//! What each route and method asks of its caller: written down a second time, by hand, because what a test takes from the
//! code it cannot find wrong.

use tradepost_access::Scope;

/// Who may.
#[derive(Clone, Copy, Debug)]
pub(super) enum Access {
    /// Anybody.
    Open,
    /// Whoever has logged in; to a program and to the operator there is nothing to end.
    Session,
    /// Whoever has the scope.
    Staff(Scope),
    /// A customer gets what is his own; a program needs the scope.
    OwnList(Scope),
    /// An order: a guest's is for whoever knows its id, a customer's for him and for whoever has the scope.
    OwnOrGuests(Scope),
    /// An account: for whose it is and for whoever has the scope.
    OwnAccount(Scope),
    /// To change an account: the same with `users:write`; who has `users:read` sees it, and is told that he may not.
    EditAccount,
    /// For whose account it is, and for nobody else.
    OnlyOwnAccount,
}

/// Who may do this at the route of this pattern.
pub(super) fn access(method: &str, pattern: &str) -> Access {
    use Access::{EditAccount, OnlyOwnAccount, Open, OwnAccount, OwnList, OwnOrGuests, Session, Staff};
    let method = if method == "HEAD" { "GET" } else { method };
    match (method, pattern) {
        (
            "GET",
            "/health"
            | "/health/ready"
            | "/products"
            | "/products/:product_id"
            | "/openapi.json"
            | "/docs/..."
            | "/.well-known/jwks.json"
            | "/...",
        )
        | (
            "POST",
            "/users"
            | "/orders"
            | "/payments/webhook"
            | "/sessions"
            | "/sessions/refresh"
            | "/password-resets"
            | "/password-resets/confirmation"
            | "/verifications/confirmation",
        ) => Open,
        ("DELETE", "/sessions") => Session,
        ("POST", "/tick") => Staff(Scope::Operations),
        ("GET", "/users") => Staff(Scope::UsersRead),
        ("GET", "/users/:user_id") => OwnAccount(Scope::UsersRead),
        ("PATCH" | "DELETE", "/users/:user_id") => EditAccount,
        ("POST", "/users/:user_id/verification") => OwnAccount(Scope::UsersWrite),
        ("POST", "/users/:user_id/password") => OnlyOwnAccount,
        (_, "/api-keys" | "/api-keys/:key_id") => Staff(Scope::KeysWrite),
        ("POST", "/products" | "/products/import") | ("PATCH" | "DELETE", "/products/:product_id") => {
            Staff(Scope::CatalogWrite)
        }
        ("GET", "/stock/:sku") => Staff(Scope::StockRead),
        ("POST", "/stock/:sku/adjustments") => Staff(Scope::StockWrite),
        ("GET", "/orders") => OwnList(Scope::OrdersRead),
        ("GET", "/orders/:order_id" | "/orders/:order_id/events") => OwnOrGuests(Scope::OrdersRead),
        ("POST", "/orders/:order_id/cancellation") => OwnOrGuests(Scope::OrdersWrite),
        ("GET", "/orders/:order_id/fulfilments" | "/orders/:order_id/returns") => Staff(Scope::OrdersRead),
        (
            "POST" | "DELETE",
            "/orders/:order_id/fulfilments" | "/orders/:order_id/returns" | "/orders/:order_id/hold",
        ) => Staff(Scope::OrdersWrite),
        ("GET", "/payments/:payment_id" | "/payments/:payment_id/refunds") => Staff(Scope::PaymentsRead),
        ("POST", "/payments/:payment_id/refunds") => Staff(Scope::PaymentsWrite),
        ("GET", "/ledger/balances" | "/ledger/entries") => Staff(Scope::LedgerRead),
        ("GET", "/events" | "/dead-letters") => Staff(Scope::EventsRead),
        ("POST", "/events/replays" | "/dead-letters/:letter_id/replay") => Staff(Scope::EventsWrite),
        (method, pattern) => panic!("say who may {method} {pattern}"),
    }
}
