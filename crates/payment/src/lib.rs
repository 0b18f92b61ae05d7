//! The life of a payment, as events: what may happen to it, what is to be asked of the provider next, and what moved
//! in the ledger.
//!
//! [`decide`] takes a payment and a command and answers with events or a refusal; [`evolve`] makes the payment that
//! events tell of. [`next_steps`] says what the provider has to be asked, and [`react`] what its answer means. A step
//! has the same reference however often it is come to, so whoever finds a payment that somebody left half-way does
//! the same step again, and it happens once. Ids and the time are arguments.

mod attempt;
mod decide;
mod due;
mod event;
mod ledger;
mod machine;
mod method;
mod payment;
mod published;
mod react;
mod reference;
mod refund;
mod refund_request;
mod step;
#[cfg(test)]
mod tests;
mod view;

pub use attempt::{Attempt, AttemptState};
pub use decide::{
    Command, LEAST_LEFT_TO_CAPTURE, LEAST_LEFT_TO_START, MOST_ATTEMPTS, Refusal, Request, decide,
    refund_of_end,
};
pub use due::{FIRST_LOOK, IN_FLIGHT, due_at};
pub use event::{
    AttemptFailed, AttemptStarted, Authorised, Cancelled, Captured, Declined, EventError, PaymentEvent,
    RefundDeclined, RefundRequested, RefundUnknown, Refunded, Requested, Unknown, Voided,
};
pub use ledger::{Account, Balances, Transfer, transfers};
pub use machine::{ATTEMPT_TRANSITIONS, AttemptCommand, AttemptTransition};
pub use method::{PaymentMethod, digest_of_email};
pub use payment::{Ending, Payment, evolve};
pub use published::published_json;
pub use react::{Answer, Reaction, react};
pub use reference::Named;
pub use refund::{Refund, RefundState};
pub use refund_request::{RefundRequest, is_under_one_key, refund_asked_for};
pub use step::{Operation, Step, next_steps};
pub use view::view;
