//! What happens to users, as other contexts hear of it: without names and addresses.

use tradepost_access::Scope;
use tradepost_events::Event;
use tradepost_events::identity::{Changed, User as Told, UserChanged, UserErased, UserRegistered};
use tradepost_timestamp::Timestamp;

use crate::{Changes, User};

/// Something that happened to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserEvent {
    /// Somebody registered.
    Registered(UserRegistered),
    /// Something about a user changed.
    Changed(UserChanged),
    /// A user is gone.
    Erased(UserErased),
}

impl UserEvent {
    /// The CloudEvents `type`.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::Registered(_) => UserRegistered::TYPE,
            Self::Changed(_) => UserChanged::TYPE,
            Self::Erased(_) => UserErased::TYPE,
        }
    }

    /// The payload, a JSON object. An error is a bug: every field has a JSON form.
    pub fn to_data_json(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Registered(payload) => serde_json::to_string(payload),
            Self::Changed(payload) => serde_json::to_string(payload),
            Self::Erased(payload) => serde_json::to_string(payload),
        }
    }
}

impl User {
    /// What others have to know of the user.
    fn told(&self) -> Told {
        let mut scopes: Vec<String> = self.scopes.iter().map(Scope::as_str).map(str::to_owned).collect();
        scopes.sort_unstable();
        Told {
            id: self.id,
            scopes,
            verified: self.verified_at.is_some(),
            created_at: self.created_at,
            version: self.version,
        }
    }

    /// What is told of a user who has just registered.
    pub fn registration(&self) -> UserEvent {
        UserEvent::Registered(UserRegistered { user: self.told() })
    }

    /// The user with `changes` made, and what is told of it; nothing when they change nothing.
    ///
    /// An address that is written in another way, but is the same one, stays verified.
    #[must_use]
    pub fn changed(self, changes: Changes) -> (Self, Option<UserEvent>) {
        let before = self.clone();
        let mut user = self;
        if let Some(name) = changes.name {
            user.name = name.into_string();
        }
        if let Some(email) = changes.email {
            let is_another =
                before.email.parse::<crate::EmailAddress>().map(|old| old.key()) != Ok(email.key());
            if is_another {
                user.verified_at = None;
            }
            user.email = email.into_string();
        }
        if let Some(scopes) = changes.scopes {
            user.scopes = scopes;
        }
        user.after(&before)
    }

    /// The user whose address is known from `now` on to reach him, and what is told of it; nothing when it was before.
    #[must_use]
    pub fn verified(self, now: Timestamp) -> (Self, Option<UserEvent>) {
        let before = self.clone();
        let mut user = self;
        user.verified_at = user.verified_at.or(Some(now));
        user.after(&before)
    }

    /// What is told when the user is erased.
    pub fn erasure(&self) -> UserEvent {
        UserEvent::Erased(UserErased { id: self.id, version: self.version.saturating_add(1) })
    }

    fn after(mut self, before: &Self) -> (Self, Option<UserEvent>) {
        let changed: Vec<Changed> = [
            (Changed::Name, self.name != before.name),
            (Changed::Email, self.email != before.email),
            (Changed::Verified, self.verified_at.is_some() != before.verified_at.is_some()),
            (Changed::Scopes, self.scopes != before.scopes),
        ]
        .into_iter()
        .filter_map(|(what, has_changed)| has_changed.then_some(what))
        .collect();
        if changed.is_empty() {
            return (self, None);
        }
        self.version = self.version.saturating_add(1);
        let event = UserEvent::Changed(UserChanged { user: self.told(), changed });
        (self, Some(event))
    }
}
