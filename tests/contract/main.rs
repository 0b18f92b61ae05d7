//! The description of the API against the running product: every example is tried, every answer has the documented form,
//! and what others make of the description works: a page, a generated client, a tool that looks for faults.

mod answers;
mod client;
mod examples;
mod known;
mod methods;
mod page;
mod programs;
mod schemathesis;
mod shop;
