//! Where goods are sent.

use tradepost_events::ordering::ShippingAddress;
use tradepost_input::{Faulted, Field, Invalid, code};

use crate::countries;

/// Reads a postal address. Its parts are checked for length and control characters only: what a correct one is, the
/// posts of two hundred countries do not agree on.
pub(crate) fn read_address(field: Field<'_>) -> Result<ShippingAddress, Faulted> {
    field.object(|address| {
        let name = address.optional("name", |field| read_line(field, 200));
        let line1 = address.required("line1", |field| read_line(field, 200));
        let line2 = address.optional("line2", |field| read_line(field, 200));
        let city = address.required("city", |field| read_line(field, 100));
        let region = address.optional("region", |field| read_line(field, 100));
        let postal_code = address.required("postal_code", |field| read_line(field, 20));
        let country = address.required("country", read_country);
        Ok(ShippingAddress {
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
