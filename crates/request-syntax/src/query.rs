//! The query string: `application/x-www-form-urlencoded`, with the parameters that an endpoint declares and no
//! others.

use std::borrow::Cow;

use serde_json::{Map, Value};
use tradepost_input::{Faulted, Faults, Object};

use crate::percent;

/// What is wrong with a query string.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// A parameter that the endpoint does not know: a misspelled filter must not answer as if it had been applied.
    Unknown(String),
    /// A parameter that is given twice. Which one counts would be anybody's guess.
    Repeated(String),
    /// Broken percent-encoding.
    Malformed(String),
}

/// Checks every parameter of `query` against `known`.
pub fn check(query: &str, known: &[&str]) -> Result<(), Fault> {
    let mut seen = 0_u64;
    for pair in pairs(query) {
        let (raw_name, raw_value) = pair;
        let (Some(name), Some(_)) = (decode(raw_name), decode(raw_value)) else {
            return Err(Fault::Malformed(raw_name.to_owned()));
        };
        let Some(position) = known.iter().position(|known| *known == name) else {
            return Err(Fault::Unknown(name.into_owned()));
        };
        // An endpoint with more than 64 parameters has other problems than repeated ones.
        let bit = 1_u64.checked_shl(u32::try_from(position).unwrap_or(u32::MAX)).unwrap_or(0);
        if seen & bit != 0 {
            return Err(Fault::Repeated(name.into_owned()));
        }
        seen |= bit;
    }
    Ok(())
}

/// The decoded value of the parameter `name`.
pub fn value<'query>(query: &'query str, name: &str) -> Option<Cow<'query, str>> {
    pairs(query)
        .find(|(raw_name, _)| decode(raw_name).as_deref() == Some(name))
        .and_then(|(_, raw)| decode(raw))
}

/// Reads the parameters as the fields of an object whose values are text. A parameter that `read` does not ask for is a
/// fault, whatever the endpoint's table says.
pub fn read<T>(query: &str, read: impl FnOnce(&mut Object<'_>) -> Result<T, Faulted>) -> Result<T, Faults> {
    let parameters: Map<String, Value> = decoded_pairs(query)
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    tradepost_input::read(&Value::Object(parameters), read)
}

/// Names and values, decoded, in the order in which they were sent. What cannot be decoded is left out; [`check`] has
/// refused it.
pub fn decoded_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    pairs(query).filter_map(|(name, value)| Some((decode(name)?, decode(value)?)))
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// In a query string, unlike a path, `+` is a space.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        percent::decode(&text.replace('+', " ")).map(|decoded| Cow::Owned(decoded.into_owned()))
    } else {
        percent::decode(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, check, value};

    const KNOWN: &[&str] = &["limit", "starting_after", "q"];

    #[test]
    fn declared_parameters_are_read_and_decoded() {
        let query = "limit=20&q=blue+%26%20green&starting_after=";
        assert_eq!(check(query, KNOWN), Ok(()));
        assert_eq!(value(query, "limit").as_deref(), Some("20"));
        assert_eq!(value(query, "q").as_deref(), Some("blue & green"));
        assert_eq!(value(query, "starting_after").as_deref(), Some(""));
        assert_eq!(value(query, "ending_before"), None);
    }

    #[test]
    fn an_empty_query_has_no_parameters() {
        assert_eq!(check("", &[]), Ok(()));
        assert_eq!(check("&&", &[]), Ok(()));
    }

    #[test]
    fn what_is_not_declared_is_refused() {
        assert_eq!(check("limit=1&colour=red", KNOWN), Err(Fault::Unknown("colour".to_owned())));
        assert_eq!(check("Limit=1", KNOWN), Err(Fault::Unknown("Limit".to_owned())));
        assert_eq!(check("%6Cimit=1", KNOWN), Ok(()));
    }

    #[test]
    fn a_parameter_given_twice_is_refused() {
        assert_eq!(check("limit=1&limit=2", KNOWN), Err(Fault::Repeated("limit".to_owned())));
        assert_eq!(check("limit=1&%6Cimit=2", KNOWN), Err(Fault::Repeated("limit".to_owned())));
    }

    #[test]
    fn broken_encoding_is_refused() {
        assert_eq!(check("q=%zz", KNOWN), Err(Fault::Malformed("q".to_owned())));
        assert_eq!(check("q=%ff", KNOWN), Err(Fault::Malformed("q".to_owned())));
        assert_eq!(check("%=1", KNOWN), Err(Fault::Malformed("%".to_owned())));
    }
}
