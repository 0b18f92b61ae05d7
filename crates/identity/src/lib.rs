//! The rules about users and API keys: what a name and an e-mail address are, what it takes to register, and who may
//! change what.

mod api_key;
mod changes;
mod email;
mod event;
mod login;
mod name;
mod password;
#[cfg(feature = "schema")]
mod schema;
mod search;
#[cfg(test)]
mod tests;
mod tokens;
mod user;

pub use api_key::{ApiKey, ApiKeyRecipe, NewApiKey, api_key_text};
pub use changes::{Changes, Editor, NotAllowed};
pub use email::EmailAddress;
pub use event::UserEvent;
pub use login::{Login, RefreshToken, SESSION_LIFETIME};
pub use name::UserName;
pub use password::{NewPassword, ShownPassword, registration_salt};
#[cfg(feature = "schema")]
pub use schema::ScopeNames;
pub use search::UserWords;
pub use tokens::{
    PASSWORD_RESET_LIFETIME, PasswordChange, PasswordReset, ResetWish, VERIFICATION_LIFETIME,
    VerificationWish, token_digest, token_not_good, token_text,
};
pub use user::{NewUser, User};
