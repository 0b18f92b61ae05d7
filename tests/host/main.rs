//! The host, with guests that do what no component of the product would.

mod cache;
mod chaining;
mod connections;
mod grants;
mod hashing;
mod http2;
mod inputs;
mod limits;
mod malformed;
mod outbound;
mod probe;
mod requests;
mod seam;
mod slowness;
mod stopping;
mod tls;
mod wire;
