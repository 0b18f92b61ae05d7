//! Documents that others look for at places that are agreed on (RFC 8615).

mod jwks_json;
