//! What a response's body says: the data, or the problem.
//!
//! A failure is one body that satisfies two conventions at once: RFC 9457 problem details for HTTP clients in
//! general, and `ok`/`data`/`error` for those who test one flag first. [`Code`] lists every problem there is.

mod body;
mod code;
mod problem;
#[cfg(test)]
mod tests;

pub use body::{data_of_success_body, success_body, success_body_from_json};
pub use code::Code;
pub use problem::Problem;
