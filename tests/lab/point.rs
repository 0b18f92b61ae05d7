//! A place in a story where something can go wrong: one host call.

use std::fmt;
use std::str::FromStr;
use tradepost::seam::HostCall;
use tradepost_manifest::Route;
use tradepost_tests::components;

/// A host call by what it is and the how-manieth of its kind: `ordering-orders/query#2`. Numbered by kind and not
/// through, so that calls that overlap keep their names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Point {
    /// The component and the function.
    pub(crate) kind: Kind,
    /// From 1.
    pub(crate) number: u32,
}

/// Calls of one function by one component.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) component: String,
    pub(crate) function: String,
}

impl Kind {
    pub(crate) fn of(call: &HostCall) -> Self {
        // Two interfaces have a `get`; the rest are told apart by their own names.
        let function = match (call.interface, call.function) {
            ("spin:variables/variables", "get") => "variable",
            ("spin:key-value/key-value", "open") => "open-store",
            (_, function) => function,
        };
        Self { component: call.component.to_string(), function: function.to_owned() }
    }

    /// Whether a call of this kind can change anything outside the guest.
    pub(crate) fn has_effect(&self) -> bool {
        matches!(self.function.as_str(), "query" | "execute" | "set" | "delete" | "send")
    }

    /// Whether a call of this kind sees or changes what others change: what two that run at the same time may meet at.
    pub(crate) fn meets_others(&self) -> bool {
        self.has_effect() || matches!(self.function.as_str(), "get" | "get-many" | "exists" | "get-keys")
    }

    /// Whether it is a call of the delivery: by a component on a private route, the relay or a consumer.
    pub(crate) fn is_delivery(&self) -> bool {
        let triggers = components().triggers().iter();
        triggers
            .filter(|trigger| trigger.component.as_str() == self.component)
            .any(|trigger| trigger.route == Route::Private)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}#{}", self.kind.component, self.kind.function, self.number)
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(component, rest)| Some((component, rest.split_once('#')?)));
        let (component, (function, number)) = parts.ok_or_else(|| format!("{text:?} is no point"))?;
        let number = number.parse().map_err(|error| format!("{text:?}: {error}"))?;
        Ok(Self { kind: Kind { component: component.to_owned(), function: function.to_owned() }, number })
    }
}
