//! An edit of a user: a JSON merge patch (RFC 7396), and who may make which.

use serde_json::Value;
use tradepost_access::{Scope, Scopes};
use tradepost_input::{Faulted, Faults, Field, Invalid, code, read};

use crate::{EmailAddress, User, UserName};

/// What an edit says about each field; `None` where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// What the person is called from now on.
    pub name: Option<UserName>,
    /// Where mail reaches the person from now on.
    pub email: Option<EmailAddress>,
    /// All that the person may do.
    pub scopes: Option<Scopes>,
}

/// Somebody who wants to edit or to erase a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Editor {
    /// The operator, who may everything.
    Operator,
    /// The user himself, with the scopes of his credential.
    Himself(Scopes),
    /// Somebody else, with these scopes.
    Another(Scopes),
}

/// What an editor may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// Users are to him as if they were not.
    #[error("there is no such user")]
    Unseen,
    /// He may look and not touch.
    #[error("this takes the scope users:write")]
    ReadOnly,
    /// Whoever could change the address of somebody who may more could become him, by way of a new password.
    #[error("this user may do things that you may not")]
    Superior,
    /// Customers give themselves no scopes.
    #[error("to say who may what takes the scope users:write")]
    Scopes,
    /// Nobody gives away what is not his.
    #[error("you cannot give scopes that you do not have")]
    MoreThanOwn,
}

impl Editor {
    const fn scopes(self) -> Scopes {
        match self {
            // Not asked for: the operator is never compared.
            Self::Operator => Scopes::NONE,
            Self::Himself(scopes) | Self::Another(scopes) => scopes,
        }
    }

    /// Whether there is anything at all that he may do to `user`.
    pub fn may_edit(self, user: &User) -> Result<(), NotAllowed> {
        let Self::Another(scopes) = self else { return Ok(()) };
        if scopes.contains(Scope::UsersWrite) {
            return if scopes.contains_all(user.scopes) { Ok(()) } else { Err(NotAllowed::Superior) };
        }
        Err(if scopes.contains(Scope::UsersRead) { NotAllowed::ReadOnly } else { NotAllowed::Unseen })
    }

    /// Whether he may make `changes` to `user`.
    pub fn may_make(self, changes: &Changes, user: &User) -> Result<(), NotAllowed> {
        self.may_edit(user)?;
        let Some(scopes) = changes.scopes.filter(|scopes| *scopes != user.scopes) else { return Ok(()) };
        let own = self.scopes();
        match self {
            Self::Operator => Ok(()),
            _ if !own.contains(Scope::UsersWrite) => Err(NotAllowed::Scopes),
            // What the user has already is not given.
            _ if scopes.iter().any(|scope| !own.contains(scope) && !user.scopes.contains(scope)) => {
                Err(NotAllowed::MoreThanOwn)
            }
            _ => Ok(()),
        }
    }
}

impl Changes {
    /// Reads the body of `PATCH /users/:user_id`.
    ///
    /// What the patch does not name stays as it is and is not looked at: it may have been accepted under other rules.
    /// Nobody is without a name or an address; null takes the scopes away.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        let says = |name: &str| body.get(name).is_some();
        read(body, |fields| {
            let name = said(says("name"), || fields.required("name", Field::parse));
            let email = said(says("email"), || fields.required("email", Field::parse));
            let scopes = said(says("scopes"), || fields.optional("scopes", read_scopes));
            Ok(Self { name: name?, email: email?, scopes: scopes?.map(Option::unwrap_or_default) })
        })
    }
}

/// What `read` reads, if the patch says something.
fn said<T>(says: bool, read: impl FnOnce() -> Result<T, Faulted>) -> Result<Option<T>, Faulted> {
    if says { read().map(Some) } else { Ok(None) }
}

/// Reads a list of the names of scopes.
pub(crate) fn read_scopes(field: Field<'_>) -> Result<Scopes, Faulted> {
    let scopes = field.array(0..=Scope::ALL.len(), |scope| {
        scope.parse_with(|name| {
            name.parse::<Scope>().map_err(|_| Invalid::new(code::INVALID, "There is no such scope"))
        })
    })?;
    Ok(scopes.into_iter().collect())
}
