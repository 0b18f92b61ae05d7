//! Whom the operator does not trust.

use alloc::string::String;

use crate::email::{domain_of, is_within};

/// E-mail addresses, domains and countries. Case and surrounding space do not matter; an empty entry blocks nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Blocklist<'a> {
    /// E-mail addresses, or `@` and a domain for all of it, its subdomains included.
    pub emails: &'a [String],
    /// ISO 3166-1 alpha-2.
    pub countries: &'a [String],
}

impl Blocklist<'_> {
    pub(crate) fn has_email(&self, email: &str) -> bool {
        let email = email.trim().to_lowercase();
        self.emails.iter().map(|entry| entry.trim().to_lowercase()).any(|entry| {
            match entry.strip_prefix('@') {
                Some(blocked) => domain_of(&email).is_some_and(|domain| is_within(domain, blocked)),
                None => !entry.is_empty() && entry == email,
            }
        })
    }

    pub(crate) fn has_country(&self, country: &str) -> bool {
        let country = country.trim();
        !country.is_empty() && self.countries.iter().any(|entry| entry.trim().eq_ignore_ascii_case(country))
    }
}
