//! A JSON body read field by field, with every fault found and placed.
//!
//! [`parse`] turns bytes into a value or says where the syntax breaks. [`read`] walks the value: the reader asks
//! for each field it knows, and the walk collects what is wrong, fields that nobody asked for included. A client
//! so learns all its mistakes from one answer.
//!
//! ```
//! use tradepost_input::{Field, parse, read};
//!
//! let body = parse(br#"{"sku": "tea", "quantity": 0, "colour": "green"}"#).unwrap();
//! let faults = read(&body, |line| {
//!     let sku = line.required("sku", Field::string);
//!     let quantity = line.required("quantity", |field| field.integer_in(1..=1_000));
//!     Ok((sku?, quantity?))
//! })
//! .unwrap_err();
//! let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
//! assert_eq!(found, [("/quantity", "out_of_range"), ("/colour", "unknown_field")]);
//! ```

mod canonical;
mod fault;
mod field;
mod line;
mod object;
mod place;
mod syntax;
#[cfg(test)]
mod tests;

pub use canonical::canonical_bytes;
pub use fault::{Fault, Faulted, Faults, Invalid, code};
pub use field::Field;
pub use line::{LINE_PATTERN, TEXT_PATTERN, one_line};
pub use object::{Object, read};
pub use syntax::{SyntaxFault, parse};
