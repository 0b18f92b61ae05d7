//! What the parts of a request are written in: path, query and headers, as clients send them.
//!
//! Nothing here knows a host or an endpoint, so that all of it can be fuzzed (`fuzz/`).

pub mod accept;
pub mod if_match;
pub mod media_type;
pub mod percent;
pub mod prefer;
pub mod query;
pub mod route;
pub mod traceparent;
