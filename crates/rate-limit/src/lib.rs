//! How often one caller may call: a bucket of tokens each, which fills up evenly, and a token a request.
//!
//! A bucket is kept as one number, the time at which it will be full again (the generic cell rate algorithm, ITU-T
//! I.371). Those who serve requests take tokens out of the shared bucket by the handful, as a [`Lease`], and spend them
//! without asking anybody; a handful is a tenth of the policy's quota at most, and shrinks as the bucket empties. So
//! most requests touch no store, and the count is wrong by what others hold or take at the same time: in either
//! direction by a tenth of the quota at most for each instance that serves the caller.
//!
//! An update of the store that another one has overwritten is noticed by who made it, and made again.
//!
//! Buckets live in a table of [`SLOTS`] values with [`WAYS`] callers in each, whatever strangers do: a bucket that is
//! full again is worth nothing and gives its place away, and where all places of a slot are in use, the fullest bucket
//! does.

mod lease;
mod policy;
mod slot;

pub use lease::{Answer, Lease, Leases};
pub use policy::{Kind, Policies, Policy};
pub use slot::{Caller, SLOTS, Slot, WAYS};
