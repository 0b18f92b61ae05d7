//! What the rules find, and what holds for all that they can find.

mod finding;
mod scoring;
