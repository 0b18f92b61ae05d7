//! The host, with guests that do what no component of the product would.

mod cache;
mod chaining;
mod connections;
mod grants;
mod inputs;
mod limits;
mod probe;
mod requests;
mod seam;
mod stopping;
