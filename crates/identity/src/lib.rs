//! The rules about users: what a name and an e-mail address are, and what it takes to register.

mod email;
mod name;
#[cfg(test)]
mod tests;
mod user;

pub use email::EmailAddress;
pub use name::UserName;
pub use user::{NewUser, User};
