//! One file of tests for each of the crate's three jobs.

mod reading;
mod spelling;
mod syntax;
