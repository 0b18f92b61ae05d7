//! Where goods are sent.

use serde::{Deserialize, Serialize};
use tradepost_input::{Faulted, Field, Invalid, code};

use crate::countries;

/// A postal address. Its parts are checked for length and control characters only: what a correct one is, the
/// posts of two hundred countries do not agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShippingAddress {
    /// Who receives it, if not the customer.
    pub name: Option<String>,
    /// Street and number, or whatever stands first.
    pub line1: String,
    /// Flat, floor, care of.
    pub line2: Option<String>,
    /// City, town or village.
    pub city: String,
    /// State, province, prefecture or county.
    pub region: Option<String>,
    /// Post code.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
}

impl ShippingAddress {
    pub(crate) fn read(field: Field<'_>) -> Result<Self, Faulted> {
        field.object(|address| {
            let name = address.optional("name", |field| read_line(field, 200));
            let line1 = address.required("line1", |field| read_line(field, 200));
            let line2 = address.optional("line2", |field| read_line(field, 200));
            let city = address.required("city", |field| read_line(field, 100));
            let region = address.optional("region", |field| read_line(field, 100));
            let postal_code = address.required("postal_code", |field| read_line(field, 20));
            let country = address.required("country", read_country);
            Ok(Self {
                name: name?,
                line1: line1?,
                line2: line2?,
                city: city?,
                region: region?,
                postal_code: postal_code?,
                country: country?,
            })
        })
    }
}

fn read_line(field: Field<'_>, most_chars: usize) -> Result<String, Faulted> {
    field.line(most_chars).map(str::to_owned)
}

fn read_country(field: Field<'_>) -> Result<String, Faulted> {
    field.parse_with(|code| {
        if countries::exists(code) {
            Ok(code.to_owned())
        } else {
            Err(Invalid::new(
                code::INVALID,
                "Country must be an ISO 3166 code of two upper-case letters, such as NL",
            ))
        }
    })
}
