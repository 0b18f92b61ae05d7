//! The credential as the header shows it, and the operator's key.

use std::hint::black_box;

use sha2::{Digest as _, Sha256};

/// SHA-256 of a credential: what is compared and looked up instead of it.
pub(crate) type Digest = [u8; 32];

pub(crate) fn digest(credential: &str) -> Digest {
    Sha256::digest(credential).into()
}

/// What stands after `Bearer` (RFC 6750, section 2.1). The scheme's letter case does not matter (RFC 9110, section 11.1).
pub(crate) fn shown(authorization: &str) -> Option<&str> {
    let (scheme, shown) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| shown.trim_start())
}

/// Whether that is a token by its characters.
pub(crate) fn is_token(shown: &str) -> bool {
    let is_of_tokens = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    !shown.is_empty() && shown.bytes().all(is_of_tokens)
}

/// Compares in the same time wherever the difference is. The digests alone would do, because nobody can choose the
/// bytes of a digest one by one; this makes it two reasons.
pub(crate) fn same(one: &Digest, other: &Digest) -> bool {
    let difference =
        one.iter().zip(other).fold(0, |difference, (one, other)| black_box(difference | (one ^ other)));
    difference == 0
}

#[cfg(test)]
mod tests {
    use super::{digest, is_token, same, shown};

    fn token(authorization: &str) -> Option<&str> {
        shown(authorization).filter(|shown| is_token(shown))
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_the_scheme() {
        for authorization in
            ["Bearer tp_abc-123", "bearer tp_abc-123", "BEARER  tp_abc-123", " Bearer tp_abc-123 "]
        {
            assert_eq!(token(authorization), Some("tp_abc-123"), "{authorization}");
        }
    }

    #[test]
    fn anything_else_is_no_bearer_token() {
        for authorization in
            ["", "Bearer", "Bearer ", "Basic dTpw", "tp_abc", "Bearer a b", "Bearer \u{fc}", "Bearertp"]
        {
            assert_eq!(token(authorization), None, "{authorization}");
        }
    }

    #[test]
    fn only_the_same_key_has_the_same_digest() {
        assert!(same(&digest("key"), &digest("key")));
        assert!(!same(&digest("key"), &digest("kez")));
        assert!(!same(&digest("key"), &digest("")));
    }
}
