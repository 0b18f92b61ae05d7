//! What a caller may do: the scopes that staff and API keys have, and that routes ask for.
//!
//! The operator may everything. A user without scopes is a customer, who may touch what is his own; every scope opens
//! one thing more, everybody's. The text form is that of OAuth 2.0: scopes with blanks between them (RFC 6749, section
//! 3.3), as access tokens, API keys and the users' rows have them.

mod scopes;

use std::fmt;
use std::str::FromStr;

pub use scopes::Scopes;

/// A text that is the name of no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a scope")]
pub struct UnknownScope;

/// Declares the scopes, in the order in which they are written.
macro_rules! scopes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal;)+) => {
        /// One thing that a caller may be allowed to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope {
            $($(#[$doc])+ $name,)+
        }

        impl Scope {
            /// Every scope, in the order in which they are written.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The name, as tokens and answers have it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

scopes! {
    /// To see any user.
    UsersRead = "users:read";
    /// To change and erase any user.
    UsersWrite = "users:write";
    /// To make, list and revoke API keys.
    KeysWrite = "keys:write";
    /// To create, change and archive products.
    CatalogWrite = "catalog:write";
    /// To see how much there is of what.
    StockRead = "stock:read";
    /// To adjust how much there is.
    StockWrite = "stock:write";
    /// To see anybody's orders.
    OrdersRead = "orders:read";
    /// To send, take back, hold and cancel anybody's orders.
    OrdersWrite = "orders:write";
    /// To see payments.
    PaymentsRead = "payments:read";
    /// To give money back.
    PaymentsWrite = "payments:write";
    /// To see the books.
    LedgerRead = "ledger:read";
    /// To see the event log and what could not be delivered.
    EventsRead = "events:read";
    /// To have events delivered again.
    EventsWrite = "events:write";
    /// To have whatever is due done.
    Operations = "operations";
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
