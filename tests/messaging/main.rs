//! The relay with consumers that misbehave on purpose.

mod post_office;
mod supervision;
