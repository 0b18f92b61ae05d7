//! How risky a payment looks: rules that each say what they found and what it weighs.
//!
//! The score follows from the arguments and from nothing else, so that staff can be told why an order waits and anyone
//! can do the sum again. Nothing here needs a system underneath, the standard library's included: the component made of
//! these rules imports nothing at all.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod amounts;
mod assessment;
mod blocklist;
mod email;
mod payment;
mod rules;
#[cfg(test)]
mod tests;

pub use assessment::{Assessment, MOST_POINTS, Reason};
pub use blocklist::Blocklist;
pub use payment::Payment;
pub use rules::assess;
