//! A set of scopes.

use std::fmt;
use std::str::FromStr;

use crate::{Scope, UnknownScope};

/// A set of [`Scope`]s, as small as a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u16);

impl Scopes {
    /// No scope: a customer's.
    pub const NONE: Self = Self(0);

    /// Every scope there is.
    pub fn all() -> Self {
        Scope::ALL.iter().copied().collect()
    }

    /// This set and `scope`.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | bit(scope))
    }

    /// Whether `scope` is among them.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    /// Whether all of `others` are among them.
    pub const fn contains_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.contains(*scope))
    }
}

const fn bit(scope: Scope) -> u16 {
    1 << scope as u16
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        scopes.into_iter().fold(Self::NONE, Self::with)
    }
}

/// With blanks between them; one scope more than once is the same as once. An empty text is no scope.
impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        text.split(' ').filter(|name| !name.is_empty()).map(str::parse::<Scope>).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Scopes;
    use crate::Scope;

    #[test]
    fn every_scope_fits_and_is_itself_only() {
        assert!(Scope::ALL.len() <= 16);
        for one in Scope::ALL {
            let set = Scopes::NONE.with(*one);
            for other in Scope::ALL {
                assert_eq!(set.contains(*other), one == other, "{one} {other}");
            }
            assert_eq!(one.as_str().parse(), Ok(*one));
        }
        assert_eq!(Scopes::all().iter().count(), Scope::ALL.len());
    }

    #[test]
    fn a_set_is_written_in_one_order_and_read_in_any() {
        let rows = [
            ("", ""),
            ("orders:read", "orders:read"),
            ("orders:read catalog:write", "catalog:write orders:read"),
            ("operations operations  users:read ", "users:read operations"),
        ];
        for (text, written) in rows {
            assert_eq!(text.parse::<Scopes>().unwrap().to_string(), written, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_scope_is_not_read_over() {
        for text in ["admin", "orders:read,orders:write", "Orders:read", "orders:", "orders:read\t", "*"] {
            assert!(text.parse::<Scopes>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_set_holds_its_parts() {
        let staff: Scopes = "orders:read orders:write".parse().unwrap();
        assert!(staff.contains_all(Scopes::NONE) && staff.contains_all("orders:read".parse().unwrap()));
        assert!(!staff.contains_all("orders:read stock:read".parse().unwrap()));
        assert!(Scopes::all().contains_all(staff) && Scopes::NONE.is_empty());
    }
}
